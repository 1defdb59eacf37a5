"""PDM-Closed: propose, simulate, score, choose (navsim's PDMClosedPlanner; Dauner et al., "Parting with Misconceptions about Learning-based Vehicle Motion Planning", CoRL 2023).

It sees the true boxes, lights and route: the reference of EP, and a privileged ceiling as an agent. As in NAVSIM, its emergency brake is never used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from envs.driving.planner.forecast import forecast
from envs.driving.planner.proposals import PLAN_STEPS, PROPOSAL_STEPS, propose
from envs.driving.scene import Floats
from envs.driving.scoring import epdms_v2, pdms_v1
from envs.driving.scoring.metric_cache import SceneCache
from envs.driving.scoring.raw_scores import RawScores, raw_scores
from envs.driving.state import STATE_SIZE
from envs.driving.vehicle.simulate import simulate


@dataclass(frozen=True, eq=False)
class PdmPlan:
    """``trajectory`` (51, 11): poses every 0.1 s, the rest of the state 0, as the original leaves it; ``choice``: number of the proposal, the first of equals; ``scores``, ``ep`` (15,), ``raw`` sub-scores; ``states`` (15, 41, 11) simulated; ``overlapping``: things that the ego overlaps at the start, or red lights' areas it stands in."""

    trajectory: Floats
    choice: int
    scores: Floats
    ep: Floats
    raw: RawScores
    states: Floats
    overlapping: int


def plan_pdm_closed(basis: SceneCache) -> PdmPlan:
    """A plan for the ego of ``basis``, by its present objects and lights alone, judged by the scorer of its version."""
    ego_state, version = basis.ego_state, basis.version
    expected = forecast(basis.current, basis.plan_lights.polygons, basis.ego_corners)
    limit = None if np.isnan(basis.start_speed_limit) else float(basis.start_speed_limit)
    proposals = propose(basis.centreline, ego_state, limit, expected)
    states = simulate(ego_state, proposals.poses[:, : PROPOSAL_STEPS + 1])
    objects, lights = expected.objects(version), expected.lights(version)
    raw = raw_scores(states, objects, basis.area, lights, basis.line, ignored=expected.ignored, version=version)
    scores, ep = (pdms_v1 if version == "v1" else epdms_v2).proposal_scores(raw)
    choice = int(np.argmax(scores))
    trajectory = np.zeros((PLAN_STEPS + 1, STATE_SIZE))
    trajectory[:, :3] = proposals.extend(choice)
    return PdmPlan(trajectory, choice, scores, ep, raw, states, int(expected.ignored.sum() + expected.red_ignored.sum()))
