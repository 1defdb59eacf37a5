"""When a task is done: SIMPLER's predicates on the present state, and where they differ, why.

Each takes a :class:`World` and says True or False. Sources: the evaluation code of SIMPLER's environments (simpler-env/ManiSkill2_real2sim). Common deviations: positions are centres of world bounding boxes instead of
centres of mass, and boxes are exact for the present rotation instead of a rotated half-size.
"""

from __future__ import annotations

import numpy as np

from envs.manipulation.tabletop.world import ObjectState, World

LIFT_HEIGHT = 0.02  # m: SIMPLER's "significantly" lifted
LIFT_STEPS = 5  # control steps
OPEN_AT = 0.15  # m: SIMPLER's drawers; ours travel 0.22 m
CLOSED_AT = 0.05  # m
NEAR_MARGIN = 0.10  # m


def _xy(one: ObjectState, two: ObjectState) -> float:
    return float(np.linalg.norm(one.centre[:2] - two.centre[:2]))


def _diagonal(thing: ObjectState) -> float:
    return float(np.linalg.norm(2 * thing.half[:2]))


def put_on(world: World, source: str, target: str) -> bool:
    """Source rests on target: horizontally within half the target's diagonal (+ 3 mm), a vertical gap of at most 2 cm, touching nothing but the target.

    SIMPLER lets the robot go on touching; here the source must have been let go.
    """
    a, b = world.objects[source], world.objects[target]
    over = _xy(a, b) <= np.linalg.norm(b.half[:2]) + 0.003
    gap = a.centre[2] - b.centre[2] - a.half[2] - b.half[2]
    resting = a.centre[2] > b.centre[2] and gap <= 0.02
    return bool(over and resting and world.touches(source) == {target})


def stacked(world: World, source: str, target: str) -> bool:
    """As :func:`put_on`, but the horizontal distance must be within half the target's width, so that a source that leans on it does not count."""
    a, b = world.objects[source], world.objects[target]
    return put_on(world, source, target) and _xy(a, b) <= float(b.half[:2].min())


def in_basket(world: World, source: str, target: str) -> bool:
    """Source lies inside: its centre within the basket's outline and below its rim (+ 1 cm), touching the basket, let go.

    SIMPLER measures from an invisible plane in a sink basket; ours is a body with a floor and walls.
    """
    a, b = world.objects[source], world.objects[target]
    local = b.rotation.T @ (a.centre - b.position)
    inside = bool((np.abs(local[:2]) <= b.shape.half_extents[:2] - 0.008).all())
    deep = a.centre[2] < b.top + 0.01 and a.bottom > b.bottom - 0.005
    allowed = {name for name in world.objects if name != source}
    return inside and deep and world.touches(source) <= allowed and target in world.touches(source)


def lifted(world: World, source: str, start_height: float) -> bool:
    """Held, touching nothing but the robot, and at least 2 cm higher than at the start. The pick succeeds after :data:`LIFT_STEPS` control steps of it.

    SIMPLER counts all steps so far; here they must be the latest ones, so that an object which was thrown down again is not picked.
    """
    thing = world.objects[source]
    held = source in world.grasped
    free = world.touches(source) <= {"robot", "left finger", "right finger"}
    return held and free and float(thing.position[2]) - start_height > LIFT_HEIGHT


def near(world: World, source: str, target: str, start: dict[str, np.ndarray]) -> bool:
    """SIMPLER's move-near: nothing fell; the source moved more than 3 cm and more than anything else; it is within the mean diagonal + 10 cm of the target and no other thing is more than 1 cm nearer. Also let go.

    ``start``: {name: (3,) position at the start of the episode}.
    """
    a, b = world.objects[source], world.objects[target]
    moved = {name: float(np.linalg.norm(thing.position[:2] - start[name][:2])) for name, thing in world.objects.items()}
    fallen = any(
        float(thing.position[2] - start[name][2]) < (-0.15 if name in (source, target) else -0.02) for name, thing in world.objects.items()
    )
    others = [name for name in world.objects if name not in (source, target)]
    distance = _xy(a, b)
    close = distance < (_diagonal(a) + _diagonal(b)) / 2 + NEAR_MARGIN
    nearest = all(distance < _xy(a, world.objects[name]) + 0.01 for name in others)
    most = moved[source] > 0.03 and all(moved[source] > moved[name] for name in world.objects if name != source)
    free = not ({"robot", "left finger", "right finger"} & world.touches(source))
    return not fallen and close and nearest and most and free


def opened(world: World, drawer: str) -> bool:
    return world.drawers[drawer].opening >= OPEN_AT


def closed(world: World, drawer: str) -> bool:
    return world.drawers[drawer].opening <= CLOSED_AT


def in_drawer(world: World, source: str, drawer: str) -> bool:
    """Source inside an open drawer: its centre within the inside of the drawer, the drawer at least 5 cm open (SIMPLER), in contact with the drawer, let go.

    SIMPLER asks for one touch of the drawer's floor at any time; here the source must be there now.
    """
    thing, box = world.objects[source], world.drawers[drawer]
    inside = bool((thing.centre >= box.low).all() and (thing.centre <= box.high).all())
    touched = world.touches(source)
    free = not ({"robot", "left finger", "right finger"} & touched)
    return inside and box.opening >= 0.05 and f"{drawer} drawer" in touched and free
