"""Everybody but the ego, step by step at 10 Hz: scripted events, distance keeping, red lights. The same code makes the logs and runs the closed loop, where the ego is somebody else's."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import numpy as np

from scenarios.driving.forms.layout import Prop
from scenarios.driving.roads.curves import Array
from scenarios.driving.roads.path import Path
from scenarios.driving.world.actors import Actor, Event, Lights, Style
from scenarios.driving.world.idm import follow, free_road, stop_before
from scenarios.driving.world.sight import HORIZON, Things, conflicts, leader

DT = 0.1
EGO_SIZE = (5.176, 2.297, 1.777)
EGO_CENTRE = 1.461
"""Length, width and height of NAVSIM's ego, and how far its centre is ahead of its rear axle [m]."""


@dataclass
class Mover:
    """An actor as it is now."""

    actor: Actor
    path: Path
    s: float
    speed: float
    desired: float
    acceleration: float = 0.0
    rate: float = 0.0
    fired: int = 0
    """Bits of the events that have happened."""

    @property
    def pose(self) -> tuple[float, float, float]:
        """x, y, heading of the centre."""
        return self.path.at(self.s)


class Traffic:
    """The state of a world's actors; `time` [s] is that of the state. `ego_path`: the ego's route, as the others foresee it."""

    def __init__(
        self, actors: tuple[Actor, ...], props: tuple[Prop, ...], lights: Lights, start: float, ego_path: Path | None = None
    ) -> None:
        self.time = start
        self.ego_path = ego_path
        self.lights = lights
        self.props = props
        self.movers = [Mover(actor, actor.path, actor.s, actor.speed, actor.desired) for actor in actors]
        self._static_pose = np.array([prop.pose for prop in props]).reshape(-1, 3)
        self._static_half = np.array([[prop.size[0] / 2, prop.size[1] / 2] for prop in props]).reshape(-1, 2)
        self._half = np.array([[actor.size[0] / 2, actor.size[1] / 2] for actor in actors]).reshape(-1, 2)

    def copy(self) -> Traffic:
        """An independent copy of the state."""
        twin = copy.copy(self)
        twin.movers = [copy.copy(mover) for mover in self.movers]
        return twin

    def poses(self) -> Array:
        """(n, 3) of the actors, in their order."""
        return np.array([mover.pose for mover in self.movers]).reshape(-1, 3)

    def speeds(self) -> Array:
        """(n,) m/s."""
        return np.array([mover.speed for mover in self.movers])

    def things(self, known: list[int] | None = None, around: tuple[float, float] | None = None) -> Things:
        """Actors (all, or those of rows `known`) and then props (all, or those within 100 m of `around`), with the movement foreseen for each actor: on along its path at its speed, or at the speed it intends."""
        rows = list(range(len(self.movers))) if known is None else known
        chosen = [self.movers[row] for row in rows]
        pose = np.array([mover.pose for mover in chosen]).reshape(-1, 3)
        ahead = np.empty((len(chosen), len(HORIZON), 3))
        moves = np.zeros(len(chosen), dtype=bool)
        for place, mover in enumerate(chosen):
            speed = mover.speed
            if mover.actor.intends and speed < 0.3 and mover.s < mover.path.length - 1.0 and not mover.fired:
                speed = next((event.speed for event in mover.actor.events if event.speed), speed)
            moves[place] = speed > 0.2
            reach = mover.s + speed * HORIZON
            if mover.actor.name == "pedestrian":
                reach = np.minimum(reach, mover.path.length)
            ahead[place] = mover.path.poses(reach) if moves[place] else pose[place]
        standing = np.arange(len(self.props))
        if around is not None and len(standing):
            standing = np.flatnonzero(np.hypot(self._static_pose[:, 0] - around[0], self._static_pose[:, 1] - around[1]) < 100.0)
        fixed, fixed_half = self._static_pose[standing], self._static_half[standing]
        speed = np.concatenate([[mover.speed for mover in chosen], np.zeros(len(fixed))])
        return Things(np.concatenate([pose, fixed]), np.concatenate([self._half[rows], fixed_half]), speed, ahead, moves, standing)

    def step(self, ego: tuple[float, float, float], ego_speed: float) -> None:
        """One step of DT. The ego is where it was at the step's beginning."""
        centre = (ego[0] + EGO_CENTRE * math.cos(ego[2]), ego[1] + EGO_CENTRE * math.sin(ego[2]), ego[2])
        for mover in self.movers:
            self._fire(mover, centre, ego_speed)
        if any(mover.actor.reacts for mover in self.movers):
            things = self._with_ego(centre, ego_speed)
            accelerations = [self._decide(row, mover, things) for row, mover in enumerate(self.movers)]
        else:
            accelerations = [self._wish(mover) for mover in self.movers]
        for mover, wanted in zip(self.movers, accelerations, strict=True):
            mover.acceleration += min(max(wanted - mover.acceleration, -0.6), 0.4)  # jerk of 6 and 4 m/s3
            speed = max(0.0, mover.speed + mover.acceleration * DT)
            mover.s += 0.5 * (mover.speed + speed) * DT
            mover.speed = speed
            if mover.actor.name == "pedestrian" and mover.s >= mover.path.length:
                mover.s, mover.speed, mover.desired = mover.path.length, 0.0, 0.0
            if mover.speed == 0.0:
                mover.acceleration = max(mover.acceleration, 0.0)
        self.time += DT

    def _with_ego(self, centre: tuple[float, float, float], speed: float) -> Things:
        """All things, the ego last; its way is foreseen along its route while it is on it, else straight on."""
        things = self.things()
        reach = speed * HORIZON
        along, left = self.ego_path.project(np.array([centre])) if self.ego_path is not None else (np.zeros(1), np.full(1, 9.0))
        if self.ego_path is not None and abs(left[0]) < 1.5 and math.cos(self.ego_path.at(float(along[0]))[2] - centre[2]) > 0.8:
            ahead = self.ego_path.poses(along[0] + reach)
            return things.joined(np.array([centre]), np.array([[EGO_SIZE[0] / 2, EGO_SIZE[1] / 2]]), speed, ahead)
        ahead = np.stack(
            [centre[0] + reach * math.cos(centre[2]), centre[1] + reach * math.sin(centre[2]), np.full(len(reach), centre[2])], axis=1
        )
        return things.joined(np.array([centre]), np.array([[EGO_SIZE[0] / 2, EGO_SIZE[1] / 2]]), speed, ahead)

    def _fire(self, mover: Mover, ego: tuple[float, float, float], ego_speed: float) -> None:
        for bit, event in enumerate(mover.actor.events):
            if mover.fired >> bit & 1 or not self._due(event, ego, ego_speed):
                continue
            mover.fired |= 1 << bit
            if event.speed is not None:
                mover.desired, mover.rate = event.speed, event.rate
            if event.left:
                mover.path = mover.path.shifted(event.left, mover.s, event.length)

    def _due(self, event: Event, ego: tuple[float, float, float], ego_speed: float) -> bool:
        trigger = event.trigger
        if trigger.time is not None:
            return self.time >= trigger.time - 1e-9
        assert trigger.point is not None
        dx, dy = trigger.point[0] - ego[0], trigger.point[1] - ego[1]
        ahead = dx * math.cos(ego[2]) + dy * math.sin(ego[2])
        return ahead > -2.0 and math.hypot(dx, dy) <= trigger.arrival * max(ego_speed, 1.0) + EGO_SIZE[0] / 2

    @staticmethod
    def _wish(mover: Mover) -> float:
        if mover.rate:
            return min(max((mover.desired - mover.speed) / DT, -mover.rate), mover.rate)
        return free_road(mover.actor.style, mover.speed, mover.desired)

    def _decide(self, row: int, mover: Mover, things: Things) -> float:
        wanted = self._wish(mover)
        actor = mover.actor
        if not actor.reacts:
            return wanted
        front, half_width = actor.size[0] / 2, actor.size[1] / 2
        bend = self._bend_speed(mover)
        if mover.speed > bend:
            wanted = min(wanted, max(-2.5, 1.2 * (bend - mover.speed)))
        ahead = leader(mover.path, mover.s, front, half_width, things.boxes_without(row))
        if ahead is not None:
            wanted = min(wanted, follow(actor.style, mover.speed, max(mover.desired, 0.1), ahead.gap, ahead.speed))
        for line, light in actor.lights:
            distance = line - mover.s - front - 1.0
            if (
                distance > -2.0
                and self.lights.state(light, self.time) != "green"
                and (distance > mover.speed**2 / 8.0 or mover.speed < 1.0)
            ):
                wanted = min(wanted, stop_before(actor.style, mover.speed, distance))
        first = [place for place, other in enumerate(self.movers) if self._goes_first(other.actor, actor)] + (
            [len(self.movers)] if actor.gives_way else []
        )
        if first and actor.name == "vehicle":
            wanted = min(wanted, self._give_way(mover, things.moving(first), front, half_width))
        return wanted

    @staticmethod
    def _bend_speed(mover: Mover) -> float:
        """What the path's curvature over the next two seconds allows at 2.5 m/s2 across."""
        first = max(int(mover.s / 0.5), 0)
        window = np.abs(mover.path.curvature[first : first + 6 + int(4.0 * mover.speed)])
        return math.sqrt(2.5 / max(float(window.max()), 1e-4)) if len(window) else 40.0

    @staticmethod
    def _goes_first(other: Actor, actor: Actor) -> bool:
        return other.role == "pedestrian" or (actor.gives_way and other is not actor and not other.gives_way and other.name != "pedestrian")

    @staticmethod
    def _give_way(mover: Mover, things: Things, front: float, half_width: float) -> float:
        """Acceleration that lets `things` go first where the ways cross."""
        for conflict in conflicts(mover.path, mover.s, half_width, things, reach=60.0, margin=0.8):
            distance = conflict.start - mover.s - front - 1.5
            if distance < 0.0 and mover.speed > 1.0:
                continue
            if (conflict.end - mover.s + front) / max(mover.speed, 2.0) + 1.0 < conflict.enters:
                continue
            return stop_before(Style(brake=3.0), mover.speed, distance)
        return math.inf
