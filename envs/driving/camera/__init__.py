"""Cameras: the street rendered as a NAVSIM vehicle's cameras see it. SAPIEN is imported when a picture is asked for (:mod:`envs.driving.camera.renderer`, :mod:`envs.driving.camera.frames`)."""

from envs.driving.camera.palette import WEATHERS
from envs.driving.camera.rig import RIG, CameraPose, chosen_cameras

__all__ = ["RIG", "WEATHERS", "CameraPose", "chosen_cameras"]
