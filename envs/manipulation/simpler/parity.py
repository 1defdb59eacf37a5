"""How near the port comes to recordings of the original: ``gauntlet parity simpler [--task T] [--fixtures DIR] [--assets DIR]``.

Sequences are replayed from the port's own reset, not from the recording's first row: the resets agree to some hundredths of a millimetre, and setting a pose by hand would drop PhysX's contact cache, which the original had.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import sapien
from numpy.typing import NDArray

from envs.manipulation.simpler import predicates
from envs.manipulation.simpler.fixtures import FAMILIES, Case, Fixtures
from envs.manipulation.simpler.make import make_simpler
from envs.manipulation.simpler.scene import body_of
from envs.manipulation.simpler.task import vector_pose
from envs.manipulation.simpler.tasks.put_on import PutOnTask
from envs.manipulation.simpler.widowx import CAMERA, JOINTS

BAND = 0.001  # m: teleported states nearer than this to a threshold may be judged either way
GRASP_STEPS = 2  # by which the first grasp may come sooner or later


@dataclass(frozen=True)
class Measure:
    """One line of the table. ``at_most``: whether ``bound`` is an upper bound."""

    case: str
    name: str
    value: float
    bound: float
    at_most: bool = True

    @property
    def ok(self) -> bool:
        return self.value <= self.bound if self.at_most else self.value >= self.bound


@dataclass(frozen=True)
class Replay:
    """A recorded sequence, replayed. Arrays have one entry a control step."""

    tcp_mm: NDArray[np.float64]
    tcp_deg: NDArray[np.float64]
    source_mm: NDArray[np.float64]
    success: NDArray[np.bool_]
    grasped: NDArray[np.bool_]


def angle_deg(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Degrees between two wxyz quaternions of any length."""
    cosine = abs(float(np.dot(first, second))) / float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.degrees(2 * np.arccos(min(1.0, cosine))))


def distance_mm(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    return 1e3 * float(np.linalg.norm(first[:3] - second[:3]))


def psnr(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """dB; 99 for equal pictures."""
    error = float(np.mean((first.astype(np.float64) - second.astype(np.float64)) ** 2))
    return 99.0 if error == 0 else float(10 * np.log10(255.0**2 / error))


def reset_errors(task: PutOnTask, case: Case) -> dict[str, tuple[float, float]]:
    """{model: (mm, degrees) from where the original's reset left it}."""
    task.begin(0, case.reset_options)
    errors: dict[str, tuple[float, float]] = {}
    for name, actor in task.actors().items():
        recorded, here = np.array(case.facts["reset"]["actors"][name]), vector_pose(actor.pose.sp)
        errors[name] = (distance_mm(here, recorded), angle_deg(here[3:], recorded[3:]))
    return errors


def replay(task: PutOnTask, case: Case, sequence: str) -> Replay:
    recorded = case.recording(sequence)
    source = case.facts["actor_order"].index(task.task_spec.source)
    task.begin(0, case.reset_options)
    rows: list[tuple[float, float, float, bool, bool]] = []
    for action, tcp, actors in zip(recorded["actions"], recorded["tcp_world"][1:], recorded["actors"][1:]):
        task.advance(action.astype(np.float32))
        stats = task.judge()
        here = vector_pose(task.agent.tcp.pose.sp)
        moved = distance_mm(vector_pose(task.source.pose.sp), actors[source])
        rows.append((distance_mm(here, tcp), angle_deg(here[3:], tcp[3:]), moved, stats.src_on_target, stats.is_src_obj_grasped))
    tcp_mm, tcp_deg, source_mm, success, grasped = map(np.array, zip(*rows))
    return Replay(tcp_mm, tcp_deg, source_mm, success, grasped)


def first_step(happened: NDArray[np.bool_]) -> int:
    """The first step at which something is true; -1 for never."""
    return int(np.argmax(happened)) if happened.any() else -1


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


def measure_teleports(task: PutOnTask, group: dict[str, Any]) -> Iterator[Measure]:
    """Judged from the recorded poses and contacts, then by simulating the physics steps here."""
    task.begin(0, {"episode_id": int(group["reset_options"]["obj_init_options"]["episode_id"])})
    states = [state for state in (RecordedState(group, entry) for entry in group["states"]) if not state.near_threshold()]
    outside = [state for state in states if not state.inside_a_solid()]
    for name, chosen, judge in (
        ("recorded", states, RecordedState.judged),
        ("simulated", outside, lambda state: teleported(task, group, state.state)),
    ):
        wrong = sum(any(answer != state.state["result"][key] for key, answer in judge(state).items()) for state in chosen)
        yield Measure(group["case_like"], f"teleported, {name}: wrong of {len(chosen)}", float(wrong), 0.0)


def measure_case(task: PutOnTask, case: Case) -> Iterator[Measure]:
    errors = reset_errors(task, case)
    yield Measure(case.id, "reset: objects, mm", max(mm for mm, _ in errors.values()), 0.1)
    yield Measure(case.id, "reset: objects, degrees", max(degrees for _, degrees in errors.values()), 0.1)
    if case.pixels_are_original:
        yield Measure(case.id, "first image, dB", psnr(task.render_camera(CAMERA), case.first_image()), 50.0, at_most=False)
    for sequence in case.sequences:
        result, recorded = replay(task, case, sequence), case.recording(sequence)
        if sequence == "free":
            yield Measure(case.id, "free: tcp max, mm", float(result.tcp_mm.max()), 0.5)
        elif sequence == "freerot":
            yield Measure(case.id, "freerot: tcp max, mm", float(result.tcp_mm.max()), 7.0)
            yield Measure(case.id, "freerot: tcp mean, mm", float(result.tcp_mm.mean()), 1.5)
        else:
            yield Measure(case.id, f"{sequence}: success differs", float(result.success[-1] != recorded["success"][-1]), 0.0)
            late = abs(first_step(result.grasped) - first_step(recorded["stats_is_src_obj_grasped"]))
            yield Measure(case.id, f"{sequence}: grasp steps off", float(late), float(GRASP_STEPS))


def measure_task(name: str, fixtures: Fixtures, assets: str | None) -> Iterator[Measure]:
    env = make_simpler(name, assets)
    task = env.task
    assert isinstance(task, PutOnTask)
    for case in fixtures.cases(name):
        yield from measure_case(task, case)
    for group in fixtures.teleports(name):
        yield from measure_teleports(task, group)
    env.close()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="gauntlet parity simpler", description="Compare the SIMPLER port with recordings of the original."
    )
    parser.add_argument("--task", action="append", choices=sorted(FAMILIES), help="all, unless given")
    parser.add_argument("--fixtures", help="folder of recordings")
    parser.add_argument("--assets", help="folder of SIMPLER's data")
    chosen = parser.parse_args(arguments)
    fixtures = Fixtures(chosen.fixtures)
    failed = 0
    print(f"{'case':24} {'measure':40} {'value':>9} {'bound':>9}")
    for name in chosen.task or FAMILIES:
        for measure in measure_task(name, fixtures, chosen.assets):
            failed += not measure.ok
            sign = "<=" if measure.at_most else ">="
            print(
                f"{measure.case:24} {measure.name:40} {measure.value:9.3f} {sign}{measure.bound:7.1f}  {'ok' if measure.ok else 'NOT MET'}",
                flush=True,
            )
    return min(failed, 1)


if __name__ == "__main__":
    raise SystemExit(main())
