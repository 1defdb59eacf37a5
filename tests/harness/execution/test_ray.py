"""The ray executor on a local cluster of two workers: the same episodes as inline, and faults that cost their episode only."""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from harness.conformance.toy_env import ToyEnv
from harness.errors import ConfigError
from harness.evaluation import evaluate
from harness.execution.runner import RunResult
from harness.scenario import Scenario
from harness.store import RunStore
from harness.store.episode_folder import read_steps
from harness.suite import Suite
from tests.harness.execution.faulty_env import ENV_ID as FAULTY

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.ray

TOY = f"{ToyEnv.__module__}:gauntlet/Toy-v0"


def seeker(**policy: Any) -> dict[str, Any]:
    """A policy agent whose policy has these further arguments."""
    target = "tests.harness.execution.seeker_policy.SeekerPolicy"
    return {"name": "seeker", "_target_": "harness.policy.PolicyAgent", "execute": 2, "policy": {"_target_": target, **policy}}


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """One local cluster for all tests here: starting one takes longer than the tests do. It must outlive every run: it is not theirs to stop."""
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    assert ray.is_initialized()
    ray.shutdown()


def toys(count: int = 5, env: str = TOY, **kwargs: Any) -> list[Scenario]:
    return [Scenario(env=env, kwargs=kwargs, seed=seed, max_steps=14, tags={"task": "reach"}) for seed in range(count)]


def play(
    folder: Path, scenarios: list[Scenario], agent: Any = "noisy-expert", executor: Literal["inline", "ray"] = "ray", *overrides: str
) -> RunResult:
    workers = ["executor.workers=2"] if executor == "ray" else []
    suite = Suite(name="toys", scenarios=tuple(scenarios))
    settings = [f"results={folder}", f"name={executor}", "record=none", *workers, *overrides]
    return evaluate(suite, agent, executor=executor, overrides=settings, watchers=[])


def arrays(result: RunResult) -> dict[str, dict[str, Any]]:
    """{scenario id: per-step arrays}, without the wall times, in which alone two runs may differ; a thought's stages are wall times too."""
    found = {}
    for folder, episode in RunStore.read(result.root).read_episodes():
        steps = {name: value for name, value in read_steps(folder).items() if not name.startswith("seconds.")}
        steps["thought"] = [thought and {**thought, "seconds": None} for thought in steps["thought"]]
        found[episode.scenario_id] = steps
    return found


@pytest.mark.parametrize("agent", ["noisy-expert", seeker()], ids=["agent", "policy"])
def test_same_bytes_as_inline(tmp_path: Path, agent: Any) -> None:
    scenarios = toys()
    inline, ray_ = arrays(play(tmp_path, scenarios, agent, "inline")), arrays(play(tmp_path, scenarios, agent))
    assert set(inline) == set(ray_) == {s.id for s in scenarios}
    for scenario_id, expected in inline.items():
        found = ray_[scenario_id]
        assert set(found) == set(expected)
        for name, value in expected.items():
            if name == "thought":
                assert found[name] == value
            else:
                assert np.asarray(found[name]).tobytes() == np.asarray(value).tobytes(), name


def test_policy_answers_in_batches(tmp_path: Path) -> None:
    notes = tmp_path / "batches"
    agent = seeker(notes=str(notes))
    result = play(tmp_path, toys(), agent)
    assert result.errors == 0
    sizes = [int(line) for line in notes.read_text().split()]
    assert sum(sizes) == 5 * 7  # 5 episodes, a request every second of 14 steps
    assert max(sizes) <= 2  # two workers have at most two requests on the way


def test_dead_actor_costs_its_episode_only(tmp_path: Path) -> None:
    scenarios = [*toys(3), *toys(1, FAULTY, fault="exit")]
    result = play(tmp_path, scenarios)
    assert result.errors == 1
    episodes = {e.scenario_id: e for _, e in RunStore.read(result.root).read_episodes()}
    broken = episodes[scenarios[-1].id]
    assert broken.error is not None
    assert broken.error.kind == "WorkerLost"
    assert broken.attempts == 2
    assert "\n" not in broken.error.message
    assert all(episodes[s.id].outcome != "error" for s in scenarios[:-1])


def test_dead_actor_is_replaced(tmp_path: Path) -> None:
    scenarios = toys(2, FAULTY, fault="exit", once=str(tmp_path / "happened"))
    result = play(tmp_path, scenarios)
    assert result.errors == 0
    attempts = sorted(e.attempts for _, e in RunStore.read(result.root).read_episodes())
    assert attempts[-1] == 2


def test_hang_is_timed_out(tmp_path: Path) -> None:
    scenarios = [*toys(2), *toys(1, FAULTY, fault="hang", at=4)]
    result = play(tmp_path, scenarios, "noisy-expert", "ray", "timeouts.step=1.5", "retries=0")
    assert result.errors == 1
    stuck = next(e for _, e in RunStore.read(result.root).read_episodes() if e.outcome == "error")
    assert stuck.scenario_id == scenarios[-1].id
    assert stuck.error is not None
    assert (stuck.error.kind, stuck.error.phase, stuck.error.step) == ("PhaseTimeout", "step", 4)


def test_dead_policy_is_restarted(tmp_path: Path) -> None:
    agent = seeker(crash=str(tmp_path / "happened"))
    result = play(tmp_path, toys(3), agent)
    assert (tmp_path / "happened").exists()
    assert result.errors == 0


def test_policy_that_cannot_be_made(tmp_path: Path) -> None:
    agent = seeker(wheels=4)
    with pytest.raises(ConfigError, match="wheels"):
        play(tmp_path, toys(1), agent)


def test_workers_log_into_the_run_folder(tmp_path: Path) -> None:
    result = play(tmp_path, toys(2))
    assert {path.name for path in (result.root / "logs").iterdir()} >= {"worker-0.log", "worker-1.log"}


def test_without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def no_ray(name: str, *rest: Any) -> Any:
        if name == "ray" or name.startswith("ray."):
            raise ImportError(name)
        return original(name, *rest)

    monkeypatch.delitem(sys.modules, "harness.execution.ray", raising=False)
    monkeypatch.setattr(builtins, "__import__", no_ray)
    with pytest.raises(ConfigError, match="vla-gauntlet\\[ray\\]"):
        importlib.import_module("harness.execution.ray")
