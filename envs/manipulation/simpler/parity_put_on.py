"""The put-on tasks beside recordings of the original: resets, motions, scripted tasks, the first image, and the predicates on teleported states."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import sapien
from numpy.typing import NDArray

from envs.manipulation.simpler import predicates
from envs.manipulation.simpler.fixtures import Case, Fixtures
from envs.manipulation.simpler.make import make_simpler
from envs.manipulation.simpler.parity_dump import NO_DUMP, Dump
from envs.manipulation.simpler.parity_measure import Measure, angles_deg, distances_mm, first_step, psnr
from envs.manipulation.simpler.parity_recording import Arrays, Verdict, record
from envs.manipulation.simpler.scene import body_of
from envs.manipulation.simpler.task import vector_pose
from envs.manipulation.simpler.tasks.put_on import PutOnTask
from envs.manipulation.simpler.widowx import CAMERA, JOINTS

BAND = 0.001  # m: teleported states nearer than this to a threshold may be judged either way
RESET_BOUND = 0.1  # mm and degrees, or the original's own noise where that is larger
GRASP_STEPS = 2  # by which the first grasp may come sooner or later


def reset_errors(task: PutOnTask, case: Case) -> dict[str, tuple[float, float]]:
    """{model: (mm, degrees) from where the original's reset left it}."""
    task.begin(0, case.reset_options)
    errors: dict[str, tuple[float, float]] = {}
    for name, actor in task.actors().items():
        recorded, here = np.array(case.facts["reset"]["actors"][name]), vector_pose(actor.pose.sp)
        errors[name] = (float(distances_mm(here, recorded)), float(angles_deg(here, recorded)))
    return errors


def judge_of(task: PutOnTask) -> Callable[[], Verdict]:
    """``evaluate()`` of the original, for an episode that begins now."""
    held_steps = 0

    def judge() -> Verdict:
        nonlocal held_steps
        stats = task.judge().as_dict()
        grasped = task.is_grasped()
        held_steps = held_steps + 1 if grasped else 0
        now = stats | {"is_src_obj_grasped": grasped, "consecutive_grasp": held_steps >= predicates.CONSECUTIVE_GRASP_STEPS}
        return Verdict(stats["src_on_target"], now, stats)

    return judge


def replay(task: PutOnTask, case: Case, sequence: str) -> Arrays:
    task.begin(0, case.reset_options)
    actors = [task.actors()[name] for name in case.facts["actor_order"]]
    return record(task, case.recording(sequence)["actions"], judge_of(task), case.facts["joint_names"], actors)


def teleported(task: PutOnTask, group: dict[str, Any], state: dict[str, Any]) -> dict[str, bool]:
    """The port's judgement of a state into which the original was put."""
    robot = group["robot_qpos"]
    task.agent.robot.set_qpos(task.agent.simulator_qpos(np.array([robot[joint] for joint in JOINTS])))
    task.agent.robot.set_qvel(np.zeros(len(JOINTS), np.float32))
    for name, actor in task.actors().items():
        if name not in state["pre_poses"]:
            continue
        pose, body = state["pre_poses"][name], body_of(actor)
        body.entity.set_pose(sapien.Pose(pose[:3], pose[3:]))
        body.set_linear_velocity([0, 0, 0])
        body.set_angular_velocity([0, 0, 0])
    for _ in range(state["physics_steps"]):
        task.scene.step()
    task.clear_stats()
    return task.judge().as_dict()


@dataclass(frozen=True)
class RecordedState:
    """A teleported state of the original as the predicates see it. ``offset``: (3,) m from the target's centre of mass to the source's."""

    group: dict[str, Any]
    state: dict[str, Any]

    def centre(self, name: str) -> NDArray[np.float64]:
        pose, com = self.state["poses"][name], self.group["actor_com_local"][name]
        return np.asarray((sapien.Pose(pose[:3], pose[3:]) * sapien.Pose(com[:3], com[3:])).p, np.float64)

    def moved(self, name: str) -> float:
        return float(np.linalg.norm(np.subtract(self.state["poses"][name][:2], self.group["xyzs_after_settle"][name][:2])))

    def near_threshold(self) -> bool:
        """Whether it lies within BAND of a threshold of "on target"."""
        offset = self.centre(self.group["source"]) - self.centre(self.group["target"])
        source, target = np.array(self.group["source_bbox_world"]) / 2, np.array(self.group["target_bbox_world"]) / 2
        gaps = (
            np.linalg.norm(offset[:2]) - np.linalg.norm(target[:2]) - predicates.XY_MARGIN,
            offset[2],
            offset[2] - source[2] - target[2] - self.group["z_offset"],
        )
        return bool(min(abs(gap) for gap in gaps) < BAND)

    def inside_a_solid(self) -> bool:
        """Whether the source was put into another body, which PhysX 4 and 5 push out with different last impulses."""
        return any(contact["min_separation"] < -BAND for contact in self.state["source_contacts"])

    def judged(self) -> dict[str, bool]:
        """The port's predicates on the recorded poses and contacts: no physics."""
        source, target = self.group["source"], self.group["target"]
        extents = np.array(self.group["source_bbox_world"]), np.array(self.group["target_bbox_world"])
        on_target = predicates.is_on_target(self.centre(source), self.centre(target), *extents, self.group["z_offset"])
        if self.group["source_contact_required"]:
            others = [contact["impulse"] for contact in self.state["source_contacts"] if contact["other"] != target]
            on_target &= not any(impulse > predicates.TOUCH_IMPULSE for impulse in others)  # the robot is out of reach
        moved, other_moved = self.moved(source), [self.moved(target)]
        return {
            "moved_correct_obj": predicates.moved_correct(moved, other_moved),
            "moved_wrong_obj": predicates.moved_wrong(moved, other_moved),
            "src_on_target": on_target,
        }


def measure_teleports(task: PutOnTask, group: dict[str, Any], dump: Dump = NO_DUMP) -> Iterator[Measure]:
    """Judged from the recorded poses and contacts, then by simulating the physics steps here. All answers are dumped; all count but those within BAND of a threshold."""
    task.begin(0, {"episode_id": int(group["reset_options"]["obj_init_options"]["episode_id"])})
    states = [RecordedState(group, entry) for entry in group["states"]]
    judged = [state.judged() for state in states]
    near = [state.near_threshold() for state in states]
    inside = [state.inside_a_solid() for state in states]
    # States inside a solid come last: one pushes things about, which the contact cache remembers.
    order = sorted(range(len(states)), key=lambda i: near[i] or inside[i])
    by_state = {i: teleported(task, group, states[i].state) for i in order}
    simulated = [by_state[i] for i in range(len(states))]
    dump.answers(
        "put_on",
        group["case_like"],
        [
            {"result": _as_result(t), "from_recorded_poses": _as_result(j), "near_threshold": n, "inside_a_solid": i}
            for j, t, n, i in zip(judged, simulated, near, inside)
        ],
    )
    for name, answers in (("recorded", judged), ("simulated", simulated)):
        counted = [(s.state["result"], answer) for s, answer, skip in zip(states, answers, near) if not skip]
        wrong = sum(any(value != result[key] for key, value in answer.items()) for result, answer in counted)
        yield Measure(group["case_like"], f"teleported, {name}: wrong of {len(counted)}", float(wrong), 0.0)


def _as_result(answers: dict[str, bool]) -> dict[str, Any]:
    """As the dict that the original's ``evaluate()`` returns."""
    return {**answers, "episode_stats": answers, "success": answers["src_on_target"]}


def measure_case(task: PutOnTask, case: Case, dump: Dump = NO_DUMP) -> Iterator[Measure]:
    errors = reset_errors(task, case)
    yield Measure(case.id, "reset: objects, mm", max(mm for mm, _ in errors.values()), max(RESET_BOUND, case.reset_noise[0]))
    yield Measure(case.id, "reset: objects, degrees", max(degrees for _, degrees in errors.values()), max(RESET_BOUND, case.reset_noise[1]))
    image = task.render_camera(CAMERA)
    dump.first_image(case.id, image)
    if case.pixels_are_original:
        yield Measure(case.id, "first image, dB", psnr(image, case.first_image()), 50.0, at_most=False)
    for sequence in case.sequences:
        here, recorded = replay(task, case, sequence), case.recording(sequence)
        dump.sequence(case.id, sequence, here)
        tcp_mm: NDArray[np.float64] = distances_mm(here["tcp_world"], recorded["tcp_world"])[1:]
        if sequence == "free":
            yield Measure(case.id, "free: tcp max, mm", float(tcp_mm.max()), 0.5)
        elif sequence == "freerot":
            yield Measure(case.id, "freerot: tcp max, mm", float(tcp_mm.max()), 7.0)
            yield Measure(case.id, "freerot: tcp mean, mm", float(tcp_mm.mean()), 1.5)
        else:
            yield Measure(case.id, f"{sequence}: success differs", float(here["success"][-1] != recorded["success"][-1]), 0.0)
            late = abs(first_step(here["stats_is_src_obj_grasped"]) - first_step(recorded["stats_is_src_obj_grasped"]))
            yield Measure(case.id, f"{sequence}: grasp steps off", float(late), float(GRASP_STEPS))


def measure_put_on(name: str, fixtures: Fixtures, assets: str | None, dump: Dump) -> Iterator[Measure]:
    """Every case and teleported state of one task."""
    env = make_simpler(name, assets)
    task = env.task
    assert isinstance(task, PutOnTask)
    for case in fixtures.cases(name):
        yield from measure_case(task, case, dump)
    for _, group in fixtures.teleports(name):
        yield from measure_teleports(task, group, dump)
    env.close()
