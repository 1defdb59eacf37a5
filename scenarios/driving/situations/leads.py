"""Situations with a vehicle in the ego's lane: following, a hard-braking lead, a cut-in, a tailgater; and driving freely."""

from __future__ import annotations

import numpy as np

from scenarios.driving.situations.background import lead_far, surroundings
from scenarios.driving.situations.draft import Draft
from scenarios.driving.world.actors import Event, Style, Trigger


def _ahead(draft: Draft) -> float:
    """A place for the ego: somewhat before the form's feature, so that the camera sees it."""
    return draft.layout.focus - float(draft.rng.uniform(0.0, 45.0) if len(draft.layout.turns) > 1 else draft.rng.uniform(10.0, 70.0))


def _pick(draft: Draft) -> None:
    turn = str(draft.rng.choice(draft.layout.turns))
    draft.take(turn)
    draft.green(float(draft.rng.uniform(13.0, 22.0)))


def cruise(draft: Draft) -> None:
    """The ego drives its route; nobody is in its way."""
    layout = draft.layout
    turns = [turn for turn in layout.turns if turn in ("left", "right")]
    draft.take(str(draft.rng.choice(turns)) if turns and draft.rng.random() < 0.7 else None)
    draft.green(float(draft.rng.uniform(13.0, 22.0)))
    draft.place(layout.focus - float(draft.rng.uniform(-4.0, 26.0) if turns else draft.rng.uniform(-15.0, 40.0)))
    if draft.layout.form in ("straight", "curve", "merge"):
        lead_far(draft, draft.route)
    if draft.turn != "left":
        surroundings(draft)


def following(draft: Draft) -> None:
    """A vehicle ahead drives below the limit, and changes its speed a little."""
    rng = draft.rng
    _pick(draft)
    draft.place(_ahead(draft))
    pace = float(rng.uniform(0.6, 0.9))
    speed = draft.speed * pace
    draft.place(draft.s, speed + float(rng.uniform(0.0, 1.0)))
    gap = 5.0 + float(rng.uniform(1.2, 2.0)) * speed
    change = max(speed + float(rng.uniform(-2.5, 1.0)), 1.5)
    if rng.random() < 0.3:  # traffic that gets going
        top = draft.speed
        speed = float(rng.uniform(0.25, 0.45)) * top
        draft.place(draft.s, speed + 0.5)
        gap, change = 4.0 + 1.3 * speed, 0.9 * top
    events = (Event(Trigger(time=float(rng.uniform(-1.0, 3.0))), speed=change, rate=float(rng.uniform(0.6, 1.4))),)
    draft.vehicle(draft.route, draft.s + 4.05 + gap, speed, "lead", critical=True, events=events, style=draft.style())
    surroundings(draft, oncoming=draft.turn != "left")


def hard_braking_lead(draft: Draft) -> None:
    """The vehicle ahead brakes hard, to a stop or nearly, and goes on after some seconds."""
    rng = draft.rng
    _pick(draft)
    draft.place(_ahead(draft))
    speed = draft.speed * float(rng.uniform(0.85, 0.95))
    draft.place(draft.s, speed)
    gap = 4.0 + float(rng.uniform(1.3, 1.8)) * speed
    begin = float(rng.uniform(-0.9, 0.2))
    slow = float(rng.choice([0.0, 0.0, 0.3])) * speed
    events = (
        Event(Trigger(time=begin), speed=slow, rate=float(rng.uniform(3.5, 5.0))),
        Event(Trigger(time=begin + float(rng.uniform(5.0, 7.0))), speed=speed, rate=1.5),
    )
    draft.vehicle(draft.route, draft.s + 4.05 + gap, speed, "lead", critical=True, events=events, style=draft.style())
    surroundings(draft, oncoming=draft.turn != "left")


def cut_in(draft: Draft) -> None:
    """A vehicle comes into the ego's lane a short way ahead: from the lane beside, or where lanes join."""
    rng, layout = draft.rng, draft.layout
    if layout.merging:
        _join(draft)
        return
    draft.take("straight")
    draft.green(float(rng.uniform(14.0, 22.0)))
    draft.place(layout.focus - float(rng.uniform(60.0, 110.0)) if layout.signalised else _ahead(draft))
    sides = [side for side in (-1, 1) if draft.neighbour_route(draft.s, side) is not None]
    side = int(rng.choice(sides)) if sides else -1
    route = draft.neighbour_route(draft.s, side)
    if route is None:
        raise ValueError("no lane beside")
    here, _ = route.path.project(np.array([draft.route.path.at(draft.s)]))
    speed = draft.speed * float(rng.uniform(0.88, 1.0))
    gap = float(rng.uniform(5.0, 8.0)) + 0.6 * speed
    event = Event(
        Trigger(time=float(rng.uniform(-1.2, 0.4))),
        left=side * draft.width(draft.s),
        length=max(25.0, float(rng.uniform(2.8, 3.8)) * speed),
    )
    draft.vehicle(
        route,
        float(here[0]) + 4.05 + 2.4 + gap,
        speed,
        "cutter",
        str(rng.choice(["car", "car", "van"])),
        critical=True,
        events=(event,),
        desired=0.92 * speed,
        style=draft.style(),
    )
    surroundings(draft, side_clear=35.0)


def _join(draft: Draft) -> None:
    rng, layout = draft.rng, draft.layout
    draft.take("straight", 0)
    route = layout.merging[0]
    meet = next(
        start
        for strip, start in zip(route.strips, route.starts, strict=True)
        if strip.key.startswith(("wide", "aux", "open")) and strip.is_connector
    )
    own = next(
        start
        for strip, start in zip(draft.route.strips, draft.route.starts, strict=True)
        if strip.key.startswith(("wide", "aux", "open")) and strip.is_connector
    )
    to_go = float(rng.uniform(15.0, 45.0))
    draft.place(own - to_go)
    speed = min(draft.speed * float(rng.uniform(0.85, 0.97)), 15.0)
    ahead = 4.05 + 2.4 + float(rng.uniform(3.0, 6.0)) + 0.6 * speed
    draft.vehicle(
        route,
        meet - to_go + ahead,
        speed,
        "cutter",
        str(rng.choice(["car", "car", "van"])),
        critical=True,
        desired=speed,
        style=draft.style(),
    )
    surroundings(draft, lanes=False)


def tailgater(draft: Draft) -> None:
    """A vehicle follows the ego far too closely; ahead the road is free or slow."""
    rng = draft.rng
    _pick(draft)
    draft.place(_ahead(draft))
    gap = float(rng.uniform(2.5, 5.0))
    close = Style(0.25, float(rng.uniform(1.5, 2.5)), 2.5, 3.0, 7.5)
    draft.vehicle(
        draft.route,
        draft.s - 1.13 - gap - 2.3,
        draft.speed,
        "tailgater",
        str(rng.choice(["car", "van"])),
        critical=True,
        desired=draft.speed * 1.15,
        style=close,
    )
    if rng.random() < 0.6:
        draft.vehicle(draft.route, draft.s + 4.05 + 1.9 * draft.speed + 12.0, draft.speed * 0.85, "lead", style=draft.style())
    surroundings(draft, side_clear=15.0, oncoming=draft.turn != "left")
