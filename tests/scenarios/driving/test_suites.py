"""The driving suites: what they say of a scene is what the generator makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from harness.config import load_suite, names
from harness.suite import expand_suite
from scenarios.driving.data_suite import main
from scenarios.driving.splits import combination, combinations

SUITES = [name for name in names("suite") if name.startswith("driving/")]
SMALL = Path(__file__).parents[2] / "fixtures" / "navsim"


def test_all_of_them_are_there() -> None:
    wanted = {
        "navsim_synth_v1",
        "navsim_synth_v2",
        "navsim_synth_twostage",
        "closed_loop",
        "closed_loop_idm",
        "negative_start",
        "weather",
        "smoke",
    }
    assert {f"driving/{name}" for name in wanted} <= set(SUITES)


@pytest.mark.parametrize("name", SUITES)
def test_the_task_is_the_scene_s_situation(name: str) -> None:
    suite = load_suite(name)
    for scenario in suite.scenarios:
        assert combination(scenario.kwargs["split"], scenario.options["index"])[1] == scenario.task
        assert scenario.kwargs["split"] == "test"


@pytest.mark.parametrize("name", ["navsim_synth_v1", "navsim_synth_v2", "navsim_synth_twostage", "closed_loop", "negative_start"])
def test_the_whole_suites_have_every_combination_once(name: str) -> None:
    indices = [scenario.options["index"] for scenario in load_suite(f"driving/{name}").scenarios]
    assert sorted(indices) == list(range(len(combinations("test"))))
    smoke = load_suite("driving/smoke" if name == "closed_loop" else f"driving/{name}_smoke")
    assert len(smoke.scenarios) == len({situation for _, situation in combinations("test")})
    assert {scenario.id for scenario in smoke.scenarios} <= {scenario.id for scenario in load_suite(f"driving/{name}").scenarios}


def test_the_drives_among_idm_are_those_of_the_closed_loop() -> None:
    scripted, idm = load_suite("driving/closed_loop").scenarios, load_suite("driving/closed_loop_idm").scenarios
    assert [{**scenario.kwargs, "traffic": "idm"} for scenario in scripted] == [scenario.kwargs for scenario in idm]
    assert [(scenario.options, scenario.task, scenario.seed) for scenario in scripted] == [
        (scenario.options, scenario.task, scenario.seed) for scenario in idm
    ]
    assert {scenario.id for scenario in scripted}.isdisjoint({scenario.id for scenario in idm})


def test_nothing_pseudo_is_called_closed() -> None:
    for name in SUITES:
        suite = load_suite(name)
        if any(scenario.env == "navsim/TwoStage-v2" for scenario in suite.scenarios):
            assert "closed loop" not in suite.description.lower().replace("pseudo closed loop", "")


def test_the_published_suites_expand() -> None:
    assert len(load_suite("navsim/navtest").scenarios) == 12146
    assert load_suite("navsim/navhard").scenarios[0].env == "navsim/TwoStage-v2"


def test_a_folder_becomes_a_suite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "mine.yaml"
    assert main(["--data", str(SMALL), "--version", "v1", "--out", str(out)]) == 0
    suite = expand_suite(yaml.safe_load(out.read_text()))
    assert suite.name == "navsim/mine"
    assert {scenario.env for scenario in suite.scenarios} == {"navsim/PDM-v1"}
    assert len(suite.scenarios) == 5
    assert main(["--data", str(SMALL), "--two-stage", "--out", str(out)]) == 2
    assert "two-stage" in capsys.readouterr().err
    assert main(["--data", str(tmp_path / "none"), "--out", str(out)]) == 2


def test_assets_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from envs.driving.assets_entry import navsim_data

    monkeypatch.delenv("GAUNTLET_NAVSIM_DATA", raising=False)
    assert [row[1] for row in navsim_data()] == ["absent"]
    monkeypatch.setenv("GAUNTLET_NAVSIM_DATA", str(SMALL))
    found = {row[0]: row[1] for row in navsim_data()}
    assert found["navsim logs"] == "ok"
    assert found["navsim sensor blobs"] == "absent"
    assert {row[1] for row in navsim_data(tmp_path) if row[0] in ("navsim logs", "navsim maps")} == {"fail"}
