"""A suite: a named list of scenarios, written as axes and expanded here.

A suite file (``scenarios/suite/<family>/<name>.yaml``)::

    name: tabletop/demo
    description: what it is for
    success: last                     # which success counts: at the last step, or at any step
    common: {max_steps: 80}           # fields of every scenario; an entry's tags, kwargs and options are added to these
    entries:
      - env: tabletop/PutOn-v0        # fields of Scenario
        tags: {task: put_on}
        axes:                         # every combination becomes a scenario, the last axis fastest
          - {key: seed, range: [0, 10]}
          - {key: options.episode_id, values: [0, 3], tag: episode}
          - name: station             # several keys that change together; the variant's name becomes the tag
            variants: {a: {options.x: 0.1, options.yaw: 0.0}, b: {options.x: 0.2, options.yaw: 0.1}}

Optional: ``aggregates`` and ``never_pool``, how the suite's published figures are computed (:mod:`harness.aggregates`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.aggregates import NEVER_POOL, Aggregate, mixture, plan_aggregates
from harness.errors import ConfigError, did_you_mean
from harness.scenario import Scenario, content_hash
from harness.success_rule import SuccessRule

Setting = tuple[dict[str, Any], dict[str, Any]]  # ({dotted key: value}, {tag: value})

_FIELDS = set(Scenario.model_fields)
_SUITE_KEYS = {"name", "description", "success", "common", "entries", "aggregates", "never_pool"}


class Suite(BaseModel):
    """Scenarios of unique ids, in order. ``success`` says which success is the suite's result; both are always recorded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str = ""
    success: SuccessRule = "last"
    scenarios: tuple[Scenario, ...]
    aggregates: tuple[Aggregate, ...] = ()
    never_pool: tuple[str, ...] = NEVER_POOL

    @cached_property
    def hash(self) -> str:
        """Changes when any scenario or the rule of success changes; independent of the order, and of how figures are aggregated from the episodes."""
        return content_hash({"scenarios": sorted(s.id for s in self.scenarios), "success": self.success})

    @cached_property
    def mixes(self) -> str | None:
        """What keeps one figure over all scenarios from being given, in words (:attr:`never_pool`); None if nothing does."""
        return mixture(self.scenarios, self.never_pool)

    def tasks(self) -> list[str]:
        """The tasks, in order of appearance."""
        return list(dict.fromkeys(s.task for s in self.scenarios))

    def limited(self, per_task: int | None) -> Suite:
        """The first ``per_task`` scenarios of every task."""
        if per_task is None:
            return self
        seen: dict[str, int] = {}
        kept: list[Scenario] = []
        for scenario in self.scenarios:
            seen[scenario.task] = seen.get(scenario.task, 0) + 1
            if seen[scenario.task] <= per_task:
                kept.append(scenario)
        fields = {name: getattr(self, name) for name in Suite.model_fields}
        return Suite(**{**fields, "scenarios": tuple(kept)})  # a copy would keep the cached hash


def expand_suite(spec: Mapping[str, Any]) -> Suite:
    """Expand a suite file's content.

    Raises:
        ConfigError: an unknown key, a missing field, two scenarios of the same content; names the suite, the entry and the key.
    """
    name = str(spec.get("name") or "")
    if not name:
        raise ConfigError("suite without a name", "give it `name: family/name`")
    where = f"suite {name}"
    _refuse_unknown(spec, _SUITE_KEYS, where)
    scenarios: list[Scenario] = []
    common = _mapping(spec.get("common"), f"{where}, common")
    for number, entry in enumerate(_list(spec.get("entries"), f"{where}, entries")):
        scenarios += _expand_entry(_merged(common, _mapping(entry, f"{where}, entry {number}")), f"{where}, entry {number}", name)
    if not scenarios:
        raise ConfigError(f"{where} has no scenarios", "give it `entries`, and axes that are not empty")
    _refuse_twins(scenarios, where)
    never_pool = tuple(map(str, _list(spec["never_pool"], f"{where}, never_pool"))) if "never_pool" in spec else NEVER_POOL
    figures = [_mapping(figure, f"{where}, aggregates") for figure in _list(spec.get("aggregates"), f"{where}, aggregates")]
    try:
        return Suite(
            name=name,
            description=str(spec.get("description") or ""),
            success=spec.get("success") or "last",
            scenarios=tuple(scenarios),
            aggregates=plan_aggregates(figures, scenarios, never_pool, where),
            never_pool=never_pool,
        )
    except ValidationError as error:
        raise ConfigError(f"{where}: {_first(error)}", "see `gauntlet show` for a suite that works") from None


def _expand_entry(entry: Mapping[str, Any], where: str, suite: str) -> Iterator[Scenario]:
    _refuse_unknown(entry, _FIELDS | {"axes"}, where)
    axes = [list(_axis_settings(_mapping(axis, f"{where}, axis"), where)) for axis in _list(entry.get("axes"), f"{where}, axes")]
    for combination in itertools.product(*axes):
        fields: dict[str, Any] = {k: v for k, v in entry.items() if k != "axes"}
        fields["tags"] = {"suite": suite, **_mapping(entry.get("tags"), f"{where}, tags")}
        for settings, tags in combination:
            for key, value in settings.items():
                fields = _with(fields, key.split("."), value, where)
            fields["tags"] = {**fields["tags"], **tags}
        try:
            yield Scenario(**fields)
        except ValidationError as error:
            raise ConfigError(f"{where}: {_first(error)}", "fields are those of harness.Scenario") from None


def _merged(common: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry over what is common; tags, kwargs and options key by key."""
    inner = {
        key: {**common[key], **entry[key]} for key in entry if isinstance(entry[key], Mapping) and isinstance(common.get(key), Mapping)
    }
    return {**common, **entry, **inner}


def _axis_settings(axis: Mapping[str, Any], where: str) -> Iterator[Setting]:
    if "variants" in axis:
        _refuse_unknown(axis, {"name", "variants"}, f"{where}, axis {axis.get('name', '?')}")
        if "name" not in axis:
            raise ConfigError(f"{where}: an axis with variants has no name", "add `name:`; it becomes the tag")
        for label, settings in _mapping(axis["variants"], f"{where}, variants").items():
            settings = _mapping(settings, f"{where}, variants, {label}")
            for key in settings:
                _refuse_unknown({str(key).split(".")[0]: 0}, _FIELDS, f"{where}, variant {label}")
            yield dict(settings), {str(axis["name"]): str(label)}
        return
    _refuse_unknown(axis, {"key", "values", "range", "tag"}, f"{where}, axis {axis.get('key', '?')}")
    if "key" not in axis or ("values" in axis) == ("range" in axis):
        raise ConfigError(f"{where}: an axis needs `key` and either `values` or `range`", "or `name` and `variants`")
    _refuse_unknown({str(axis["key"]).split(".")[0]: 0}, _FIELDS, f"{where}, axis")
    if "range" in axis:
        bounds = _list(axis["range"], f"{where}, range")
        if not 1 <= len(bounds) <= 3 or not all(type(bound) is int for bound in bounds):
            raise ConfigError(
                f"{where}: range: {bounds}", "give [stop], [start, stop] or [start, stop, step], whole numbers; the stop is left out"
            )
        values: Sequence[Any] = range(*bounds)
    else:
        values = _list(axis["values"], f"{where}, values")
    for value in values:
        yield {str(axis["key"]): value}, {str(axis["tag"]): value} if "tag" in axis else {}


def _with(fields: dict[str, Any], path: list[str], value: Any, where: str) -> dict[str, Any]:
    head, *rest = path
    if not rest:
        return {**fields, head: value}
    inner = fields.get(head) or {}
    if not isinstance(inner, Mapping):
        raise ConfigError(f"{where}: {'.'.join(path)} goes into {head}, which is no mapping", "check the axis' key")
    return {**fields, head: _with(dict(inner), rest, value, where)}


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, Mapping):
        raise ConfigError(f"{where}: {value!r} is no mapping", "write key: value")
    return value or {}


def _list(value: Any, where: str) -> Sequence[Any]:
    if value is not None and not isinstance(value, list | tuple):
        raise ConfigError(f"{where}: {value!r} is no list", "write [a, b], or a line with a dash for each")
    return value or ()


def _refuse_unknown(given: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in given:
        if key not in known:
            raise ConfigError(f"{where}: unknown key {key!r}", did_you_mean(str(key), known))


def _refuse_twins(scenarios: Sequence[Scenario], where: str) -> None:
    seen: dict[str, Scenario] = {}
    for scenario in scenarios:
        if scenario.id in seen:
            raise ConfigError(
                f"{where}: two scenarios are the same episode ({scenario.env}, seed {scenario.seed}, tags {scenario.tags} and {seen[scenario.id].tags})",
                "let an axis change seed or options",
            )
        seen[scenario.id] = scenario


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
