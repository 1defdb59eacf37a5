"""Fixtures of the harness's tests: toy suites, runs in a temporary folder, and the command as a person calls it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from harness.cli import main
from harness.episode import Episode
from harness.evaluation import evaluate
from harness.execution.runner import RunResult
from harness.scenario import Scenario
from harness.store import RunStore
from harness.suite import Suite

REPOSITORY = Path(__file__).parents[2]
TOY = "harness.conformance.toy_env:gauntlet/Toy-v0"
GAUNTLET = str(Path(sys.executable).with_name("gauntlet"))


@pytest.fixture
def toys() -> Callable[..., Suite]:
    """``toys(n)``: a suite of n toy scenarios; keyword arguments are fields of every scenario."""

    def make(count: int = 4, **fields: Any) -> Suite:
        common = {"env": TOY, "max_steps": 12, "tags": {"task": "reach"}, **fields}
        return Suite(name="toy/few", scenarios=tuple(Scenario(**{"seed": seed, **common}) for seed in range(count)))

    return make


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., RunResult]:
    """``play(suite, agent, *overrides)``: run it quietly into ``tmp_path``, inline and without videos unless told otherwise."""

    def run(
        suite: Suite | str, agent: Any = "expert", *overrides: str, executor: Any = "inline", watchers: Sequence[Any] = ()
    ) -> RunResult:
        given = [f"results={tmp_path}", "name=run", "record=none", *overrides]
        return evaluate(suite, agent, executor=executor, overrides=given, watchers=list(watchers))

    return run


@pytest.fixture
def episodes() -> Callable[[Path], dict[str, Episode]]:
    """``episodes(root)``: the episodes of a run folder, checked, by scenario id."""

    def read(root: Path) -> dict[str, Episode]:
        return {episode.scenario_id: episode for _, episode in RunStore.read(root).read_episodes()}

    return read


@pytest.fixture
def step_bytes() -> Callable[[Path], dict[str, dict[str, bytes]]]:
    """``step_bytes(root)``: {scenario id: {column: its bytes}} of every column of steps.parquet but the wall times."""

    def column_bytes(column: Any) -> bytes:
        whole = column.combine_chunks()
        return b"".join(bytes(buffer) if buffer is not None else b"-" for buffer in whole.buffers())

    def read(root: Path) -> dict[str, dict[str, bytes]]:
        found = {}
        for path in sorted(root.glob("episodes/*/steps.parquet")):
            table = pq.read_table(path)
            found[path.parent.name] = {
                name: str(table.schema.field(name)).encode() + column_bytes(table.column(name))
                for name in table.column_names
                if not name.startswith("seconds.")
            }
        return found

    return read


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment variables of a ``gauntlet`` started by a test: tests' own modules can be imported."""
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "TERM": "dumb"}


@pytest.fixture
def gauntlet(tmp_path: Path, environment: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``gauntlet(*arguments)``: the command itself, run in ``tmp_path``, which holds the suite file ``toy.yaml`` (6 scenarios)."""
    (tmp_path / "toy.yaml").write_text(TOY_SUITE)

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([GAUNTLET, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)

    return call


@pytest.fixture
def gauntlet_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Like ``gauntlet``, but in this process, which saves a second a call."""
    (tmp_path / "toy.yaml").write_text(TOY_SUITE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["gauntlet", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        code = ended.value.code
        return subprocess.CompletedProcess(arguments, code if isinstance(code, int) else 0, said.out, said.err)

    return call


TOY_SUITE = f"""
name: toy/six
common: {{max_steps: 12, env: "{TOY}"}}
entries:
  - {{tags: {{task: near}}, axes: [{{key: seed, range: [0, 3]}}]}}
  - {{tags: {{task: far}}, axes: [{{key: seed, range: [10, 13]}}]}}
"""
