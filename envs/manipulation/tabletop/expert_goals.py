"""What the expert aims for in each family of tasks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from envs.manipulation.tabletop import predicates
from envs.manipulation.tabletop.expert import Skill
from envs.manipulation.tabletop.layout import Layout
from envs.manipulation.tabletop.pick_and_place import Goal, PickAndPlace
from envs.manipulation.tabletop.tasks import TaskKind
from envs.manipulation.tabletop.world import World


def expert_for(kind: TaskKind, layout: Layout, first: World) -> Skill:
    """A fresh expert for one episode; ``first`` is the settled state."""
    source, target = layout.source, layout.target
    if kind.family == "pick":
        assert source is not None
        return PickAndPlace(source, None, lambda world: False)
    assert source is not None and target is not None
    if kind.family == "put_on":
        return PickAndPlace(source, _onto(target, 0.006), lambda world: predicates.put_on(world, source, target))
    if kind.family == "stack":
        return PickAndPlace(source, _onto(target, 0.003), lambda world: predicates.stacked(world, source, target))
    if kind.family == "put_in_basket":
        return PickAndPlace(source, _onto(target, 0.03, "in"), lambda world: predicates.in_basket(world, source, target))
    start = {name: thing.position.copy() for name, thing in first.objects.items()}
    place = _free_place_near(first, source, target)
    near = Goal(place, 0.004, 0.02, f"next to the {target}", target)
    return PickAndPlace(source, lambda world: near, lambda world: predicates.near(world, source, target, start))


def _onto(target: str, drop: float, preposition: str = "over") -> Callable[[World], Goal]:
    def goal(world: World) -> Goal:
        thing = world.objects[target]
        return Goal(thing.centre[:2], thing.surface + drop, thing.top, f"{preposition} the {target}", target)

    return goal


def _free_place_near(first: World, source: str, target: str) -> np.ndarray:
    """(2,) a place beside the target: as free of other things as possible, then as near to where the source stands."""
    a, b = first.objects[source], first.objects[target]
    distance = float(np.linalg.norm(a.half[:2]) + np.linalg.norm(b.half[:2])) + 0.045
    best, best_cost = b.centre[:2], np.inf
    for angle in np.arange(24) * np.pi / 12:
        place = b.centre[:2] + distance * np.array([np.cos(angle), np.sin(angle)])
        room = [
            float(np.linalg.norm(place - other.centre[:2]) - np.linalg.norm(other.half[:2]) - np.linalg.norm(a.half[:2]))
            for other in first.objects.values()
            if other.name not in (source, target)
        ]
        crowded = max(0.0, 0.06 - min(room, default=1.0))
        outside = max(0.0, place[0] - 0.08, -0.30 - place[0], abs(place[1]) - 0.28)
        cost = 100 * crowded + 100 * outside + float(np.linalg.norm(place - a.centre[:2]))
        if cost < best_cost:
            best, best_cost = place, cost
    return best
