"""The rule by which a gate judges: the config group ``gate``, or a YAML file of yours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.config_file import read_yaml, refuse_unknown
from harness.errors import ConfigError, did_you_mean
from harness.success_rule import SuccessRule

FOLDER = Path(__file__).parents[1] / "conf" / "gate"


class LatencyRule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    measure: str = "act_seconds"
    max_ratio: float | None = Field(default=1.5, gt=0)
    same_hardware: bool = True


class MeasureRule(BaseModel):
    """``floor``: in the measure's own unit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    floor: float = Field(default=0.0, ge=0)
    better: Literal["higher", "lower"] = "higher"


class SequentialRule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    alpha: float = Field(default=0.05, gt=0, lt=1)
    stop_on_pass: bool = True


class GateRule(BaseModel):
    """See ``harness/conf/gate/default.yaml`` for what each key means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "default"
    success: SuccessRule | None = None
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    floor: float = Field(default=0.02, ge=0, le=1)
    tolerance: float = Field(default=0.15, gt=0, le=1)
    by: tuple[str, ...] = ("task+axis",)
    max_error_rate: float = Field(default=0.05, ge=0, le=1)
    max_missing: int = Field(default=0, ge=0)
    latency: LatencyRule = LatencyRule()
    measures: dict[str, MeasureRule] = {}
    sequential: SequentialRule = SequentialRule()


def load_rule(name: str = "default", overrides: Sequence[str] = ()) -> GateRule:
    """A rule by name (``harness/conf/gate``) or file, with ``key=value`` laid over it (``latency.max_ratio=2``).

    Raises:
        ConfigError: an unknown name or key, with a did-you-mean; a value of the wrong type or range.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    if not path.is_file():
        what = f"gate rule file {name} does not exist" if path == Path(name) else f"unknown gate rule {name!r}"
        raise ConfigError(what, did_you_mean(name, [p.stem for p in FOLDER.glob("*.yaml")]))
    data = read_yaml(path, f"gate rule {path}") or {}
    if not isinstance(data, dict):
        raise ConfigError(f"gate rule {path} holds no mapping", "see harness/conf/gate/default.yaml")
    for override in overrides:
        if "=" not in override:
            raise ConfigError(f"{override!r} is no override", "write key=value, for example floor=0.05")
    try:
        merged: Any = OmegaConf.to_container(OmegaConf.merge(OmegaConf.create(data), OmegaConf.from_dotlist(list(overrides))), resolve=True)
    except OmegaConfBaseException as error:
        raise ConfigError(f"gate rule {name}: {' '.join(str(error).split())}", "write key=value") from None
    refuse_unknown(merged, GateRule, f"gate rule {name}")
    try:
        return GateRule(**{"name": path.stem, **merged})
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(
            f"gate rule {name}: {'.'.join(map(str, first['loc']))}={first.get('input')!r}: {first['msg']}", "mend the value"
        ) from None
