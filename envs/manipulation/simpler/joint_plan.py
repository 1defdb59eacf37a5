"""A jerk-limited motion of several joints from a state to a position, sampled once a simulation step (ruckig).

The original's ``interpolate_by_planner``: all joints set off together and arrive together, at rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ruckig import InputParameter, Result, Ruckig, Trajectory

Array = NDArray[np.float64]


@dataclass(frozen=True)
class JointPlan:
    """``positions``, ``velocities``: (n, joints) rad, rad/s. Row 0 is the start; row i is where the joints should be after i simulation steps."""

    positions: Array
    velocities: Array

    def at(self, step: int) -> tuple[Array, Array]:
        """The row of ``step``, or the last one once the motion is over."""
        row = min(step, len(self.positions) - 1)
        return self.positions[row], self.velocities[row]

    def numbers_at(self, step: int) -> tuple[list[float], list[float]]:
        """The same as plain numbers, which SAPIEN takes faster one by one."""
        return self._numbers[min(step, len(self._numbers) - 1)]

    @cached_property
    def _numbers(self) -> list[tuple[list[float], list[float]]]:
        return list(zip(self.positions.tolist(), self.velocities.tolist()))


@dataclass(frozen=True)
class JointPlanner:
    """``velocity`` rad/s, ``acceleration`` rad/s^2, ``jerk`` rad/s^3: the limit of every joint. ``rows``: samples wanted, of ``step_seconds`` each."""

    velocity: float
    acceleration: float
    jerk: float
    step_seconds: float
    rows: int

    def plan(self, start: Array, start_velocity: Array, goal: Array) -> JointPlan:
        """Each array: (joints,). Where no plan exists the joints stay at ``start``."""
        joints = len(start)
        wanted = InputParameter(joints)
        wanted.current_position = [float(x) for x in start]
        wanted.current_velocity = [float(x) for x in np.clip(start_velocity, -self.velocity, self.velocity)]
        wanted.current_acceleration = [0.0] * joints
        wanted.target_position = [float(x) for x in goal]
        wanted.target_velocity = [0.0] * joints
        wanted.target_acceleration = [0.0] * joints
        wanted.max_velocity = [self.velocity] * joints
        wanted.max_acceleration = [self.acceleration] * joints
        wanted.max_jerk = [self.jerk] * joints
        trajectory = Trajectory(joints)
        if Ruckig(joints, self.step_seconds).calculate(wanted, trajectory) not in (Result.Working, Result.Finished):
            return JointPlan(np.array([start], np.float64), np.zeros((1, joints)))
        rows = min(self.rows, int(np.ceil(trajectory.duration / self.step_seconds)))
        samples: list[Any] = [trajectory.at_time(min(row * self.step_seconds, trajectory.duration)) for row in range(rows + 1)]
        return JointPlan(np.array([sample[0] for sample in samples]), np.array([sample[1] for sample in samples]))
