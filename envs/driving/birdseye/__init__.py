"""Driving seen from above: the map, who is where, what was planned, what was driven, and what it scored."""

from envs.driving.birdseye.painter import BirdseyePainter
from envs.driving.birdseye.view import BirdseyeView, Path, Stamp

__all__ = ["BirdseyePainter", "BirdseyeView", "Path", "Stamp"]
