"""What Gauntlet asks of an environment, as types.

An environment is a ``gymnasium.Env`` that gymnasium can make by id. Beyond gymnasium's own contract:

Observation (``reset`` and ``step``)
    ``image``: {camera: uint8 (H, W, 3)}, rendered when looked at (:class:`harness.lazy.LazyDict`);
    ``state``: {name: float32 array}; ``instruction``: str.
Info (``reset`` and ``step``)
    ``success``: bool, the task's predicate now;
    ``progress``: float in [0, 1];
    ``subgoals``: {name: bool}, in the order in which they should come true;
    ``events``: list of :class:`Event` that happened in this step;
    ``privileged``: the truth that only agents which declare ``privileged = True`` are shown (:class:`Privileged`).
Metadata
    ``env.metadata["control_hz"]``: control steps a second of simulated time.

``gauntlet check-env ID`` tests all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray


class Event(TypedDict):
    """Something that happened, named. ``step`` counts control steps from 0 (reset); ``detail`` is JSON data."""

    name: str
    step: int
    detail: NotRequired[dict[str, Any]]


class Observation(TypedDict):
    """What a policy may see. ``privileged`` is only there for agents that declare it."""

    image: Mapping[str, NDArray[np.uint8]]
    state: Mapping[str, NDArray[np.float32]]
    instruction: str
    privileged: NotRequired[Mapping[str, Any]]


class ExpertPlan(TypedDict):
    """What the environment's scripted expert would do now.

    ``action``: one action of the action space; ``subtask``: what it is doing, in words; ``points``: {label: (3,) world position in m} that it attends to.
    """

    action: NDArray[np.float32]
    subtask: str
    points: Mapping[str, NDArray[np.float64]]


class CameraGeometry(TypedDict):
    """``intrinsic`` 3x3 (pixels); ``extrinsic`` 4x4 world -> camera, OpenCV axes (x right, y down, z forward); ``size`` (width, height)."""

    intrinsic: NDArray[np.float64]
    extrinsic: NDArray[np.float64]
    size: tuple[int, int]


class Masks(TypedDict):
    """``labels`` (H, W) integer image; ``names`` {label: object name}; 0 is everything that has no name."""

    labels: NDArray[np.int32]
    names: dict[int, str]


class Privileged(TypedDict, total=False):
    """True state. Any key may be absent; all are computed when looked at.

    ``objects``: {name: {"pose": (7,) world x y z qw qx qy qz, "role": "source" | "target" | "distractor" | ...}};
    ``cameras``: {camera: :class:`CameraGeometry`}; ``masks``: {camera: :class:`Masks`}; ``expert``: :class:`ExpertPlan` or None.
    """

    objects: Mapping[str, Mapping[str, Any]]
    cameras: Mapping[str, CameraGeometry]
    masks: Mapping[str, Masks]
    expert: ExpertPlan | None
