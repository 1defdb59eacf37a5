"""Resizes against their kernels, written out as matrices."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from agents.conventions.images import checked_frame, resize_area, resize_lanczos3, resize_with_pad
from harness.errors import AgentError

RNG = np.random.default_rng(0)


def lanczos3_matrix(given: int, wanted: int) -> np.ndarray:
    """(wanted, given): sinc(x) sinc(x / 3) for |x| < 3, stretched by the shrink factor, each row summing to 1."""
    scale = given / wanted
    stretch = max(1.0, scale)
    centres = (np.arange(wanted) + 0.5) * scale
    x = ((np.arange(given) + 0.5)[None] - centres[:, None]) / stretch
    weights = np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)
    return weights / weights.sum(1, keepdims=True)


@pytest.mark.parametrize(("shape", "size"), [((48, 64), (25, 25)), ((51, 64), (40, 33)), ((20, 20), (32, 40))])
def test_lanczos3(shape, size):
    image = RNG.integers(0, 256, (*shape, 3), dtype=np.uint8)
    rows, columns = lanczos3_matrix(shape[0], size[1]), lanczos3_matrix(shape[1], size[0])
    exact = np.clip(np.einsum("ih,hwc,jw->ijc", rows, image.astype(float), columns), 0, 255)
    resized = resize_lanczos3(image, size)
    assert resized.shape == (size[1], size[0], 3)
    assert resized.dtype == np.uint8
    assert np.abs(resized - exact).max() <= 0.5 + 1e-3  # the nearest level


def test_lanczos3_clips_what_overshoots():
    image = np.zeros((8, 8, 3), np.uint8)
    image[:, 4:] = 255
    resized = resize_lanczos3(image, (16, 16))
    assert resized.min() == 0
    assert resized.max() == 255


def test_area_is_the_mean_over_each_footprint():
    image = RNG.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    means = image.reshape(3, 2, 4, 2, 3).mean(axis=(1, 3))
    assert np.abs(resize_area(image, (4, 3)) - means).max() <= 0.5
    # 3 -> 2: each new pixel covers one and a half old ones.
    row = np.array([[[0], [90], [240]]], np.uint8).repeat(3, axis=2)
    assert resize_area(row, (2, 1))[0, :, 0].tolist() == [30, 190]


def test_pad_takes_half_size_as_means_of_four_truncated():
    image = RNG.integers(0, 256, (512, 640, 3), dtype=np.uint8)
    means = image.reshape(256, 2, 320, 2, 3).mean(axis=(1, 3))
    assert_array_equal(resize_with_pad(image), np.floor(means).astype(np.uint8))


def test_pad_keeps_the_aspect_and_fills_with_black():
    image = np.full((480, 640, 3), 200, np.uint8)
    framed = resize_with_pad(image)
    assert framed.shape == (256, 320, 3)
    assert (framed[8:248] == 200).all()
    assert not framed[:8].any()
    assert not framed[248:].any()


def test_pad_on_the_sides_and_an_odd_remainder():
    framed = resize_with_pad(np.full((10, 5, 3), 9, np.uint8), (8, 10))  # 5 x 10 fits; 3 columns are left: 1 and 2
    assert framed[0, :, 0].tolist() == [0, 9, 9, 9, 9, 9, 0, 0]


def test_pad_does_not_antialias():
    image = np.zeros((4, 4, 3), np.uint8)
    image[1:3, 1:3] = 200  # shrinking by 4, bilinear looks at the two by two pixels in the middle alone
    assert resize_with_pad(image, (1, 1))[0, 0].tolist() == [200, 200, 200]


def test_only_uint8_pictures_are_taken():
    with pytest.raises(AgentError, match="float32"):
        checked_frame(np.zeros((4, 4, 3), np.float32))
    with pytest.raises(AgentError, match=r"\(4, 4\)"):
        checked_frame(np.zeros((4, 4), np.uint8))
