"""What run.json says of the data that a suite loads."""

from __future__ import annotations

from pathlib import Path

from envs.manipulation.simpler.assets import ASSETS_VARIABLE
from envs.manipulation.simpler.scenario_files import files_of
from harness.config import load_suite
from harness.provenance import data_facts
from harness.scenario import Scenario


def test_a_variants_stage_and_cabinet_are_among_its_files() -> None:
    options = {"stage": "frl_apartment_stage_simple", "station": "mk_station2"}
    files = files_of("simpler/OpenDrawer-v0", {}, options)
    assert {"stages/frl_apartment_stage_simple.glb", "custom/mk_station2.urdf"} <= files
    assert files_of("simpler/OpenDrawer-v0", {}, {}) < files


def test_substitutes_are_marked_in_the_manifest(assets: Path) -> None:
    facts = data_facts(load_suite("simpler/google_va").scenarios, {ASSETS_VARIABLE: str(assets)})["data"]["simpler"]
    assert "stages/google_pick_coke_can_1_v4.glb" in facts["substitutes"]
    assert not facts["missing"]
    assert facts["files"] > 100


def test_other_suites_and_missing_data_have_none(tmp_path: Path) -> None:
    assert data_facts([Scenario(env="tabletop/PutOn-v0", max_steps=1)], {}) == {}
    assert data_facts([Scenario(env="simpler/PutCarrotOnPlate-v0", max_steps=1)], {ASSETS_VARIABLE: str(tmp_path)}) == {}
