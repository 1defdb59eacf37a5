"""The pictures of an episode, drawn when somebody looks: the cameras a policy sees, masks, and the view from above."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from envs.driving.birdseye import BirdseyePainter, BirdseyeView
from envs.driving.camera import chosen_cameras
from envs.driving.camera.rig import camera_geometry
from envs.driving.map.driving_map import DrivingMap
from envs.driving.road_outlines import RoadOutlines, outlines_of
from harness.environment import CameraGeometry
from harness.errors import ConfigError
from harness.lazy import LazyDict

if TYPE_CHECKING:
    from envs.driving.camera.renderer import StreetRenderer
    from envs.driving.camera.street import Street, StreetState


class EpisodePictures:
    """Owns the renderer (made when the first picture is asked for) and the street of the present episode.

    Args:
        cameras: names of :data:`envs.driving.camera.RIG`; empty: the policy sees nothing. ``size``: (width, height).
    """

    def __init__(self, cameras: Sequence[str], size: tuple[int, int], render_backend: str = "auto") -> None:
        self.cameras = chosen_cameras(list(cameras))
        if min(size) < 16:
            raise ConfigError(f"driving: camera_size {size!r} is too small", "at least 16 pixels a side")
        self.size, self.backend = size, render_backend
        self._renderer: StreetRenderer | None = None
        self._street: Street | None = None
        self._key: tuple[Hashable, ...] = ()
        self._outlines: tuple[DrivingMap, RoadOutlines, BirdseyePainter] | None = None

    def space(self) -> spaces.Dict:
        width, height = self.size
        return spaces.Dict({camera.name: spaces.Box(0, 255, (height, width, 3), np.uint8) for camera in self.cameras})

    def begin(self, driving_map: DrivingMap, key: tuple[Hashable, ...], make_street: Callable[[RoadOutlines], Street]) -> None:
        """A new episode; the street is built when the first picture is asked for, and kept while map and ``key`` (all that ``make_street`` depends on) stay."""
        same_map = self._outlines is not None and self._outlines[0] is driving_map
        if not (same_map and key == self._key):
            self._street, self._key = None, key
        if not same_map:
            outlines = outlines_of(driving_map)
            self._outlines = driving_map, outlines, BirdseyePainter(outlines)
        self._make_street = make_street

    def images(self, state: Callable[[], StreetState]) -> LazyDict:
        """{camera: (H, W, 3)} of the moment that ``state`` describes."""
        return LazyDict({camera.name: (lambda name=camera.name: self._loaded().picture(name, state())) for camera in self.cameras})

    def masks(self, state: Callable[[], StreetState]) -> LazyDict:
        """{camera: which pixel is which thing (:class:`harness.environment.Masks`)}."""
        return LazyDict({camera.name: (lambda name=camera.name: self._loaded().masks(name, state())) for camera in self.cameras})

    def geometry(self, ego_pose: NDArray[np.float64]) -> dict[str, CameraGeometry]:
        """{camera: where it is} with the rear axle at ``ego_pose`` (x, y, heading)."""
        return {camera.name: camera_geometry(camera, self.size, ego_pose) for camera in self.cameras}

    def views(self, view: Callable[[], BirdseyeView]) -> LazyDict:
        """Pictures for people and videos only: ``bev``."""
        return LazyDict({"bev": lambda: self.from_above(view())})

    def from_above(self, view: BirdseyeView) -> NDArray[np.uint8]:
        assert self._outlines is not None, "EpisodePictures.begin comes first"
        return self._outlines[2].paint(view)

    def close(self) -> None:
        self._renderer = None

    def _loaded(self) -> Any:
        if self._renderer is None:
            from envs.driving.camera.renderer import StreetRenderer

            self._renderer = StreetRenderer(self.cameras, self.size, self.backend)
        if self._street is None:
            assert self._outlines is not None, "EpisodePictures.begin comes first"
            self._street = self._make_street(self._outlines[1])
        self._renderer.load(self._street)
        return self._renderer
