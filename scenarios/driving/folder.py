"""Writes generated scenes as a folder of NAVSIM data: logs, maps, second stages, index, labels, manifest and, if asked for, images.

Worlds are made in processes of their own and written by them; the maps and tables are put together at the end, in the order of the indices: one (suite, split, seed, n) gives the same bytes whatever the number of processes.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from envs.driving.formats import DataIndex, write_index, write_log, write_synthetic_scene
from envs.driving.formats.data_index import Mapping2
from envs.driving.map import MapBuilder, write_map
from harness.errors import ConfigError
from harness.provenance import git_commit
from scenarios.driving.generate import GeneratedScene
from scenarios.driving.images import add_images
from scenarios.driving.map_export import CRS, LOCATIONS, add_world, location
from scenarios.driving.splits import TEST_ONLY_FORMS, TEST_ONLY_SITUATIONS, indices
from scenarios.driving.world.make import make_world
from scenarios.driving.world.world import World

SYNTHETIC = "synth_two_stage/synthetic_scene_pickles"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Order:
    """What to make: the first `n` scenes of `suite` in `split`, of series `seed`; with two stages and images or not."""

    suite: str
    split: str
    seed: int
    n: int
    two_stage: bool = True
    images: bool = False
    cameras: tuple[str, ...] = ("CAM_F0",)
    size: tuple[int, int] = (256, 144)


@dataclass(frozen=True)
class _Made:
    """What is left of a scene when its files are written."""

    world: World
    token: str
    previous: str
    synthetic: tuple[tuple[str, str], ...]
    labels: tuple[dict[str, Any], dict[str, Any]]


def write_folder(out: Path, order: Order, workers: int = 1, progress: Callable[[int], None] | None = None) -> dict[str, Any]:
    """Make the scenes of `order` and write them to the new folder `out`; the manifest. Raises ConfigError where `out` holds something already or `order` names something unknown."""
    chosen = indices(order.suite, order.split, order.n)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"{out} is there already", "name a new folder, or remove it")
    logs = out / "navsim_logs" / order.split
    for folder in (logs, out / "maps", *((out / SYNTHETIC,) if order.two_stage else ())):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        made: list[_Made] = []
        for one in _all(out, order, chosen, workers):
            made.append(one)
            if progress:
                progress(len(made))
        _write_maps(out / "maps", [one.world for one in made])
        return _write_tables(out, order, made)
    except BaseException:
        shutil.rmtree(out, ignore_errors=True)  # half a folder is worse than none
        raise


def _all(out: Path, order: Order, chosen: list[int], workers: int) -> Iterator[_Made]:
    jobs = [(out, order, index) for index in chosen]
    if workers <= 1 or len(jobs) < 4:
        yield from map(_make, jobs)
        return
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(_make, jobs, chunksize=2)
        pool.close()
        pool.join()


def _make(job: tuple[Path, Order, int]) -> _Made:
    out, order, index = job
    scene = GeneratedScene(*make_world(order.split, order.seed, index))
    log = add_images(out / "sensor_blobs" / order.split, scene, order.cameras, order.size) if order.images else scene.log
    write_log(out / "navsim_logs" / order.split, log)
    pairs: list[tuple[str, str]] = []
    if order.two_stage:
        for now, before in scene.second_stage:
            for part in (now, before):
                write_synthetic_scene(out / SYNTHETIC, part)
            pairs.append((now.token, before.token))
    return _Made(scene.world, scene.scene.token, scene.previous.token, tuple(pairs), (scene.previous_labels, scene.labels))


def _write_maps(folder: Path, worlds: Iterable[World]) -> None:
    """All four locations, for NAVSIM's devkit opens all of them; one without a scene of its own gets the first world's roads."""
    by_location: dict[str, list[World]] = {name: [] for name in LOCATIONS}
    every = list(worlds)
    for world in every:
        by_location[location(world.index)].append(world)
    for name in LOCATIONS:
        builder = MapBuilder(name, CRS[name])
        for world in by_location[name] or every[:1]:
            add_world(builder, world)
        write_map(folder, builder.build())


def _write_tables(out: Path, order: Order, made: list[_Made]) -> dict[str, Any]:
    tokens = tuple(token for one in made for token in (one.previous, one.token))
    synthetic = tuple(token for one in made for pair in one.synthetic for token in pair)
    mapping: tuple[Mapping2, ...] = tuple((one.token, one.previous, one.synthetic) for one in made if one.synthetic)
    write_index(out, DataIndex(order.split, tokens, synthetic, mapping))
    rows = [json.dumps(row, sort_keys=True) for one in made for row in one.labels]
    (out / "labels.jsonl").write_text("\n".join(rows) + "\n")
    commit = git_commit(Path(__file__).parent)
    manifest: dict[str, Any] = {
        "format": FORMAT_VERSION,
        "suite": order.suite,
        "split": order.split,
        "seed": order.seed,
        "n": order.n,
        "images": {"cameras": order.cameras, "size": order.size} if order.images else None,
        "indices": [one.world.index for one in made],
        "counts": {
            "scenes": len(made), "tokens": len(tokens), "synthetic": len(synthetic),
            "forms": dict(sorted(Counter(one.world.form for one in made).items())),
            "situations": dict(sorted(Counter(one.world.situation for one in made).items())),
            "pairs": sum(one.labels[1]["negative"] is not None for one in made),
        },
        "test_only": {"forms": sorted(TEST_ONLY_FORMS), "situations": sorted(TEST_ONLY_SITUATIONS)},
        "commit": commit["commit"] if commit else None,
        "sha256": {str(path.relative_to(out)): _digest(path) for path in sorted(out.rglob("*")) if path.is_file()},
    }  # fmt: skip
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    return manifest


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
