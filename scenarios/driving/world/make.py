"""Makes world number (split, seed, index): draws a form and a situation until the human drives it well."""

from __future__ import annotations

import numpy as np

from scenarios.driving.forms import FORMS
from scenarios.driving.situations import SITUATIONS, Draft
from scenarios.driving.splits import combination, split_code
from scenarios.driving.world.drive import Trace, drive
from scenarios.driving.world.validity import faults, route_is_drivable
from scenarios.driving.world.world import START, World

LOG_END = 8.5
"""Seconds of a world that its log covers: the second stage's four, after the first stage's four."""
ATTEMPTS = 60
WEATHERS = ("day", "day", "day", "dusk", "rain")


def make_world(split: str, seed: int, index: int) -> tuple[World, Trace]:
    """The world and the human's drive through it, until LOG_END. Raises RuntimeError should no attempt be sound, which would be a defect of the generator."""
    form, situation = combination(split, index)
    return make_combination(split, seed, index, form, situation)


def make_combination(split: str, seed: int, index: int, form: str, situation: str) -> tuple[World, Trace]:
    """As :func:`make_world`, for a form and situation of one's choice."""
    reasons: list[str] = []
    for attempt in range(ATTEMPTS):
        rng = np.random.default_rng([split_code(split), seed, index, attempt])
        try:
            world = draft_world(split, seed, index, form, situation, attempt, rng)
        except ValueError as error:  # the drawn form does not fit the situation
            reasons.append(str(error))
            continue
        if not route_is_drivable(world):
            reasons.append("the route leaves the road")
            continue
        trace = drive(world, LOG_END)
        found = faults(world, trace)
        if not found:
            return world, trace
        reasons.append(found)
    raise RuntimeError(
        f"no sound scene of {situation} on {form} (split {split}, seed {seed}, index {index}) in {ATTEMPTS} attempts: {sorted(set(reasons))}"
    )


def draft_world(split: str, seed: int, index: int, form: str, situation: str, attempt: int, rng: np.random.Generator) -> World:
    """One attempt, unchecked."""
    plan = SITUATIONS[situation]
    draft = Draft(FORMS[form](rng, plan.wish), rng)
    plan.fill(draft)
    draft.keep_near(40.0)
    return World(
        split, seed, index, form, situation, draft.layout, draft.route, draft.turn, draft.s + START * draft.speed, draft.speed, draft.temper,
        tuple(draft.actors), tuple(draft.props), draft.lights, tuple(draft.critical), origin(split, index, rng), str(rng.choice(WEATHERS)),
        tuple(draft.passes), tuple(draft.yields), draft.stop_line, draft.light, attempt,
    )  # fmt: skip


def origin(split: str, index: int, rng: np.random.Generator) -> tuple[float, float, float]:
    """Where a world's frame lies on its map: tiles of 1 km, and a drawn heading. Worlds of four indices share a tile, for they lie on different maps."""
    tile = index // 4
    return (
        300_000.0 + 1000.0 * (tile % 400),
        3_000_000.0 + 500_000.0 * split_code(split) + 1000.0 * (tile // 400),
        float(rng.uniform(-np.pi, np.pi)),
    )
