"""The nightly's YAML file, and the cells it expands to.

::

    name: nightly                       # of the page and its history
    agents: [expert, {agent: noisy-expert, name: weak, overrides: [agent.noise=0.9]}]
    suites: [tabletop/demo, {suite: tabletop/all, overrides: [limit=5]}]
    overrides: [record=light]           # of every run, as on the command line of gauntlet run
    baseline: "{suite}_{agent}"         # name of each cell's baseline; a slash becomes a dash
    rule: default                       # of the gate, with rule_overrides: [floor=0.05]
    sequential: false                   # stop a run once the sequential test has decided
    results: results                    # where run folders and the page go
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from harness.config_file import read_yaml, refuse_unknown
from harness.errors import ConfigError


class AgentEntry(BaseModel):
    """``name``: what it is called in results, where that is not the agent's own name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str
    name: str | None = None
    overrides: tuple[str, ...] = ()


class SuiteEntry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    suite: str
    overrides: tuple[str, ...] = ()


class NightlyConfig(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "nightly"
    agents: tuple[AgentEntry, ...] = Field(min_length=1)
    suites: tuple[SuiteEntry, ...] = Field(min_length=1)
    overrides: tuple[str, ...] = ()
    config_dirs: tuple[str, ...] = ()
    baseline: str = "{suite}_{agent}"
    baselines: str = "results/baselines"
    rule: str = "default"
    rule_overrides: tuple[str, ...] = ()
    sequential: bool = False
    results: str = "results"

    @field_validator("agents", mode="before")
    @classmethod
    def _agents(cls, value: Any) -> Any:
        return [{"agent": entry} if isinstance(entry, str) else entry for entry in value] if isinstance(value, list) else value

    @field_validator("suites", mode="before")
    @classmethod
    def _suites(cls, value: Any) -> Any:
        return [{"suite": entry} if isinstance(entry, str) else entry for entry in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Cell:
    """One agent on one suite. ``overrides`` are those of ``gauntlet run``."""

    agent: str
    suite: str
    baseline: str
    overrides: tuple[str, ...]

    def run_name(self, stamp: str) -> str:
        return f"{stamp}_{self.suite}_{self.agent}".replace("/", "-")


def load_nightly(path: Path) -> NightlyConfig:
    """Read the file. Raises ConfigError: not readable, an unknown key (with a did-you-mean), a value of the wrong type."""
    data = read_yaml(path, cure="give a readable YAML file: docs/nightly.md")
    if not isinstance(data, Mapping):
        raise ConfigError(f"{path} holds no mapping", "see docs/nightly.md")
    refuse_unknown(data, NightlyConfig, str(path))
    for key, model in (("agents", AgentEntry), ("suites", SuiteEntry)):
        for number, entry in enumerate(data.get(key) or ()):
            if isinstance(entry, Mapping):
                refuse_unknown(entry, model, f"{path}, {key}[{number}]")
    try:
        return NightlyConfig(**data)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}", "see docs/nightly.md") from None


def expand(config: NightlyConfig) -> list[Cell]:
    """Every agent on every suite. Raises ConfigError: two cells of one name, a baseline pattern with other fields."""
    cells = []
    for suite in config.suites:
        for agent in config.agents:
            name = agent.name or agent.agent.rpartition(":")[2].rpartition("/")[2].removesuffix(".yaml")
            try:
                baseline = config.baseline.format(suite=suite.suite, agent=name).replace("/", "-")
            except (KeyError, IndexError, ValueError):
                raise ConfigError(f"baseline: {config.baseline!r}", "it may hold {suite} and {agent}") from None
            naming = [f"agent.name={agent.name}"] if agent.name else []
            overrides = (f"suite={suite.suite}", f"agent={agent.agent}", *naming, *config.overrides, *suite.overrides, *agent.overrides)
            cells.append(Cell(name, suite.suite, baseline, overrides))
    seen: set[tuple[str, str]] = set()
    for cell in cells:
        if (cell.agent, cell.suite) in seen:
            raise ConfigError(f"agent {cell.agent} is there twice for suite {cell.suite}", "give one of them another `name`")
        seen.add((cell.agent, cell.suite))
    return cells
