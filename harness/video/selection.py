"""Which episodes a comparison video shows: by scenario, flips, failures, a sample, or clean and perturbed twins."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.episode import Episode
from harness.errors import ConfigError, StoreError, did_you_mean
from harness.run_labels import run_labels
from harness.store import RunStore
from harness.store.episode_folder import read_episode

MAX_PANES = 6


@dataclass(frozen=True)
class Take:
    """One episode to show. ``episode`` None: the run has none, and ``missing`` says why. ``overlays``: what the run's configuration draws on videos."""

    label: str
    folder: Path
    episode: Episode | None
    overlays: tuple[str, ...] = ()
    missing: str = ""

    @property
    def outcome(self) -> str:
        return self.episode.outcome if self.episode else ""


@dataclass(frozen=True)
class RunTakes:
    """A run's episodes by scenario id; those that cannot be read are in ``broken``, with the reason."""

    name: str
    root: Path
    agent: str
    episodes: dict[str, Episode]
    broken: dict[str, str]
    overlays: tuple[str, ...]

    @classmethod
    def read(cls, root: Path) -> RunTakes:
        """Raises StoreError: no run folder, a damaged run.json, or not one episode."""
        store = RunStore.read(root)
        try:
            manifest: dict[str, Any] = store.manifest()
            agent = str(manifest["agent"]["name"])
            overlays = tuple(map(str, manifest.get("config", {}).get("record", {}).get("overlays", ())))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise StoreError(f"{root}/run.json is damaged", "run the suite again under another name=NAME") from None
        episodes, broken = {}, {}
        folders = sorted(store.episodes.iterdir()) if store.episodes.is_dir() else []
        for folder in folders:
            if folder.is_dir() and not folder.name.startswith("."):
                try:
                    episodes[folder.name] = read_episode(folder)
                except StoreError as error:
                    broken[folder.name] = error.what
        if not episodes:
            why = f" ({next(iter(broken.values()))})" if broken else ""
            raise StoreError(f"{root} holds no episode{why}", "run the suite first: the same command resumes")
        return cls(str(manifest.get("name", root.name)), root, agent, episodes, broken, overlays)

    def take(self, scenario_id: str, label: str) -> Take:
        return Take(
            label,
            self.root / "episodes" / scenario_id,
            self.episodes.get(scenario_id),
            self.overlays,
            self.broken.get(scenario_id, ""),
        )


@dataclass(frozen=True)
class Choice:
    """What to show. ``scenarios``: ids, or beginnings of ids. ``sample``: so many, the same in every run; with flips or failures, at most so many of those."""

    scenarios: tuple[str, ...] = ()
    flips: bool = False
    failures: bool = False
    sample: int | None = None
    twins: bool = False

    def __post_init__(self) -> None:
        if self.sample is not None and self.sample < 1:
            raise ConfigError(f"--sample {self.sample}", "give a number of at least 1")
        if self.scenarios and (self.flips or self.failures or self.sample):
            raise ConfigError("--scenario goes with none of --flips, --failures, --sample", "leave one of them out")
        if not (self.scenarios or self.flips or self.failures or self.sample or self.twins):
            raise ConfigError("which episodes?", "give --scenario ID, --flips, --failures, --sample N or --twins")


Scene = tuple[Take, ...]
"""the panes of one scenario, or of a pair of twins"""


def choose_scenes(roots: Sequence[Path], choice: Choice) -> list[Scene]:
    """The scenes to show, by scenario id.

    Two runs of one name are told apart by their folders' names. Flips: the outcome is not the same in all panes (errors are no flips). Failures: at least one pane failed.

    Raises:
        ConfigError: no such scenario, nothing chosen, too many panes; StoreError: a run that cannot be read.
    """
    runs = [RunTakes.read(root) for root in roots]
    if not runs:
        raise ConfigError("no run given", "give one to six run folders")
    scenes = _twins(runs) if choice.twins else _same(runs)
    if len(next(iter(scenes.values()), ())) > MAX_PANES:
        panes = len(next(iter(scenes.values())))
        raise ConfigError(
            f"{panes} panes are too many to read", f"give fewer runs: {MAX_PANES} panes at most, and --twins takes two for each"
        )
    if choice.scenarios:
        return [scenes[_find(wanted, scenes)] for wanted in choice.scenarios]
    chosen = [scene for _, scene in sorted(scenes.items()) if _wanted(scene, choice)]
    if not chosen:
        what = " and ".join(name for name, on in (("flips", choice.flips), ("failures", choice.failures)) if on) or "episodes"
        raise ConfigError(f"no {what} among {len(scenes)} scenarios", "choose other episodes, for example --sample 3")
    return chosen[: choice.sample]


def _same(runs: Sequence[RunTakes]) -> dict[str, Scene]:
    """Every scenario that any run has; a run without it shows an empty pane."""
    labels = _labels(runs)
    shared = [set(run.episodes) for run in runs]
    if len(runs) > 1 and not set.intersection(*shared):
        raise ConfigError("these runs have not one scenario in common", "compare runs of one suite")
    return {key: tuple(run.take(key, label) for run, label in zip(runs, labels)) for key in sorted(set.union(*shared))}


def _twins(runs: Sequence[RunTakes]) -> dict[str, Scene]:
    """{perturbed scenario: (clean, perturbed) of every run}. A clean twin is looked for in the same run, then in the other runs of the same agent."""
    labels = _labels(runs)
    tags = {key: episode.scenario.tags for run in runs for key, episode in run.episodes.items()}
    twins = {key: str(tag["twin"]) for key, tag in tags.items() if tag.get("twin") not in (None, "", key)}
    if not twins:
        raise ConfigError(
            "no scenario of these runs names a clean twin", "--twins needs a perturbed suite, whose scenarios have the tag `twin`"
        )
    scenes: dict[str, Scene] = {}
    for perturbed, clean in twins.items():
        takes: list[Take] = []
        for run, label in zip(runs, labels):
            if perturbed not in run.episodes:
                continue
            home = next((r for r in (run, *runs) if r.agent == run.agent and clean in r.episodes), run)
            tag = run.episodes[perturbed].scenario.tags
            how = " ".join(str(tag[name]) for name in ("axis", "severity") if tag.get(name) not in (None, "")) or "perturbed"
            takes += [home.take(clean, f"{label}, clean"), run.take(perturbed, f"{label}, {how}")]
        if any(take.episode for take in takes[::2]):
            scenes[perturbed] = tuple(takes)
    if not scenes:
        clean = next(iter(twins.values()))
        raise ConfigError(
            f"no clean twin is there (the first wanted is {clean})", "give the clean run too: gauntlet video PERTURBED CLEAN --twins"
        )
    return scenes


def _labels(runs: Sequence[RunTakes]) -> list[str]:
    return run_labels([(r.agent, r.name, r.root.name) for r in runs])


def _wanted(scene: Scene, choice: Choice) -> bool:
    outcomes = [take.outcome for take in scene if take.outcome in ("success", "failure")]
    if choice.flips and len(set(outcomes)) < 2:
        return False
    return not choice.failures or "failure" in outcomes


def _find(wanted: str, scenes: dict[str, Scene]) -> str:
    found = [key for key in scenes if key.startswith(wanted)]
    if wanted in scenes or len(found) == 1:
        return wanted if wanted in scenes else found[0]
    if found:
        raise ConfigError(f"--scenario {wanted} may be {', '.join(found[:4])}", "give more of its digits")
    raise ConfigError(f"no scenario {wanted!r} in these runs", did_you_mean(wanted, scenes))


def scene_facts(scene: Scene) -> dict[str, Any]:
    """``id``, ``task``, ``tags`` of what a scene shows: those of its last pane that has an episode."""
    episode = next(take.episode for take in reversed(scene) if take.episode)
    tags = {name: value for name, value in episode.scenario.tags.items() if name not in ("suite", "task", "twin")}
    return {"id": episode.scenario_id, "task": episode.scenario.task, "tags": tags, "env": episode.scenario.env}


def describe(scene: Scene) -> str:
    """One line: the task, the scenario's id, its tags."""
    facts = scene_facts(scene)
    tags = " ".join(f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in facts["tags"].items())
    return " · ".join(part for part in (facts["task"], facts["id"], tags) if part)
