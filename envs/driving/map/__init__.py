"""The map: reading and writing nuPlan GeoPackages, an immutable compiled form cached on disk, queries, route correction and centrelines."""

from envs.driving.map.build import MapBuilder
from envs.driving.map.driving_map import DrivingMap
from envs.driving.map.layers import Layer, PolygonLayer
from envs.driving.map.store import load_map
from envs.driving.map.write_gpkg import write_map

__all__ = ["DrivingMap", "Layer", "MapBuilder", "PolygonLayer", "load_map", "write_map"]
