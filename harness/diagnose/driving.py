"""How driving fails: rules over sub-metrics, events and the ego's recorded truth."""

from __future__ import annotations

from typing import Any

from harness.diagnose.evidence import Evidence
from harness.diagnose.manipulation import Finding
from harness.diagnose.report import Correction, Part

# mode: the sub-metrics that say so (NAVSIM's short and long names, lower case without separators), with the value below which they do
_BY_SCORE: dict[str, tuple[tuple[str, ...], float]] = {
    "collided": (("nc", "noatfaultcollisions", "noatfaultcollision"), 1.0),
    "left_road": (("dac", "drivableareacompliance"), 1.0),
    "ran_light": (("tlc", "trafficlightcompliance"), 1.0),
    "wrong_way": (("ddc", "drivingdirectioncompliance"), 1.0),
    "near_collision": (("ttc", "timetocollisionwithinbound", "timetocollision"), 1.0),
    "too_slow": (("ep", "egoprogress"), 0.5),
    "left_lane": (("lk", "lanekeeping"), 1.0),
    "uncomfortable": (("hc", "c", "historycomfort", "comfort", "ec", "extendedcomfort"), 1.0),
}
_BY_EVENT = {
    "collided": ("collided", "collision", "collision_at_fault"),
    "left_road": ("off_road", "left_road"),
    "ran_light": ("ran_light", "red_light", "ran_red_light"),
    "wrong_way": ("wrong_way", "oncoming"),
    "too_slow": ("stuck",),
}
SAFETY = ("collided", "left_road", "ran_light", "wrong_way", "near_collision")
SLOW = 0.5
"""m/s: standing"""

_LONGITUDINAL = {"collided": "decelerate", "near_collision": "decelerate", "ran_light": "stop", "too_slow": "accelerate"}
_ADVICE = {
    "collided": "brake earlier and keep the distance to what is ahead",
    "left_road": "steer back to the middle of the lane, and slow down before the bend",
    "ran_light": "stop before the line while the light is red",
    "wrong_way": "return to the lane of the route's direction",
    "near_collision": "keep a longer distance: ease off before the gap closes",
    "too_slow": "drive at the limit where the road ahead is free",
    "left_lane": "follow the middle of the lane",
    "uncomfortable": "begin braking and steering earlier, and do both more gently",
    "timed_out": "go on along the route",
    "unexplained": "follow the expert",
}


def examine_driving(evidence: Evidence) -> Finding:
    """The modes of a failed driving episode; the safety-critical ones decide before the others, the earliest first."""
    found: dict[str, int] = {}
    for mode, names in _BY_EVENT.items():
        steps = [step for name in names if (step := evidence.first(name)) is not None]
        if steps:
            found[mode] = min(steps)
    for key, mode in (("collided_with", "collided"), ("off_road", "left_road")):
        first = next((step for step, value in evidence.told(key) if value), None)
        if first is not None:
            found[mode] = min(found.get(mode, first), first)
    scores: dict[str, float] = {}
    for mode, (names, bound) in _BY_SCORE.items():
        value = next((evidence.scores[name] for name in names if name in evidence.scores), None)
        if value is not None:
            scores[mode] = value
            if value < bound:
                found.setdefault(mode, evidence.steps)
    ordered = sorted(found, key=lambda mode: (mode not in SAFETY, found[mode], list(_ADVICE).index(mode)))
    if not ordered:
        ordered = (
            ["too_slow"] if _stood(evidence) else ["timed_out"] if not evidence.row.success_any and evidence.steps else ["unexplained"]
        )
    mode = ordered[0]
    step = found.get(mode, evidence.steps)
    return Finding(mode, ordered, step, _safety(evidence, found, scores), _efficiency(evidence, scores), _correction(evidence, mode, step))


def _speeds(evidence: Evidence) -> list[float]:
    return [float(ego["speed"]) for _, ego in evidence.told("ego") if isinstance(ego, dict) and ego.get("speed") is not None]


def _stood(evidence: Evidence) -> bool:
    speeds = _speeds(evidence)
    return bool(speeds) and sum(speed < SLOW for speed in speeds) > len(speeds) / 2


def _safety(evidence: Evidence, found: dict[str, int], scores: dict[str, float]) -> Part:
    wrong = {mode: step for mode, step in found.items() if mode in SAFETY}
    facts: dict[str, Any] = {f"{mode}_step": step for mode, step in wrong.items()}
    facts |= {f"{mode}_score": value for mode, value in scores.items() if mode in SAFETY}
    hit = next((str(value) for _, value in evidence.told("collided_with") if value), "")
    gaps = [float(value) for _, value in evidence.told("lead_gap") if value is not None]
    if hit:
        facts["collided_with"] = hit
    if gaps:
        facts["smallest_lead_gap_m"] = round(min(gaps), 2)
    if not wrong:
        known = scores or evidence.truths
        return Part(
            verdict="ok" if known else "unknown",
            text="no safety rule was broken" if known else "nothing was recorded of safety",
            facts=facts,
        )
    words = [f"{mode.replace('_', ' ')} at step {step}" for mode, step in sorted(wrong.items(), key=lambda item: item[1])]
    return Part(verdict="fault", text=", ".join(words) + (f" ({hit})" if hit else ""), facts=facts)


def _efficiency(evidence: Evidence, scores: dict[str, float]) -> Part:
    speeds = _speeds(evidence)
    facts: dict[str, Any] = {mode: scores[mode] for mode in ("too_slow", "near_collision", "uncomfortable", "left_lane") if mode in scores}
    facts = {
        {"too_slow": "ego_progress", "near_collision": "time_to_collision", "uncomfortable": "comfort", "left_lane": "lane_keeping"}[k]: v
        for k, v in facts.items()
    }
    facts["steps"] = evidence.steps
    if evidence.row.values.get("progress") is not None:
        facts["progress"] = evidence.row.values["progress"]
    if speeds:
        facts |= {"mean_speed_mps": round(sum(speeds) / len(speeds), 2), "top_speed_mps": round(max(speeds), 2)}
    slow = scores.get("too_slow", 1.0) < _BY_SCORE["too_slow"][1] or _stood(evidence)
    words = ", ".join(f"{key.replace('_', ' ')} {value:g}" for key, value in facts.items())
    return Part(verdict="fault" if slow or scores.get("uncomfortable", 1.0) < 1 else "ok", text=words, facts=facts)


def _correction(evidence: Evidence, mode: str, step: int) -> Correction:
    start = max(0, step - 4)  # 2 s earlier: there was still time
    metas = [meta for k, meta in evidence.told("expert_meta") if k <= start and isinstance(meta, dict)]
    meta = metas[-1] if metas else {}
    wanted = str(meta.get("longitudinal") or "maintain").replace("_", " ")
    own = _LONGITUDINAL.get(mode, wanted)
    faster = {"stop": 0, "decelerate": 1, "maintain": 2, "accelerate": 3}
    slows = mode in _LONGITUDINAL and mode != "too_slow"  # never advise more speed into what it hit
    longitudinal = own if mode == "too_slow" or (slows and faster.get(wanted, 2) > faster[own]) else wanted
    lateral = str(meta.get("lateral") or "keep").replace("_", " ")
    return Correction(
        text=f"from step {start}: {_ADVICE[mode]}; longitudinal: {longitudinal}, lateral: {lateral}",
        from_step=start,
        longitudinal=longitudinal,
        lateral=lateral,
    )
