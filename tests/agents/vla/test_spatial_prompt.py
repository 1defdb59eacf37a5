"""Modes and kinds of the spatial prompt."""

from __future__ import annotations

import pytest
import torch

from agents.vla.reasoning import Reasoning
from agents.vla.spatial_prompt import SpatialPrompt

GRIPPER = torch.tensor([[0.9, 0.9]])


def thought(source: float = 0.3, box: bool = True) -> Reasoning:
    points = torch.tensor([[[source, 0.4], [0.6, 0.7], [0.6, 0.68]]])
    boxes = torch.tensor([[[source - 0.05, 0.3, source + 0.07, 0.5], [0.5, 0.6, 0.7, 0.8]]]) if box else torch.full((1, 2, 4), torch.nan)
    ones = torch.ones(1, 3)
    number = torch.zeros(1, dtype=torch.long)
    return Reasoning(points, ones, ones, torch.full((1, 10), 0.02), torch.tensor([0.3]), torch.ones(1), number, number, boxes, ["reach"])


def seeded(seed: int = 0) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed)]


def test_point_passes_the_points():
    prompt = SpatialPrompt()(thought(), GRIPPER, None, seeded())
    assert prompt.source.tolist() == thought().points[:, 0].tolist()
    assert prompt.known.tolist() == [[1.0, 1.0, 1.0, 1.0]]


def test_box_is_its_middle_and_falls_back_to_the_point():
    torch.testing.assert_close(SpatialPrompt(kind="box")(thought(), GRIPPER, None, seeded()).source, torch.tensor([[0.31, 0.4]]))
    torch.testing.assert_close(SpatialPrompt(kind="box")(thought(box=False), GRIPPER, None, seeded()).source, torch.tensor([[0.3, 0.4]]))


def test_trace_is_coarser():
    source = SpatialPrompt(kind="trace")(thought(0.305), GRIPPER, None, seeded()).source[0, 0]
    assert float(source * 32) == round(float(source * 32))
    assert abs(float(source) - 0.305) <= 1 / 64


def test_unified_lies_between():
    both = SpatialPrompt(kind="unified")(thought(), GRIPPER, None, seeded()).source[0, 0]
    assert 0.3 < float(both) < 0.31


def test_off_tells_nothing():
    assert float(SpatialPrompt("off")(thought(), GRIPPER, None, seeded()).known.sum()) == 0


def test_random_depends_on_the_request_alone():
    def drawn(seed: int) -> list[list[float]]:
        return SpatialPrompt("random")(thought(), GRIPPER, None, seeded(seed)).source.tolist()

    assert drawn(1) == drawn(1) != drawn(2)


@pytest.mark.parametrize("mode", ["wrong", "oracle"])
def test_truth_replaces_what_was_found(mode: str):
    told = SpatialPrompt(mode)(thought(0.3), GRIPPER, thought(0.8), seeded())
    torch.testing.assert_close(told.source, torch.tensor([[0.8, 0.4]]))


def test_the_subtask_can_be_kept_back():
    assert SpatialPrompt(subtask=False)(thought(), GRIPPER, None, seeded()).subtask.tolist() == [-1]
