"""Where SIMPLER's data lies on this machine, what of it is missing, and what is a substitute.

The data is not Gauntlet's. A folder is named by the ``assets`` argument or by ``GAUNTLET_SIMPLER_ASSETS``, else it is where ``gauntlet assets get simpler`` lays it out. It may have any of three layouts:

``gauntlet``
    ``original/`` and, beside it, ``substitutes/`` for files that the published repository's mirrors lack: each ``custom/``, ``stages/``, ``real_inpainting/``, ``robots/``;
``maniskill2_real2sim``
    the original repository, or its ``data`` folder (robots then lie beside it, in ``mani_skill2_real2sim/assets/descriptions``);
``maniskill3``
    ManiSkill 3's data folder after ``python -m mani_skill.utils.download_asset`` of ``bridge_v2_real2sim`` and ``widowx250s``.

Nothing heavy is imported here: ``gauntlet doctor`` and ``gauntlet assets`` call :func:`check_assets`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from envs.manipulation.simpler.required_files import TASK_FILES
from harness.errors import AssetsError, ConfigError, did_you_mean

ASSETS_VARIABLE = "GAUNTLET_SIMPLER_ASSETS"
DATA_VARIABLE = "XDG_DATA_HOME"
CURE = f"`gauntlet assets` tells where to get SIMPLER's data; name its folder with assets=DIR or {ASSETS_VARIABLE}"
SUBSTITUTE_FOLDER = "substitutes"

# {layout: {kind of data: folders relative to the root, searched in this order}}
LAYOUTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "gauntlet": {
        "custom": ("original/custom", f"{SUBSTITUTE_FOLDER}/custom"),
        "stages": ("original/stages", f"{SUBSTITUTE_FOLDER}/stages"),
        "real_inpainting": ("original/real_inpainting",),
        "widowx": ("original/robots/widowx",),
        "googlerobot": ("original/robots/googlerobot",),
    },
    "maniskill2_real2sim": {
        "custom": ("data/custom", "custom"),
        "stages": ("data/hab2_bench_assets/stages", "hab2_bench_assets/stages"),
        "real_inpainting": ("data/real_inpainting", "real_inpainting"),
        "widowx": tuple(f"{up}mani_skill2_real2sim/assets/descriptions/widowx_description" for up in ("", "../")),
        "googlerobot": tuple(f"{up}mani_skill2_real2sim/assets/descriptions/googlerobot_description" for up in ("", "../")),
    },
    "maniskill3": {
        "custom": ("tasks/bridge_v2_real2sim_dataset/custom",),
        "stages": ("tasks/bridge_v2_real2sim_dataset/stages",),
        "real_inpainting": ("tasks/bridge_v2_real2sim_dataset/real_inpainting",),
        "widowx": ("robots/widowx",),
        "googlerobot": ("robots/googlerobot",),
    },
}


@dataclass(frozen=True)
class AssetsReport:
    """What a folder holds of the files that ``tasks`` need. Keys are logical names; of ``substituted``, of the alternative that was found."""

    root: Path
    layout: str
    tasks: tuple[str, ...]
    found: dict[str, Path] = field(default_factory=dict)
    substituted: dict[str, Path] = field(default_factory=dict)  # those of `found` that are not the original
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)  # {logical name: the tasks that need it}

    @property
    def complete(self) -> bool:
        return not self.missing

    def runnable_tasks(self) -> tuple[str, ...]:
        lacking = {task for tasks in self.missing.values() for task in tasks}
        return tuple(task for task in self.tasks if task not in lacking)

    def as_dict(self) -> dict[str, Any]:
        return {
            "root": str(self.root),
            "layout": self.layout,
            "complete": self.complete,
            "runnable_tasks": list(self.runnable_tasks()),
            "found": len(self.found),
            "substituted": sorted(self.substituted),
            "missing": {name: list(tasks) for name, tasks in sorted(self.missing.items())},
        }

    def lines(self) -> list[str]:
        """The report for people, one fact a line."""
        out = [f"SIMPLER assets: {self.root} (layout {self.layout}), {len(self.found)} files found, {len(self.missing)} missing"]
        out += [f"  substitute  {name}" for name in sorted(self.substituted)]
        out += [f"  missing     {name}  needed by {', '.join(tasks)}" for name, tasks in sorted(self.missing.items())]
        return out


class FoundFile(NamedTuple):
    """``name``: the logical name's alternative that ``path`` is; ``substitute``: whether it is not the original."""

    name: str
    path: Path
    substitute: bool


class SimplerAssets:
    """A folder of SIMPLER data: logical names to paths. It notes which files an episode was given."""

    def __init__(self, root: Path, layout: str) -> None:
        self.root = root
        self.layout = layout
        self._kept: set[FoundFile] = set()
        self._given: set[FoundFile] = set()

    def find(self, name: str) -> FoundFile | None:
        """The file of a logical name, or None. Of alternatives an original one wins over a substitute."""
        hits = [hit for choice in name.split("|") for hit in self._candidates(choice) if hit.path.is_file()]
        return min(hits, key=lambda hit: hit.substitute) if hits else None

    def path(self, name: str, keep: bool = False) -> Path:
        """Where the file is that the present episode loads, or, with ``keep``, every episode from now on. Raises AssetsError where there is none."""
        hit = self.find(name)
        if hit is None:
            raise AssetsError(f"SIMPLER's assets folder {self.root} (layout {self.layout}) lacks {name}", CURE)
        (self._kept if keep else self._given).add(hit)
        return hit.path

    def new_episode(self) -> None:
        """Whatever is loaded from now on, is loaded for another episode."""
        self._given.clear()

    def substitutes_given(self) -> list[str]:
        """Names of the files which the present episode was given that are not the original."""
        return sorted(hit.name for hit in self._kept | self._given if hit.substitute)

    def report(self, tasks: Iterable[str]) -> AssetsReport:
        return self.report_of({task: TASK_FILES[task] for task in tasks})

    def report_of(self, files: Mapping[str, Iterable[str]]) -> AssetsReport:
        """``files``: {task: logical names}."""
        report = AssetsReport(self.root, self.layout, tuple(files))
        needed: dict[str, list[str]] = {}
        for task, names in files.items():
            for name in names:
                needed.setdefault(name, []).append(task)
        for name, users in needed.items():
            hit = self.find(name)
            if hit is None:
                report.missing[name] = tuple(users)
                continue
            report.found[name] = hit.path
            if hit.substitute:
                report.substituted[hit.name] = hit.path
        return report

    def _candidates(self, name: str) -> Iterable[FoundFile]:
        kind, _, rest = name.partition("/")
        for folder in LAYOUTS[self.layout][kind]:
            yield FoundFile(name, self.root / folder / rest, folder.startswith(SUBSTITUTE_FOLDER))


def default_folder() -> Path:
    """Where the data is looked for when no folder is named."""
    return Path(os.environ.get(DATA_VARIABLE) or Path.home() / ".local" / "share") / "gauntlet" / "assets" / "simpler"


def named_folder(folder: str | Path | None = None) -> str:
    """The folder given, else the one that the environment variable names, else the default one where it exists; empty where there is none."""
    if folder is not None:
        return str(folder)
    return os.environ.get(ASSETS_VARIABLE) or (str(default_folder()) if default_folder().is_dir() else "")


def open_assets(folder: str | Path | None = None) -> SimplerAssets:
    """The data in :func:`named_folder`. Raises AssetsError where there is none."""
    named = named_folder(folder)
    if not named:
        raise AssetsError("SIMPLER's assets folder is not given", CURE)
    root = Path(named).expanduser()
    if not root.is_dir():
        raise AssetsError(f"SIMPLER's assets folder {root} does not exist", CURE)
    holdings = {
        layout: sum(any((root / folder).is_dir() for folder in folders) for folders in kinds.values()) for layout, kinds in LAYOUTS.items()
    }
    layout = max(holdings, key=lambda name: holdings[name])
    if not holdings[layout]:
        expected = " or ".join(f"{kinds['custom'][0]}/ ({name})" for name, kinds in LAYOUTS.items())
        raise AssetsError(f"SIMPLER's assets folder {root} has none of the known layouts: {expected}", CURE)
    return SimplerAssets(root, layout)


def check_assets(folder: str | Path | None = None, tasks: Iterable[str] | None = None) -> AssetsReport:
    """What is found, missing and substituted of the files that ``tasks`` (all, unless told) need."""
    chosen = tuple(TASK_FILES) if tasks is None else tuple(tasks)
    for task in chosen:
        if task not in TASK_FILES:
            raise ConfigError(f"unknown SIMPLER task {task!r}", did_you_mean(task, TASK_FILES))
    return open_assets(folder).report(chosen)


def require_assets(folder: str | Path | None, task: str) -> SimplerAssets:
    """The folder, with every file that ``task`` needs; an AssetsError that names the first missing one otherwise."""
    assets = open_assets(folder)
    report = assets.report((task,))
    if report.missing:
        names = sorted(report.missing)
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        raise AssetsError(f"SIMPLER's assets folder {assets.root} (layout {assets.layout}) lacks {names[0]}{more}, needed by {task}", CURE)
    return assets
