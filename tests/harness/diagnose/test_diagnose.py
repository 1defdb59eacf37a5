"""From run folders to reports, tables and commands; and the teacher, against a server on this machine."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest

from harness.diagnose import diagnose, failure_json_schema, failure_modes, read_failures, write_failures
from harness.diagnose.report import MODES
from harness.diagnose.teacher import OpenAITeacher
from harness.errors import GauntletError, StoreError
from tests.harness.conftest import REPOSITORY
from tests.synthetic_runs import write_run

SCHEMA_FILE = REPOSITORY / "harness" / "schema" / "failure.schema.json"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("runs") / "run", 40, agent="bad", chance=0.5, errors=0.1)


def test_every_failed_episode_has_a_report(run: Path):
    reports = diagnose(run)
    outcomes = duckdb.execute(f"select scenario_id, outcome from '{run}/episodes.parquet'").fetchall()
    assert [report.scenario_id for report in reports] == [scenario for scenario, outcome in outcomes if outcome == "failure"]
    assert {report.mode for report in reports} <= MODES.keys()
    assert all(report.correction.text and report.efficiency.facts for report in reports)
    assert {"never_reached", "reached_not_grasped"} & {report.mode for report in reports}


def test_the_table_of_modes_adds_up(run: Path):
    reports = diagnose(run)
    modes = failure_modes(reports)
    assert sum(mode.count for mode in modes) == len(reports)
    assert sum(mode.share for mode in modes) == pytest.approx(1.0)
    assert [mode.count for mode in modes] == sorted((mode.count for mode in modes), reverse=True)
    assert all(sum(mode.tasks.values()) == sum(mode.layers.values()) == mode.count for mode in modes)
    assert failure_modes([]) == []


def test_reports_are_data(run: Path, tmp_path: Path):
    reports = diagnose(run)
    path = write_failures(reports, tmp_path)
    assert read_failures(path) == read_failures(tmp_path) == reports
    by_mode = dict(duckdb.execute(f"select mode, count(*) from '{path}' group by mode").fetchall())
    assert by_mode == {mode.mode: mode.count for mode in failure_modes(reports)}
    schema = json.loads((tmp_path / "failure.schema.json").read_text())
    for report in reports:
        jsonschema.validate(json.loads(report.model_dump_json()), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**json.loads(reports[0].model_dump_json()), "layer": "luck"}, schema)


def test_the_exported_schema_is_that_of_the_code():
    assert json.loads(SCHEMA_FILE.read_text()) == failure_json_schema(), (
        "python -c 'import json; from harness.diagnose import failure_json_schema as s; print(json.dumps(s(), indent=2, sort_keys=True))' > harness/schema/failure.schema.json"
    )


def test_no_failure_is_an_empty_table(tmp_path: Path):
    run = write_run(tmp_path / "good", 8, chance=1.0)
    assert diagnose(run) == []
    assert read_failures(write_failures([], tmp_path)) == []


def test_records_without_folders_are_diagnosed_by_their_events(tmp_path: Path):
    """A baseline has tables alone."""
    from harness.baselines import accept_baseline

    full = write_run(tmp_path / "full", 24, chance=0.3)
    events_only = write_run(tmp_path / "bare", 24, chance=0.3, folders=False)
    assert {r.scenario_id for r in diagnose(events_only)} == {r.scenario_id for r in diagnose(full)}
    assert len(diagnose(accept_baseline(full, "b", tmp_path / "baselines"))) == len(diagnose(full))


@pytest.mark.parametrize("name", ["episode.json", "truth.jsonl", "steps.parquet"])
def test_damaged_episodes_are_named(tmp_path: Path, name: str):
    run = write_run(tmp_path / "run", 4, chance=0.0)
    victim = sorted((run / "episodes").iterdir())[0] / name
    victim.write_bytes(b"{nothing")
    with pytest.raises(StoreError, match=rf"episodes/{victim.parent.name}/{name} is damaged"):
        diagnose(run)


def test_a_damaged_table_of_failures(tmp_path: Path):
    (tmp_path / "failures.parquet").write_bytes(b"nothing")
    with pytest.raises(StoreError, match=r"failures.parquet cannot be read.*gauntlet diagnose"):
        read_failures(tmp_path)


def test_the_command(run: Path, tmp_path: Path, gauntlet_here: Callable[..., subprocess.CompletedProcess[str]]):
    told = gauntlet_here("diagnose", str(run), "--out", "found", "--json", "d.json", "--markdown", "d.md")
    assert told.returncode == 0, told.stderr
    assert "failure modes of run" in told.stdout
    reports = read_failures(tmp_path / "found")
    assert len(json.loads((tmp_path / "d.json").read_text())["reports"]) == len(reports)
    assert "| correction |" in (tmp_path / "d.md").read_text()
    one = gauntlet_here("diagnose", str(run), "--out", "found", "--scenario", reports[0].scenario_id[:8])
    assert "reasoning and grounding" in one.stdout
    assert "no failed episode of that id" in gauntlet_here("diagnose", str(run), "--scenario", "zzz").stderr


def test_baselines_stay_as_they_were_accepted(tmp_path: Path, gauntlet_here: Callable[..., subprocess.CompletedProcess[str]]):
    write_run(tmp_path / "run", 8, chance=0.5)
    gauntlet_here("baseline", "accept", "run", "--as", "b")
    before = sorted(path.name for path in (tmp_path / "results" / "baselines" / "b").iterdir())
    told = gauntlet_here("diagnose", "b", "--json", "-")
    assert "--out DIR writes failures.parquet" in told.stderr
    assert json.loads(told.stdout)["modes"]
    assert sorted(path.name for path in (tmp_path / "results" / "baselines" / "b").iterdir()) == before


# The teacher

TEXTS = dict.fromkeys(("meta_action", "reasoning", "safety", "efficiency", "correction"), "as the teacher says")


class Stub:
    """A server that answers as it is told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.asked: list[tuple[str, dict[str, Any], str]] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                stub.asked.append((self.path, body, self.headers.get("Authorization", "")))
                answer = stub.answers.pop(0) if len(stub.answers) > 1 else stub.answers[0]
                status, data = answer if isinstance(answer, tuple) else (200, {"choices": [{"message": {"content": answer}}]})
                text = json.dumps(data).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def stub() -> Iterator[Stub]:
    made = Stub()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_teacher_writes_the_texts_and_only_these(run: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MY_KEY", "secret")
    stub.answers = [json.dumps(TEXTS)]
    teacher = OpenAITeacher(stub.url, "big", "MY_KEY")
    by_rules, taught = diagnose(run), diagnose(run, teacher=teacher)
    assert len(stub.asked) == len(taught)
    path, body, authorization = stub.asked[0]
    assert (path, authorization, body["model"]) == ("/v1/chat/completions", "Bearer secret", "big")
    assert json.loads(body["messages"][1]["content"])["mode"] == by_rules[0].mode
    for rules, report in zip(by_rules, taught):
        assert report.author == "teacher:big"
        assert report.correction.text == report.safety.text == "as the teacher says"
        assert (report.mode, report.layer, report.safety.facts, report.correction.from_step) == (
            rules.mode,
            rules.layer,
            rules.safety.facts,
            rules.correction.from_step,
        )


@pytest.mark.parametrize(
    "answer", ["no JSON", json.dumps({**TEXTS, "score": 1}), json.dumps({"safety": "x"}), json.dumps({**TEXTS, "safety": ""})]
)
def test_an_answer_that_does_not_fit_is_asked_for_again_then_left(run: Path, stub: Stub, answer: str):
    report = diagnose(run)[0]
    teacher = OpenAITeacher(stub.url, "big")
    stub.answers = [answer]
    assert teacher(report) == report
    assert (teacher.refused, len(stub.asked)) == (1, 2)
    assert "does not fit the schema" in stub.asked[1][1]["messages"][-1]["content"]
    stub.answers = [answer, json.dumps(TEXTS)]
    assert teacher(report).author == "teacher:big"
    assert teacher.refused == 1


@pytest.mark.parametrize(("answer", "words"), [((500, {}), "it answered 500"), ((200, {"choices": []}), "no chat completion")])
def test_a_server_that_refuses(run: Path, stub: Stub, answer: Any, words: str):
    stub.answers = [answer]
    with pytest.raises(GauntletError, match=words):
        OpenAITeacher(stub.url, "big")(diagnose(run)[0])


def test_no_server_and_no_teacher_unless_asked(
    run: Path, stub: Stub, gauntlet_here: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
):
    stub.answers = [json.dumps(TEXTS)]
    assert gauntlet_here("diagnose", str(run), "--out", "plain").returncode == 0
    assert stub.asked == []
    assert gauntlet_here("diagnose", str(run), "--out", "taught", "--teacher", stub.url, "--teacher-model", "big").returncode == 0
    assert {report.author for report in read_failures(tmp_path / "taught")} == {"teacher:big"}
    gone = gauntlet_here("diagnose", str(run), "--out", "gone", "--teacher", "http://127.0.0.1:1/v1")
    assert gone.returncode == 2
    assert "teacher http://127.0.0.1:1/v1" in gone.stderr
