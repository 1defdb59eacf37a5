"""From a scenario to its environment: found by gymnasium id, perturbed, told what to say."""

from __future__ import annotations

import importlib
from collections import OrderedDict
from functools import cache
from importlib.metadata import entry_points
from typing import Any

import gymnasium as gym

from harness.errors import ConfigError, did_you_mean
from harness.scenario import Scenario, canonical_json


def make_env(scenario: Scenario) -> gym.Env[Any, Any]:
    """Make the scenario's environment, wrapped in its perturbations, the first innermost.

    Raises:
        ConfigError: unknown id (with a did-you-mean), wrong keyword arguments, or a perturbation that cannot be found.
    """
    env_id = known_env_id(scenario.env)
    try:
        env = gym.make(env_id, disable_env_checker=True, **scenario.kwargs)
    except TypeError as error:
        if "unexpected keyword argument" not in str(error):
            raise
        raise ConfigError(f"{scenario.env}: {error}", "mend the suite's kwargs") from None
    for perturbation in scenario.perturbations:
        wrap = locate(perturbation.target, f"perturbation {perturbation.axis}")
        env = wrap(env, severity=perturbation.severity, seed=perturbation.seed, **perturbation.params)
    return env if scenario.instruction is None else InstructionOverride(env, scenario.instruction)


@cache
def register_envs() -> None:
    """Let every installed package register its environments: the functions of the entry-point group ``gauntlet.envs``."""
    for point in entry_points(group="gauntlet.envs"):
        point.load()()


def known_env_id(env_id: str) -> str:
    """``env_id`` if gymnasium knows it (after importing ``module`` of ``module:Id-v0``), else ConfigError."""
    register_envs()
    module, _, name = env_id.rpartition(":")
    if module:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise ConfigError(f"environment {env_id}: cannot import {module}: {error}", "check the module's name") from None
    if name not in gym.registry:
        ours = [known for known in gym.registry if "/" in known]  # not gymnasium's own games
        raise ConfigError(f"unknown environment {env_id!r}", did_you_mean(name, ours))
    return name


def locate(target: str, what: str) -> Any:
    """The object that a dotted path names. Raises ConfigError naming ``what`` wants it."""
    module, _, attribute = target.rpartition(".")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"{what}: cannot find {target!r}: {error}", "give a dotted path that Python can import") from None


class InstructionOverride(gym.ObservationWrapper[Any, Any, Any]):
    """Says ``instruction`` instead of what the environment says."""

    def __init__(self, env: gym.Env[Any, Any], instruction: str) -> None:
        super().__init__(env)
        self.instruction = instruction

    def observation(self, observation: Any) -> Any:
        return {**observation, "instruction": self.instruction}


class EnvCache:
    """Keeps the last ``size`` environments: making one costs seconds, the next scenario mostly wants the same."""

    def __init__(self, size: int = 2) -> None:
        self.size = size
        self._envs: OrderedDict[str, gym.Env[Any, Any]] = OrderedDict()

    def get(self, scenario: Scenario) -> gym.Env[Any, Any]:
        key = canonical_json(scenario.model_dump(mode="json", include={"env", "kwargs", "perturbations", "instruction"}))
        if key in self._envs:
            self._envs.move_to_end(key)
            return self._envs[key]
        while len(self._envs) >= self.size:
            self._envs.popitem(last=False)[1].close()
        self._envs[key] = make_env(scenario)
        return self._envs[key]

    def close(self) -> None:
        while self._envs:
            self._envs.popitem()[1].close()
