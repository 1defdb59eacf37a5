"""Files that people write by hand: read from YAML, and held against the model that they are meant for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError, GauntletError, did_you_mean

if TYPE_CHECKING:
    from pydantic import BaseModel


def read_yaml(path: Path, what: str = "", cure: str = "give a readable YAML file", error: type[GauntletError] = ConfigError) -> Any:
    """What the file holds; None if nothing. Raises ``error`` where it cannot be read or is no YAML; ``what``: how the message names it, instead of ``path``."""
    import yaml  # `gauntlet --help` reads none

    try:
        return yaml.safe_load(path.read_text())
    except OSError as problem:
        raise error(f"{what or path}: cannot be read ({problem.strerror})", cure) from None
    except (UnicodeDecodeError, yaml.YAMLError) as problem:
        raise error(f"{what or path}: no YAML ({' '.join(str(problem).split())})", cure) from None


def refuse_unknown(data: Mapping[Any, Any], model: type[BaseModel], where: str) -> None:
    """Raises ConfigError, with a did-you-mean, for a key that ``model``, or a model inside it, does not have."""
    from pydantic import BaseModel

    for key, value in data.items():
        if key not in model.model_fields:
            raise ConfigError(f"{where}: unknown key {key!r}", did_you_mean(str(key), model.model_fields))
        inner = model.model_fields[key].annotation
        if isinstance(value, dict) and isinstance(inner, type) and issubclass(inner, BaseModel):
            refuse_unknown(value, inner, f"{where}, {key}")
