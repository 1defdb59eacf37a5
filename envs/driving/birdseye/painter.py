"""Paints bird's-eye pictures: the ego's heading is up, the ego in the lower third."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path as FilePath
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from envs.driving.birdseye.panel import paint_legend, paint_panel, paint_title, paint_warning
from envs.driving.birdseye.view import PATH_COLOURS, BirdseyeView, Path
from envs.driving.road_outlines import LaneOutline, RoadOutlines
from envs.driving.scene import to_local

Colour = tuple[int, int, int]
Floats = NDArray[np.float64]

GROUND: Final[Colour] = (233, 236, 228)
ROAD: Final[Colour] = (201, 203, 206)
ROUTE: Final[Colour] = (196, 216, 240)
CARPARK: Final[Colour] = (214, 208, 200)
CROSSWALK: Final[Colour] = (245, 245, 245)
LINE: Final[Colour] = (150, 152, 156)
RED_ZONE: Final[Colour] = (240, 150, 145)
YELLOW_ZONE: Final[Colour] = (244, 216, 130)
GREEN_ZONE: Final[Colour] = (176, 222, 182)
EGO: Final[Colour] = (30, 100, 235)
STRUCK: Final[Colour] = (225, 20, 30)
THINGS: Final[dict[str, Colour]] = {
    "vehicle": (92, 98, 108),
    "pedestrian": (210, 60, 150),
    "bicycle": (150, 70, 200),
    "traffic_cone": (240, 130, 20),
    "barrier": (200, 70, 60),
    "czone_sign": (240, 150, 20),
    "generic_object": (130, 110, 80),
}
_SHIFT = 4  # fractional bits of cv2's coordinates: edges fall between pixels
EGO_FRONT, EGO_REAR, EGO_WIDTH = 4.049, 1.127, 2.297  # m from the rear axle: NAVSIM's Pacifica


class BirdseyePainter:
    """Paints views of one map.

    Args:
        outlines: the map; ``size``: (width, height) in pixels; ``metres``: what the height shows; ``ego_at``: where the ego is, as a share of the height from the bottom.
    """

    def __init__(self, outlines: RoadOutlines, size: tuple[int, int] = (480, 480), metres: float = 80.0, ego_at: float = 0.32) -> None:
        self.size, self.metres, self.ego_at = size, metres, ego_at
        self._outlines = outlines
        self._scale = size[1] / metres
        self._near: tuple[NDArray[np.float64], RoadOutlines] | None = None

    def paint(self, view: BirdseyeView) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB."""
        width, height = self.size
        picture = np.empty((height, width, 3), np.uint8)
        picture[:] = GROUND
        self._paint_map(picture, view)
        for path in view.paths:
            self._paint_path(picture, view, path)
        self._paint_things(picture, view)
        self._paint_ego(picture, view)
        if view.stamps:
            paint_panel(picture, view.stamps)
        paint_legend(picture, [path.kind for path in view.paths])
        if view.title:
            paint_title(picture, view.title, view.ego_speed)
        if view.warning:
            paint_warning(picture, view.warning)
        return picture

    def _pixels(self, points: Floats, view: BirdseyeView) -> NDArray[np.int32]:
        """(n, 2) fixed-point pixels of global points (n, 2)."""
        local = to_local(np.asarray(points, float)[:, :2], view.ego_pose)
        width, height = self.size
        x = width / 2 - local[:, 1] * self._scale
        y = height * (1 - self.ego_at) - local[:, 0] * self._scale
        return np.round(np.stack([x, y], axis=1) * (1 << _SHIFT)).astype(np.int32)

    def _fill(self, picture: NDArray[np.uint8], rings: Iterable[Floats], view: BirdseyeView, colour: Colour) -> None:
        for ring in rings:
            cv2.fillPoly(picture, [self._pixels(ring, view)], colour, cv2.LINE_AA, _SHIFT)

    def _line(self, picture: NDArray[np.uint8], line: Floats, view: BirdseyeView, colour: Colour, thickness: int = 1) -> None:
        cv2.polylines(picture, [self._pixels(line, view)], False, colour, thickness, cv2.LINE_AA, _SHIFT)

    def _visible(self, view: BirdseyeView) -> RoadOutlines:
        """The part of the map about the ego; looked for anew only when the ego has gone on."""
        here = np.asarray(view.ego_pose[:2], float)
        if self._near is None or float(np.linalg.norm(self._near[0] - here)) > 25.0:
            reach = self.metres * max(1.0, self.size[0] / self.size[1]) + 25.0
            self._near = here, self._outlines.within(float(here[0]), float(here[1]), reach)
        return self._near[1]

    def _paint_map(self, picture: NDArray[np.uint8], view: BirdseyeView) -> None:
        near = self._visible(view)
        self._fill(picture, _rings(near.carparks), view, CARPARK)
        self._fill(picture, _rings((*near.roadblocks, *near.intersections)), view, ROAD)
        lanes: Sequence[LaneOutline] = (*near.connectors, *near.lanes)
        self._fill(picture, _rings(lane.polygon for lane in lanes), view, ROAD)
        self._fill(picture, _rings(lane.polygon for lane in lanes if lane.roadblock in view.route), view, ROUTE)
        for state, colour in (("green", GREEN_ZONE), ("yellow", YELLOW_ZONE), ("red", RED_ZONE)):
            shown = (c for c in near.connectors if _lamp(view.lights.get(c.id)) == state)
            self._fill(picture, _rings(c.polygon for c in shown), view, colour)
        for crosswalk in near.crosswalks:
            self._fill(picture, _rings([crosswalk]), view, CROSSWALK)
        for lane in near.lanes:
            self._line(picture, lane.left, view, LINE)
            self._line(picture, lane.right, view, LINE)

    def _paint_path(self, picture: NDArray[np.uint8], view: BirdseyeView, path: Path) -> None:
        colour = PATH_COLOURS[path.kind]
        if len(path.poses) > 1:
            self._line(picture, path.poses, view, colour, 3 if path.kind in ("plan", "simulated") else 2)
        if path.footprints and path.poses.shape[1] >= 3:
            for pose in path.poses:
                outline = ego_corners(pose)
                cv2.polylines(picture, [self._pixels(outline, view)], True, colour, 1, cv2.LINE_AA, _SHIFT)
        elif path.kind in ("plan", "log", "pdm"):
            for point in self._pixels(path.poses, view):
                cv2.circle(picture, (int(point[0]), int(point[1])), 2 << _SHIFT, colour, -1, cv2.LINE_AA, _SHIFT)

    def _paint_things(self, picture: NDArray[np.uint8], view: BirdseyeView) -> None:
        boxes = view.boxes
        for k, name in enumerate(boxes.names):
            corners = _corners(boxes.xyz[k, :2], boxes.size[k, :2], float(boxes.heading[k]))
            colour = THINGS.get(name, THINGS["generic_object"])
            struck = boxes.track_tokens[k] in view.struck
            self._fill(picture, [corners], view, STRUCK if struck else colour)
            if struck:
                cv2.polylines(picture, [self._pixels(corners, view)], True, STRUCK, 4, cv2.LINE_AA, _SHIFT)
            speed = float(np.hypot(*boxes.velocity[k, :2]))
            if speed > 0.3:  # where it will be in one second
                middle = boxes.xyz[k, :2]
                self._line(picture, np.array([middle, middle + boxes.velocity[k, :2]]), view, colour, 1)

    def _paint_ego(self, picture: NDArray[np.uint8], view: BirdseyeView) -> None:
        corners = ego_corners(view.ego_pose)
        colour = STRUCK if view.warning else EGO
        self._fill(picture, [corners], view, colour)
        nose = np.array([corners[3], (corners[0] + corners[3]) / 2 * 0.5 + corners.mean(axis=0) * 0.5, corners[0]])
        self._fill(picture, [nose], view, (255, 255, 255))


def ego_corners(pose: Floats) -> Floats:
    """(4, 2) corners of the ego at rear-axle ``pose``: front left, rear left, rear right, front right."""
    x, y, heading = (float(value) for value in pose[:3])
    cos, sin = np.cos(heading), np.sin(heading)
    half = EGO_WIDTH / 2
    local = np.array([[EGO_FRONT, half], [-EGO_REAR, half], [-EGO_REAR, -half], [EGO_FRONT, -half]])
    return local @ np.array([[cos, sin], [-sin, cos]]) + [x, y]


def save_picture(path: str | FilePath, picture: NDArray[np.uint8]) -> None:
    """Write a PNG."""
    from PIL import Image

    Image.fromarray(picture).save(path)


def _corners(middle: Floats, size: Floats, heading: float) -> Floats:
    cos, sin = np.cos(heading), np.sin(heading)
    x, y = max(size[0], 0.5) / 2, max(size[1], 0.5) / 2
    return np.array([[x, y], [-x, y], [-x, -y], [x, -y]]) @ np.array([[cos, sin], [-sin, cos]]) + middle


def _rings(polygons: Iterable[Any]) -> Iterable[Floats]:
    return (np.asarray(polygon.exterior.coords)[:, :2] for polygon in polygons)


def _lamp(state: bool | str | None) -> str:
    return {True: "red", False: "green", None: ""}.get(state, str(state)) if not isinstance(state, str) else state
