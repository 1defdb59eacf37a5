"""From a configuration to a finished run: what ``gauntlet run`` and ``harness.evaluate`` do."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.agent import Agent
from harness.config import agent_paths, compose
from harness.env_maker import known_env_id, locate
from harness.errors import AssetsError, ConfigError
from harness.execution.process import find_modules
from harness.execution.runner import RunPlan, RunResult, Watcher, run
from harness.execution.worker import Executor, thread_environment
from harness.provenance import data_facts, provenance
from harness.recording.recorder import RecordConfig
from harness.store.run_store import run_folder
from harness.suite import Suite, expand_suite


class _Settings(BaseModel):
    """The keys of the configuration outside the groups, typed."""

    model_config = ConfigDict(extra="forbid")

    name: str | None
    results: str
    seed: int = Field(ge=0)
    limit: int | None = Field(ge=1)
    retries: int = Field(ge=0)
    actions: Literal["error", "clip"]
    timeouts: dict[Literal["make", "reset", "act", "step", "record"], Annotated[float, Field(gt=0)]]
    assets: dict[str, str | None]


def evaluate(
    suite: str | Suite = "tabletop/demo",
    agent: str | type[Agent] | Agent | Mapping[str, Any] = "expert",
    *,
    executor: Literal["inline", "process", "ray"] | Executor | None = None,
    overrides: Sequence[str] = (),
    watchers: Sequence[Watcher] | None = None,
    **settings: Any,
) -> RunResult:
    """Run an agent through a suite and give back the summary and the run folder.

    Args:
        suite: a name (``gauntlet list suites``), a YAML file, or a :class:`Suite` made in code.
        agent: a name (``gauntlet list agents``), ``module:Class``, a subclass of :class:`Agent` (made without arguments), an instance
            (then everything runs in this process), or a config with ``_target_``.
        executor: "inline", "process", "ray" or one of your own; None: inline for an instance, else process.
        overrides: as on the command line, e.g. ``["record=none", "executor.workers=4"]``.
        settings: further overrides by key, e.g. ``name="mine", limit=5, record="none"``.

    Raises:
        GauntletError: bad input; one line that says what to change.
    """
    given = [*overrides, *(f"{key}={'null' if value is None else value}" for key, value in settings.items())]
    instance: Agent | None = None
    agent_config: dict[str, Any] | None = None
    if isinstance(agent, str):
        given.append(f"agent={agent}")
    elif isinstance(agent, Mapping):
        agent_config = {"name": "agent", **agent}
    elif isinstance(agent, type):
        agent_config = {"_target_": f"{agent.__module__}.{agent.__qualname__}", "name": agent.__name__}
        if agent.__module__ == "__main__":  # a worker could not import it
            instance = agent()
    else:
        instance = agent
        agent_config = {"_target_": f"{type(agent).__module__}.{type(agent).__qualname__}", "name": type(agent).__name__}
    if isinstance(suite, str):
        given.append(f"suite={suite}")
    if isinstance(executor, str) or executor is None:
        given.append(f"executor={executor or ('inline' if instance is not None else 'process')}")
    config = compose(given)
    if agent_config is not None:
        config["agent"] = agent_config
    plan, made = prepare(config, suite=suite if isinstance(suite, Suite) else None, paths=agent_paths(given))
    if instance is not None:
        from harness.execution.inline import InlineExecutor

        if not isinstance(made, InlineExecutor):
            raise ConfigError("an agent object can only run inline", "give the class instead, in a module that can be imported")
        made = InlineExecutor(instance)
    if executor is not None and not isinstance(executor, str):
        made = executor
    if made.name == "process" and getattr(multiprocessing.current_process(), "_inheriting", False):  # being imported by a spawned child
        raise ConfigError(
            "a worker process called evaluate: workers import the script that started them, and it calls evaluate again",
            'put the call under `if __name__ == "__main__":`',
        )
    if watchers is None:
        from harness.display import make_display

        watchers = [make_display()]
    return run(plan, made, watchers)


def prepare(
    config: Mapping[str, Any], *, suite: Suite | None = None, paths: Sequence[str] = (), started: datetime | None = None
) -> tuple[RunPlan, Executor]:
    """Check a composed configuration and turn it into a plan and an executor. Touches no files.

    Raises:
        ConfigError: a value of the wrong type or range, an unknown environment; AssetsError: an assets folder that does not exist.
    """
    groups = ("suite", "agent", "executor", "record")
    for group in groups:
        if not isinstance(config.get(group), Mapping):
            raise ConfigError(f"{group}={config.get(group)}: it needs a name of `gauntlet list {group}s`", f"give {group}=NAME")
    find_modules(paths)
    try:
        settings = _Settings(**{key: value for key, value in config.items() if key not in groups})
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{'.'.join(map(str, first['loc']))}={first.get('input')!r}: {first['msg']}", "mend the override") from None
    chosen = (suite or expand_suite(config["suite"])).limited(settings.limit)
    for env_id in dict.fromkeys(s.env for s in chosen.scenarios):
        known_env_id(env_id)
    try:
        record: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in config["record"].items()}
        recording = RecordConfig(**record)
    except TypeError as error:
        raise ConfigError(f"record: {error}", "see `gauntlet show record`") from None
    executor = _executor(config["executor"])
    agent = dict(config["agent"])
    name = settings.name or f"{chosen.name}_{agent.get('name', 'agent')}".replace("/", "-")
    environ = {**_assets(settings.assets), **(thread_environment(executor.size) if executor.name != "inline" else {})}
    plan = RunPlan(
        name=name,
        root=run_folder(settings.results, name),
        suite=chosen,
        agent=agent,
        record=recording,
        seed=settings.seed,
        clip=settings.actions == "clip",
        retries=settings.retries,
        timeouts={**settings.timeouts},
        environ=environ,
        paths=tuple(paths) or (os.getcwd(),),
        config={key: value for key, value in config.items() if key != "suite"},
        facts=provenance((started or datetime.now(UTC)).isoformat(timespec="seconds")) | data_facts(chosen.scenarios, environ),
    )
    if executor.name == "inline":
        os.environ.update(plan.environ)
    return plan, executor


def _executor(config: Mapping[str, Any]) -> Executor:
    arguments = {key: value for key, value in config.items() if key != "_target_"}
    if "workers" in arguments and arguments["workers"] is None and not str(config["_target_"]).endswith("RayExecutor"):
        arguments["workers"] = min(8, len(os.sched_getaffinity(0)))
    for key in ("workers", "max_batch"):
        value = arguments.get(key)
        if value is not None and (type(value) is not int or value < 1):
            raise ConfigError(f"executor.{key}={value!r}", "give a whole number of at least 1")
    return locate(str(config["_target_"]), "executor")(**arguments)


def _assets(folders: Mapping[str, str | None]) -> dict[str, str]:
    """Environments find their data by GAUNTLET_<NAME>_ASSETS; a folder in the config sets it."""
    environ = {}
    for name, folder in folders.items():
        if folder is None:
            continue
        path = Path(folder).expanduser()
        if not path.is_dir():
            raise AssetsError(f"assets.{name}={folder} is no folder", f"see `gauntlet assets show {name}`")
        environ[f"GAUNTLET_{name.upper()}_ASSETS"] = str(path.resolve())
    return environ


def with_name(plan: RunPlan, name: str) -> RunPlan:
    """The same plan under another name, beside the first."""
    return replace(plan, name=name, root=plan.root.parent / name)
