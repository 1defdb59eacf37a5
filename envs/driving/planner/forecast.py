"""What PDM-Closed expects of the others: everything goes on at its present velocity, lights stay as they are (navsim's PDMObservation.update, PDMObjectManager)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from envs.driving.scene import AGENT_NAMES, Floats
from envs.driving.scoring.areas import PolygonSet
from envs.driving.scoring.footprint import CENTRE, box_corners
from envs.driving.scoring.objects import STOPPED_SPEED, Objects
from envs.driving.scoring.overlap import boxes_touch
from envs.driving.scoring.traffic_light import RedLights
from envs.driving.traffic.tracks import Moment

RADIUS_M = 100.0
NEAREST = {"vehicle": 50, "pedestrian": 25, "bicycle": 10}
NEAREST_STATIC = 50
STRIDE = 2
"""Steps of 0.1 s that one forecast stands for."""
STEP_S = 0.1
LEADER_STEPS = np.arange(STRIDE, 51, STRIDE)
"""Steps at which proposals look for a leader."""
STEPS = {"v2": 41, "v1": 51}
"""How far the scorer of each version looks: v2's TTC starts its last look ahead 0.9 s before the end, v1's goes on to 5 s."""


@dataclass(frozen=True, eq=False)
class Forecast:
    """``n`` objects and the red lights of the mended route in steps of 0.1 s, the objects in the official order: static, vehicles, pedestrians, bicycles, each by distance.

    ``corners`` (n, 4, 2) now, ``drift`` (n, 2) m/s; ``speed`` and ``heading`` (n,); ``is_agent``, ``ignored`` (n,): those that overlap the ego now; ``red_polygons`` and which of them the ego is wholly in (``red_ignored``).
    """

    centre: Floats
    corners: Floats
    drift: Floats
    speed: Floats
    heading: Floats
    radius: Floats
    is_agent: NDArray[np.bool_]
    ignored: NDArray[np.bool_]
    reds: PolygonSet
    red_polygons: tuple[shapely.Polygon, ...]
    red_ignored: NDArray[np.bool_]

    @cached_property
    def boxes(self) -> Floats:
        """(25, n, 4, 2) corners at the steps 2, 4, ... 50."""
        return self.corners + (LEADER_STEPS * STEP_S)[:, None, None, None] * self.drift[:, None]

    @cached_property
    def bounds(self) -> tuple[Floats, Floats]:
        """Least and greatest coordinates (25, n, 2) of ``boxes``."""
        return self.boxes.min(2), self.boxes.max(2)

    @cached_property
    def centres(self) -> Floats:
        """(25, n, 2) centres at the steps of ``boxes``."""
        return self.centre + (LEADER_STEPS * STEP_S)[:, None, None] * self.drift

    @cached_property
    def red_centres(self) -> Floats:
        """(r, 2) centroids."""
        return np.array([shapely.get_coordinates(polygon.centroid)[0] for polygon in self.red_polygons]).reshape(-1, 2)

    def objects(self, version: str) -> Objects:
        """As the scorer of ``version`` wants them; red lights are no objects."""
        seconds = (np.arange(STEPS[version]) // STRIDE * STRIDE) * STEP_S
        moved = seconds[:, None, None] * self.drift
        corners = self.corners[None] + moved[:, :, None]
        centre = self.centre[None] + moved
        present = np.ones((len(seconds), len(self.speed)), bool)
        return Objects(
            np.ascontiguousarray(corners), centre, present, self.radius, self.is_agent, ~self.is_agent | (self.speed <= STOPPED_SPEED)
        )

    def lights(self, version: str) -> RedLights:
        """Red from now on."""
        return RedLights(self.reds, np.ones((STEPS[version], len(self.red_polygons)), bool))


def forecast(now: Moment, reds: PolygonSet, ego_corners: Floats) -> Forecast:
    """From the objects ``now`` and the polygons of the mended route's red lights, for an ego whose corners and centre are ``ego_corners`` (5, 2)."""
    ego_centre = ego_corners[CENTRE]
    distance = np.sqrt(((now.poses[:, :2] - ego_centre) ** 2).sum(-1))
    names = np.array(now.names, np.str_) if now.names else np.zeros(0, np.str_)
    near = distance <= RADIUS_M
    agents = np.isin(names, sorted(AGENT_NAMES))
    rows = np.concatenate([_nearest(~agents & near, distance, NEAREST_STATIC)] + [_nearest((names == kind) & near, distance, most) for kind, most in NEAREST.items()])  # fmt: skip
    centre, heading, size = now.poses[rows, :2], now.poses[rows, 2], now.size[rows]
    velocity, is_agent = now.velocity[rows], agents[rows]
    speed = np.where(is_agent, np.sqrt((velocity**2).sum(-1)), 0.0)
    course = np.arctan2(velocity[:, 1], velocity[:, 0])
    forwards = np.abs(_principal(heading - course)) < np.pi / 2
    towards = np.where(forwards, heading, _principal(heading + np.pi))
    corners = np.empty((len(rows), 4, 2))
    for i in range(len(rows)):
        box_corners(centre[i, 0], centre[i, 1], heading[i], size[i, 0] / 2.0, size[i, 1] / 2.0, corners[i])
    ego = shapely.Polygon(ego_corners[:4])
    red = tuple(_polygon(reds.edges[first:last]) for first, last in pairwise(reds.offsets))
    return Forecast(
        centre=centre,
        corners=corners,
        drift=np.where(is_agent, speed, 0.0)[:, None] * np.column_stack([np.cos(towards), np.sin(towards)]),
        speed=speed,
        heading=heading,
        radius=np.hypot(size[:, 0], size[:, 1]) / 2.0,
        is_agent=is_agent,
        ignored=np.array([boxes_touch(ego_corners, box) for box in corners], bool),
        reds=reds,
        red_polygons=red,
        red_ignored=np.array([ego.within(polygon) for polygon in red], bool),
    )


def _nearest(chosen: NDArray[np.bool_], distance: Floats, most: int) -> NDArray[np.int64]:
    rows = np.flatnonzero(chosen)
    return rows[np.argsort(distance[rows])][:most]


def _principal(angle: Floats) -> Floats:
    return np.arctan2(np.sin(angle), np.cos(angle))


def _polygon(edges: Floats) -> shapely.Polygon:
    """The polygon of directed ``edges`` (E, 4), ring after ring, the exterior first."""
    breaks = np.flatnonzero((edges[:-1, 2:] != edges[1:, :2]).any(1)) + 1
    rings = [np.vstack([part[:, :2], part[:1, :2]]) for part in np.split(edges, breaks)]
    return shapely.Polygon(rings[0], rings[1:])
