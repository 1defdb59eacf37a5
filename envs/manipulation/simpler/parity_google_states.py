"""The Google Robot's predicates on states into which the original was put: judged from the recorded poses and contacts alone, and after putting the port into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sapien

from envs.manipulation.simpler.google_judgement import (
    CLOSED,
    LIFTED,
    LIFTED_SIGNIFICANTLY,
    OPEN_ENOUGH_TO_PLACE,
    OPENED,
    NearState,
    PickJudge,
    judge_near,
)
from envs.manipulation.simpler.google_task import GoogleTask, set_still
from envs.manipulation.simpler.parity_dump import Dump
from envs.manipulation.simpler.parity_measure import Measure
from envs.manipulation.simpler.predicates import TOUCH_IMPULSE
from envs.manipulation.simpler.recorded_options import options_of
from envs.manipulation.simpler.tasks.move_near import MoveNearTask
from envs.manipulation.simpler.tasks.pick import PickTask
from envs.manipulation.simpler.tasks.place_in_drawer import PlaceInDrawerTask

Facts = Mapping[str, Any]
Result = dict[str, Any]
BAND = 0.001  # m: states nearer than this to a threshold may be judged either way


def answer(task: GoogleTask) -> Result:
    """The dict that the original's ``evaluate()`` returns."""
    success = task.evaluate_now()
    return {"success": success, **task.info_now(), "episode_stats": task.stats_now()}


def agrees(here: Result, original: Facts) -> bool:
    """Whether all answers that are not lengths are the same."""
    stats, theirs = here["episode_stats"], original["episode_stats"]
    same = all(here[name] == value for name, value in original.items() if isinstance(value, bool))
    return same and all(stats[name] == value for name, value in theirs.items() if isinstance(value, bool | int))


# -- pick: one object at a height above where it settled ------------------------------------------


def unturned(group: Facts) -> list[float]:
    """wxyz: the orientation of every state. Those that hit the table turn in the one step before they are recorded; the highest does not."""
    (pose,) = max(group["states"], key=lambda state: state["set_height"])["poses"].values()
    return list(pose[3:])


def put_object(task: GoogleTask, group: Facts, state: Facts) -> None:
    ((name, pose),) = state["poses"].items()
    height = group["obj_height_after_settle"] + state["set_height"]
    set_still(task.actors()[name], sapien.Pose([*pose[:2], height], unturned(group)))
    task.scene.step()


def judged_pick(judge: PickJudge, group: Facts, state: Facts) -> Result:
    """From the recorded pose and contacts. The robot is out of reach."""
    (pose,) = state["poses"].values()
    touches = any(contact["impulse"] > TOUCH_IMPULSE for contact in state["object_contacts"])
    success = judge.update(False, touches, pose[2] - group["obj_height_after_settle"])
    lifted = {"lifted_object": judge.lifted, "lifted_object_significantly": judge.significantly}
    return {"success": success, "is_grasped": False, "consecutive_grasp": False, **lifted, "episode_stats": dict(judge.stats)}


def near_pick(group: Facts, state: Facts) -> bool:
    (pose,) = state["poses"].values()
    rise = pose[2] - group["obj_height_after_settle"]
    return min(abs(rise - LIFTED), abs(rise - LIFTED_SIGNIFICANTLY)) < BAND


def measure_pick(task: GoogleTask, group: Facts, dump: Dump) -> Iterator[Measure]:
    assert isinstance(task, PickTask)
    task.settled_height = group["obj_height_after_settle"]

    def simulated(states: Sequence[Facts], afresh: bool) -> list[Result]:
        answers = []
        for state in states:
            if afresh:
                task.clear_stats()
            put_object(task, group, state)
            answers.append(answer(task))
        return answers

    def recorded(states: Sequence[Facts], afresh: bool) -> list[Result]:
        judge, answers = PickJudge(), []
        for state in states:
            judge = PickJudge() if afresh else judge
            answers.append(judged_pick(judge, group, state))
        return answers

    states, near = group["states"], [near_pick(group, state) for state in group["states"]]
    yield from compare(group, states, recorded(states, True), simulated(states, True), near, dump, "pick")
    for number, sequence in enumerate(group["sequences"]):
        task.clear_stats()
        close = any(near_pick(group, state) for state in sequence)  # what is counted after such a state depends on it
        ways = recorded(sequence, False), simulated(sequence, False)
        yield from compare(group, sequence, *ways, [close] * len(sequence), dump, "pick", number)


# -- near: three objects ---------------------------------------------------------------------------


def judged_near(group: Facts, state: Facts) -> tuple[Result, float]:
    """(from the recorded poses and settled positions, m from the threshold of nearness)"""
    names = list(group["xyzs_after_settle"])
    source, target = names.index(group["source"]), names.index(group["target"])
    extents = np.zeros((len(names), 3))
    extents[source], extents[target] = group["source_bbox_world"], group["target_bbox_world"]
    poses = {name: sapien.Pose(pose[:3], pose[3:]) for name, pose in state["poses"].items()}
    local = {name: sapien.Pose(com[:3], com[3:]) for name, com in group["actor_com_local"].items()}
    origins = np.array([poses[name].p for name in names], np.float64)
    centres = np.array([(poses[name] * local[name]).p for name in names], np.float64)
    settled = np.array([group["xyzs_after_settle"][name] for name in names])
    verdict = judge_near(NearState(origins, centres, settled, extents, source, target))
    gap = float(np.linalg.norm(centres[source, :2] - centres[target, :2]))
    return {"success": verdict.success, **verdict.as_dict(), "episode_stats": verdict.as_dict()}, abs(gap - group["threshold_xy"])


def measure_near(task: GoogleTask, group: Facts, dump: Dump) -> Iterator[Measure]:
    assert isinstance(task, MoveNearTask)
    task.settled = np.array([group["xyzs_after_settle"][name] for name in task.actors()])
    simulated: list[Result] = []
    for state in group["states"]:
        for name, pose in state["poses"].items():
            set_still(task.actors()[name], sapien.Pose(pose[:3], pose[3:]))
        simulated.append(answer(task))
    judged = [judged_near(group, state) for state in group["states"]]
    near = [away < BAND for _, away in judged]
    yield from compare(group, group["states"], [result for result, _ in judged], simulated, near, dump, "near")


# -- drawers ---------------------------------------------------------------------------------------


def travels(names: Sequence[str], values: Sequence[float]) -> dict[str, float]:
    return {name.removesuffix("_drawer_joint"): value for name, value in zip(names, values)}


def measure_drawer(task: Any, group: Facts, dump: Dump) -> Iterator[Measure]:
    """No physics: both answers are those of the predicate itself."""
    joints = group["cabinet_joint_names"]
    moved = [state["cabinet_qpos"][joints.index(group["target_joint"])] for state in group["states"]]
    opening = "open" in group["instruction"]
    judged: list[Result] = [
        {"success": travel >= OPENED if opening else travel <= CLOSED, "qpos": travel, "episode_stats": {"qpos": f"{travel:.3f}"}}
        for travel in moved
    ]
    simulated: list[Result] = []
    for state in group["states"]:
        task.cabinet.place(travels(joints, state["cabinet_qpos"]))
        simulated.append(answer(task))
    near = [abs(travel - group["threshold"]) < BAND for travel in moved]
    yield from compare(group, group["states"], judged, simulated, near, dump, "open" if opening else "close")


def measure_place(task: GoogleTask, group: Facts, dump: Dump) -> Iterator[Measure]:
    """By simulation alone: which of the drawer's shapes the object touches is not recorded."""
    assert isinstance(task, PlaceInDrawerTask)
    joints, simulated = group["cabinet_joint_names"], []
    for state in group["states"]:
        task.cabinet.place(travels(joints, state["pre_cabinet_qpos"]))
        for name, pose in state["pre_poses"].items():
            set_still(task.actors()[name], sapien.Pose(pose[:3], pose[3:]))
        for _ in range(state["physics_steps"]):
            task.scene.step()
        task.clear_stats()
        if state["subtask"] == 1:
            task.advance_subtask()
        simulated.append(answer(task))
    moved = [state["cabinet_qpos"][joints.index(group["target_joint"])] for state in group["states"]]
    near = [abs(travel - OPEN_ENOUGH_TO_PLACE) < BAND for travel in moved]
    yield from compare(group, group["states"], None, simulated, near, dump, "place")


# -- together --------------------------------------------------------------------------------------


def compare(
    group: Facts,
    states: Sequence[Facts],
    judged: Sequence[Result] | None,
    simulated: Sequence[Result],
    near: Sequence[bool],
    dump: Dump,
    kind: str,
    sequence: int | None = None,
) -> Iterator[Measure]:
    """``sequence``: which of the group's sequences of consecutive states these are; None for its single states."""
    answers = [{"result": here, "near_threshold": close} for here, close in zip(simulated, near)]
    if judged is not None:
        answers = [entry | {"from_recorded_poses": here} for entry, here in zip(answers, judged)]
    dump.answers(kind, group["case_like"], answers, sequence)
    originals = [state["result"] for state in states]
    name = "teleported" if sequence is None else f"teleported in sequence {sequence}"
    for way, results in (("recorded", judged), ("simulated", simulated)):
        if results is None:
            continue
        counted = [(here, original) for here, original, close in zip(results, originals, near) if not close]
        wrong = sum(not agrees(here, original) for here, original in counted)
        yield Measure(group["case_like"], f"{name}, {way}: wrong of {len(counted)}", float(wrong), 0.0)


_KINDS: Mapping[str, Callable[[Any, Facts, Dump], Iterator[Measure]]] = {
    "pick": measure_pick,
    "near": measure_near,
    "open": measure_drawer,
    "close": measure_drawer,
    "place": measure_place,
}


def measure_group(task: GoogleTask, kind: str, group: Facts, dump: Dump) -> Iterator[Measure]:
    """``kind``: the name of the file that the group is of."""
    task.begin(0, options_of(group))
    yield from _KINDS[kind](task, group, dump)
