"""``gauntlet study NAME``: run what is missing, print the answer. Runs are kept: the same command again resumes, and prints at once when all is there."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from agents.studies.question import Arm, Question, SuiteOf, load_question, question_names
from harness.errors import AgentError, ConfigError


def main(arguments: list[str]) -> int:
    """The command's exit code: 0, or 3 where episodes ended in errors."""
    parser = argparse.ArgumentParser(prog="gauntlet study", description=__doc__)
    parser.add_argument("name", nargs="?", help="a study, or a YAML file of yours; none: list them")
    parser.add_argument("overrides", nargs="*", help="of every run, as executor.workers=2 limit=24 record=light")
    parser.add_argument("--arms", nargs="+", metavar="LABEL", help="only these, and the reference")
    parser.add_argument("--suite", nargs="+", help="run these suites instead of the study's own")
    parser.add_argument("--results", default="results/studies", help="folder of the runs and the answer (default results/studies)")
    parser.add_argument("--dry", action="store_true", help="name the runs and stop")
    given = parser.parse_intermixed_args(arguments)  # overrides may come last, too
    if given.name is None:
        for name in question_names():
            print(f"{name:18s} {load_question(name).question}")
        return 0
    question = load_question(given.name)
    if given.suite:
        question = question.model_copy(update={"suites": tuple(SuiteOf(suite=suite) for suite in given.suite)})
    arms = _chosen(question, given.arms)
    folder = Path(given.results) / question.name
    if given.dry:
        for arm in arms:
            for suite in question.suites:
                print(
                    f"{folder / _run_name(arm, suite.suite)}: {arm.agent} {' '.join(arm.overrides)} on {suite.suite} {' '.join(suite.overrides)}"
                )
        return 0
    return _study(question, arms, folder, given.overrides)


def _chosen(question: Question, labels: list[str] | None) -> list[Arm]:
    from harness.errors import did_you_mean

    known = [arm.label for arm in question.arms]
    for label in labels or ():
        if label not in known:
            raise ConfigError(f"--arms {label}: study {question.name} has no such arm", did_you_mean(label, known))
    return [arm for arm in question.arms if not labels or arm.label in (*labels, question.reference)]


def _run_name(arm: Arm, suite: str) -> str:
    return f"{suite}_{arm.label}".replace("/", "-").replace(" ", "-")


def _study(question: Question, arms: list[Arm], folder: Path, overrides: list[str]) -> int:
    from agents.studies.answer import answer
    from agents.studies.tables import print_answer, to_markdown
    from harness import evaluate
    from harness.compare import RunTable, load_run

    tables: dict[str, list[RunTable]] = {}
    left_out: list[str] = []
    for arm in arms:
        try:
            for suite in question.suites:
                settings = [
                    *suite.overrides,
                    "record=none",
                    *overrides,
                    *arm.overrides,
                    f"results={folder}",
                    f"name={_run_name(arm, suite.suite)}",
                ]
                print(f"{question.name}: {arm.label} on {suite.suite}", file=sys.stderr, flush=True)
                result = evaluate(suite.suite, arm.agent, overrides=settings)
                if result.interrupted:
                    return 130
                tables.setdefault(arm.label, []).append(load_run(result.root))
        except (AgentError, ConfigError) as error:
            if not arm.needs or arm.label == question.reference:
                raise
            tables.pop(arm.label, None)
            left_out.append(f"left out: {arm.label} ({str(error).splitlines()[0]}); {arm.needs}")
    answers = answer(tables, question.reference, question.measures, question.contrast)
    print_answer(question, answers, left_out)
    (folder / "answer.md").write_text(to_markdown(question, answers, left_out))
    found = {"study": question.model_dump(mode="json"), "arms": [arm.to_json() for arm in answers], "left_out": left_out}
    (folder / "answer.json").write_text(json.dumps(found, indent=2) + "\n")
    print(f"{folder / 'answer.md'}")
    return 3 if any(arm.errors for arm in answers) else 0
