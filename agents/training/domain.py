"""What training must know of a suite: its tasks, how to begin an episode, and the simulator's truth in the form that grounding needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MAX_OBJECTS = 9  # rows kept of one scene; things beyond are not labelled

FACTS = ("source_z", "source_top", "source_bottom", "place_z", "place_over", "travel", "opening", "held")
"""What an action needs to know beyond where things are in the image. Heights in m over the table: of the grasp, the top and the lowest point of the source; of the lowest point of the source when it is
let go, what must be cleared on the way down to there, what must be cleared on the way; m that the drawer in question is open; 1 while the source is held. NaN: does not apply."""


@dataclass(frozen=True)
class Thing:
    """One nameable thing. ``point``: (3,) m in the robot's base frame, where a pointing finger would point: the grasp, the middle of a receptacle, a handle.

    ``heights``: (3,) m over the table of the grasp, the top, the lowest point. ``angle``: direction in which fingers should open to grasp it, rad modulo pi in the base frame; NaN where it cannot be grasped so.
    """

    name: str
    point: Array
    heights: Array
    angle: float
    graspable: bool


@dataclass(frozen=True)
class Truth:
    """The state behind one observation. ``place``: (3,) base frame, where the lowest point of the source goes; NaN where the task has none. ``facts``: see :data:`FACTS`."""

    things: tuple[Thing, ...]
    source: str
    target: str
    place: Array
    facts: Array
    subtask: str
    action: NDArray[np.float32]


@dataclass(frozen=True)
class Sentence:
    """An instruction of ``task`` that names ``source`` and ``target`` ("" where the task has none)."""

    text: str
    task: str
    source: str
    target: str


class Domain(Protocol):
    """A suite that can be trained on. ``weights``: {task: relative number of demonstrations}; ``families``: kinds of task, in the order of their class number. ``crop``: the square part of the camera's image that the policy
    sees (left, top, right, bottom as shares; empty: all)."""

    name: str
    camera: str
    crop: tuple[float, ...]
    weights: Mapping[str, float]
    families: tuple[str, ...]
    seed_limit: int  # seeds from here on are held out: collecting from them is an error

    def make(self, camera_size: int) -> Any:
        """The environment, which :meth:`begin` can turn to any task."""
        ...

    def begin(self, env: Any, task: str, seed: int, rng: np.random.Generator) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Reset to ``task``: (observation, info)."""
        ...

    def truth(self, env: Any, info: Mapping[str, Any]) -> Truth: ...

    def projection(self, info: Mapping[str, Any]) -> Array:
        """(3, 4): base frame (m, homogeneous) to what the policy sees of the camera's image, whose width and height count as 1."""
        ...

    def view(self, task: str) -> int:
        """0, 1...: tasks of one view are seen by a camera in one place, and so are all tasks of a family."""
        ...

    def max_steps(self, task: str) -> int: ...

    def family(self, task: str) -> str: ...

    def sentences(self) -> tuple[str, ...]:
        """Texts that together hold every word of the training sentences."""
        ...

    def rephrase(self, task: str, source: str, target: str, rng: np.random.Generator) -> str:
        """A random training sentence for ``task``: never one of the held-out templates."""
        ...

    def alternatives(self, task: str, things: Mapping[str, bool], rng: np.random.Generator) -> Sentence | None:
        """Another instruction that the scene would allow; ``things``: {name: graspable}. For grounding alone."""
        ...


@dataclass(frozen=True)
class Registry:
    """Domains by name; a further suite adds itself here."""

    makers: dict[str, str] = field(
        default_factory=lambda: {"tabletop": "agents.training.tabletop.TabletopDomain", "widowx": "agents.training.widowx.WidowXDomain"}
    )


def domain_named(name: str) -> Domain:
    """Raises ConfigError for an unknown name."""
    from harness.env_maker import locate
    from harness.errors import ConfigError, did_you_mean

    makers = Registry().makers
    if name not in makers:
        raise ConfigError(f"unknown training suite {name!r}", did_you_mean(name, makers))
    return locate(makers[name], f"training suite {name}")()
