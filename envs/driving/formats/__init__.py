"""NAVSIM's formats, both ways: logs, two-stage scenes, scene filters, data folders, sensor files."""

from envs.driving.formats.data_folder import NavsimData, scene_of
from envs.driving.formats.data_index import DataIndex, write_index
from envs.driving.formats.navsim_log import read_log, write_log
from envs.driving.formats.scene_filter import SceneFilter, filter_named, published_split, published_splits
from envs.driving.formats.synthetic_scene import read_synthetic_scene, write_synthetic_scene

__all__ = [
    "DataIndex",
    "NavsimData",
    "SceneFilter",
    "filter_named",
    "published_split",
    "published_splits",
    "read_log",
    "read_synthetic_scene",
    "scene_of",
    "write_index",
    "write_log",
    "write_synthetic_scene",
]
