"""SIMPLER's four WidowX tasks, visual matching, as a training domain.

Layouts are random and never one of the protocol's 96 (:func:`envs.manipulation.simpler.placement.is_protocol`): every episode is begun with ``layout=random``, with which the environment refuses an ``episode_id``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.training.domain import FACTS, Array, Sentence, Thing, Truth
from agents.training.tabletop_words import family_sentence, texts_of
from envs.manipulation.simpler.expert import above, intend, nearest_turn, towards, yaw_of
from envs.manipulation.simpler.make import make_simpler
from envs.manipulation.simpler.predicates import rotation_matrix
from envs.manipulation.simpler.tasks.put_on_specs import SPECS
from envs.manipulation.simpler.widowx import CAMERA, CAMERA_SIZE
from harness.errors import ConfigError

SEED_LIMIT = 1_000_000
MAX_STEPS = 90
# Where the things of all four tasks can be: 400 of the 640 x 480 pixels a side.
CROP = (70 / 640, 80 / 480, 470 / 640, 480 / 480)
_FAMILY = {
    "PutCarrotOnPlate": "put_on",
    "PutSpoonOnTableCloth": "put_on",
    "StackGreenCubeOnYellowCube": "stack",
    "PutEggplantInBasket": "put_in_basket",
}
_VIEW = {"put_on": 0, "stack": 0, "put_in_basket": 1}  # the sink has a camera of its own


class FourTasks:
    """One environment of each task, made when it is first begun; the others wait. Enough of gymnasium's interface for recording."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}
        self.now: Any = None

    def reset(self, task: str, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
        if task not in self._made:
            self._made[task] = make_simpler(task)
        self.now = self._made[task]
        return self.now.reset(seed=seed, options={"layout": "random"})

    @property
    def action_space(self) -> Any:
        return self.now.action_space

    def step(self, action: Any) -> Any:
        return self.now.step(action)

    def close(self) -> None:
        for env in self._made.values():
            env.close()


class WidowXDomain:
    """Demonstrations of the four tasks, more of the one that needs the greatest precision."""

    name: str = "widowx"
    camera: str = CAMERA
    crop: tuple[float, ...] = CROP
    families: tuple[str, ...] = ("put_on", "stack", "put_in_basket")
    seed_limit: int = SEED_LIMIT
    weights: Mapping[str, float] = {
        "PutCarrotOnPlate": 1.1,
        "PutSpoonOnTableCloth": 1.1,
        "StackGreenCubeOnYellowCube": 1.5,
        "PutEggplantInBasket": 0.9,
    }

    def make(self, camera_size: int) -> Any:
        """SIMPLER's camera has one size: ``camera_size`` is that of other suites."""
        return FourTasks()

    def begin(self, env: Any, task: str, seed: int, rng: np.random.Generator) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        if seed >= SEED_LIMIT:
            raise ConfigError(f"training seed {seed} is held out", f"use seeds below {SEED_LIMIT}")
        return env.reset(task, seed)

    def truth(self, env: Any, info: Mapping[str, Any]) -> Truth:
        inner = env.now.task
        spec, scene = inner.task_spec, inner.expert_scene()
        hint = spec.grasp
        source_name, target_name = spec.short_names
        source, source_height = _thing(inner, source_name, scene.source, spec.source, inner.source)
        target, _ = _thing(inner, target_name, scene.target, spec.target, inner.target)
        yaw = nearest_turn(scene.source_yaw, yaw_of(scene.tcp_rotation), hint.symmetry)
        grasp = above(scene.source, hint.height)
        things = (
            Thing(
                source_name, grasp, np.array([grasp[2], *source]), (yaw + np.pi / 2) % np.pi, True
            ),  # the fingers open along the gripper's y
            Thing(target_name, scene.target, np.array([scene.target[2], *target]), np.nan, False),
        )
        place_z = scene.target[2] + hint.release_height - source_height / 2
        facts = dict.fromkeys(FACTS, np.nan)
        facts |= {"source_z": grasp[2], "source_top": source[0], "source_bottom": source[1], "place_z": place_z, "place_over": target[0]}
        facts |= {"travel": place_z + hint.carry, "held": float(scene.holding)}
        intent = intend(scene, hint, source_name, target_name)
        return Truth(
            things=things,
            source=source_name,
            target=target_name,
            place=np.array([*scene.target[:2], place_z]),
            facts=np.array([facts[name] for name in FACTS]),
            subtask=intent.subtask,
            action=towards(scene, intent),
        )

    def projection(self, info: Mapping[str, Any]) -> Array:
        geometry = info["privileged"]["cameras"][self.camera]
        width, height = geometry["size"]
        left, top, right, bottom = self.crop
        to_crop = np.array([[1 / (right - left), 0, -left / (right - left)], [0, 1 / (bottom - top), -top / (bottom - top)], [0, 0, 1]])
        base = SPECS[info["episode"]["task"]].set_up.base_pose.to_transformation_matrix()
        return to_crop @ np.diag([1 / width, 1 / height, 1.0]) @ geometry["intrinsic"] @ geometry["extrinsic"][:3] @ base

    def view(self, task: str) -> int:
        return _VIEW[_FAMILY[task]]

    def max_steps(self, task: str) -> int:
        return MAX_STEPS  # disturbances take time

    def family(self, task: str) -> str:
        return _FAMILY[task]

    def sentences(self) -> tuple[str, ...]:
        names = [name for spec in SPECS.values() for name in spec.short_names]
        return (*texts_of(self.families), *names, *(spec.instruction for spec in SPECS.values()), "yellow")

    def rephrase(self, task: str, source: str, target: str, rng: np.random.Generator) -> str:
        if target == "basket" and rng.random() < 0.5:
            target = "yellow basket"
        return family_sentence(_FAMILY[task], source, target, rng)

    def alternatives(self, task: str, things: Mapping[str, bool], rng: np.random.Generator) -> Sentence | None:
        """The two things the other way round: what the sentence asks for then follows from its words alone."""
        spec = SPECS[task]
        source, target = spec.short_names
        return Sentence(family_sentence(_FAMILY[task], target, source, rng), task, target, source)


def _thing(inner: Any, name: str, centre: Array, model: str, actor: Any) -> tuple[tuple[float, float], float]:
    """((top, bottom) m over the base, height m) of an object about its centre of mass."""
    turned = rotation_matrix(np.asarray(actor.pose.sp.q, np.float64))
    height = float((np.abs(turned) @ inner.models[model].extents)[2])
    return (float(centre[2]) + height / 2, float(centre[2]) - height / 2), height


assert CAMERA_SIZE == (640, 480)  # CROP is square in these
