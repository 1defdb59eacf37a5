"""Trajectories to score, from JSON: ``{token: [{"name": ..., "dt": seconds, "poses": [[x, y, heading], ...]}, ...]}``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from envs.driving.errors import DataError, DuplicateTokenError, TrajectoryError, UnknownTokenError
from envs.driving.scene import FRAME_PERIOD_S, Trajectory
from harness.errors import did_you_mean


@dataclass(frozen=True)
class TrajectoryFile:
    """What the file says; a scene's trajectories are checked when they are asked for, so that one bad scene does not stop the others."""

    path: Path
    entries: Mapping[str, Any]

    @property
    def tokens(self) -> tuple[str, ...]:
        return tuple(self.entries)

    def of(self, token: str) -> tuple[tuple[str, ...], list[Trajectory]]:
        """(names, trajectories) of a scene. Raises UnknownTokenError, TrajectoryError."""
        if token not in self.entries:
            raise UnknownTokenError(f"{self.path} has no trajectories for scene {token}", did_you_mean(token, self.entries))
        slots = self.entries[token]
        if not isinstance(slots, list) or not slots:
            raise TrajectoryError(
                f"{self.path}: scene {token} has no list of trajectories", 'write [{"dt": 0.5, "poses": [[x, y, heading], ...]}]'
            )
        names = tuple(_name(slot, i) for i, slot in enumerate(slots))
        if len(set(names)) != len(names):
            raise TrajectoryError(f"{self.path}: scene {token} has two trajectories of one name", "name them apart")
        return names, [self._trajectory(token, slot, name) for slot, name in zip(slots, names)]

    def _trajectory(self, token: str, slot: Any, name: str) -> Trajectory:
        try:
            poses, dt = (slot["poses"], slot.get("dt", FRAME_PERIOD_S)) if isinstance(slot, dict) else (slot, FRAME_PERIOD_S)
            return Trajectory(poses, dt)
        except KeyError:
            raise TrajectoryError(
                f"{self.path}: trajectory {name!r} of scene {token} has no key poses", "give n rows of x, y, heading"
            ) from None
        except TrajectoryError as error:
            raise TrajectoryError(f"{self.path}: trajectory {name!r} of scene {token}: {error.what}", error.cure) from None

    def refuse_unknown(self, known: Sequence[str], where: str) -> None:
        """Raises UnknownTokenError when the file has scenes that are not among ``known``."""
        there = set(known)
        unknown = [token for token in self.entries if token not in there]
        if unknown:
            raise UnknownTokenError(
                f"{self.path} has trajectories for {len(unknown):,} scenes that {where} does not know, e.g. {unknown[0]}",
                "score them on their own data",
            )


def _name(slot: Any, i: int) -> str:
    return str(slot.get("name", f"trajectory_{i}")) if isinstance(slot, dict) else f"trajectory_{i}"


def read_trajectories(path: Path) -> TrajectoryFile:
    """Raises DataError for what is no such JSON, DuplicateTokenError for a token that is there twice."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in pairs:
            if key in made:
                raise DuplicateTokenError(f"{path} has the key {key} twice", "keep one of them")
            made[key] = value
        return made

    try:
        entries = json.loads(Path(path).read_text(), object_pairs_hook=unique)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror})", "check the path") from None
    except ValueError as error:
        raise DataError(f"{path} is no JSON ({error})", "write it again") from None
    if not isinstance(entries, dict) or not entries:
        raise DataError(f"{path} holds no trajectories", "it is a dict of scene tokens")
    return TrajectoryFile(Path(path), entries)
