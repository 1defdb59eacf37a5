"""A tabletop task behind Gauntlet's environment contract."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.manipulation.adapter import Assessment, ManipulationEnv
from envs.manipulation.render_device import choose_render_backend
from envs.manipulation.tabletop import expert
from envs.manipulation.tabletop.controller import ACTION_HIGH, ACTION_LOW, CONTROL_HZ
from envs.manipulation.tabletop.expert_goals import expert_for
from envs.manipulation.tabletop.judge import Judge
from envs.manipulation.tabletop.layout import BASE_X, Layout, make_layout
from envs.manipulation.tabletop.options import EpisodeOptions
from envs.manipulation.tabletop.scene import CAMERAS, TabletopScene
from envs.manipulation.tabletop.tasks import TASKS, TaskKind
from envs.manipulation.tabletop.world import World
from harness.environment import CameraGeometry, ExpertPlan, Masks
from harness.errors import ConfigError, did_you_mean

EXPERT_EVERY = 10  # steps: asking the expert takes a twentieth of a step, so only now and then
ROBOT = frozenset({"robot", "left finger", "right finger"})
SHADERS = ("minimal", "default", "rt", "rt-med", "rt-fast")


def make_tabletop(
    task: str,
    render_mode: str | None = None,
    camera_size: int | tuple[int, int] = 256,
    shader: str = "minimal",
    sim_backend: str = "physx_cpu",
    render_backend: str = "auto",
) -> ManipulationEnv:
    """Entry point of the ``tabletop/*`` ids.

    ``camera_size``: side, or (width, height), of both cameras in pixels. ``shader``: a ManiSkill shader pack. ``render_backend``: "auto" (the GPU where one renders, else lavapipe), "cpu" or "gpu".
    The simulation itself runs on the CPU only ("physx_cpu"): that is what makes episodes repeatable bit for bit.
    """
    if task not in TASKS:
        raise ConfigError(f"unknown tabletop task {task!r}", did_you_mean(task, TASKS))
    if shader not in SHADERS:
        raise ConfigError(f"unknown shader {shader!r}", did_you_mean(shader, SHADERS))
    if sim_backend not in ("physx_cpu", "cpu"):
        raise ConfigError(f"tabletop: sim_backend {sim_backend!r} is not supported", "use physx_cpu")
    size = (camera_size, camera_size) if isinstance(camera_size, int) else (int(camera_size[0]), int(camera_size[1]))
    if min(size) < 16:
        raise ConfigError(f"tabletop: camera_size {camera_size!r} is too small", "at least 16 pixels")
    env = ManipulationEnv(TabletopTask(TASKS[task], size, shader, sim_backend, choose_render_backend(render_backend)), render_mode)
    return env


class TabletopTask:
    """One task of the suite as a :class:`envs.manipulation.adapter.ManipulationTask`."""

    def __init__(self, kind: TaskKind, camera_size: tuple[int, int], shader: str, sim_backend: str, render_backend: str) -> None:
        self.kind = kind
        self.camera_sizes: Mapping[str, tuple[int, int]] = dict.fromkeys(CAMERAS, camera_size)
        self.action_low, self.action_high = ACTION_LOW, ACTION_HIGH
        self.control_hz = float(CONTROL_HZ)
        first = make_layout(kind, 0, EpisodeOptions())
        self.scene = TabletopScene(first, self.camera_sizes, shader, sim_backend, render_backend)
        self.layout: Layout = first
        self._world: World | None = None
        self._plan: ExpertPlan | None = None

    def begin(self, seed: int | None, options: dict[str, Any]) -> None:
        self._seed = 0 if seed is None else int(seed)
        self._options = EpisodeOptions.parse(self.kind, self._seed, options)
        self.layout = make_layout(self.kind, self._seed, self._options)
        self.scene.rebuild(self.layout)
        self._world = self.scene.world()
        self._judge = Judge(self.kind, self.layout, self._world)
        self._expert = expert_for(self.kind, self.layout, self._world)
        self._plan = None
        self._steps = 0
        self._start_height = self._world.objects[self.layout.source].position[2] if self.layout.source else 0.0

    def advance(self, action: NDArray[np.float32]) -> None:
        self.scene.simulate(action)
        self._world = None
        self._plan = None
        self._steps += 1

    @property
    def world(self) -> World:
        """The present state; computed once a control step."""
        if self._world is None:
            self._world = self.scene.world()
        return self._world

    def assess(self) -> Assessment:
        return self._judge.assess(self.world)

    def instruction_text(self) -> str:
        return self.layout.instruction

    def robot_state(self) -> dict[str, NDArray[np.float32]]:
        return self.scene.robot_state()

    def render_camera(self, camera: str) -> NDArray[np.uint8]:
        return self.scene.render_rgb(camera)

    def camera_geometry(self, camera: str) -> CameraGeometry:
        return self.scene.geometry(camera)

    def masks(self, camera: str) -> Masks:
        return self.scene.masks(camera)

    def object_truth(self) -> dict[str, dict[str, Any]]:
        truth: dict[str, dict[str, Any]] = {
            placed.name: {"pose": self.scene.object_pose(placed.name), "role": placed.role, "shape": placed.shape, "colour": placed.colour}
            for placed in self.layout.objects
        }
        for name, drawer in self.world.drawers.items():
            role = "target" if name == self.layout.drawer else "distractor"
            pose = np.concatenate([drawer.handle, [1.0, 0.0, 0.0, 0.0]])
            truth[f"{name} drawer"] = {"pose": pose, "role": role, "opening": drawer.opening}
        return truth

    def expert_plan(self) -> ExpertPlan | None:
        """Asked twice in one step, it answers the same."""
        if self._plan is None:
            controller = self.scene.controller
            commanded = controller.position + np.array([BASE_X, 0.0, 0.0])
            wish = self._expert.decide(self.world, commanded, controller.rotation)
            self._plan = expert.plan(wish, commanded, controller.rotation)
        return self._plan

    def state_truth(self) -> dict[str, Any]:
        """What diagnosis needs of this state (harness.environment.TRUTH)."""
        world, layout = self.world, self.layout
        touched = {name for pair in world.touching if pair & ROBOT for name in pair - ROBOT}
        truth: dict[str, Any] = {"grasped": next(iter(sorted(world.grasped)), ""), "touching": sorted(touched)}
        distances: dict[str, float] = {}
        if layout.source is not None:
            source = world.objects[layout.source]
            distances["gripper_source"] = _norm(world.tcp - source.grasp_point)
            truth["lifted"] = round(float(source.position[2] - self._start_height), 4)
            if layout.target is not None:
                distances["source_target"] = _norm((source.low + source.high - world.objects[layout.target].centre * 2)[:2] / 2)
        if layout.drawer is not None:
            drawer = world.drawers[layout.drawer]
            distances[f"gripper_{layout.drawer} drawer"] = _norm(world.tcp - drawer.handle)
            truth["opening"] = round(float(drawer.opening), 4)
        truth["distances"] = distances
        if self._steps % EXPERT_EVERY == 0 and (plan := self.expert_plan()) is not None:
            truth["expert_subtask"] = plan["subtask"]
        return truth

    def episode_facts(self) -> dict[str, Any]:
        options = self._options
        return {
            "task": self.kind.name,
            "seed": self._seed,
            "split": options.split,
            "vocabulary": {"colours": options.colours, "shapes": options.shapes, "templates": options.templates},
            **({"variations": options.variations} if options.variations else {}),
            "source": self.layout.source,
            "target": self.layout.target,
            "drawer": self.layout.drawer,
            "distractors": [placed.name for placed in self.layout.objects if placed.role == "distractor"],
            "template": self.layout.template,
        }

    def close(self) -> None:
        self.scene.close()


def _norm(vector: NDArray[np.float64]) -> float:
    """m, to a tenth of a millimetre."""
    return round(math.sqrt(float(vector @ vector)), 4)
