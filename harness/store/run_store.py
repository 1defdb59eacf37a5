"""A run folder, ``results/<run>/``: opened by one run at a time, resumed only by the run that began it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from harness.episode import Episode
from harness.errors import ConfigError, GauntletError, StoreError
from harness.store.episode_folder import read_episode, verify_episode


class RunStore:
    """``run.json`` (what was run), ``episodes/<scenario id>/``, ``episodes.parquet`` and ``summary.json`` (derived), ``quarantine/`` (damaged episodes), ``logs/`` (one file a worker)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.episodes = root / "episodes"
        self.quarantine = root / "quarantine"
        self.logs = root / "logs"
        self.quarantined: list[str] = []
        """why each damaged episode that :meth:`load` met was put aside"""
        self._lock: IO[str] | None = None

    @classmethod
    def read(cls, root: Path) -> RunStore:
        """A finished or interrupted run, for reading. Raises :class:`StoreError` if ``root`` is none."""
        store = cls(Path(root))
        if not (store.root / "run.json").is_file():
            raise StoreError(f"{root} is no run folder (it has no run.json)", "give a folder under results/")
        return store

    def open(self, manifest: dict[str, Any]) -> None:
        """Take the folder for writing: create it, or check that it belongs to the same run (``manifest["identity"]``), and lock it.

        What identifies the agent's weights is often known only once they are loaded: :meth:`confirm` checks that.

        Raises:
            StoreError: not writable, in use by another run, or holding episodes of another suite or config (says which keys differ).
        """
        try:
            for folder in (self.root, self.episodes, self.logs):
                folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self.root / ".lock").open("w")
        except OSError as error:
            raise StoreError(
                f"{self.root} cannot be written: {error.strerror or error}",
                "choose another folder with results=DIR, or mend its permissions",
            ) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            self._lock = None
            raise StoreError(f"{self.root} is being written by another run", "wait for it, or give this one another name=NAME") from None
        path = self.root / "run.json"
        if path.is_file():
            try:
                before = json.loads(path.read_text())
            except ValueError:
                before = None
            if not isinstance(before, dict) or "identity" not in before:
                self.close()
                raise StoreError(f"{path} is damaged", "move the folder away, or give this run another name=NAME")
            weights = {"fingerprint": before["identity"]["fingerprint"]} if "fingerprint" in before["identity"] else {}
            manifest = {
                **manifest,
                "identity": {**manifest["identity"], **weights},
                "created": before.get("created", manifest.get("created")),
                "sessions": int(before.get("sessions", 1)) + 1,
            }
            self._refuse_another(before["identity"], manifest["identity"])
        else:
            manifest = {**manifest, "sessions": 1}
        self.sweep()
        self.write_json("run.json", manifest)

    def confirm(self, fingerprint: dict[str, str]) -> None:
        """Note what identifies the agent's weights. Raises :class:`StoreError` if the run was begun with others."""
        manifest = self.manifest()
        before, now = manifest["identity"], {**manifest["identity"], "fingerprint": fingerprint}
        if "fingerprint" in before:
            self._refuse_another(before, now)
        self.write_json("run.json", {**manifest, "identity": now})

    def _refuse_another(self, before: dict[str, Any], now: dict[str, Any]) -> None:
        different = sorted(_differences(before, now))
        if different and any(
            self.episodes.glob("[!.]*")
        ):  # without an episode there is nothing to mix up: the first try had a mistake in it
            self.close()
            shown = ", ".join(different[:6]) + (", ..." if len(different) > 6 else "")
            raise StoreError(f"{self.root} holds another run: {shown}", "give this run another name=NAME, or move that folder away")

    def close(self) -> None:
        if self._lock is not None:
            self._lock.close()  # closing releases the lock; so does dying
            self._lock = None

    def manifest(self) -> dict[str, Any]:
        return json.loads((self.root / "run.json").read_text())

    def write_json(self, name: str, data: Any) -> None:
        """Replace a file of the folder in one step."""
        temporary = self.root / f".{name}.tmp"
        try:
            temporary.write_text(json.dumps(data, indent=1, sort_keys=False, allow_nan=False) + "\n")
            os.replace(temporary, self.root / name)
        except OSError as error:
            raise StoreError(f"{self.root / name} cannot be written: {error.strerror or error}", _CURE) from None

    def temporary(self, scenario_id: str, attempt: int) -> Path:
        """A fresh folder to write an episode into; :meth:`commit` makes it the episode."""
        folder = self.episodes / f".{scenario_id}-{attempt}-{os.getpid()}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def commit(self, folder: Path, scenario_id: str) -> Path:
        """Rename a whole episode to its place, replacing an errored one."""
        place = self.episodes / scenario_id
        try:
            if place.exists():
                shutil.rmtree(place)
            os.rename(folder, place)
        except OSError as error:
            raise StoreError(f"{place} cannot be written: {error.strerror or error}", _CURE) from None
        return place

    def sweep(self) -> None:
        """Remove what workers were writing when they were stopped. Only the run that holds the lock may."""
        for left in self.episodes.glob(".*"):
            shutil.rmtree(left, ignore_errors=True)

    def load(self, scenario_id: str) -> Episode | None:
        """The episode, checked; None where there is none. A damaged one goes to ``quarantine/`` and counts as none."""
        folder = self.episodes / scenario_id
        if not folder.is_dir():
            return None
        try:
            return verify_episode(folder)
        except GauntletError as error:
            self.quarantine.mkdir(exist_ok=True)
            number = sum(1 for _ in self.quarantine.glob(f"{scenario_id}*"))
            place = self.quarantine / f"{scenario_id}-{number}"
            os.rename(folder, place)
            (place / "WHY.txt").write_text(f"{error}\n")
            self.quarantined.append(str(error))
            return None

    def read_episodes(self) -> Iterator[tuple[Path, Episode]]:
        """Every whole episode, by scenario id."""
        for folder in sorted(self.episodes.iterdir() if self.episodes.is_dir() else ()):
            if not folder.name.startswith(".") and folder.is_dir():
                yield folder, read_episode(folder)


_CURE = "free some disk space or mend the permissions, then run the same command again: it resumes"


def _differences(before: Any, now: Any, path: str = "") -> Iterator[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted({*before, *now}):
            yield from _differences(before.get(key), now.get(key), f"{path}.{key}" if path else str(key))
    elif before != now:
        yield f"{path} was {_short(before)}, now {_short(now)}"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 60 else text[:57] + "..."


def run_folder(results: str | Path, name: str) -> Path:
    """``results/<name>``, refusing names that would leave the folder."""
    if not name or name.startswith(".") or any(c in name for c in "/\\\0"):
        raise ConfigError(f"name={name!r} is no folder name", "use letters, digits, '-', '_' and '.'")
    return Path(results) / name
