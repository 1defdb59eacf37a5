"""Reasoning labels from truth: what matters, what the human does lengthways and sideways, and a sentence about both.

The words are ELF-VLA's (arXiv 2603.01063): longitudinal {maintain, accelerate, decelerate, stop}, lateral {keep, turn left, turn right, change left, change right}; the time that counts is the next four seconds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scenarios.driving.world.drive import Trace
from scenarios.driving.world.traffic import DT
from scenarios.driving.world.world import World

HORIZON_S = 4.0
STOPPED = 0.5
NEAR_M = 80.0

SAYINGS = {
    "lead": "The vehicle ahead is {distance:.0f} m away and drives {speed:.0f} km/h.",
    "cutter": "A vehicle moves into the lane {distance:.0f} m ahead.",
    "tailgater": "A vehicle follows very closely behind.",
    "pedestrian": "A pedestrian crosses {distance:.0f} m ahead.",
    "kerb": "A pedestrian waits to cross {distance:.0f} m ahead.",
    "hidden": "Somebody may step out from behind a parked vehicle {distance:.0f} m ahead.",
    "cyclist": "A cyclist rides {distance:.0f} m ahead near the right edge.",
    "oncoming": "A vehicle comes the other way, {distance:.0f} m away.",
    "main": "A vehicle with the right of way is {distance:.0f} m away.",
    "queue": "A vehicle waits at the light {distance:.0f} m ahead.",
    "waiting": "A vehicle waits in the side road {distance:.0f} m away.",
    "cross": "A vehicle crosses {distance:.0f} m away.",
    "background": "Another vehicle is {distance:.0f} m away.",
    "traffic_cone": "Road works close the lane beside {distance:.0f} m ahead.",
    "parked": "A vehicle stands in the lane {distance:.0f} m ahead.",
}


def longitudinal(trace: Trace, row: int, steps: int = round(HORIZON_S / DT)) -> str:
    """What the human does with its speed from step `row` on."""
    now, last = float(trace.speed[row]), min(row + steps, len(trace.speed) - 1)
    future = trace.speed[row : last + 1]
    if future.min() < STOPPED and (now >= STOPPED or future[-1] < STOPPED):
        return "stop" if future[-1] < STOPPED or now >= STOPPED else "accelerate"
    change, threshold = float(future[-1]) - now, max(1.0, 0.15 * now)
    return "maintain" if abs(change) < threshold else ("accelerate" if change > 0 else "decelerate")


def lateral(world: World, trace: Trace, row: int, steps: int = round(HORIZON_S / DT)) -> str:
    """What the human does with its lane from step `row` on: a turn where its connector turns, a change where it leaves its lane's line for good or for the next lane."""
    last = min(row + steps, len(trace.speed) - 1)
    along, left = world.route.path.project(trace.ego[row : last + 1])
    for strip, start in zip(world.route.strips, world.route.starts, strict=True):
        if strip.turn in ("left", "right"):
            bends = float(strip.centre[-1, 2] - strip.centre[0, 2])
            end = start + float(np.hypot(*np.diff(strip.centre[:, :2], axis=0).T).sum())
            if abs(bends) > 0.35 and along[0] < end - 2.0 and along[-1] > start + 3.0:
                return f"turn {strip.turn}"
    sideways = float(left[-1] - left[0])
    strip = world.route.strip_at(float(along[0]))
    if not strip.is_connector and len(world.layout.network.roads[strip.road].lanes) > 1 and abs(sideways) > 1.7:
        return "change left" if sideways > 0 else "change right"
    ending = _changes_lane(world, float(along[0]), float(along[-1]))
    return "keep" if not ending else ("change left" if ending < 0 else "change right")


def _changes_lane(world: World, first: float, last: float) -> int:
    """Whether the route's own lane ends between two distances and joins a neighbouring one: -1 left, +1 right, 0 not."""
    if world.turn != "merge":
        return 0
    for strip, start in zip(world.route.strips, world.route.starts, strict=True):
        if not strip.is_connector or strip.turn != "straight":
            continue
        x, y, heading = strip.centre[0]
        dx, dy = strip.centre[-1, 0] - x, strip.centre[-1, 1] - y
        sideways = float(-dx * np.sin(heading) + dy * np.cos(heading))
        bends = abs(float(strip.centre[-1, 2] - strip.centre[0, 2]))
        if bends < 0.1 and abs(sideways) > 1.7 and first < start + 0.7 * float(np.hypot(dx, dy)) and last > start + 8.0:
            return -1 if sideways > 0 else 1
    return 0


def critical_objects(world: World, trace: Trace, row: int) -> list[dict[str, Any]]:
    """What the situation is about and what the human reacts to within four seconds: token, class, role, and its place in the ego's frame [m]."""
    last = min(row + round(HORIZON_S / DT), len(trace.time) - 1)
    wanted = list(dict.fromkeys([*world.critical, *(name for name in trace.reasons[row : last + 1] if name)]))
    x, y, heading = trace.ego[row]
    found: list[dict[str, Any]] = []
    for name in wanted:
        if name.startswith("light."):
            continue
        if name.startswith("prop-"):
            prop, hidden = world.props[int(name[5:])], False
            pose, kind, speed, role = prop.pose, prop.name, 0.0, "parked" if prop.name == "vehicle" else prop.name
        else:
            place = next(place for place, actor in enumerate(world.actors) if actor.token == name)
            actor = world.actors[place]
            hidden = actor.hidden_until is not None and float(trace.actor_speed[row, place]) < 0.2
            pose, kind, speed, role = tuple(trace.actors[row, place]), actor.name, float(trace.actor_speed[row, place]), actor.role
        dx, dy = pose[0] - x, pose[1] - y
        if float(np.hypot(dx, dy)) < NEAR_M:
            position = [
                round(float(dx * np.cos(heading) + dy * np.sin(heading)), 2),
                round(float(-dx * np.sin(heading) + dy * np.cos(heading)), 2),
            ]
            found.append(
                {"track_token": name, "name": kind, "role": role, "position": position, "speed": round(speed, 2), "hidden": hidden}
            )
    return found


def text_of(world: World, trace: Trace, row: int, objects: list[dict[str, Any]], speed_word: str, lane_word: str) -> str:
    """One to three short sentences: light, first critical objects, then what to do."""
    said: list[str] = []
    colour = trace.lights[row].get(world.light, "") if world.light else ""
    if colour and world.stop_line is not None and float(trace.arc[row]) + 4.0 < world.stop_line + 1.0:
        said.append(f"The light is {colour}.")
    for item in objects[:2]:
        waits = item["role"] == "pedestrian" and item["speed"] < 0.2
        saying = SAYINGS.get("hidden" if item["hidden"] else "kerb" if waits else item["role"])
        if saying:
            said.append(saying.format(distance=float(np.hypot(*item["position"])), speed=3.6 * item["speed"]))
    said = list(dict.fromkeys(said)) or ["The way is free."]
    action = {"maintain": "Keep the speed", "accelerate": "Accelerate", "decelerate": "Slow down", "stop": "Stop"}[speed_word]
    if lane_word == "keep":
        lane = "pass it on the left" if objects and _goes_around(world, trace, row) else "keep the lane"
    else:
        lane = lane_word.replace("change", "change to the") + (" lane" if lane_word.startswith("change") else "")
    return " ".join([*said, f"{action} and {lane}."])


def _goes_around(world: World, trace: Trace, row: int) -> bool:
    """Whether the human moves over to the left within four seconds, without changing lanes for good."""
    last = min(row + round(HORIZON_S / DT), len(trace.time) - 1)
    _, left = world.route.path.project(trace.ego[row : last + 1])
    return bool(world.passes) and float(left.max()) > max(0.4, float(left[0]) - 0.2)


def labels_at(world: World, trace: Trace, row: int) -> dict[str, Any]:
    """The labels of the frame at step `row`, as JSON data."""
    objects = critical_objects(world, trace, row)
    speed_word, lane_word = longitudinal(trace, row), lateral(world, trace, row)
    colour = trace.lights[row].get(world.light, "") if world.light else ""
    return {
        "critical_objects": objects,
        "light": colour,
        "longitudinal": speed_word,
        "lateral": lane_word,
        "text": text_of(world, trace, row, objects, speed_word, lane_word),
    }
