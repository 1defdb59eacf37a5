"""The vehicle's state as an array: last axis 11, rear axle, global frame, SI units. NAVSIM's StateIndex has the same order."""

from __future__ import annotations

from enum import IntEnum

STATE_NAMES = ("x", "y", "heading", "vx", "vy", "ax", "ay", "steer", "steer_rate", "omega", "alpha")
STATE_SIZE = len(STATE_NAMES)


class State(IntEnum):
    """Column of a state array: m, rad, m/s, m/s2, rad (steering angle), rad/s, rad/s (yaw rate), rad/s2 (yaw acceleration)."""

    X = 0
    Y = 1
    HEADING = 2
    VX = 3
    VY = 4
    AX = 5
    AY = 6
    STEER = 7
    STEER_RATE = 8
    OMEGA = 9
    ALPHA = 10
