"""How a suite's published figures are computed from its episodes: nested unweighted means, written in the suite file.

::

    never_pool: [setting, robot]              # the default: no figure ever mixes two values of these tags
    aggregates:
      - name: pick_coke_can                   # mean over orientations of the mean over variants of the success rate
        where: {task: pick_coke_can}          # which scenarios, by tag; a list means any of its values
        mean_over: [orientation, variant]     # tags, the outermost mean first; left out: the plain success rate
        episodes: 300                         # optional: an error if `where` selects another number
      - {name: open_drawer, where: {task: open_drawer}, mean_over: [variant]}
      - name: mean
        of: [pick_coke_can, open_drawer]      # the unweighted mean of figures named above

Published aggregates weigh groups, not episodes: a variant of 9 episodes counts as much as one of 25.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.episode import Episode
from harness.errors import ConfigError, did_you_mean
from harness.scenario import Scenario, Tag
from harness.statistics import MeanRate, wilson
from harness.substitutes import count_substitutes
from harness.success_rule import SuccessRule

NEVER_POOL = ("setting", "robot")

Cells = list[tuple[float, list[Episode]]]
"""groups of episodes with their weights, which add up to 1"""


class Aggregate(BaseModel):
    """One published figure: either ``where`` (with ``mean_over``) or ``of``. ``episodes``: how many it takes; :func:`plan_aggregates` fills it in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    where: dict[str, Tag | list[Tag]] | None = None
    mean_over: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    episodes: int | None = None

    def selects(self, scenario: Scenario) -> bool:
        wanted = self.where or {}
        return all(scenario.tags.get(tag) in (value if isinstance(value, list) else [value]) for tag, value in wanted.items())


def mixture(scenarios: Sequence[Scenario], never_pool: Sequence[str]) -> str | None:
    """What must not be pooled in these scenarios, in words; None if nothing. A scenario without the tag counts as another value."""
    for tag in never_pool:
        values = sorted({str(scenario.tags.get(tag, "none")) for scenario in scenarios})
        if len(values) > 1:
            return f"{tag} {', '.join(values)}"
    return None


def plan_aggregates(
    specs: Sequence[Mapping[str, Any]], scenarios: Sequence[Scenario], never_pool: Sequence[str] = NEVER_POOL, where: str = "suite"
) -> tuple[Aggregate, ...]:
    """Check a suite's aggregates against its scenarios, and count what each takes.

    Raises:
        ConfigError: an unknown key, name or tag; nothing selected, or another number than declared; settings mixed that must not be pooled.
    """
    planned: dict[str, Aggregate] = {}
    taken: dict[str, list[Scenario]] = {}
    for spec in specs:
        for key in spec:
            if key not in Aggregate.model_fields:
                raise ConfigError(f"{where}, aggregates: unknown key {key!r}", did_you_mean(str(key), Aggregate.model_fields))
        try:
            aggregate = Aggregate(**spec)
        except ValidationError as error:
            first = error.errors()[0]
            raise ConfigError(
                f"{where}, aggregates: {'.'.join(map(str, first['loc']))}: {first['msg']}", "name, where, mean_over, of"
            ) from None
        here = f"{where}, aggregate {aggregate.name}"
        if aggregate.name in planned:
            raise ConfigError(f"{here} is there twice", "give each its own name")
        selected = _selection(aggregate, scenarios, taken, here)
        if mixed := mixture(selected, never_pool):
            raise ConfigError(f"{here} pools {mixed}", "give each its own aggregate: such figures are never pooled")
        if aggregate.episodes not in (None, len(selected)):
            raise ConfigError(f"{here} takes {len(selected)} scenarios, not {aggregate.episodes}", "mend the axes, or `where`")
        taken[aggregate.name] = selected
        planned[aggregate.name] = aggregate.model_copy(update={"episodes": len(selected)})
    return tuple(planned.values())


def compute_aggregates(aggregates: Sequence[Aggregate], episodes: Sequence[Episode], success: SuccessRule) -> list[dict[str, Any]]:
    """The figures, in order, as JSON data.

    ``rate`` follows the suite's rule of success, ``any`` counts success at any step; errored episodes are left out and counted. ``complete`` is False unless every episode that the figure takes has a result: the
    rate is then that of what there is, and not the published measure. A figure made ``of`` others is None while one of them is. ``low``, ``high``: 95 %, from the groups' Wilson limits by the weighted form of
    :func:`harness.statistics.macro`'s method; groups count as independent.
    """
    cells: dict[str, Cells] = {}
    members: dict[str, list[Episode]] = {}
    results = []
    for aggregate in aggregates:
        if aggregate.of:
            parts = [cells[name] for name in aggregate.of]
            found = [(weight / len(parts), group) for part in parts for weight, group in part] if all(parts) else []
            mine = [episode for name in aggregate.of for episode in members[name]]
        else:
            mine = [episode for episode in episodes if aggregate.selects(episode.scenario)]
            judged = [episode for episode in mine if episode.outcome != "error"]
            found = _cells(judged, aggregate.mean_over) if judged else []
        cells[aggregate.name], members[aggregate.name] = found, mine
        errors = sum(episode.outcome == "error" for episode in mine)
        rate = _rate(found, lambda e: bool(e.success_last if success == "last" else e.success_any))
        anywhere = _rate(found, lambda e: bool(e.success_any))
        results.append(
            {
                "name": aggregate.name,
                **(rate.to_json() if rate else {"rate": None, "low": None, "high": None}),
                "any": anywhere.value if anywhere else None,
                "episodes": len(mine),
                "expected": aggregate.episodes,
                "errors": errors,
                "complete": len(mine) - errors == aggregate.episodes,
                "substitutes": count_substitutes(episode.facts for episode in mine if episode.outcome != "error"),
            }
        )
    return results


def _selection(aggregate: Aggregate, scenarios: Sequence[Scenario], taken: Mapping[str, list[Scenario]], here: str) -> list[Scenario]:
    if bool(aggregate.of) == (aggregate.where is not None):
        raise ConfigError(f"{here} needs either `where` or `of`", "where: {tag: value}, or of: [names above]")
    if aggregate.of:
        for name in aggregate.of:
            if name not in taken:
                raise ConfigError(f"{here}: no aggregate {name!r} above it", did_you_mean(name, taken))
        if aggregate.mean_over:
            raise ConfigError(f"{here}: `mean_over` goes with `where`", "an aggregate `of` others is their plain mean")
        return [scenario for name in aggregate.of for scenario in taken[name]]
    selected = [scenario for scenario in scenarios if aggregate.selects(scenario)]
    known = {tag for scenario in scenarios for tag in scenario.tags}
    for tag in [*(aggregate.where or {}), *aggregate.mean_over]:
        if tag not in known:
            raise ConfigError(f"{here}: no scenario has the tag {tag!r}", did_you_mean(tag, known))
    if not selected:
        raise ConfigError(f"{here}: `where` selects nothing", "check its values against the scenarios' tags")
    for tag in aggregate.mean_over:
        if lacking := sum(tag not in scenario.tags for scenario in selected):
            raise ConfigError(f"{here}: {lacking} of its {len(selected)} scenarios lack the tag {tag!r}", "tag them all, or narrow `where`")
    return selected


def _cells(episodes: list[Episode], over: Sequence[str]) -> Cells:
    if not over:
        return [(1.0, episodes)]
    groups: dict[Tag, list[Episode]] = {}
    for episode in episodes:
        groups.setdefault(episode.scenario.tags[over[0]], []).append(episode)
    return [(weight / len(groups), cell) for group in groups.values() for weight, cell in _cells(group, over[1:])]


def _rate(cells: Cells, won: Callable[[Episode], bool]) -> MeanRate | None:
    if not cells:
        return None
    rates = [(weight, wilson(sum(map(won, cell)), len(cell))) for weight, cell in cells]
    value = sum(weight * (rate.value or 0.0) for weight, rate in rates)
    down = sqrt(sum((weight * ((rate.value or 0.0) - (rate.low or 0.0))) ** 2 for weight, rate in rates))
    up = sqrt(sum((weight * ((rate.high or 0.0) - (rate.value or 0.0))) ** 2 for weight, rate in rates))
    return MeanRate(value, max(0.0, value - down), min(1.0, value + up))
