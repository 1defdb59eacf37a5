"""What the expert aims for in each family of tasks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from envs.manipulation.tabletop import predicates
from envs.manipulation.tabletop.drawer_skills import CloseDrawer, OpenDrawer, OpenThenPlace
from envs.manipulation.tabletop.expert import Skill
from envs.manipulation.tabletop.layout import BASE_X, Layout
from envs.manipulation.tabletop.pick_and_place import Goal, PickAndPlace
from envs.manipulation.tabletop.tasks import TaskKind
from envs.manipulation.tabletop.world import World

_FARTHEST = 0.74  # m from the base: farther out the gripper cannot point straight down
DOWNWARD = np.diag([1.0, -1.0, -1.0])  # gripper rotation at home: pointing down, fingers opening along y


def expert_for(kind: TaskKind, layout: Layout, first: World) -> Skill:
    """A fresh expert for one episode; ``first`` is the settled state."""
    source, target, drawer = layout.source, layout.target, layout.drawer
    if kind.family in ("open_drawer", "close_drawer"):
        assert drawer is not None
        return OpenDrawer(drawer) if kind.family == "open_drawer" else CloseDrawer(drawer)
    assert source is not None
    if kind.family == "pick":
        return PickAndPlace(source, None, lambda world: False)
    if kind.family == "put_in_drawer":
        assert drawer is not None
        place = PickAndPlace(source, _into(source, drawer), lambda world: predicates.in_drawer(world, source, drawer))
        return OpenThenPlace(drawer, place)
    assert target is not None
    if kind.family == "put_on":
        return PickAndPlace(source, _onto(target, 0.006), lambda world: predicates.put_on(world, source, target))
    if kind.family == "stack":
        return PickAndPlace(source, _onto(target, 0.003), lambda world: predicates.stacked(world, source, target))
    if kind.family == "put_in_basket":
        return PickAndPlace(source, _onto(target, 0.03, "in"), lambda world: predicates.in_basket(world, source, target))
    start = {name: thing.position.copy() for name, thing in first.objects.items()}
    place = _free_place_near(first, source, target)
    near = Goal(place, 0.004, 0.02, f"next to the {target}")
    return PickAndPlace(source, lambda world: near, lambda world: predicates.near(world, source, target, start))


def _onto(target: str, drop: float, preposition: str = "over") -> Callable[[World], Goal]:
    def goal(world: World) -> Goal:
        thing = world.objects[target]
        return Goal(thing.centre[:2], thing.surface + drop, thing.top, f"{preposition} the {target}", on=target)

    return goal


def _into(source: str, drawer: str) -> Callable[[World], Goal]:
    """Into the open part of a drawer, near its front: the fingers open along y, which keeps the hand clear of the front and of the cabinet."""

    def goal(world: World) -> Goal:
        box = world.drawers[drawer]
        middle = (box.low[1] + box.high[1]) / 2
        # beside the handle of the drawer above, which sticks out over this one
        aside = 0.0 if drawer == "top" else 0.055 * (1.0 if world.objects[source].centre[1] > middle else -1.0)
        place = np.array([box.low[0] + 0.075, middle + aside])
        return Goal(place, float(box.low[2]) + 0.03, float(box.high[2]) + 0.04, f"over the {drawer} drawer", facing=DOWNWARD)

    return goal


def _free_place_near(first: World, source: str, target: str) -> np.ndarray:
    """(2,) a place beside the target: as free of other things as possible, then as near to where the source stands."""
    a, b = first.objects[source], first.objects[target]
    distance = float(np.linalg.norm(a.half[:2]) + np.linalg.norm(b.half[:2])) + 0.035
    best, best_cost = b.centre[:2], np.inf
    for angle in np.arange(24) * np.pi / 12:
        place = b.centre[:2] + distance * np.array([np.cos(angle), np.sin(angle)])
        room = [
            float(np.linalg.norm(place - other.centre[:2]) - np.linalg.norm(other.half[:2]) - np.linalg.norm(a.half[:2]))
            for other in first.objects.values()
            if other.name not in (source, target)
        ]
        crowded = max(0.0, 0.06 - min(room, default=1.0))
        reach = float(np.hypot(place[0] - BASE_X, place[1]))
        outside = max(0.0, reach - _FARTHEST, place[0] - 0.08, -0.30 - place[0], abs(place[1]) - 0.28)
        other = [float(np.linalg.norm(place - thing.centre[:2])) for name, thing in first.objects.items() if name not in (source, target)]
        rivals = max(0.0, distance + 0.01 - min(other, default=1.0))  # the target must be the nearest thing
        cost = 100 * (crowded + outside + rivals) + float(np.linalg.norm(place - a.centre[:2]))
        if cost < best_cost:
            best, best_cost = place, cost
    return best
