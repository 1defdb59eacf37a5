"""Situations in which something stands in the ego's lane: a stopped vehicle to pass, and an oncoming vehicle on a road too narrow for two."""

from __future__ import annotations

import numpy as np

from scenarios.driving.forms.layout import Prop
from scenarios.driving.situations.background import oncoming_traffic, pedestrians
from scenarios.driving.situations.draft import Draft
from scenarios.driving.world.world import Pass

CLEARANCE = 0.45
"""Distance the human keeps from what it passes [m], beside half its width of 1.15 m."""


def stopped_vehicle(draft: Draft) -> None:
    """A vehicle stands in the ego's lane, or half in it; the ego goes around when the way is free."""
    rng, layout = draft.rng, draft.layout
    draft.take("straight" if "straight" in layout.turns else None, -1)
    draft.green()
    place = layout.focus - float(rng.uniform(55.0, 75.0))
    ahead = float(rng.uniform(30.0, 45.0))
    draft.place(place - ahead)
    if layout.form == "car_park":
        draft.place(place - ahead * 0.6)
    else:
        draft.place(draft.s, 0.85 * draft.speed)
    size, width = draft.size(str(rng.choice(["car", "van"]))), draft.width(place)
    lane_beside = draft.neighbour_route(place, -1)
    if lane_beside is not None and rng.random() < 0.7:
        across, shift, back = float(rng.uniform(-0.3, 0.3)), width, bool(rng.random() < 0.3)
    else:
        into = float(rng.uniform(0.6, 1.05))
        across = -(width / 2 + size[1] / 2 - into)
        shift, back = round(into + CLEARANCE + 1.15 - width / 2, 2), True
    draft.props.append(Prop("vehicle", draft.beside(place, across, float(rng.uniform(-0.04, 0.04))), size))
    draft.critical.append(f"prop-{len(draft.props) - 1}")
    draft.passes.append(Pass(place - size[0] / 2, place + size[0] / 2, shift, back))
    draft.yields.append("background")
    _beside(draft, lane_beside)
    oncoming_traffic(draft, 3)
    pedestrians(draft)


def _beside(draft: Draft, route) -> None:
    """Sometimes a vehicle in the lane beside, a little behind the ego: to be let by first."""
    rng = draft.rng
    if route is None or rng.random() < 0.4:
        return
    here, _ = route.path.project(np.array([draft.route.path.at(draft.s)]))
    speed = draft.speed * float(rng.uniform(0.95, 1.1))
    place = float(here[0]) - float(rng.uniform(2.0, 16.0))
    if place - 2 * speed > 1.0:
        draft.vehicle(route, place, speed, "background", desired=speed, style=draft.style())


def oncoming_narrow(draft: Draft) -> None:
    """Parked vehicles leave room for one only; somebody comes the other way and is there first."""
    rng, layout = draft.rng, draft.layout
    draft.take("straight" if "straight" in layout.turns else None, 0)
    if not layout.oncoming:
        raise ValueError("nobody can come the other way")
    place = layout.focus - float(rng.uniform(50.0, 70.0))
    ahead = float(rng.uniform(26.0, 38.0)) * (0.7 if layout.form == "car_park" else 1.0)
    draft.place(place - ahead)
    draft.place(draft.s, 0.85 * draft.speed)
    width, into = draft.width(place), float(rng.uniform(0.75, 1.0))
    shift = round(into + CLEARANCE - 0.1 + 1.15 - width / 2, 2)
    end = place
    for _ in range(int(rng.integers(1, 4))):
        size = draft.size(str(rng.choice(["car", "van"])))
        draft.props.append(Prop("vehicle", draft.beside(end + size[0] / 2, -(width / 2 + size[1] / 2 - into)), size))
        draft.critical.append(f"prop-{len(draft.props) - 1}")
        end += size[0] + 1.2
    draft.passes.append(Pass(place, end - 1.2, shift, True))
    draft.yields.append("oncoming")
    route = layout.oncoming[0]
    far, _ = route.path.project(np.array([draft.route.path.at(0.5 * (place + end))]))
    speed = float(rng.uniform(0.7, 0.9)) * route.strips[0].speed
    arrival = float(rng.uniform(1.0, 3.2))
    draft.vehicle(
        route,
        max(float(far[0]) - speed * arrival, 2.0 * speed + 1.0),
        speed,
        "oncoming",
        str(rng.choice(["car", "van"])),
        critical=True,
        desired=speed,
        style=draft.style(),
    )
    pedestrians(draft)
