"""``check-env`` finds each way to break the contract, and says what to change."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from harness.conformance.env_check import check_env
from harness.conformance.finding import Finding, conforms
from harness.conformance.toy_env import ToyEnv
from harness.errors import ConfigError
from tests.harness.conftest import TOY


def broken(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level == "broken"]


def check(env: type[gym.Env[Any, Any]]) -> list[Finding]:
    """Check an environment class under an id of its own."""
    name = f"gauntlet/{env.__name__}-v0"
    make: Callable[..., gym.Env[Any, Any]] = env
    gym.register(name, entry_point=make)
    try:
        return check_env(name)
    finally:
        del gym.registry[name]


def test_the_toy_environment_keeps_the_contract():
    findings = check_env(TOY)
    assert conforms(findings)
    assert [f.what for f in findings if f.level == "advice"] == []
    said = "\n".join(f.what for f in findings)
    for words in (
        "gymnasium's checker passes",
        "images are rendered on demand",
        "old frames expire",
        "bit for bit",
        "control rate: 10.0 Hz",
    ):
        assert words in said


class WithInfo(ToyEnv):
    """Says something else in its info."""

    change: ClassVar[dict[str, Any]] = {}

    def _info(self) -> dict[str, Any]:
        info = {**super()._info(), **self.change}
        return {key: value for key, value in info.items() if value is not ...}


class NoSuccess(WithInfo):
    change: ClassVar[dict[str, Any]] = {"success": ...}


class SuccessAsNumber(WithInfo):
    change: ClassVar[dict[str, Any]] = {"success": 1.0}


class ProgressPastOne(WithInfo):
    change: ClassVar[dict[str, Any]] = {"progress": 1.5}


class ProgressNotANumber(WithInfo):
    change: ClassVar[dict[str, Any]] = {"progress": float("nan")}


class SubgoalsAsList(WithInfo):
    change: ClassVar[dict[str, Any]] = {"subgoals": ["near"]}


class SubgoalsAsNumbers(WithInfo):
    change: ClassVar[dict[str, Any]] = {"subgoals": {"near": 0.5}}


class NoEvents(WithInfo):
    change: ClassVar[dict[str, Any]] = {"events": None}


class EventWithoutStep(WithInfo):
    change: ClassVar[dict[str, Any]] = {"events": [{"name": "fell"}]}


class EventThatIsNoData(WithInfo):
    change: ClassVar[dict[str, Any]] = {"events": [{"name": "fell", "step": 0, "detail": {"where": np.float32(0)}}]}


class FactsThatAreNoData(WithInfo):
    change: ClassVar[dict[str, Any]] = {"episode": {"layout": np.float32(0)}}


class WithSpace(ToyEnv):
    """Its spaces are changed after the fact."""

    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__(render_mode)
        assert isinstance(self.observation_space, spaces.Dict)
        self.alter(self.observation_space)

    def alter(self, space: spaces.Dict) -> None:
        raise NotImplementedError


class NoInstruction(WithSpace):
    def alter(self, space: spaces.Dict) -> None:
        del space.spaces["instruction"]


class FloatImages(WithSpace):
    def alter(self, space: spaces.Dict) -> None:
        space["image"] = spaces.Dict({"top": spaces.Box(0, 1, (64, 64, 3), np.float32)})


class WrongSizeOfImage(WithSpace):
    def alter(self, space: spaces.Dict) -> None:
        space["image"] = spaces.Dict({"top": spaces.Box(0, 255, (32, 32, 3), np.uint8)})


def state_of(space: spaces.Dict) -> spaces.Dict:
    state = space["state"]
    assert isinstance(state, spaces.Dict)
    return state


class DoubleState(WithSpace):
    def alter(self, space: spaces.Dict) -> None:
        state_of(space)["goal"] = spaces.Box(0, 1, (2,), np.float64)


class UnboundedAction(WithSpace):
    def alter(self, space: spaces.Dict) -> None:
        self.action_space = spaces.Box(-np.inf, np.inf, (2,), np.float32)


class DiscreteAction(WithSpace):
    def alter(self, space: spaces.Dict) -> None:
        discrete: Any = spaces.Discrete(4)
        self.action_space = discrete


class NoRate(ToyEnv):
    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"], "render_fps": 10}


class Forgetful(ToyEnv):
    """Draws from a generator that the seed does not reach."""

    def reset(self, **arguments: Any) -> Any:
        super().reset(**arguments)
        self.goal = np.random.default_rng().uniform(0.6, 1.0, 2).astype(np.float32)
        return self._observation(), self._info()


class Drifting(ToyEnv):
    """The first state is seeded, what comes then is not."""

    def step(self, action: Any) -> Any:
        return super().step(action + np.random.default_rng().normal(0, 0.01, 2).astype(np.float32))


class NeverExpires(ToyEnv):
    """Old images are made from the present."""

    def step(self, action: Any) -> Any:
        kept, self.image = self.image, type(self.image)({})
        result = super().step(action)
        kept.known()
        return result


class Dark(ToyEnv):
    def render(self) -> Any:
        return np.zeros_like(super().render())


class RaisesInReset(ToyEnv):
    def reset(self, **arguments: Any) -> Any:
        raise RuntimeError("no scene")


class RaisesInStep(ToyEnv):
    def step(self, action: Any) -> Any:
        raise RuntimeError("no physics")


class ReturnsFour(ToyEnv):
    def step(self, action: Any) -> Any:
        return super().step(action)[:4]


BREAKAGES = [
    (NoSuccess, r'info\["success"\] at reset is None', "bool"),
    (SuccessAsNumber, r'info\["success"\] at reset is 1.0', "bool"),
    (ProgressPastOne, r'info\["progress"\] at reset is 1.5', "0 to 1"),
    (ProgressNotANumber, r'info\["progress"\] at reset is nan', "0 to 1"),
    (SubgoalsAsList, r'info\["subgoals"\]', "name: bool"),
    (SubgoalsAsNumbers, r'info\["subgoals"\]', "name: bool"),
    (NoEvents, r'info\["events"\]', '"name": str'),
    (EventWithoutStep, r'info\["events"\]', '"step": int'),
    (EventThatIsNoData, r'info\["events"\].*no JSON', "plain"),
    (FactsThatAreNoData, r'info\["episode"\].*no JSON', "plain"),
    (NoInstruction, "observation space", "'instruction': Text"),
    (FloatImages, "image space", "uint8"),
    (WrongSizeOfImage, "gymnasium's checker", "mend what it names"),
    (DoubleState, "state space", "float32"),
    (UnboundedAction, "action space", "finite bounds"),
    (DiscreteAction, "action space", "spaces.Box"),
    (NoRate, "control_hz", "steps a second"),
    (Forgetful, "deterministic|same seed", "seed|mend"),
    (Drifting, "deterministic|same seed", "seed|mend"),
    (NeverExpires, "old frame could still be rendered", "LazyDict.expire"),
    (Dark, "camera top: the first frame is black", "light"),
    (RaisesInReset, "no scene", "mend"),
    (RaisesInStep, "no physics", "mend"),
    (ReturnsFour, "gymnasium's checker|ValueError", "mend"),
]


@pytest.mark.parametrize(("env", "what", "cure"), BREAKAGES, ids=[env.__name__ for env, _, _ in BREAKAGES])
def test_each_breakage_is_found_with_its_cure(env: type[ToyEnv], what: str, cure: str):
    found = broken(check(env))
    assert found, f"{env.__name__} passed"
    assert any(re.search(what, f.what) and re.search(cure, f.cure) for f in found), found
    assert all(f.cure for f in found)


def test_eager_images_are_advised_against():
    class Eager(ToyEnv):
        def _observation(self) -> dict[str, Any]:
            observation = super()._observation()
            return {**observation, "image": dict(observation["image"])}

    findings = check(Eager)
    assert conforms(findings)
    assert any("rendered at every step" in f.what and "LazyDict" in f.cure for f in findings if f.level == "advice")


def test_missing_truth_is_advised_against():
    class Blind(ToyEnv):
        def _info(self) -> dict[str, Any]:
            return {**super()._info(), "privileged": None}

    findings = check(Blind)
    assert conforms(findings)
    assert any("privileged" in f.what and "true state" in f.cure for f in findings if f.level == "advice")


def test_warnings_of_gymnasium_are_advice_in_plain_text():
    class Endless(WithSpace):
        def alter(self, space: spaces.Dict) -> None:
            state_of(space)["goal"] = spaces.Box(-np.inf, np.inf, (2,), np.float32)

    findings = check(Endless)
    assert conforms(findings)
    advice = [f.what for f in findings if f.level == "advice"]
    assert any("infinity" in what for what in advice)
    assert not any("\x1b" in what for what in advice)


def test_unknown_environment():
    with pytest.raises(ConfigError, match=r"did you mean gauntlet/Toy-v0"):
        check_env("harness.conformance.toy_env:gauntlet/Tyo-v0")
    with pytest.raises(ConfigError, match="colour"):
        check_env(TOY, {"colour": "red"})
