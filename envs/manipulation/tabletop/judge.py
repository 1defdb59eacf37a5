"""Turns the states of an episode into success, progress, subgoals and events. One judge an episode."""

from __future__ import annotations

from typing import Any

import numpy as np

from envs.manipulation.adapter import Assessment
from envs.manipulation.tabletop import predicates
from envs.manipulation.tabletop.layout import Layout
from envs.manipulation.tabletop.tasks import TaskKind
from envs.manipulation.tabletop.world import World

REACH = 0.05  # m between the fingers' centre and what is to be grasped
KNOCKED = 0.03  # m that a distractor moved without being held
HARD_CONTACT = 40.0  # N between the robot and the table or the cabinet

_FINAL = {
    "put_on": "placed",
    "stack": "stacked",
    "put_in_basket": "placed",
    "pick": "held",
    "move_near": "placed",
    "open_drawer": "opened",
    "close_drawer": "closed",
    "put_in_drawer": "placed",
}


class Judge:
    """Call :meth:`assess` once after the layout has settled and once after every control step."""

    def __init__(self, kind: TaskKind, layout: Layout, first: World) -> None:
        self._kind, self._layout = kind, layout
        self._start = {name: thing.position.copy() for name, thing in first.objects.items()}
        self._start_opening = {name: drawer.opening for name, drawer in first.drawers.items()}
        self._steps_lifted = 0
        self._achieved: dict[str, bool] = dict.fromkeys(self._subgoal_names(), False)
        self._held: frozenset[str] = frozenset()
        self._was_lifted = False
        self._was_success = False
        self._knocked: set[str] = set()
        self._hard: set[str] = set()

    def assess(self, world: World) -> Assessment:
        events: list[tuple[str, dict[str, Any]]] = []
        success = self._success(world)
        self._handling(world, success, events)
        self._accidents(world, events)
        final = _FINAL[self._kind.family]
        if success and not self._was_success:
            events.append(("placed" if final in ("placed", "stacked") else final, {"object": self._thing()}))
        self._was_success = success
        if success:  # a drawer pushed shut with a closed fist was never grasped: what success implies is achieved
            self._achieved = dict.fromkeys(self._achieved, True)
        subgoals = {**self._achieved, final: success}
        return Assessment(success, 1.0 if success else self._progress(world), subgoals, events)

    def _subgoal_names(self) -> list[str]:
        family = self._kind.family
        if family == "open_drawer":
            return ["reached", "grasped"]
        if family == "close_drawer":
            return ["reached"]
        opening = ["drawer_open"] if family == "put_in_drawer" else []
        return [*opening, "reached", "grasped", "lifted"]

    def _thing(self) -> str:
        """What is to be grasped: the source, or the drawer."""
        return self._layout.source or f"{self._layout.drawer} drawer"

    def _success(self, world: World) -> bool:
        family, source, target, drawer = self._kind.family, self._layout.source, self._layout.target, self._layout.drawer
        if family == "open_drawer":
            return predicates.opened(world, drawer or "")
        if family == "close_drawer":
            return predicates.closed(world, drawer or "")
        assert source is not None
        if family == "put_in_drawer":
            return predicates.in_drawer(world, source, drawer or "")
        if family == "pick":
            up = predicates.lifted(world, source, float(self._start[source][2]))
            self._steps_lifted = self._steps_lifted + 1 if up else 0
            return self._steps_lifted >= predicates.LIFT_STEPS
        assert target is not None
        if family == "move_near":
            return predicates.near(world, source, target, self._start)
        return {"put_on": predicates.put_on, "stack": predicates.stacked, "put_in_basket": predicates.in_basket}[family](
            world, source, target
        )

    def _handling(self, world: World, success: bool, events: list[tuple[str, dict[str, Any]]]) -> None:
        """Reached, grasped, lifted, dropped; and the wrong object grasped."""
        thing = self._thing()
        source, drawer = self._layout.source, self._layout.drawer
        point = world.objects[source].grasp_point if source else world.drawers[drawer or ""].handle
        if not self._achieved["reached"] and np.linalg.norm(world.tcp - point) < REACH:
            self._achieved["reached"] = True
            events.append(("reached", {"object": thing}))
        if drawer and "drawer_open" in self._achieved and world.drawers[drawer].opening >= 0.05:
            self._achieved["drawer_open"] = True
        for name in sorted(world.grasped - self._held):
            if name == thing or (name == f"{drawer} drawer" and drawer is not None):
                events.append(("grasped", {"object": name}))
                if name == thing and "grasped" in self._achieved:
                    self._achieved["grasped"] = True
            elif name in world.objects or name.endswith(" drawer"):
                events.append(("wrong_object", {"object": name}))
        self._held = world.grasped
        if source is None:
            return
        up = float(world.objects[source].position[2] - self._start[source][2]) > predicates.LIFT_HEIGHT
        held_up = up and source in world.grasped
        if held_up and not self._was_lifted:
            self._was_lifted = True
            self._achieved["lifted"] = True
            events.append(("lifted", {"object": source}))
        elif self._was_lifted and source not in world.grasped:
            self._was_lifted = False
            if not success and not self._let_go_at_goal(world):
                events.append(("dropped", {"object": source}))

    def _let_go_at_goal(self, world: World) -> bool:
        """Falling the last millimetres into place is not dropping: the source is over its target."""
        source, target, drawer = self._layout.source, self._layout.target, self._layout.drawer
        here = world.objects[source or ""].centre
        if drawer is not None:
            box = world.drawers[drawer]
            return bool((here[:2] >= box.low[:2]).all() and (here[:2] <= box.high[:2]).all())
        if target is None:
            return False
        goal = world.objects[target]
        reach = float(np.linalg.norm(goal.half[:2])) + (predicates.NEAR_MARGIN if self._kind.family == "move_near" else 0.0)
        return bool(np.linalg.norm(here[:2] - goal.centre[:2]) <= reach)

    def _accidents(self, world: World, events: list[tuple[str, dict[str, Any]]]) -> None:
        """Things knocked about, and hard contact with table or cabinet; each is told when it begins."""
        for name, thing in world.objects.items():
            if name in (self._layout.source, self._layout.target) or name in self._knocked:
                continue
            if np.linalg.norm(thing.position - self._start[name]) > KNOCKED and name not in world.grasped:
                self._knocked.add(name)
                events.append(("collided", {"object": name}))
        hard = {name for name, force in world.robot_forces.items() if name in ("table", "cabinet") and force > HARD_CONTACT}
        events += [("collided", {"object": name}) for name in sorted(hard - self._hard)]
        self._hard = hard

    def _progress(self, world: World) -> float:
        """The part of the subgoals achieved so far, the last one counting as far as its drawer has moved; below 1 until success."""
        done = sum(self._achieved.values())
        total = len(self._achieved) + 1
        drawer = self._layout.drawer
        if self._kind.family in ("open_drawer", "close_drawer") and drawer is not None:
            start = self._start_opening[drawer]
            goal = predicates.OPEN_AT if self._kind.family == "open_drawer" else predicates.CLOSED_AT
            done += float(np.clip((world.drawers[drawer].opening - start) / (goal - start), 0.0, 1.0))
        return min(done / total, 0.99)
