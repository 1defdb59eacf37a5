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
    Optional:
    ``scores``: {name: float or None}, the environment's own measures so far (PDMS and its parts); None: does not apply. Those of the last step become ``Episode.scores`` and the columns ``score.<name>``;
    ``truth``: {name: JSON data}, facts of the state that diagnosis needs, cheap enough for every step (:data:`TRUTH`). Stored as ``truth.jsonl``, one line a state, the first after reset;
    ``episode``: {name: JSON data}, facts of the episode. ``scorer`` (version of what computes the scores) and ``data`` (the data's snapshot) in it say what figures may be compared with: each a text or {name: text};
    ``views``: {name: uint8 (H, W, 3)}, more pictures for videos (``bev``: the bird's-eye view), lazy; never part of the observation.
Metadata
    ``env.metadata["control_hz"]``: control steps a second of simulated time.

``gauntlet check-env ID`` tests all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

TRUTH = {
    "grasped": "name of the object that is held, or an empty text",
    "touching": "names of what the robot touches",
    "distances": "{label: m}: gripper_source, source_target (centres, horizontally), gripper_<drawer> drawer",
    "lifted": "m that the source is above where it began",
    "opening": "m that the drawer is open",
    "expert_subtask": "what the scripted expert would be doing, in words; may be left out at some steps",
    "ego": "{x, y, heading, speed}: m, rad, m/s",
    "lead_gap": "m to the vehicle ahead, None without one",
    "off_road": "whether the ego has left the drivable area",
    "collided_with": "what the ego hit, or an empty text",
    "light": "the traffic light that applies: red, yellow, green or an empty text",
    "expert_meta": "{longitudinal: maintain | accelerate | decelerate | stop, lateral: keep | turn left | turn right | change left | change right}",
}
"""What ``info["truth"]`` may say, and how it is read (:mod:`harness.diagnose`). All keys are optional, and others may be added."""


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
