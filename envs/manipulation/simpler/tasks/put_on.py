"""Put one object on another with the WidowX: carrot on plate, spoon on towel, cube on cube, eggplant in basket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from mani_skill.utils.structs.actor import Actor
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from envs.manipulation.adapter import Assessment
from envs.manipulation.simpler import predicates
from envs.manipulation.simpler.assets import SimplerAssets
from envs.manipulation.simpler.contacts import impulses_on, total_from
from envs.manipulation.simpler.episode_options import choose_episode_id, is_random
from envs.manipulation.simpler.expert import PutOnScene, intend, plan
from envs.manipulation.simpler.models import ObjectModel, read_models
from envs.manipulation.simpler.overlay import Overlay
from envs.manipulation.simpler.predicates import EpisodeStats
from envs.manipulation.simpler.scene import BRIDGE_STAGE_OFFSET, LIGHTS, add_object, add_stage, body_of
from envs.manipulation.simpler.settling import hold_still, lay_at_rest, let_settle, place_above
from envs.manipulation.simpler.task import Settling, SimplerTask, vector_pose
from envs.manipulation.simpler.tasks.put_on_specs import SPECS
from envs.manipulation.simpler.widowx import CAMERA_SIZE, openness
from harness.environment import ExpertPlan

TABLE_HEIGHT = 0.87  # m, world; also above the sink
SUNK = 0.02  # m of an object's centre below the table, from which on the table may hide it from the camera
FLAT = 0.999  # cosine of the target's tilt; a plate on its rim reaches a little into the table
LIFTED_HEIGHT = 0.03  # m above where it settled: for `subgoals` and `events` alone, not part of the original's judgement
EXPERT_EVERY = 4  # control steps from one expert's subtask in the truth to the next
REACHED_DISTANCE = 0.04  # m between the fingertips and the source's centre of mass, likewise


class PutOnTask(SimplerTask):
    """Options of ``begin``: ``episode_id``, 0..23; without it, seed % 24; or ``layout: random``, one drawn from the seed that is none of these 24."""

    def __init__(
        self,
        name: str,
        assets: SimplerAssets,
        overlay: bool,
        shader: str,
        render_backend: str,
    ) -> None:
        self.name = name
        self.task_spec = spec = SPECS[name]
        self.models: dict[str, ObjectModel] = read_models(assets.path(f"custom/{spec.info}", keep=True))
        self.episode_id: int | None = 0
        self.layout = spec.placements.of(0)
        self.stats = EpisodeStats()
        self.source: Actor
        self.target: Actor
        photograph = Overlay(assets.path(f"real_inpainting/{spec.photograph}", keep=True), CAMERA_SIZE) if overlay else None
        super().__init__(assets, spec.set_up, photograph, shader, render_backend)

    # -- episode ----------------------------------------------------------------------------------

    def choose_episode(self, seed: int | None, options: dict[str, Any]) -> None:
        spec = self.task_spec
        episode_id = choose_episode_id(self.name, len(spec.placements), seed, options)
        if is_random(self.name, options):
            self.episode_id = None
            self.layout = spec.random.draw(np.random.default_rng([seed or 0, *self.name.encode()]), spec.placements)
        else:
            self.episode_id = episode_id
            self.layout = spec.placements.of(episode_id)

    def _load_scene(self, options: dict[str, Any]) -> None:
        self.stage = add_stage(self.scene, self._stage_file(), BRIDGE_STAGE_OFFSET)
        self.source = add_object(self.scene, self.assets, self.models[self.task_spec.source])
        self.target = add_object(self.scene, self.assets, self.models[self.task_spec.target])
        self.fixed = {name: add_object(self.scene, self.assets, self.models[name]) for name in self.task_spec.fixed}

    def _stage_file(self) -> Path:
        return self.assets.path(f"stages/{self.task_spec.stage}.glb")

    def _load_lighting(self, options: dict[str, Any]) -> None:
        LIGHTS[self.task_spec.lights](self.scene)

    def hold_fixed(self) -> None:
        for name, position in self.task_spec.fixed.items():
            hold_still(body_of(self.fixed[name]), position)

    def settle(self) -> None:
        bodies = [body_of(self.source), body_of(self.target)]
        place_above(bodies, *self.layout, TABLE_HEIGHT)
        let_settle(bodies, self.simulate)

    def settling(self) -> Settling:
        spec = self.task_spec
        layout = [self.name, *(part.tolist() for part in self.layout)]
        return Settling(
            {"source": self.source, "target": self.target},
            layout,
            [self.models[name] for name in (spec.source, spec.target, *spec.fixed)],
            self._stage_file(),
        )

    def lay_out(self) -> None:
        if self.task_spec.target_rest is not None:
            lay_at_rest(body_of(self.target), self.task_spec.target_rest)

    def actors(self) -> dict[str, Actor]:
        """{model: actor} of everything that was put on the table."""
        return {self.task_spec.source: self.source, self.task_spec.target: self.target, **self.fixed}

    def note_start(self) -> None:
        """Remember the state that the judgement compares with, and clear the episode's statistics."""
        source, target = vector_pose(self.source.pose.sp), vector_pose(self.target.pose.sp)
        self._start_xy = {"source": source[:2], "target": target[:2]}
        self._source_extents = predicates.settled_extents(self.models[self.task_spec.source].extents, source[3:])
        self._target_extents = predicates.settled_extents(self.models[self.task_spec.target].extents, target[3:])
        self._start_height = float(self.centre(self.source)[2])
        self.clear_stats()

    def clear_stats(self) -> None:
        self.stats = EpisodeStats()
        self._grasped_steps = self._judged_steps = 0
        self._marks = {"reached": False, "grasped": False, "lifted": False, "placed": False, "wrong": False, "holding": False}

    def instruction_text(self) -> str:
        return self.task_spec.instruction

    # -- judgement --------------------------------------------------------------------------------

    def is_grasped(self) -> bool:
        """Whether both fingers press on the source, each within 60 degrees of the direction in which it opens."""
        felt = impulses_on(self.contacts(), body_of(self.source))
        pressed = []
        for finger, side in (("left_finger_link", 1.0), ("right_finger_link", -1.0)):
            link = self.agent.robot.links_map[finger]
            opening = np.asarray(side * link.pose.sp.to_transformation_matrix()[:3, 1], np.float64)
            # impulses_on gives what the finger does to the source; the finger feels the opposite
            pressed.append(predicates.finger_presses(-total_from(felt, link._bodies[0]), opening))
        return all(pressed)

    def is_on_target(self) -> bool:
        on_target = predicates.is_on_target(
            self.centre(self.source), self.centre(self.target), self._source_extents, self._target_extents, self.task_spec.z_margin
        )
        if not (on_target and self.task_spec.alone_on_target):
            return on_target
        allowed = {body_of(self.target), *(link._bodies[0] for link in self.agent.robot.links)}
        touching = impulses_on(self.contacts(), body_of(self.source))
        return not any(predicates.presses(impulse) for body, impulse in touching if body not in allowed)

    def judge(self) -> EpisodeStats:
        """Bring the episode's statistics up to date. Once a control step: grasps are counted in calls."""
        moved = {
            name: float(np.linalg.norm(np.asarray(actor.pose.sp.p[:2], np.float64) - self._start_xy[name]))
            for name, actor in (("source", self.source), ("target", self.target))
        }
        self._judged_steps += 1
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
        source, target = self.task_spec.short_names
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

    # -- what the agent sees ----------------------------------------------------------------------

    def robot_state(self) -> dict[str, NDArray[np.float32]]:
        """Also ``eef_target`` (7,): the commanded pose in the base frame, m and wxyz, which the next action moves."""
        target = self.agent.arm_controller.target_pose.sp
        return {**super().robot_state(), "eef_target": np.concatenate([target.p, target.q]).astype(np.float32)}

    # -- truth ------------------------------------------------------------------------------------

    def foreground(self) -> dict[str, Actor]:
        source, target = self.task_spec.short_names
        return {source: self.source} if self.task_spec.hidden_target else {source: self.source, target: self.target}

    def stage_hides_something(self) -> bool:
        sunk = any(float(self.centre(actor)[2]) < TABLE_HEIGHT - SUNK for actor in (self.source, self.target))
        tilted = self.target.pose.sp.to_transformation_matrix()[2, 2] < FLAT
        return self.task_spec.cut_by_stage or sunk or bool(tilted)

    def object_truth(self) -> dict[str, dict[str, Any]]:
        roles = zip(self.task_spec.short_names, (self.source, self.target), ("source", "target"))
        return {name: {"pose": vector_pose(actor.pose.sp), "role": role, "model": actor.name} for name, actor, role in roles}

    def state_truth(self) -> dict[str, Any]:
        """What diagnosis needs of this state (harness.environment.TRUTH)."""
        source, target = self.centre(self.source), self.centre(self.target)
        fingertips = np.asarray(self.agent.tcp.pose.sp.p, np.float64)
        truth: dict[str, Any] = {
            "grasped": self.task_spec.short_names[0] if self._grasped_steps > 0 else "",
            "lifted": round(float(source[2]) - self._start_height, 4),
            "distances": {
                "gripper_source": round(float(np.linalg.norm(fingertips - source)), 4),
                "source_target": round(float(np.linalg.norm(source[:2] - target[:2])), 4),
            },
        }
        if (self._judged_steps - 1) % EXPERT_EVERY == 0:
            truth["expert_subtask"] = intend(self.expert_scene(), self.task_spec.grasp, *self.task_spec.short_names).subtask
        return truth

    def episode_facts(self) -> dict[str, Any]:
        return {
            "task": self.name,
            "episode_id": self.episode_id,
            **self._random_layout(),
            "setting": "visual_matching" if self.overlay else "simulated",
            "shader": self.shader,
            "source": self.task_spec.source,
            "target": self.task_spec.target,
            "substitutes": self.assets.substitutes_given(),
            "stats": self.stats.as_dict(),
        }

    def _random_layout(self) -> dict[str, Any]:
        if self.episode_id is not None:
            return {}
        return {"layout": {"xy": self.layout[0].tolist(), "quaternions": self.layout[1].tolist()}}

    def expert_scene(self) -> PutOnScene:
        """What the scripted expert knows of the current state."""
        base = self.agent.robot.pose.sp
        commanded = self.agent.arm_controller.target_pose.sp
        tcp = base.inv() * self.agent.tcp.pose.sp
        x_axis = (base.inv() * self.source.pose.sp).to_transformation_matrix()[:3, 0]
        to_base = base.inv().to_transformation_matrix()
        return PutOnScene(
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

    def expert_plan(self) -> ExpertPlan | None:
        base = self.agent.robot.pose.sp
        return plan(
            self.expert_scene(),
            self.task_spec.grasp,
            *self.task_spec.short_names,
            (np.asarray(base.p, np.float64), Rotation.from_quat(base.q, scalar_first=True)),
        )
