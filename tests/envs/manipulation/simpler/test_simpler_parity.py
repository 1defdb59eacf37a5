"""The port against recordings of the original."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from envs.manipulation.adapter import ManipulationEnv
from envs.manipulation.simpler.fixtures import Fixtures
from envs.manipulation.simpler.parity import Measure, measure_case, measure_task, measure_teleports
from envs.manipulation.simpler.tasks.put_on import PutOnTask
from envs.manipulation.simpler.widowx import CAMERA

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


def test_predicates_on_teleported_states(task: PutOnTask, fixtures: Fixtures) -> None:
    for group in fixtures.teleports(CARROT):
        expect_met(measure_teleports(task, group))


def test_labels_and_background_of_the_first_image(task: PutOnTask, fixtures: Fixtures) -> None:
    for case in fixtures.cases(CARROT):
        task.begin(0, case.reset_options)
        image, labels, recorded = task.render_camera(CAMERA), task.masks(CAMERA)["labels"], case.first_labels()
        assert (labels != recorded).sum() <= 20, "a few pixels on the outlines"
        background = (labels == 0) & (recorded == 0)
        np.testing.assert_array_equal(image[background], case.first_image()[background])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["PutSpoonOnTableCloth", "StackGreenCubeOnYellowCube"])
def test_the_other_tables_tasks(fixtures: Fixtures, name: str) -> None:
    expect_met(measure_task(name, fixtures, None))
