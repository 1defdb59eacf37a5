"""How manipulation fails: rules over events, grasps and distances."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.diagnose.evidence import Evidence
from harness.diagnose.report import Correction, Part

OFF_TARGET = 0.15
"""m between source and target, horizontally: let go nearer than this, it was meant for the target"""
MOVING = 0.02
"""progress gained in the last quarter of the steps that counts as being on the way"""
NEAR_GRIPPER = 0.05
LAST_STEPS = 2
_PASSING = ("reach", "grasp", "lift", "touch", "hold", "held")
"""subgoals on the way, which end by themselves"""


@dataclass(frozen=True)
class Finding:
    """What the rules of a domain say: the mode that decided (``mode``), all that apply, the step at which it went wrong, and three of the five parts."""

    mode: str
    modes: list[str]
    step: int
    safety: Part
    efficiency: Part
    correction: Correction
    extra: dict[str, Any] = field(default_factory=dict)


def examine_manipulation(evidence: Evidence) -> Finding:
    """The modes of a failed manipulation episode, the deciding one first found along the task: reach, grasp, carry, place, stay."""
    steps = evidence.steps
    modes: list[tuple[str, int]] = []  # (mode, step)
    thing = _thing(evidence)
    reached, grasped = _first_reached(evidence, thing), _first_grasped(evidence, thing)
    wrong = _wrong_object(evidence, thing)
    undone = _undone(evidence)
    if undone is not None:
        modes.append(("undid_subgoal", undone))
    if wrong is not None and grasped is None:
        modes.append(("grasped_wrong_object", wrong[0]))
    if grasped is None:
        if reached is None:
            modes.append(("never_reached", min(steps, _nearest(evidence)[1])))
        else:
            modes.append(("reached_not_grasped", reached))
    else:
        modes += _after_the_grasp(evidence, thing, grasped)
        if wrong is not None:
            modes.append(("grasped_wrong_object", wrong[0]))
    if not modes or _moving(evidence):
        modes.append(("timed_out", steps))
    mode, step = modes[0]
    return Finding(
        mode=mode,
        modes=list(dict.fromkeys(name for name, _ in modes)),
        step=step,
        safety=_safety(evidence),
        efficiency=_efficiency(evidence, reached, grasped),
        correction=_correction(evidence, mode, step, thing, wrong[1] if wrong else ""),
    )


def examine_other(evidence: Evidence) -> Finding:
    """Where neither manipulation nor driving is told of: undone, out of time, or unexplained."""
    undone = _undone(evidence)
    mode, step = ("undid_subgoal", undone) if undone is not None else ("timed_out" if _moving(evidence) else "unexplained", evidence.steps)
    safety = _safety(evidence) if "collided" in evidence.events else Part(verdict="unknown", text="nothing was recorded of safety")
    progress = evidence.row.values.get("progress")
    efficiency = Part(
        verdict="fault",
        text=f"{evidence.steps} steps" + (f", progress {progress:.2f}" if progress is not None else ""),
        facts={"steps": evidence.steps, **({"progress": progress} if progress is not None else {})},
    )
    return Finding(mode, [mode], step, safety, efficiency, Correction(text=f"from step {step}: {_ADVICE[mode]}", from_step=step))


def _thing(evidence: Evidence) -> str:
    """What is to be grasped."""
    facts = evidence.row.facts
    if facts.get("source"):
        return str(facts["source"])
    return (
        f"{facts['drawer']} drawer"
        if facts.get("drawer")
        else next(iter(evidence.objects("grasped") or evidence.objects("reached")), "object")
    )


def _first_reached(evidence: Evidence, thing: str) -> int | None:
    told = evidence.first("reached")
    return told if told is not None else next((k for k, d in _gaps(evidence, thing) if d < NEAR_GRIPPER), None)


def _first_grasped(evidence: Evidence, thing: str) -> int | None:
    told = next((int(e["step"]) for e in evidence.events.get("grasped", ()) if e.get("detail", {}).get("object", thing) == thing), None)
    return told if told is not None else next((k for k, held in evidence.told("grasped") if held == thing), None)


def _wrong_object(evidence: Evidence, thing: str) -> tuple[int, str] | None:
    """(step, name) of the first other object that was grasped."""
    if "wrong_object" in evidence.events:
        return evidence.first("wrong_object") or 0, evidence.objects("wrong_object")[0]
    return next(((k, str(held)) for k, held in evidence.told("grasped") if held and held != thing), None)


def _undone(evidence: Evidence) -> int | None:
    """The step after which success, or a subgoal that had come true, was lost for good."""
    if evidence.row.success_any and not evidence.row.success_last:
        held = np.flatnonzero(evidence.success)
        return int(held[-1]) + 2 if len(held) else evidence.steps
    first, now = evidence.record.get("subgoal_steps") or {}, evidence.record.get("subgoals") or {}
    lost = [
        int(step) for name, step in first.items() if step is not None and now.get(name) is False and not any(w in name for w in _PASSING)
    ]
    return max(lost) if lost else None


def _after_the_grasp(evidence: Evidence, thing: str, grasped: int) -> list[tuple[str, int]]:
    held_at_end = evidence.at_end("grasped") == thing
    released = evidence.steps
    for step, held in evidence.told("grasped"):
        if held == thing:
            released = step + 1
    dropped = evidence.last("dropped")
    if held_at_end or released >= evidence.steps - LAST_STEPS:  # it held it to the end, or had just let it go
        return [("timed_out", evidence.steps)] + ([("dropped", dropped)] if dropped is not None else [])
    if evidence.row.facts.get("drawer") and not evidence.row.facts.get("source"):
        return [("let_go_early", min(released, evidence.steps))]
    gap = (evidence.at_end("distances") or {}).get("source_target")
    if gap is not None and gap <= OFF_TARGET and "lifted" in evidence.events:
        return [("placed_off_target", min(released, evidence.steps))] + ([("dropped", dropped)] if dropped is not None else [])
    if dropped is not None or "lifted" in evidence.events:
        return [("dropped", dropped if dropped is not None else min(released, evidence.steps))]
    return [("slipped", grasped)]


def _moving(evidence: Evidence) -> bool:
    progress = evidence.progress
    return len(progress) >= 8 and float(progress[-1] - progress[-max(2, len(progress) // 4)]) > MOVING


def _gaps(evidence: Evidence, thing: str) -> list[tuple[int, float]]:
    """(step, m) between the gripper and what is to be grasped."""
    found = []
    for step, distances in evidence.told("distances"):
        gap = distances.get("gripper_source", distances.get(f"gripper_{thing}"))
        if gap is not None:
            found.append((step, float(gap)))
    return found


def _nearest(evidence: Evidence) -> tuple[float | None, int]:
    gaps = _gaps(evidence, _thing(evidence))
    if not gaps:
        return None, evidence.steps
    step, gap = min(gaps, key=lambda item: item[1])
    return gap, step


def _safety(evidence: Evidence) -> Part:
    hits = evidence.events.get("collided", [])
    if not hits:
        return Part(verdict="ok", text="nothing was knocked over and nothing pressed hard")
    names = evidence.objects("collided")
    return Part(
        verdict="fault",
        text=f"hit {', '.join(names)} (first at step {hits[0]['step']})",
        facts={"hit": names, "times": len(hits), "step": hits[0]["step"]},
    )


def _efficiency(evidence: Evidence, reached: int | None, grasped: int | None) -> Part:
    nearest, _ = _nearest(evidence)
    gap = (evidence.at_end("distances") or {}).get("source_target")
    facts: dict[str, Any] = {
        "steps": evidence.steps,
        "progress": evidence.row.values.get("progress"),
        "reached_step": reached,
        "grasped_step": grasped,
        "nearest_m": nearest,
        "end_gap_m": gap,
        "opening_m": evidence.at_end("opening"),
        "grasps": len(evidence.events.get("grasped", ())),
        "drops": len(evidence.events.get("dropped", ())),
    }
    facts = {key: value for key, value in facts.items() if value is not None}
    words = [f"progress {facts['progress']:.2f} in {evidence.steps} steps" if "progress" in facts else f"{evidence.steps} steps"]
    words.append(
        f"reached at step {reached}" if reached is not None else f"came within {nearest:.2f} m" if nearest is not None else "never reached"
    )
    if grasped is not None:
        words.append(f"grasped at step {grasped}")
    if gap is not None:
        words.append(f"ended {gap:.2f} m from its goal")
    return Part(verdict="fault", text=", ".join(words), facts=facts)


_ADVICE = {
    "never_reached": "bring the gripper above the {thing}, then straight down to it",
    "reached_not_grasped": "open, centre the fingers over the {thing}, go down until they enclose it, then close and hold",
    "grasped_wrong_object": "let go of the {other}, and grasp the {thing}",
    "slipped": "take the {thing} nearer to its middle, and let the fingers close before lifting",
    "dropped": "grasp the {thing} nearer to its middle, and keep the fingers closed until it is over its goal",
    "placed_off_target": "carry the {thing} over the middle of the {goal} before letting go",
    "let_go_early": "keep hold of the {thing}, and pull on until it has gone far enough",
    "undid_subgoal": "stop when the goal holds: open, withdraw upwards, and touch nothing any more",
    "timed_out": "go on as it was; act without detours, so that the steps suffice",
    "unexplained": "do as the expert would",
}


_DRAWER_ADVICE = {
    "never_reached": "bring the fingers to the handle of the {thing}",
    "reached_not_grasped": "put the fingers around the handle of the {thing}, close, and only then move it",
    "slipped": "close fully around the handle of the {thing} before moving it",
}


def _correction(evidence: Evidence, mode: str, step: int, thing: str, other: str) -> Correction:
    facts = evidence.row.facts
    goal = str(facts.get("target") or (f"{facts['drawer']} drawer" if facts.get("drawer") else "goal"))
    near = [str(value) for k, value in evidence.told("expert_subtask") if k <= max(0, step)]
    subtask = near[-1] if near else ""
    of_drawer = not facts.get("source") and bool(facts.get("drawer"))
    advice = _DRAWER_ADVICE.get(mode, _ADVICE[mode]) if of_drawer else _ADVICE[mode]
    text = advice.format(thing=thing, other=other or "wrong object", goal=goal)
    dropped = evidence.last("dropped")
    if mode == "timed_out" and dropped is not None:
        text += f"; the drop at step {dropped} cost the time"
    return Correction(
        text=f"from step {step}: {text}" + (f" (the expert would: {subtask})" if subtask else ""),
        from_step=step,
        subtask=subtask,
        object=thing,
    )
