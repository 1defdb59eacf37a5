"""Published results, by checkpoint, task and setting, with their sources: ``scenarios/references/<name>.yaml``."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from harness.config_file import read_yaml
from harness.correlation import mmrv, pearson
from harness.errors import ConfigError, did_you_mean


class Source(BaseModel):
    """Where a number was published. ``third_party``: by neither the benchmark's nor the policy's authors; ``by_its_authors``: by the policy's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    where: str
    third_party: bool = False
    by_its_authors: bool = False

    def __str__(self) -> str:
        return self.where + (" (third-party)" if self.third_party else " (the policy's own authors)" if self.by_its_authors else "")


class PublishedTable(BaseModel):
    """One table: ``rows`` {checkpoint: a value for each of ``tasks``}, None where the source gives none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    setting: str
    measure: Literal["success", "grasp"] = "success"
    unit: Literal["share", "percent"] = "share"
    tasks: tuple[str, ...]
    rows: dict[str, tuple[float | None, ...]]

    @model_validator(mode="after")
    def _check(self) -> PublishedTable:
        top = 100.0 if self.unit == "percent" else 1.0
        for checkpoint, values in self.rows.items():
            if len(values) != len(self.tasks):
                raise ValueError(f"{checkpoint} has {len(values)} values for {len(self.tasks)} tasks")
            if any(value is not None and not 0 <= value <= top for value in values):
                raise ValueError(f"{checkpoint} has a value outside 0 to {top:g}")
        return self

    def share(self, checkpoint: str, task: str) -> float | None:
        value = self.rows[checkpoint][self.tasks.index(task)]
        return None if value is None else value / 100 if self.unit == "percent" else value


class CorrelationSpec(BaseModel):
    """Which settings of one source to hold against each other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    sim: str
    real: str


class References(BaseModel):
    """A file of published results."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str = ""
    settings: dict[str, str]
    tasks: dict[str, dict[str, str]]
    sources: dict[str, Source]
    corrections: tuple[str, ...] = ()
    tables: tuple[PublishedTable, ...]
    correlations: tuple[CorrelationSpec, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> References:
        for number, table in enumerate(self.tables):
            for name, known, what in (
                (table.source, self.sources, "source"),
                (table.setting, self.settings, "setting"),
                *((task, self.tasks, "task") for task in table.tasks),
            ):
                if name not in known:
                    raise ValueError(f"table {number}: unknown {what} {name!r}, {did_you_mean(name, known)}")
        return self

    def records(self) -> list[Reference]:
        """Every published value, one a record."""
        return [
            Reference(checkpoint, task, table.setting, table.measure, share, table.source)
            for table in self.tables
            for checkpoint in table.rows
            for task in table.tasks
            if (share := table.share(checkpoint, task)) is not None
        ]

    def matching_tasks(self, text: str) -> list[str]:
        """The tasks whose name holds ``text``. Raises ConfigError if there is none."""
        found = [task for task in self.tasks if text in task]
        if not found:
            words = {word for task in self.tasks for word in task.split("_")}
            raise ConfigError(f"references {self.name}: no task {text!r}", did_you_mean(text, {*self.tasks, *words}))
        return found

    def values(self, task: str, setting: str, source: str, measure: str = "success") -> dict[str, float]:
        """{checkpoint: success} as one source gives it."""
        wanted = (task, setting, source, measure)
        return {r.checkpoint: r.value for r in self.records() if (r.task, r.setting, r.source, r.measure) == wanted}


@dataclass(frozen=True)
class Reference:
    """One published value, a share from 0 to 1. ``source``: a key of :attr:`References.sources`."""

    checkpoint: str
    task: str
    setting: str
    measure: str
    value: float
    source: str


@dataclass(frozen=True)
class Agreement:
    """How well ``sim`` ranks policies as ``real`` does, on one task. ``mmrv_swapped`` is mmrv(real, sim), which some publications give; ``pearson`` is None where one side does not vary."""

    task: str
    checkpoints: tuple[str, ...]
    mmrv: float
    mmrv_swapped: float
    pearson: float | None


def agreement(task: str, sim: Mapping[str, float], real: Mapping[str, float]) -> Agreement | None:
    """Over the checkpoints that both have; None if they are fewer than two."""
    both = tuple(checkpoint for checkpoint in real if checkpoint in sim)
    if len(both) < 2:
        return None
    s, r = [sim[c] for c in both], [real[c] for c in both]
    return Agreement(task, both, mmrv(s, r), mmrv(r, s), pearson(s, r))


def load_references(name: str, config_dirs: Sequence[str | Path] = ()) -> References:
    """Read ``references/<name>.yaml`` from scenarios, or from a folder of yours. Raises ConfigError: unknown name, malformed file."""
    files = {path.stem: path for folder in _folders(config_dirs) for path in sorted(folder.glob("*.yaml"))}
    if name not in files:
        raise ConfigError(f"no references {name!r}", did_you_mean(name, files))
    try:
        return References.model_validate(read_yaml(files[name], cure="mend the file"))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{files[name]}: {where + ': ' if where else ''}{first['msg']}", "mend the file") from None


def _folders(config_dirs: Sequence[str | Path]) -> list[Path]:
    spec = importlib.util.find_spec("scenarios")
    places = [Path(place) for place in spec.submodule_search_locations] if spec and spec.submodule_search_locations else []
    return [root / "references" for root in [*places, *map(Path, config_dirs)]]
