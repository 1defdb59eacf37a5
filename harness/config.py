"""The configuration: Hydra's groups composed from all rooms, with errors that say what was meant.

Groups: ``suite`` (scenarios/suite), ``agent`` (agents/conf/agent), ``executor`` and ``record`` (harness/conf). ``--config-dir DIR`` adds your own folder with the same groups.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.config_file import read_yaml
from harness.errors import ConfigError, did_you_mean
from harness.suite import Suite, expand_suite

GROUPS = ("suite", "agent", "executor", "record")


def compose(overrides: Sequence[str] = (), config_dirs: Sequence[str | Path] = ()) -> dict[str, Any]:
    """The whole configuration as plain data.

    Beyond Hydra's own grammar ``agent=module:Class`` (or ``file.py:Class``) runs a class of yours with its default arguments, and ``agent=file.yaml`` or ``suite=file.yaml`` reads a file.

    Raises:
        ConfigError: an unknown key, group or name, with a did-you-mean; a missing value (``???``); a value of the wrong type.
    """
    from hydra import compose as hydra_compose
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    given = [_checked(override, config_dirs) for override in overrides]
    replaced = {key: value for key, value in (_replacement(o) for o in given) if key}
    plain = [o for o in given if not _replacement(o)[0]]
    search = [f"file://{Path(folder).resolve()}" for folder in config_dirs]
    extra = [f"hydra.searchpath=[pkg://scenarios,pkg://agents.conf,{','.join(search)}]"] if search else []
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(Path(__file__).parent / "conf"), version_base="1.3"):
            standing_in = [f"~{group}" for group in replaced if not any(o.startswith(f"{group}.") for o in plain)]
            inner = {g: [o for o in plain if o.startswith(f"{g}.")] for g in replaced}
            config = hydra_compose("config", overrides=[*(o for o in plain if not _inside(o, replaced)), *standing_in, *extra])
            data = OmegaConf.to_container(config, resolve=True, throw_on_missing=False)
    except (HydraException, OmegaConfBaseException) as error:
        raise _explained(error, given) from None
    assert isinstance(data, dict)
    data.pop("hydra", None)
    for group, spec in replaced.items():
        data[group] = _overridden(_load(group, spec), inner[group], group)
    missing = sorted(_missing(data))
    if missing:
        raise ConfigError(f"{missing[0]} has no value", f"give {missing[0]}=VALUE")
    return {str(key): value for key, value in data.items()}


def names(group: str, config_dirs: Sequence[str | Path] = ()) -> list[str]:
    """The names one can give to a group, sorted."""
    found: set[str] = set()
    for root in _roots(config_dirs):
        folder = root / group
        found |= {str(path.relative_to(folder).with_suffix("")) for path in folder.rglob("*.yaml")} if folder.is_dir() else set()
    return sorted(found)


def load_suite(name: str, config_dirs: Sequence[str | Path] = ()) -> Suite:
    """A suite by name, expanded."""
    return expand_suite(compose([f"suite={name}"], config_dirs)["suite"])


def _roots(config_dirs: Sequence[str | Path]) -> list[Path]:
    roots = [Path(__file__).parent / "conf"]
    for package in ("scenarios", "agents.conf"):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            roots += [Path(place) for place in spec.submodule_search_locations]
    return [*roots, *(Path(folder) for folder in config_dirs)]


def _checked(override: str, config_dirs: Sequence[str | Path]) -> str:
    key, equals, value = override.partition("=")
    if not equals and not override.startswith("~"):
        raise ConfigError(f"{override!r} is no override", "write key=value, for example suite=tabletop/demo")
    if key in GROUPS and not _is_file(key, value):
        known = names(key, config_dirs)
        if value not in known:
            raise ConfigError(f"unknown {key} {value!r}", did_you_mean(value, known))
    return override


def _is_file(group: str, value: str) -> bool:
    return value.endswith((".yaml", ".yml")) or (group == "agent" and ":" in value)


def _replacement(override: str) -> tuple[str, str]:
    key, _, value = override.partition("=")
    return (key, value) if key in ("agent", "suite") and _is_file(key, value) else ("", "")


def _inside(override: str, groups: Mapping[str, str]) -> bool:
    return any(override.startswith(f"{group}.") for group in groups)


def _load(group: str, spec: str) -> dict[str, Any]:
    if not spec.endswith((".yaml", ".yml")):
        return agent_of_class(spec)
    data = read_yaml(Path(spec), f"{group} file {spec}")
    if not isinstance(data, dict):
        raise ConfigError(f"{group} file {spec} holds no mapping", "see `gauntlet show` for one that works")
    return {"name": Path(spec).stem, **data} if group == "agent" else data


def agent_of_class(spec: str) -> dict[str, Any]:
    """``module:Class`` or ``file.py:Class`` as an agent's config. A file's folder must be importable: see :func:`agent_paths`."""
    module, _, name = spec.rpartition(":")
    if module.endswith(".py"):
        path = Path(module)
        if not path.is_file():
            raise ConfigError(f"agent {spec}: {module} does not exist", "give the path of your file, then ':' and the class")
        module = path.stem
    return {"_target_": f"{module}.{name}", "name": name}


def agent_paths(overrides: Sequence[str]) -> tuple[str, ...]:
    """Folders from which workers must be able to import: the present one, and that of an ``agent=file.py:Class``."""
    paths = [os.getcwd()]
    for override in overrides:
        key, _, value = override.partition("=")
        if key == "agent" and ".py:" in value:
            paths.insert(0, str(Path(value.rpartition(":")[0]).resolve().parent))
    return tuple(dict.fromkeys(paths))


def _overridden(data: dict[str, Any], overrides: Sequence[str], group: str) -> dict[str, Any]:
    from omegaconf import OmegaConf

    made = OmegaConf.from_dotlist([o.removeprefix(f"{group}.") for o in overrides])
    merged = OmegaConf.to_container(OmegaConf.merge(OmegaConf.create(data), made), resolve=True)
    assert isinstance(merged, dict)
    return {str(key): value for key, value in merged.items()}


def _missing(data: Any, path: str = "") -> list[str]:
    if isinstance(data, Mapping):
        return [hit for key, value in data.items() for hit in _missing(value, f"{path}.{key}" if path else str(key))]
    return [path] if data == "???" else []


def _explained(error: Exception, overrides: Sequence[str]) -> ConfigError:
    """Hydra's and OmegaConf's errors as one line that names the key."""
    from hydra import compose as hydra_compose
    from hydra import initialize_config_dir
    from omegaconf import OmegaConf

    text = " ".join(str(error).split())
    try:
        groups = [o for o in overrides if o.partition("=")[0] in GROUPS and not _replacement(o)[0]]
        with initialize_config_dir(str(Path(__file__).parent / "conf"), version_base="1.3"):
            known = _keys(OmegaConf.to_container(hydra_compose("config", overrides=groups), resolve=False))
    except Exception:  # the groups themselves do not compose: the first error says why
        return ConfigError(text, "see `gauntlet list` for the names")
    for override in overrides:
        key = override.lstrip("+~").partition("=")[0]
        if key not in known and key not in GROUPS:
            return ConfigError(f"unknown key {key!r}", did_you_mean(key, known))
    return ConfigError(text, "check the overrides")


def _keys(data: Any, path: str = "") -> set[str]:
    if not isinstance(data, Mapping):
        return {path}
    inner = {hit for key, value in data.items() for hit in _keys(value, f"{path}.{key}" if path else str(key))}
    return inner | ({path} if path else set())
