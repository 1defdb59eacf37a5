"""Which files of SIMPLER's data the Google Robot and its tasks load, by logical name (see :mod:`envs.manipulation.simpler.required_files`)."""

from __future__ import annotations

COLOURS = ("none", "recolor_tabletop_visual_matching_1", "recolor_tabletop_visual_matching_2", "recolor_cabinet_visual_matching_1")
_URDF = "googlerobot/google_robot_meta_sim_fix_wheel_fix_fingertip"


def urdf_file(colours: str) -> str:
    """``colours``: one of COLOURS, the published ``urdf_version``."""
    return f"{_URDF}.urdf" if colours == "none" else f"{_URDF}_{colours}.urdf"
