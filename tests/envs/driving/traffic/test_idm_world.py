"""Corrected traffic for the closed loop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from envs.driving.traffic import idm_world
from envs.driving.traffic.idm_world import IdmWorld
from tests.envs.driving.made_road import LANE, Thing, driving, made_road, made_scene, standing

ROAD = made_road()
RED_FOR_A_WHILE = made_scene(
    ROAD, [driving("a", 150.0, LANE, 9.0), driving("p", 70.0, -5.0, 1.0, name="pedestrian"), standing("c", 90.0, -6.0, "traffic_cone")],
    lights=lambda t: ((ROAD.connectors[1], t < 3.0),),
)  # fmt: skip


def test_it_goes_on_beyond_the_log_and_keeps_its_names():
    world = IdmWorld(RED_FOR_A_WHILE, ROAD.map)
    first = world.boxes()
    assert set(first.track_tokens) == {"a", "p", "c"}
    for _ in range(150):
        world.step(np.array([300.0, 0.0, 0.0]), 0.0)
    boxes = world.boxes()
    where = dict(zip(boxes.track_tokens, boxes.xyz))
    assert where["a"][0] > 220.0
    np.testing.assert_allclose(where["p"][:2], [85.0, -5.0], atol=1e-6)
    np.testing.assert_allclose(where["c"][:2], [90.0, -6.0], atol=1e-6)


def test_who_drives_up_later_stays_away_and_what_stands_there_is_seen():
    later = Thing("late", lambda t: (60.0 + 9.0 * t, LANE, 0.0) if t >= 1.0 else None, velocity=(9.0, 0.0))
    parked = Thing("parked", lambda t: (120.0, -6.0, 0.0) if t >= 1.0 else None)
    walker = Thing("walker", lambda t: (100.0, -5.0 - t, 0.0) if t >= 1.0 else None, "pedestrian", (0.6, 0.6), (0.0, -1.0))
    world = IdmWorld(made_scene(ROAD, [driving("a", 150.0, LANE, 9.0), later, parked, walker]), ROAD.map)
    assert world.boxes().track_tokens == ("a",)
    for _ in range(20):
        world.step(np.array([300.0, 0.0, 0.0]), 0.0)
    assert set(world.boxes().track_tokens) == {"a", "parked", "walker"}


def test_routes_last_as_long_as_the_log(monkeypatch: pytest.MonkeyPatch):
    """A route of 125 m, for five seconds of log, ends with its lane of 200 m; after a log of 25 s there is road until the map ends."""
    monkeypatch.setattr(idm_world, "ROUTE_M", 10.0)
    scene = made_scene(ROAD, [driving("a", 5.0, LANE, 13.0)])
    last = scene.frames[-1]
    longer = replace(scene, frames=(*scene.frames, *(replace(last, token=f"{k:016x}") for k in range(50, 90))))
    for chosen, there in ((scene, False), (longer, True)):
        world = IdmWorld(chosen, ROAD.map)
        for _ in range(180):
            world.step(np.array([5.0, -50.0, 0.0]), 0.0)
        assert ("a" in world.boxes().track_tokens) is there


def test_it_waits_for_red_and_says_so():
    world = IdmWorld(RED_FOR_A_WHILE, ROAD.map)
    assert world.lights() == {ROAD.connectors[1]: "red"}
    for _ in range(29):
        world.step(np.array([300.0, 0.0, 0.0]), 0.0)
    front = dict(zip(world.boxes().track_tokens, world.boxes().xyz))["a"][0] + 2.3
    assert front < 200.0
    for _ in range(2):
        world.step(np.array([300.0, 0.0, 0.0]), 0.0)
    assert world.lights() == {ROAD.connectors[1]: "green"}


def test_the_same_steps_give_the_same_world_after_a_reset():
    world = IdmWorld(RED_FOR_A_WHILE, ROAD.map)

    def drive() -> list[np.ndarray]:
        seen = []
        for k in range(60):
            world.step(np.array([60.0 + 0.8 * k, LANE, 0.0]), 8.0)
            seen.append(world.boxes().xyz)
        return seen

    once = drive()
    world.reset()
    for a, b in zip(once, drive(), strict=True):
        np.testing.assert_array_equal(a, b)
