"""``navsim/PDM-v1`` and ``navsim/PDM-v2``: one plan for one scene, scored as NAVSIM scores it. Open loop: nothing that the plan causes is ever seen by the agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.driving.environment.base import DrivingEnv, Info, Observation
from envs.driving.environment.case import DrivingCase
from envs.driving.environment.pdm_expert import expert_plan
from envs.driving.environment.scene_view import SceneUnderPlan, as_trajectory
from envs.driving.scoring.score import SCORERS, score
from harness.errors import ConfigError, did_you_mean

TRAFFIC = ("log-replay", "reactive", "idm")


class PlanEnv(DrivingEnv):
    """An episode is one step. Its success: no multiplicative sub-score lost anything (NC, DAC, DDC and TLC are 1; v1: NC and DAC), and ego progress is at least a half. Its progress and reward: the score.

    Args:
        version: "v1" (PDMS v1.1) or "v2" (EPDMS v2.2 without extended comfort, which needs the plan of the frame before). ``traffic``: "log-replay", "reactive" (NAVSIM's) or "idm" (corrected); v1 has log replay only.
        human_filter: v2's filter of what the human driver failed too. Other arguments as :class:`envs.driving.environment.base.DrivingEnv`.
    """

    def __init__(self, version: str = "v2", traffic: str = "log-replay", human_filter: bool = True, **base: Any) -> None:
        if version not in SCORERS:
            raise ConfigError(f"navsim: unknown version {version!r}", did_you_mean(version, SCORERS))
        if traffic not in TRAFFIC or (version == "v1" and traffic != "log-replay"):
            raise ConfigError(f"navsim: traffic {traffic!r} with {version}", f"v2 has {', '.join(TRAFFIC)}; v1 has log-replay")
        super().__init__(**base)
        self.version, self.traffic, self.human_filter = version, traffic, human_filter

    @staticmethod
    def control_rate() -> float:
        return 0.25

    def begin(self, seed: int, options: Mapping[str, Any]) -> None:
        self.show(self.source.case(seed, options), options)

    def show(self, case: DrivingCase, options: Mapping[str, Any]) -> None:
        """Make ``case`` what the agent sees."""
        self.scene = SceneUnderPlan(case, self.version)
        weather = options.get("weather", "scene")
        chosen = case.weather if weather == "scene" else str(weather)

        def street(outlines: Any) -> Any:
            from envs.driving.camera.frames import street_from_outlines

            return street_from_outlines(outlines, case.scene.frames, chosen, case.seed)

        self.pictures.begin(case.driving_map, (case.scene.token, chosen, case.seed), street)
        self._weather = chosen

    def step(self, action: NDArray[np.float32]) -> tuple[Observation, float, bool, bool, Info]:
        self.advance()
        self.judge(action)
        events = self.scene.events()
        info = self.describe(events)
        return self.observe(), float(info["progress"]), True, False, info

    def judge(self, action: NDArray[np.float32]) -> None:
        """Score the plan in the scene that is shown."""
        plan = as_trajectory(action)
        self.scene.plan = plan.poses
        self.scene.scores = score(self.scene.cache, [plan], version=self.version, traffic=self.traffic, human_filter=self.human_filter)

    def observe(self) -> Observation:
        scene = self.scene
        return self.observation(scene.scene.history, lambda: scene.street_state)

    def describe(self, events: list[tuple[str, dict[str, Any]]]) -> Info:
        scene = self.scene
        scores = scene.plan_scores()
        final = scores["epdms" if self.version == "v2" else "pdms"]
        gates = scene.gates()
        return {
            "success": scene.passed(),
            "progress": float(final or 0.0),
            "subgoals": gates,
            "events": self.named_events(events),
            "scores": scores,
            "truth": scene.truth(),
            "views": self.views(scene.view),
            "episode": self.facts(),
            "privileged": self.privileged(
                scene.ego_pose,
                lambda: scene.street_state,
                {
                    "expert": lambda: expert_plan(scene.pdm_plan(), float(np.hypot(*scene.scene.current.ego_velocity)), scene.ego_pose),
                    "pdm_closed": scene.pdm_plan,
                    "human": scene.human_plan,
                    "idm": scene.idm_plan,
                    "token": lambda: scene.scene.token,
                    "labels": lambda: dict(scene.case.labels or {}),
                },
            ),
        }

    def facts(self) -> dict[str, Any]:
        """JSON data about the episode."""
        case = self.scene.case
        return {
            "case": case.name, "token": case.scene.token, "weather": self._weather, "scorer": SCORERS[self.version], "traffic": self.traffic,
            "loop": "open", **({"data": self.scene.scores.snapshot} if self.scene.scores is not None else {}), **dict(case.facts),
        }  # fmt: skip

    def render(self) -> Any:
        scene = self.scene
        if self.pictures.cameras:
            return self.pictures.images(lambda: scene.street_state)[self.pictures.cameras[0].name]
        return self.pictures.from_above(scene.view())
