"""``driving/ClosedLoop-v0``: the agent drives. It plans every half second, half a second of each plan is executed by the vehicle's tracker at 10 Hz, the traffic reacts, and what it sees next is where that led."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from envs.driving.birdseye import BirdseyeView, Path, Stamp
from envs.driving.camera.street import StreetState
from envs.driving.closed_loop.drive import Drive
from envs.driving.closed_loop.judge import DriveJudge
from envs.driving.closed_loop.penalties import SCORER
from envs.driving.closed_loop.route import RouteLine
from envs.driving.closed_loop.windows import WindowScores
from envs.driving.environment.base import DrivingEnv, Info, Observation
from envs.driving.environment.case import TRAFFIC
from envs.driving.environment.ego_status import POSES, Plan, within_action_space
from envs.driving.environment.idm_plan import idm_plan
from envs.driving.environment.meta_action import meta_action
from envs.driving.environment.pdm_expert import expert_plan
from envs.driving.environment.route_command import command_along
from envs.driving.environment.route_of_drive import route_of
from envs.driving.environment.scene_view import as_trajectory, global_plan, local_plan
from envs.driving.scene import Floats
from envs.driving.scoring.build_cache import build_scene_cache
from envs.driving.state import State
from harness.errors import ConfigError, did_you_mean

ENOUGH_PROGRESS: Final = 0.5
"""Share of the distance that the human driver covered in the same time; less is no success, however safe."""
HZ: Final = 2.0


class ClosedLoopEnv(DrivingEnv):
    """Terminates at the first at-fault collision, when stuck, and at the route's end; is truncated after ``seconds``.

    Success, which is decided at the end: no infraction (at-fault collision, off road, wrong way, red light, stuck), and the end of the route reached, or the time over with at least half of the human's distance covered.

    Args:
        seconds: how long an episode lasts at most. ``traffic``: "scene" (the source's own reactive traffic: "scripted-idm" of generated scenes, "log-path-idm" of logs) or "idm" (corrected IDM on the map's routes, for either); the
            result names it. Other arguments as :class:`envs.driving.environment.base.DrivingEnv`.

    Options beyond the source's: ``negative_start``: begin out of a mistake (displaced, or too fast) that has to be mended; ``weather``.
    """

    own_options = frozenset({"negative_start"})

    def __init__(self, seconds: float = 15.0, traffic: str = "scene", **base: Any) -> None:
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 1.0 <= seconds <= 60.0:
            raise ConfigError(f"driving: seconds={seconds!r}", "give 1 to 60")
        if traffic not in TRAFFIC:
            raise ConfigError(f"driving: traffic {traffic!r} in the closed loop", did_you_mean(str(traffic), TRAFFIC))
        super().__init__(**base)
        self.seconds, self.traffic = float(seconds), traffic

    @staticmethod
    def control_rate() -> float:
        return HZ

    def begin(self, seed: int, options: Mapping[str, Any]) -> None:
        negative = options.get("negative_start", False)
        if not isinstance(negative, bool):
            raise ConfigError(f"driving: options.negative_start={negative!r}", "give true or false")
        case = self.source.case(seed, options)
        if case.start is None:
            raise ConfigError(f"scene {case.name} cannot be driven on in a closed loop", "take an original scene whose log goes on")
        start = case.start(self.seconds, negative, self.traffic)
        self._case, self._negative = case, negative
        route, lanes = route_of(case.driving_map, start)
        last = min(round(self.seconds * HZ), len(start.human) - 1)
        reference = abs(route.position(start.human[last, :2])[0] - route.position(start.human[0, :2])[0])
        self._human = start.human
        self._judge = DriveJudge(case.driving_map, route, lanes, reference, start.state)
        self._drive = Drive(
            start.history, start.state, start.world, lambda pose: command_along(route.line, pose), start.route_ids, case.scene.map_name
        )
        self._judge.look(self._drive.state, self._drive.boxes, self._drive.lights)
        self._route: RouteLine = route
        self._windows = WindowScores(case.driving_map)
        self._plan: Floats | None = None
        self._over = False
        weather = options.get("weather", "scene")
        self._weather = case.weather if weather == "scene" else str(weather)
        signalised = tuple(sorted(self._drive.lights))
        middle = (start.human[:, :2].min(axis=0) + start.human[:, :2].max(axis=0)) / 2
        reach = 170.0 + float(np.ptp(start.human[:, :2], axis=0).max()) / 2

        def street(outlines: Any) -> Any:
            from envs.driving.camera.street import build_street

            return build_street(outlines, (float(middle[0]), float(middle[1])), signalised, self._weather, case.seed, reach)

        key = (case.name, self._weather, case.seed, signalised, reach, float(middle[0]), float(middle[1]))
        self.pictures.begin(case.driving_map, key, street)

    def step(self, action: NDArray[np.float32]) -> tuple[Observation, float, bool, bool, Info]:
        self.advance()
        plan = as_trajectory(action)
        before = self._judge.scores()["driving_score"] or 0.0
        self._plan = global_plan(plan.poses, self._drive.pose)
        events = self._judge.judge(*self._drive.execute(plan))
        self._windows.update(self._drive)
        verdict = self._judge.verdict
        terminated = verdict.crashed or verdict.stuck or verdict.route_done
        truncated = not terminated and self._steps >= round(self.seconds * HZ)
        self._over = terminated or truncated
        info = self.describe(events)
        return self.observe(), float((info["scores"]["driving_score"] or 0.0) - before), terminated, truncated, info

    def observe(self) -> Observation:
        state = self._street_state()
        return self.observation(self._drive.frames[-4:], lambda: state)

    def describe(self, events: list[tuple[str, dict[str, Any]]]) -> Info:
        judge, drive = self._judge, self._drive
        verdict, state = judge.verdict, self._street_state()
        view = self._view()
        return {
            "success": self._over and not verdict.infractions and (verdict.route_done or judge.progress >= ENOUGH_PROGRESS),
            "progress": judge.progress,
            "subgoals": {f"{share} % of the route": judge.progress >= share / 100 for share in (25, 50, 75)},
            "events": self.named_events(events),
            "scores": {**judge.scores(), "window_pdms": self._windows.mean, "mean_speed": self._mean_speed()},
            "truth": self._truth(),
            "views": self.views(lambda: view),
            "episode": self._facts(),
            "privileged": self.privileged(
                drive.pose.copy(),
                lambda: state,
                {
                    "expert": lambda: expert_plan(self._pdm_plan(), self._speed(), drive.pose),
                    "pdm_closed": self._pdm_plan,
                    "human": self._human_plan,
                    "idm": self._idm_plan,
                    "token": lambda: self._case.name,
                    "labels": lambda: dict(self._case.labels or {}),
                },
            ),
        }

    def render(self) -> Any:
        state = self._street_state()
        if self.pictures.cameras:
            return self.pictures.images(lambda: state)[self.pictures.cameras[0].name]
        return self.pictures.from_above(self._view())

    def _speed(self) -> float:
        return float(self._drive.state[State.VX])

    def _mean_speed(self) -> float:
        return float(np.mean([state[State.VX] for state in self._drive.states]))

    def _pdm_plan(self) -> Plan:
        """(8, 3): PDM-Closed in the present situation, of which it foresees constant velocities."""
        cache = build_scene_cache(self._drive.present(), self._case.driving_map, "v2")
        assert cache.pdm is not None
        return within_action_space(local_plan(cache.pdm[5 : 5 * POSES + 1 : 5, :3], self._drive.pose))

    def _human_plan(self) -> Plan:
        """(8, 3): where the log's driver was at the same times, whatever the others do now."""
        rows = np.minimum(np.arange(self._steps + 1, self._steps + 1 + POSES), len(self._human) - 1)
        return within_action_space(local_plan(self._human[rows], self._drive.pose))

    def _idm_plan(self) -> Plan:
        verdict = self._judge.verdict
        limit = self._judge.speed_limit(self._drive.pose)
        return within_action_space(
            local_plan(idm_plan(self._route, self._drive.state, limit, verdict.lead, verdict.light_m), self._drive.pose)
        )

    def _street_state(self) -> StreetState:
        from envs.driving.camera.frames import braking_tracks

        drive = self._drive
        braking = braking_tracks(drive.boxes, drive.boxes_before, 0.5)
        return StreetState(drive.boxes, drive.pose.copy(), dict(drive.lights), braking, drive.time_us)

    def _truth(self) -> dict[str, Any]:
        verdict = self._judge.verdict
        x, y, heading = (float(value) for value in self._drive.pose)
        lead = verdict.lead
        return {
            "ego": {"x": x, "y": y, "heading": heading, "speed": self._speed()},
            "lead_gap": None if lead is None else float(lead.gap),
            "lead": "" if lead is None else f"{lead.name}:{lead.token}",
            "off_road": verdict.off_road,
            "collided_with": ", ".join(sorted(verdict.struck)),
            "light": verdict.light,
            "expert_meta": meta_action(np.asarray(self._idm_plan(), float), self._speed()),
        }

    def _facts(self) -> dict[str, Any]:
        return {
            "case": self._case.name, "weather": self._weather, "loop": "closed", "traffic": self._drive.world.name, "seconds": self.seconds,
            "negative_start": self._negative, "window_scores": list(self._windows.scores), "scorer": SCORER, "data": _snapshot(self._human), **dict(self._case.facts),
        }  # fmt: skip

    def _view(self) -> BirdseyeView:
        drive, judge = self._drive, self._judge
        verdict, scores = judge.verdict, judge.scores()
        driven = np.stack(drive.states[::2])[:, :3]
        paths = [Path("log", self._human), Path("driven", driven)]
        if self._plan is not None:
            paths.append(Path("plan", self._plan))
        shown = ("driving_score", "route_progress", "nc", "dac", "ddc", "tlc")
        stamps = tuple(Stamp(name.upper() if len(name) < 4 else name.replace("_", " "), scores[name]) for name in shown)
        now = [
            word
            for word, bad in (
                ("off road", verdict.off_road),
                ("wrong way", verdict.against),
                ("stuck", verdict.stuck),
                ("collision", verdict.crashed),
            )
            if bad
        ]
        facts = self._case.facts
        title = " ".join(str(facts[key]).replace("_", " ") for key in ("form", "situation") if key in facts) or self._case.name
        return BirdseyeView(
            drive.pose.copy(), drive.boxes, dict(drive.lights), frozenset(drive.frames[-1].roadblock_ids), tuple(paths),
            (*stamps, Stamp("window PDMS", self._windows.mean)), f"{title}  {self._steps / HZ:.1f} s", frozenset(verdict.struck),
            "red light" if "red_light" in verdict.infractions and not now else ", ".join(now), self._speed(),
        )  # fmt: skip


def _snapshot(human: Floats) -> str:
    """What the scene is, told by how the human drives in it (to the millimetre): changes when the generator or the log does."""
    return hashlib.sha256((np.round(human, 3) + 0.0).tobytes()).hexdigest()[:12]
