"""``gauntlet doctor``, ``assets``, ``check-env`` and ``check-agent``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.config import compose
from harness.conformance.finding import Finding, conforms
from harness.errors import ConfigError, did_you_mean

ASSETS_ACTIONS = ("list", "show", "get")
STYLES = {
    "ok": "green",
    "advice": "yellow",
    "warn": "yellow",
    "absent": "dim",
    "broken": "bold red",
    "fail": "bold red",
}


def doctor_command(json: bool) -> int:
    from harness.doctor import run_doctor

    return run_doctor(json=json)


def assets_command(action: str, name: str | None, folder: Path | None, target: Path | None) -> int:
    points = {point.name: point for point in entry_points(group="gauntlet.assets")}
    if action not in ASSETS_ACTIONS:
        raise ConfigError(f"unknown action {action!r}", did_you_mean(action, ASSETS_ACTIONS))
    if name is not None and name not in points:
        raise ConfigError(f"unknown assets {name!r}", did_you_mean(name, points))
    if action != "list" and name is None:
        raise ConfigError(f"{action} what?", f"gauntlet assets {action} {' or '.join(sorted(points))}")
    if target is not None and action != "get":
        raise ConfigError(f"--to has no meaning for {action}", "it belongs to `gauntlet assets get`")
    rows: list[Sequence[str]] = []
    for key in [name] if name else sorted(points):
        entry = points[key].load()
        if action != "get":
            rows += entry(folder)
        elif hasattr(entry, "get"):
            rows += entry.get(folder, target)
        else:
            raise ConfigError(f"the assets {key!r} cannot be laid out by a command", f"gauntlet assets show {key}")
    _print_rows(rows, ("assets", "status", "found", "what to do"))
    return 1 if any(row[1] == "fail" for row in rows) else 0


def check_env_command(env_id: str, settings: list[str]) -> int:
    from harness.conformance.env_check import check_env

    given = _settings(settings, ("kwargs", "options"))
    return _report(check_env(env_id, given.get("kwargs"), given.get("options")), env_id)


def check_agent_command(agent: str, settings: list[str], env_id: str, config_dirs: list[Path]) -> int:
    import sys

    from harness.config import agent_paths
    from harness.conformance.agent_check import check_agent

    for setting in settings:
        if not setting.startswith(("agent.", "options.")):
            raise ConfigError(f"unknown setting {setting!r}", "give agent.key=value or options.key=value")
    overrides = [f"agent={agent}", *(s for s in settings if s.startswith("agent."))]
    sys.path += agent_paths(overrides)
    config = compose(overrides, config_dirs)["agent"]
    given = _settings([s for s in settings if s.startswith("options.")], ("options",))
    return _report(check_agent(config, env_id, given.get("options")), f"{agent} in {env_id}")


def _settings(settings: Sequence[str], roots: Sequence[str]) -> Mapping[str, Any]:
    from omegaconf import OmegaConf

    for setting in settings:
        root = setting.partition(".")[0]
        if "=" not in setting or root not in roots:
            raise ConfigError(f"unknown setting {setting!r}", f"give {' or '.join(f'{r}.key=value' for r in roots)}")
    data = OmegaConf.to_container(OmegaConf.from_dotlist(list(settings)), resolve=True)
    assert isinstance(data, dict)
    return {str(key): value for key, value in data.items()}


def _report(findings: Sequence[Finding], title: str) -> int:
    _print_rows([(title, f.level, f.what, f.cure) for f in findings], ("checked", "verdict", "finding", "what to change"))
    good = conforms(findings)
    print(f"{title} {'keeps' if good else 'breaks'} the contract")
    return 0 if good else 1


def _print_rows(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> None:
    console = Console()
    if not console.is_terminal:
        for row in rows:
            print(f"{row[1]:8}{row[0]}: {row[2]}" + (f"  [{row[3]}]" if row[3] else ""))
        return
    table = Table(*headings)
    for name, status, found, cure in rows:
        table.add_row(name, Text(status, style=STYLES.get(status, "")), Text(found), Text(cure))
    console.print(table)
