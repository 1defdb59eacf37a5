"""Layers of polygons with ids, over ragged read-only arrays, and the questions asked of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from envs.driving.errors import MapError
from envs.driving.scene import Floats

Ints = NDArray[np.int64]


class Layer(StrEnum):
    """Kinds of polygons, by nuPlan's SemanticMapLayer names."""

    LANE = "LANE"
    LANE_CONNECTOR = "LANE_CONNECTOR"
    ROADBLOCK = "ROADBLOCK"
    ROADBLOCK_CONNECTOR = "ROADBLOCK_CONNECTOR"
    INTERSECTION = "INTERSECTION"
    CARPARK_AREA = "CARPARK_AREA"
    CROSSWALK = "CROSSWALK"
    WALKWAY = "WALKWAYS"
    GENERIC_DRIVABLE = "GENERIC_DRIVABLE_AREA"
    ROAD_SEGMENT = "ROAD_SEGMENT"
    STOP_POLYGON = "STOP_LINE"


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class PolygonLayer:
    """``ids`` and their polygons, in the file's order.

    Polygon i has the rings ``polygon_offsets[i] : polygon_offsets[i + 1]``, the first of which is the exterior; ring j has the closed vertices ``xy[ring_offsets[j] : ring_offsets[j + 1]]``.
    """

    ids: tuple[str, ...]
    xy: Floats
    ring_offsets: Ints
    polygon_offsets: Ints

    @classmethod
    def in_parts(cls, ids: Sequence[str], polygons: Sequence[Any] | NDArray[Any], what: str = "a layer") -> PolygonLayer:
        """Like :meth:`of`, but a multi-polygon becomes several polygons, the second of which is called ID#2: for layers that are only drawn."""
        names, parts = [], []
        for name, geometry in zip(ids, polygons):
            for i, part in enumerate(getattr(geometry, "geoms", (geometry,))):
                names.append(f"{name}#{i + 1}" if i else name)
                parts.append(part)
        return cls.of(names, parts, what)

    @classmethod
    def of(cls, ids: Sequence[str], polygons: Sequence[Any] | NDArray[Any], what: str = "a layer") -> PolygonLayer:
        """From shapely polygons; a multi-polygon of one part is taken for that part. Raises MapError."""
        parts = np.empty(len(polygons), object)
        for i, geometry in enumerate(polygons):
            parts[i] = geometry.geoms[0] if getattr(geometry, "geom_type", "") == "MultiPolygon" and len(geometry.geoms) == 1 else geometry
            if getattr(parts[i], "geom_type", "") != "Polygon" or parts[i].is_empty:
                raise MapError(
                    f"{what}: the geometry of {ids[i]} is {getattr(geometry, 'geom_type', 'absent')}, no polygon", "mend the map"
                )
        if not len(parts):
            return cls((), frozen(np.zeros((0, 2))), frozen(np.zeros(1, np.int64)), frozen(np.zeros(1, np.int64)))
        _, xy, (rings, whole) = shapely.to_ragged_array(shapely.force_2d(parts))
        layer = cls(tuple(ids), frozen(xy), frozen(np.asarray(rings, np.int64)), frozen(np.asarray(whole, np.int64)))
        if len(layer.index) != len(layer.ids):
            raise MapError(f"{what} has an id twice", "mend the map")
        return layer

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def index(self) -> Mapping[str, int]:
        return {name: i for i, name in enumerate(self.ids)}

    @cached_property
    def polygons(self) -> NDArray[Any]:
        """(n,) shapely polygons."""
        if not self.ids:
            return np.empty(0, object)
        return np.asarray(shapely.from_ragged_array(shapely.GeometryType.POLYGON, self.xy, (self.ring_offsets, self.polygon_offsets)))

    @cached_property
    def tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.polygons)

    def exterior(self, name: str) -> Floats:
        """(n, 2) closed outer ring of one polygon."""
        ring = int(self.polygon_offsets[self.index[name]])
        return self.xy[self.ring_offsets[ring] : self.ring_offsets[ring + 1]]

    def in_box(self, xmin: float, ymin: float, xmax: float, ymax: float) -> Ints:
        """Indices of the polygons that meet the box (touching counts), in the layer's order."""
        return np.sort(self.tree.query(shapely.box(xmin, ymin, xmax, ymax), predicate="intersects"))

    def near(self, point: Floats, radius: float) -> Ints:
        """Indices of the polygons that meet the square of ``radius`` around ``point`` (nuPlan's get_proximal_map_objects)."""
        return self.in_box(point[0] - radius, point[1] - radius, point[0] + radius, point[1] + radius)

    def containing(self, points: Floats) -> tuple[Ints, Ints]:
        """(indices of points, indices of polygons) of all pairs where the polygon's interior holds the point; sorted. ``points`` (n, 2)."""
        pairs = self.tree.query(shapely.points(points), predicate="within")
        order = np.lexsort((pairs[1], pairs[0]))
        return pairs[0][order], pairs[1][order]

    def contains_any(self, points: Floats) -> NDArray[np.bool_]:
        """(n,): whether some polygon's interior holds each point (n, 2)."""
        inside = np.zeros(len(points), bool)
        inside[self.containing(points)[0]] = True
        return inside

    def nearest(self, point: Floats) -> tuple[int, float]:
        """Index of and distance (m) to the nearest polygon, the first of equals. Raises MapError when there is none."""
        if not self.ids:
            raise MapError("a layer without polygons has no nearest one", "use a map with roads")
        distances = shapely.distance(self.polygons, shapely.Point(point[0], point[1]))
        return int(np.argmin(distances)), float(distances.min())
