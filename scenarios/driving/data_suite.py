"""The suite of a folder of NAVSIM data: ``python -m scenarios.driving.data_suite --data DIR --out FILE.yaml``, then ``gauntlet run suite=FILE.yaml``.

Scenes are named by token, and only those that are there are taken: the count is said, and a partial download is refused unless ``--partial`` is given.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml

from envs.driving.environment.source import DATA_VARIABLE, data_folder
from envs.driving.formats import NavsimData, SceneFilter
from harness.errors import AssetsError, GauntletError


def data_suite(data: NavsimData, name: str, version: str, two_stage: bool, kwargs: dict[str, Any], partial: bool = False) -> dict[str, Any]:
    """The suite as a mapping. Raises AssetsError for a folder without scenes, or a partial one."""
    missing = set(data.missing)
    if two_stage:
        whole = [
            str(now) for now, before, pairs in data.mapping if not missing & {now, before, *(token for pair in pairs for token in pair)}
        ]
        wanted = len(data.mapping)
    else:
        whole = [token for token in data.tokens if token not in missing]
        wanted = len(data.tokens)
    if not whole or (len(whole) < wanted and not partial):
        kind = "two-stage groups" if two_stage else "scenes"
        raise AssetsError(
            f"{data.folder}: {len(whole):,} of {wanted:,} {kind} are whole ({data.coverage()})",
            "fetch the rest, or take what is there with --partial",
        )
    env = "navsim/TwoStage-v2" if two_stage else f"navsim/PDM-{version}"
    entry = {"env": env, "tags": {"task": name}, "axes": [{"key": "options.token", "values": whole}]}
    return {
        "name": f"navsim/{name}",
        "description": f"{len(whole)} {'two-stage groups' if two_stage else 'scenes'} of {data.folder.name}",
        "success": "last",
        "common": {"max_steps": 400 if two_stage else 1, "kwargs": {"source": "navsim", **kwargs}},
        "entries": [entry],
    }


def main(arguments: list[str]) -> int:
    """Write the suite. Returns 0, or 2 for what a user can mend."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.driving.data_suite", description=__doc__)
    parser.add_argument("--data", default=None, help=f"the folder (default: ${DATA_VARIABLE})")
    parser.add_argument("--split", default=None, help="folder under navsim_logs, where there are several")
    parser.add_argument("--filter", type=Path, default=None, help="a scene filter in NAVSIM's YAML")
    parser.add_argument("--version", choices=("v1", "v2"), default="v2")
    parser.add_argument("--two-stage", action="store_true")
    parser.add_argument("--partial", action="store_true", help="take what is there")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        folder = data_folder(options.data)
        chosen = SceneFilter.from_yaml(options.filter) if options.filter else None
        data = NavsimData(folder, split=options.split, scene_filter=chosen)
        kwargs = {
            "data": str(folder.resolve()),
            "cameras": [],
            **({"split": options.split} if options.split else {}),
            **({"partial": True} if options.partial else {}),
        }
        suite = data_suite(data, options.out.stem, options.version, options.two_stage, kwargs, options.partial)
    except GauntletError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    options.out.write_text(yaml.safe_dump(suite, sort_keys=False, width=140))
    print(f"{data.coverage()}; wrote {options.out}: {suite['description']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
