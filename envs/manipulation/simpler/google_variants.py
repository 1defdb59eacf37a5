"""What variant aggregation varies on the Google Robot's table and cabinet (``simpler.md`` D2); the first of each is that of visual matching."""

from __future__ import annotations

from collections.abc import Mapping

from envs.manipulation.simpler.google_files import TABLE_STAGE

TABLE_STAGES = (
    TABLE_STAGE,
    f"{TABLE_STAGE}_alt_background",
    f"{TABLE_STAGE}_alt_background_2",
    "Baked_sc1_staging_objaverse_cabinet1_h870",
    "Baked_sc1_staging_objaverse_cabinet2_h870",
)
HEAD_TILTS: Mapping[str, float] = {"default": 0.7851361, "alternative_1": 0.9351361, "alternative_2": 0.6651361}  # rad
CABINET_STAGES = ("dummy_drawer", "frl_apartment_stage_simple", "modern_bedroom_no_roof", "modern_office_no_roof")
STATIONS = ("mk_station_recolor", "mk_station", "mk_station2", "mk_station3")
