"""What a comparison says, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from harness.success_rule import SuccessRule

COMPARISON_VERSION = "1.0"


@dataclass(frozen=True)
class Interval:
    """A figure with its interval; shares for rates. All None where there is nothing to compute it from."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Side:
    """One run's part of a group, over the scenarios that pair. ``rate``: successes of the pairs without an error in either run; ``with_errors``: of all pairs, an errored episode counting as not solved."""

    rate: Interval
    with_errors: Interval
    last: float | None
    """rate of success at the last step, whatever the rule"""
    any: float | None
    """rate of success at any step"""
    errors: int


@dataclass(frozen=True)
class MetricComparison:
    """A continuous measure over the pairs in which it applies to both runs. ``difference``: second minus first, mean of the pairs, with a bootstrap interval clustered by ``cluster`` ("episode": not clustered).

    ``ratio_of_medians``: second over first, None where the first is 0. ``not_finite``: pairs left out because a value was NaN or infinite.
    """

    name: str
    n: int
    a: float | None
    b: float | None
    difference: Interval
    ratio_of_medians: float | None
    cluster: str
    clusters: int
    not_finite: int = 0


@dataclass(frozen=True)
class GroupComparison:
    """One group of pairs (``by`` = ``name``). ``difference`` is second minus first, on ``judged`` pairs (no error in either run), with Tango's interval; ``p`` exact McNemar, ``p_holm`` adjusted over the groups of one axis.

    ``clustered``: the same difference with an interval that resamples whole tasks or scenes; only for the whole. ``detectable_drop``: the smallest drop that this group could have shown with 80 % power, None if none.
    """

    by: str
    name: str
    pairs: int
    judged: int
    a: Side
    b: Side
    lost: int
    won: int
    difference: Interval
    p: float | None
    p_holm: float | None
    difference_with_errors: Interval
    p_with_errors: float | None
    detectable_drop: float | None
    clustered: Interval | None = None
    metrics: Mapping[str, MetricComparison] = field(default_factory=dict)


@dataclass(frozen=True)
class Flip:
    """A scenario whose outcome differs between the runs. ``kind``: fixed (failure to success), broken (success to failure), error (an error on one side)."""

    scenario_id: str
    task: str
    tags: Mapping[str, str]
    a: str
    b: str
    kind: Literal["fixed", "broken", "error"]


@dataclass(frozen=True)
class PairComparison:
    """The second run against the first (``a``, ``b``: places in :attr:`Comparison.runs`).

    ``overall``: one group "all", or one for each setting where the suite mixes what must never be pooled. ``groups``: {"task" or tag: its groups}. ``only_a``, ``only_b``: scenarios that only one run has.
    """

    a: int
    b: int
    overall: list[GroupComparison]
    groups: dict[str, list[GroupComparison]]
    flips: list[Flip]
    only_a: int
    only_b: int


@dataclass(frozen=True)
class Ranking:
    """``order``: places of the runs, best first, by success over the ``scenarios`` that all have judged. ``sets``: runs that stand next to each other and of which no two differ (exact McNemar, Holm over all pairs); a run may be in several."""

    scenarios: int
    order: list[int]
    rates: list[Interval]
    sets: list[list[int]]
    p_holm: dict[str, float]
    """{"i-j": adjusted p} with places i < j"""


@dataclass(frozen=True)
class Comparison:
    """Everything that ``gauntlet compare`` found. Runs after the first are compared with the first."""

    runs: list[dict[str, Any]]
    success: SuccessRule
    confidence: float
    by: list[str]
    pairs: list[PairComparison]
    ranking: Ranking | None
    notes: list[str]
    version: str = COMPARISON_VERSION

    def to_json(self) -> dict[str, Any]:
        """JSON data; no NaN in it."""
        return asdict(self)
