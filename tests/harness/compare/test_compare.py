"""Comparing runs: pairing, errors, groups, flips, ranking; and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from harness.compare import RunTable, compare, load_run
from harness.errors import ConfigError, StoreError
from tests.synthetic_runs import episode, make_table, scenarios, write_run


def tagged(scenario: str) -> Mapping[str, str]:
    return {"task": f"task {int(scenario) % 3}", "axis": "none" if int(scenario) % 2 else "light"}


def table(name: str, wins: str, **rows: Any) -> RunTable:
    """``wins``: one letter a scenario: 1 success, 0 failure, e error."""
    return make_table({str(k): {"1": True, "0": False, "e": None}[letter] for k, letter in enumerate(wins)}, name, tagged)


def test_pairs_rates_and_flips():
    found = compare([table("a", "1111100"), table("b", "1110011")]).pairs[0]
    (whole,) = found.overall
    assert (whole.pairs, whole.judged, whole.lost, whole.won, whole.p) == (7, 7, 2, 2, 1.0)
    assert (whole.a.rate.value, whole.b.rate.value, whole.difference.value) == (5 / 7, 5 / 7, 0.0)
    assert [(flip.scenario_id, flip.kind) for flip in found.flips] == [("3", "broken"), ("4", "broken"), ("6", "fixed"), ("5", "fixed")]


def test_errors_are_a_third_outcome():
    found = compare([table("a", "111110e0"), table("b", "1110e01e")]).pairs[0]
    (whole,) = found.overall
    assert (whole.pairs, whole.judged, whole.a.errors, whole.b.errors) == (8, 5, 1, 2)
    assert (whole.a.rate.value, whole.b.rate.value) == (4 / 5, 3 / 5)
    assert (whole.a.with_errors.value, whole.b.with_errors.value) == (5 / 8, 4 / 8)
    assert [flip.kind for flip in found.flips].count("error") == 3


def test_groups_are_adjusted_by_holm():
    a, b = table("a", "1" * 30), table("b", "001" * 10)
    found = compare([a, b], by=["task", "axis"]).pairs[0]
    tasks = {group.name: group for group in found.groups["task"]}
    assert tasks["task 0"].p == pytest.approx(2 * 0.5**10)
    assert tasks["task 0"].p_holm == pytest.approx(3 * 2 * 0.5**10)
    assert tasks["task 2"].p_holm == 1.0
    assert {group.name for group in found.groups["axis"]} == {"light", "none"}


def test_the_drop_that_could_be_seen_is_always_there():
    found = compare([table("a", "1" * 30), table("b", "1" * 30)]).pairs[0]
    assert found.overall[0].detectable_drop == pytest.approx(0.245, abs=0.01)
    assert all(group.detectable_drop is not None for group in found.groups["task"])


def test_zero_discordant_pairs_have_p_one():
    (whole,) = compare([table("a", "1100"), table("b", "1100")]).pairs[0].overall
    assert (whole.p, whole.p_holm, whole.difference.value) == (1.0, 1.0, 0.0)
    assert (whole.difference.low or 0) < 0 < (whole.difference.high or 0)


def test_all_errors():
    comparison = compare([table("a", "1111"), table("b", "eeee")])
    (whole,) = comparison.pairs[0].overall
    assert (whole.judged, whole.difference.value, whole.p, whole.detectable_drop) == (0, None, None, None)
    assert whole.difference_with_errors.value == -1.0
    assert any("every pair of a and b has an error" in note for note in comparison.notes)
    json.dumps(comparison.to_json(), allow_nan=False)


def test_suites_that_differ_are_refused_unless_intersected():
    a, b = table("a", "111100"), table("b", "1100")
    with pytest.raises(ConfigError, match=r"the suites differ.*6 scenarios.*4 scenarios.*4 scenarios pair.*--intersect"):
        compare([a, b])
    found = compare([a, b], intersect=True).pairs[0]
    assert (found.overall[0].pairs, found.only_a, found.only_b) == (4, 2, 0)


def test_zero_pairs():
    other = make_table({"x": True}, "b")
    for intersect in (False, True):
        with pytest.raises(ConfigError, match="no scenario in common"):
            compare([table("a", "11"), other], intersect=intersect)


def test_one_run_is_not_enough():
    with pytest.raises(ConfigError, match="1 run to compare"):
        compare([table("a", "1")])


def test_unknown_tags_have_a_hint():
    with pytest.raises(ConfigError, match=r"--by axes: no scenario has the tag .axes..*did you mean axis"):
        compare([table("a", "11"), table("b", "11")], by=["axes"])


def test_success_rules_that_differ():
    a, b = table("a", "11"), table("b", "11")
    any_rule = RunTable("b", {**b.manifest, "suite": {**b.manifest["suite"], "success": "any"}}, b.rows)
    with pytest.raises(ConfigError, match=r"suite.success differs: last in a, any in b.*--success"):
        compare([a, any_rule])
    assert compare([a, any_rule], success="last").success == "last"


def test_settings_that_are_never_pooled_are_given_apart():
    def settings(scenario: str) -> dict[str, str]:
        return {"task": "coke", "setting": "visual_matching" if int(scenario) < 5 else "variant_aggregation"}

    def mixed(name: str) -> RunTable:
        made = make_table({str(k): True for k in range(10)}, name, settings)
        return RunTable(name, {**made.manifest, "suite": {**made.manifest["suite"], "never_pool": ["setting", "robot"]}}, made.rows)

    comparison = compare([mixed("a"), mixed("b")])
    assert [group.name for group in comparison.pairs[0].overall] == ["setting=visual_matching", "setting=variant_aggregation"]
    assert comparison.pairs[0].groups["task"] == []
    assert any("task coke pools several values of setting" in note for note in comparison.notes)


def test_ranking_with_sets_that_cannot_be_told_apart():
    runs = [table("first", "1" * 40), table("second", "1" * 38 + "00"), table("worst", "0" * 40)]
    ranking = compare(runs).ranking
    assert ranking is not None
    assert (ranking.scenarios, ranking.order, ranking.sets) == (40, [0, 1, 2], [[0, 1], [2]])
    assert ranking.p_holm["0-1"] == 0.5
    assert len(compare(runs).pairs) == 2
    assert compare(runs[:2]).ranking is None


# Runs on disk


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return write_run(tmp_path / "a", 40, agent="good", chance=0.9), write_run(tmp_path / "b", 40, agent="bad", chance=0.4, errors=0.1)


def rewritten(root: Path, change: Any) -> Path:
    """A run whose run.json was changed."""
    manifest = json.loads((root / "run.json").read_text())
    (root / "run.json").write_text(json.dumps(change(manifest)))
    return root


def test_continuous_measures_are_compared(pair: tuple[Path, Path]):
    comparison = compare(pair, by=["task", "severity"])
    (whole,) = comparison.pairs[0].overall
    assert {"progress", "steps", "act_seconds", "think_seconds", "stage.encode", "stage.reason"} <= whole.metrics.keys()
    progress = whole.metrics["progress"]
    assert progress.n == whole.judged
    assert progress.cluster == "task"
    assert (progress.difference.low or 0) <= (progress.difference.value or 0) <= (progress.difference.high or 0) < 0
    assert any("rest on 4 tasks only" in note for note in comparison.notes)
    json.dumps(comparison.to_json(), allow_nan=False)


def test_scores_of_the_environment_are_compared_where_they_apply(tmp_path: Path):
    def scored(value: float) -> Any:
        return lambda made: made.model_copy(update={"scores": {"pdms": value * made.scenario.seed, "ttc": None}})

    among = scenarios(12, axes=("none",))
    runs = [write_run(tmp_path / name, among=among, change=scored(value)) for name, value in (("a", 1.0), ("b", 0.5))]
    (whole,) = compare(runs).pairs[0].overall
    assert whole.metrics["score.pdms"].difference.value == pytest.approx(-0.5)
    assert "score.ttc" not in whole.metrics


def test_nan_is_left_out_and_said(pair: tuple[Path, Path]):
    place = pair[1] / "episodes.parquet"
    held = pq.read_table(place)
    progress = held.column("progress").to_pylist()
    judged = [k for k, outcome in enumerate(held.column("outcome").to_pylist()) if outcome != "error"]
    progress[judged[0]], progress[judged[1]] = float("nan"), float("inf")
    index = held.column_names.index("progress")
    pq.write_table(held.set_column(index, "progress", [progress]), place)
    comparison = compare(pair)
    (whole,) = comparison.pairs[0].overall
    assert (whole.metrics["progress"].not_finite, whole.metrics["progress"].n) == (2, whole.judged - 2)
    assert any("progress is not a finite number in 2 of" in note for note in comparison.notes)
    json.dumps(comparison.to_json(), allow_nan=False)


def test_other_scorer_versions_are_refused_by_name(pair: tuple[Path, Path]):
    rewritten(pair[1], lambda m: {**m, "scorer": {"gauntlet": "0"}})
    with pytest.raises(ConfigError, match=r"not comparable: run.json scorer.gauntlet is 1 in .*/a and 0 in .*/b"):
        compare(pair)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"scorer": {"pdms": "1.1"}}, r"another scorer: facts.scorer.pdms is 1.1 in .*/a and 1.0 in .*/b"),
        ({"data": "navtest-2024-09"}, r"another snapshot of the data: facts.data is navtest-2024-09 in .*/a and 1.0 in .*/b"),
    ],
)
def test_other_scorers_or_data_of_an_environment_are_refused(tmp_path: Path, facts: dict[str, Any], words: str):
    old = {key: "1.0" if isinstance(value, str) else {"pdms": "1.0"} for key, value in facts.items()}
    runs = [
        write_run(tmp_path / name, 8, change=lambda made, told=told: made.model_copy(update={"facts": told}))
        for name, told in (("a", facts), ("b", old))
    ]
    with pytest.raises(ConfigError, match=words):
        compare(runs)


def test_a_run_of_schema_1_0_is_compared(pair: tuple[Path, Path]):
    rewritten(pair[0], lambda m: {key: value for key, value in {**m, "schema_version": "1.0"}.items() if key != "scorer"})
    assert compare(pair).pairs[0].overall[0].pairs == 40


@pytest.mark.parametrize("version", ["0.9", "2.0", None])
def test_another_schema_version_is_named(pair: tuple[Path, Path], version: str | None):
    rewritten(pair[0], lambda m: {**m, "schema_version": version})
    with pytest.raises(StoreError, match=rf"/a/run.json: schema_version {version!r}; this Gauntlet reads 1.0 and 1.1"):
        load_run(pair[0])


def test_missing_folders(tmp_path: Path):
    with pytest.raises(StoreError, match="nowhere is not there"):
        load_run(tmp_path / "nowhere")
    with pytest.raises(StoreError, match=r"no run folder .it has no run.json"):
        load_run(tmp_path)


def test_damaged_files_are_named(pair: tuple[Path, Path]):
    (pair[0] / "episodes.parquet").write_bytes(b"PAR1 and nothing")
    with pytest.raises(StoreError, match=r"a/episodes.parquet is damaged"):
        load_run(pair[0])
    (pair[1] / "run.json").write_text('{"name": "b", ')
    with pytest.raises(StoreError, match=r"b/run.json is damaged"):
        load_run(pair[1])


def test_half_written_runs(tmp_path: Path, pair: tuple[Path, Path]):
    """Killed before the tables were written: episodes are read one by one; what is still being written is no episode."""
    root = pair[0]
    (root / "episodes.parquet").unlink()
    for folder in sorted((root / "episodes").iterdir())[:10]:
        folder.rename(root / "episodes" / f".{folder.name}-1-77")
    run = load_run(root)
    assert (len(run.rows), run.missing) == (30, 10)
    comparison = compare(pair)
    assert comparison.pairs[0].overall[0].pairs == 30
    assert any("has no episodes.parquet" in note for note in comparison.notes)
    assert any("10 of 40 scenarios have no episode" in note for note in comparison.notes)
    for folder in (root / "episodes").iterdir():
        folder.rename(tmp_path / folder.name)
    with pytest.raises(StoreError, match=r"a has no episode .*it resumes"):
        load_run(root)


def test_any_file_system(pair: tuple[Path, Path]):
    import fsspec

    memory = fsspec.filesystem("memory")
    for root in pair:
        memory.put(str(root / "run.json"), f"/runs/{root.name}/run.json")
        memory.put(str(root / "episodes.parquet"), f"/runs/{root.name}/episodes.parquet")
    there = compare(["memory://runs/a", "memory://runs/b"]).to_json()
    here = compare(pair).to_json()
    assert there["pairs"] == here["pairs"]


def test_a_table_reads_back_what_was_recorded(tmp_path: Path):
    import numpy as np

    (scenario,) = scenarios(1)
    made = episode(scenario, True, np.random.default_rng(0))
    root = write_run(tmp_path / "a", among=[scenario], change=lambda _: made)
    (row,) = load_run(root).rows.values()
    assert (row.outcome, row.success_last, row.task, row.tags["axis"]) == ("success", True, "put_on", "none")
    assert row.values["steps"] == made.steps
    assert row.values["stage.encode"] == pytest.approx(made.timing.stages["encode"] / made.timing.decisions)
    assert row.facts == made.facts
    assert row.events == [event.model_dump() for event in made.events]
