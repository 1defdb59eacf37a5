"""Making a map in memory: what the generator of scenes and the tests use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import ArrayLike

from envs.driving.errors import MapError
from envs.driving.map.driving_map import DrivingMap
from envs.driving.map.lanes import LaneTable, Polylines, RoadblockTable, lane_speeds
from envs.driving.map.layers import Layer, PolygonLayer, frozen
from envs.driving.scene import Floats

AREAS = (Layer.INTERSECTION, Layer.CARPARK_AREA, Layer.CROSSWALK, Layer.WALKWAY, Layer.GENERIC_DRIVABLE, Layer.ROAD_SEGMENT)
TRAFFIC_LIGHT_STOP = 2
"""stop_polygon_type_fid of a traffic light's stop polygon (nuPlan's StopLineType.TRAFFIC_LIGHT)."""


@dataclass(frozen=True)
class _Edge:
    block: str
    line: Floats
    left: str
    right: str
    index: int = -1
    speed: float | None = None
    start: str = ""
    end: str = ""
    stops: tuple[str, ...] = ()


@dataclass
class MapBuilder:
    """Collects the parts of a map; :meth:`build` checks that they belong together.

    Ids are decimal numbers as text (nuPlan's are the GeoPackage's feature ids): :meth:`new_id` gives fresh ones. Polygons are rings (n, 2), closed or not, or shapely polygons; coordinates are in the projected CRS (m).
    """

    name: str
    crs: str = "EPSG:32619"
    _next: int = 1000
    _rings: dict[Layer, dict[str, shapely.Polygon]] = field(default_factory=lambda: {layer: {} for layer in Layer})
    _edges: dict[Layer, list[_Edge]] = field(default_factory=lambda: {Layer.LANE: [], Layer.LANE_CONNECTOR: []})
    _blocks: list[tuple[str, str, str]] = field(default_factory=list)
    _boundaries: dict[str, tuple[Floats, int]] = field(default_factory=dict)
    _stop_types: list[int] = field(default_factory=list)

    def new_id(self) -> str:
        self._next += 1
        return str(self._next)

    def roadblock(self, polygon: ArrayLike | shapely.Polygon) -> str:
        """A lane group. Its id is returned, as by all the methods here."""
        return self._polygon(Layer.ROADBLOCK, polygon)

    def roadblock_connector(self, polygon: ArrayLike | shapely.Polygon, from_block: str, to_block: str, intersection: str = "") -> str:
        """What leads from one lane group to another, over an intersection or not."""
        name = self._polygon(Layer.ROADBLOCK_CONNECTOR, polygon)
        self._blocks.append((from_block, to_block, intersection))
        return name

    def boundary(self, line: ArrayLike, kind: int = 0) -> str:
        """A lane marking or an edge (n, 2)."""
        name = self.new_id()
        self._boundaries[name] = (_line(line), kind)
        return name

    def lane(
        self, roadblock: str, polygon: ArrayLike | shapely.Polygon, baseline: ArrayLike, left: str, right: str, index: int, speed_limit: float | None = None
    ) -> str:  # fmt: skip
        """A lane; ``left`` and ``right`` are ids of boundaries, ``index`` counts from the left."""
        name = self._polygon(Layer.LANE, polygon)
        self._edges[Layer.LANE].append(_Edge(roadblock, _line(baseline), left, right, index, speed_limit))
        return name

    def lane_connector(
        self, block_connector: str, polygon: ArrayLike | shapely.Polygon, baseline: ArrayLike, left: str, right: str, from_lane: str, to_lane: str,
        speed_limit: float | None = None, stop_polygons: Sequence[str] = (),
    ) -> str:  # fmt: skip
        """What leads from ``from_lane`` to ``to_lane``; with ``stop_polygons`` it has a traffic light."""
        name = self._polygon(Layer.LANE_CONNECTOR, polygon)
        self._edges[Layer.LANE_CONNECTOR].append(
            _Edge(block_connector, _line(baseline), left, right, -1, speed_limit, from_lane, to_lane, tuple(stop_polygons))
        )
        return name

    def stop_polygon(self, polygon: ArrayLike | shapely.Polygon, kind: int = TRAFFIC_LIGHT_STOP) -> str:
        self._stop_types.append(kind)
        return self._polygon(Layer.STOP_POLYGON, polygon)

    def area(self, layer: Layer, polygon: ArrayLike | shapely.Polygon) -> str:
        """An intersection, car park, crosswalk, walkway, road segment or generic drivable area."""
        if layer not in AREAS:
            raise MapError(f"{layer} is no plain area", f"use the method of its own, or one of {', '.join(AREAS)}")
        return self._polygon(layer, polygon)

    def build(self) -> DrivingMap:
        """The map. Raises MapError when a part names another that is not there."""
        edges = self._edges[Layer.LANE] + self._edges[Layer.LANE_CONNECTOR]
        ids = (*self._rings[Layer.LANE], *self._rings[Layer.LANE_CONNECTOR])
        lanes, blocks = self._rings[Layer.LANE], self._rings[Layer.ROADBLOCK]
        for name, edge in zip(ids, edges):
            self._check(name, edge.left, self._boundaries)
            self._check(name, edge.right, self._boundaries)
            if name in lanes:
                self._check(name, edge.block, blocks)
                continue
            self._check(name, edge.block, self._rings[Layer.ROADBLOCK_CONNECTOR])
            self._check(name, edge.start, lanes)
            self._check(name, edge.end, lanes)
            for stop in edge.stops:
                self._check(name, stop, self._rings[Layer.STOP_POLYGON])
        for name, (start, end, intersection) in zip(self._rings[Layer.ROADBLOCK_CONNECTOR], self._blocks):
            self._check(name, start, blocks)
            self._check(name, end, blocks)
            if intersection:
                self._check(name, intersection, self._rings[Layer.INTERSECTION])
        n_blocks, none = len(blocks), ("",) * len(blocks)
        return DrivingMap(
            name=self.name,
            crs=self.crs,
            layers={layer: PolygonLayer.of(list(rings), list(rings.values()), layer) for layer, rings in self._rings.items()},
            lanes=LaneTable(
                ids=ids,
                n_lanes=len(lanes),
                roadblock_ids=tuple(edge.block for edge in edges),
                baselines=Polylines.of(ids, [edge.line for edge in edges], "baselines"),
                left_boundary=tuple(edge.left for edge in edges),
                right_boundary=tuple(edge.right for edge in edges),
                speed_limit=lane_speeds([edge.speed for edge in edges]),
                lane_index=frozen(np.array([edge.index for edge in edges], np.int64)),
                from_lane=tuple(edge.start for edge in edges),
                to_lane=tuple(edge.end for edge in edges),
                stop_polygons=tuple(edge.stops for edge in edges),
            ),
            roadblocks=RoadblockTable(
                ids=(*blocks, *self._rings[Layer.ROADBLOCK_CONNECTOR]),
                n_blocks=n_blocks,
                from_block=none + tuple(start for start, _, _ in self._blocks),
                to_block=none + tuple(end for _, end, _ in self._blocks),
                intersections=none + tuple(crossing for _, _, crossing in self._blocks),
            ),
            boundaries=Polylines.of(list(self._boundaries), [line for line, _ in self._boundaries.values()], "boundaries"),
            boundary_types=tuple(kind for _, kind in self._boundaries.values()),
            stop_types=tuple(self._stop_types),
        )

    def _polygon(self, layer: Layer, polygon: ArrayLike | shapely.Polygon) -> str:
        name = self.new_id()
        self._rings[layer][name] = polygon if isinstance(polygon, shapely.Polygon) else shapely.Polygon(_line(polygon))
        return name

    def _check(self, name: str, other: object, known: Mapping[str, object]) -> None:
        if other not in known:
            raise MapError(f"{name} names {other!r}, which the map does not have", "add that part first")


def _line(points: ArrayLike) -> Floats:
    return np.array(points, np.float64)[:, :2]
