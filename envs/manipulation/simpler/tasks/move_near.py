"""Move one of three objects near another with the Google Robot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

import numpy as np
from mani_skill.utils.structs.actor import Actor
from sapien.render import RenderBodyComponent

from envs.manipulation.adapter import Assessment
from envs.manipulation.simpler import google_expert, near_layouts, predicates
from envs.manipulation.simpler.episode_axes import Axis, swept, variant
from envs.manipulation.simpler.google_files import NEAR_INFO_V0, NEAR_INFO_V1, PICK_INFO
from envs.manipulation.simpler.google_judgement import NearState, NearVerdict, judge_near
from envs.manipulation.simpler.google_robot import GoogleSetUp
from envs.manipulation.simpler.google_task import COLOUR_AXIS, TABLE_HEIGHT, GoogleTask, plain_name, truth_of
from envs.manipulation.simpler.google_variants import HEAD_TILTS, TABLE_STAGES
from envs.manipulation.simpler.lighting import TABLE_LIGHTS, Lighting
from envs.manipulation.simpler.models import ObjectModel, read_models
from envs.manipulation.simpler.near_layouts import NearLayout
from envs.manipulation.simpler.scene import body_of
from envs.manipulation.simpler.settling import let_settle, place_above
from envs.manipulation.simpler.task import Settling
from harness.environment import ExpertPlan

# {task: (info json, {word: model})}; the plain models are those of variant aggregation
VERSIONS = {"MoveNear": (NEAR_INFO_V0, near_layouts.WORDS_V0), "MoveNearV1": (NEAR_INFO_V1, near_layouts.WORDS_V1)}
PLAIN = (PICK_INFO, near_layouts.WORDS_PLAIN)


class MoveNearTask(GoogleTask):
    """Options: ``episode_id`` 0..59, ``urdf_version``; of variant aggregation ``models`` (``plain``), ``stage``, ``light``, ``distractor``, ``camera``."""

    contact_offset = 0.005

    def axes(self) -> Iterable[Axis]:
        yield swept("episode_id", range(near_layouts.EPISODES))
        yield COLOUR_AXIS
        yield variant("models", ("baked", "plain"))
        yield variant("stage", TABLE_STAGES)
        yield variant("light", TABLE_LIGHTS)
        yield variant("distractor", ("present", "absent"))
        yield variant("camera", HEAD_TILTS)

    def stand(self) -> GoogleSetUp:
        return GoogleSetUp((0.35, 0.21), yaw=-0.09, head_tilt=HEAD_TILTS[self.chosen["camera"]])

    def photograph(self) -> str:
        return "google_move_near_real_eval_1"

    def lighting(self) -> Lighting:
        return TABLE_LIGHTS[self.chosen["light"]]

    @property
    def layout(self) -> NearLayout:
        layout = near_layouts.layout(self.chosen["episode_id"])
        return layout if self.chosen["distractor"] == "present" else layout.without_distractor()

    def _load_scene(self, options: dict[str, Any]) -> None:
        info, words = PLAIN if self.chosen["models"] == "plain" else VERSIONS[self.name]
        known = read_models(self.assets.path(f"custom/{info}"))
        self.models: list[ObjectModel] = [
            replace(known[words[word]], density=near_layouts.TOY_DENSITY) if word in near_layouts.TOYS else known[words[word]]
            for word in self.layout.words
        ]
        self.load_stage(self.chosen["stage"])
        self.objects: list[Actor] = [self.load_object(model) for model in self.models]
        if self.name == "MoveNearV1" and self.chosen["models"] == "baked":
            for actor in self.objects:
                _make_matte(actor)

    def settle(self) -> None:
        bodies = [body_of(actor) for actor in self.objects]
        quaternions = np.array([near_layouts.QUATERNIONS[word] for word in self.layout.words])
        place_above(bodies, np.array(self.layout.positions), quaternions, TABLE_HEIGHT)
        let_settle(bodies, self.simulate)

    def settling(self) -> Settling:
        layout = [self.layout.words, self.layout.positions]  # not who is moved where
        return Settling(self.actors(), layout, self.models, self.stage_path(self.chosen["stage"]))

    def note_start(self) -> None:
        """Remember the state that the judgement compares with, and clear the episode's statistics."""
        poses = [actor.pose.sp for actor in self.objects]
        self.settled = np.array([pose.p for pose in poses], np.float64)
        self.extents = np.array(
            [predicates.settled_extents(model.extents, np.asarray(pose.q, np.float64)) for model, pose in zip(self.models, poses)]
        )
        self.clear_stats()

    def clear_stats(self) -> None:
        self.verdict = NearVerdict(False, False, False, False, False)
        self._marks = {"reached": False, "grasped": False, "moved": False, "near": False}
        self._wrong = False
        self._held_steps = 0

    @property
    def source(self) -> Actor:
        return self.objects[self.layout.source]

    @property
    def target(self) -> Actor:
        return self.objects[self.layout.target]

    def actors(self) -> dict[str, Actor]:
        return {actor.name: actor for actor in self.objects}

    def instruction_text(self) -> str:
        return f"move {plain_name(self.source.name)} near {plain_name(self.target.name)}"

    def evaluate_now(self) -> bool:
        """Bring the judgement up to date."""
        origins = np.array([actor.pose.sp.p for actor in self.objects], np.float64)
        centres = np.array([self.centre(actor) for actor in self.objects])
        layout = self.layout
        self.verdict = judge_near(NearState(origins, centres, self.settled, self.extents, layout.source, layout.target))
        return self.verdict.success

    def assess(self) -> Assessment:
        success = self.evaluate_now()
        word = plain_name(self.source.name)
        held = self.is_grasped(self.source)
        self._held_steps = self._held_steps + 1 if held else 0
        now = {
            "reached": self.reaches(self.source),
            "grasped": held,
            "moved": self.verdict.moved_correct_obj,
            "near": success,
        }
        events: list[tuple[str, dict[str, Any]]] = [
            (name, {"object": word}) for name, happens in now.items() if happens and not self._marks[name]
        ]
        if self.verdict.moved_wrong_obj and not self._wrong:
            self._wrong = True
            events.append(("wrong_object", {}))
        self._marks = {name: self._marks[name] or happens for name, happens in now.items()}
        return Assessment(success, 1.0 if success else sum(self._marks.values()) / 5, dict(self._marks), events)

    def expert_plan(self) -> ExpertPlan | None:
        source, target = self.layout.source, self.layout.target
        scene = self.table_scene(self.source, self.models[source], float(self.settled[source, 2]), self._held_steps)
        reach = sum(float(np.linalg.norm(self.extents[i, :2])) / 2 for i in (source, target))
        words = plain_name(self.source.name), plain_name(self.target.name)
        return google_expert.move_near(scene, words, self.centre(self.target), reach, self.verdict.success)

    def stats_now(self) -> dict[str, Any]:
        return self.verdict.as_dict()

    def info_now(self) -> dict[str, Any]:
        return self.verdict.as_dict()

    def foreground(self) -> dict[str, Actor]:
        return {plain_name(actor.name): actor for actor in self.objects}

    def object_truth(self) -> dict[str, dict[str, Any]]:
        roles = {self.layout.source: "source", self.layout.target: "target"}
        return {plain_name(actor.name): truth_of(actor, roles.get(i, "distractor")) for i, actor in enumerate(self.objects)}


def _make_matte(actor: Actor) -> None:
    """As the original does in version 1, where the textures hold baked light."""
    for entity in actor._objs:
        body = cast(Any, entity.find_component_by_type(RenderBodyComponent))
        for shape in body.render_shapes:
            for part in shape.parts:
                part.material.roughness, part.material.metallic, part.material.specular = 1.0, 0.0, 0.0
