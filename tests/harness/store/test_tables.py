"""The tables that are derived from a run's episodes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from harness.episode import Episode, EpisodeError, StoredEvent, Timing
from harness.metrics import METRICS
from harness.scenario import Scenario
from harness.statistics import macro, wilson
from harness.store.tables import episodes_table, summarise

MANIFEST: dict[str, Any] = {
    "name": "run",
    "suite": {"name": "toy/few", "scenarios": 7, "tasks": ["lift", "push", "never"]},
    "agent": {"name": "tester"},
}


def episode(seed: int, task: str, last: bool | None, anywhere: bool | None = None, **fields: Any) -> Episode:
    scenario = Scenario(env="toy/Bare-v0", seed=seed, max_steps=10, tags={"task": task, "severity": 2})
    base: dict[str, Any] = {
        "scenario_id": scenario.id,
        "scenario": scenario,
        "agent": "tester",
        "agent_seed": seed,
        "outcome": "error" if last is None else "success" if last else "failure",
        "success_last": last,
        "success_any": last if anywhere is None else anywhere,
        "steps": 10,
    }
    return Episode(**{**base, **fields})


EPISODES = [
    episode(0, "lift", True, steps=4, timing=Timing(act=0.4, stages={"encode": 0.4}, decisions=2)),
    episode(1, "lift", True, steps=8, timing=Timing(act=1.6, stages={"encode": 1.2}, decisions=2)),
    episode(2, "lift", False, anywhere=True, events=[StoredEvent(name="dropped", step=3)], facts={"layout": 4}),
    episode(3, "lift", None, error=EpisodeError(kind="WorkerLost", phase="step", step=3, message="killed"), steps=3),
    episode(4, "push", False, videos={"top": "top.mp4"}),
    episode(5, "push", None, error=EpisodeError(kind="ValueError", phase="act", step=1, message="no"), steps=1),
]


def test_errors_are_a_third_outcome():
    summary = summarise(EPISODES, MANIFEST, "last")
    assert summary["overall"]["episodes"] == 6
    assert summary["overall"]["errors"] == 2
    assert summary["overall"]["success"] == wilson(2, 4).to_json()
    assert summary["overall"]["success_with_errors"] == wilson(2, 6).to_json()
    lift = summary["tasks"]["lift"]
    assert (lift["episodes"], lift["errors"], lift["success"]["k"], lift["success"]["n"]) == (4, 1, 2, 3)


def test_the_suites_rule_decides():
    assert summarise(EPISODES, MANIFEST, "last")["overall"]["success"]["k"] == 2
    assert summarise(EPISODES, MANIFEST, "any")["overall"]["success"]["k"] == 3


def test_what_is_missing_is_told():
    summary = summarise(EPISODES, MANIFEST, "last")
    assert summary["missing"] == 1
    assert list(summary["tasks"]) == ["lift", "push", "never"]
    assert summary["tasks"]["never"]["success"] == wilson(0, 0).to_json()


def test_macro_weighs_tasks():
    expected = macro([wilson(2, 3), wilson(0, 1)])
    assert expected is not None
    assert summarise(EPISODES, MANIFEST, "last")["overall"]["macro"] == expected.to_json()


def test_metrics_count_only_where_they_apply():
    metrics = summarise(EPISODES, MANIFEST, "last")["tasks"]["lift"]["metrics"]
    assert set(metrics) == set(METRICS)
    assert (metrics["steps"]["n"], metrics["steps"]["mean"], metrics["steps"]["median"]) == (3, pytest.approx(22 / 3), 8)
    assert metrics["success_any"] == wilson(3, 3).to_json()
    assert metrics["steps_to_success"] == {"n": 0}


def test_seconds_per_stage_are_per_decision():
    assert summarise(EPISODES, MANIFEST, "last")["tasks"]["lift"]["seconds_per_stage"] == {"encode": pytest.approx(0.4)}


def test_the_summary_is_json():
    json.dumps(summarise(EPISODES, MANIFEST, "last"), allow_nan=False)
    json.dumps(summarise([], MANIFEST, "last"), allow_nan=False)


def test_rows():
    rows = {row["seed"]: row for row in episodes_table(EPISODES, MANIFEST, "last").to_pylist()}
    assert len(rows) == 6
    assert [rows[k]["success"] for k in range(6)] == [True, True, False, None, False, None]
    assert [rows[k]["outcome"] for k in range(6)] == ["success", "success", "failure", "error", "failure", "error"]
    assert rows[3]["error"] == "killed"
    assert rows[3]["steps"] is None  # a metric that does not apply is null, not 0
    assert rows[0]["steps"] == 4.0
    assert rows[0]["task"] == "lift"
    assert rows[0]["tag.severity"] == "2"
    assert rows[0]["seconds.act"] == 0.4
    assert json.loads(rows[2]["events"]) == [{"name": "dropped", "step": 3, "detail": {}}]
    assert json.loads(rows[2]["facts"]) == {"layout": 4}
    assert json.loads(rows[4]["videos"]) == {"top": f"episodes/{EPISODES[4].scenario_id}/top.mp4"}
    assert [row["success"] for row in episodes_table(EPISODES, MANIFEST, "any").to_pylist()] == [True, True, True, None, False, None]


def test_one_query_over_two_runs(play: Callable[..., Any], toys: Callable[..., Any], tmp_path: Path):
    """All columns have the same type in every run, even where one has only nulls."""
    play(toys(4), "expert", "name=strong")
    play(toys(4), "hold", "name=weak")
    query = f"select agent, count(*) n, avg(success::int) rate, any_value(error) from '{tmp_path}/*/episodes.parquet' group by agent order by agent"
    assert duckdb.connect().execute(query).fetchall() == [("expert", 4, 1.0, None), ("hold", 4, 0.0, None)]
    assert pq.read_schema(tmp_path / "strong" / "episodes.parquet") == pq.read_schema(tmp_path / "weak" / "episodes.parquet")


def test_files_of_a_run(play: Callable[..., Any], toys: Callable[..., Any]):
    result = play(toys(4), "expert")
    assert json.loads((result.root / "summary.json").read_text()) == result.summary
    assert result.summary["overall"]["success"]["k"] == 4
    assert pq.read_table(result.root / "episodes.parquet").num_rows == 4


def test_scores_are_columns_and_summarised(tmp_path: Path):
    scored = [
        episode(0, "drive", True, scores={"pdms": 0.5, "ttc": None}),
        episode(1, "drive", False, scores={"pdms": 1.0, "ttc": None}),
        episode(2, "drive", None, scores={}),
    ]
    table = episodes_table(scored, MANIFEST, "last")
    assert table.column("score.pdms").to_pylist() == [0.5, 1.0, None]
    assert table.column("score.ttc").to_pylist() == [None] * 3
    assert str(table.schema.field("score.ttc").type) == "double"
    drive = summarise(scored, MANIFEST, "last")["tasks"]["drive"]
    assert drive["scores"] == {"pdms": {"n": 2, "mean": 0.75, "median": 0.75}, "ttc": {"n": 0}}
