"""What can be wrong with driving data: one class a kind, so that a caller can tell them apart."""

from __future__ import annotations

from harness.errors import GauntletError


class DataError(GauntletError):
    """A data folder, an index or a split is absent, partial or inconsistent."""


class FormatError(GauntletError):
    """A log, a synthetic scene or a sensor file does not hold what its format promises."""


class UnsafePickleError(FormatError):
    """A pickle names a class or function that NAVSIM's formats do not use: it is not loaded."""


class LogGapError(FormatError):
    """Frames of one scene are not half a second apart, or belong to different drives."""


class MapError(GauntletError):
    """A map file is absent, incomplete or wrong."""


class UnknownLocationError(MapError):
    """A scene names a map that the maps folder does not have."""


class RouteError(GauntletError):
    """A scene has no route, or its route is nowhere on the map."""


class TrajectoryError(GauntletError):
    """A trajectory has the wrong shape, no poses, NaN, or a useless sampling."""


class UnknownTokenError(DataError):
    """A token is unknown to the data, or missing from the trajectory file."""


class DuplicateTokenError(DataError):
    """One token names two scenes or two trajectories lists."""


class CacheVersionError(DataError):
    """A cache on disk was written by another version."""
