"""The street's surface as a mesh: asphalt, kerbs, pavements, lane markings, stop lines, zebra crossings, car parks.

Lane markings follow from what lies beside each lane: a lane in the same direction gives a dashed white line, one against it a solid yellow one, nothing a solid white edge. Connectors have none: crossings are bare.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from envs.driving.camera.mesh import MeshBuilder
from envs.driving.road_outlines import LaneOutline, RoadOutlines

MARKING_Z: Final = 0.02
_KERB_WIDTH, _KERB_HEIGHT, _PAVEMENT_WIDTH = 0.25, 0.14, 2.4
_LINE_WIDTH, _DASH, _GAP = 0.16, 3.0, 4.5
_STRIPE, _STRIPE_PITCH = 0.5, 1.0
_GROUND_REACH = 700.0  # m

Array = NDArray[np.float64]


def build_surface(builder: MeshBuilder, outlines: RoadOutlines) -> BaseGeometry:
    """All flat things of ``outlines``. Returns the shape that trees and houses must keep off: roads, pavements and car parks."""
    road = outlines.drivable()
    carparks = shapely.union_all([shapely.make_valid(s) for s in outlines.carparks]) if outlines.carparks else shapely.Polygon()
    paved = shapely.union_all([road, carparks])
    _ground(builder, paved)
    builder.area(road, 0.0, "asphalt")
    builder.area(carparks.difference(road), 0.0, "carpark")
    pavement = paved.buffer(_PAVEMENT_WIDTH, join_style="round", quad_segs=3)
    _kerbs(builder, paved)
    builder.area(pavement.difference(paved.buffer(_KERB_WIDTH, quad_segs=3)), _KERB_HEIGHT, "sidewalk")
    for walkway in outlines.walkways:
        builder.area(shapely.make_valid(walkway).difference(pavement), 0.01, "sidewalk")
    _markings(builder, outlines)
    for crosswalk in outlines.crosswalks:
        _zebra(builder, crosswalk)
    return shapely.union_all([pavement, *map(shapely.make_valid, outlines.walkways)])


def _ground(builder: MeshBuilder, paved: BaseGeometry) -> None:
    x0, y0, x1, y1 = paved.bounds if not paved.is_empty else (0.0, 0.0, 0.0, 0.0)
    x0, y0, x1, y1 = x0 - _GROUND_REACH, y0 - _GROUND_REACH, x1 + _GROUND_REACH, y1 + _GROUND_REACH
    builder.quads(np.array([[[x0, y0, -0.12], [x1, y0, -0.12], [x1, y1, -0.12], [x0, y1, -0.12]]]), "grass")


def _kerbs(builder: MeshBuilder, paved: BaseGeometry) -> None:
    """A light rim around everything paved, raised: its face is what a driver sees of it."""
    rim = paved.buffer(_KERB_WIDTH, join_style="round", quad_segs=3)
    builder.area(rim.difference(paved), _KERB_HEIGHT, "kerb")
    for polygon in shapely.get_parts(paved):
        polygon = shapely.geometry.polygon.orient(polygon)  # the road lies to the left of its outline: faces must show their left
        for ring in (polygon.exterior, *polygon.interiors):
            line = np.asarray(ring.coords)[::-1, :2]
            builder.wall(line, (-0.05, _KERB_HEIGHT), "kerb_face")


def _markings(builder: MeshBuilder, outlines: RoadOutlines) -> None:
    if not outlines.lanes:
        return
    lanes = outlines.lanes
    tree = shapely.STRtree([lane.polygon for lane in lanes])
    crossing = (
        shapely.union_all([shapely.make_valid(s) for s in outlines.intersections]).buffer(-0.3)
        if outlines.intersections
        else shapely.Polygon()
    )
    for index, lane in enumerate(lanes):
        for line, side in ((lane.left, 1.0), (lane.right, -1.0)):
            _marking(builder, _along(line, lane.baseline), side, index, lanes, tree, crossing)


def _marking(
    builder: MeshBuilder,
    line: Array,
    side: float,
    index: int,
    lanes: tuple[LaneOutline, ...],
    tree: shapely.STRtree,
    crossing: BaseGeometry,
) -> None:
    """One boundary of lane ``index``; ``side`` +1 is its left. A boundary that two lanes share is drawn once."""
    curve = shapely.LineString(line)
    pieces = max(1, round(curve.length / (_DASH + _GAP)))
    pitch = curve.length / pieces
    for number in range(pieces):
        start, end = number * pitch, (number + 1) * pitch
        piece = shapely.get_coordinates(substring(curve, start, end))
        if len(piece) < 2:
            continue
        middle, along = _middle(piece)
        outward = side * np.array([-along[1], along[0]])
        if crossing.contains(shapely.Point(middle)):
            continue
        kind, other = _beside(middle + 0.8 * outward, along, index, lanes, tree)
        inset = -outward * (_LINE_WIDTH * 0.9)
        if kind == "edge":
            builder.ribbon(piece + inset, _LINE_WIDTH, MARKING_Z, "marking")
        elif kind == "against":
            builder.ribbon(piece + inset, _LINE_WIDTH, MARKING_Z, "marking_yellow")
        elif index < other:  # of two lanes of one direction the first draws the line
            dash = shapely.get_coordinates(substring(curve, start, start + _DASH * pitch / (_DASH + _GAP)))
            builder.ribbon(dash, _LINE_WIDTH, MARKING_Z, "marking")


def _beside(point: Array, along: Array, index: int, lanes: tuple[LaneOutline, ...], tree: shapely.STRtree) -> tuple[str, int]:
    for other in sorted(int(hit) for hit in tree.query(shapely.Point(point), predicate="intersects")):
        if other == index:
            continue
        baseline = lanes[other].baseline
        nearest = int(np.argmin(np.linalg.norm(baseline - point, axis=1)))
        nearest = min(nearest, len(baseline) - 2)
        direction = baseline[nearest + 1] - baseline[nearest]
        return ("same" if direction @ along > 0 else "against"), other
    return "edge", -1


def _zebra(builder: MeshBuilder, crosswalk: shapely.Polygon) -> None:
    """Stripes along the traffic, side by side across the road: along the shorter side of the crossing's box."""
    box = shapely.get_coordinates(shapely.minimum_rotated_rectangle(crosswalk))[:4]
    one, two = box[1] - box[0], box[3] - box[0]
    across, through = (one, two) if np.linalg.norm(one) >= np.linalg.norm(two) else (two, one)
    length = float(np.linalg.norm(across))
    for start in np.arange(0.3, length - _STRIPE, _STRIPE_PITCH):
        a, b = box[0] + across * (start / length), box[0] + across * ((start + _STRIPE) / length)
        stripe = shapely.Polygon([a, b, b + through, a + through]).intersection(crosswalk)
        builder.area(stripe, MARKING_Z + 0.005, "marking")


def stop_line(builder: MeshBuilder, lane: LaneOutline) -> None:
    """A white bar across the end of ``lane``."""
    left, right = _along(lane.left, lane.baseline), _along(lane.right, lane.baseline)
    _, along = _middle(lane.baseline[-2:])
    corners = np.array([right[-1] - 0.9 * along, right[-1] - 0.4 * along, left[-1] - 0.4 * along, left[-1] - 0.9 * along])
    builder.quads(np.column_stack([corners, np.full(4, MARKING_Z + 0.004)])[None], "stop_line")


def _along(line: Array, baseline: Array) -> Array:
    """``line`` in the direction of ``baseline``."""
    return line if (line[-1] - line[0]) @ (baseline[-1] - baseline[0]) >= 0 else line[::-1]


def _middle(line: Array) -> tuple[Array, Array]:
    half = len(line) // 2
    along = line[min(half, len(line) - 1)] - line[max(half - 1, 0)]
    return (line[half] + line[half - 1]) / 2, along / max(float(np.linalg.norm(along)), 1e-9)
