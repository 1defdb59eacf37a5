"""SIMPLER's entry point of the group ``gauntlet.assets``: calling it looks, ``get`` brings data into place."""

from __future__ import annotations

from pathlib import Path

from envs.manipulation.simpler.assets_findings import Row, assets_findings


class SimplerData:
    def __call__(self, folder: str | Path | None = None) -> list[Row]:
        return assets_findings(folder)

    def get(self, source: str | Path | None = None, target: str | Path | None = None) -> list[Row]:
        from envs.manipulation.simpler.assets_get import get_assets

        return get_assets(source, target)


simpler_data = SimplerData()
