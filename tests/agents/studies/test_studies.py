from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents.studies.command import main
from agents.studies.question import load_question, question_names
from harness.config import compose
from harness.errors import ConfigError

TOY = """
name: toy
question: Does it matter?
suites: [{{suite: {suite}}}]
reference: slow
arms:
  - {{label: slow, agent: random}}
  - {{label: quick, agent: hold}}
  - {{label: absent, agent: nobody, needs: "made by: nothing"}}
measures: [steps, seconds.act]
contrast: {{tag: gain, clean: "0.5"}}
"""
SUITE = """# @package suite
name: toys
success: last
common: {max_steps: 6}
entries:
  - env: harness.conformance.toy_env:gauntlet/Toy-v0
    tags: {task: toy}
    axes: [{key: seed, range: [0, 4]}, {name: gain, variants: {"0.5": {options.gain: 0.5}, "1.0": {options.gain: 1.0}}}]
"""


@pytest.mark.parametrize("name", question_names())
def test_every_shipped_question_can_be_read_and_its_suites_exist(name: str) -> None:
    question = load_question(name)
    for suite in question.suites:
        assert compose([f"suite={suite.suite}", "agent=random", *suite.overrides])["suite"]["name"] == suite.suite


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("reference: slow", "reference: nobody"), "no arm"),
        (("label: quick", "label: slow"), "same label"),
        (("label: quick", "label: on"), "quotes"),
        (("measures:", "mesures:"), "mesures"),
        (("arms:", "arms: ]"), "YAML"),
    ],
)
def test_what_is_wrong_in_a_question_is_named(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    file = tmp_path / "q.yaml"
    file.write_text(TOY.format(suite="tabletop/demo").replace(*change))
    with pytest.raises(ConfigError, match=message) as error:
        load_question(str(file))
    assert "q.yaml" in str(error.value)


def test_unknown_names() -> None:
    with pytest.raises(ConfigError, match="spatial-prompt"):
        load_question("spatial-promt")
    with pytest.raises(ConfigError, match="vanilla"):
        main(["spatial-prompt", "--arms", "vanila", "--dry"])


def test_a_study_runs_resumes_and_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite, file = tmp_path / "toys.yaml", tmp_path / "q.yaml"
    suite.write_text(SUITE)
    file.write_text(TOY.format(suite=suite))
    arguments = [str(file), "executor=inline", "--results", str(tmp_path / "out")]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "Does it matter?" in shown
    assert "left out: absent" in shown
    found = json.loads((tmp_path / "out" / "toy" / "answer.json").read_text())
    slow, quick = found["arms"]
    assert (slow["label"], slow["difference"], slow["rate"]["n"]) == ("slow", None, 8)
    assert quick["difference"]["value"] == pytest.approx((quick["rate"]["k"] - slow["rate"]["k"]) / 8)
    assert set(slow["contrasts"]) == {"0.5", "1.0"}
    assert slow["measures"]["steps"] > 0
    before = sorted((tmp_path / "out").rglob("episode.json"))
    assert len(before) == 16
    times = [path.stat().st_mtime_ns for path in before]
    assert main(arguments) == 0
    assert [path.stat().st_mtime_ns for path in before] == times  # nothing ran again


def test_a_dry_study_names_its_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["controls", "--dry"]) == 0
    assert "DeprivedVlaAgent" in capsys.readouterr().out
