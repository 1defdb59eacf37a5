"""One episode of a montage, moment by moment: what was thought, said, reached and spent at each control step."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import StoreError
from harness.store import read_steps
from harness.thought import Thought
from harness.video.footage import Footage
from harness.video.selection import Take

EVENT_SECONDS = 1.6
"""for so long an event stays readable"""
WORLD = ("step", "render")
"""what the simulator takes of a step, after the policy's own stages"""


@dataclass(frozen=True)
class Moment:
    """The state after ``step`` control steps, with the thought of the decision made on it. ``stages``: {stage: seconds} of that decision and of the step it led to. ``outcome`` once the episode is over."""

    step: int
    instruction: str
    thought: Thought = field(default_factory=Thought)
    stages: dict[str, float] = field(default_factory=dict)
    event: str = ""
    success: bool = False
    outcome: str = ""


class Playback:
    """``progress``: (steps + 1,), that of the state after reset is 0. ``footage``: {camera: recording}; ``trouble`` says what cannot be shown, in words."""

    def __init__(self, take: Take, cameras: tuple[str, ...] = ()) -> None:
        self.take = take
        self.trouble: list[str] = []
        self.footage: dict[str, Footage] = {}
        self.steps = 0
        self.hz = 1.0
        self.progress: NDArray[np.float64] = np.zeros(1)
        self._thoughts: list[Thought] = []
        self._stages: list[dict[str, float]] = []
        self._success: NDArray[np.bool_] = np.zeros(0, bool)
        episode = take.episode
        if episode is None:
            self.trouble.append(take.missing or "no episode of this scenario in this run")
            return
        self.hz = max(1.0, episode.control_hz or 1.0)
        self._events = sorted((event.step, _event_text(event.name, event.detail)) for event in episode.events)
        if episode.error is not None:
            self.trouble.append(f"{episode.error.phase} at step {episode.error.step}: {' '.join(episode.error.message.split())}")
            return
        self.steps = episode.steps
        self._read_steps(take)
        self._open(take, cameras)

    @property
    def seconds(self) -> float:
        """Simulated time of the episode."""
        return self.steps / self.hz

    def step_at(self, seconds: float) -> int:
        """The control step shown at that simulated time; the last, past the end."""
        return min(self.steps, int(seconds * self.hz + 1e-6))

    def at(self, step: int) -> Moment:
        episode = self.take.episode
        if episode is None:
            return Moment(0, "")
        last = bisect_right([at for at, _ in self._events], step) - 1
        recent = last >= 0 and (step - self._events[last][0]) / self.hz < EVENT_SECONDS
        changes = [text for at, text in episode.instruction_changes if at <= step]
        return Moment(
            step=step,
            instruction=changes[-1] if changes else episode.instruction,
            thought=self._thoughts[min(step, len(self._thoughts) - 1)] if self._thoughts else Thought(),
            stages=self._stages[min(step, len(self._stages) - 1)] if self._stages else {},
            event=self._events[last][1] if recent else "",
            success=bool(step and step <= len(self._success) and self._success[step - 1]),
            outcome=episode.outcome if step >= self.steps else "",
        )

    @property
    def reasons(self) -> bool:
        """Whether the policy ever says more than its subtask."""
        return any(thought.reasoning for thought in self._thoughts)

    def close(self) -> None:
        for footage in self.footage.values():
            footage.close()

    def _read_steps(self, take: Take) -> None:
        try:
            data = read_steps(take.folder)
        except Exception as error:  # pyarrow raises many kinds for a file that is damaged
            self.trouble.append(f"no steps: {take.folder.name}/steps.parquet: {' '.join(str(error).split())[:120]}")
            return
        self.progress = np.concatenate([[0.0], np.nan_to_num(data["progress"])])
        self._success = data["success"].astype(bool)
        thought, spent = Thought(), {}
        for row, (new, stages) in enumerate(zip(data["thought"], data["seconds.stages"])):
            thought = Thought.from_json(_readable(new)) if new else thought
            spent = dict(stages) if stages else ({} if new else spent)
            policy = spent if stages else ({"act": float(data["seconds.act"][row])} if not spent else {})
            self._thoughts.append(thought)
            self._stages.append({**policy, **{name: float(data[f"seconds.{name}"][row]) for name in WORLD}})

    def _open(self, take: Take, cameras: tuple[str, ...]) -> None:
        assert take.episode is not None
        videos = take.episode.videos
        if not videos:
            self.trouble.append("no video was recorded")
        for camera in cameras or default_cameras(videos):
            if camera not in videos:
                if videos:
                    self.trouble.append(f"no video of camera {camera}")
                continue
            try:
                footage = Footage(take.folder / videos[camera], take.overlays)
                footage.at(0)
            except StoreError as error:
                self.trouble.append(error.what)
                continue
            self.footage[camera] = footage


def default_cameras(videos: dict[str, str]) -> tuple[str, ...]:
    """The first camera, and the bird's-eye view where there is one."""
    first = [camera for camera in videos if camera != "bev"][:1]
    return (*first, *(["bev"] if "bev" in videos else []))


def _event_text(name: str, detail: dict[str, Any]) -> str:
    return " ".join([name.replace("_", " "), *(str(value) for value in detail.values() if isinstance(value, str))])


def _readable(thought: dict[str, Any]) -> dict[str, Any]:
    """Prompts that were not finite are stored with None in them: they cannot be drawn."""

    def whole(shape: dict[str, Any]) -> bool:
        numbers = [shape.get(key, 0) for key in ("x", "y", "x0", "y0", "x1", "y1")]
        return None not in numbers and all(None not in point for point in shape.get("points", ()))

    return {**thought, **{key: [s for s in thought[key] if whole(s)] for key in ("points", "boxes", "traces") if key in thought}}
