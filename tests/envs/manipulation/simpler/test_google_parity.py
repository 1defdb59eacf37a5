"""The Google Robot against recordings of the original."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from envs.manipulation.adapter import ManipulationEnv
from envs.manipulation.simpler.fixtures import Case, Fixtures
from envs.manipulation.simpler.google_robot import CAMERA
from envs.manipulation.simpler.google_task import GoogleTask
from envs.manipulation.simpler.parity_dump import Dump
from envs.manipulation.simpler.parity_google import MOTION_BOUND, measure_case, measure_sequence
from envs.manipulation.simpler.parity_google_states import measure_group
from tests.envs.manipulation.simpler.dumped import assert_same_arrays

pytestmark = pytest.mark.sim


def make(task: str, assets: Path) -> ManipulationEnv:
    from envs.manipulation.simpler.make import make_simpler

    return make_simpler(task, assets)


def google_task(env: ManipulationEnv) -> GoogleTask:
    assert isinstance(env.task, GoogleTask)
    return env.task


def the_case(fixtures: Fixtures, case_id: str) -> Case:
    (case,) = (case for case in fixtures.cases() if case.id == case_id)
    return case


@pytest.mark.parametrize(
    "case_id",
    ["google_coke_lr_switch_x-0.2350_y+0.20_none", "google_near_ep20_none", "google_open_top_a0_none", "google_close_middle_a1_none"],
)
def test_motions_and_tasks(assets: Path, fixtures: Fixtures, case_id: str) -> None:
    case = the_case(fixtures, case_id)
    env = make(case.task, assets)
    table = [measure for sequence in ("free", "freerot", "task") for measure in measure_sequence(google_task(env), case, sequence)]
    env.close()
    assert not [measure for measure in table if not measure.ok]


def test_episodes_are_a_function_of_seed_and_options(assets: Path) -> None:
    env = make("PickCokeCan", assets)
    options = {"orientation": "lr_switch", "episode_id": 12, "urdf_version": "none"}

    def play(chosen: dict[str, Any]) -> tuple[Any, Any]:
        env.reset(seed=3, options=chosen)
        for turn in range(6):
            observation, *_ = env.step(np.array([0.02, 0.01, -0.03, 0.1, 0, 0, (-1) ** turn], np.float32))
        return observation["state"]["qpos"], observation["image"][CAMERA]

    first = play(options)
    play({"orientation": "upright"})
    again = play(options)
    env.close()
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])


NOT_MET = "reset: objects, degrees"  # the lying can: 0.12 degrees, bound 0.1


def test_a_case_of_the_can_and_what_is_dumped_of_it(assets: Path, fixtures: Fixtures, tmp_path: Path) -> None:
    case = the_case(fixtures, "google_coke_laid_vertically_x-0.1200_y+0.20_none")
    env = make(case.task, assets)
    table = list(measure_case(google_task(env), case, Dump(tmp_path)))
    env.close()
    assert {measure.name for measure in table if not measure.ok} <= {NOT_MET}
    assert all(measure.value < 0.15 for measure in table if measure.name == NOT_MET)
    assert (tmp_path / "cases" / case.id / "first.png").is_file()
    for sequence in case.sequences:
        recorded = case.recording(sequence)
        with np.load(tmp_path / "cases" / case.id / f"{sequence}.npz") as here:
            assert_same_arrays(here, recorded)
            if sequence == "free":
                np.testing.assert_allclose(here["arm_limit_margin"], recorded["arm_limit_margin"], atol=1e-3)
                np.testing.assert_allclose(here["drive_target"], recorded["drive_target"], atol=5e-3)


@pytest.mark.parametrize("task", ["PickCokeCan", "MoveNear", "OpenTopDrawer", "PlaceIntoClosedTopDrawer"])
def test_predicates_on_states_into_which_the_port_is_put(assets: Path, fixtures: Fixtures, task: str, tmp_path: Path) -> None:
    env, dump = make(task, assets), Dump(tmp_path)
    for kind, group in fixtures.teleports(task):
        table = list(measure_group(google_task(env), kind, group, dump))
        assert table
        assert not [measure for measure in table if not measure.ok]
        (dumped,) = (
            entry for entry in json.loads((tmp_path / "teleport" / f"{kind}.json").read_text()) if entry["case_like"] == group["case_like"]
        )
        assert [set(state["result"]) for state in dumped["states"]] == [set(state["result"]) for state in group["states"]]
    env.close()


@pytest.mark.slow
def test_contact_free_motions_of_all_cases(assets: Path, fixtures: Fixtures) -> None:
    """Within 2 mm, but where the wrist comes near its limit, at which SAPIEN 2 brakes and SAPIEN 3 does not."""
    for case in fixtures.cases():
        if not case.id.startswith("google"):
            continue
        env = make(case.task, assets)
        for sequence in ("free", "freerot"):
            if case.facts["sequences"][sequence]["min_arm_limit_margin"] < 0.04:
                continue
            (measure,) = measure_sequence(google_task(env), case, sequence)
            assert measure.value <= MOTION_BOUND, measure
        env.close()
