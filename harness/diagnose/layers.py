"""Which layer is at fault: did it plan wrongly, point wrongly, or act wrongly on a right plan?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.diagnose.evidence import Evidence
from harness.diagnose.report import Layer, Part
from harness.subtasks import same_plan

WINDOW = 15
"""control steps before the failure whose thoughts are judged"""
AGREEMENT = 0.5
"""a plan or a pointing that is right less often than this is at fault"""
OVERLAP = 0.3
"""a box that overlaps its object less than this misses it"""


@dataclass(frozen=True)
class Judgement:
    """The first two parts of a report, and the layer with its reason."""

    meta_action: Part
    reasoning: Part
    layer: Layer
    reason: str
    certain: bool


def judge_layers(evidence: Evidence, steps: range) -> Judgement:
    """Judge the thoughts of these control steps: those before the episode went wrong, or all where it failed to do something."""
    plan, pointing = _plan(evidence, steps), _pointing(evidence, steps)
    if plan.verdict == "fault":
        return Judgement(plan, pointing, "planning", plan.text, True)
    if pointing.verdict == "fault":
        return Judgement(plan, pointing, "grounding", pointing.text, True)
    known = [part.text for part in (plan, pointing) if part.verdict == "ok"]
    if known:
        return Judgement(plan, pointing, "execution", f"{'; '.join(known)}: the actions did not carry it out", True)
    return Judgement(plan, pointing, "execution", "the policy recorded neither plan nor pointing: only its actions can be judged", False)


def _plan(evidence: Evidence, steps: range) -> Part:
    meta = _meta_actions(evidence, steps)
    if meta is not None:
        return meta
    expert = {k: str(v) for k, v in evidence.told("expert_subtask")}
    pairs: list[tuple[int, str, str]] = []
    for at, thought in evidence.thoughts.items():
        if at not in steps or not thought.get("subtask"):
            continue
        beside = evidence.grounding.get(at, {}).get("expert_subtask")  # of the very state
        near = [k for k in expert if k <= at - 1]
        truth = beside or (expert[near[-1]] if near and at - 1 - near[-1] <= 5 else None)
        if truth and truth not in ("done", "move away"):
            pairs.append((at, thought["subtask"], truth))
    if not pairs:
        return Part(verdict="unknown", text="no subtask was recorded beside the expert's")
    right = [same_plan(said, truth) for _, said, truth in pairs]
    share = sum(right) / len(right)
    facts: dict[str, Any] = {"agreement": round(share, 3), "compared": len(right)}
    if share >= AGREEMENT:
        return Part(verdict="ok", text=f"its subtask was the expert's at {sum(right)} of {len(right)} thoughts", facts=facts)
    at, said, truth = next(pair for pair, good in zip(pairs, right) if not good)
    facts |= {"step": at, "said": said, "expert": truth}
    return Part(
        verdict="fault", text=f"at step {at} it meant to {said!r} where the expert would {truth!r} (agreement {share:.0%})", facts=facts
    )


def _meta_actions(evidence: Evidence, steps: range) -> Part | None:
    """Driving: the longitudinal and lateral meta-action in the thought's text against the expert's."""
    compared = {"longitudinal": [0, 0], "lateral": [0, 0]}
    wrong: dict[str, Any] = {}
    truths = dict(evidence.told("expert_meta"))
    for at, thought in evidence.thoughts.items():
        meta = truths.get(at - 1)
        if not isinstance(meta, Mapping) or at not in steps:
            continue
        text = f"{thought.get('subtask', '')} {thought.get('reasoning', '')}".lower().replace("_", " ").replace("-", " ")
        for axis in compared:
            said = _meta_said(text, axis)
            wanted = str(meta.get(axis, "")).replace("_", " ")
            if said and wanted:
                compared[axis][0] += said == wanted
                compared[axis][1] += 1
                if said != wanted and not wrong:
                    wrong = {"step": at, "axis": axis, "said": said, "expert": wanted}
    total = sum(n for _, n in compared.values())
    if not truths:
        return None
    if not total:
        return Part(verdict="unknown", text="it named no meta-action")
    right = sum(k for k, _ in compared.values())
    facts = {f"{axis}_right": k for axis, (k, _) in compared.items()} | {f"{axis}_compared": n for axis, (_, n) in compared.items()}
    if right / total >= AGREEMENT:
        return Part(verdict="ok", text=f"its meta-actions were the expert's in {right} of {total}", facts=facts)
    text = f"at step {wrong['step']} it chose to {wrong['said']!r} where the expert would {wrong['expert']!r} ({right} of {total} right)"
    return Part(verdict="fault", text=text, facts={**facts, **wrong})


_META = {
    "longitudinal": {
        "stop": ("stop",),
        "decelerate": ("decelerat", "slow down", "brake"),
        "accelerate": ("accelerat", "speed up"),
        "maintain": ("maintain", "keep speed"),
    },
    "lateral": {
        "turn left": ("turn left",),
        "turn right": ("turn right",),
        "change left": ("change left", "lane change to the left", "change lane left"),
        "change right": ("change right", "lane change to the right", "change lane right"),
        "keep": ("keep lane", "keep the lane", "lateral: keep", "straight", "keep"),
    },
}


def _meta_said(text: str, axis: str) -> str:
    found = {label: min((text.find(word) for word in words if word in text), default=-1) for label, words in _META[axis].items()}
    said = [label for label, place in found.items() if place >= 0]
    return said[0] if said else ""


def _pointing(evidence: Evidence, steps: range) -> Part:
    judged: list[tuple[int, bool, str, str]] = []
    overlaps: list[float] = []
    for at, truth in evidence.grounding.items():
        if at not in steps:
            continue
        for point in truth.get("points", ()):
            if point.get("expected") and point.get("box"):
                judged.append((at, point["object"] == point["expected"], point["object"] or "nothing", point["expected"]))
        for box in truth.get("boxes", ()):
            if box.get("iou") is not None:
                overlaps.append(box["iou"])
                judged.append((at, box["iou"] >= OVERLAP, box["object"] or "nothing", box["expected"]))
    if not judged:
        return Part(verdict="unknown", text="nothing that it pointed at was recorded beside the masks")
    share = sum(good for _, good, _, _ in judged) / len(judged)
    facts: dict[str, Any] = {"hits": round(share, 3), "compared": len(judged)}
    if overlaps:
        facts["mean_iou"] = round(sum(overlaps) / len(overlaps), 3)
    if share >= AGREEMENT:
        return Part(verdict="ok", text=f"it pointed at the right object in {share:.0%} of {len(judged)} cases", facts=facts)
    at, _, under, expected = next(item for item in judged if not item[1])
    facts |= {"step": at, "object": under, "expected": expected}
    return Part(
        verdict="fault", text=f"at step {at} it pointed at {under} for the {expected} ({share:.0%} of {len(judged)} right)", facts=facts
    )
