"""Situations about who goes first: a red light, an unprotected left turn, giving way to crossing or circulating traffic."""

from __future__ import annotations

from scenarios.driving.situations.background import neighbours, pedestrians, side_traffic, surroundings
from scenarios.driving.situations.draft import Draft


def red_light(draft: Draft) -> None:
    """The ego's light is red, or about to be, with or without a queue before it."""
    rng = draft.rng
    route = draft.take()
    line = draft.stop_line
    assert line is not None
    distance = float(rng.uniform(12.0, 50.0))
    if rng.random() < 0.35:  # at the line already; the light may turn green now
        distance = float(rng.uniform(1.4, 2.4))
        draft.red(-15.0, float(rng.choice([rng.uniform(-0.6, 2.0), rng.uniform(5.0, 14.0)])))
        draft.place(line - 4.05 - distance, 0.0)
    else:
        draft.red(float(rng.uniform(-4.0, 0.5)) if distance > 40.0 else -10.0, float(rng.uniform(4.0, 14.0)))
        draft.place(line - 4.05 - distance)
        draft.place(draft.s, float((2 * 1.5 * max(distance - 4.0, 1.0)) ** 0.5))
    if distance > 30.0 and rng.random() < 0.5:
        size_gap = float(rng.uniform(1.5, 2.5)) + 2.4
        draft.vehicle(route, line - size_gap, 0.0, "queue", "car", critical=True, desired=9.0, style=draft.style())
    draft.critical.append(draft.light)
    neighbours(draft, 12.0, 20.0)
    for crossing in draft.layout.crossing[:2]:
        entry = crossing.entry()
        if rng.random() < 0.8 and entry is not None:
            speed = float(rng.uniform(6.0, 9.0))
            draft.vehicle(crossing, entry - float(rng.uniform(5.0, 25.0)), speed, "cross", desired=speed, style=draft.style())
    pedestrians(draft)


def unprotected_left(draft: Draft) -> None:
    """The ego turns left across oncoming traffic that has the right of way: it waits for a gap, or goes before or between."""
    rng = draft.rng
    draft.take("left")
    line = draft.stop_line
    assert line is not None
    assert draft.layout.oncoming
    draft.green(float(rng.uniform(16.0, 22.0)))
    draft.place(line - 4.05 - float(rng.uniform(1.0, 24.0)))
    draft.yields.append("oncoming")
    route = draft.layout.oncoming[0] if len(draft.layout.oncoming) == 1 or rng.random() < 0.5 else draft.layout.oncoming[-1]
    entry = route.entry()
    assert entry is not None
    arrival = float(rng.uniform(0.8, 3.0))
    for number in range(int(rng.integers(1, 4))):
        speed = float(rng.uniform(0.75, 0.92)) * route.strips[0].speed
        place = entry + 10.0 - speed * arrival
        if place - 2.0 * speed > 2.0:
            draft.vehicle(route, place, speed, "oncoming", critical=number < 2, desired=speed, style=draft.style())
        arrival += float(rng.uniform(1.8, 5.0))
    if not draft.critical:
        raise ValueError("nobody comes the other way")
    side_traffic(draft)
    pedestrians(draft)


def give_way(draft: Draft) -> None:
    """Traffic on the main road, in the roundabout or on the carriageway has the right of way over the ego, who comes from the side."""
    rng, layout = draft.rng, draft.layout
    draft.yields.append("main")
    if layout.form == "on_ramp":
        _enter_carriageway(draft)
        return
    draft.take(None if layout.form == "roundabout" else str(rng.choice(layout.turns)))
    line = draft.stop_line
    assert line is not None
    draft.place(line - 4.05 - float(rng.uniform(1.0, 22.0)))
    routes = list(layout.crossing) + (list(layout.oncoming) if draft.turn == "left" else [])
    for pick in rng.permutation(len(routes))[: int(rng.integers(1, 3))]:
        route = routes[int(pick)]
        entry = route.entry()
        assert entry is not None
        arrival = float(rng.uniform(0.5, 5.0))
        speed = float(rng.uniform(5.0, 7.0)) if layout.form == "roundabout" else float(rng.uniform(0.75, 0.9)) * route.strips[0].speed
        place = max(entry + 6.0 - speed * arrival, 2.0 * speed + 4.0)
        draft.vehicle(route, place, speed, "main", critical=True, desired=speed, style=draft.style())
    pedestrians(draft)


def _enter_carriageway(draft: Draft) -> None:
    """From the ramp's acceleration lane into a gap between vehicles of the right lane."""
    rng = draft.rng
    route = draft.take("merge", 0)
    meet = route.starts[-2]
    to_go = float(rng.uniform(30.0, 75.0))
    draft.place(meet - to_go)
    main = draft.layout.ego["straight"][0]
    other = main.starts[-2]
    gap = float(rng.uniform(-30.0, 15.0))
    for _ in range(int(rng.integers(1, 4))):
        speed = draft.speed * float(rng.uniform(0.92, 1.05))
        place = other - to_go + gap
        if place - 2.0 * speed > 2.0:
            draft.vehicle(main, place, speed, "main", critical=True, desired=speed, style=draft.style())
        gap += float(rng.uniform(28.0, 55.0))
    surroundings(draft, lanes=False)
