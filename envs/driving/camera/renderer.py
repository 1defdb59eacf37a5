"""Pictures of a street by SAPIEN's rasteriser: one renderer, many streets.

The static street is one mesh, made once a scene; things that move are bodies that are posed anew for each picture. Pictures are drawn at twice the size and averaged, which is what makes thin lane markings legible at 256 x 144.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

import cv2
import numpy as np
import sapien
from numpy.typing import NDArray

from envs.driving.camera.mesh import Mesh
from envs.driving.camera.palette import Weather, textures
from envs.driving.camera.rig import CameraPose, camera_geometry
from envs.driving.camera.signals import Lit, head_mesh, lit_lamp
from envs.driving.camera.street import SKY_RADIUS, Street, StreetState, sun_direction
from envs.driving.camera.street_shaders import street_shaders
from envs.driving.camera.things import shadow_mesh, thing_mesh
from envs.manipulation.quick_shaders import quick_copy
from envs.manipulation.render_device import choose_render_backend
from harness.environment import CameraGeometry, Masks

_NEAR, _FAR = 0.3, 1.2 * SKY_RADIUS
_OVERSAMPLING: Final = 2
_AWAY: Final = sapien.Pose([0.0, 0.0, -500.0])  # where bodies wait that a moment does not have
_SIGHT = 150.0  # m: farther things are smaller than a pixel
_LAMPS: Final[tuple[Lit, ...]] = ("red", "yellow", "green", "off")

Picture = NDArray[np.uint8]


class StreetRenderer:
    """Draws one street at a time; :meth:`load` changes it.

    Args:
        cameras: poses on the car; ``size``: (width, height) of every picture; ``backend``: "auto", "cpu" or "gpu" as for manipulation.
    """

    def __init__(self, cameras: Sequence[CameraPose], size: tuple[int, int], backend: str = "auto") -> None:
        self.cameras = {camera.name: camera for camera in cameras}
        self.size = size
        self.pictures_drawn = 0
        # Named as ManiSkill names them: SAPIEN lets a process render on one device only, and "whichever" is another than "cpu".
        device = "cuda" if choose_render_backend(backend) == "gpu" else "cpu"
        self._system = sapien.render.RenderSystem(sapien.Device(device))
        self._scene = sapien.Scene([self._system])
        self._components: dict[tuple[str, bool], Any] = {}
        self._street: Street | None = None
        self._static: list[Any] = []
        self._bodies: dict[tuple[str, bool], tuple[Any, Any]] = {}  # of a track, with or without brake lights: itself and its shadow
        self._heads: list[dict[Lit, Any]] = []
        self._shown: StreetState | None = None

    def load(self, street: Street) -> None:
        """Draw ``street`` from now on."""
        if street is self._street:
            return
        for entity in (
            *self._static,
            *(e for pair in self._bodies.values() for e in pair),
            *(e for head in self._heads for e in head.values()),
        ):
            self._scene.remove_entity(entity)
        self._street, self._shown = street, None
        self._material = _material(street.weather)
        self._static = [self._entity(street.mesh), self._sunlight(street)]
        self._bodies = {}
        self._heads = [{lamp: self._entity(head_mesh(lamp)) for lamp in _LAMPS} for _ in street.heads]
        self._scene.set_ambient_light(list(street.weather.ambient))

    def picture(self, camera: str, state: StreetState) -> Picture:
        """(H, W, 3) uint8 of what ``camera`` sees."""
        street = self._loaded()
        component = self._capture(camera, state)
        colours = np.ascontiguousarray(np.asarray(component.get_picture("Color"))[..., :3])
        if colours.dtype != np.uint8:  # another part of the process has set another format
            colours = np.round(np.clip(colours, 0.0, 1.0) * 255.0).astype(np.uint8)
        colours = cv2.resize(colours, self.size, interpolation=cv2.INTER_AREA).astype(np.float32)
        depth = np.asarray(component.get_picture("GbufferDepth"))[::_OVERSAMPLING, ::_OVERSAMPLING].reshape(self.size[1], self.size[0])
        picture = _hazed(colours, depth, street.weather)
        if street.weather.rain:
            picture = _rained(picture, street, state.time_us, list(self.cameras).index(camera))
        return np.ascontiguousarray(np.round(picture).astype(np.uint8))

    def masks(self, camera: str, state: StreetState) -> Masks:
        """Which pixel belongs to which thing: names are "kind:track token" and "signal:lane"."""
        street = self._loaded()
        component = self._capture(camera, state, masks=True)
        ids = np.asarray(component.get_picture("PositionSegmentation"))[..., 3]
        labels = np.zeros(ids.shape, np.int32)
        names: dict[int, str] = {}
        for name, entities in self._named(street, state):
            mask = np.isin(ids, entities)
            if mask.any():
                names[len(names) + 1] = name
                labels[mask] = len(names)
        return {"labels": labels, "names": names}

    def geometry(self, camera: str, state: StreetState) -> CameraGeometry:
        """Where the camera is, in the global frame with z up from the road."""
        return camera_geometry(self.cameras[camera], self.size, state.ego_pose)

    # Details.

    def _loaded(self) -> Street:
        if self._street is None:
            raise RuntimeError("StreetRenderer: load a street first")
        return self._street

    def _capture(self, camera: str, state: StreetState, masks: bool = False) -> Any:
        component = self._component(camera, masks)
        if state is not self._shown:
            self._show(state)
        self._scene.update_render()
        component.take_picture()
        self.pictures_drawn += 1
        return component

    def _show(self, state: StreetState) -> None:
        street = self._loaded()
        x, y, heading = (float(value) for value in state.ego_pose)
        ox, oy = street.origin
        boxes = state.boxes
        seen: set[tuple[str, bool]] = set()
        for k, token in enumerate(boxes.track_tokens):
            px, py = float(boxes.xyz[k, 0]), float(boxes.xyz[k, 1])
            if np.hypot(px - x, py - y) > _SIGHT:
                continue
            key = (token, token in state.braking and boxes.names[k] == "vehicle")
            if key not in self._bodies:
                size = _size(boxes.size[k])
                self._bodies[key] = self._entity(thing_mesh(boxes.names[k], size, token, key[1])), self._entity(shadow_mesh(size))
            for entity in self._bodies[key]:
                entity.set_pose(_planar(px - ox, py - oy, float(boxes.heading[k])))
            seen.add(key)
        for key, entities in self._bodies.items():
            if key not in seen:
                for entity in entities:
                    entity.set_pose(_AWAY)
        for head, entities in zip(street.heads, self._heads):
            lit = lit_lamp(head, state.lights)
            for lamp, entity in entities.items():
                entity.set_pose(_planar(*head.at, head.yaw) if lamp == lit else _AWAY)
        for (name, _), component in self._components.items():
            component.entity.set_pose(_camera_pose(self.cameras[name], (x - ox, y - oy, heading)))
        self._shown = state

    def _component(self, name: str, masks: bool) -> Any:
        """The camera that draws pictures, or the one of the picture's size that tells things apart."""
        if (name, masks) not in self._components:
            sapien.render.set_camera_shader_dir(str(quick_copy("minimal") if masks else street_shaders()))
            # Formats are the process's: another part of it may have set others.
            cast(Any, sapien.render).set_picture_format("Color", "r8g8b8a8unorm")
            cast(Any, sapien.render).set_picture_format("PositionSegmentation", "r16g16b16a16sint")
            scale = 1 if masks else _OVERSAMPLING
            width, height = self.size[0] * scale, self.size[1] * scale
            component = sapien.render.RenderCameraComponent(width, height, "")
            matrix = self.cameras[name].intrinsic_for((width, height))
            component.set_perspective_parameters(_NEAR, _FAR, matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2], 0.0)
            entity = sapien.Entity()
            entity.add_component(component)
            self._scene.add_entity(entity)
            self._components[name, masks] = component
            self._shown = None  # it has no pose yet
        return self._components[name, masks]

    def _entity(self, mesh: Mesh) -> Any:
        body = sapien.render.RenderBodyComponent()
        body.attach(sapien.render.RenderShapeTriangleMesh(mesh.vertices, mesh.triangles, mesh.normals, mesh.uvs, self._material))
        entity = sapien.Entity()
        entity.add_component(body)
        entity.set_pose(sapien.Pose())
        self._scene.add_entity(entity)
        return entity

    def _sunlight(self, street: Street) -> Any:
        light = sapien.render.RenderDirectionalLightComponent()
        light.set_color(list(street.weather.sunlight))
        direction = -sun_direction(street.weather, street.sun_azimuth)
        turn = cast(Any, sapien.math).shortest_rotation(np.array([1.0, 0.0, 0.0], np.float32), direction.astype(np.float32))
        entity = sapien.Entity()
        light.set_local_pose(sapien.Pose([0.0, 0.0, 0.0], turn))
        entity.add_component(light)
        self._scene.add_entity(entity)
        return entity

    def _named(self, street: Street, state: StreetState) -> list[tuple[str, list[int]]]:
        """(name, ids in a segmentation picture)."""
        kinds = dict(zip(state.boxes.track_tokens, state.boxes.names))
        entities: dict[str, list[int]] = {}
        for (token, _), (entity, _) in sorted(self._bodies.items(), key=lambda item: item[0]):
            if token in kinds:
                entities.setdefault(f"{kinds[token]}:{token}", []).append(entity.per_scene_id)
        for head, lamps in zip(street.heads, self._heads):
            entities.setdefault(f"signal:{head.lane}", []).extend(entity.per_scene_id for entity in lamps.values())
        return list(entities.items())


def _material(weather: Weather) -> Any:
    lit, shining = textures(weather)
    material = sapien.render.RenderMaterial(roughness=1.0, specular=0.0, metallic=0.0)
    material.base_color_texture = sapien.render.RenderTexture2D(lit, "R8G8B8A8Unorm", address_mode="edge", srgb=True)
    material.emission_texture = sapien.render.RenderTexture2D(shining, "R8G8B8A8Unorm", address_mode="edge", srgb=True)
    return material


def _size(size: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(size[0]), float(size[1]), float(size[2])


def _planar(x: float, y: float, heading: float) -> sapien.Pose:
    return sapien.Pose([x, y, 0.0], [float(np.cos(heading / 2)), 0.0, 0.0, float(np.sin(heading / 2))])


def _camera_pose(camera: CameraPose, ego: tuple[float, float, float]) -> sapien.Pose:
    """SAPIEN's cameras look along x with z up; ours along z with y down."""
    sapien_axes = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
    matrix = np.eye(4)
    matrix[:3, :3] = camera.matrix[:3, :3] @ sapien_axes
    matrix[:3, 3] = camera.matrix[:3, 3]
    return _planar(*ego) * sapien.Pose(matrix)


def _hazed(colours: NDArray[Any], depth: NDArray[Any], weather: Weather) -> NDArray[Any]:
    """Far things fade into the haze; the sky has its colour already."""
    distance = _NEAR * _FAR / np.maximum(_FAR - depth * (_FAR - _NEAR), 1e-6)
    share = 1.0 - np.exp(-weather.haze * np.where(distance > 0.9 * SKY_RADIUS * 0.7, 0.0, distance))
    return colours + share[..., None].astype(np.float32) * (np.asarray(weather.haze_colour, np.float32) - colours)


def _rained(picture: NDArray[Any], street: Street, time_us: int, camera: int) -> NDArray[Any]:
    """Faint slanted streaks, other ones at every moment."""
    rng = np.random.default_rng([street.seed, 23, time_us, camera])
    height, width = picture.shape[:2]
    layer = np.zeros((height, width), np.uint8)
    starts = rng.uniform([0, -0.1 * height], [width, height], (street.weather.rain, 2))
    lengths = rng.uniform(0.04, 0.11, street.weather.rain) * height
    for (x, y), length in zip(starts, lengths):
        cv2.line(layer, (int(x), int(y)), (int(x - 0.15 * length), int(y + length)), 255, 1, cv2.LINE_AA)
    return picture + (layer[..., None].astype(np.float32) / 255.0) * 0.22 * (235.0 - picture)
