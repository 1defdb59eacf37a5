"""From a world's lane graph to NAVSIM's map: ids, global coordinates, and every layer that the scorer and the cameras need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from envs.driving.map import DrivingMap, Layer, MapBuilder
from scenarios.driving.roads.curves import Array, transform
from scenarios.driving.roads.network import SEAM, RoadNetwork
from scenarios.driving.world.world import World

LOCATIONS = ("us-ma-boston", "us-nv-las-vegas-strip", "us-pa-pittsburgh-hazelwood", "sg-one-north")
"""NAVSIM's logs can lie on these four maps only; scene `index` lies on the `index % 4`-th, on a tile of its own."""
CRS = {
    "us-ma-boston": "EPSG:32619",
    "us-nv-las-vegas-strip": "EPSG:32611",
    "us-pa-pittsburgh-hazelwood": "EPSG:32617",
    "sg-one-north": "EPSG:32648",
}
IDS_PER_WORLD = 2000
"""Ids of scene `index` begin at (index + 1) times this: the largest lane graph has about 300 parts."""
PED_CROSSING_STOP, TRAFFIC_LIGHT_STOP = 0, 2
"""nuPlan's StopLineType."""


@dataclass(frozen=True)
class MapIds:
    """The map's ids of a world's parts: lanes and connectors, roads and links, by key."""

    strips: Mapping[str, str]
    roads: Mapping[str, str]


def location(index: int) -> str:
    """The map that scene `index` lies on."""
    return LOCATIONS[index % len(LOCATIONS)]


def world_map(world: World) -> tuple[DrivingMap, MapIds]:
    """A map of this world alone."""
    name = location(world.index)
    builder = MapBuilder(name, CRS[name])
    ids = add_world(builder, world)
    return builder.build(), ids


def add_world(builder: MapBuilder, world: World) -> MapIds:
    """Add a world's roads to the map that `builder` collects; its ids depend on the world's index alone."""
    builder._next = (world.index + 1) * IDS_PER_WORLD
    return _Export(builder, world.layout.network, world.origin).run()


class _Export:
    def __init__(self, builder: MapBuilder, network: RoadNetwork, origin: tuple[float, float, float]) -> None:
        self.builder, self.network, self.origin = builder, network, origin
        self.strips: dict[str, str] = {}
        self.roads: dict[str, str] = {}

    def polygon(self, shape: shapely.Polygon) -> shapely.Polygon:
        return shapely.Polygon(transform(np.array(shape.exterior.coords), self.origin))

    def line(self, curve: Array) -> Array:
        return transform(curve[:, :2], self.origin)

    def run(self) -> MapIds:
        network, builder = self.network, self.builder
        junctions = {key: builder.area(Layer.INTERSECTION, self.polygon(shape)) for key, shape in network.junctions.items()}
        plain = [road for road in network.roads.values() if not road.source]
        for road in plain:
            self._road(road.key, road.lanes)
        stops: dict[str, list[str]] = {}
        for connector, shape in network.stops:
            lit = bool(network.strips[connector].light)
            stop = builder.stop_polygon(self.polygon(shape), TRAFFIC_LIGHT_STOP if lit else PED_CROSSING_STOP)
            if lit:
                stops.setdefault(connector, []).append(stop)
        for road in network.roads.values():
            if road.source:
                whole = self._joined(road.lanes)
                self.roads[road.key] = builder.roadblock_connector(
                    self.polygon(whole), self.roads[road.source], self.roads[road.target], junctions[road.junction]
                )
                for key in road.lanes:
                    self._connector(key, stops.get(key, []))
        for shape in network.crosswalks:
            builder.area(Layer.CROSSWALK, self.polygon(shape.polygon))
        for layer, shapes in ((Layer.WALKWAY, network.walkways), (Layer.CARPARK_AREA, network.carparks)):
            for area in shapes:
                builder.area(layer, self.polygon(area))
        return MapIds(self.strips, self.roads)

    def _joined(self, keys: tuple[str, ...]) -> shapely.Polygon:
        """The area of lanes or connectors side by side, grown by the seam."""
        whole = shapely.union_all([shapely.buffer(self.network.strips[key].polygon, SEAM, join_style="mitre") for key in keys])
        if not isinstance(whole, shapely.Polygon):  # connectors that fan out: one area all the same
            return shapely.Polygon(shapely.get_coordinates(shapely.convex_hull(whole)))
        return shapely.Polygon(whole.exterior)

    def _road(self, key: str, lanes: tuple[str, ...]) -> None:
        strips = [self.network.strips[lane] for lane in lanes]
        self.roads[key] = self.builder.roadblock(self.polygon(self._joined(lanes)))
        edges = [self.builder.boundary(self.line(strips[0].left)), *(self.builder.boundary(self.line(strip.right)) for strip in strips)]
        for place, strip in enumerate(strips):
            self.strips[strip.key] = self.builder.lane(
                self.roads[key],
                self.polygon(strip.polygon),
                self.line(strip.centre),
                edges[place],
                edges[place + 1],
                strip.index,
                strip.speed,
            )

    def _connector(self, key: str, stops: list[str]) -> None:
        strip = self.network.strips[key]
        left, right = self.builder.boundary(self.line(strip.left)), self.builder.boundary(self.line(strip.right))
        self.strips[key] = self.builder.lane_connector(
            self.roads[strip.road], self.polygon(strip.polygon), self.line(strip.centre), left, right,
            self.strips[strip.source], self.strips[strip.target], strip.speed, stops,
        )  # fmt: skip
