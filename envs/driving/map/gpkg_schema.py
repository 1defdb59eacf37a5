"""What nuPlan's GeoPackages hold: layers, their columns, and which of them a reader needs.

Source: nuplan-devkit's nuplan/common/maps/nuplan_map and nuplan/database/maps_db. Ids are the features' FIDs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from envs.driving.map.layers import Layer

VERSION_FILE = "nuplan-maps-v1.0.json"
MAP_FILE = "map.gpkg"
CRS_KEY = "projectedCoordSystem"
NUPLAN_VERSIONS: Mapping[str, str] = {
    "sg-one-north": "9.17.1964",
    "us-ma-boston": "9.12.1817",
    "us-nv-las-vegas-strip": "9.15.1915",
    "us-pa-pittsburgh-hazelwood": "9.17.1937",
}
"""The locations that the official devkit insists on, with their published versions."""
ALIASES: Mapping[str, str] = {"las_vegas": "us-nv-las-vegas-strip"}
"""Other names that logs use (navsim's NavSimScenario maps this one)."""


@dataclass(frozen=True)
class LayerSpec:
    """A layer's geometry type and the columns that must be there."""

    geometry: str | None
    columns: tuple[str, ...] = ()
    required: bool = True


LANES, CONNECTORS, CONNECTOR_POLYGONS = "lanes_polygons", "lane_connectors", "gen_lane_connectors_scaled_width_polygons"
GROUPS, GROUP_CONNECTORS = "lane_groups_polygons", "lane_group_connectors"
BASELINES, BOUNDARIES, STOPS = "baseline_paths", "boundaries", "stop_polygons"

SCHEMA: Mapping[str, LayerSpec] = {
    "meta": LayerSpec(None, ("key", "value")),
    LANES: LayerSpec("Polygon", ("lane_fid", "lane_group_fid", "lane_index", "speed_limit_mps", "left_boundary_fid", "right_boundary_fid")),
    GROUPS: LayerSpec("Polygon"),
    CONNECTORS: LayerSpec(
        "LineString", ("exit_lane_fid", "entry_lane_fid", "lane_group_connector_fid", "speed_limit_mps", "traffic_light_stop_line_fids")
    ),
    CONNECTOR_POLYGONS: LayerSpec("Polygon", ("lane_connector_fid", "left_boundary_fid", "right_boundary_fid")),
    GROUP_CONNECTORS: LayerSpec("Polygon", ("from_lane_group_fid", "to_lane_group_fid", "intersection_fid")),
    BASELINES: LayerSpec("LineString", ("lane_fid", "lane_connector_fid")),
    BOUNDARIES: LayerSpec("LineString"),
    "intersections": LayerSpec("Polygon"),
    "carpark_areas": LayerSpec("Polygon"),
    STOPS: LayerSpec("Polygon", ("stop_polygon_type_fid",)),
    "crosswalks": LayerSpec("Polygon", required=False),
    "walkways": LayerSpec("Polygon", required=False),
    "road_segments": LayerSpec("Polygon", required=False),
    "generic_drivable_areas": LayerSpec("Polygon", required=False),
}

AREA_LAYERS: Mapping[Layer, str] = {
    Layer.INTERSECTION: "intersections",
    Layer.CARPARK_AREA: "carpark_areas",
    Layer.CROSSWALK: "crosswalks",
    Layer.WALKWAY: "walkways",
    Layer.GENERIC_DRIVABLE: "generic_drivable_areas",
    Layer.ROAD_SEGMENT: "road_segments",
    Layer.STOP_POLYGON: STOPS,
}
