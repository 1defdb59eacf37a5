"""Which cameras of which episodes are filmed, and the recorder that films them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from harness.decision import Decision
from harness.errors import ConfigError, did_you_mean
from harness.recording.film_notes import FilmNotes
from harness.recording.overlay import LAYERS, Canvas, FrameNotes
from harness.recording.video import VideoWriter
from harness.scenario import Scenario
from harness.suite import Suite
from harness.thought import Thought

CLOSING_SECONDS = 1.5
EVENT_STEPS = 8  # for so many steps an event stays readable


@dataclass(frozen=True)
class RecordConfig:
    """The ``record`` group.

    ``videos``: which episodes keep a video: all, failures, a ``sample`` of N, or none. ``cameras``: "first", "all", or names; an environment's views for videos alone (``info["views"]``, a
    driver's bird's-eye ``bev`` say) go with "first" and "all", and can be named too.
    ``width``: of the video in pixels, None for the image's own. ``overlays``: which layers of :data:`harness.recording.overlay.LAYERS` are drawn.
    ``step0``: keep the first observation as the agent got it. ``grounding``: whose thoughts are held against the masks, those of policies, or also those of
    agents that see the privileged truth (their points are the truth, and the masks cost rendering).
    """

    name: str = "light"
    videos: Literal["all", "failures", "sample", "none"] = "all"
    sample: int = 10
    cameras: str | tuple[str, ...] = "first"
    width: int | None = 512
    overlays: tuple[str, ...] = tuple(sorted(LAYERS))
    step0: bool = True
    grounding: Literal["policies", "all", "none"] = "policies"

    def __post_init__(self) -> None:
        for key, value, least in (("width", self.width, 16), ("sample", self.sample, 0)):
            if not (type(value) is int and value >= least) and not (key == "width" and value is None):
                raise ConfigError(f"record.{key}={value!r}", f"give a whole number of at least {least}")
        if not isinstance(self.cameras, str | tuple) or not all(isinstance(camera, str) for camera in self.cameras):
            raise ConfigError(f"record.cameras={self.cameras!r}", "give first, all, or a list of names such as [third_person,wrist]")
        if not isinstance(self.overlays, tuple):
            raise ConfigError(f"record.overlays={self.overlays!r}", "give a list, for example [instruction,points], or [] for none")
        if not isinstance(self.step0, bool):
            raise ConfigError(f"record.step0={self.step0!r}", "give true or false")
        if self.videos not in ("all", "failures", "sample", "none"):
            raise ConfigError(f"record.videos={self.videos}", did_you_mean(str(self.videos), ("all", "failures", "sample", "none")))
        if self.grounding not in ("policies", "all", "none"):
            raise ConfigError(f"record.grounding={self.grounding}", did_you_mean(str(self.grounding), ("policies", "all", "none")))
        for layer in self.overlays:
            if layer not in LAYERS:
                raise ConfigError(f"record.overlays: unknown layer {layer!r}", did_you_mean(layer, LAYERS))

    def grounds(self, privileged: bool) -> bool:
        """Whether the thoughts of an agent that does, or does not, see the ``privileged`` truth are held against the masks."""
        return self.grounding == "all" or (self.grounding == "policies" and not privileged)

    def films(self, scenario: Scenario, suite: Suite) -> bool:
        """Whether this scenario's episode is filmed; a sample is the same scenarios in every run of the suite."""
        if self.videos == "sample":
            return scenario.id in sorted(s.id for s in suite.scenarios)[: self.sample]  # ids are hashes: sorting them shuffles
        return self.videos != "none"


class VideoRecorder:
    """Films the configured cameras of one episode into ``folder``/<camera>.mp4, at ``fps`` frames a second (the control rate: it plays in simulated time).

    A frame shows the image that a decision was made on, with the thought of that decision.
    """

    def __init__(self, folder: Path, config: RecordConfig, fps: float) -> None:
        self.folder, self.config, self.fps = folder, config, max(1.0, fps)
        self._films: dict[str, tuple[Canvas, VideoWriter]] = {}
        self._images: dict[str, Any] = {}  # of the state that no decision has been made on yet
        self._event, self._event_step = "", 0
        self._thought = Thought()

    def begin(self, scenario: Scenario, observation: Mapping[str, Any], info: Mapping[str, Any]) -> None:
        self._max_steps = scenario.max_steps
        self._cameras = self._choose(list(observation["image"]), list(info.get("views", ())))
        self._look(0, observation, info)

    def step(
        self, number: int, observation: Mapping[str, Any], decision: Decision, thought: Thought | None, info: Mapping[str, Any]
    ) -> None:
        self._thought = thought or Thought()
        self._film()
        self._look(number, observation, info)

    def finish(self, outcome: str) -> None:
        """Film the last state with the outcome for a moment, and let the encoders end; :meth:`close` waits for them."""
        if self._images:
            self._film(outcome, times=1 + round(CLOSING_SECONDS * self.fps))
        for _, writer in self._films.values():
            writer.finish()

    def close(self) -> dict[str, str]:
        """Wait for the files. Returns {camera: file name}."""
        for _, writer in self._films.values():
            writer.close()
        return {camera: writer.path.name for camera, (_, writer) in self._films.items()}

    def _choose(self, available: list[str], views: list[str]) -> list[str]:
        cameras = self.config.cameras
        if cameras in ("all", "first"):
            return [*(available if cameras == "all" else available[:1]), *views]
        available = [*available, *views]
        wanted = [cameras] if isinstance(cameras, str) else list(cameras)
        for camera in wanted:
            if camera not in available:
                raise ConfigError(f"record.cameras: this environment has no camera {camera!r}", did_you_mean(camera, available))
        return wanted

    def _look(self, step: int, observation: Mapping[str, Any], info: Mapping[str, Any]) -> None:
        for event in info.get("events", ()):
            detail = " ".join(str(v) for v in event.get("detail", {}).values() if isinstance(v, str))
            self._event, self._event_step = f"{event['name'].replace('_', ' ')} {detail}".strip(), step
        gripper = observation["state"].get("gripper")
        views = info.get("views", {})  # pictures that no policy sees
        self._images = {camera: (views if camera in views else observation["image"])[camera] for camera in self._cameras}
        self._notes = FrameNotes(
            step=step,
            max_steps=self._max_steps,
            instruction=observation["instruction"],
            gripper=None if gripper is None else float(np.ravel(gripper)[0]),
            success=bool(info["success"]),
            event=self._event if step - self._event_step < EVENT_STEPS else "",
        )

    def _film(self, outcome: str = "", times: int = 1) -> None:
        notes = replace(self._notes, thought=self._thought, outcome=outcome)
        for camera, image in self._images.items():
            if camera not in self._films:
                height, width = image.shape[:2]
                canvas = Canvas(camera, (width, height), self.config.width or width, frozenset(self.config.overlays))
                about = FilmNotes.of(canvas, (width, height)).to_text()
                writer = VideoWriter(self.folder / f"{camera}.mp4", (canvas.width, canvas.height), self.fps, about)
                self._films[camera] = canvas, writer
            canvas, writer = self._films[camera]
            writer.add(partial(canvas.compose, image, notes), times)

    def abandon(self) -> None:
        """The episode came to nothing: stop encoding."""
        for _, writer in self._films.values():
            writer.abandon()
