"""Comparison videos from run folders: the same scenario as several policies met it, side by side and in step."""

from harness.video.montage import Montage, make_montage
from harness.video.selection import Take, choose_scenes

__all__ = ["Montage", "Take", "choose_scenes", "make_montage"]
