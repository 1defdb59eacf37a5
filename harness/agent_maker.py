"""From an agent's configuration to the agent: ``_target_`` with its arguments, and the policy behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.agent import Agent
from harness.env_maker import locate
from harness.errors import AgentError, ConfigError, GauntletError
from harness.policy import Policy


def has_policy(config: Mapping[str, Any]) -> bool:
    """Whether the agent is a session over a policy that can live elsewhere."""
    return isinstance(config.get("policy"), Mapping) and "_target_" in config["policy"]


def make_policy(config: Mapping[str, Any]) -> Policy:
    """Make ``config["policy"]``. Raises ConfigError if it is no :class:`harness.policy.Policy`."""
    policy = _make(config["policy"], f"agent {config.get('name')}'s policy")
    if not callable(getattr(policy, "infer", None)):
        raise ConfigError(
            f"agent {config.get('name')}: {config['policy']['_target_']} has no method infer", "derive it from harness.Policy"
        )
    return policy


def make_agent(config: Mapping[str, Any], policy: Policy | None = None) -> Agent:
    """Make the agent; ``policy`` (a client of one that lives elsewhere, say) replaces ``config["policy"]``."""
    name = str(config.get("name", "agent"))
    arguments = {key: value for key, value in config.items() if key not in ("name", "policy")}
    if has_policy(config):
        arguments["policy"] = policy if policy is not None else make_policy(config)
    elif "policy" in config:
        arguments["policy"] = config["policy"]
    agent = _make(arguments, f"agent {name}")
    if not (callable(getattr(agent, "reset", None)) and callable(getattr(agent, "act", None))):
        raise ConfigError(f"agent {name}: {config.get('_target_')} has no methods reset and act", "derive it from harness.Agent")
    return agent


def agent_fingerprint(config: Mapping[str, Any]) -> dict[str, str]:
    """What identifies the weights of an agent that has no policy apart from itself; made for this and closed again."""
    agent = make_agent(config)
    try:
        return agent.fingerprint() if hasattr(agent, "fingerprint") else {}
    finally:
        if hasattr(agent, "close"):
            agent.close()


def _make(config: Mapping[str, Any], what: str) -> Any:
    if "_target_" not in config:
        raise ConfigError(f"{what} has no _target_", "say which class to make: _target_: package.module.Class")
    made = locate(str(config["_target_"]), what)
    arguments = {key: value for key, value in config.items() if key != "_target_"}
    try:
        return made(**arguments)
    except GauntletError:
        raise
    except TypeError as error:
        raise ConfigError(f"{what}: {config['_target_']}: {error}", "mend the arguments in the agent's config") from error
    except Exception as error:
        raise AgentError(f"{what}: {config['_target_']} could not be made: {type(error).__name__}: {error}", "see the traceback") from error
