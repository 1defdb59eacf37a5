"""PDMS of what was driven: the drive is cut into windows of four seconds, and each is scored as NAVSIM scores the states to which a plan leads, among the traffic as it really reacted."""

from __future__ import annotations

from dataclasses import dataclass, field

from envs.driving.closed_loop.drive import WINDOW, Drive
from envs.driving.errors import FormatError, RouteError
from envs.driving.map.driving_map import DrivingMap
from envs.driving.scoring.build_cache import build_scene_cache
from envs.driving.scoring.score import score_driven


@dataclass
class WindowScores:
    """EPDMS of every window that is over, in order (no human filter, no extended comfort); None where the route cannot be scored."""

    driving_map: DrivingMap
    scores: list[float | None] = field(default_factory=list)

    def update(self, drive: Drive) -> None:
        """Score the windows that have come to an end."""
        steps = len(drive.frames) - 1 - drive.first
        while (len(self.scores) + 1) * WINDOW <= steps:
            scene, driven = drive.window(len(self.scores) * WINDOW)
            try:
                cache = build_scene_cache(scene, self.driving_map, "v2")
                self.scores.append(float(score_driven(cache, driven[None]).score[0]))
            except (FormatError, RouteError):
                self.scores.append(None)

    @property
    def mean(self) -> float | None:
        """Of the windows that have a score; None before the first is over."""
        known = [value for value in self.scores if value is not None]
        return sum(known) / len(known) if known else None
