"""Statistics of two dimensions and a gripper, mapped by hand."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from agents.conventions.normalisation import between, from_statistics, load_statistics, rt1x_widowx, standard
from harness.errors import ConfigError

STATISTICS = {
    "mean": [0.5, -1.0, 0.6],
    "std": [2.0, 0.5, 0.4],
    "q01": [-1.0, 0.0, 0.0],
    "q99": [3.0, 10.0, 1.0],
    "min": [-2.0, -5.0, 0.0],
    "max": [2.0, 15.0, 1.0],
    "mask": [True, True, False],
}


def test_quantiles():
    normalisation = from_statistics(STATISTICS, "quantiles")
    # -1 -> q01, 0 -> the middle, 1 -> q99; the gripper passes.
    assert_allclose(
        normalisation.unnormalise([[-1, -1, 0.3], [0, 0, 0.3], [1, 1, 0.3], [0.5, -0.5, 1.0]]),
        [[-1, 0, 0.3], [1, 5, 0.3], [3, 10, 0.3], [2, 2.5, 1.0]],
    )


def test_range():
    assert_allclose(from_statistics(STATISTICS, "range").unnormalise([0.5, 0.5, 0.5]), [1.0, 10.0, 0.5])


def test_standard():
    assert_allclose(from_statistics(STATISTICS, "standard").unnormalise([[1.0, -2.0, 0.9], [0, 0, 0]]), [[2.5, -2.0, 0.9], [0.5, -1.0, 0]])


def test_clips_normalised_values_of_masked_dimensions_only():
    assert_allclose(between([0, 0], [1, 1], [True, False]).unnormalise([3.0, 3.0]), [1.0, 3.0])
    assert_allclose(between([0, 0], [1, 1], [True, False], clip=False).unnormalise([3.0, 3.0]), [2.0, 3.0])
    assert_allclose(standard([0], [1]).unnormalise([9.0]), [9.0])


def test_without_a_mask_everything_is_normalised():
    statistics = {"q01": [0.0, 0.0], "q99": [2.0, 4.0]}
    assert_allclose(from_statistics(statistics, "quantiles").unnormalise([0.0, 0.0]), [1.0, 2.0])


def test_inverse():
    for kind in ("quantiles", "range", "standard"):
        normalisation = from_statistics(STATISTICS, kind)
        physical = np.array([[0.3, 4.0, 1.0], [-0.9, 0.1, 0.0]])
        assert_allclose(normalisation.unnormalise(normalisation.normalise(physical)), physical)


def test_inverse_of_a_dimension_that_never_moved():
    assert_allclose(between([2.0], [2.0]).normalise([5.0]), [0.0])


def test_rt1x():
    low, high = [-1.75] * 3 + [-1.4] * 3, [1.75] * 3 + [1.4] * 3
    half = [0.875] * 3 + [0.7] * 3
    normalisation = rt1x_widowx()
    assert_allclose(normalisation.unnormalise([*low, -1.0]), [-0.05] * 3 + [-0.25] * 3 + [-1.0])
    assert_allclose(normalisation.unnormalise([*high, 1.0]), [0.05] * 3 + [0.25] * 3 + [1.0])
    assert_allclose(normalisation.unnormalise([*half, 0.2]), [0.025] * 3 + [0.125] * 3 + [0.2])
    assert_allclose(normalisation.unnormalise([9.0] * 7), [0.05] * 3 + [0.25] * 3 + [9.0])


def write(folder, data):
    path = folder / "dataset_statistics.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def test_reads_a_file_of_either_layout(tmp_path):
    for data in ({"bridge_orig": {"action": STATISTICS}}, {"norm_stats": {"bridge_orig": {"action": STATISTICS}}}):
        assert load_statistics(write(tmp_path, data), "bridge_orig")["q99"] == [3.0, 10.0, 1.0]


@pytest.mark.parametrize(
    ("data", "dataset", "message"),
    [
        ({"bridge_orig": {"action": {}}}, "bridge", "did you mean bridge_orig"),
        ({"bridge_orig": {"acton": {}}}, "bridge_orig", "no 'action' .*did you mean acton"),
        ({"bridge_orig": 3}, "bridge_orig", "no 'action'"),
        ([1, 2], "bridge_orig", "no mapping of datasets"),
        ("{", "bridge_orig", "statistics .*dataset_statistics.json"),
    ],
)
def test_says_what_is_wrong_with_a_file(tmp_path, data, dataset, message):
    with pytest.raises(ConfigError, match=message):
        load_statistics(write(tmp_path, data), dataset)


def test_says_that_there_is_no_file(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load_statistics(tmp_path / "none.json", "x")


@pytest.mark.parametrize(
    ("statistics", "kind", "message"),
    [
        ({"q1": [0], "q99": [1]}, "quantiles", "no 'q01' .*did you mean q1"),
        ({"q01": [0, 0], "q99": [1]}, "quantiles", "differ in length"),
        ({"q01": [0], "q99": [1], "mask": [True, True]}, "quantiles", "differ in length"),
        ({"mean": ["a"], "std": [1]}, "standard", "no list of finite numbers"),
        ({"mean": [float("nan")], "std": [1]}, "standard", "no list of finite numbers"),
        ({}, "quantile", "did you mean quantiles"),
    ],
)
def test_says_what_is_wrong_with_statistics(statistics, kind, message):
    with pytest.raises(ConfigError, match=message):
        from_statistics(statistics, kind)


def test_actions_of_another_length():
    with pytest.raises(ConfigError, match="3 dimensions"):
        from_statistics(STATISTICS, "quantiles").unnormalise([0.0] * 7)
