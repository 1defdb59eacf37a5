"""Situations with people on foot or on bicycles."""

from __future__ import annotations

import numpy as np

from scenarios.driving.forms.layout import Prop
from scenarios.driving.roads.curves import offset, resample
from scenarios.driving.roads.path import Path
from scenarios.driving.situations.background import neighbours, oncoming_traffic, pedestrians, side_traffic
from scenarios.driving.situations.draft import Draft
from scenarios.driving.world.world import Pass


def yield_to_pedestrian(draft: Draft) -> None:
    """One or two people cross where they have the right of way: at a crosswalk, or in a car park's aisle."""
    rng, layout = draft.rng, draft.layout
    choices = [turn for turn in layout.turns if turn in ("left", "right")] if layout.signalised else list(layout.turns)
    draft.take(str(rng.choice(choices)))
    draft.green(float(rng.uniform(16.0, 22.0)))
    met = [
        (place, walk)
        for walk in layout.walked
        if (place := draft.crossed(walk)) is not None and (not layout.signalised or place > layout.focus + 6.0)
    ]
    if met:
        place, walk = met[int(rng.integers(len(met)))]
        line = walk.line
        place += 1.7
    else:
        place = layout.focus - float(rng.uniform(20.0, 45.0))
        left, right = draft.lane_edges(place)
        line = draft.across(place, left + draft.width(place) + 1.0, right + 1.0)
        draft.props[:] = [prop for prop in draft.props if abs(_along(draft, prop) - place) > 2.4]
    draft.place(place - 12.0)
    draft.place(place - 4.05 - float(rng.uniform(1.6, 3.2)) * max(draft.speed, 3.5) - 3.0)
    for number in range(int(rng.choice([1, 1, 2]))):
        side = np.array([line[1, 1] - line[0, 1], line[0, 0] - line[1, 0]]) / float(np.hypot(*(line[1] - line[0])))
        way = (line if rng.random() < 0.5 else line[::-1]) + (0.5 - number) * side
        draft.walker(way, float(rng.uniform(1.2, 1.7)), float(rng.uniform(2.6, 3.8)), delay=0.7 * number)
    if layout.form not in ("car_park", "roundabout"):
        if draft.turn != "left":
            oncoming_traffic(draft, 3)
        neighbours(draft, 40.0, 25.0)
    pedestrians(draft)


def occluded_pedestrian(draft: Draft) -> None:
    """Somebody steps onto the road from behind a parked van, or from between parked cars."""
    rng, layout = draft.rng, draft.layout
    draft.take("straight" if "straight" in layout.turns else None, -1)
    place = layout.focus - float(rng.uniform(35.0, 60.0))
    draft.place(place - 10.0)
    speed = draft.speed
    arrival = float(rng.uniform(1.1, 1.5)) + speed / 6.0 + (0.9 if layout.form == "car_park" else 0.0)
    draft.place(place - 4.05 - arrival * speed - float(rng.uniform(-1.0, 5.0)))
    left, right = draft.lane_edges(place)
    if layout.form == "car_park":
        line = draft.across(place, left + draft.width(place) + 1.0, right + 3.5)
        free = [prop for prop in draft.props if abs(_along(draft, prop) - place) > 2.0 or _left(draft, prop) > 0]
        draft.props[:] = free
        for shift in (-2.8, 2.8):
            if not any(abs(_along(draft, prop) - place - shift) < 2.4 and _left(draft, prop) < 0 for prop in free):
                draft.props.append(Prop("vehicle", draft.beside(place + shift, -right - 2.7, np.pi / 2), draft.size("van")))
    else:
        size = draft.size("van")
        draft.props.append(Prop("vehicle", draft.beside(place - 1.3 - size[0] / 2, -right - 0.15 - size[1] / 2), size))
        line = draft.across(place, left + (draft.width(place) if layout.oncoming else 0.0) + 1.2, right + 1.5)
    draft.walker(line, float(rng.uniform(1.3, 1.9)), arrival, intends=False, hidden_until=6.0)
    if layout.form != "car_park":
        oncoming_traffic(draft, 3)
    pedestrians(draft)


def _along(draft: Draft, prop: Prop) -> float:
    return float(draft.route.path.project(np.array([prop.pose]))[0][0])


def _left(draft: Draft, prop: Prop) -> float:
    return float(draft.route.path.project(np.array([prop.pose]))[1][0])


def cyclist(draft: Draft) -> None:
    """A cyclist ahead, near the right edge: the ego goes by with room to spare when the way is free, and stays behind otherwise."""
    rng = draft.rng
    draft.take("straight", -1)
    draft.green()
    draft.place(draft.layout.focus - float(rng.uniform(70.0, 120.0)))
    speed = float(rng.uniform(3.5, 5.0))
    gap = float(rng.uniform(20.0, 34.0))
    draft.place(draft.s, min(draft.speed, speed + 4.0))
    edge = -(draft.width(draft.s) / 2 - float(rng.uniform(0.45, 0.7)))
    path = Path.through(resample(offset(draft.route.path.samples, edge), 0.5))
    along, _ = path.project(np.array([draft.route.path.at(draft.s + 4.05 + gap)]))
    draft.vehicle(draft.route, float(along[0]), speed, "cyclist", "bicycle", critical=True, path=path, name="bicycle", reacts=False)
    room = 0.35 + 1.1 + 1.15  # half the cyclist, clear distance, half the ego
    draft.passes.append(Pass(-0.9, 0.9, round(room + edge, 2), True, len(draft.actors) - 1))
    draft.yields.append("background")
    if rng.random() < 0.6:
        oncoming_traffic(draft, 3)
    neighbours(draft, 15.0, 30.0, sides=(-1,))
    side_traffic(draft)
    pedestrians(draft)
