"""The compiled map: immutable arrays and their indices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from envs.driving.map.lanes import LaneTable, Polylines, RoadblockTable
from envs.driving.map.layers import Layer, PolygonLayer
from envs.driving.scene import Floats


@dataclass(frozen=True, eq=False)
class DrivingMap:
    """One location in the projected CRS ``crs`` (m).

    ``layers``: polygons by kind; those of LANE and LANE_CONNECTOR have the order of ``lanes``' rows, those of ROADBLOCK and ROADBLOCK_CONNECTOR that of ``roadblocks``' rows. ``boundaries``: lane markings and edges by id,
    whose kind is ``boundary_types``; ``stop_types``: kind of each stop polygon. ``content_hash`` names the file it was read from.
    """

    name: str
    crs: str
    layers: Mapping[Layer, PolygonLayer]
    lanes: LaneTable
    roadblocks: RoadblockTable
    boundaries: Polylines
    boundary_types: tuple[int, ...] = ()
    stop_types: tuple[int, ...] = ()
    content_hash: str = ""

    def layer(self, kind: Layer) -> PolygonLayer:
        return self.layers[kind]

    @cached_property
    def interior(self) -> Mapping[str, tuple[int, ...]]:
        """{roadblock or roadblock connector: rows of its lanes or lane connectors, in the file's order}. A block and a connector of one id would share an entry: :meth:`rows_of` keeps them apart."""
        rows: dict[str, list[int]] = {}
        for row, block in enumerate(self.lanes.roadblock_ids):
            rows.setdefault(block, []).append(row)
        return {block: tuple(found) for block, found in rows.items()}

    def rows_of(self, block: str, *, connector: bool | None = None) -> tuple[int, ...]:
        """Rows of the lanes in a roadblock, or of the connectors in a roadblock connector; ``connector`` None: whatever the id names, a roadblock first."""
        if connector is None:
            connector = block not in self.roadblocks.block_ids
        return tuple(row for row in self.interior.get(block, ()) if self.lanes.is_connector(row) == connector)

    def lane_polygon(self, row: int) -> shapely.Polygon:
        """Polygon of the lane or connector in ``row`` of ``lanes``."""
        n = self.lanes.n_lanes
        return self.layers[Layer.LANE].polygons[row] if row < n else self.layers[Layer.LANE_CONNECTOR].polygons[row - n]

    def speed_limit(self, row: int) -> float | None:
        """m/s; None where the map has none."""
        limit = float(self.lanes.speed_limit[row])
        return None if np.isnan(limit) else limit

    def lanes_at(self, point: Floats) -> tuple[int, ...]:
        """Rows of the lanes and connectors whose interior holds ``point`` (2,)."""
        at = np.asarray(point, np.float64)[None, :2]
        lanes = self.layers[Layer.LANE].containing(at)[1]
        connectors = self.layers[Layer.LANE_CONNECTOR].containing(at)[1] + self.lanes.n_lanes
        return tuple(int(row) for row in np.concatenate([lanes, connectors]))

    def nearest_lane(self, pose: Floats, radius: float = 3.0, max_turn: float = np.pi / 2) -> tuple[int, float] | None:
        """(row, distance to its baseline in m) of the edge nearest to ``pose`` (x, y, heading) that runs in its direction; None where none is within ``radius``."""
        vertices, owner = self._vertex_tree
        near = vertices.query(shapely.Point(pose[0], pose[1]).buffer(radius + self._longest_step))
        best: tuple[int, float] | None = None
        for row in dict.fromkeys(int(i) for i in np.sort(owner[near])):
            line = shapely.LineString(self.lanes.baselines.line(row))
            distance = float(line.distance(shapely.Point(pose[0], pose[1])))
            if distance <= radius and (best is None or distance < best[1]) and abs(self._turn(row, pose)) <= max_turn:
                best = row, distance
        return best

    def _turn(self, row: int, pose: Floats) -> float:
        path = self.lanes.baselines.path(row)
        turn = path[np.argmin(np.hypot(*(path[:, :2] - pose[:2]).T)), 2] - pose[2]
        return float(np.arctan2(np.sin(turn), np.cos(turn)))

    @cached_property
    def _vertex_tree(self) -> tuple[shapely.STRtree, NDArray[np.int64]]:
        lines = self.lanes.baselines
        owner = np.repeat(np.arange(len(lines)), np.diff(lines.offsets))
        return shapely.STRtree(np.asarray(shapely.points(lines.xy))), owner

    @cached_property
    def _longest_step(self) -> float:
        """Half the longest gap between neighbouring vertices of a baseline: how far the nearest vertex can be beyond the nearest point."""
        lines = self.lanes.baselines
        steps = np.hypot(*np.diff(lines.xy, axis=0).T) if len(lines.xy) > 1 else np.zeros(1)
        inner = np.ones(len(steps), bool)
        inner[lines.offsets[1:-1] - 1] = False
        return float(steps[inner].max(initial=0.0)) / 2
