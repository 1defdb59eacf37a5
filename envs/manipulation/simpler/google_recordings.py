"""Recordings of the original's Google Robot: which task and options repeat a case, and how the port compares.

As in the WidowX's table a sequence is replayed with the recorded actions; here the objects are first set to the recording's row 0, because the can's fall onto the table ends up to a degree away from the original's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import sapien

from envs.manipulation.simpler.fixtures import Case
from envs.manipulation.simpler.google_task import set_still
from envs.manipulation.simpler.parity_measure import Measure, first_step, psnr
from envs.manipulation.simpler.tasks.drawer import POSES

CAMERA = "overhead_camera"
FAMILY_TASKS: Mapping[str, str] = {
    "google_pick_coke_can": "PickCokeCan",
    "google_pick_object": "PickObject",
    "google_move_near": "MoveNear",
    "google_place_apple": "PlaceIntoClosedTopDrawer",
}
GRASP_STEPS = 2  # by which the first grasp may come sooner or later
MOTION_BOUND = 2.0  # mm


def task_of(facts: Mapping[str, Any]) -> str:
    if facts["family"] in FAMILY_TASKS:
        return FAMILY_TASKS[facts["family"]]
    verb, which, _ = facts["instruction"].split()
    return f"{verb.capitalize()}{which.capitalize()}Drawer"


def options_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The reset options here that lay out what the original's recorded ones did."""
    options: dict[str, Any] = {"urdf_version": facts["urdf_version"] or "none"}
    placed = facts["reset_options"]["obj_init_options"]
    family = facts["family"]
    if family == "google_move_near":
        return options | {"episode_id": int(placed["episode_id"])}
    if family.startswith("google_pick"):
        flags = [name for name in ("upright", "laid_vertically", "lr_switch") if facts["make_kwargs"].get(name)]
        options |= {"xy": placed["init_xy"], "orientation": placed.get("orientation") or flags[0]}
        model = facts["reset_options"].get("model_id")
        return options | ({"model": model} if model else {})
    x, y = facts["reset_options"]["robot_init_options"]["init_xy"]
    options["pose"] = min(POSES, key=lambda name: abs(POSES[name][0] - x) + abs(POSES[name][1] - y))
    if family == "google_place_apple":
        from envs.manipulation.simpler.tasks.place_in_drawer import GRID

        options["episode_id"] = min(range(len(GRID)), key=lambda i: float(np.abs(np.subtract(GRID[i], placed["init_xy"])).sum()))
    return options


def begin_at_row_0(task: Any, case: Case, recorded: Mapping[str, Any]) -> None:
    task.begin(0, options_of(case.facts))
    actors = task.actors()
    for name, pose in zip(case.facts["actor_order"], recorded["actors"][0]):
        set_still(actors[name], sapien.Pose(pose[:3], pose[3:]))


def pose_gap(actor: Any, recorded: Any) -> tuple[float, float]:
    """(mm, degrees) between where an actor is and a recorded pose (7,)."""
    pose = actor.pose.sp
    cosine = abs(float(np.dot(pose.q, recorded[3:]))) / float(np.linalg.norm(pose.q) * np.linalg.norm(recorded[3:]))
    return 1e3 * float(np.linalg.norm(pose.p - np.asarray(recorded[:3]))), float(np.degrees(2 * np.arccos(min(1.0, cosine))))


def measure_case(task: Any, case: Case) -> Iterator[Measure]:
    task.begin(0, options_of(case.facts))
    gaps = [pose_gap(task.actors()[name], pose) for name, pose in case.facts["reset"]["actors"].items()]
    if gaps:
        yield Measure(case.id, "reset: objects, mm", max(mm for mm, _ in gaps), 0.1)
        yield Measure(case.id, "reset: objects, degrees", max(degrees for _, degrees in gaps), 0.1)
    for name, pose in case.facts["reset"]["actors"].items():
        set_still(task.actors()[name], sapien.Pose(pose[:3], pose[3:]))
    if case.pixels_are_original:
        yield Measure(case.id, "first image, dB", psnr(task.render_camera(CAMERA), case.first_image()), 50.0, at_most=False)
    labels = task.masks(CAMERA)["labels"]
    yield Measure(case.id, "first labels, differing pixels", float((labels != case.first_labels()).sum()), 60.0)
    for sequence in case.sequences:
        yield from measure_sequence(task, case, sequence)


def measure_sequence(task: Any, case: Case, sequence: str) -> Iterator[Measure]:
    recorded = case.recording(sequence)
    begin_at_row_0(task, case, recorded)
    away, success, grasped = [], [], []
    for action, tcp in zip(recorded["actions"], recorded["tcp_world"][1:]):
        task.advance(action.astype(np.float32))
        success.append(task.evaluate_now())
        grasped.append(bool(task.stats_now().get("grasped", False)))
        away.append(1e3 * float(np.linalg.norm(task.agent.tcp.pose.sp.p - tcp[:3])))
    if sequence != "task":
        yield Measure(case.id, f"{sequence}: tcp max, mm", max(away), MOTION_BOUND)
        return
    yield Measure(case.id, "task: success differs", float(success[-1] != bool(recorded["success"][-1])), 0.0)
    if "stats_grasped" in recorded:
        late = abs(first_step(np.array(grasped)) - first_step(recorded["stats_grasped"]))
        yield Measure(case.id, "task: grasp steps off", float(late), float(GRASP_STEPS))
    if "cabinet_qpos" in recorded:
        travels = task.cabinet.travels(case.facts["cabinet_joint_order"])
        yield Measure(case.id, "task: drawers at the end, mm", 1e3 * float(np.abs(travels - recorded["cabinet_qpos"][-1]).max()), 100.0)
