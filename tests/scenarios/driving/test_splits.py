from __future__ import annotations

import pytest

from harness.errors import ConfigError
from scenarios.driving import generate, scene_at
from scenarios.driving.splits import SPLITS, TEST_ONLY_FORMS, TEST_ONLY_SITUATIONS, combination, combinations, held_out, indices


def test_what_is_kept_for_the_test_split_is_nowhere_else() -> None:
    for split in ("train", "val"):
        for form, situation in combinations(split):
            assert form not in TEST_ONLY_FORMS
            assert situation not in TEST_ONLY_SITUATIONS
    kept = {held_out(*pair) for pair in combinations("test")}
    assert kept == {"", "form", "situation"}
    assert set(combinations("train")) == set(combinations("val")) < set(combinations("test"))


def test_splits_share_no_scene() -> None:
    tokens: dict[str, set[str]] = {}
    starts: dict[str, set[bytes]] = {}
    for split in SPLITS:
        scenes = list(generate(3, 6, split))
        tokens[split] = {frame.token for scene in scenes for frame in scene.log.frames}
        starts[split] = {
            scene.world.layout.network.strips[scene.world.route.strips[0].key].centre.tobytes() + scene.trace.ego.tobytes()
            for scene in scenes
        }
    for first in SPLITS:
        for second in SPLITS:
            if first < second:
                assert not tokens[first] & tokens[second]
                assert not starts[first] & starts[second]


def test_other_seed_other_scene_same_kind() -> None:
    one, other = scene_at("val", 0, 2), scene_at("val", 1, 2)
    assert (one.world.form, one.world.situation) == (other.world.form, other.world.situation) == combination("val", 2)
    assert one.trace.ego.tobytes() != other.trace.ego.tobytes()


def test_a_suite_takes_the_matching_indices_of_the_series() -> None:
    for suite in ("cut_in", "curve", "all", "seen", "held_out"):
        chosen = indices(suite, "test", 30)
        assert len(set(chosen)) == 30
        assert chosen == sorted(chosen)
        assert all(suite in ("all", "seen", "held_out") or suite in combination("test", index) for index in chosen)
    assert all(held_out(*combination("test", index)) for index in indices("held_out", "test", 30))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: indices("cutin", "test", 3), "cut_in"),
        (lambda: indices("roundabout", "train", 3), "test split"),
        (lambda: combinations("tset"), "test"),
        (lambda: combination("test", -1), "negative"),
    ],
)
def test_wrong_names_are_named(call, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        call()
