"""Scenes without a disk: (split, seed, index) gives the world, its log, map, labels, trajectory pairs and second stage, each made when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from envs.driving.map import DrivingMap
from envs.driving.scene import Log, Scene
from scenarios.driving.frames import log_of, scenes_of
from scenarios.driving.labels import labels_at
from scenarios.driving.map_export import MapIds, world_map
from scenarios.driving.pairs import Pair, make_pair, pair_data
from scenarios.driving.splits import held_out, indices
from scenarios.driving.two_stage import second_stage
from scenarios.driving.world.drive import Trace
from scenarios.driving.world.make import make_combination, make_world
from scenarios.driving.world.world import World


@dataclass(frozen=True, eq=False)
class GeneratedScene:
    """Scene `index` of (split, seed): `world` is what can be driven on, `trace` how the human drove it from 2 s before to 8.5 s after the current frame."""

    world: World
    trace: Trace

    @cached_property
    def _mapped(self) -> tuple[DrivingMap, MapIds]:
        return world_map(self.world)

    @property
    def map(self) -> DrivingMap:
        """The map of this world alone; in a written data folder the same parts, with the same ids, lie on a map with others."""
        return self._mapped[0]

    @property
    def ids(self) -> MapIds:
        """The map's ids by the lane graph's keys."""
        return self._mapped[1]

    @cached_property
    def log(self) -> Log:
        """The human's drive, 22 frames; the current one is number 4."""
        return log_of(self.world, self.ids, self.trace)

    @cached_property
    def scene(self) -> Scene:
        """4 frames of history (the current one included) and 10 of the future."""
        return scenes_of(self.log)[0]

    @cached_property
    def previous(self) -> Scene:
        """The scene half a second before: extended comfort and the two-stage protocol compare with it."""
        return scenes_of(self.log)[1]

    @cached_property
    def pair(self) -> Pair | None:
        """The negative and the recovery trajectory, where there is a pair."""
        return make_pair(self.world, self.trace)

    @cached_property
    def second_stage(self) -> list[tuple[Scene, Scene]]:
        """Pairs (now, previous) of synthetic scenes four seconds on."""
        return second_stage(self.world, self.ids, self.trace, (self.scene.token, self.previous.token))

    @property
    def facts(self) -> dict[str, Any]:
        """Which scene this is, as JSON data."""
        world = self.world
        return {
            "split": world.split, "seed": world.seed, "index": world.index, "form": world.form, "situation": world.situation, "turn": world.turn,
            "held_out": held_out(world.form, world.situation), "weather": world.weather,
        }  # fmt: skip

    @cached_property
    def labels(self) -> dict[str, Any]:
        """Reasoning labels of the current frame with the trajectory pair, as JSON data: a row of labels.jsonl."""
        now = labels_at(self.world, self.trace, self.trace.row(0.0))
        return {"token": self.scene.token, "log": self.log.name, **self.facts, **now, **pair_data(self.trace, self.pair)}

    @cached_property
    def previous_labels(self) -> dict[str, Any]:
        """Those of the scene half a second before, without trajectories."""
        return {"token": self.previous.token, "log": self.log.name, **self.facts, **labels_at(self.world, self.trace, self.trace.row(-0.5))}


@lru_cache(maxsize=64)
def scene_at(split: str, seed: int, index: int) -> GeneratedScene:
    """Scene `index` of a split's series `seed`. Raises ConfigError for an unknown split or a negative index."""
    return GeneratedScene(*make_world(split, seed, index))


def scene_of_kind(form: str, situation: str, split: str = "test", seed: int = 0, index: int = 0) -> GeneratedScene:
    """A scene of a road form and a situation of one's choice, outside the splits' series (its index does not say what it is)."""
    return GeneratedScene(*make_combination(split, seed, index, form, situation))


def generate(seed: int, n: int, split: str = "train", suite: str = "all") -> Iterator[GeneratedScene]:
    """The first `n` scenes of a split that belong to `suite` (all, seen, held_out, a road form, a situation), one after another. Raises ConfigError."""
    for index in indices(suite, split, n):
        yield GeneratedScene(*make_world(split, seed, index))
