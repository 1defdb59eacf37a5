"""Which episodes are shown, and what is said where nothing can be."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ConfigError, StoreError
from harness.video.selection import Choice, choose_scenes, describe
from tests.filmed_runs import suite

IDS = {f"{s.task} {s.seed} {s.max_steps}": s.id for s in suite().scenarios}
HURRY = IDS["hurry 3 5"]


def outcomes(scenes: list) -> dict[str, list[str]]:
    return {scene[-1].episode.scenario_id: [take.outcome for take in scene] for scene in scenes}


def test_flips_are_what_one_solves_and_another_does_not(filmed: dict[str, Path]):
    found = outcomes(choose_scenes([filmed["quick"], filmed["slow"]], Choice(flips=True)))
    assert found
    assert all(pair == ["success", "failure"] for pair in found.values())
    assert HURRY not in found  # both fail it


def test_failures_hold_what_any_run_failed(filmed: dict[str, Path]):
    assert list(outcomes(choose_scenes([filmed["quick"]], Choice(failures=True)))) == [HURRY]
    assert set(outcomes(choose_scenes([filmed["quick"], filmed["slow"]], Choice(failures=True)))) >= {HURRY}


def test_a_sample_is_the_same_in_every_run(filmed: dict[str, Path]):
    one = choose_scenes([filmed["quick"]], Choice(sample=2))
    two = choose_scenes([filmed["slow"], filmed["quick"]], Choice(sample=2))
    assert list(outcomes(one)) == list(outcomes(two)) == sorted(IDS.values())[:2]


def test_a_sample_of_flips(filmed: dict[str, Path]):
    assert len(choose_scenes([filmed["quick"], filmed["slow"]], Choice(flips=True, sample=1))) == 1


def test_a_scenario_by_the_beginning_of_its_id(filmed: dict[str, Path]):
    (scene,) = choose_scenes([filmed["quick"], filmed["slow"]], Choice((HURRY[:6],)))
    assert [take.label for take in scene] == ["quick", "slow"] or [take.label for take in scene] == ["Pointing", "Slow"]
    assert describe(scene) == f"hurry · {HURRY}"


def test_twins_stand_beside_their_clean_episodes(filmed: dict[str, Path]):
    (scene,) = choose_scenes([filmed["quick"], filmed["slow"]], Choice(twins=True))
    assert [take.label.split(", ")[1] for take in scene] == ["clean", "noise 3", "clean", "noise 3"]
    ids = [take.episode.scenario_id for take in scene if take.episode]
    assert ids == [IDS["reach 0 12"], IDS["reach 0 11"]] * 2


def test_a_clean_twin_in_another_run_of_the_same_agent(copied: Callable[[str], Path], filmed: dict[str, Path]):
    perturbed = copied("quick")
    shutil.rmtree(perturbed / "episodes" / IDS["reach 0 12"])
    with pytest.raises(ConfigError, match="no clean twin is there"):
        choose_scenes([perturbed], Choice(twins=True))
    (scene,) = choose_scenes([perturbed, filmed["quick"]], Choice(twins=True))
    assert scene[0].folder.parents[1] == filmed["quick"]
    assert scene[1].folder.parents[1] == perturbed


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ({}, "which episodes"),
        ({"sample": 0}, "at least 1"),
        ({"scenarios": ("a",), "flips": True}, "goes with none of"),
    ],
)
def test_a_choice_that_cannot_be(choice: dict, says: str):
    with pytest.raises(ConfigError, match=says):
        Choice(**choice)


def test_nothing_chosen_is_said(filmed: dict[str, Path]):
    with pytest.raises(ConfigError, match="no flips among 5 scenarios"):
        choose_scenes([filmed["quick"], filmed["quick"]], Choice(flips=True))
    with pytest.raises(ConfigError, match="no scenario 'zzz'"):
        choose_scenes([filmed["quick"]], Choice(("zzz",)))
    with pytest.raises(ConfigError, match="more of its digits"):
        choose_scenes([filmed["quick"]], Choice(("",)))
    with pytest.raises(ConfigError, match="6 panes at most"):
        choose_scenes([filmed["quick"]] * 7, Choice(sample=1))


def test_runs_that_cannot_be_read(copied: Callable[[str], Path], tmp_path: Path, filmed: dict[str, Path]):
    with pytest.raises(StoreError, match="no run folder"):
        choose_scenes([tmp_path / "nothing"], Choice(sample=1))
    run = copied("quick")
    for folder in (run / "episodes").iterdir():
        (folder / "episode.json").write_text("{")
    with pytest.raises(StoreError, match=r"holds no episode \("):
        choose_scenes([run], Choice(sample=1))
    (run / "run.json").write_text('{"half": ')
    with pytest.raises(StoreError, match=r"run\.json is damaged"):
        choose_scenes([run], Choice(sample=1))


def test_runs_of_other_suites_share_nothing(copied: Callable[[str], Path], filmed: dict[str, Path]):
    other = copied("slow")
    for folder in list((other / "episodes").iterdir()):
        data = json.loads((folder / "episode.json").read_text())
        data["scenario_id"] = "f" + data["scenario_id"][1:]
        (folder / "episode.json").write_text(json.dumps(data))
        folder.rename(folder.with_name("f" * 4 + folder.name[4:]))
    with pytest.raises(ConfigError, match="not one scenario in common"):
        choose_scenes([filmed["quick"], other], Choice(sample=1))
