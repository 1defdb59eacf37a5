"""A map as shapes to draw: what the pictures need of it, and no more. Global frame, metres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

if TYPE_CHECKING:
    from envs.driving.map.driving_map import DrivingMap
    from envs.driving.map.layers import Layer

Line = NDArray[np.float64]


@dataclass(frozen=True)
class LaneOutline:
    """A lane or lane connector: ``polygon``; ``left``, ``right`` and ``baseline`` (n, 2), all in the driving direction where known; ``from_lane``: the lane a connector continues; ``roadblock``: its group."""

    id: str
    polygon: shapely.Polygon
    left: Line
    right: Line
    baseline: Line
    roadblock: str
    from_lane: str = ""
    has_light: bool = False


@dataclass(frozen=True)
class RoadOutlines:
    """Shapes of a map, or of a part of it."""

    lanes: tuple[LaneOutline, ...]
    connectors: tuple[LaneOutline, ...]
    intersections: tuple[shapely.Polygon, ...] = ()
    roadblocks: tuple[shapely.Polygon, ...] = ()
    crosswalks: tuple[shapely.Polygon, ...] = ()
    carparks: tuple[shapely.Polygon, ...] = ()
    walkways: tuple[shapely.Polygon, ...] = ()

    def within(self, x: float, y: float, radius: float) -> RoadOutlines:
        """What intersects the square of half side ``radius`` about (x, y)."""
        box = shapely.box(x - radius, y - radius, x + radius, y + radius)
        near = box.intersects
        return RoadOutlines(
            tuple(lane for lane in self.lanes if near(lane.polygon)),
            tuple(lane for lane in self.connectors if near(lane.polygon)),
            *(
                tuple(shape for shape in shapes if near(shape))
                for shapes in (self.intersections, self.roadblocks, self.crosswalks, self.carparks, self.walkways)
            ),
        )

    def drivable(self) -> BaseGeometry:
        """Everything with asphalt on it, as one shape without slivers."""
        shapes = [lane.polygon for lane in (*self.lanes, *self.connectors)]
        whole = shapely.union_all([shapely.make_valid(s) for s in (*shapes, *self.intersections, *self.roadblocks)])
        return whole.buffer(0.15, join_style="mitre").buffer(-0.15, join_style="mitre")


def outlines_of(driving_map: DrivingMap) -> RoadOutlines:
    """The shapes of a compiled map."""
    from envs.driving.map.layers import Layer

    table = driving_map.lanes

    def lane(row: int) -> LaneOutline:
        return LaneOutline(
            table.ids[row],
            driving_map.lane_polygon(row),
            _line(driving_map, table.left_boundary[row], row),
            _line(driving_map, table.right_boundary[row], row),
            table.baselines.line(row),
            table.roadblock_ids[row],
            table.from_lane[row],
            bool(table.stop_polygons[row]),
        )

    def shapes(*layers: Layer) -> tuple[shapely.Polygon, ...]:
        return tuple(polygon for layer in layers if layer in driving_map.layers for polygon in driving_map.layers[layer].polygons)

    return RoadOutlines(
        tuple(lane(row) for row in range(table.n_lanes)),
        tuple(lane(row) for row in range(table.n_lanes, len(table))),
        shapes(Layer.INTERSECTION),
        shapes(Layer.ROADBLOCK, Layer.ROADBLOCK_CONNECTOR),
        shapes(Layer.CROSSWALK),
        shapes(Layer.CARPARK_AREA),
        shapes(Layer.WALKWAY),
    )


def _line(driving_map: DrivingMap, boundary: str, row: int) -> Line:
    """A boundary's polyline; the baseline itself where the map has no such boundary."""
    known = driving_map.boundaries.index
    return driving_map.boundaries.line(boundary) if boundary in known else driving_map.lanes.baselines.line(row)
