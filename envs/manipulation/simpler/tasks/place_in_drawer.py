"""Open a closed drawer with the Google Robot, then place an apple into it.

The instruction has two halves. The second is given when the policy says that it is done with the first (``Decision.terminate``), at the latest after :data:`SWITCH_AFTER` control steps, whether the drawer is open or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any

import numpy as np
from mani_skill.utils.structs.actor import Actor
from numpy.typing import NDArray

from envs.manipulation.adapter import Assessment
from envs.manipulation.simpler.drawer_expert import pull_open
from envs.manipulation.simpler.episode_axes import Axis, choose_place, swept, variant
from envs.manipulation.simpler.google_files import NEAR_INFO_V1, PICK_INFO
from envs.manipulation.simpler.google_judgement import OPEN_ENOUGH_TO_PLACE, OPENED
from envs.manipulation.simpler.google_poses import GRID_POSES
from envs.manipulation.simpler.google_task import TABLE_HEIGHT, plain_name, truth_of
from envs.manipulation.simpler.models import ObjectModel, read_models
from envs.manipulation.simpler.place_expert import WIDE, PlaceScene, has_opened, place
from envs.manipulation.simpler.predicates import TOUCH_IMPULSE
from envs.manipulation.simpler.scene import body_of
from envs.manipulation.simpler.settling import let_settle, place_above
from envs.manipulation.simpler.tasks.drawer import CabinetTask
from harness.environment import ExpertPlan

SWITCH_AFTER = 100  # control steps
GRID = tuple(product(np.linspace(-0.08, -0.02, 3).round(4).tolist(), np.linspace(-0.02, 0.08, 3).round(4).tolist()))  # m, world; x slowest
MODELS = {"baked_apple_v2": NEAR_INFO_V1, "apple": PICK_INFO}  # {model: its json}; the second is that of variant aggregation


class PlaceInDrawerTask(CabinetTask):
    """Options: those of :class:`CabinetTask` with fewer poses; where the apple lies, ``episode_id`` 0..8 in the grid or ``xy`` (m, world) anywhere; ``model``."""

    contact_offset = 0.005
    free_options = ("xy",)

    def choose_episode(self, seed: int | None, options: dict[str, Any]) -> None:
        super().choose_episode(seed, options)
        self.xy = choose_place(self.name, self.chosen, GRID)

    def pose_names(self) -> Iterable[str]:
        return ("a0", "b0", "c0") if self.visual_matching else (name for name in GRID_POSES if name.startswith("x0.65"))

    def axes(self) -> Iterable[Axis]:
        yield from super().axes()
        yield swept("episode_id", range(len(GRID)))
        yield variant("model", MODELS)

    def _load_scene(self, options: dict[str, Any]) -> None:
        super()._load_scene(options)
        model = self.chosen["model"]
        self.model: ObjectModel = read_models(self.assets.path(f"custom/{MODELS[model]}"))[model]
        self.target: Actor = self.load_object(self.model)

    def settle(self) -> None:
        body = body_of(self.target)
        place_above([body], np.array([self.xy]), np.array([[1.0, 0, 0, 0]]), TABLE_HEIGHT)
        let_settle([body], self.simulate)

    def settling(self) -> None:
        """None: the cabinet below it is no single body that could be put to sleep."""

    def note_start(self) -> None:
        self.settled = self.centre(self.target)  # for the scripted expert
        self.clear_stats()

    def clear_stats(self) -> None:
        self.subtask = 0
        self._steps = 0
        self._opened = False
        self._contacts = 0
        self._held_steps = 0
        self._marks = {"reached": False, "opened": False, "grasped": False, "placed": False}

    def actors(self) -> dict[str, Actor]:
        return {self.target.name: self.target}

    def advance(self, action: NDArray[np.float32]) -> None:
        super().advance(action)
        self._steps += 1

    def instruction_text(self) -> str:
        if self.subtask == 0:
            return f"open {self.drawer} drawer"
        return f"place {plain_name(self.target.name)} into {self.drawer} drawer"

    def advance_subtask(self) -> bool:
        """From opening to placing; False where that was so already."""
        goes_on = self.subtask == 0
        self.subtask = 1
        return goes_on

    def evaluate_now(self) -> bool:
        """Bring the judgement up to date. Once a control step."""
        travel = self.cabinet.travel(self.drawer)
        self._opened = travel >= OPEN_ENOUGH_TO_PLACE
        self._contacts += int(self.cabinet.bottom_impulse(self.drawer, body_of(self.target), self.contacts()) > TOUCH_IMPULSE)
        success = self.subtask == 1 and self._opened and self._contacts >= 1
        if self._steps >= SWITCH_AFTER:
            self.advance_subtask()
        return success

    def assess(self) -> Assessment:
        success = self.evaluate_now()
        held = self.is_grasped(self.target)
        self._held_steps = self._held_steps + 1 if held else 0
        now = {"reached": self.at_handle(), "opened": self._opened, "grasped": held, "placed": success}
        events: list[tuple[str, dict[str, Any]]] = [
            (name, {"drawer": self.drawer}) for name, happens in now.items() if happens and not self._marks[name]
        ]
        self._marks = {name: self._marks[name] or happens for name, happens in now.items()}
        return Assessment(success, 1.0 if success else sum(self._marks.values()) / 5, dict(self._marks), events)

    def expert_plan(self) -> ExpertPlan | None:
        """It does not wait for the second instruction: the object may lie in the drawer before that."""
        table = self.table_scene(self.target, self.model, float(self.settled[2]), self._held_steps)
        scene = PlaceScene(self.drawer_scene(), table, self.settled, self._contacts > 0)
        if has_opened(scene):
            return place(scene, plain_name(self.target.name), self.drawer)
        return pull_open(scene.drawer, self.drawer, WIDE)

    def stats_now(self) -> dict[str, Any]:
        travel = self.cabinet.travel(self.drawer)
        # "open" of the statistics is that of the tasks that open a drawer; for success less is enough
        return {"qpos": travel, "is_drawer_open": travel >= OPENED, "has_contact": self._contacts}

    def foreground(self) -> dict[str, Any]:
        return {plain_name(self.target.name): self.target, **self.cabinet_foreground()}

    def object_truth(self) -> dict[str, dict[str, Any]]:
        return {plain_name(self.target.name): truth_of(self.target, "source"), **self.drawer_truth()}
