"""Verdicts, rules and outputs of the gate."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.compare import RunTable
from harness.errors import ConfigError
from harness.gate import GateRule, Verdict, gate, load_rule
from harness.gate.outputs import verdict_junit, verdict_markdown
from harness.gate.sequential_gate import sequential_verdict
from tests.synthetic_runs import make_table, write_run


def table(name: str, wins: str, **tags: Any) -> RunTable:
    outcomes = {str(k): {"1": True, "0": False, "e": None}[letter] for k, letter in enumerate(wins)}
    return make_table(outcomes, name, lambda k: {"task": f"task {int(k) % 2}", **{tag: value(int(k)) for tag, value in tags.items()}})


def ruling(verdict: Verdict, kind: str) -> str:
    return next(check.ruling for check in verdict.checks if check.kind == kind)


OLD = table("old", "1" * 90 + "0" * 10)


def test_the_same_again_passes():
    verdict = gate(table("new", "1" * 90 + "0" * 10), OLD)
    assert (verdict.ruling, verdict.exit_code) == ("pass", 0)
    assert "the smallest drop it could have seen" in verdict.checks[0].text


def test_a_clear_drop_regresses():
    verdict = gate(table("new", "1" * 60 + "0" * 40), OLD)
    assert (verdict.ruling, verdict.exit_code) == ("regress", 1)
    assert ruling(verdict, "success") == "regress"


def test_a_drop_below_the_floor_does_not_regress():
    """However certain: six of a hundred lost, none won, is beyond chance, but the floor is ten points."""
    new = table("new", "1" * 84 + "0" * 16)
    assert gate(new, OLD).ruling == "regress"
    assert gate(new, OLD, GateRule(floor=0.10)).ruling == "pass"


def test_an_interval_that_covers_zero_does_not_regress():
    new = table("new", "1" * 87 + "0" * 13)
    assert gate(new, OLD).ruling == "pass"


def test_too_few_scenarios_are_inconclusive():
    verdict = gate(table("new", "1" * 12), table("old", "1" * 12))
    assert (verdict.ruling, verdict.exit_code) == ("inconclusive", 2)
    assert "a drop of more than 15 points is not excluded" in verdict.checks[0].text


def test_one_task_that_breaks_is_found_in_a_whole_that_hides_it():
    def axis(k: int) -> str:
        return ("light", "none", "camera", "noise")[k % 4]

    old = table("old", "1" * 400, axis=axis)
    new = make_table(
        {str(k): not (k % 4 == 2 and k < 60) for k in range(400)}, "new", lambda k: {"task": f"task {int(k) % 2}", "axis": axis(int(k))}
    )
    verdict = gate(new, old, GateRule(floor=0.1))
    assert ruling(verdict, "success") == "pass"
    broken = [check.name for check in verdict.checks if check.ruling == "regress"]
    assert broken == ["task+axis task 0 / camera"]
    assert verdict.exit_code == 1


def test_errors_and_missing_episodes():
    verdict = gate(table("new", "1" * 90 + "e" * 10), OLD)
    assert ruling(verdict, "errors") == "regress"
    assert gate(table("new", "1" * 90 + "e" * 10), OLD, GateRule(max_error_rate=0.1)).ruling == "pass"
    fewer = RunTable("new", OLD.manifest, dict(list(OLD.rows.items())[:95]))
    verdict = gate(fewer, OLD)
    assert ruling(verdict, "missing") == "inconclusive"
    assert gate(fewer, OLD, GateRule(max_missing=5)).ruling == "pass"


def test_all_errors():
    verdict = gate(table("new", "e" * 100), OLD)
    assert ruling(verdict, "success") == "inconclusive"
    assert "no pair has a result in both runs" in verdict.checks[0].text
    assert verdict.ruling == "regress"  # by the error rate
    json.dumps(verdict.to_json(), allow_nan=False)


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    """(baseline, run): both good, the second one twice as slow."""

    def slower(made: Any) -> Any:
        return made.model_copy(update={"timing": made.timing.model_copy(update={"act": 2.2 * made.timing.act})})

    return write_run(tmp_path / "old", 80, agent="good", chance=0.95), write_run(
        tmp_path / "new", 80, agent="good", chance=0.95, change=slower
    )


def test_latency_is_the_ratio_of_medians(runs: tuple[Path, Path]):
    old, new = runs
    verdict = gate(new, old)
    (check,) = [check for check in verdict.checks if check.kind == "latency"]
    assert check.ruling == "regress"
    assert check.facts["ratio"] == pytest.approx(2.2, abs=0.05)
    assert ruling(gate(new, old, load_rule(overrides=["latency.max_ratio=3"])), "latency") == "pass"
    assert not any(check.kind == "latency" for check in gate(new, old, load_rule(overrides=["latency.max_ratio=null"])).checks)


def test_latency_of_other_hardware_is_not_judged(runs: tuple[Path, Path]):
    old, new = runs
    manifest = json.loads((new / "run.json").read_text())
    (new / "run.json").write_text(json.dumps({**manifest, "hardware": {"cpu": "another", "cores": 64}}))
    verdict = gate(new, old)
    assert ruling(verdict, "latency") == "not judged"
    assert verdict.ruling == "pass"


def test_measures_are_gated_where_the_rule_names_them(tmp_path: Path):
    def scored(value: float) -> Any:
        return lambda made: made.model_copy(update={"scores": {"pdms": value + 0.001 * made.steps, "jerk": -value}})

    old, new = (write_run(tmp_path / name, 40, chance=1.0, change=scored(value)) for name, value in (("old", 0.9), ("new", 0.8)))
    better = load_rule(overrides=["measures={score.pdms: {floor: 0.05}, score.jerk: {better: lower}}"])
    verdict = gate(new, old, better)
    assert {check.name: check.ruling for check in verdict.checks if check.kind == "measure"} == {
        "score.pdms": "regress",
        "score.jerk": "regress",
    }
    assert ruling(gate(new, old, load_rule(overrides=["measures={score.pdms: {floor: 0.2}}"])), "measure") == "pass"
    with pytest.raises(ConfigError, match=r"measures.score.pmds is not in both runs.*did you mean score.pdms"):
        gate(new, old, load_rule(overrides=["measures={score.pmds: {}}"]))


# Rules


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["flor=0.1"], r"unknown key 'flor'.*did you mean floor"),
        (["latency.max_ration=2"], r"latency: unknown key 'max_ration'.*max_ratio"),
        (["floor=-1"], r"floor=-1: .*greater than or equal to 0"),
        (["floor=much"], r"floor='much': .*number"),
        (["floor"], r"'floor' is no override"),
    ],
)
def test_wrong_keys_and_values_of_a_rule(overrides: list[str], words: str):
    with pytest.raises(ConfigError, match=words):
        load_rule(overrides=overrides)


def test_unknown_rules_and_files(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"unknown gate rule 'defalt'.*default"):
        load_rule("defalt")
    with pytest.raises(ConfigError, match="does not exist"):
        load_rule(str(tmp_path / "mine.yaml"))
    (tmp_path / "mine.yaml").write_text("floor: 0.2\nlatency: {max_ratio: null}\n")
    rule = load_rule(str(tmp_path / "mine.yaml"))
    assert (rule.name, rule.floor, rule.latency.max_ratio) == ("mine", 0.2, None)


def test_the_shipped_rule_is_the_default():
    assert load_rule() == GateRule()


# Outputs


def test_junit_has_a_case_a_task_and_axis():
    def axis(k: int) -> str:
        return "light" if k < 50 else "none"

    old, new = table("old", "1" * 100, axis=axis), table("new", "1" * 50 + "0" * 50, axis=axis)
    tree = ET.fromstring(verdict_junit(gate(new, old)))
    cases = {case.get("name"): case for case in tree.iter("testcase")}
    assert {"task+axis task 0 / light", "task+axis task 1 / none"} <= cases.keys()
    assert cases["task+axis task 1 / none"].find("failure") is not None
    assert cases["task+axis task 0 / light"].find("failure") is None
    suite = tree.find("testsuite")
    assert suite is not None
    assert int(suite.get("failures", 0)) == len(list(tree.iter("failure"))) == 3
    assert int(suite.get("tests", 0)) == len(cases)
    assert int(suite.get("skipped", 0)) == len(list(tree.iter("skipped")))


def test_markdown_is_a_table():
    text = verdict_markdown(gate(table("new", "1" * 60 + "0" * 40), OLD))
    assert text.startswith("## Gate: REGRESS\n")
    header = next(line for line in text.splitlines() if line.startswith("| check"))
    assert header.count("|") == 4
    assert "scenarios that got worse" in text


# Sequential


def test_sequential_stops_early_for_what_is_clearly_worse():
    old = table("old", "1" * 100)
    half = table("new", "0" * 100)
    partial = RunTable("new", old.manifest, {key: half.rows[key] for key in sorted(half.rows)[:12]})
    verdict = sequential_verdict(partial, old, GateRule())
    assert verdict.ruling == "regress"
    assert verdict.sequential is not None
    assert verdict.sequential["decided_at"] <= 10
    assert not any(check.kind in ("missing", "group") for check in verdict.checks)


def test_sequential_goes_on_while_nothing_is_known():
    old = table("old", "1" * 100)
    partial = RunTable("new", old.manifest, {key: old.rows[key] for key in sorted(old.rows)[:5]})
    verdict = sequential_verdict(partial, old, GateRule())
    assert (verdict.ruling, verdict.exit_code) == ("inconclusive", 2)
    assert "go on" in verdict.checks[0].text


def test_sequential_passes_what_is_the_same():
    old = table("old", "1" * 100)
    verdict = sequential_verdict(old, old, GateRule())
    assert verdict.ruling == "pass"
    assert (verdict.sequential or {})["decided_at"] < 50


# The command


def test_exit_codes_and_files(tmp_path: Path, gauntlet_here: Callable[..., subprocess.CompletedProcess[str]]):
    for name, chance in (("old", 0.95), ("same", 0.95), ("worse", 0.4)):
        write_run(tmp_path / name, 80, agent="agent", chance=chance)
    assert gauntlet_here("gate", "same", "--baseline", "old").returncode == 0
    bad = gauntlet_here("gate", "worse", "--baseline", "old", "--json", "v.json", "--markdown", "v.md", "--junit", "v.xml")
    assert bad.returncode == 1
    assert "regress (exit code 1)" in bad.stdout
    assert json.loads((tmp_path / "v.json").read_text())["ruling"] == "regress"
    assert (tmp_path / "v.md").read_text().startswith("## Gate: REGRESS")
    ET.parse(tmp_path / "v.xml")
    assert gauntlet_here("gate", "same", "--baseline", "old", "tolerance=0.01").returncode == 2
    wrong = gauntlet_here("gate", "same", "--baseline", "od")
    assert wrong.returncode == 2
    assert "neither a run folder nor a baseline" in wrong.stderr
    told = gauntlet_here("gate", "worse", "--baseline", "old", "--sequential")
    assert told.returncode == 1
    assert "for a true drop of 15 points" in told.stdout
    assert "episodes on average" in told.stdout


def test_a_run_is_started_and_stopped_once_decided(tmp_path: Path, gauntlet_here: Callable[..., subprocess.CompletedProcess[str]]):
    """The expert solves the toy suite, the idle agent none of it: a few episodes are enough."""
    (tmp_path / "many.yaml").write_text((tmp_path / "toy.yaml").read_text().replace("[0, 3]", "[20, 60]").replace("toy/six", "toy/many"))
    common = ["record=none", "executor=inline"]
    assert gauntlet_here("run", "suite=many.yaml", "agent=expert", "name=good", *common, "-q").returncode == 0
    starts = [part for given in ("suite=many.yaml", "agent=hold", *common) for part in ("--start", given)]
    told = gauntlet_here("gate", "results/idle", "--baseline", "results/good", "--sequential", *starts)
    assert told.returncode == 1, told.stderr
    done = len(list((tmp_path / "results" / "idle" / "episodes").iterdir()))
    assert 5 <= done <= 12
    again = gauntlet_here("gate", "results/idle", "--baseline", "results/good", "--sequential", *starts)
    assert again.returncode == 1
    assert len(list((tmp_path / "results" / "idle" / "episodes").iterdir())) == done
    lone = gauntlet_here("gate", "results/idle", "--baseline", "results/good", "--start", "suite=many.yaml")
    assert "--start goes with --sequential" in lone.stderr
