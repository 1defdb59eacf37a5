from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scenarios.driving import GeneratedScene, scene_of_kind
from scenarios.driving.labels import lateral, longitudinal
from scenarios.driving.world.make import make_combination

LONGITUDINAL = {"maintain", "accelerate", "decelerate", "stop"}
LATERAL = {"keep", "turn left", "turn right", "change left", "change right"}


@pytest.mark.parametrize(
    ("first", "last", "word"),
    [(10.0, 10.3, "maintain"), (10.0, 13.0, "accelerate"), (10.0, 7.0, "decelerate"), (10.0, 0.0, "stop"), (0.0, 0.0, "stop"), (0.0, 4.0, "accelerate"), (3.0, 2.2, "maintain")],
)  # fmt: skip
def test_longitudinal_words(first: float, last: float, word: str, series: list[GeneratedScene]) -> None:
    trace = replace(series[0].trace, speed=np.linspace(first, last, 41))
    assert longitudinal(trace, 0) == word


def test_lateral_words() -> None:
    for turn, word in (("left", "turn left"), ("right", "turn right")):
        for index in range(40):
            scene = scene_of_kind("unsignalised_crossing", "cruise", "val", 2, index)
            if scene.world.turn == turn:
                break
        before = scene.world.route.entry()
        assert before is not None
        entering = int(np.searchsorted(scene.trace.arc, before - 3.0))
        assert lateral(scene.world, scene.trace, entering) == word


def test_a_lane_change_is_named() -> None:
    scene = scene_of_kind("straight", "cruise", "val", 0, 0)
    shift = np.linspace(0.0, 3.5, 41)
    for sign, word in ((1.0, "change left"), (-1.0, "change right")):
        heading = scene.trace.ego[:41, 2]
        moved = scene.trace.ego[:41] + sign * shift[:, None] * np.stack([-np.sin(heading), np.cos(heading), 0 * heading], axis=1)
        world = two_lanes(scene)
        assert lateral(world.world, replace(world.trace, ego=moved + (world.trace.ego[:1] - scene.trace.ego[:1])), 0) == word


def two_lanes(like: GeneratedScene) -> GeneratedScene:
    for index in range(60):
        scene = GeneratedScene(*make_combination("val", 0, index, "straight", "cut_in"))
        if len(scene.world.layout.network.roads["out"].lanes) > 1:
            return scene
    raise AssertionError("no road with two lanes")


def test_every_scene_has_words_that_fit(kinds: dict[tuple[str, str], GeneratedScene]) -> None:
    for (_, situation), scene in kinds.items():
        labels = scene.previous_labels  # as those of the current frame, but for the trajectories
        assert labels["longitudinal"] in LONGITUDINAL
        assert labels["lateral"] in LATERAL
        assert 10 < len(labels["text"]) < 260
        tokens = set(scene.previous.current.boxes.track_tokens)
        assert {item["track_token"] for item in labels["critical_objects"]} <= tokens
        if situation not in ("cruise", "red_light"):
            assert labels["critical_objects"], "what the situation is about is not named"


def test_positions_are_those_of_the_boxes(kinds: dict[tuple[str, str], GeneratedScene]) -> None:
    for scene in kinds.values():
        boxes = scene.previous.current.boxes
        for item in scene.previous_labels["critical_objects"]:
            row = boxes.track_tokens.index(item["track_token"])
            np.testing.assert_allclose(item["position"], boxes.xyz[row, :2], atol=0.01)


def test_going_around_is_said() -> None:
    said = [scene_of_kind("straight", "stopped_vehicle", "val", 1, index).previous_labels for index in range(6)]
    assert any("pass it on the left" in row["text"] or row["lateral"] == "change left" for row in said)
    assert "pass it" not in scene_of_kind("straight", "following", "val", 1, 0).previous_labels["text"]


def test_red_light_says_so() -> None:
    for index in range(4):
        scene = scene_of_kind("signalised_crossing", "red_light", "val", 1, index)
        labels = scene.labels
        red = [is_red for _, is_red in scene.scene.current.traffic_lights]
        assert any(red) or labels["light"] in ("yellow", "green")
        if labels["light"] == "red" and labels["longitudinal"] == "stop":
            assert labels["text"].startswith("The light is red.")
