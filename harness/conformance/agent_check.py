"""``gauntlet check-agent``: does an agent keep the contract of :class:`harness.agent.Agent` in a real environment?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.agent import Agent
from harness.agent_maker import make_agent
from harness.conformance.finding import Finding, Findings
from harness.env_maker import EnvCache
from harness.errors import AgentError, GauntletError, StaleFrameError
from harness.rollout import Rollout, rollout
from harness.scenario import Scenario
from harness.thought import is_finite

STEPS = 12


def check_agent(config: Mapping[str, Any], env_id: str, options: Mapping[str, Any] | None = None) -> list[Finding]:
    """Make the agent and run it for a few steps, three times: is its output right, and does the same seed give the same actions, whatever it did before?"""
    findings = Findings()
    agent = make_agent(config)
    findings.ok(f"made {type(agent).__module__}.{type(agent).__qualname__}")
    if not isinstance(agent, Agent):
        findings.advise("it does not derive from harness.Agent", "derive from it: reset, seeding and fingerprints come with it")
    envs = EnvCache(1)
    name = str(config.get("name", "agent"))
    scenarios = [Scenario(env=env_id, options=dict(options or {}), seed=seed, max_steps=STEPS) for seed in (0, 1)]
    try:
        traces = [rollout(s, envs.get(s), agent, agent_name=name) for s in (scenarios[0], scenarios[1], scenarios[0])]
    except AgentError as error:
        findings.broken(error.what, error.cure)
        return findings
    except StaleFrameError as error:
        findings.broken(error.what, error.cure)
        return findings
    except GauntletError:
        raise
    except Exception as error:
        import traceback

        where = traceback.extract_tb(error.__traceback__)[-1]
        findings.broken(f"{type(error).__name__}: {error} ({where.filename}:{where.lineno})", "mend the agent")
        return findings
    finally:
        envs.close()
        if hasattr(agent, "close"):
            agent.close()
    findings.ok(f"actions: right shape, finite, within bounds, for {sum(len(t.actions) for t in traces)} steps")
    findings.require(
        _same(traces[0], traces[2]),
        "the same scenario gives the same actions again, bit for bit, after another episode in between",
        "the same scenario gave other actions the second time",
        "forget everything in reset, and draw random numbers only from self.rng (a policy: from request.seed)",
    )
    _check_thoughts(traces, findings)
    _check_fingerprint(agent, findings)
    return findings


def _same(a: Rollout, b: Rollout) -> bool:
    return len(a.actions) == len(b.actions) and all(np.array_equal(x, y) for x, y in zip(a.actions, b.actions))


def _check_thoughts(traces: list[Rollout], findings: Findings) -> None:
    thoughts = [t for trace in traces for t in trace.thoughts if t is not None]
    if not thoughts:
        findings.advise("it tells no thoughts", "return Decision(actions, Thought(...)) to have text and points recorded, drawn and scored")
        return
    findings.require(
        all(map(is_finite, thoughts)), "thoughts: finite numbers", "a thought holds NaN or infinity", "leave out points it has none for"
    )
    try:
        json.dumps([t.to_json() for t in thoughts], allow_nan=False)
    except (TypeError, ValueError) as error:
        findings.broken(f"a thought is no JSON data: {error}", "use plain str, float and tuples in Thought (float(x), not a tensor)")
        return
    bad = sorted({stage for t in thoughts for stage, seconds in t.seconds.items() if seconds < 0})
    findings.require(
        not bad, f"thoughts: {len(thoughts)}, all well formed", f"negative seconds for {bad}", "measure with time.perf_counter"
    )


def _check_fingerprint(agent: Agent, findings: Findings) -> None:
    fingerprint = agent.fingerprint() if hasattr(agent, "fingerprint") else None
    if not fingerprint and isinstance(fingerprint, dict | None):
        findings.advise("it has no fingerprint", "return e.g. {'weights': sha256} so that a run cannot be resumed with other weights")
    else:
        good = isinstance(fingerprint, dict) and all(isinstance(k, str) and isinstance(v, str) for k, v in fingerprint.items())
        findings.require(good, "fingerprint", f"fingerprint is {fingerprint!r}", "return a dict of str to str")
