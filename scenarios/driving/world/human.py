"""The rule-based driver that stands for the human: along its path, with a speed that limits, bends, leaders, lights and the right of way allow; around what blocks its lane when the way is free.

It sees the truth, but nothing that is hidden behind something else. Its reference point is the rear axle, which follows the path exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scenarios.driving.roads.curves import Array
from scenarios.driving.roads.path import Path
from scenarios.driving.world.actors import Style
from scenarios.driving.world.idm import follow, free_road, stop_before
from scenarios.driving.world.limits import FRONT, HALF_WIDTH, REAR, speed_limits
from scenarios.driving.world.sight import Conflict, Things, conflicts, leader
from scenarios.driving.world.traffic import DT, Traffic
from scenarios.driving.world.world import Pass, World


@dataclass
class HumanState:
    """Where the human is on which path, and how fast."""

    path: Path
    s: float
    speed: float
    acceleration: float = 0.0


class Human:
    """A human at the wheel in `world`; `act` decides and moves on by one step. Another path, distance and speed can be given: that is how recoveries start."""

    def __init__(self, world: World, state: HumanState | None = None) -> None:
        self.world = world
        self.state = state or HumanState(world.route.path, world.ego_s, world.ego_speed)
        temper = world.temper
        self.style = Style(temper.headway, 2.2, temper.accelerate, temper.brake, 3.9)
        self.passes: list[Pass] = list(world.passes)
        self.limit = self._limits(self.state.path)
        self.reason = ""

    @property
    def pose(self) -> tuple[float, float, float]:
        """x, y, heading of the rear axle."""
        return self.state.path.at(self.state.s)

    def _limits(self, path: Path) -> Array:
        world = self.world
        line = world.stop_line if world.layout.gives_way else None
        return speed_limits(world.route, path, world.temper, line)

    def _allowed(self, s: float) -> float:
        return float(np.interp(s, self.state.path.s, self.limit))

    def act(self, traffic: Traffic) -> None:
        """Decide on the acceleration from the traffic of now, and drive one step."""
        rows = [row for row, mover in enumerate(traffic.movers) if self._knows(traffic, row)]
        things = traffic.things(rows, self.pose[:2])
        self._consider_passing(traffic, rows, things)
        state = self.state  # a new one, if it goes around something now
        wanted, self.reason = self._wish(traffic, rows, things)
        jerk = 6.0 if wanted < -2.8 else 2.2
        state.acceleration += min(max(wanted - state.acceleration, -jerk * DT), (4.0 if state.acceleration < 0 else 2.0) * DT)
        speed = max(0.0, state.speed + state.acceleration * DT)
        state.s += 0.5 * (speed + state.speed) * DT
        if speed == 0.0:
            state.acceleration = 0.0
        state.speed = speed

    def _knows(self, traffic: Traffic, row: int) -> bool:
        mover = traffic.movers[row]
        if mover.actor.hidden_until is None:
            return True
        x, y, _ = mover.pose
        ego = self.pose
        return math.hypot(x - ego[0], y - ego[1]) < mover.actor.hidden_until or mover.fired != 0

    def _wish(self, traffic: Traffic, rows: list[int], things: Things) -> tuple[float, str]:
        state, world = self.state, self.world
        wanted, reason = free_road(self.style, state.speed, self._allowed(state.s + 0.4 * state.speed)), ""
        ahead = leader(state.path, state.s, FRONT, HALF_WIDTH, things.boxes_without(-1), crossing=False)
        options: list[tuple[float, str]] = []
        if ahead is not None:
            options.append(
                (
                    follow(self.style, state.speed, max(self._allowed(state.s), 0.5), ahead.gap, max(ahead.speed, 0.0)),
                    self._name(traffic, rows, ahead.row, things),
                )
            )
        options.append((self._light(traffic), world.light))
        for conflict in conflicts(state.path, state.s, HALF_WIDTH, things):
            options.append((self._yield(traffic, rows, conflict), self._name(traffic, rows, conflict.row, things)))
        hold = self._hold(traffic)
        if hold is not None:
            options.append((stop_before(self.style, state.speed, hold - state.s), ""))
        for value, name in options:
            if value < wanted:
                wanted, reason = value, name
        return wanted, reason

    @staticmethod
    def _name(traffic: Traffic, rows: list[int], row: int, things: Things) -> str:
        if row < len(rows):
            return traffic.movers[rows[row]].actor.token
        return "" if things.props is None else f"prop-{things.props[row - len(rows)]}"

    def _light(self, traffic: Traffic) -> float:
        world, state = self.world, self.state
        if not world.light or world.stop_line is None:
            return math.inf
        colour = traffic.lights.state(world.light, traffic.time)
        distance = world.stop_line - state.s - FRONT - 1.2
        if colour == "green" or distance < -0.9 or (colour == "yellow" and state.speed**2 > 2 * 2.6 * max(distance, 0.1)):
            return math.inf
        return stop_before(self.style, state.speed, distance)

    def _times(self, conflict: Conflict) -> tuple[float, float, float]:
        """Clear distance to the conflict's area, and the seconds until the ego's front is there and its rear is out of it, if it just drives on."""
        state = self.state
        into = conflict.start - state.s - FRONT
        out = conflict.end - state.s + REAR
        cruise = max(self._allowed(min(conflict.end, state.path.length)), 1.0)
        return into, self._travel(into, cruise), self._travel(out, cruise)

    def _travel(self, distance: float, cruise: float) -> float:
        if distance <= 0.0:
            return 0.0
        speed, accelerate = self.state.speed, 1.1
        if speed >= cruise:
            return distance / max(0.5 * (speed + cruise), 0.5)
        gaining = (cruise**2 - speed**2) / (2 * accelerate)
        if gaining >= distance:
            return (math.sqrt(speed**2 + 2 * accelerate * distance) - speed) / accelerate + 0.3
        return (cruise - speed) / accelerate + (distance - gaining) / cruise + 0.3

    def _yield(self, traffic: Traffic, rows: list[int], conflict: Conflict) -> float:
        if conflict.row >= len(rows):
            return math.inf
        actor, state = traffic.movers[rows[conflict.row]].actor, self.state
        into, t_in, t_out = self._times(conflict)
        walks = actor.name == "pedestrian"
        if conflict.joins:
            return self._let_in(conflict, actor.role in self.world.yields, t_in)
        if conflict.head_on and conflict.start < state.s + FRONT + 1.0:
            return stop_before(self.style, state.speed, 0.4 * (conflict.end - state.s - FRONT)) if conflict.enters < 3.0 else math.inf
        if into < 0.3 or conflict.enters > t_out + (1.2 if walks else 1.0) or conflict.leaves + 0.4 < t_in:
            return math.inf
        if not walks and actor.role not in self.world.yields and actor.gives_way:
            return math.inf
        target = conflict.start - (2.4 if walks else 1.5)
        line = self.world.stop_line
        if (
            not walks
            and not conflict.head_on
            and line is not None
            and state.s + FRONT < line < conflict.start + 1.0
            and conflict.start - line < 25.0
        ):
            target = line - 0.8
        if not walks and state.speed**2 > 2 * 3.8 * max(target - state.s - FRONT, 0.1) and into > 0 and state.speed**2 > 2 * 4.5 * into:
            return math.inf  # too late to stop
        return stop_before(self.style, state.speed, target - state.s - FRONT)

    def _let_in(self, conflict: Conflict, first: bool, t_in: float) -> float:
        """Acceleration towards something that joins the ego's way: behind it if it is ahead, or if it has the right of way and the gap is too small."""
        state = self.state
        if conflict.enters > 6.0:
            return math.inf
        gap = conflict.level - 2.4 - state.s - FRONT
        if gap > -1.0 and conflict.level > state.s + 2.0:
            return max(
                follow(self.style, state.speed, max(self._allowed(state.s), 0.5), max(gap, 1.0), conflict.speed),
                -2.6 if conflict.enters > 1.2 else -3.9,
            )
        if not first or t_in + 1.8 < conflict.enters or conflict.start < state.s + FRONT:
            return math.inf
        line = self.world.stop_line
        if line is not None and self.world.layout.gives_way and state.s + FRONT < line + 1.0:
            return stop_before(self.style, state.speed, line - 0.8 - state.s - FRONT)
        return -1.6

    # ---- around what blocks the lane ----

    def _span(self, traffic: Traffic, option: Pass) -> tuple[float, float]:
        if option.row is None:
            return option.first, option.last
        mover = traffic.movers[option.row]
        along, _ = self.state.path.project(np.array([mover.pose]))
        return float(along[0]) + option.first, float(along[0]) + option.last

    def _hold(self, traffic: Traffic) -> float | None:
        """Where to wait (distance of the rear axle) as long as the way around is not free."""
        state = self.state
        waits = [self._span(traffic, option)[0] - FRONT - 12.5 for option in self.passes if option.row is None]
        return min(
            (place for place in waits if place > state.s - 2.0 and state.speed**2 < 2 * 3.0 * max(place - state.s, 0.3)), default=None
        )

    def _consider_passing(self, traffic: Traffic, rows: list[int], things: Things) -> None:
        state = self.state
        for option in list(self.passes):
            first, last = self._span(traffic, option)
            full = first - FRONT - 0.6
            candidate = self._static_pass(option, full, last) if option.row is None else self._moving_pass(traffic, option, full, last)
            if candidate is None:
                continue
            if self._is_free(candidate, rows, things, option):
                self.passes.remove(option)
                s, _ = candidate.project(np.array([self.pose]))
                self.state = HumanState(candidate, float(s[0]), state.speed, state.acceleration)
                self.limit = self._limits(candidate)
                return

    def _static_pass(self, option: Pass, full: float, last: float) -> Path | None:
        state = self.state
        length = max(11.5, min(45.0, 3.4 * state.speed * math.sqrt(abs(option.left) / 2.0)))
        start = max(full - length, state.s + 0.3)
        if start - state.s > 2.5 * state.speed + 3.0 or full - start < 9.0:
            return None
        back = (last + REAR + 0.5, max(14.0, 3.4 * state.speed)) if option.back else None
        return state.path.shifted(option.left, start, full - start, back)

    def _moving_pass(self, traffic: Traffic, option: Pass, full: float, last: float) -> Path | None:
        assert option.row is not None
        state, mover = self.state, traffic.movers[option.row]
        pace = min(self._allowed(state.s + 30.0), max(state.speed + 1.0, mover.speed + 3.0))
        faster = pace - mover.speed
        if faster < 1.8 or full - state.s > 2.2 * max(state.speed, 4.0) + 12.0 or last < state.s:
            return None
        length = max(14.0, 3.2 * state.speed)
        overtaken = state.s + pace * (last + REAR + 3.0 - state.s) / faster
        return state.path.shifted(option.left, state.s + 0.5, length, (overtaken, max(18.0, 3.2 * pace)) if option.back else None)

    def _is_free(self, path: Path, rows: list[int], things: Things, option: Pass) -> bool:
        state = self.state
        for conflict in conflicts(path, state.s, HALF_WIDTH, things, margin=0.5):
            if conflict.row < len(rows) and rows[conflict.row] == option.row:
                continue
            _, t_in, t_out = self._times(conflict)
            if conflict.joins:
                speed = conflict.speed
                ahead = conflict.level - 2.4 - state.s - FRONT
                behind = state.s - REAR - conflict.level - 2.4
                if ahead < 3.0 + 0.8 * state.speed and behind < 4.0 + 0.5 * speed + 4.0 * max(0.0, speed - state.speed):
                    return False
            elif not (conflict.enters > t_out + 1.5 or conflict.leaves + 0.3 < t_in):
                return False
        ahead = leader(path, state.s, FRONT, HALF_WIDTH, things.boxes_without(-1), reach=40.0, crossing=False)
        if ahead is None or (ahead.row < len(rows) and rows[ahead.row] == option.row):
            return True
        return ahead.gap > 6.0 + 1.2 * max(0.0, state.speed - ahead.speed) * 2.0 or ahead.speed > state.speed + 0.5
