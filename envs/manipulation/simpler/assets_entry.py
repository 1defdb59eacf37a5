"""SIMPLER's entry point of the group ``gauntlet.assets``: calling it looks, ``get`` brings data into place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from envs.manipulation.simpler.assets_findings import Row, assets_findings


class SimplerData:
    def __call__(self, folder: str | Path | None = None) -> list[Row]:
        return assets_findings(folder)

    def get(self, source: str | Path | None = None, target: str | Path | None = None) -> list[Row]:
        from envs.manipulation.simpler.assets_get import get_assets

        return get_assets(source, target)

    def facts(self, scenarios: Sequence[Any], environ: Mapping[str, str]) -> dict[str, Any]:
        """What run.json says of the data: its layout, and which files of these scenarios are substitutes, so that a score made with them is marked. ``scenarios``: with env, kwargs and options."""
        from envs.manipulation.simpler.assets import ASSETS_VARIABLE, open_assets
        from envs.manipulation.simpler.scenario_files import files_of

        assets = open_assets(environ.get(ASSETS_VARIABLE))
        names = sorted({name for scenario in scenarios for name in files_of(scenario.env, scenario.kwargs, scenario.options)})
        hits = {name: assets.find(name) for name in names}
        return {
            "layout": assets.layout,
            "files": len(names),
            "substitutes": sorted(hit.name for hit in hits.values() if hit is not None and hit.substitute),
            "missing": [name for name, hit in hits.items() if hit is None],
        }


simpler_data = SimplerData()
