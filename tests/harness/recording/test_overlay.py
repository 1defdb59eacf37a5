"""What is drawn on a frame, and what is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.recording.overlay import LAYERS, MARKS, Canvas, FrameNotes
from harness.thought import Box, Point, Thought, Trace

SIZE = 256
PICTURE = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)

THOUGHT = Thought(
    reasoning="the cube is left of the bowl and nothing stands in between",
    subtask="grasp the cube",
    points=(Point(60.0, 80.0, "cube", "top"),),
    boxes=(Box(120.0, 130.0, 180.0, 170.0, "bowl", "top"),),
    traces=(Trace(((20.0, 200.0), (100.0, 230.0)), "path", "top"),),
    confidence=0.8,
)
NOTES = FrameNotes(
    step=3, max_steps=60, instruction="put the cube into the bowl", thought=THOUGHT, gripper=0.5, success=True, event="grasped cube"
)


def canvas(*layers: str, width: int = SIZE, camera: str = "top") -> Canvas:
    return Canvas(camera, (SIZE, SIZE), width, frozenset(layers))


def picture(canvas: Canvas, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The part of a frame where the camera's image is."""
    return frame[canvas.header : canvas.header + canvas.image_height]


def changed(canvas: Canvas, notes: FrameNotes = NOTES) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of what is drawn into the image; None if nothing is."""
    difference = (picture(canvas, canvas.compose(PICTURE, notes)) != PICTURE).any(axis=2)
    if not difference.any():
        return None
    rows, columns = np.nonzero(difference)
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


def test_without_layers_the_frame_is_the_image():
    frame = canvas().compose(PICTURE, NOTES)
    assert np.array_equal(frame, PICTURE)


def test_text_lies_outside_the_image():
    for layers in (("instruction",), ("step",), ("gripper",), ("thought",), ("instruction", "step", "gripper", "thought")):
        assert changed(canvas(*layers)) is None, layers
        assert canvas(*layers).height > SIZE


def test_a_point_changes_only_its_surroundings():
    left, top, right, bottom = changed(canvas("points")) or (0, 0, 0, 0)
    assert left <= 60 <= right
    assert top <= 80 <= bottom
    assert left >= 50
    assert right <= 120  # the label stands to the right
    assert top >= 60
    assert bottom <= 100
    frame = canvas("points").compose(PICTURE, NOTES)
    assert tuple(frame[80, 60]) == MARKS[0]


def test_a_box_is_drawn_around_its_rectangle():
    only = FrameNotes(3, 60, "", Thought(boxes=(Box(120.0, 130.0, 180.0, 170.0),)))
    left, top, right, bottom = changed(canvas("boxes"), only) or (0, 0, 0, 0)
    assert abs(left - 120) <= 2
    assert abs(top - 130) <= 2
    assert abs(right - 180) <= 2
    assert abs(bottom - 170) <= 2
    frame = picture(canvas("boxes"), canvas("boxes").compose(PICTURE, only))
    assert np.array_equal(frame[140:160, 130:170], PICTURE[140:160, 130:170])  # its inside is left alone


def test_a_trace_runs_from_its_first_point_to_its_last():
    left, top, right, bottom = changed(canvas("traces")) or (0, 0, 0, 0)
    assert abs(left - 20) <= 3
    assert abs(top - 200) <= 3
    assert abs(right - 100) <= 3
    assert abs(bottom - 230) <= 3


def test_success_is_stamped_on_the_border():
    stamped = canvas("success")
    frame = picture(stamped, stamped.compose(PICTURE, NOTES))
    assert (frame[0] == frame[0, 0]).all()
    assert np.array_equal(frame[100:200, 10:100], PICTURE[100:200, 10:100])
    assert changed(stamped, FrameNotes(3, 60, "")) is None
    failed = picture(stamped, stamped.compose(PICTURE, FrameNotes(3, 60, "", outcome="failure")))
    assert tuple(failed[0, 0]) != tuple(frame[0, 0])


def test_prompts_of_another_camera_are_not_drawn():
    assert changed(canvas("points", "boxes", "traces", camera="wrist")) is None
    anywhere = FrameNotes(3, 60, "", Thought(points=(Point(60.0, 80.0),)))
    assert changed(canvas("points", camera="wrist"), anywhere) is not None  # one that names no camera is


@pytest.mark.parametrize("layer", sorted(LAYERS))
def test_every_layer_can_be_turned_off(layer: str):
    """Off, the frame is the one in which its content is missing."""
    on = canvas(*LAYERS).compose(PICTURE, NOTES)
    off = canvas(*(LAYERS - {layer})).compose(PICTURE, NOTES)
    assert on.shape != off.shape or not np.array_equal(on, off)


def test_prompts_scale_with_the_image():
    wide = canvas("points", width=2 * SIZE)
    frame = wide.compose(PICTURE, NOTES)
    assert frame.shape == (2 * SIZE, 2 * SIZE, 3)
    assert tuple(frame[160, 120]) == MARKS[0]


@pytest.mark.parametrize(("size", "width"), [((256, 256), 512), ((640, 480), 512), ((101, 57), 333), ((64, 64), 65), ((1920, 1080), 256)])
def test_sizes_are_even_and_keep_the_aspect(size: tuple[int, int], width: int):
    made = Canvas("top", size, width)
    frame = made.compose(np.zeros((size[1], size[0], 3), np.uint8), NOTES)
    assert frame.shape == (made.height, made.width, 3)
    assert made.width % 2 == made.height % 2 == 0
    assert made.image_height / made.width == pytest.approx(size[1] / size[0], abs=0.02)


def test_the_image_given_is_left_alone():
    before = PICTURE.copy()
    canvas(*LAYERS).compose(PICTURE, NOTES)
    assert np.array_equal(PICTURE, before)


@pytest.mark.parametrize(
    "thought",
    [
        Thought(points=(Point(-500.0, 9000.0, "far away", "top"),)),
        Thought(boxes=(Box(-50.0, -50.0, 900.0, 900.0, "all", "top"),)),
        Thought(traces=(Trace((), "empty", "top"),)),
        Thought(traces=(Trace(((5.0, 5.0),), "one", "top"),)),
        Thought(reasoning="word " * 500, subtask="x" * 300),
        Thought(reasoning="Ünïcödé 漢字 \n\t"),
        Thought(points=(Point(10.0, 10.0, "a label that is far longer than the image is wide, and goes on", "top"),)),
    ],
)
def test_odd_thoughts_still_make_a_frame(thought: Thought):
    made = canvas(*LAYERS)
    assert made.compose(PICTURE, FrameNotes(1, 2, "instruction " * 60, thought, event="e" * 200)).shape == (made.height, made.width, 3)


def test_a_tiny_image():
    made = Canvas("top", (16, 16), 16)
    assert made.compose(np.zeros((16, 16, 3), np.uint8), NOTES).shape == (made.height, made.width, 3)
