"""One scene under one plan: what is true of it, and its picture from above. Shared by the environments that ask for one plan a scene."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from envs.driving.birdseye import BirdseyeView, Path, Stamp
from envs.driving.camera.street import StreetState
from envs.driving.closed_loop.route import RouteLine, red_stop, route_speed_limit
from envs.driving.environment.case import DrivingCase
from envs.driving.environment.ego_status import POSES, Plan, within_action_space
from envs.driving.environment.idm_plan import idm_plan
from envs.driving.environment.meta_action import meta_action
from envs.driving.scene import Floats, Trajectory, to_global, to_local, wrap_angle
from envs.driving.scoring.build_cache import build_scene_cache
from envs.driving.scoring.footprint import FRONT_LEFT, FRONT_RIGHT
from envs.driving.scoring.metric_cache import SceneCache
from envs.driving.scoring.scores import Scores

GATES = ("nc", "dac", "ddc", "tlc")
ENOUGH_PROGRESS = 0.5
"""Of EP, ego progress."""
GATE_EVENTS = {"nc": "collision", "dac": "off_road", "ddc": "wrong_way", "tlc": "red_light"}


class SceneUnderPlan:
    """``version``: of the score. What scoring needs is built when it is first wanted."""

    def __init__(self, case: DrivingCase, version: str) -> None:
        self.case, self.version = case, version
        self.scene = case.scene
        self.plan: Floats | None = None
        self.scores: Scores | None = None

    @cached_property
    def cache(self) -> SceneCache:
        return build_scene_cache(self.scene, self.case.driving_map, self.version)

    @cached_property
    def street_state(self) -> StreetState:
        from envs.driving.camera.frames import state_of

        return state_of(self.scene.current, self.scene.history[-2] if self.scene.num_history > 1 else None)

    @property
    def ego_pose(self) -> Floats:
        return self.scene.current.ego_pose

    def pdm_plan(self) -> Plan:
        """(8, 3) float32: PDM-Closed's trajectory in the ego's frame."""
        assert self.cache.pdm is not None
        return within_action_space(local_plan(self.cache.pdm[5 : 5 * POSES + 1 : 5, :3], self.ego_pose))

    def human_plan(self) -> Plan | None:
        """(8, 3) float32: what the log's driver did; None where the scene has no such future."""
        human = self.scene.human_trajectory(POSES)
        return None if human is None else within_action_space(human.poses)

    @cached_property
    def route(self) -> RouteLine:
        """The centreline."""
        return RouteLine.through(self.cache.line)

    @property
    def front(self) -> Floats:
        """(2,) the middle of the bumper."""
        return (self.cache.ego_corners[FRONT_LEFT] + self.cache.ego_corners[FRONT_RIGHT]) / 2

    def idm_plan(self) -> Plan:
        """(8, 3) float32: along the centreline at the intelligent driver model's pace."""
        limit = route_speed_limit(self.case.driving_map, self.cache.route_lane_ids, self.ego_pose)
        lead = self.route.lead(self.front, self.scene.current.global_boxes)
        stops, states = self._stops()
        light = red_stop(self.route, self.front, stops, states)
        return within_action_space(local_plan(idm_plan(self.route, self.cache.ego_state, limit, lead, light), self.ego_pose))

    def truth(self) -> dict[str, Any]:
        """Facts of the moment, as ``info["truth"]``."""
        frame, route, front = self.scene.current, self.route, self.front
        lead = route.lead(front, frame.global_boxes)
        x, y, heading = (float(value) for value in frame.ego_pose)
        labels = self.case.labels or {}
        human = self.scene.human_trajectory(POSES)
        speed = float(np.hypot(*frame.ego_velocity))
        told = {key: str(labels[key]) for key in ("longitudinal", "lateral") if key in labels}
        return {
            "ego": {"x": x, "y": y, "heading": heading, "speed": speed},
            "lead_gap": None if lead is None else float(lead.gap),
            "lead": "" if lead is None else f"{lead.name}:{lead.token}",
            "off_road": False,
            "collided_with": "",
            "light": self._light(),
            "expert_meta": told or (meta_action(human.poses, speed) if human is not None else {}),
            "critical_objects": list(labels.get("critical_objects", [])),
        }

    def _light(self) -> str:
        """The nearest signal ahead on the route: red, green, or "" for none."""
        stops, states = self._stops()
        return "red" if red_stop(self.route, self.front, stops, states) is not None else "green" if stops else ""

    def _stops(self) -> tuple[dict[str, float], dict[str, str]]:
        """({connector of the route with a light: where it begins along the route}, {connector: its light})."""
        lanes = self.case.driving_map.lanes
        states = {name: "red" if red else "green" for name, red in self.scene.current.traffic_lights}
        known = [name for name in states if name in lanes.connector_row and name in self.cache.route_lane_ids]
        return {name: self.route.position(lanes.baselines.line(lanes.connector_row[name])[0])[0] for name in known}, states

    def plan_scores(self) -> dict[str, float | None]:
        """Sub-scores of the plan by short name; None before there is a plan, and where a metric does not apply."""
        names = (
            ("nc", "dac", "ddc", "tlc", "ep", "ttc", "lk", "hc", "ec")
            if self.version == "v2"
            else ("nc", "dac", "ep", "ttc", "comfort", "ddc")
        )
        final = "epdms" if self.version == "v2" else "pdms"
        if self.scores is None:
            return {**dict.fromkeys(names), final: None, "progress_m": None}
        scores = self.scores
        found: dict[str, float | None] = {name: float(scores[name][0]) if bool(scores.valid[name][0]) else None for name in names}
        moved = scores.columns.get("progress_m")
        return {**found, final: float(scores.score[0]), "progress_m": None if moved is None else float(moved[0])}

    def gates(self) -> dict[str, bool]:
        """Whether each multiplicative sub-score is whole; False before there is a plan."""
        names = GATES if self.version == "v2" else ("nc", "dac")
        return {name: self.scores is not None and bool(self.scores[name][0] >= 1.0) for name in names}

    def passed(self) -> bool:
        """No gate lost anything, and the plan gets at least ENOUGH_PROGRESS as far as it could: standing still is safe, and no success."""
        return self.scores is not None and all(self.gates().values()) and bool(self.scores["ep"][0] >= ENOUGH_PROGRESS)

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """What went wrong under the plan."""
        found: list[tuple[str, dict[str, Any]]] = []
        if self.scores is None:
            return found
        for gate, whole in self.gates().items():
            if not whole:
                detail: dict[str, Any] = {"score": float(self.scores[gate][0])}
                index = self.scores.columns.get("collision_idx") if gate == "nc" else None
                if index is not None and not np.isnan(index[0]):
                    detail["seconds"] = float(index[0]) * 0.1
                found.append((GATE_EVENTS[gate], detail))
        return found

    def view(self) -> BirdseyeView:
        """The scene from above: log, PDM-Closed, and once there is one the plan, as driven, with its scores."""
        frame = self.scene.current
        paths = []
        human = self.scene.human_trajectory(POSES)
        if human is not None:
            paths.append(Path("log", global_plan(human.poses, self.ego_pose)))
        if self.plan is not None and self.cache.pdm is not None:
            paths.append(Path("pdm", self.cache.pdm[5 : 5 * POSES + 1 : 5, :3]))
        if self.plan is not None and self.scores is not None:
            paths.append(Path("plan", global_plan(self.plan, self.ego_pose)))
            paths.append(Path("simulated", self.scores.states[0, ::10, :3], footprints=True))
        stamps = (
            tuple(Stamp(name.upper(), value) for name, value in self.plan_scores().items() if name != "progress_m")
            if self.plan is not None
            else ()
        )
        events = [name.replace("_", " ") for name, _ in self.events()]
        facts: Mapping[str, Any] = self.case.facts
        title = " ".join(str(facts[key]).replace("_", " ") for key in ("form", "situation") if key in facts) or self.case.name
        return BirdseyeView(
            frame.ego_pose, frame.global_boxes, dict(frame.traffic_lights), frozenset(frame.roadblock_ids), tuple(paths), stamps, title,
            warning=", ".join(events), ego_speed=float(np.hypot(*frame.ego_velocity)),
        )  # fmt: skip


def as_trajectory(action: Plan) -> Trajectory:
    """An action (8, 3) as a plan."""
    return Trajectory(np.asarray(action, np.float64))


def local_plan(poses: Floats, ego_pose: Floats) -> Floats:
    """Global poses (n, 3) in the ego's frame."""
    return np.column_stack([to_local(poses[:, :2], ego_pose), wrap_angle(poses[:, 2] - ego_pose[2])])


def global_plan(poses: Floats, ego_pose: Floats) -> Floats:
    """Poses (n, 3) of the ego's frame in the global frame."""
    return np.column_stack([to_global(poses[:, :2], ego_pose), poses[:, 2] + ego_pose[2]])
