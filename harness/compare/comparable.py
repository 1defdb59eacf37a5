"""Which runs may be compared at all: same suite, same scorers, same data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.compare.run_table import RunTable
from harness.errors import ConfigError
from harness.success_rule import SuccessRule, success_rule_named

SCORER_OF_1_0 = {"gauntlet": "1"}
"""runs of schema 1.0 did not name it"""
_NOTED = ("mani-skill", "sapien", "gymnasium", "vla-gauntlet")


def paired_ids(a: RunTable, b: RunTable, intersect: bool = False) -> list[str]:
    """The scenarios that both have, in order of the first.

    Raises:
        ConfigError: the suites differ and ``intersect`` is False; not one scenario in common; scorers or data of another version.
    """
    shared = [scenario for scenario in a.rows if scenario in b.rows]
    one, two = a.manifest["suite"].get("hash"), b.manifest["suite"].get("hash")
    if not shared:
        cause = "their suites differ" if one != two else "one of them was cut short before it came to the other's scenarios"
        raise ConfigError(
            f"{a.path} and {b.path} have no scenario in common ({a.suite} and {b.suite}): {cause}", "compare runs of one suite"
        )
    if one != two and not intersect:
        raise ConfigError(
            f"the suites differ: {a.path} ran {a.suite} ({one}, {a.scenarios} scenarios), {b.path} ran {b.suite} ({two}, {b.scenarios} scenarios); "
            f"{len(shared)} scenarios pair",
            "--intersect compares those",
        )
    _same_scorer(a, b)
    _same_facts(a, b, shared)
    return shared


def success_rule(runs: Sequence[RunTable], given: str | None) -> SuccessRule:
    """The rule that counts: the given one, or that of the suites. Raises ConfigError where they differ."""
    wanted = success_rule_named(given)
    if wanted is not None:
        return wanted
    rules = {run.path: run.success_rule for run in runs}
    if len(set(rules.values())) > 1:
        raise ConfigError(
            f"suite.success differs: {', '.join(f'{v} in {k}' for k, v in rules.items())}", "say which: --success last or any"
        )
    return runs[0].success_rule


def version_notes(a: RunTable, b: RunTable) -> Iterator[str]:
    """What differs without making the figures incomparable."""
    before, now = a.manifest.get("versions") or {}, b.manifest.get("versions") or {}
    for package in _NOTED:
        if before.get(package) != now.get(package):
            yield f"{package} is {before.get(package)} in {a.name} and {now.get(package)} in {b.name}"


def same_hardware(a: RunTable, b: RunTable) -> bool:
    """Whether wall times may be compared; True where neither says."""
    keys = ("cpu", "cores", "gpu")
    one, two = a.manifest.get("hardware") or {}, b.manifest.get("hardware") or {}
    return all(one.get(key) == two.get(key) for key in keys)


def _same_scorer(a: RunTable, b: RunTable) -> None:
    one, two = a.manifest.get("scorer") or SCORER_OF_1_0, b.manifest.get("scorer") or SCORER_OF_1_0
    for name in sorted({*one, *two}):
        if one.get(name) != two.get(name):
            raise ConfigError(
                f"not comparable: run.json scorer.{name} is {one.get(name)} in {a.path} and {two.get(name)} in {b.path}",
                "run both with one version of Gauntlet",
            )


def _same_facts(a: RunTable, b: RunTable, shared: Sequence[str]) -> None:
    for key, what in (("scorer", "scorer"), ("data", "snapshot of the data")):
        for scenario in shared:
            if "error" in (a.rows[scenario].outcome, b.rows[scenario].outcome):
                continue  # an errored episode has no facts
            one, two = _flat(a.rows[scenario].facts.get(key), key), _flat(b.rows[scenario].facts.get(key), key)
            for name in sorted({*one, *two}):
                if one.get(name) != two.get(name):
                    raise ConfigError(
                        f"not comparable: another {what}: facts.{name} is {one.get(name)} in {a.path} and {two.get(name)} in {b.path} (scenario {scenario})",
                        "run both with the same one",
                    )


def _flat(value: Any, key: str) -> Mapping[str, Any]:
    return {f"{key}.{name}": inner for name, inner in value.items()} if isinstance(value, Mapping) else {key: value}
