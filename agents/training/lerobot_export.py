"""Training demonstrations as a LeRobotDataset v3 folder: every step with its image.

A shard keeps an image of every third step. A demonstration's randomness comes from (task, seed) alone, so each one is run again with every step rendered, and must repeat what the shard holds bit for bit: what is
exported is what the policy was trained on. Failed demonstrations are left out, as in training.
"""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.training.domain import Domain, domain_named
from agents.training.lerobot_files import Limits
from agents.training.lerobot_format import DatasetWriter, Feature
from agents.training.lerobot_repeat import Repeated, repeat_episode
from agents.training.recipe import Recipe
from harness.errors import AgentError, ConfigError, did_you_mean

ROBOTS = {"tabletop": ("panda", 5), "widowx": ("widowx", 5)}  # {suite: (robot type, control steps a second)}
NOWHERE = -1.0  # coordinates of a point that the task does not have
_POSE = ("x", "y", "z", "qw", "qx", "qy", "qz")
_MOVE = ("dx", "dy", "dz", "rx", "ry", "rz", "gripper")

FEATURES = {
    "observation.state": Feature(
        "float32", (15,), (*(f"eef_{name}" for name in _POSE), "gripper", *(f"commanded_{name}" for name in _POSE))
    ),
    "action": Feature("float32", (7,), _MOVE),
    "next.success": Feature("bool", (1,)),
    "next.done": Feature("bool", (1,)),
    "disturbed": Feature("bool", (1,)),
    "executed_action": Feature("float32", (7,), _MOVE),
    "truth.points": Feature("float32", (6,), ("source_u", "source_v", "target_u", "target_v", "place_u", "place_v")),
}
"""Of each step, beside the camera. Poses: m and unit quaternion (wxyz) in the robot's base frame; ``gripper`` 0 closed to 1 open in the state, -1 to 1 in actions. ``action``: what the expert wanted, the label to learn;
``executed_action``: what was sent, clipped to the action space and, where ``disturbed``, another. ``next.*``: after the action. ``truth.points``: of the thing to act on, of where to, and of where its lowest point
goes, as fractions of the image's width and height; :data:`NOWHERE` where the task has none. Names of the simulator's truth do not begin with "observation": lerobot gives everything of that name to policies."""


@dataclass(frozen=True)
class Stored:
    """One successful demonstration of a shard: n steps, an image (k) of some."""

    task: str
    seed: int
    instruction: str
    steps: dict[str, NDArray[Any]]
    frame_step: NDArray[np.int64]
    images: NDArray[np.uint8]
    projection: NDArray[np.float64]


@dataclass(frozen=True)
class Exported:
    """``wanted``: demonstrations of the recipe; ``found`` of them in the folder, ``failed`` ones left out. ``other_images``: recorded images that this machine renders differently."""

    wanted: int
    found: int
    failed: int
    episodes: int
    frames: int
    other_images: int

    def __str__(self) -> str:
        said = f"{self.episodes} episodes, {self.frames} frames; {self.failed} failed demonstrations left out"
        if self.found < self.wanted:
            said += f"; only {self.found} of the recipe's {self.wanted} demonstrations are recorded"
        if self.other_images:
            said += f"; {self.other_images} images are rendered differently from the recorded ones"
        return said


def export_demonstrations(recipe: Recipe, out: Path, data: Path, lerobot: Path) -> str:
    """``gauntlet train POLICY --lerobot FOLDER``: records into ``data`` first if nothing is there (``out``: the training's folder), shows a progress bar, returns what to print."""
    from rich.progress import Progress

    from agents.training.pipeline import run_pipeline

    _refuse_existing(lerobot)
    if not _shards(data):
        run_pipeline(recipe, out, data, until="record")
    with Progress() as bars:
        bar = bars.add_task("LeRobot dataset", total=None)
        exported = export_lerobot(recipe, data, lerobot, progress=lambda done, total: bars.update(bar, completed=done, total=total))
    return f"{lerobot}: {exported}"


def export_lerobot(
    recipe: Recipe,
    folder: Path,
    out: Path,
    processes: int | None = None,
    limits: Limits | None = None,
    repeat: Callable[[str, str, int], Repeated] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Exported:
    """Writes the recipe's demonstrations of ``folder``, in the order of its shards, to the new folder ``out``; the bytes depend on neither ``processes`` nor the machine's cores.

    Args:
        processes: that run demonstrations again (default: as many as record). progress: called with (done, all).
        repeat: runs (suite, task, seed) again, in this process (for tests).
    Raises:
        ConfigError: ``out`` is there already. AgentError: no demonstrations, held-out seeds, or a demonstration does not repeat.
    """
    _refuse_existing(out)
    if recipe.suite not in ROBOTS:
        raise ConfigError(f"suite {recipe.suite!r} has no LeRobot export", did_you_mean(recipe.suite, ROBOTS))
    domain = domain_named(recipe.suite)
    wanted, found = _listed(recipe, folder, domain)
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    writer: DatasetWriter | None = None
    camera = f"observation.images.{domain.camera}"
    other_images = 0
    jobs = [(recipe.suite, task, seed) for task, seed, success in found if success]
    for number, (stored, again) in enumerate(zip(_stored(recipe, folder, domain), _repeated(jobs, repeat, processes or recipe.workers))):
        other_images += _compare(folder, stored, again)
        if writer is None:
            size = (again.frames.shape[1], again.frames.shape[2])
            robot_type, fps = ROBOTS[recipe.suite]
            writer = DatasetWriter(part, fps, FEATURES, {camera: size}, robot_type, limits)
        columns = _columns(stored, again)
        facts = {"gauntlet/task": stored.task, "gauntlet/seed": stored.seed}
        writer.add(columns, {camera: again.frames}, stored.instruction, stored.steps["subtask"].tolist(), facts)
        if progress is not None:
            progress(number + 1, len(jobs))
    if writer is None:
        raise AgentError(f"{folder} holds no successful demonstration", "record more: gauntlet train ... --until record")
    writer.close()
    part.rename(out)
    return Exported(wanted, len(found), len(found) - len(jobs), writer.episodes, writer.frames, other_images)


def _refuse_existing(out: Path) -> None:
    if out.exists():
        raise ConfigError(f"{out} is there already", "give --lerobot a folder that does not exist")


def _listed(recipe: Recipe, folder: Path, domain: Domain) -> tuple[int, list[tuple[str, int, bool]]]:
    """How many demonstrations the recipe has, and (task, seed, success) of those in the folder."""
    found = []
    for path in _shards(folder):
        with np.load(path) as file:
            rows = zip(file["task"].tolist(), file["seed"].tolist(), file["success"].tolist())
            found += [row for row in rows if _of_recipe(recipe, row[1])]
    if not found:
        raise AgentError(f"{folder} holds no demonstrations of {recipe.name}", "record them first: gauntlet train ... --until record")
    last = max(seed for _, seed, _ in found)
    if last >= domain.seed_limit:
        raise AgentError(f"{folder}: seed {last} is held out", f"export seeds below {domain.seed_limit} alone")
    return recipe.episodes * recipe.workers, found


def _shards(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.npz") if not path.name.endswith(".part.npz"))


def _of_recipe(recipe: Recipe, seed: int) -> bool:
    worker, number = divmod(seed, recipe.seed_stride)
    return worker < recipe.workers and number < recipe.episodes


def _stored(recipe: Recipe, folder: Path, domain: Domain) -> Iterator[Stored]:
    """The recipe's successful demonstrations, in the order of :func:`_listed`."""
    for path in _shards(folder):
        with np.load(path) as file:
            columns = {name: file[name] for name in file.files}
        images = np.load(path.with_suffix(".images.npy"), mmap_mode="r")
        step_start = np.concatenate([[0], np.cumsum(columns["step_count"])])
        frame_start = np.concatenate([[0], np.cumsum(columns["frame_count"])])
        for row, (seed, success) in enumerate(zip(columns["seed"].tolist(), columns["success"].tolist())):
            if success and _of_recipe(recipe, seed):
                steps, frames = slice(*step_start[row : row + 2]), slice(*frame_start[row : row + 2])
                yield Stored(
                    str(columns["task"][row]),
                    seed,
                    str(columns["instruction"][row]),
                    {name.removeprefix("step."): values[steps] for name, values in columns.items() if name.startswith("step.")},
                    columns["frame.step"][frames],
                    images[frames],
                    columns["projection"].reshape(-1, 3, 4)[domain.view(str(columns["task"][row]))],
                )


def _repeated(jobs: list[tuple[str, str, int]], repeat: Callable[[str, str, int], Repeated] | None, processes: int) -> Iterator[Repeated]:
    if repeat is not None or processes == 1:
        yield from (repeat_episode(*job) if repeat is None else repeat(*job) for job in jobs)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(_repeat_job, jobs, chunksize=4)


def _repeat_job(job: tuple[str, str, int]) -> Repeated:
    return repeat_episode(*job)


def _compare(folder: Path, stored: Stored, again: Repeated) -> int:
    """How many of the recorded images differ. Raises AgentError unless all else is the same."""
    name = f"{folder}: demonstration {stored.task}, seed {stored.seed}"
    cure = "record anew with this version: gauntlet train ... --until record with another --data"
    if stored.instruction != again.instruction:
        raise AgentError(f"{name}: the instruction is now {again.instruction!r}, not {stored.instruction!r}", cure)
    for column, values in stored.steps.items():
        now = again.steps.get(column, np.empty(0))
        if values.shape != now.shape or not np.array_equal(values, now, equal_nan=values.dtype.kind == "f"):
            raise AgentError(f"{name} does not repeat: its {column} differs from the recorded one", cure)
    return int((stored.images != again.frames[stored.frame_step]).any(axis=(1, 2, 3)).sum())


def _columns(stored: Stored, again: Repeated) -> dict[str, NDArray[Any]]:
    """The columns of :data:`FEATURES`."""
    steps = again.steps
    points = [_in_image(steps[name], stored.projection) for name in ("source", "target", "place")]
    return {
        "observation.state": steps["eef"],
        "action": steps["action"],
        "next.success": again.success,
        "next.done": np.arange(len(again.success)) == len(again.success) - 1,
        "disturbed": steps["disturbed"],
        "executed_action": again.executed,
        "truth.points": np.concatenate(points, axis=1).astype(np.float32),
    }


def _in_image(points: NDArray[np.float32], projection: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3) m in the base frame to (n, 2) fractions of the image."""
    u, v, w = projection @ np.concatenate([points, np.ones((len(points), 1))], axis=1).T
    return np.nan_to_num(np.stack([u / w, v / w], axis=1), nan=NOWHERE)
