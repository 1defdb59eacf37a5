"""``gauntlet list`` and ``gauntlet show``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import yaml
from rich.console import Console

from harness.config import GROUPS, compose, load_suite, names
from harness.display import print_summary
from harness.errors import ConfigError, did_you_mean
from harness.store import RunStore


def list_command(kind: str, config_dirs: list[Path], results: str) -> None:
    kinds: dict[str, Callable[[], list[str]]] = {
        "suites": lambda: names("suite", config_dirs),
        "agents": lambda: names("agent", config_dirs),
        "executors": lambda: names("executor", config_dirs),
        "records": lambda: names("record", config_dirs),
        "envs": _envs,
        "metrics": _metrics,
        "runs": lambda: _runs(results),
    }
    if kind != "all" and kind not in kinds:
        raise ConfigError(f"unknown kind {kind!r}", did_you_mean(kind, kinds))
    for name in kinds if kind == "all" else (kind,):
        if kind == "all":
            print(f"{name}:")
        for line in kinds[name]():
            print(f"  {line}" if kind == "all" else line)


def show_command(name: str, config_dirs: list[Path]) -> None:
    if (Path(name) / "run.json").is_file():
        store = RunStore.read(Path(name))
        summary = store.root / "summary.json"
        if not summary.is_file():
            raise ConfigError(f"{name} has no summary yet", "the run was cut short: run the same command again")
        print_summary(json.loads(summary.read_text()), store.root)
        return
    for group in GROUPS:
        if name in names(group, config_dirs):
            _show_group(group, name, config_dirs)
            return
    known = {n for group in GROUPS for n in names(group, config_dirs)}
    raise ConfigError(f"{name!r} is neither a run folder nor a known name", did_you_mean(name, known))


def _show_group(group: str, name: str, config_dirs: list[Path]) -> None:
    required = ["agent.path=..."] if (group, name) == ("agent", "replay") else []
    data = compose([f"{group}={name}", *required], config_dirs)[group]
    console = Console()
    console.print(f"{group}={name}", style="bold", highlight=False)
    print(yaml.safe_dump(data, sort_keys=False, width=120).rstrip())
    if group == "suite":
        suite = load_suite(name, config_dirs)
        per_task = {task: sum(s.task == task for s in suite.scenarios) for task in suite.tasks()}
        console.print(f"\n{len(suite.scenarios)} scenarios: " + ", ".join(f"{task} {n}" for task, n in per_task.items()), highlight=False)


def _envs() -> list[str]:
    import gymnasium as gym

    from harness.env_maker import register_envs

    register_envs()
    return sorted(name for name in gym.registry if "/" in name and not name.startswith(("phys2d/", "tabular/")))  # gymnasium's own


def _metrics() -> list[str]:
    from harness.metrics import METRICS

    return [f"{metric.name}: {metric.description}" for metric in METRICS.values()]


def _runs(results: str) -> list[str]:
    folder = Path(results)
    return sorted(str(path.parent) for path in folder.glob("*/run.json")) if folder.is_dir() else []
