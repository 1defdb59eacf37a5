"""One episode at a time: Gauntlet's environment contract over a ManiSkill task.

ManiSkill's ``BaseEnv`` is batched, returns torch tensors and renders with every observation. :class:`ManipulationEnv` drives one (``num_envs=1``) and renders a camera only when somebody looks at its image.
A task is a ``BaseEnv`` subclass that also implements :class:`ManipulationTask`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from harness.environment import CameraGeometry, Event, ExpertPlan, Masks
from harness.lazy import LazyDict


@dataclass(frozen=True)
class Assessment:
    """The task's judgement of the state after a control step. ``events``: (name, detail) that happened in this step."""

    success: bool
    progress: float
    subgoals: dict[str, bool]
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


class ManipulationTask(Protocol):
    """What :class:`ManipulationEnv` needs of a ManiSkill task, for its single environment. Frames: world is z up, metres."""

    camera_sizes: Mapping[str, tuple[int, int]]  # {camera: (width, height)}
    action_low: NDArray[np.float32]  # (7,)
    action_high: NDArray[np.float32]  # (7,)
    control_hz: float

    def begin(self, seed: int | None, options: dict[str, Any]) -> None:
        """Lay out a new episode, a pure function of (seed, options), whatever ran before."""
        ...

    def advance(self, action: NDArray[np.float32]) -> None:
        """Simulate one control step; no rendering."""
        ...

    def assess(self) -> Assessment:
        """Judge the current state. Called once after every ``begin`` and ``advance``."""
        ...

    def instruction_text(self) -> str: ...

    def robot_state(self) -> dict[str, NDArray[np.float32]]:
        """{name: float32 array} of fixed shapes; at least ``eef_pos`` (3,) m and ``eef_quat`` (4,) wxyz in the base frame, ``gripper`` (1,) openness 0..1, ``qpos`` (n,)."""
        ...

    def render_camera(self, camera: str) -> NDArray[np.uint8]: ...

    def camera_geometry(self, camera: str) -> CameraGeometry: ...

    def object_truth(self) -> dict[str, dict[str, Any]]: ...

    def masks(self, camera: str) -> Masks: ...

    def expert_plan(self) -> ExpertPlan | None: ...

    def episode_facts(self) -> dict[str, Any]:
        """JSON data about this episode for ``info["episode"]``: which objects, which layout, task-specific statistics."""
        ...

    def close(self) -> None: ...

    # Optional: ``state_truth() -> dict``, JSON data for ``info["truth"]`` (harness.environment.TRUTH), asked once a step: keep it below 2 % of one.


class ManipulationEnv(gym.Env[dict[str, Any], NDArray[np.float32]]):
    """Observation: ``image`` {camera: uint8 (H, W, 3)} rendered on demand, ``state`` {name: float32}, ``instruction``. Action: Box(7), delta position (m), delta rotation vector (rad), gripper; one control step each.

    Never terminates by itself: success is judged by whoever runs the episode (last step or any step), and the step limit is the scenario's.
    """

    def __init__(self, task: ManipulationTask, render_mode: str | None = None) -> None:
        self.task = task
        self.render_mode = render_mode
        self.metadata = {"render_modes": ["rgb_array"], "render_fps": task.control_hz, "control_hz": task.control_hz}
        self.action_space = spaces.Box(task.action_low, task.action_high, dtype=np.float32)
        self.frames_rendered = 0  # how often any camera was rendered: chunked policies are tested on it
        self._steps = 0
        self._lazy: list[LazyDict] = []
        task.begin(0, {})  # only to learn the shapes of the state
        task.assess()
        self.observation_space = spaces.Dict(
            {
                "image": spaces.Dict(
                    {name: spaces.Box(0, 255, (height, width, 3), np.uint8) for name, (width, height) in task.camera_sizes.items()}
                ),
                "state": spaces.Dict(
                    {name: spaces.Box(-np.inf, np.inf, value.shape, np.float32) for name, value in task.robot_state().items()}
                ),
                "instruction": spaces.Text(min_length=0, max_length=1024, charset=frozenset(map(chr, range(32, 127)))),
            }
        )

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        super().reset(seed=seed)
        self._expire()
        if seed is None:  # gymnasium: an unseeded reset continues the generator that the last seed started
            seed = int(self.np_random.integers(2**31 - 1))
        self._steps = 0
        self.task.begin(seed, dict(options or {}))
        return self._observation(), self._info()

    def step(self, action: NDArray[np.float32]) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        self._expire()
        self._steps += 1
        self.task.advance(np.asarray(action, np.float32))
        info = self._info()
        return self._observation(), float(info["progress"]), False, False, info

    def advance_subtask(self) -> bool:
        """Go on to the episode's next instruction, from the next observation on; False where there is none. For policies that say when they are done."""
        advance = getattr(self.task, "advance_subtask", None)
        return advance is not None and bool(advance())

    def render(self) -> Any:
        return self._render(next(iter(self.task.camera_sizes)))

    def close(self) -> None:
        self._expire()
        self.task.close()

    def _render(self, camera: str) -> NDArray[np.uint8]:
        self.frames_rendered += 1
        return self.task.render_camera(camera)

    def _observation(self) -> dict[str, Any]:
        image = LazyDict({name: (lambda name=name: self._render(name)) for name in self.task.camera_sizes})
        self._lazy.append(image)
        return {"image": image, "state": self.task.robot_state(), "instruction": self.task.instruction_text()}

    def _info(self) -> dict[str, Any]:
        judged = self.task.assess()
        task, cameras = self.task, list(self.task.camera_sizes)
        masks = LazyDict({name: (lambda name=name: task.masks(name)) for name in cameras})
        privileged = LazyDict(
            {
                "objects": task.object_truth,
                "cameras": lambda: {name: task.camera_geometry(name) for name in cameras},
                "masks": lambda: masks,
                "expert": task.expert_plan,
            }
        )
        self._lazy += [masks, privileged]
        events = [
            cast(Event, {"name": name, "step": self._steps, **({"detail": detail} if detail else {})}) for name, detail in judged.events
        ]
        state_truth = getattr(task, "state_truth", None)
        return {
            **({"truth": state_truth()} if state_truth else {}),
            "success": bool(judged.success),
            "progress": float(judged.progress),
            "subgoals": dict(judged.subgoals),
            "events": events,
            "episode": task.episode_facts(),
            "privileged": privileged,
        }

    def _expire(self) -> None:
        for lazy in self._lazy:
            lazy.expire("at reset" if self._steps == 0 else f"at step {self._steps}")
        self._lazy.clear()
