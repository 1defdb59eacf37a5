"""Run folders: one writer, one run, nothing lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.episode import Episode
from harness.errors import ConfigError, StoreError
from harness.scenario import Scenario
from harness.store import RunStore, write_episode
from harness.store.run_store import run_folder
from tests.harness.conftest import REPOSITORY

SCENARIO = Scenario(env="toy/Bare-v0", max_steps=10)
MANIFEST: dict[str, Any] = {
    "name": "run",
    "created": "today",
    "identity": {"suite": {"name": "few", "hash": "abc"}, "agent": {"name": "hold"}, "seed": 0},
}


def manifest(**identity: Any) -> dict[str, Any]:
    return {**MANIFEST, "identity": {**MANIFEST["identity"], **identity}}


def opened(root: Path, **identity: Any) -> RunStore:
    store = RunStore(root)
    store.open(manifest(**identity))
    return store


def put(store: RunStore, outcome: Any = "failure") -> Path:
    folder = store.temporary(SCENARIO.id, 1)
    write_episode(folder, Episode(scenario_id=SCENARIO.id, scenario=SCENARIO, agent="hold", agent_seed=0, outcome=outcome), None)
    return store.commit(folder, SCENARIO.id)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "results" / "run"


# Whose folder it is


def test_made_and_read_back(root: Path):
    opened(root).close()
    store = RunStore.read(root)
    assert store.manifest()["identity"] == MANIFEST["identity"]
    assert store.manifest()["sessions"] == 1


def test_the_same_run_may_open_it_again(root: Path):
    opened(root).close()
    again = RunStore(root)
    again.open({**MANIFEST, "created": "tomorrow"})
    assert again.manifest()["sessions"] == 2
    assert again.manifest()["created"] == "today"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"suite": {"name": "few", "hash": "xyz"}}, 'suite.hash was "abc", now "xyz"'),
        ({"agent": {"name": "expert"}}, 'agent.name was "hold", now "expert"'),
        ({"agent": {"name": "hold", "noise": 0.5}}, "agent.noise was null, now 0.5"),
        ({"seed": 1}, "seed was 0, now 1"),
    ],
)
def test_another_run_is_refused_naming_the_key(root: Path, other: dict[str, Any], words: str):
    store = opened(root)
    put(store)
    store.close()
    before = (root / "run.json").read_bytes()
    with pytest.raises(StoreError, match=f"holds another run: {words}.*name=NAME"):
        opened(root, **other)
    assert (root / "run.json").read_bytes() == before
    opened(root)  # and it was let go again


def test_a_folder_without_episodes_is_free(root: Path):
    """A first try with a mistake in it must not stand in the way of the second."""
    opened(root, agent={"name": "hodl"}).close()
    store = opened(root)
    assert store.manifest()["identity"] == MANIFEST["identity"]


def test_other_weights_are_refused(root: Path):
    store = opened(root)
    store.confirm({"weights": "v1"})
    put(store)
    store.close()
    store = opened(root)
    store.confirm({"weights": "v1"})
    store.close()
    with pytest.raises(StoreError, match=r'fingerprint.weights was "v1", now "v2"'):
        opened(root).confirm({"weights": "v2"})
    assert RunStore.read(root).manifest()["identity"]["fingerprint"] == {"weights": "v1"}


def test_interrupted_before_the_weights_were_known(root: Path):
    opened(root).close()
    store = opened(root)
    store.confirm({"weights": "v2"})
    assert store.manifest()["identity"]["fingerprint"] == {"weights": "v2"}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"name": "run"}'])
def test_a_damaged_manifest_is_refused(root: Path, content: str):
    opened(root).close()
    (root / "run.json").write_text(content)
    with pytest.raises(StoreError, match=r"run\.json is damaged"):
        opened(root)


def test_no_run_folder(tmp_path: Path):
    with pytest.raises(StoreError, match="no run folder"):
        RunStore.read(tmp_path)


# One writer


def test_a_second_writer_is_refused(root: Path):
    first = opened(root)
    with pytest.raises(StoreError, match=r"being written by another run.*name=NAME"):
        opened(root)
    first.close()
    opened(root)


def test_a_killed_writer_leaves_no_lock(root: Path):
    code = f"""
import pathlib, sys, time
from harness.store import RunStore
store = RunStore(pathlib.Path({str(root)!r}))
store.open({MANIFEST!r})
print("open", flush=True)
time.sleep(600)
"""
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match="being written by another run"):
            opened(root)
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    opened(root)


@pytest.mark.parametrize("place", ["file", "proc"])
def test_not_writable(tmp_path: Path, place: str):
    (tmp_path / "file").write_text("")
    results = tmp_path / "file" / "results" if place == "file" else Path("/proc/results")
    with pytest.raises(StoreError, match=r"cannot be written: .*results=DIR"):
        opened(results / "run")


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "a\\b", "a\0b"])
def test_names_that_would_leave_the_folder(name: str):
    with pytest.raises(ConfigError, match="no folder name"):
        run_folder("results", name)


# Episodes


def test_an_episode_appears_whole(root: Path):
    store = opened(root)
    assert store.load(SCENARIO.id) is None
    folder = store.temporary(SCENARIO.id, 1)
    assert store.load(SCENARIO.id) is None
    assert list(store.read_episodes()) == []
    folder.rmdir()
    place = put(store)
    loaded = store.load(SCENARIO.id)
    assert loaded is not None
    assert loaded.outcome == "failure"
    assert [(path, e.outcome) for path, e in store.read_episodes()] == [(place, "failure")]


def test_a_later_attempt_replaces_an_errored_one(root: Path):
    store = opened(root)
    put(store, "error")
    put(store, "success")
    loaded = store.load(SCENARIO.id)
    assert loaded is not None
    assert loaded.outcome == "success"


def test_what_an_interrupted_run_was_writing_is_removed(root: Path):
    store = opened(root)
    half = store.temporary(SCENARIO.id, 1)
    (half / "top.mp4").write_bytes(b"half")
    put(store)
    store.close()
    store = opened(root)
    assert [path.name for path in store.episodes.iterdir()] == [SCENARIO.id]


def test_a_damaged_episode_goes_to_quarantine_with_the_reason(root: Path):
    store = opened(root)
    for number in range(2):
        place = put(store)
        (place / "episode.json").write_text("{")
        assert store.load(SCENARIO.id) is None
        kept = store.quarantine / f"{SCENARIO.id}-{number}"
        assert (kept / "episode.json").read_text() == "{"
        assert "episode.json does not match its checksum" in (kept / "WHY.txt").read_text()
    assert len(store.quarantined) == 2
    assert list(store.read_episodes()) == []


def test_files_are_replaced_in_one_step(root: Path):
    store = opened(root)
    store.write_json("summary.json", {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        store.write_json("summary.json", {"a": float("nan")})
    assert json.loads((root / "summary.json").read_text()) == {"a": 1}
