"""What the Google Robot's tasks share: an episode's options, its robot, photograph, lights and stage, and what a grasp is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import sapien
from mani_skill.utils.structs.actor import Actor
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from envs.manipulation.simpler import predicates
from envs.manipulation.simpler.assets import SimplerAssets
from envs.manipulation.simpler.contacts import impulses_on, total_from
from envs.manipulation.simpler.episode_axes import Axis, choose, swept
from envs.manipulation.simpler.google_expert import TableScene
from envs.manipulation.simpler.google_files import COLOURS, photograph_file, stage_file
from envs.manipulation.simpler.google_judgement import side_presses
from envs.manipulation.simpler.google_robot import GoogleSetUp
from envs.manipulation.simpler.lighting import Lighting
from envs.manipulation.simpler.models import ObjectModel
from envs.manipulation.simpler.overlay import Overlay
from envs.manipulation.simpler.scene import add_object, add_stage, body_of, let_pass
from envs.manipulation.simpler.task import SimplerTask, vector_pose
from harness.environment import ExpertPlan

TABLE_HEIGHT = 0.87  # m, world; of tables and cabinets alike
TABLE_STAGE_OFFSET = (-1.6616, -3.0337, 0.0)  # m: the point of the stage that is put at the world's origin
REACHED_DISTANCE = 0.06  # m between the fingertips and an object's centre of mass: for `subgoals` and `events` alone
_DROPPED_WORDS = {"opened", "light", "generated", "modified", "objaverse", "bridge", "baked", "v2"}

COLOUR_AXIS = swept("urdf_version", COLOURS)


def plain_name(model: str) -> str:
    """A model's name as instructions say it: baked_opened_7up_can_v2 is "7up can"."""
    return " ".join(word for word in model.split("_") if word not in _DROPPED_WORDS and not word.endswith("cm"))


class GoogleTask(SimplerTask):
    """``defaults``: options of every reset unless they are given."""

    contact_offset = 0.02  # m

    def __init__(
        self,
        name: str,
        assets: SimplerAssets,
        overlay: bool,
        shader: str,
        render_backend: str,
        defaults: Mapping[str, Any],
    ) -> None:
        self.name = name
        self.assets = assets
        self.defaults = dict(defaults)
        self.visual_matching = overlay
        self.chosen: dict[str, Any] = {}
        self._photographs: dict[str, Overlay] = {}
        self.choose_episode(0, {})
        super().__init__(assets, self.set_up, self.overlay, shader, render_backend)

    # -- what a family adds -----------------------------------------------------------------------

    free_options: tuple[str, ...] = ()

    @abstractmethod
    def axes(self) -> Iterable[Axis]:
        """The options that decide an episode."""

    @abstractmethod
    def stand(self) -> GoogleSetUp:
        """Where the chosen episode's robot stands."""

    @abstractmethod
    def photograph(self) -> str:
        """Of the chosen episode, by name."""

    @abstractmethod
    def lighting(self) -> Lighting: ...

    @abstractmethod
    def actors(self) -> Mapping[str, Actor]:
        """{model: actor} of everything that can move and is no articulation."""

    @abstractmethod
    def clear_stats(self) -> None:
        """Forget what happened so far."""

    @abstractmethod
    def evaluate_now(self) -> bool:
        """Bring the judgement up to date and answer whether the task is done now. Once a control step."""

    def info_now(self) -> dict[str, Any]:
        """What the original's ``evaluate()`` tells of this step beside success."""
        return {}

    # -- episode ----------------------------------------------------------------------------------

    def choose_episode(self, seed: int | None, options: dict[str, Any]) -> None:
        self.chosen = choose(self.name, self.axes(), seed, {**self.defaults, **options}, self.free_options)
        self.episode_seed = seed or 0
        self.set_up = replace(self.stand(), contact_offset=self.contact_offset, colours=self.chosen["urdf_version"])
        self.overlay = self._overlay(self.photograph()) if self.visual_matching else None

    def _overlay(self, photograph: str) -> Overlay:
        path = self.assets.path(photograph_file(photograph))  # asked for by every episode that has it in its picture
        if photograph not in self._photographs:
            self._photographs[photograph] = Overlay(path, GoogleSetUp.camera_size)
        return self._photographs[photograph]

    def _load_lighting(self, options: dict[str, Any]) -> None:
        self.lighting().shine(self.scene)

    def load_stage(self, stage: str) -> None:
        self.stage = add_stage(self.scene, self.stage_path(stage), TABLE_STAGE_OFFSET)
        let_pass(self.stage, self.agent.standing_links())

    def stage_path(self, stage: str) -> Path:
        return self.assets.path(stage_file(stage))

    def load_object(self, model: ObjectModel) -> Actor:
        return add_object(self.scene, self.assets, model)

    # -- judgement --------------------------------------------------------------------------------

    def is_grasped(self, actor: Actor) -> bool:
        """Whether both sides of the gripper press on it."""
        felt = impulses_on(self.contacts(), body_of(actor))
        return all(self._side_presses(felt, side) for side in ("left", "right"))

    def _side_presses(self, felt: list[tuple[Any, NDArray[np.float64]]], side: str) -> bool:
        links = [self.agent.robot.links_map[f"link_{part}_{side}"]._objs[0] for part in ("finger_tip", "finger")]
        impulses = [-total_from(felt, link) for link in links]  # what the link feels, not the object
        openings = [np.asarray(link.entity_pose.to_transformation_matrix()[:3, 1], np.float64) for link in links]
        return side_presses(impulses, openings)

    def touches_other(self, actor: Actor) -> bool:
        """Whether anything but the robot presses on it."""
        robot = {link._objs[0] for link in self.agent.robot.links}
        felt = impulses_on(self.contacts(), body_of(actor))
        return any(predicates.presses(impulse) for body, impulse in felt if body not in robot)

    def reaches(self, actor: Actor) -> bool:
        return bool(np.linalg.norm(np.asarray(self.agent.tcp.pose.sp.p, np.float64) - self.centre(actor)) <= REACHED_DISTANCE)

    # -- truth ------------------------------------------------------------------------------------

    def stage_hides_something(self) -> bool:
        return True  # the table hides most of the robot's base

    def episode_facts(self) -> dict[str, Any]:
        return {
            "task": self.name,
            **self.chosen,
            "setting": "visual_matching" if self.visual_matching else "simulated",
            "shader": self.shader,
            "substitutes": self.assets.substitutes_given(),
            "stats": self.stats_now(),
        }

    @abstractmethod
    def stats_now(self) -> dict[str, Any]:
        """The original's ``episode_stats``."""

    def expert_plan(self) -> ExpertPlan | None:
        return None

    def table_scene(self, actor: Actor, model: ObjectModel, settled_height: float, held_steps: int) -> TableScene:
        """What the scripted expert knows of the object to handle."""
        tcp, pose = self.agent.tcp.pose.sp, actor.pose.sp
        return TableScene(
            source=self.centre(actor),
            axes=np.asarray(pose.to_transformation_matrix()[:3, :3], np.float64),
            extents=model.extents,
            rise=float(pose.p[2]) - settled_height,
            tcp=np.asarray(tcp.p, np.float64),
            tcp_rotation=Rotation.from_quat(tcp.q, scalar_first=True),
            openness=self.agent.openness(),
            held_steps=held_steps,
            base_rotation=Rotation.from_quat(self.agent.robot.pose.sp.q, scalar_first=True),
        )


def truth_of(actor: Actor, role: str) -> dict[str, Any]:
    return {"pose": vector_pose(actor.pose.sp), "role": role, "model": actor.name}


def set_still(actor: Actor, pose: sapien.Pose) -> None:
    """Put an actor somewhere, at rest."""
    body = body_of(actor)
    body.entity.set_pose(pose)
    body.set_linear_velocity([0, 0, 0])
    body.set_angular_velocity([0, 0, 0])
