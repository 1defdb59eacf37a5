"""An episode names the substitutes that it was given, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from envs.manipulation.simpler.assets import SUBSTITUTE_FOLDER, SimplerAssets, check_assets
from envs.manipulation.simpler.assets_entry import simpler_data
from envs.manipulation.simpler.google_files import TABLE_STAGE, stage_file
from envs.manipulation.simpler.model_files import visual_file
from harness.scenario import Scenario

CAN, REDBULL, ROOM = "opened_coke_can", "opened_redbull_can", "modern_office_no_roof"
INFO, PHOTOGRAPH = "custom/info.json", "real_inpainting/table.png"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One model and the information on all are originals; another model and the stages are not."""
    originals = (f"custom/models/{CAN}/textured.dae", PHOTOGRAPH)
    substitutes = (f"custom/models/{REDBULL}/textured.glb", INFO, stage_file(TABLE_STAGE), stage_file(ROOM))
    for side, names in (("original", originals), (SUBSTITUTE_FOLDER, substitutes)):
        for name in names:
            file = tmp_path / side / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"")
    return tmp_path


def test_each_episode_has_its_own_and_the_file_found_is_named(folder: Path) -> None:
    assets = SimplerAssets(folder, "gauntlet")
    assert assets.path(visual_file(REDBULL)) == folder / SUBSTITUTE_FOLDER / "custom" / "models" / REDBULL / "textured.glb"
    assets.path(stage_file(TABLE_STAGE))
    assert assets.substitutes_given() == [f"custom/models/{REDBULL}/textured.glb", stage_file(TABLE_STAGE)]
    assets.new_episode()
    assert assets.substitutes_given() == []
    for name in (visual_file(CAN), PHOTOGRAPH, stage_file(ROOM), stage_file(ROOM)):
        assets.path(name)
    assert assets.substitutes_given() == [stage_file(ROOM)]


def test_what_is_kept_counts_for_every_episode_and_a_look_for_none(folder: Path) -> None:
    assets = SimplerAssets(folder, "gauntlet")
    assets.path(INFO, keep=True)
    assert assets.find(visual_file(REDBULL)) is not None
    for _ in range(2):
        assets.new_episode()
        assert assets.substitutes_given() == [INFO]


def test_reports_name_the_file_found_too(folder: Path) -> None:
    report = SimplerAssets(folder, "gauntlet").report_of({"one": (visual_file(REDBULL), visual_file(CAN))})
    assert set(report.substituted) == {f"custom/models/{REDBULL}/textured.glb"}
    assert not any("|" in line for line in report.lines())


def test_doctor_and_the_manifest_still_name_all(assets: Path) -> None:
    listed = set(check_assets(assets).substituted)
    assert {f"custom/models/{REDBULL}/textured.glb", stage_file(TABLE_STAGE)} <= listed
    assert not any("|" in name for name in listed)
    scenario = Scenario(env="simpler/PickObject-v0", max_steps=1)
    named = simpler_data.facts([scenario], {"GAUNTLET_SIMPLER_ASSETS": str(assets)})["substitutes"]
    assert {f"custom/models/{REDBULL}/textured.glb", stage_file(TABLE_STAGE)} <= set(named) <= listed


def _named(task: str, assets: Path, *episodes: dict[str, Any]) -> list[list[str]]:
    """What episodes of one environment, one after another, name; each is looked at again after a step."""
    from envs.manipulation.simpler.make import make_simpler

    env, said = make_simpler(task, assets), []
    for options in episodes:
        _, info = env.reset(seed=0, options=options)
        said.append(list(info["episode"]["substitutes"]))
        _, _, _, _, info = env.step(env.action_space.sample() * 0)
        assert info["episode"]["substitutes"] == said[-1]
    env.close()
    return said


@pytest.mark.sim
def test_an_episode_names_what_its_own_scene_loads(assets: Path) -> None:
    table, redbull = stage_file(TABLE_STAGE), f"custom/models/{REDBULL}/textured.glb"
    can, other = {"model": CAN}, {"model": REDBULL}
    assert _named("PickObject", assets, can, other, can) == [[table], [redbull, table], [table]]
    assert _named("PutCarrotOnPlate", assets, {"episode_id": 0}, {"episode_id": 1}) == [["stages/bridge_table_1_v1.glb"]] * 2
    assert _named("OpenTopDrawer", assets, {}, {"stage": ROOM}, {}) == [[], [stage_file(ROOM)], []]
