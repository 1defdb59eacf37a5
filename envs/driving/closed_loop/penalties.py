"""The closed-loop driving score: route progress times a factor for every infraction.

Factors for collisions and red lights are those of the CARLA leaderboard (leaderboard.carla.org, "infraction penalty": pedestrian 0.50, vehicle 0.60, static 0.65, red light 0.70); those for leaving the road, driving against the traffic and
standing still for no reason are ours. Only collisions at the ego's own fault count.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

SCORER: Final = "driving score 1"
"""changes with the factors, the judge or the definition of success: results of two are not compared"""

FACTORS: Final[dict[str, float]] = {
    "collision_pedestrian": 0.50,
    "collision_bicycle": 0.50,
    "collision_vehicle": 0.60,
    "collision_static": 0.65,
    "red_light": 0.70,
    "off_road": 0.80,
    "wrong_way": 0.80,
    "stuck": 0.70,
}


def infraction_of(event: str, detail: dict[str, object]) -> str | None:
    """The infraction that an event is; None for events that are none."""
    if event == "collision":
        name = str(detail.get("name"))
        return None if not detail.get("at_fault") else f"collision_{name}" if f"collision_{name}" in FACTORS else "collision_static"
    return event if event in FACTORS else None


def driving_score(progress: float, infractions: Iterable[str]) -> float:
    """In [0, 1]; ``progress``: share of the reference distance along the route."""
    score = progress
    for name in infractions:
        score *= FACTORS[name]
    return float(score)
