"""Closed-loop drives that begin in a log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from envs.driving.closed_loop.log_world import LogWorld
from envs.driving.environment.case import DriveStart
from envs.driving.formats import NavsimData, read_log
from envs.driving.scene import FRAME_PERIOD_S, Floats, Scene
from envs.driving.scoring.history import logged_state
from envs.driving.state import State
from envs.driving.traffic.idm_world import IdmWorld
from harness.errors import ConfigError

DISPLACED_M, TURNED_RAD, FASTER = 0.7, 0.12, 1.25
"""A negative start where the source has no labelled mistakes: so far to the side, turned further that way, and faster."""


def log_start(data: NavsimData, scene: Scene, seed: int) -> Callable[[float, bool, str], DriveStart]:
    """How to open a drive at the current frame of ``scene``; the drive can last as long as the log does. ``seed`` decides to which side a negative start is off."""

    def start(seconds: float, negative: bool, traffic: str) -> DriveStart:
        place = data.places[scene.token]
        frames = read_log(place.log).frames[place.frame :]
        wanted = round(seconds / FRAME_PERIOD_S) + 1
        if len(frames) < wanted:
            raise ConfigError(
                f"scene {scene.token}: its log goes on for {FRAME_PERIOD_S * (len(frames) - 1):g} s only",
                f"give kwargs.seconds of at most that (now {seconds:g})",
            )
        human = np.stack([frame.ego_pose for frame in frames[: wanted + 8]])
        state = logged_state(scene, scene.num_history - 1)
        history = scene.history
        if negative:
            state = displaced(state, seed)
            history = (*history[:-1], replace(history[-1], ego_pose=state[:3], ego_velocity=state[[State.VX, State.VY]]))
        if traffic == "idm":
            world = IdmWorld(replace(scene, frames=(*scene.history, *frames[1:])), data.map(scene.map_name))
        else:
            world = LogWorld(frames)
        return DriveStart(world, history, state, scene.current.roadblock_ids, human)

    return start


def displaced(state: Floats, seed: int) -> Floats:
    """The ego state (11,) after a mistake: beside the path, turned away from it, too fast; to which side the seed says."""
    side = 1.0 if seed % 2 else -1.0
    found = np.array(state, float)
    heading = found[State.HEADING]
    found[State.X] -= side * DISPLACED_M * np.sin(heading)
    found[State.Y] += side * DISPLACED_M * np.cos(heading)
    found[State.HEADING] += side * TURNED_RAD
    found[State.VX] *= FASTER
    return found
