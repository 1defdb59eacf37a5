"""Lanes and lane connectors: one table of the graph's edges, and one of the roadblocks that group them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from envs.driving.errors import MapError
from envs.driving.map.layers import Ints, frozen
from envs.driving.ragged import offsets_of
from envs.driving.scene import Floats


@dataclass(frozen=True, eq=False)
class Polylines:
    """Ragged polylines: number i is ``xy[offsets[i] : offsets[i + 1]]``."""

    ids: tuple[str, ...]
    xy: Floats
    offsets: Ints

    @classmethod
    def of(cls, ids: Sequence[str], lines: Sequence[Floats], what: str = "polylines", *, to_follow: bool = True) -> Polylines:
        """Raises MapError for a line of less than two vertices or, unless it is not ``to_follow``, without length."""
        for name, line in zip(ids, lines):
            if len(line) < 2 or (to_follow and not np.abs(np.diff(line, axis=0)).sum() > 0):
                raise MapError(f"{what}: {name} has no length", "mend the map")
        offsets = offsets_of([len(line) for line in lines])
        return cls(tuple(ids), frozen(np.concatenate([np.zeros((0, 2)), *lines])), frozen(offsets))

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def index(self) -> Mapping[str, int]:
        return {name: i for i, name in enumerate(self.ids)}

    def line(self, which: int | str) -> Floats:
        """(n, 2) vertices of a polyline, by number or id."""
        i = self.index[which] if isinstance(which, str) else which
        return self.xy[self.offsets[i] : self.offsets[i + 1]]

    @cached_property
    def headings(self) -> Floats:
        """(m,): direction from each vertex of ``xy`` to the next; the last vertex of a line has that of the one before it."""
        headings = np.zeros(len(self.xy))
        if len(self.xy) > 1:
            headings[:-1] = np.arctan2(*np.diff(self.xy, axis=0).T[::-1])
            last = self.offsets[1:] - 1
            headings[last] = headings[last - 1]
        return frozen(headings)

    @cached_property
    def lengths(self) -> Floats:
        """(n,) m, summed as GEOS sums: the last digit decides between chains of lanes that are as long."""
        if not self.ids:
            return frozen(np.zeros(0))
        owner = np.repeat(np.arange(len(self.ids)), np.diff(self.offsets))
        return frozen(np.asarray(shapely.length(shapely.linestrings(self.xy, indices=owner)), np.float64))

    def path(self, i: int) -> Floats:
        """(n, 3): x, y, heading of a polyline's vertices (nuPlan's discrete_path)."""
        rows = slice(self.offsets[i], self.offsets[i + 1])
        return np.column_stack([self.xy[rows], self.headings[rows]])


@dataclass(frozen=True, eq=False)
class LaneTable:
    """The lanes, then the lane connectors: ``n_lanes`` says where they part. Row i of every field speaks of edge i.

    ``speed_limit`` is NaN where the map gives none; ``lane_index`` counts from the left, -1 for connectors; ``from_lane`` and ``to_lane`` are '' for lanes; ``stop_polygons`` are the ids of a connector's traffic-light stop polygons.
    """

    ids: tuple[str, ...]
    n_lanes: int
    roadblock_ids: tuple[str, ...]
    baselines: Polylines
    left_boundary: tuple[str, ...]
    right_boundary: tuple[str, ...]
    speed_limit: Floats
    lane_index: Ints
    from_lane: tuple[str, ...]
    to_lane: tuple[str, ...]
    stop_polygons: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def lane_row(self) -> Mapping[str, int]:
        return {name: i for i, name in enumerate(self.ids[: self.n_lanes])}

    @cached_property
    def connector_row(self) -> Mapping[str, int]:
        return {name: i for i, name in enumerate(self.ids[self.n_lanes :], self.n_lanes)}

    def row(self, name: str) -> int:
        """The row of a lane or, failing that, a connector. Raises KeyError."""
        found = self.lane_row.get(name)
        return self.connector_row[name] if found is None else found

    def is_connector(self, row: int) -> bool:
        return row >= self.n_lanes

    @cached_property
    def successors(self) -> tuple[tuple[int, ...], ...]:
        """Rows of the edges that follow each edge, in the file's order."""
        return self._linked(self.from_lane, self.to_lane)

    @cached_property
    def predecessors(self) -> tuple[tuple[int, ...], ...]:
        """Rows of the edges that lead to each edge, in the file's order."""
        return self._linked(self.to_lane, self.from_lane)

    def _linked(self, start: tuple[str, ...], end: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
        linked: list[list[int]] = [[] for _ in self.ids]
        for row in range(self.n_lanes, len(self)):
            if start[row] in self.lane_row:
                linked[self.lane_row[start[row]]].append(row)
            if end[row] in self.lane_row:
                linked[row].append(self.lane_row[end[row]])
        return tuple(map(tuple, linked))


@dataclass(frozen=True, eq=False)
class RoadblockTable:
    """Roadblocks (lane groups), then roadblock connectors; ``from_block``, ``to_block`` and ``intersections`` are '' for the former."""

    ids: tuple[str, ...]
    n_blocks: int
    from_block: tuple[str, ...]
    to_block: tuple[str, ...]
    intersections: tuple[str, ...]

    @cached_property
    def block_ids(self) -> frozenset[str]:
        return frozenset(self.ids[: self.n_blocks])

    @cached_property
    def connector_row(self) -> Mapping[str, int]:
        return {name: i for i, name in enumerate(self.ids[self.n_blocks :], self.n_blocks)}

    def knows(self, name: str) -> bool:
        return name in self.block_ids or name in self.connector_row

    @cached_property
    def leaving(self) -> Mapping[str, tuple[str, ...]]:
        """{roadblock: the connectors that leave it}."""
        return _grouped(self.from_block[self.n_blocks :], self.ids[self.n_blocks :])

    @cached_property
    def arriving(self) -> Mapping[str, tuple[str, ...]]:
        """{roadblock: the connectors that arrive at it}."""
        return _grouped(self.to_block[self.n_blocks :], self.ids[self.n_blocks :])

    def outgoing(self, name: str) -> tuple[str, ...]:
        """The blocks that follow: connectors after a roadblock, one roadblock after a connector."""
        return self._next(name, self.leaving, self.to_block)

    def incoming(self, name: str) -> tuple[str, ...]:
        return self._next(name, self.arriving, self.from_block)

    def _next(self, name: str, connectors: Mapping[str, tuple[str, ...]], ends: tuple[str, ...]) -> tuple[str, ...]:
        if name not in self.block_ids and name in self.connector_row:
            end = ends[self.connector_row[name]]
            return (end,) if end else ()
        return connectors.get(name, ())


def _grouped(keys: Sequence[str], values: Sequence[str]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for key, value in zip(keys, values):
        if key:
            groups.setdefault(key, []).append(value)
    return {key: tuple(group) for key, group in groups.items()}


def lane_speeds(limits: Sequence[float | None]) -> NDArray[np.float64]:
    """Limits as an array, NaN for none."""
    return frozen(np.array([np.nan if limit is None else limit for limit in limits], np.float64))
