"""The ego's drive so far: its state at 10 Hz, and frames at 2 Hz as a log would have them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from envs.driving.closed_loop.traffic_world import TrafficWorld
from envs.driving.scene import Boxes, Floats, Frame, Scene, Trajectory
from envs.driving.state import State
from envs.driving.vehicle import plan_batch, reference_poses, simulate

STEPS = 5
STEP_US = 100_000
HISTORY, WINDOW = 4, 8


class Drive:
    """Args: ``history``: four frames, the last is now; ``state`` (11,) now; ``world``: everybody else; ``command``: {pose: route command}; ``route_ids``: of every frame."""

    def __init__(
        self,
        history: tuple[Frame, ...],
        state: Floats,
        world: TrafficWorld,
        command: Callable[[Floats], NDArray[np.int64]],
        route_ids: tuple[str, ...],
        map_name: str,
    ) -> None:
        self.world, self.map_name = world, map_name
        self._command, self._route_ids = command, route_ids
        self.frames: list[Frame] = list(history)
        self.first = len(self.frames) - 1  # number of the frame at which the drive began
        self.states: list[Floats] = [np.asarray(state, float)]
        self.boxes: Boxes = world.boxes()
        self.lights: Mapping[str, str] = dict(world.lights())
        self.boxes_before: Boxes = self.boxes
        self.time_us = history[-1].timestamp_us

    @property
    def state(self) -> Floats:
        """(11,) now."""
        return self.states[-1]

    @property
    def pose(self) -> Floats:
        """(3,) global rear axle now."""
        return self.state[:3]

    def execute(self, plan: Trajectory) -> tuple[Floats, list[Boxes], list[Mapping[str, str]]]:
        """Half a second of ``plan``: states (5, 11) after each step of 0.1 s, with the objects and the lights of the same moments."""
        reference = reference_poses(self.pose, self.time_us, plan_batch([plan]))
        states = simulate(self.state, reference, steps=STEPS)[0]
        boxes, lights = [], []
        self.boxes_before = self.boxes
        for k in range(STEPS):
            self.world.step(states[k, :3], float(states[k, State.VX]))
            boxes.append(self.world.boxes())
            lights.append(dict(self.world.lights()))
        self.states += list(states[1:])
        self.boxes, self.lights = boxes[-1], lights[-1]
        self.time_us += STEPS * STEP_US
        self.frames.append(self._frame())
        return states[1:], boxes, lights

    def window(self, start: int) -> tuple[Scene, Floats]:
        """The four seconds from frame ``start`` (counted from the drive's beginning) on, as a scene and the states (41, 11) that were driven."""
        now = self.first + start
        frames = tuple(self.frames[now - HISTORY + 1 : now + WINDOW + 1])
        scene = Scene(f"{self.frames[now].token}", "closed loop", self.map_name, "closed loop", frames, HISTORY)
        return scene, np.stack(self.states[STEPS * start : STEPS * (start + WINDOW) + 1])

    def present(self, horizon: int = WINDOW) -> Scene:
        """The present as a scene: everybody goes on at constant velocity, lights stay. What a planner that foresees no more may know."""
        frame = self.frames[-1]
        now = frame.global_boxes
        ahead = tuple(_moved(now, 0.5 * (k + 1)) for k in range(horizon))
        frames = tuple(self.frames[-HISTORY:])
        return Scene(
            frame.token + "0", "closed loop", self.map_name, "closed loop", frames, HISTORY, True, ahead, tuple(frame.traffic_lights for _ in ahead)
        )  # fmt: skip

    def _frame(self) -> Frame:
        state = self.state
        token = f"{zlib.crc32(self.states[0].tobytes()):08x}{len(self.frames):08x}"
        return Frame(
            token, self.time_us, state[:3], state[[State.VX, State.VY]], state[[State.AX, State.AY]], self._command(state[:3]),
            self._route_ids, tuple((name, lamp == "red") for name, lamp in sorted(self.lights.items())), self.boxes.to_ego(state[:3]),
        )  # fmt: skip


def _moved(boxes: Boxes, seconds: float) -> Boxes:
    xyz = boxes.xyz + seconds * np.column_stack([boxes.velocity[:, :2], np.zeros(len(boxes))])
    return Boxes(xyz, boxes.size, boxes.heading, boxes.velocity, boxes.names, boxes.track_tokens, boxes.instance_tokens)
