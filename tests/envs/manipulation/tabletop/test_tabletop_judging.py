"""Predicates, subgoals and events on real simulator states: objects are put where the test wants them and the scene is stepped."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.sim

HOLD = np.array([0, 0, 0, 0, 0, 0, 1], np.float32)
FLAT = (1.0, 0.0, 0.0, 0.0)


def settle(env: Any, steps: int = 3) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """(last info, all events) of a few steps without motion."""
    events: list[tuple[str, Any]] = []
    info: dict[str, Any] = {}
    for _ in range(steps):
        _, _, _, _, info = env.step(HOLD)
        events += [(event["name"], event["detail"]["object"]) for event in info["events"]]
    return info, events


def put(env: Any, source: str, over: str, offset: tuple[float, float] = (0.0, 0.0), rise: float = 0.002) -> None:
    """Teleports ``source`` to rest on ``over``."""
    thing, base = env.task.world.objects[source], env.task.world.objects[over]
    half = thing.shape.half_extents[2]
    place = [base.centre[0] + offset[0], base.centre[1] + offset[1], base.surface + half + rise]
    env.task.scene.place_object(source, place, FLAT)


def test_put_on(tabletop_env: Any) -> None:
    env = tabletop_env("PutOn")
    _, info = env.reset(seed=5, options={"source": "red cube", "target": "blue plate", "n_distractors": 1})
    assert not info["success"]
    assert info["progress"] == 0.0
    put(env, "red cube", "blue plate")
    info, events = settle(env)
    assert info["success"]
    assert info["progress"] == 1.0
    assert events.count(("placed", "red cube")) == 1  # told once, at the transition
    put(env, "red cube", "blue plate", offset=(0.16, 0.0), rise=0.02)  # beside it, on the table
    assert not settle(env)[0]["success"]


def test_put_on_wants_contact_with_the_target_only(tabletop_env: Any) -> None:
    env = tabletop_env("PutOn")
    env.reset(seed=5, options={"source": "red cube", "target": "blue cloth", "n_distractors": 0})
    cloth = env.task.world.objects["blue cloth"]
    edge = float(cloth.half[0])
    put(env, "red cube", "blue cloth", offset=(edge + 0.012, 0.0))  # leaning over the edge: touches the table
    assert not settle(env)[0]["success"]
    put(env, "red cube", "blue cloth", offset=(0.3 * edge, 0.0))
    assert settle(env)[0]["success"]


def test_stack(tabletop_env: Any) -> None:
    env = tabletop_env("Stack")
    env.reset(seed=5, options={"source": "red cube", "target": "blue cube"})
    put(env, "red cube", "blue cube")
    assert settle(env)[0]["success"]
    put(env, "red cube", "blue cube", offset=(0.05, 0.0), rise=-0.03)
    assert not settle(env)[0]["success"]


def test_in_basket(tabletop_env: Any) -> None:
    env = tabletop_env("PutInBasket")
    env.reset(seed=5, options={"source": "red cube"})
    basket = env.task.layout.target
    put(env, "red cube", basket)
    assert settle(env)[0]["success"]
    put(env, "red cube", basket, offset=(0.0, 0.18))
    assert not settle(env)[0]["success"]


def test_near(tabletop_env: Any) -> None:
    env = tabletop_env("MoveNear")
    env.reset(seed=5, options={"source": "red cube", "target": "blue cube", "n_distractors": 1})
    target = env.task.world.objects["blue cube"]
    source = env.task.world.objects["red cube"]
    toward = (source.centre - target.centre)[:2] / np.linalg.norm((source.centre - target.centre)[:2])
    env.task.scene.place_object("red cube", [*(target.centre[:2] + 0.10 * toward), 0.025])
    assert settle(env)[0]["success"]
    env.task.scene.place_object("red cube", [*(target.centre[:2] + 0.25 * toward), 0.025])
    assert not settle(env)[0]["success"]


def test_near_fails_when_the_target_was_brought_instead(tabletop_env: Any) -> None:
    env = tabletop_env("MoveNear")
    env.reset(seed=5, options={"source": "red cube", "target": "blue cube", "n_distractors": 0})
    source = env.task.world.objects["red cube"]
    env.task.scene.place_object("blue cube", [source.centre[0] - 0.10, source.centre[1], 0.025])
    assert not settle(env)[0]["success"]


def test_drawers(tabletop_env: Any) -> None:
    for task, drawer, goal, start in (("OpenMiddleDrawer", "middle", 0.16, 0.0), ("CloseTopDrawer", "top", 0.02, 0.19)):
        env = tabletop_env(task)
        env.reset(seed=5)
        cabinet = env.task.scene.cabinet
        assert abs(env.task.world.drawers[drawer].opening - start) < 0.02
        other = "bottom"
        cabinet.set_openings({other: goal})
        if start == 0.0:
            assert not settle(env)[0]["success"]  # the wrong drawer
        cabinet.set_openings({drawer: (goal + start) / 2})
        info, _ = settle(env)
        assert not info["success"]
        assert 0.0 < info["progress"] < 1.0
        cabinet.set_openings({drawer: goal})
        assert settle(env)[0]["success"]


def test_put_in_drawer(tabletop_env: Any) -> None:
    env = tabletop_env("PutInDrawer")
    env.reset(seed=5, options={"drawer": "middle", "source": "red cube"})
    box = env.task.world.drawers["middle"]
    env.task.scene.place_object("red cube", [box.low[0] + 0.06, (box.low[1] + box.high[1]) / 2, box.low[2] + 0.03])
    assert settle(env)[0]["success"]
    env.task.scene.cabinet.set_openings({"middle": 0.0, "top": 0.18})
    env.reset(seed=5, options={"drawer": "top", "source": "red cube"})
    cube = env.task.world.objects["red cube"]
    env.task.scene.place_object("red cube", [cube.centre[0] + 0.03, cube.centre[1], 0.03])
    assert not settle(env)[0]["success"]


def test_pick_needs_to_be_held(tabletop_env: Any) -> None:
    env = tabletop_env("Pick")
    env.reset(seed=5, options={"source": "red cube"})
    env.task.scene.place_object("red cube", [0.1, 0.2, 0.2])
    info, _ = settle(env, 1)
    assert not info["success"]  # in the air, but thrown


def test_dropping_and_the_wrong_object_are_told(tabletop_env: Any) -> None:
    env = tabletop_env("Pick")
    _, info = env.reset(seed=3)
    source = env.task.layout.source
    events: list[tuple[str, Any]] = []
    for _ in range(40):
        action = info["privileged"]["expert"]["action"].copy()
        if any(name == "lifted" for name, _ in events):
            action[6] = 1.0  # let go in mid-air
        _, _, _, _, info = env.step(action)
        events += [(event["name"], event["detail"]["object"]) for event in info["events"]]
        if ("dropped", source) in events:
            break
    told = [name for name, thing in events if thing == source]
    assert [told.index(name) for name in ("reached", "grasped", "lifted", "dropped")] == sorted(
        told.index(name) for name in ("reached", "grasped", "lifted", "dropped")
    )
    assert info["subgoals"]["lifted"]
    assert not info["success"]


def test_a_knocked_distractor_is_told(tabletop_env: Any) -> None:
    env = tabletop_env("Pick")
    env.reset(seed=3, options={"n_distractors": 1})
    distractor = next(placed for placed in env.task.layout.objects if placed.role == "distractor")
    env.task.scene.place_object(distractor.name, [distractor.x + 0.05, distractor.y, 0.05])
    _, events = settle(env)
    assert events.count(("collided", distractor.name)) == 1


def test_subgoals_come_true_in_order(tabletop_env: Any) -> None:
    env = tabletop_env("PutOn")
    _, info = env.reset(seed=2)
    assert list(info["subgoals"]) == ["reached", "grasped", "lifted", "placed"]
    progress = [info["progress"]]
    for _ in range(40):
        _, _, _, _, info = env.step(info["privileged"]["expert"]["action"])
        values = list(info["subgoals"].values())
        assert values == sorted(values, reverse=True)
        progress.append(info["progress"])
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
