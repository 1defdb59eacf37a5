"""What all driving environments have in common: spaces, laziness, the shape of observation and info."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from envs.driving.birdseye import BirdseyeView
from envs.driving.environment.case import CaseSource
from envs.driving.environment.ego_status import action_space, ego_status, state_space
from envs.driving.environment.pictures import EpisodePictures
from envs.driving.environment.route_command import instruction
from envs.driving.environment.source import make_source
from envs.driving.scene import Floats, Frame
from harness.errors import ConfigError, did_you_mean
from harness.lazy import LazyDict

if TYPE_CHECKING:
    from envs.driving.camera.street import StreetState

Observation = dict[str, Any]
Info = dict[str, Any]
WEATHER_OPTIONS = ("scene", "day", "dusk", "rain")


class DrivingEnv(gym.Env[Observation, NDArray[np.float32]], ABC):
    """A subclass lays out episodes (:meth:`begin`), steps them, and says what is seen (:meth:`observe`), known (:meth:`describe`) and shown (:meth:`render`).

    Observation: ``image`` {camera: uint8 (H, W, 3)} drawn on demand, ``state`` the ego status (:func:`envs.driving.environment.ego_status.ego_status`), ``instruction`` the route command in words.

    Action: Box(8, 3): x, y in m and heading in rad of eight poses at 2 Hz in the present rear-axle frame.

    Args:
        source: "synth" (generated, no files) or "navsim" (the folder ``data``, else $GAUNTLET_NAVSIM_DATA). ``split``: of the source. ``partial``: a folder that lacks some of its scenes will do.
        cameras: names of NAVSIM's cameras; ``camera_size``: (width, height) of each. ``render_backend``: "auto", "cpu" or "gpu".
    """

    own_options: frozenset[str] = frozenset()

    def __init__(
        self,
        source: str = "synth",
        split: str | None = None,
        data: str | None = None,
        partial: bool = False,
        cameras: Sequence[str] = ("CAM_F0",),
        camera_size: Sequence[int] = (256, 144),
        render_backend: str = "auto",
        render_mode: str | None = None,
    ) -> None:
        if len(camera_size) != 2:
            raise ConfigError(f"driving: camera_size {camera_size!r}", "give [width, height]")
        self.source: CaseSource = make_source(source, split, data, partial)
        self.pictures = EpisodePictures(cameras, (int(camera_size[0]), int(camera_size[1])), render_backend)
        self.render_mode = render_mode
        self.metadata = {"render_modes": ["rgb_array"], "render_fps": self.control_rate(), "control_hz": self.control_rate()}
        self.action_space: spaces.Box = action_space()
        self.observation_space = spaces.Dict(
            {
                "image": self.pictures.space(),
                "state": state_space(),
                "instruction": spaces.Text(min_length=0, max_length=1024, charset=frozenset(map(chr, range(32, 127)))),
            }
        )
        self._steps = 0
        self._lazy: list[LazyDict] = []

    @staticmethod
    @abstractmethod
    def control_rate() -> float:
        """Steps a second of simulated time."""

    @abstractmethod
    def begin(self, seed: int, options: Mapping[str, Any]) -> None:
        """Lay out an episode, a pure function of (seed, options)."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, Info]:
        super().reset(seed=seed)
        self._expire()
        if seed is None:  # gymnasium: an unseeded reset continues the generator that the last seed started
            seed = int(self.np_random.integers(2**31 - 1))
        given = dict(options or {})
        known = {*self.source.option_names, *self.own_options, "weather"}
        for name in given:
            if name not in known:
                raise ConfigError(f"driving: unknown option {name!r}", did_you_mean(str(name), known))
        weather = given.get("weather", "scene")
        if weather not in WEATHER_OPTIONS:
            raise ConfigError(f"driving: options.weather={weather!r}", did_you_mean(str(weather), WEATHER_OPTIONS))
        self._steps = 0
        self.begin(seed, given)
        return self.observe(), self.describe([])

    # For the environments below.

    @abstractmethod
    def observe(self) -> Observation:
        """The observation of now."""

    @abstractmethod
    def describe(self, events: list[tuple[str, dict[str, Any]]]) -> Info:
        """The info of now; ``events`` happened in this step."""

    def observation(self, history: Sequence[Frame], state: Callable[[], StreetState]) -> Observation:
        """Of a vehicle whose last four frames are ``history`` in the street's ``state``."""
        image = self.pictures.images(state)
        self._lazy.append(image)
        return {"image": image, "state": ego_status(history), "instruction": instruction(history[-1].driving_command)}

    def privileged(self, ego_pose: Floats, state: Callable[[], StreetState], more: Mapping[str, Callable[[], Any]]) -> LazyDict:
        """The truth, computed when looked at: objects, cameras, masks, and ``more``."""
        masks = self.pictures.masks(state)
        lazy = LazyDict(
            {
                "objects": lambda: object_truth(state()),
                "cameras": lambda: self.pictures.geometry(ego_pose),
                "masks": lambda: masks,
                **more,
            }
        )
        self._lazy += [masks, lazy]
        return lazy

    def views(self, view: Callable[[], BirdseyeView]) -> LazyDict:
        """Pictures for videos only."""
        lazy = self.pictures.views(view)
        self._lazy.append(lazy)
        return lazy

    def named_events(self, events: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
        """As the contract wants them."""
        return [{"name": name, "step": self._steps, **({"detail": detail} if detail else {})} for name, detail in events]

    def advance(self) -> None:
        """The step begins: pictures of the moment before can no longer be drawn."""
        self._expire()
        self._steps += 1

    @abstractmethod
    def render(self) -> Any:
        """The first camera's picture, or the view from above where there is no camera."""

    def close(self) -> None:
        self._expire()
        self.pictures.close()

    def _expire(self) -> None:
        for lazy in self._lazy:
            lazy.expire("at reset" if self._steps == 0 else f"at step {self._steps}")
        self._lazy.clear()


def object_truth(state: StreetState) -> dict[str, dict[str, Any]]:
    """{"kind:track": {"pose": (7,) global, "role", "size" (3,), "velocity" (2,)}}; names as in the masks."""
    boxes = state.boxes
    truth = {}
    for k, (token, name) in enumerate(zip(boxes.track_tokens, boxes.names)):
        half = float(boxes.heading[k]) / 2
        pose = np.array([boxes.xyz[k, 0], boxes.xyz[k, 1], boxes.size[k, 2] / 2, np.cos(half), 0.0, 0.0, np.sin(half)])
        truth[f"{name}:{token}"] = {"pose": pose, "role": name, "size": boxes.size[k].copy(), "velocity": boxes.velocity[k, :2].copy()}
    return truth
