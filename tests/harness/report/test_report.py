"""The report's folder: what is in it, and what is said where something is missing or hostile."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.baselines import accept_baseline
from harness.compare import compare, load_run
from harness.errors import ConfigError, StoreError
from harness.report import default_folder, make_report
from harness.report.details import script
from harness.report.figures import latency, matrix, rate, severity_curves
from harness.statistics import wilson
from tests.filmed_runs import suite
from tests.harness.report.conftest import Reader, read_script
from tests.synthetic_runs import scenarios, write_run

CLEAN, SECOND, TWIN, HURRY, LONG = (s.id for s in suite().scenarios)
EVIL = "</script><script>window.taken=1</script><img src=x onerror='window.taken=1'>\u2028 \"'`${1}"


def test_the_folder_holds_everything(compared: Path):
    names = {str(path.relative_to(compared)) for path in compared.rglob("*") if path.is_file()}
    assert {
        "index.html",
        "data/report.js",
        "assets/plotly.min.js",
        "assets/report.css",
        f"data/episodes/{LONG}.js",
        f"videos/0/{LONG}/top.mp4",
    } <= names
    assert len([name for name in names if name.startswith("videos/")]) == 20
    page = (compared / "index.html").read_text()
    assert "http://" not in page
    assert "https://" not in page
    data = (compared / "data" / "report.js").read_text()
    assert data.isascii()
    assert "NaN" not in data


def test_rates_are_those_of_the_run(many: Path):
    report = read_script(many / "data" / "report.js")[0]
    for place, name in enumerate(("good", "bad")):
        run = load_run(many.parent / name)
        judged = [row for row in run.rows.values() if row.outcome != "error"]
        wins = sum(row.success_last is True for row in judged)
        overall = report["summaries"][place]["overall"]
        assert {key: overall[key] for key in ("k", "n", "rate", "low", "high")} == wilson(wins, len(judged)).to_json()
        assert overall["errors"] == run.errors > 0
        assert sum(sum(cell["n"] for cell in line) for line in report["matrix"]["cells"][place]) == len(judged)
        assert sum(row["episodes"] for row in report["modes"][place]) == len(judged) - wins
    columns = report["scenarios"]
    assert len(columns["id"]) == 2000
    broken = sum(flip == "broken" for flip in columns["flip"])
    assert broken == sum(before == 1 and now == 0 for before, now in zip(*columns["outcome"]))


def test_severity_begins_at_the_clean_twins(tmp_path: Path):
    run = load_run(write_run(tmp_path / "run", 400, chance=lambda s: 1.0 if s.tags["axis"] == "none" else 0.0, folders=False))
    curves = severity_curves([run], "last")
    assert set(curves) == {"lighting", "camera", "distractor", "background"}
    for (points,) in curves.values():
        assert [point["severity"] for point in points] == [0, 1, 2, 3, 4, 5]
        assert [point["rate"] for point in points] == [1, 0, 0, 0, 0, 0]
    shown = matrix([run], "last")
    assert shown["axes"][0] == "clean"
    assert [cell["rate"] for cell in shown["cells"][0][0]] == [1, 0, 0, 0, 0]


def test_what_is_never_pooled_has_no_rate(tmp_path: Path):
    made = [s.model_copy(update={"tags": {**s.tags, "setting": f"s{k % 2}"}}) for k, s in enumerate(scenarios(40))]
    run = load_run(write_run(tmp_path / "run", among=made, folders=False))
    found = rate(run.rows.values(), "last", run.never_pool)
    assert found["mixes"] == "setting"
    assert found["rate"] is None
    page = make_report([tmp_path / "run"]).index.read_text()
    assert "mixes setting" in page


def test_latency_is_by_step_and_by_decision(tmp_path: Path):
    run = load_run(write_run(tmp_path / "run", 20, folders=False))
    found = latency(run)
    assert found["phases"]["step"] == pytest.approx(0.02)
    assert found["stages"]["reason"] == pytest.approx(0.5 * found["act_median"], rel=0.3)


def test_text_from_outside_stays_text(reader: Reader, tmp_path: Path):
    def spoil(episode: Any) -> Any:
        return episode.model_copy(update={"instruction": EVIL, "facts": {EVIL: EVIL, "source": EVIL}})

    made = [s.model_copy(update={"tags": {**s.tags, "task": EVIL, "axis": EVIL, "note": EVIL}}) for s in scenarios(12)]
    runs = [
        write_run(tmp_path / name, among=made, agent=EVIL + name, chance=chance, errors=0.2, change=spoil)
        for name, chance in (("a", 0.7), ("b", 0.3))
    ]
    report = make_report(runs, tmp_path / "report")
    page = reader.open(report.folder)
    page.click("#browser tbody a >> nth=0")
    page.wait_for_selector(".transport")
    assert EVIL.split("\u2028")[0] in page.inner_text("#episode h1")
    assert page.evaluate("window.taken") is None
    assert page.locator("img[src=x]").count() == 0
    assert "<script>window" not in report.index.read_text()


def test_data_scripts_cannot_be_left(tmp_path: Path):
    text = script("call", EVIL)
    assert text.isascii()
    assert text.count("\n") == 1
    assert json.loads(text[5:-3]) == EVIL
    assert script("call", {"a": [1.5, math.nan, -math.inf]}) == 'call({"a":[1.5,null,null]});\n'


def test_all_errors_is_said_and_shown(reader: Reader, tmp_path: Path):
    report = make_report([write_run(tmp_path / "run", 20, errors=1.0)])
    assert any("every episode ended in an error" in note for note in report.notes)
    page = reader.open(report.folder)
    assert page.inner_text(".tile .big") == "-"
    assert {row[4] for row in reader.rows()} == {"error"}
    page.click("#browser tbody a >> nth=0")
    assert "killed by signal 9" in page.inner_text("#episode .screen")


def test_metrics_that_are_no_numbers_are_left_out_and_named(tmp_path: Path):
    run = write_run(tmp_path / "run", 60, folders=False)
    table = pq.read_table(run / "episodes.parquet")
    place = table.column_names.index("progress")
    values = [math.nan if k % 2 else value for k, value in enumerate(table.column("progress").to_pylist())]
    pq.write_table(table.set_column(place, "progress", pa.array(values, pa.float64())), run / "episodes.parquet")
    report = make_report([run])
    assert any("some values of progress are NaN or infinite" in note for note in report.notes)
    shown = read_script(report.folder / "data" / "report.js")[0]
    assert [value is None for value in shown["scenarios"]["progress"][0]] == [bool(k % 2) for k in range(60)]
    assert shown["summaries"][0]["measures"]["progress"]["not_finite"] == 30


def test_files_that_are_missing_or_damaged_are_named(copied: Callable[[str], Path], reader: Reader):
    run = copied("quick")
    (run / "episodes" / LONG / "top.mp4").unlink()
    (run / "episodes" / CLEAN / "steps.parquet").write_bytes(b"PAR1 no")
    (run / "episodes" / SECOND / "episode.json").write_text("{")
    report = make_report([run])
    notes = "\n".join(report.notes)
    assert "top.mp4 is missing" in notes
    assert "steps.parquet cannot be read" in notes
    assert "episode.json cannot be read" in notes
    page = reader.open(report.folder, f"#/episode/{SECOND}")
    assert "episode.json cannot be read" in page.inner_text("#episode")
    assert (report.folder / "videos" / "0" / LONG / "bev.mp4").is_file()


def test_a_video_that_cannot_be_played_says_so(copied: Callable[[str], Path], browser: Any):
    run = copied("slow")
    (run / "episodes" / LONG / "top.mp4").write_bytes(b"nothing of a video")
    context = browser.new_context()
    page = Reader(context.new_page()).open(make_report([run]).folder, f"#/episode/{LONG}")
    page.wait_for_selector(".screen >> text=cannot be played")
    context.close()


def test_a_run_cut_short_is_reported_with_what_there_is(copied: Callable[[str], Path]):
    run = copied("quick")
    (run / "episodes.parquet").unlink()
    report = make_report([run])
    assert any("no episodes.parquet" in note for note in report.notes)
    assert report.episodes == 5


def test_runs_that_cannot_be_read(tmp_path: Path, copied: Callable[[str], Path], filmed: dict[str, Path]):
    with pytest.raises(StoreError, match="not there"):
        make_report([tmp_path / "nothing"])
    empty = write_run(tmp_path / "empty", among=[])
    with pytest.raises(StoreError, match="has no episode"):
        make_report([empty])
    with pytest.raises(ConfigError, match="one to 6"):
        make_report([])
    with pytest.raises(ConfigError, match="no scenario in common"):
        make_report([filmed["quick"], write_run(tmp_path / "other", 4)], tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_only_reports_are_replaced(filmed: dict[str, Path], tmp_path: Path):
    place = tmp_path / "mine"
    place.mkdir()
    (place / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="no report"):
        make_report([filmed["blind"]], place)
    assert (place / "thesis.txt").read_text() == "years of work"
    first = make_report([filmed["blind"]], tmp_path / "other")
    (first.folder / "stale.txt").write_text("")
    assert not (make_report([filmed["blind"]], tmp_path / "other").folder / "stale.txt").exists()
    assert list(tmp_path.glob(".*")) == []
    with pytest.raises(StoreError, match="cannot be written"):
        make_report([filmed["blind"]], place / "thesis.txt" / "report")


@pytest.mark.parametrize(("which", "expected"), [("all", 10), ("failures", 2), ("none", 0)])
def test_which_videos(filmed: dict[str, Path], tmp_path: Path, which: Any, expected: int):
    report = make_report([filmed["quick"]], tmp_path / "report", videos=which)
    assert report.videos == expected == len(list(report.folder.glob("videos/**/*.mp4")))


def test_where_it_goes(tmp_path: Path):
    assert default_folder([tmp_path / "a"]) == tmp_path / "a" / "report"
    assert default_folder([tmp_path / "x" / "a", tmp_path / "b"]) == tmp_path / "report_a_vs_b"
    with pytest.raises(ConfigError, match="give --out"):
        default_folder(["memory://runs/a"])


def test_baselines_runs_elsewhere_and_comparisons(
    filmed: dict[str, Path], tmp_path: Path, gauntlet_here: Callable[..., Any], reader: Reader
):
    """Of a baseline, and of a run on another machine, there is the table alone."""
    baselines = tmp_path / "kept"
    accept_baseline(filmed["quick"], "good", baselines)
    with pytest.raises(ConfigError, match="give --out"):
        make_report([baselines / "good"])
    said = gauntlet_here("report", "good", str(filmed["slow"]), "--out", "page", "--baselines", str(baselines))
    assert said.returncode == 0, said.stderr
    page = reader.open(tmp_path / "page", f"#/episode/{LONG}")
    assert "only the table of this run is there" in page.inner_text(".screen >> nth=0")
    assert page.locator(".screen >> nth=1 >> video").count() == 1
    elsewhere = fsspec.filesystem("memory")
    elsewhere.put(str(filmed["slow"] / "run.json"), "/far/slow/run.json")
    elsewhere.put(str(filmed["slow"] / "episodes.parquet"), "/far/slow/episodes.parquet")
    assert make_report(["memory://far/slow"], tmp_path / "far").episodes == 5
    comparison = tmp_path / "comparison.json"
    comparison.write_text(json.dumps(compare([filmed["quick"], filmed["slow"]], success="any").to_json()))
    said = gauntlet_here("report", "comparison.json", "--out", "third", "--videos", "none")
    assert said.returncode == 0, said.stderr
    assert read_script(tmp_path / "third" / "data" / "report.js")[0]["rule"] == "any"
    comparison.write_text("{}")
    assert "is no comparison" in gauntlet_here("report", "comparison.json").stderr


def test_a_teacher_s_texts_are_kept(copied: Callable[[str], Path]):
    from harness.diagnose import diagnose, write_failures

    run = copied("quick")
    reports = [report.model_copy(update={"author": "teacher:big", "layer_reason": "so said the teacher"}) for report in diagnose(run)]
    write_failures(reports, run)
    made = make_report([run])
    found = read_script(made.folder / "data" / "episodes" / f"{HURRY}.js")[1][0]["diagnosis"]
    assert found["layer_reason"] == "so said the teacher"
    write_failures([], run)
    made = make_report([run])
    assert any("diagnosed anew" in note for note in made.notes)
    assert read_script(made.folder / "data" / "episodes" / f"{HURRY}.js")[1][0]["diagnosis"]["author"] == "rules"


def test_the_command(gauntlet_here: Callable[..., Any], filmed: dict[str, Path], tmp_path: Path):
    said = gauntlet_here("report", str(filmed["quick"]), str(filmed["slow"]), "--out", "page", "--videos", "none")
    assert said.returncode == 0, said.stderr
    assert "page/index.html (5 scenarios, 10 episodes, 0 videos)" in said.stdout
    for wrong in (["--videos", "some"], ["--success", "sometimes"]):
        said = gauntlet_here("report", str(filmed["quick"]), *wrong)
        assert said.returncode == 2
        assert said.stderr.startswith("error: ")
