"""The Google Robot's tasks beside recordings of the original: resets, motions, scripted tasks, the first image, and the predicates on teleported states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import sapien
from numpy.typing import NDArray

from envs.manipulation.simpler.fixtures import Case, Fixtures
from envs.manipulation.simpler.google_robot import CAMERA
from envs.manipulation.simpler.google_task import GoogleTask, set_still
from envs.manipulation.simpler.make import make_simpler
from envs.manipulation.simpler.parity_dump import NO_DUMP, Dump
from envs.manipulation.simpler.parity_google_states import measure_group
from envs.manipulation.simpler.parity_measure import Measure, angles_deg, distances_mm, first_step, psnr
from envs.manipulation.simpler.parity_recording import Arrays, Verdict, record
from envs.manipulation.simpler.recorded_options import with_photograph
from envs.manipulation.simpler.task import vector_pose
from envs.manipulation.simpler.tasks.drawer import CabinetTask

GRASP_STEPS = 2  # by which the first grasp may come sooner or later
MOTION_BOUND = 2.0  # mm
RESET_BOUND = 0.1  # mm and degrees, or the original's own noise where that is larger
STAYS = 0.02  # mm: an object whose own reset is nearer than this to the recording's first row is left as it lies, contacts and all
LABEL_PIXELS = 60.0  # on the outlines, where rasterisers differ


def begin_at_row_0(task: GoogleTask, case: Case, recorded: Arrays) -> None:
    """Reset, and put whatever came to rest elsewhere than in the original where the recording has it."""
    task.begin(0, case.reset_options)
    for name, pose in zip(case.facts["actor_order"], recorded["actors"][0]):
        actor = task.actors()[name]
        if distances_mm(vector_pose(actor.pose.sp), pose) > STAYS:
            set_still(actor, sapien.Pose(pose[:3].tolist(), pose[3:].tolist()))
    task.note_start()


def judge(task: GoogleTask) -> Verdict:
    """``evaluate()`` of the original."""
    success = task.evaluate_now()
    stats = {name: float(value) if isinstance(value, str) else value for name, value in task.stats_now().items()}
    return Verdict(success, task.info_now(), stats)


def replay(task: GoogleTask, case: Case, sequence: str) -> Arrays:
    recorded = case.recording(sequence)
    begin_at_row_0(task, case, dict(recorded))
    actors = [task.actors()[name] for name in case.facts["actor_order"]]
    cabinet = (task.cabinet.articulation, case.facts["cabinet_joint_order"]) if isinstance(task, CabinetTask) else None
    return record(task, recorded["actions"], lambda: judge(task), case.facts["joint_names"], actors, cabinet)


def measure_reset(task: GoogleTask, case: Case) -> Iterator[Measure]:
    """Leaves the objects where the original has them."""
    task.begin(0, case.reset_options)
    facts = case.facts["reset"]
    recorded = {name: np.array(pose) for name, pose in facts["actors"].items()}
    here = {name: vector_pose(task.actors()[name].pose.sp) for name in recorded}
    if recorded:
        away = [float(distances_mm(here[name], pose)) for name, pose in recorded.items()]
        turned = [float(angles_deg(here[name], pose)) for name, pose in recorded.items()]
        yield Measure(case.id, "reset: objects, mm", max(away), max(RESET_BOUND, case.reset_noise[0]))
        yield Measure(case.id, "reset: objects, degrees", max(turned), max(RESET_BOUND, case.reset_noise[1]))
    tcp = vector_pose(task.agent.tcp.pose.sp)
    yield Measure(case.id, "reset: tcp, mm", float(distances_mm(tcp, np.array(facts["tcp_world"]))), RESET_BOUND)
    yield Measure(case.id, "reset: tcp, degrees", float(angles_deg(tcp, np.array(facts["tcp_world"]))), RESET_BOUND)
    for name, pose in recorded.items():
        set_still(task.actors()[name], sapien.Pose(pose[:3].tolist(), pose[3:].tolist()))


def measure_images(task: GoogleTask, case: Case, dump: Dump) -> Iterator[Measure]:
    """With the objects where the original has them."""
    image = task.render_camera(CAMERA)
    dump.first_image(case.id, image)
    if case.pixels_are_original:
        yield Measure(case.id, "first image, dB", psnr(image, case.first_image()), 50.0, at_most=False)
    labels: NDArray[np.int32] = task.masks(CAMERA)["labels"]
    yield Measure(case.id, "first labels, differing pixels", float((labels != case.first_labels()).sum()), LABEL_PIXELS)


@dataclass(frozen=True)
class Replay:
    """A sequence here, and as it was recorded."""

    case: str
    sequence: str
    here: Arrays
    recorded: Arrays

    def measures(self) -> Iterator[Measure]:
        if self.sequence != "task":
            away: NDArray[np.float64] = distances_mm(self.here["tcp_world"], self.recorded["tcp_world"])[1:]
            yield Measure(self.case, f"{self.sequence}: tcp max, mm", float(away.max()), MOTION_BOUND)
            return
        differs = bool(self.here["success"][-1]) != bool(self.recorded["success"][-1])
        yield Measure(self.case, "task: success differs", float(differs), 0.0)
        if "stats_grasped" in self.recorded:
            late = abs(first_step(self.here["stats_grasped"]) - first_step(self.recorded["stats_grasped"]))
            yield Measure(self.case, "task: grasp steps off", float(late), float(GRASP_STEPS))


def measure_case(task: GoogleTask, case: Case, dump: Dump = NO_DUMP) -> Iterator[Measure]:
    yield from measure_reset(task, case)
    yield from measure_images(task, case, dump)
    for sequence in case.sequences:
        yield from measure_sequence(task, case, sequence, dump)


def measure_sequence(task: GoogleTask, case: Case, sequence: str, dump: Dump = NO_DUMP) -> Iterator[Measure]:
    here = replay(task, case, sequence)
    dump.sequence(case.id, sequence, here)
    yield from Replay(case.id, sequence, here, dict(case.recording(sequence))).measures()


def measure_google(name: str, fixtures: Fixtures, assets: str | None, dump: Dump) -> Iterator[Measure]:
    """Every case and teleported state of one task."""
    makers: dict[bool, Any] = {}

    def task_with(photograph: bool) -> GoogleTask:
        if photograph not in makers:
            makers[photograph] = make_simpler(name, assets, overlay=photograph)
        return makers[photograph].task

    for case in fixtures.cases(name):
        yield from measure_case(task_with(with_photograph(case.facts)), case, dump)
    for kind, group in fixtures.teleports(name):
        yield from measure_group(task_with(with_photograph(group)), kind, group, dump)
    for env in makers.values():
        env.close()
