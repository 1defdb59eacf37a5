"""Put one object on another with the WidowX: carrot on plate, spoon on towel, cube on cube, eggplant in basket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from mani_skill.utils.structs.actor import Actor
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from envs.manipulation.adapter import Assessment
from envs.manipulation.simpler import placement, predicates
from envs.manipulation.simpler.assets import AssetsReport, SimplerAssets
from envs.manipulation.simpler.contacts import impulses_on, total_from
from envs.manipulation.simpler.episode_options import choose_episode_id
from envs.manipulation.simpler.expert import GraspHint, PutOnScene, plan
from envs.manipulation.simpler.models import ObjectModel, read_models
from envs.manipulation.simpler.overlay import Overlay
from envs.manipulation.simpler.placement import Placements
from envs.manipulation.simpler.predicates import EpisodeStats
from envs.manipulation.simpler.scene import BRIDGE_STAGE_OFFSET, LIGHTS, add_object, add_stage, body_of
from envs.manipulation.simpler.settling import hold_still, let_settle, place_above
from envs.manipulation.simpler.task import SimplerTask, vector_pose
from envs.manipulation.simpler.widowx import CAMERA_SIZE, SINK, TABLE, WidowXSetUp, openness
from harness.environment import ExpertPlan

TABLE_HEIGHT = 0.87  # m, world; also above the sink
LIFTED_HEIGHT = 0.03  # m above where it settled: for `subgoals` and `events` alone, not part of the original's judgement
REACHED_DISTANCE = 0.04  # m between the fingertips and the source's centre of mass, likewise


@dataclass(frozen=True)
class PutOnSpec:
    """One put-on task. ``z_margin`` (m) and ``alone_on_target`` are the success predicate's; ``grasp`` advises the scripted expert."""

    instruction: str
    info: str
    source: str
    target: str
    short_names: tuple[str, str]  # source and target in the project's words
    placements: Placements
    grasp: GraspHint
    set_up: WidowXSetUp = TABLE
    stage: str = "bridge_table_1_v1"
    photograph: str = "bridge_real_eval_1.png"
    lights: str = "table"
    z_margin: float = 0.02
    alone_on_target: bool = True  # the source may touch nothing but the target and the robot
    hidden_target: bool = False  # the photograph covers the target
    fixed: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)  # {model: position in m} of what cannot move and the photograph covers


SPECS: Mapping[str, PutOnSpec] = {
    "PutCarrotOnPlate": PutOnSpec(
        instruction="put carrot on plate",
        info="info_bridge_custom_v0.json",
        source="bridge_carrot_generated_modified",
        target="bridge_plate_objaverse_larger",
        short_names=("carrot", "plate"),
        placements=placement.CARROT,
        grasp=GraspHint(height=0.005, release_height=0.035),
    ),
    "PutSpoonOnTableCloth": PutOnSpec(
        instruction="put the spoon on the towel",
        info="info_bridge_custom_v0.json",
        source="bridge_spoon_generated_modified",
        target="table_cloth_generated_shorter",
        short_names=("spoon", "towel"),
        placements=placement.SPOON,
        grasp=GraspHint(height=0.004, release_height=0.02),
        alone_on_target=False,  # a spoon half on the towel counts
    ),
    "StackGreenCubeOnYellowCube": PutOnSpec(
        instruction="stack the green block on the yellow block",
        info="info_bridge_custom_baked_tex_v0.json",
        source="baked_green_cube_3cm",
        target="baked_yellow_cube_3cm",
        short_names=("green block", "yellow block"),
        placements=placement.CUBES,
        grasp=GraspHint(height=0.005, release_height=0.034, above_goal=0.004, symmetry=np.pi / 2),
    ),
    "PutEggplantInBasket": PutOnSpec(
        instruction="put eggplant into yellow basket",
        info="info_bridge_custom_v0.json",
        source="eggplant",
        target="dummy_sink_target_plane",
        short_names=("eggplant", "basket"),
        placements=placement.EGGPLANT,
        grasp=GraspHint(height=0.0, release_height=0.055, carry=0.07),
        set_up=SINK,
        stage="bridge_table_1_v2",
        photograph="bridge_sink.png",
        lights="sink",
        fixed={"sink": (-0.16, 0.13, 0.88)},
        z_margin=0.06,
        alone_on_target=False,
        hidden_target=True,  # an invisible plane in the photographed basket
    ),
}


class PutOnTask(SimplerTask):
    """Options of ``begin``: ``episode_id``, 0..23; without it, seed % 24."""

    def __init__(
        self,
        name: str,
        assets: SimplerAssets,
        report: AssetsReport,
        overlay: bool,
        shader: str,
        sim_backend: str,
        render_backend: str,
    ) -> None:
        self.name = name
        self.spec = spec = SPECS[name]
        self.report = report
        self.models: dict[str, ObjectModel] = read_models(assets.path(f"custom/{spec.info}"))
        self.episode_id = 0
        self.stats = EpisodeStats()
        self.source: Actor
        self.target: Actor
        photograph = Overlay(assets.path(f"real_inpainting/{spec.photograph}"), CAMERA_SIZE) if overlay else None
        super().__init__(assets, spec.set_up, photograph, shader, sim_backend, render_backend)

    # -- episode ----------------------------------------------------------------------------------

    def choose_episode(self, seed: int | None, options: dict[str, Any]) -> None:
        self.episode_id = choose_episode_id(self.name, len(self.spec.placements), seed, options)

    def _load_scene(self, options: dict[str, Any]) -> None:
        self.arena = add_stage(self.scene, self.assets.path(f"stages/{self.spec.stage}.glb"), BRIDGE_STAGE_OFFSET)
        self.source = add_object(self.scene, self.assets, self.models[self.spec.source])
        self.target = add_object(self.scene, self.assets, self.models[self.spec.target])
        self.fixed = {name: add_object(self.scene, self.assets, self.models[name]) for name in self.spec.fixed}

    def _load_lighting(self, options: dict[str, Any]) -> None:
        LIGHTS[self.spec.lights](self.scene)

    def place_objects(self) -> None:
        for name, position in self.spec.fixed.items():
            hold_still(body_of(self.fixed[name]), position)
        bodies = [body_of(self.source), body_of(self.target)]
        xy, quaternions = self.spec.placements.of(self.episode_id)
        place_above(bodies, xy, quaternions, TABLE_HEIGHT)
        let_settle(bodies, self.simulate)
        self.note_start()

    def note_start(self) -> None:
        """Remember the state that the judgement compares with, and clear the episode's statistics."""
        source, target = vector_pose(self.source.pose.sp), vector_pose(self.target.pose.sp)
        self._start_xy = {"source": source[:2], "target": target[:2]}
        self._source_extents = predicates.settled_extents(self.models[self.spec.source].extents, source[3:])
        self._target_extents = predicates.settled_extents(self.models[self.spec.target].extents, target[3:])
        self._start_height = float(self.centre(self.source)[2])
        self.clear_stats()

    def clear_stats(self) -> None:
        self.stats = EpisodeStats()
        self._grasped_steps = 0
        self._marks = {"reached": False, "grasped": False, "lifted": False, "placed": False, "wrong": False, "holding": False}

    def instruction_text(self) -> str:
        return self.spec.instruction

    # -- judgement --------------------------------------------------------------------------------

    def centre(self, actor: Actor) -> NDArray[np.float64]:
        """(3,) m, world: the centre of mass, which the original's predicates use."""
        body = body_of(actor)
        return np.asarray((body.entity.pose * body.cmass_local_pose).p, np.float64)

    def is_grasped(self) -> bool:
        """Whether both fingers press on the source, each within 60 degrees of the direction in which it opens."""
        felt = impulses_on(self.contacts(), body_of(self.source))
        pressed = []
        for finger, side in (("left_finger_link", 1.0), ("right_finger_link", -1.0)):
            link = self.agent.robot.links_map[finger]
            opening = side * link.pose.sp.to_transformation_matrix()[:3, 1]
            # impulses_on gives what the finger does to the source; the finger feels the opposite
            pressed.append(predicates.finger_presses(-total_from(felt, link._bodies[0]), opening))
        return all(pressed)

    def is_on_target(self) -> bool:
        on_target = predicates.is_on_target(
            self.centre(self.source), self.centre(self.target), self._source_extents, self._target_extents, self.spec.z_margin
        )
        if on_target and self.spec.alone_on_target:
            robot = {link._bodies[0] for link in self.agent.robot.links}
            others = impulses_on(self.contacts(), body_of(self.source))
            strangers = [impulse for body, impulse in others if body not in robot and body != body_of(self.target)]
            return all(np.linalg.norm(impulse) <= predicates.TOUCH_IMPULSE for impulse in strangers)
        return on_target

    def judge(self) -> EpisodeStats:
        """Bring the episode's statistics up to date. Once a control step: grasps are counted in calls."""
        moved = {
            name: float(np.linalg.norm(np.asarray(actor.pose.sp.p[:2], np.float64) - self._start_xy[name]))
            for name, actor in (("source", self.source), ("target", self.target))
        }
        grasped = self.is_grasped()
        self._grasped_steps = self._grasped_steps + 1 if grasped else 0
        stats = self.stats
        stats.moved_correct_obj = predicates.moved_correct(moved["source"], [moved["target"]])
        stats.moved_wrong_obj = predicates.moved_wrong(moved["source"], [moved["target"]])
        stats.is_src_obj_grasped |= grasped
        stats.consecutive_grasp |= self._grasped_steps >= predicates.CONSECUTIVE_GRASP_STEPS
        stats.src_on_target = self.is_on_target()
        return stats

    def assess(self) -> Assessment:
        stats = self.judge()
        source, target = self.spec.short_names
        holding = self._grasped_steps > 0
        fingertips = np.asarray(self.agent.tcp.pose.sp.p, np.float64)
        now = {
            "reached": bool(np.linalg.norm(fingertips - self.centre(self.source)) <= REACHED_DISTANCE),
            "grasped": holding,
            "lifted": holding and float(self.centre(self.source)[2]) - self._start_height >= LIFTED_HEIGHT,
            "placed": stats.src_on_target,
        }
        events: list[tuple[str, dict[str, Any]]] = [
            (name, {"object": source}) for name, happens in now.items() if happens and not self._marks[name]
        ]
        if self._marks["holding"] and not holding and not stats.src_on_target:
            events.append(("dropped", {"object": source}))
        if stats.moved_wrong_obj and not self._marks["wrong"]:
            events.append(("wrong_object", {"object": target}))
        self._marks |= {name: self._marks[name] or happens for name, happens in now.items()}
        self._marks |= {"placed": now["placed"], "wrong": self._marks["wrong"] or stats.moved_wrong_obj, "holding": holding}
        subgoals = {name: self._marks[name] for name in now}
        progress = 1.0 if stats.src_on_target else sum(subgoals[name] for name in ("reached", "grasped", "lifted")) / 4
        return Assessment(success=stats.src_on_target, progress=progress, subgoals=subgoals, events=events)

    # -- truth ------------------------------------------------------------------------------------

    def foreground(self) -> dict[str, Actor]:
        source, target = self.spec.short_names
        return {source: self.source} if self.spec.hidden_target else {source: self.source, target: self.target}

    def object_truth(self) -> dict[str, dict[str, Any]]:
        roles = zip(self.spec.short_names, (self.source, self.target), ("source", "target"))
        return {name: {"pose": vector_pose(actor.pose.sp), "role": role, "model": actor.name} for name, actor, role in roles}

    def episode_facts(self) -> dict[str, Any]:
        return {
            "task": self.name,
            "episode_id": self.episode_id,
            "setting": "visual_matching" if self.overlay else "simulated",
            "shader": self.shader,
            "source": self.spec.source,
            "target": self.spec.target,
            "substitutes": sorted(self.report.substituted),
            "stats": self.stats.as_dict(),
        }

    def expert_plan(self) -> ExpertPlan | None:
        base = self.agent.robot.pose.sp
        commanded = self.agent.arm_controller.target_pose.sp
        tcp = base.inv() * self.agent.tcp.pose.sp
        x_axis = (base.inv() * self.source.pose.sp).to_transformation_matrix()[:3, 0]
        to_base = base.inv().to_transformation_matrix()
        scene = PutOnScene(
            source=to_base[:3, :3] @ self.centre(self.source) + to_base[:3, 3],
            source_yaw=float(np.arctan2(x_axis[1], x_axis[0])),
            target=to_base[:3, :3] @ self.centre(self.target) + to_base[:3, 3],
            tcp=np.asarray(tcp.p, np.float64),
            tcp_rotation=Rotation.from_quat(tcp.q, scalar_first=True),
            commanded=np.asarray(commanded.p, np.float64),
            commanded_rotation=Rotation.from_quat(commanded.q, scalar_first=True),
            openness=openness(self.agent.qpos()[-2:]),
            held_steps=self._grasped_steps,
            on_target=self.stats.src_on_target,
        )
        return plan(scene, self.spec.grasp, *self.spec.short_names, (np.asarray(base.p, np.float64), Rotation.from_quat(base.q, scalar_first=True)))
