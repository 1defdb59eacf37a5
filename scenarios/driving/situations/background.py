"""Traffic and parked things that a situation is not about."""

from __future__ import annotations

import numpy as np

from scenarios.driving.forms.layout import Prop
from scenarios.driving.roads.curves import resample, with_headings
from scenarios.driving.roads.network import Route
from scenarios.driving.roads.path import Path
from scenarios.driving.situations.draft import Draft
from scenarios.driving.world.actors import Actor
from scenarios.driving.world.world import START


def oncoming_traffic(draft: Draft, most: int = 4) -> None:
    """Vehicles against the ego's direction, at even distances, slower than the limit."""
    if not draft.layout.oncoming:
        return
    rng = draft.rng
    for route in draft.layout.oncoming[:2]:
        place = float(rng.uniform(20.0, 120.0))
        for _ in range(int(rng.integers(0, most))):
            speed = float(rng.uniform(0.75, 0.95)) * route.strips[0].speed
            if place - 2.0 * speed > 0.0 and place < route.path.length - 60.0 and draft.has_room(route, place, speed, 14.0):
                draft.vehicle(route, place, speed, style=draft.style(), gives_way=draft.layout.signalised)
            place += float(rng.uniform(25.0, 80.0))


def neighbours(
    draft: Draft, clear_ahead: float = 25.0, clear_behind: float = 25.0, sides: tuple[int, ...] = (-1, 1), most: int = 2
) -> None:
    """Vehicles in the lanes beside the ego's, none of them between `clear_behind` behind and `clear_ahead` ahead of it."""
    rng = draft.rng
    for side in sides:
        route = draft.neighbour_route(draft.s, side)
        if route is None or draft.layout.form == "narrowing":
            continue
        here, _ = route.path.project(np.array([draft.route.path.at(draft.s)]))
        for _ in range(int(rng.integers(0, most + 1))):
            ahead = bool(rng.random() < 0.6)
            place = float(here[0]) + (
                clear_ahead + float(rng.uniform(0.0, 50.0)) if ahead else -clear_behind - float(rng.uniform(0.0, 30.0))
            )
            speed = max(draft.speed * float(rng.uniform(0.9, 1.05)), 2.0)
            if place - 2.0 * speed > 2.0 and draft.has_room(route, place, speed, 14.0 if len(draft.layout.network.roads) < 3 else 9.0):
                draft.vehicle(route, place, speed, desired=speed, style=draft.style())


def side_traffic(draft: Draft) -> None:
    """Vehicles on the side roads: at a red light, or about to give way to the ego's road."""
    if not draft.layout.crossing or draft.layout.form == "roundabout" or draft.layout.gives_way:
        return
    rng = draft.rng
    lanes: set[str] = set()
    for pick in rng.permutation(len(draft.layout.crossing)):
        route = draft.layout.crossing[int(pick)]
        entry = route.entry()
        if entry is None or rng.random() < 0.5 or route.strips[0].key in lanes:
            continue
        lanes.add(route.strips[0].key)
        draft.vehicle(route, entry - float(rng.uniform(5.0, 6.0)), 0.0, "waiting", desired=7.5, style=draft.style(), gives_way=True)


def pedestrians(draft: Draft) -> None:
    """People who walk along the walkways."""
    rng = draft.rng
    for area in draft.layout.network.walkways:
        if rng.random() < 0.5:
            continue
        corners = np.array(area.exterior.coords)[:-1]
        half = len(corners) // 2
        first, last = 0.5 * (corners[0] + corners[-1]), 0.5 * (corners[half - 1] + corners[half])
        along = last - first
        length = float(np.hypot(*along))
        ego = np.array(draft.route.path.at(draft.s)[:2])
        where = float(np.clip(((ego - first) @ along) / length + rng.uniform(-20.0, 60.0), 5.0, length - 25.0))
        curve = _middle(corners, half)
        _walk(draft, curve, where, float(rng.uniform(0.9, 1.5)), backwards=bool(rng.random() < 0.5))


def _middle(corners: np.ndarray, half: int) -> np.ndarray:
    one, other = corners[:half], corners[half:][::-1]
    count = min(len(one), len(other))
    return 0.5 * (one[:count] + other[:count])


def _walk(draft: Draft, curve: np.ndarray, where: float, speed: float, backwards: bool) -> None:
    points = np.column_stack([curve, np.zeros(len(curve))])
    dense = resample(points, 1.0)[:, :2]
    path = Path.through(with_headings(dense[::-1] if backwards else dense))
    start = path.length - where if backwards else where
    reach = path.samples[int(max(start - 4.0, 0.0) / 0.5) : int((start + 20.0) / 0.5)]
    if any(np.hypot(reach[:, 0] - prop.pose[0], reach[:, 1] - prop.pose[1]).min(initial=9.0) < 3.2 for prop in draft.props):
        return
    draft.actors.append(
        Actor(
            f"walker-{len(draft.actors)}",
            "pedestrian",
            draft.size("pedestrian"),
            path,
            start + START * speed,
            speed,
            speed,
            role="walker",
            reacts=False,
        )
    )


def parked(draft: Draft, most: int = 4) -> None:
    """Vehicles parked half on the walkway, right of the ego's road: not in its lane."""
    rng = draft.rng
    if draft.layout.form not in ("straight", "curve") or draft.layout.walked:
        return
    for _ in range(int(rng.integers(0, most))):
        place = draft.s + float(rng.uniform(-20.0, 90.0))
        _, right = draft.lane_edges(place)
        size = draft.size(str(rng.choice(["car", "van"])))
        pose = draft.beside(place, -right - 0.35 - size[1] / 2)
        if all(np.hypot(pose[0] - prop.pose[0], pose[1] - prop.pose[1]) > 8.0 for prop in draft.props):
            draft.props.append(Prop("vehicle", pose, size))


def lead_far(draft: Draft, route: Route) -> None:
    """Sometimes a vehicle far ahead on the ego's route."""
    rng = draft.rng
    if rng.random() < 0.4:
        draft.vehicle(route, draft.s + float(rng.uniform(60.0, 90.0)), max(draft.speed * 0.95, 3.0), style=draft.style())


def surroundings(draft: Draft, side_clear: float = 25.0, oncoming: bool = True, lanes: bool = True, cars: bool = True) -> None:
    """All of the above."""
    if oncoming:
        oncoming_traffic(draft)
    if lanes:
        neighbours(draft, side_clear, side_clear)
    side_traffic(draft)
    if cars:
        parked(draft)
    pedestrians(draft)
