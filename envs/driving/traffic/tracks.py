"""What the log saw, at 10 Hz: annotations of every half second, interpolated track by track (navsim's metric_cache_processor.py).

A track exists from its first to its last appearance, gaps bridged; its size, kind and speed are those of the first. A track seen only once is a ghost: there at every step, where it was seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from envs.driving.errors import FormatError
from envs.driving.kernel import kernel
from envs.driving.scene import AGENT_NAMES, Boxes, Floats, Scene
from envs.driving.scoring.objects import Objects, objects_of

STEPS_PER_FRAME = 5
FRAME_S = 0.5
STANDING_M, STANDING_SPEED = 0.5, 0.1


@dataclass(frozen=True, eq=False)
class Tracks:
    """``K`` tracks over ``T`` steps of 0.1 s. ``poses`` (T, K, 3) global x, y, heading of the centres; ``size`` (K, 2) length and width; ``first_speed`` (K,) m/s; ``present`` (T, K).

    The first ``now`` of them are the objects of the current frame, in its order.
    """

    tokens: tuple[str, ...]
    names: tuple[str, ...]
    poses: Floats
    size: Floats
    first_speed: Floats
    present: NDArray[np.bool_]
    now: int

    @property
    def in_first_frame(self) -> NDArray[np.bool_]:
        """(K,)"""
        return np.arange(len(self.tokens)) < self.now

    @property
    def is_agent(self) -> NDArray[np.bool_]:
        return np.array([name in AGENT_NAMES for name in self.names], bool)

    @property
    def standing(self) -> NDArray[np.bool_]:
        """(K,): never seen to move by half a metre, and slower than 0.1 m/s at first."""
        shown = self.present[..., None]
        low = np.where(shown, self.poses[..., :2], np.inf).min(axis=0, initial=np.inf)
        high = np.where(shown, self.poses[..., :2], -np.inf).max(axis=0, initial=-np.inf)
        return (np.hypot(*(high - low).T) < STANDING_M) & (self.first_speed < STANDING_SPEED)

    def objects(self) -> Objects:
        return objects_of(self.poses, self.size, self.present, self.is_agent, self.first_speed)


@dataclass(frozen=True, eq=False)
class Moment:
    """The objects of one annotated frame: ``poses`` (n, 3) global, ``velocity`` (n, 2) global, ``size`` (n, 2)."""

    poses: Floats
    velocity: Floats
    size: Floats
    names: tuple[str, ...]
    tokens: tuple[str, ...]


def moment(scene: Scene, k: int) -> Moment:
    """The objects ``k`` half seconds after the current frame of ``scene``. Raises FormatError where the scene ends before."""
    if k > scene.horizon:
        raise FormatError(
            f"scene {scene.token} ends {scene.horizon * FRAME_S:g} s after its current frame", f"{k * FRAME_S:g} s are needed"
        )
    at = scene.num_history - 1 + k
    if at >= len(scene.frames):
        boxes: Boxes = scene.extended_boxes[at - len(scene.frames)]
        x, y, heading, velocity = boxes.xyz[:, 0], boxes.xyz[:, 1], boxes.heading, boxes.velocity[:, :2]
    else:
        frame = scene.frames[at]
        boxes, (ego_x, ego_y, turn) = frame.boxes, frame.ego_pose
        cos, sin = np.cos(turn), np.sin(turn)
        x = boxes.xyz[:, 0] * cos - boxes.xyz[:, 1] * sin + ego_x
        y = boxes.xyz[:, 0] * sin + boxes.xyz[:, 1] * cos + ego_y
        heading = boxes.heading + turn
        velocity = np.column_stack(
            [boxes.velocity[:, 0] * cos - boxes.velocity[:, 1] * sin, boxes.velocity[:, 0] * sin + boxes.velocity[:, 1] * cos]
        )
        # by arctan2, as nuPlan: a box that heads due west has +pi, and the choice of a lane by heading (unwrapped there) hangs on that
        heading = np.arctan2(np.sin(heading), np.cos(heading))
    return Moment(np.column_stack([x, y, heading]), velocity, boxes.size[:, :2], boxes.names, boxes.track_tokens)


@kernel
def _interpolate(seen, frame_of, first, last, steps, poses, present):
    """``seen`` (n, 3) poses sorted by track, then frame; track k's are ``first[k]`` to ``last[k]``."""
    for k in range(len(first)):
        a, b = first[k], last[k]
        for i in range(a + 1, b):
            step = seen[i, 2] - seen[i - 1, 2]
            seen[i, 2] = seen[i - 1, 2] + (step - 2.0 * np.pi * np.floor((step + np.pi) / (2.0 * np.pi)))
        alone = b - a == 1
        i = a
        for t in range(steps):
            now = t * 0.1
            if alone:
                poses[t, k] = seen[a]
                present[t, k] = True
                continue
            if now < frame_of[a] * FRAME_S or now > frame_of[b - 1] * FRAME_S:
                continue
            while i < b - 2 and frame_of[i + 1] * FRAME_S < now:
                i += 1
            t0, t1 = frame_of[i] * FRAME_S, frame_of[i + 1] * FRAME_S
            for c in range(3):
                slope = (seen[i + 1, c] - seen[i, c]) / (t1 - t0)
                poses[t, k, c] = slope * (now - t0) + seen[i, c]
            poses[t, k, 2] = np.arctan2(np.sin(poses[t, k, 2]), np.cos(poses[t, k, 2]))
            present[t, k] = True


def tracks_of(moments: list[Moment]) -> Tracks:
    """The tracks of ``moments`` half a second apart, over ``5 (len(moments) - 1) + 1`` steps. Raises FormatError when one frame holds a track twice."""
    rows: dict[str, int] = {}
    names: list[str] = []
    track, frame = [], []
    for k, now in enumerate(moments):
        if len(set(now.tokens)) != len(now.tokens):
            raise FormatError("a frame holds one track token twice", "give each object of a frame a token of its own")
        for token, name in zip(now.tokens, now.names):
            row = rows.get(token)
            if row is None:
                row = rows[token] = len(rows)
                names.append(name)
            track.append(row)
            frame.append(k)
    steps, count = STEPS_PER_FRAME * (len(moments) - 1) + 1, len(rows)
    seen = np.concatenate([now.poses for now in moments])
    order = np.argsort(np.array(track, np.int64), kind="stable")
    sorted_track, sorted_frame = np.array(track, np.int64)[order], np.array(frame, np.int64)[order]
    first = np.searchsorted(sorted_track, np.arange(count))
    last = np.searchsorted(sorted_track, np.arange(count), side="right")
    poses, present = np.zeros((steps, count, 3)), np.zeros((steps, count), bool)
    _interpolate(seen[order], sorted_frame, first, last, steps, poses, present)
    firsts = order[first]
    velocity = np.concatenate([now.velocity for now in moments])[firsts]
    size = np.ascontiguousarray(np.concatenate([now.size for now in moments])[firsts])
    return Tracks(tuple(rows), tuple(names), poses, size, np.hypot(velocity[:, 0], velocity[:, 1]), present, len(moments[0].tokens))
