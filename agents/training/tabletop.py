"""The tabletop suite as a training domain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.training.domain import FACTS, Array, Sentence, Thing, Truth
from agents.training.tabletop_words import all_texts, family_sentence
from envs.manipulation.tabletop.environment import TabletopTask, make_tabletop
from envs.manipulation.tabletop.grasping import best_grasp
from envs.manipulation.tabletop.layout import BASE_X
from envs.manipulation.tabletop.tasks import TASKS
from envs.manipulation.tabletop.vocabulary import HELDOUT_SEED_START
from harness.errors import ConfigError

_TO_BASE = np.array([BASE_X, 0.0, 0.0])  # world = base + this
_FLAT, _CLEARANCE = 0.03, 0.03  # as the expert: lower things need no detour; m between what passes and what stands
_FAMILIES = ("put_on", "stack", "put_in_basket", "pick", "move_near", "open_drawer", "close_drawer", "put_in_drawer")


class TabletopDomain:
    """Demonstrations of all twelve tasks, more of the ones with more steps or more that can go wrong."""

    name: str = "tabletop"
    camera: str = "third_person"
    crop: tuple[float, ...] = ()
    families: tuple[str, ...] = _FAMILIES
    seed_limit: int = HELDOUT_SEED_START
    weights: Mapping[str, float] = {
        "PutOn": 1.5,
        "Stack": 1.4,
        "PutInBasket": 1.2,
        "Pick": 1.1,
        "MoveNear": 1.6,
        **{f"Open{drawer}Drawer": 0.8 for drawer in ("Top", "Middle", "Bottom")},
        **{f"Close{drawer}Drawer": 0.5 for drawer in ("Top", "Middle", "Bottom")},
        "PutInDrawer": 1.8,
    }

    def make(self, camera_size: int) -> Any:
        return make_tabletop("PutOn", camera_size=camera_size)

    def begin(self, env: Any, task: str, seed: int, rng: np.random.Generator) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        if seed >= HELDOUT_SEED_START:
            raise ConfigError(f"training seed {seed} is held out", f"use seeds below {HELDOUT_SEED_START}")
        inner: TabletopTask = env.unwrapped.task
        inner.kind = TASKS[task]
        options: dict[str, Any] = {"split": "train"}
        crowded, closed = rng.random(2) < (0.4, 0.2)  # both drawn in every task: seeds stay aligned
        if crowded:
            options["n_distractors"] = 3
        if task == "PutInDrawer" and closed:
            options["drawer_start"] = "closed"
        return env.reset(seed=seed, options=options)

    def truth(self, env: Any, info: Mapping[str, Any]) -> Truth:
        inner: TabletopTask = env.unwrapped.task
        world, layout, controller = inner.world, inner.layout, inner.scene.controller
        plan = inner.expert_plan()
        assert plan is not None
        things = []
        for name, thing in world.objects.items():
            receptacle = thing.shape.grasp_point is None
            point = thing.centre if receptacle else thing.grasp_point
            grasp = None if receptacle else best_grasp(world, thing, controller.rotation)
            reach = float(point[2]) if grasp is None else float(grasp.point[2])
            angle = np.nan if grasp is None else float(np.arctan2(grasp.opening[1], grasp.opening[0]) % np.pi)
            things.append(Thing(name, point - _TO_BASE, np.array([reach, thing.top, thing.bottom]), angle, not receptacle))
        for name, drawer in world.drawers.items():
            heights = np.full(3, drawer.handle[2])
            things.append(Thing(f"{name} drawer", drawer.handle - _TO_BASE, heights, np.nan, False))
        drawer_name = f"{layout.drawer} drawer" if layout.drawer else ""
        source, target = layout.source or drawer_name, layout.target or (drawer_name if layout.source else "")
        facts = dict.fromkeys(FACTS, np.nan)
        place = np.full(3, np.nan)
        tops = [other.top for other in world.objects.values() if other.name != source and other.top > _FLAT]
        facts["travel"] = max(tops, default=0.0) + _CLEARANCE
        if layout.drawer:
            facts["opening"] = world.drawers[layout.drawer].opening
        by_name = {thing.name: thing for thing in things}
        facts["source_z"], facts["source_top"], facts["source_bottom"] = by_name[source].heights
        facts["held"] = float(source in world.grasped)
        skill: Any = inner._expert
        goal = getattr(getattr(skill, "_place", skill), "_goal", None)  # the only way to learn where the expert means to put it
        if goal is not None:
            wanted = goal(world)
            place = np.array([*wanted.place, wanted.bottom]) - _TO_BASE
            facts["place_z"], facts["place_over"] = wanted.bottom, wanted.over
        values: Array = np.array([facts[name] for name in FACTS])
        return Truth(tuple(things), source, target, place, values, plan["subtask"], plan["action"])

    def projection(self, info: Mapping[str, Any]) -> Array:
        geometry = info["privileged"]["cameras"][self.camera]
        width, height = geometry["size"]
        matrix = np.diag([1 / width, 1 / height, 1.0]) @ geometry["intrinsic"] @ geometry["extrinsic"][:3]
        matrix[:, 3] += matrix[:, :3] @ _TO_BASE
        return matrix

    def view(self, task: str) -> int:
        return 0

    def max_steps(self, task: str) -> int:
        return TASKS[task].max_steps + 30  # disturbances take time

    def family(self, task: str) -> str:
        return TASKS[task].family

    def sentences(self) -> tuple[str, ...]:
        return all_texts()

    def rephrase(self, task: str, source: str, target: str, rng: np.random.Generator) -> str:
        return family_sentence(TASKS[task].family, source, target, rng)

    def alternatives(self, task: str, things: Mapping[str, bool], rng: np.random.Generator) -> Sentence | None:
        graspable = sorted(name for name, yes in things.items() if yes)
        others = sorted(name for name, yes in things.items() if not yes and not name.endswith(" drawer"))
        drawers = sorted(name for name in things if name.endswith(" drawer"))
        options: list[tuple[str, list[str], list[str]]] = []
        if graspable:
            options.append(("Pick", graspable, [""]))
        plates = [name for name in others if not name.endswith(" basket")]
        if graspable and plates:
            options.append(("PutOn", graspable, plates))
        if graspable and len(others) > len(plates):
            options.append(("PutInBasket", graspable, [name for name in others if name not in plates]))
        if len(graspable) > 1:
            options.append(("MoveNear", graspable, graspable))
            cubes = [name for name in graspable if name.endswith(" cube")]
            if cubes:
                options.append(("Stack", graspable, cubes))
        if drawers:
            options += [("OpenTopDrawer", drawers, [""]), ("CloseTopDrawer", drawers, [""])]
            if graspable:
                options.append(("PutInDrawer", graspable, drawers))
        if not options:
            return None
        chosen, sources, targets = options[int(rng.integers(len(options)))]
        source = sources[int(rng.integers(len(sources)))]
        rest = [name for name in targets if name != source]
        if not rest:
            return None
        target = rest[int(rng.integers(len(rest)))]
        return Sentence(family_sentence(TASKS[chosen].family, source, target, rng), chosen, source, target)
