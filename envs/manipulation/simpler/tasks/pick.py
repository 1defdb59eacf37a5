"""Pick up one object with the Google Robot: the published coke can in three orientations, or any of ten objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np
from mani_skill.utils.structs.actor import Actor

from envs.manipulation.adapter import Assessment
from envs.manipulation.simpler import google_expert
from envs.manipulation.simpler.distractors import DISTRACTORS, Distractors
from envs.manipulation.simpler.episode_axes import Axis, choose_place, swept, variant
from envs.manipulation.simpler.google_files import PICK_INFO, PICK_MODELS
from envs.manipulation.simpler.google_judgement import CONSECUTIVE_GRASPS, PickJudge
from envs.manipulation.simpler.google_robot import GoogleSetUp
from envs.manipulation.simpler.google_task import COLOUR_AXIS, TABLE_HEIGHT, GoogleTask, plain_name, truth_of
from envs.manipulation.simpler.google_variants import HEAD_TILTS, TABLE_STAGES
from envs.manipulation.simpler.lighting import TABLE_LIGHTS, Lighting
from envs.manipulation.simpler.models import ObjectModel, read_models
from envs.manipulation.simpler.scene import body_of
from envs.manipulation.simpler.settling import let_settle, place_above
from envs.manipulation.simpler.task import Settling
from harness.environment import ExpertPlan

HALF = 0.5**0.5
ORIENTATIONS: Mapping[str, tuple[float, float, float, float]] = {  # wxyz
    "lr_switch": (0.0, 0.0, 0.0, 1.0),
    "upright": (HALF, HALF, 0.0, 0.0),
    "laid_vertically": (HALF, 0.0, 0.0, HALF),
}
GRID = tuple(product(np.linspace(-0.35, -0.12, 5).round(4).tolist(), np.linspace(-0.02, 0.42, 5).round(4).tolist()))  # m, world; x slowest


class PickTask(GoogleTask):
    """Options: ``episode_id`` 0..24 in the grid, or ``xy`` (m, world) anywhere; ``orientation``; ``urdf_version``; ``model`` (of PickObject);
    of variant aggregation ``stage``, ``light``, ``distractors``, ``camera``."""

    free_options = ("xy",)

    def axes(self) -> Iterable[Axis]:
        models = PICK_MODELS if self.name == "PickObject" else ("opened_coke_can",)
        yield swept("episode_id", range(len(GRID)))
        yield swept("orientation", ORIENTATIONS)
        yield COLOUR_AXIS
        yield swept("model", models)
        yield variant("stage", TABLE_STAGES)
        yield variant("light", TABLE_LIGHTS)
        yield variant("distractors", DISTRACTORS)
        yield variant("camera", HEAD_TILTS)

    def choose_episode(self, seed: int | None, options: dict[str, Any]) -> None:
        super().choose_episode(seed, options)
        self.xy = choose_place(self.name, self.chosen, GRID)

    def stand(self) -> GoogleSetUp:
        return GoogleSetUp((0.35, 0.20), head_tilt=HEAD_TILTS[self.chosen["camera"]])

    def photograph(self) -> str:
        return "google_coke_can_real_eval_1"

    def lighting(self) -> Lighting:
        return TABLE_LIGHTS[self.chosen["light"]]

    def _load_scene(self, options: dict[str, Any]) -> None:
        models: dict[str, ObjectModel] = read_models(self.assets.path(f"custom/{PICK_INFO}"))
        self.load_stage(self.chosen["stage"])
        self.model = models[self.chosen["model"]]
        self.target: Actor = self.load_object(self.model)
        self.other_models = [models[name] for name in DISTRACTORS[self.chosen["distractors"]]]
        self.others = [self.load_object(model) for model in self.other_models]

    def settle(self) -> None:
        body = body_of(self.target)
        quaternion = np.array([ORIENTATIONS[self.chosen["orientation"]]])
        place_above([body], np.array([self.xy]), quaternion, TABLE_HEIGHT)
        let_settle([body], self.simulate)
        Distractors(self.others, self.simulate).settle_around(self.xy, quaternion[0], self.episode_seed)

    def settling(self) -> Settling:
        drawn = self.episode_seed if self.others else None  # the seed decides where distractors lie, and nothing else
        layout = [self.chosen["orientation"], self.xy, drawn]
        return Settling(self.actors(), layout, [self.model, *self.other_models], self.stage_path(self.chosen["stage"]))

    def note_start(self) -> None:
        """Remember the height that the judgement compares with, and clear the episode's statistics."""
        self.settled_height = float(self.target.pose.sp.p[2])
        self.clear_stats()

    def actors(self) -> dict[str, Actor]:
        return {actor.name: actor for actor in (self.target, *self.others)}

    def clear_stats(self) -> None:
        self.judge = PickJudge()
        self._marks = {"reached": False, "grasped": False, "lifted": False}
        self._held = False

    def instruction_text(self) -> str:
        return f"pick {plain_name(self.chosen['model'])}"

    def evaluate_now(self) -> bool:
        """Bring the judgement up to date. Once a control step."""
        rise = float(self.target.pose.sp.p[2]) - self.settled_height
        return self.judge.update(self.is_grasped(self.target), self.touches_other(self.target), rise)

    def assess(self) -> Assessment:
        success = self.evaluate_now()
        word = plain_name(self.chosen["model"])
        held = self.judge.consecutive > 0
        now = {"reached": self.reaches(self.target), "grasped": held, "lifted": self.judge.lifted}
        events: list[tuple[str, dict[str, Any]]] = [
            (name, {"object": word}) for name, happens in now.items() if happens and not self._marks[name]
        ]
        if self._held and not held and not success:
            events.append(("dropped", {"object": word}))
        self._held = held
        self._marks = {name: self._marks[name] or happens for name, happens in now.items()}
        return Assessment(success, 1.0 if success else sum(self._marks.values()) / 4, dict(self._marks), events)

    def expert_plan(self) -> ExpertPlan | None:
        scene = self.table_scene(self.target, self.model, self.settled_height, self.judge.consecutive)
        return google_expert.pick(scene, plain_name(self.chosen["model"]))

    def stats_now(self) -> dict[str, Any]:
        return dict(self.judge.stats)

    def info_now(self) -> dict[str, Any]:
        return {
            "is_grasped": self.judge.consecutive > 0,
            "consecutive_grasp": self.judge.consecutive >= CONSECUTIVE_GRASPS,
            "lifted_object": self.judge.lifted,
            "lifted_object_significantly": self.judge.significantly,
        }

    def foreground(self) -> dict[str, Actor]:
        return {plain_name(name): actor for name, actor in self.actors().items()}

    def object_truth(self) -> dict[str, dict[str, Any]]:
        return {
            plain_name(actor.name): truth_of(actor, "source" if actor is self.target else "distractor") for actor in self.actors().values()
        }
