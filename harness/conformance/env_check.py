"""``gauntlet check-env``: gymnasium's own checker, then Gauntlet's contract (:mod:`harness.environment`)."""

from __future__ import annotations

import json
import re
import traceback
import warnings
from collections.abc import Mapping
from typing import Any, cast

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from harness.conformance.finding import Finding, Findings
from harness.eager import EagerImages
from harness.env_maker import make_env
from harness.errors import GauntletError
from harness.lazy import LazyDict
from harness.scenario import Scenario

STEPS = 5
EVENT_CURE = 'info["events"] is a list of {"name": str, "step": int, "detail": {...}}'


def check_env(env_id: str, kwargs: Mapping[str, Any] | None = None, options: Mapping[str, Any] | None = None) -> list[Finding]:
    """Check the environment of that id: spaces, types, laziness, determinism. Raises GauntletError if it cannot even be made."""
    findings = Findings()
    env = make_env(Scenario(env=env_id, kwargs=dict(kwargs or {}), options=dict(options or {}), max_steps=STEPS))
    try:
        _check_gymnasium(env, findings)
        if _check_spaces(env, findings):
            try:
                first = _play(env, options, findings)
                _check_determinism(first, _play(env, options, Findings()), findings)
            except GauntletError:
                raise
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                findings.broken(f"{type(error).__name__}: {error} ({where.filename}:{where.lineno})", "mend the environment")
    finally:
        env.close()
    return findings


def _check_gymnasium(env: gym.Env[Any, Any], findings: Findings) -> None:
    from gymnasium.utils.env_checker import check_env as gymnasium_check

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            gymnasium_check(EagerImages(env.unwrapped), skip_render_check=True, skip_close_check=True)
        except GauntletError as error:
            findings.broken(f"the environment cannot run: {error.what}", error.cure)
            return
        except Exception as error:
            findings.broken(f"gymnasium's checker: {type(error).__name__}: {error}", "mend what it names; see gymnasium.utils.env_checker")
            return
    findings.ok("gymnasium's checker passes")
    for text in dict.fromkeys(" ".join(re.sub(r"\x1b\[[0-9;]*m", "", str(w.message)).split()) for w in caught):  # gymnasium colours them
        if "different from the unwrapped version" not in text:  # it is: eager
            findings.advise(f"gymnasium's checker warns: {text[:200]}", "see gymnasium's documentation of the space or method it names")


def _check_spaces(env: gym.Env[Any, Any], findings: Findings) -> bool:
    space = env.observation_space
    good = findings.require(
        isinstance(space, spaces.Dict) and {"image", "state", "instruction"} <= set(space.spaces),
        "observation space: Dict with image, state, instruction",
        f"observation space is {space}",
        "make it spaces.Dict({'image': Dict(cameras), 'state': Dict(float32 boxes), 'instruction': Text})",
    )
    if not good:
        return False
    assert isinstance(space, spaces.Dict)
    images, state = space["image"], space["state"]
    findings.require(
        isinstance(images, spaces.Dict)
        and all(
            isinstance(s, spaces.Box) and s.dtype == np.uint8 and len(s.shape) == 3 and s.shape[2] == 3 for s in images.spaces.values()
        ),
        "images: uint8 (H, W, 3) by camera",
        f"image space is {images}",
        "one spaces.Box(0, 255, (H, W, 3), uint8) a camera, in a spaces.Dict",
    )
    findings.require(
        isinstance(state, spaces.Dict) and all(isinstance(s, spaces.Box) and s.dtype == np.float32 for s in state.spaces.values()),
        "state: float32 arrays by name",
        f"state space is {state}",
        "one float32 spaces.Box a name, in a spaces.Dict",
    )
    findings.require(
        isinstance(env.action_space, spaces.Box)
        and bool(np.isfinite(env.action_space.low).all() and np.isfinite(env.action_space.high).all()),
        f"action space: bounded Box{env.action_space.shape}",
        f"action space is {env.action_space}",
        "use a spaces.Box with finite bounds: actions outside are refused (or clipped)",
    )
    hz = env.unwrapped.metadata.get("control_hz")
    findings.require(
        isinstance(hz, int | float) and hz > 0,
        f"control rate: {hz} Hz",
        f'metadata["control_hz"] is {hz!r}',
        "set it to the control steps a second of simulated time",
    )
    return not any(f.level == "broken" for f in findings[-4:])


def _play(env: gym.Env[Any, Any], options: Mapping[str, Any] | None, findings: Findings) -> list[bytes]:
    """Run a few steps of fixed random actions; returns the bytes of the states."""
    rng = np.random.default_rng(0)
    space = env.action_space
    assert isinstance(space, spaces.Box)
    observation, info = env.reset(seed=0, options=dict(options or {}))
    _check_info(info, findings, "reset")
    lazy = isinstance(observation["image"], LazyDict)
    if lazy:
        findings.ok("images are rendered on demand")
    elif observation["image"]:
        findings.advise("images are rendered at every step, looked at or not", "return harness.LazyDict({camera: function}) as image")
    if cast(spaces.Dict, env.observation_space)["image"]:
        for camera, image in observation["image"].items():
            findings.require(
                image.any(), f"camera {camera}: first frame is not black", f"camera {camera}: the first frame is black", "light the scene"
            )
    states = [_state_bytes(observation)]
    for _ in range(STEPS):
        action = rng.uniform(space.low, space.high).astype(space.dtype) * np.float32(0.1)
        observation, _, terminated, truncated, info = env.step(np.clip(action, space.low, space.high))
        states.append(_state_bytes(observation))
        if terminated or truncated:
            break
    _check_info(info, findings, "step")
    if lazy:
        try:
            env.step(np.clip(np.zeros(space.shape, space.dtype), space.low, space.high))
            for image in observation["image"].values():
                del image
            findings.broken("an old frame could still be rendered after the simulator had moved on", "call LazyDict.expire before stepping")
        except GauntletError:
            findings.ok("old frames expire")
    return states


def _check_info(info: Mapping[str, Any], findings: Findings, when: str) -> None:
    findings.require(
        isinstance(info.get("success"), bool | np.bool_),
        f"info at {when}: success is a bool",
        f'info["success"] at {when} is {info.get("success")!r}',
        "give the task's predicate as a bool, at reset too",
    )
    progress = info.get("progress")
    findings.require(
        isinstance(progress, int | float | np.floating) and 0 <= float(progress) <= 1,
        f"info at {when}: progress in [0, 1]",
        f'info["progress"] at {when} is {progress!r}',
        "give a number from 0 to 1",
    )
    subgoals = info.get("subgoals")
    findings.require(
        isinstance(subgoals, Mapping) and all(isinstance(v, bool | np.bool_) for v in subgoals.values()),
        f"info at {when}: subgoals by name",
        f'info["subgoals"] at {when} is {subgoals!r}',
        "give {name: bool}, {} if there are none",
    )
    events = info.get("events")
    findings.require(
        isinstance(events, list)
        and all(isinstance(e, Mapping) and isinstance(e.get("name"), str) and isinstance(e.get("step"), int) for e in events),
        f"info at {when}: events",
        f'info["events"] at {when} is {events!r}',
        EVENT_CURE,
    )
    for key in ("events", "episode", "truth", "scores"):
        try:
            json.dumps(info.get(key, {}), allow_nan=False)
        except (TypeError, ValueError) as error:
            findings.broken(
                f'info["{key}"] at {when} is no JSON data: {error}',
                "use plain str, int, float, list and dict (float(x), array.tolist()): it is stored",
            )
    if not isinstance(info.get("privileged"), Mapping):
        findings.advise(
            f'info["privileged"] is missing at {when}', "give the true state there: experts, layer scores and diagnosis need it"
        )
    elif info["privileged"].get("expert") is None:
        findings.advise(f"no scripted expert at {when}", "give info['privileged']['expert']: it is the ceiling, and makes demonstrations")


def _check_determinism(first: list[bytes], second: list[bytes], findings: Findings) -> None:
    findings.require(
        first == second,
        "the same seed and actions give the same states, bit for bit",
        "the same seed and actions gave other states the second time",
        "draw everything random from the seed of reset, and build the scene anew where the simulator remembers",
    )


def _state_bytes(observation: Mapping[str, Any]) -> bytes:
    return b"".join(np.ascontiguousarray(observation["state"][name]).tobytes() for name in sorted(observation["state"]))
