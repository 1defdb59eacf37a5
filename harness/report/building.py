"""Builds a report's folder: the page, its scripts, the data, the videos. Everything in it, nothing outside."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from harness.compare import Comparison, RunTable, compare, load_run
from harness.compare.comparable import success_rule
from harness.errors import ConfigError, StoreError
from harness.report import figures
from harness.report.details import episode_details, script
from harness.report.diagnosis import Diagnosis, read_diagnosis
from harness.report.page import render_page
from harness.report.scenario_table import scenario_columns
from harness.run_labels import run_labels
from harness.success_rule import SuccessRule

MARK = "gauntlet-report.json"
"""tells a report's folder from others, which are never overwritten"""
MAX_RUNS = 6
Videos = Literal["all", "failures", "none"]


@dataclass(frozen=True)
class Report:
    """What was written. ``notes``: what the reader should know, one line each; the page says it too."""

    folder: Path
    scenarios: int
    episodes: int
    videos: int
    notes: tuple[str, ...]

    @property
    def index(self) -> Path:
        return self.folder / "index.html"


def default_folder(paths: Sequence[str | Path]) -> Path:
    """``RUN/report`` for one run; ``report_A_vs_B`` beside the last of several.

    Raises:
        ConfigError: the run is a baseline (nothing is written into those), or lies on another machine.
    """
    roots = [_root(path) for path in paths]
    if "://" in str(paths[-1]) or (roots[-1] / "baseline.json").is_file():
        raise ConfigError(f"where should the report on {paths[-1]} go?", "give --out DIR")
    if len(roots) == 1:
        return roots[0] / "report"
    return roots[-1].parent / ("report_" + "_vs_".join(root.name for root in roots))


def _root(path: str | Path) -> Path:
    """The run's folder here; for one elsewhere a path that is not there, of the same name."""
    text = str(path).rstrip("/")
    return Path("/nowhere") / text.rsplit("/", 1)[-1] if "://" in text else Path(text)


def make_report(
    paths: Sequence[str | Path],
    out: Path | None = None,
    *,
    success: SuccessRule | None = None,
    intersect: bool = False,
    videos: Videos = "all",
) -> Report:
    """Write the report of one run, or of several compared with the first.

    Args:
        paths: run folders, accepted baselines, or runs elsewhere (any path that fsspec knows): of the latter two only the tables are shown.
        out: its folder; a report that stands there is replaced, anything else is left alone.
        success: which success counts; None: the suites' own rule.
        intersect: compare what pairs although the suites differ.
        videos: which episodes' videos go into it. They are hard links where the file system allows.

    Raises:
        ConfigError: no or too many runs, ``out`` in use, runs that cannot be compared; StoreError: a run that cannot be read, a folder that cannot be written.
    """
    if not 1 <= len(paths) <= MAX_RUNS:
        raise ConfigError(f"{len(paths)} runs", f"a report shows one to {MAX_RUNS}")
    runs = [load_run(path) for path in paths]
    rule = success_rule(runs, success)
    comparison = compare(runs, by=_axes(runs), success=rule, intersect=intersect) if len(runs) > 1 else None
    place = out or default_folder(paths)
    if place.exists() and (not place.is_dir() or (any(place.iterdir()) and not (place / MARK).is_file())):
        raise ConfigError(f"--out {place} is there, and no report", "give another folder")
    temporary = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        made = _Builder(runs, [_root(path) for path in paths], rule, comparison, videos, temporary).build()
        shutil.rmtree(place, ignore_errors=True)
        os.rename(temporary, place)
    except OSError as error:
        raise StoreError(f"{place} cannot be written: {error.strerror or error}", "make room, or choose another --out") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Report(place, *made)


def _axes(runs: Sequence[RunTable]) -> tuple[str, ...]:
    rows = [row for run in runs for row in run.rows.values()]
    return ("task", *(tag for tag in ("axis", "severity") if any(tag in row.tags for row in rows)))


class _Builder:
    def __init__(
        self, runs: Sequence[RunTable], roots: Sequence[Path], rule: Any, comparison: Comparison | None, videos: Videos, folder: Path
    ) -> None:
        self.runs, self.roots, self.rule, self.comparison, self.which, self.folder = runs, roots, rule, comparison, videos, folder
        self.labels = run_labels([(run.agent, run.name, root.name) for run, root in zip(runs, roots)])
        notes = list(comparison.notes) if comparison else []
        self.notes = list(dict.fromkeys([*(note for run in runs for note in run.notes), *notes]))
        self.videos = self.episodes = 0
        self._links = True

    def build(self) -> tuple[int, int, int, tuple[str, ...]]:
        diagnoses = [read_diagnosis(root, run, self.rule) for root, run in zip(self.roots, self.runs)]
        self.notes += [note for diagnosis in diagnoses for note in diagnosis.notes if note not in self.notes]
        for run, label in zip(self.runs, self.labels):
            if run.errors == len(run.rows):
                self.notes.append(f"{label}: every episode ended in an error; there is no rate")
            odd = sorted({name for row in run.rows.values() for name in row.not_finite})
            if odd:
                self.notes.append(f"{label}: some values of {', '.join(odd)} are NaN or infinite; they are left out")
        table = scenario_columns(self.runs, self.rule, [diagnosis.modes for diagnosis in diagnoses])
        self._write_details(table["id"], diagnoses)
        shown = {
            "rule": self.rule,
            "runs": [{**run.to_json(), "label": label} for run, label in zip(self.runs, self.labels)],
            "summaries": [figures.summary(run, self.rule) for run in self.runs],
            "matrix": figures.matrix(self.runs, self.rule),
            "severity": figures.severity_curves(self.runs, self.rule),
            "latency": [figures.latency(run) for run in self.runs],
            "modes": [diagnosis.table for diagnosis in diagnoses],
        }
        (self.folder / "data" / "report.js").write_text(script("gauntletReport", {**shown, "scenarios": table}))
        self._copy_assets()
        page = render_page(
            **shown,
            labels=self.labels,
            measure_names=list(dict.fromkeys(name for one in shown["summaries"] for name in one["measures"])),
            comparison=self.comparison.to_json() if self.comparison else None,
            manifests=[dict(run.manifest) for run in self.runs],
            differing=figures.differing([run.manifest for run in self.runs]),
            notes=self.notes,
            scenarios=len(table["id"]),
        )
        (self.folder / "index.html").write_text(page)
        (self.folder / MARK).write_text(json.dumps({"report": 1, "runs": [run.name for run in self.runs]}) + "\n")
        return len(table["id"]), self.episodes, self.videos, tuple(self.notes)

    def _write_details(self, ids: Sequence[str], diagnoses: Sequence[Diagnosis]) -> None:
        """One script a scenario: a page that opens from disk can load scripts, and no other data."""
        place = self.folder / "data" / "episodes"
        place.mkdir(parents=True)
        drawn = [frozenset(map(str, _record_config(run).get("overlays", ()))) for run in self.runs]
        lost: dict[tuple[str, str], list[str]] = {}
        for scenario in ids:
            runs: list[Any] = []
            for number, (run, root) in enumerate(zip(self.runs, self.roots)):
                row, folder = run.rows.get(scenario), root / "episodes" / scenario
                if row is None:
                    runs.append(None)
                    continue
                self.episodes += 1
                if not folder.is_dir():  # an accepted baseline keeps the table alone
                    runs.append(
                        {
                            "outcome": row.outcome,
                            "instruction": row.text.get("instruction", ""),
                            "notes": ["only the table of this run is there"],
                        }
                    )
                    continue
                found = episode_details(folder, drawn[number])
                for note in found["notes"]:
                    lost.setdefault((self.labels[number], note), []).append(scenario)
                self._bring_videos(number, scenario, folder, found)
                found["diagnosis"] = diagnoses[number].of(scenario)
                runs.append(found)
            (place / f"{scenario}.js").write_text(script("gauntletEpisode", scenario, runs))
        told = [f"{label}: {note} ({_where(where)})" for (label, note), where in lost.items()]
        self.notes += told[:6] + ([f"... and {len(told) - 6} more like these"] if len(told) > 6 else [])

    def _bring_videos(self, number: int, scenario: str, folder: Path, found: dict[str, Any]) -> None:
        kept = {"all": True, "failures": found["outcome"] == "failure", "none": False}[self.which]
        for camera in list(found["videos"]):
            if not kept:
                del found["videos"][camera]
                continue
            name = found["videos"][camera]["file"]
            target = self.folder / "videos" / str(number) / scenario / name
            target.parent.mkdir(parents=True, exist_ok=True)
            self._link_or_copy(folder / name, target)
            found["videos"][camera]["file"] = f"videos/{number}/{scenario}/{name}"
            self.videos += 1

    def _link_or_copy(self, source: Path, target: Path) -> None:
        if self._links:
            try:
                os.link(source, target)
                return
            except OSError:
                self._links = False  # another file system, or one without links
        shutil.copyfile(source, target)

    def _copy_assets(self) -> None:
        from plotly.offline import get_plotlyjs

        place = self.folder / "assets"
        place.mkdir()
        for asset in sorted(resources.files("harness.report").joinpath("assets").iterdir(), key=lambda item: item.name):
            if asset.name.endswith((".js", ".css")):
                (place / asset.name).write_bytes(asset.read_bytes())
        (place / "plotly.min.js").write_text(get_plotlyjs())


def _where(scenarios: Sequence[str]) -> str:
    return f"episode {scenarios[0]}" if len(scenarios) == 1 else f"{len(scenarios)} episodes, the first is {scenarios[0]}"


def _record_config(run: RunTable) -> Mapping[str, Any]:
    record = (run.manifest.get("config") or {}).get("record")
    return record if isinstance(record, Mapping) else {}
