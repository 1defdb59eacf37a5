"""What each shape looks like, collides as, weighs, and where it is grasped.

Body frames: origin at the centre of the bounding box when the object rests in its usual pose, z up, the long axis of lying things along x. Lengths in metres at scale 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal

import numpy as np
import sapien
import trimesh
from numpy.typing import NDArray

from envs.manipulation.tabletop import meshes

Tint = Literal["own", "leaf", "light", "dark"]  # "own": the colour the object is named by


@dataclass(frozen=True)
class Shape:
    """One kind of object. ``round`` means symmetric about its z axis; ``tall`` things are knocked by a passing hand."""

    visual: tuple[tuple[trimesh.Trimesh, Tint], ...]
    collision: tuple[trimesh.Trimesh, ...]  # each one is used as its convex hull
    mass: float  # kg
    grasp_point: tuple[float, float, float] | None = (0.0, 0.0, 0.0)  # body frame; None: not for grasping
    round: bool = False
    surface: float | None = None  # receptacles: height of the supporting surface above the lowest point

    @cached_property
    def hull(self) -> NDArray[np.float64]:
        """(n, 3) convex hull of the collision body."""
        return meshes.hull_vertices(self.collision)

    @cached_property
    def density(self) -> float:
        """kg/m3 of the collision body, the same everywhere."""
        return self.mass / sum(float(mesh.convex_hull.volume) for mesh in self.collision)

    @cached_property
    def half_extents(self) -> NDArray[np.float64]:
        points = self.hull
        return (points.max(0) - points.min(0)) / 2

    @cached_property
    def footprint(self) -> float:
        """Radius of the circle about the origin that the resting object covers."""
        return float(np.linalg.norm(self.hull[:, :2], axis=1).max())

    @cached_property
    def height(self) -> float:
        return float(2 * self.half_extents[2])


def _centred(*parts: trimesh.Trimesh) -> list[trimesh.Trimesh]:
    """``parts`` moved together so that their common bounding box is centred on the origin."""
    bounds = np.array([part.bounds for part in parts])
    middle = (bounds[:, 0].min(0) + bounds[:, 1].max(0)) / 2
    moved = [part.copy() for part in parts]
    for part in moved:
        part.apply_translation(-middle)
    return moved


def _cube(half: tuple[float, float, float]) -> Shape:
    body = meshes.box([2 * h for h in half])
    return Shape(((body, "own"),), (body,), mass=0.06)


def _can() -> Shape:
    radius, height = 0.026, 0.085
    wall = meshes.lathe([(0, 0.004), (radius, 0.004), (radius, height - 0.004), (0, height - 0.004)])
    rims = meshes.joined(
        meshes.lathe([(0, 0), (radius - 0.003, 0), (radius, 0.004), (0, 0.004)]),
        meshes.lathe([(0, height - 0.004), (radius, height - 0.004), (radius - 0.003, height), (0, height)]),
    )
    wall, rims, solid = _centred(wall, rims, meshes.lathe([(0, 0), (radius, 0), (radius, height), (0, height)], 16))
    return Shape(((wall, "own"), (rims, "light")), (solid,), mass=0.08, grasp_point=(0, 0, 0.012), round=True)


def _bottle() -> Shape:
    body = meshes.lathe([(0, 0), (0.024, 0), (0.026, 0.003), (0.026, 0.072), (0.021, 0.086), (0.014, 0.094), (0.014, 0.106), (0, 0.106)])
    cap = meshes.lathe([(0, 0.106), (0.0155, 0.106), (0.0155, 0.122), (0, 0.122)])
    trunk = meshes.lathe([(0, 0), (0.026, 0), (0.026, 0.072), (0, 0.072)], 16)
    shoulder = meshes.lathe([(0, 0.072), (0.026, 0.072), (0.021, 0.086), (0.014, 0.094), (0, 0.094)], 16)
    neck = meshes.lathe([(0, 0.094), (0.0155, 0.094), (0.0155, 0.122), (0, 0.122)], 16)
    body, cap, *solids = _centred(body, cap, trunk, shoulder, neck)
    return Shape(((body, "own"), (cap, "light")), tuple(solids), mass=0.08, grasp_point=(0, 0, 0.046), round=True)


def _carrot() -> Shape:
    profile = [(0, 0.0), (0.006, 0.002), (0.0095, 0.02), (0.0145, 0.07), (0.0175, 0.10), (0.0165, 0.112), (0.008, 0.118), (0, 0.119)]
    root = meshes.lying(meshes.lathe(profile))
    leaves = meshes.lying(
        meshes.joined(
            *[meshes.box((0.006, 0.006, 0.026), (0.0075 * np.cos(angle), 0.0075 * np.sin(angle), 0.128)) for angle in (0.5, 2.6, 4.7)]
        )
    )
    solid = meshes.lying(
        meshes.lathe([(0, 0), (0.007, 0.001), (0.016, 0.09), (0.017, 0.112), (0, 0.119)], 8)
    )  # eight faces: rests, does not roll
    root, leaves, solid = _centred(root, leaves, solid)
    return Shape(((root, "own"), (leaves, "leaf")), (solid,), mass=0.06, grasp_point=(0.012, 0, 0))


def _eggplant() -> Shape:
    profile = [(0, 0), (0.013, 0.003), (0.0215, 0.015), (0.0245, 0.034), (0.022, 0.055), (0.017, 0.075), (0.0135, 0.092), (0, 0.094)]
    fruit = meshes.lying(meshes.lathe(profile))
    calyx = meshes.lying(
        meshes.joined(
            meshes.lathe([(0, 0.086), (0.0165, 0.086), (0.013, 0.097), (0.005, 0.100), (0, 0.100)]),
            meshes.lathe([(0, 0.099), (0.0045, 0.099), (0.0045, 0.114), (0, 0.114)], 12),
        )
    )
    solid = meshes.lying(meshes.lathe([(0, 0), (0.013, 0.003), (0.0235, 0.02), (0.0245, 0.034), (0.0135, 0.097), (0, 0.100)], 8))
    fruit, calyx, solid = _centred(fruit, calyx, solid)
    return Shape(((fruit, "own"), (calyx, "leaf")), (solid,), mass=0.07, grasp_point=(-0.015, 0, 0))


def _spoon() -> Shape:
    handle = meshes.box((0.085, 0.014, 0.016), (0.018, 0, 0.008))
    head = meshes.flat_ellipsoid((0.027, 0.021, 0.008), (-0.047, 0, 0.008))
    handle, head = _centred(handle, head)
    return Shape(((meshes.joined(handle, head), "own"),), (handle, head), mass=0.05, grasp_point=(0.012, 0, 0))


def _plate() -> Shape:
    dish = meshes.lathe([(0, 0), (0.055, 0), (0.082, 0.012), (0.085, 0.014), (0.083, 0.016), (0.058, 0.009), (0, 0.008)], 40)
    ring = meshes.lathe([(0, 0.0081), (0.045, 0.0081), (0.045, 0.0087), (0, 0.0087)], 40)
    base = meshes.lathe([(0, 0), (0.060, 0), (0.066, 0.008), (0, 0.008)], 24)
    wedges = _ring_of_wedges(inner=(0.058, 0.0), middle=(0.058, 0.009), outer=(0.085, 0.012), top=(0.084, 0.016), sections=16)
    dish, ring, base, *wedges = _centred(dish, ring, base, *wedges)
    return Shape(((dish, "own"), (ring, "light")), (base, *wedges), mass=0.35, grasp_point=None, round=True, surface=0.008)


def _ring_of_wedges(
    inner: tuple[float, float], middle: tuple[float, float], outer: tuple[float, float], top: tuple[float, float], sections: int
) -> list[trimesh.Trimesh]:
    """Convex pieces of a rim: the quadrilateral with corners ``inner, middle, outer, top`` (radius, height) swept in ``sections`` chords."""
    pieces = []
    for section in range(sections):
        points = []
        for angle in (2 * np.pi * section / sections, 2 * np.pi * (section + 1) / sections):
            points += [(radius * np.cos(angle), radius * np.sin(angle), height) for radius, height in (inner, middle, outer, top)]
        pieces.append(trimesh.convex.convex_hull(np.array(points)))
    return pieces


def _bowl() -> Shape:
    outside = [(0, 0), (0.040, 0), (0.062, 0.014), (0.076, 0.034), (0.080, 0.050)]
    inside = [(0.076, 0.050), (0.071, 0.034), (0.056, 0.017), (0.036, 0.007), (0, 0.006)]
    shell = meshes.lathe(outside + inside, 40)
    floor = meshes.lathe([(0, 0), (0.040, 0), (0.044, 0.006), (0, 0.006)], 24)
    walls = [
        *_ring_of_wedges(inner=(0.036, 0.0), middle=(0.038, 0.007), outer=(0.062, 0.014), top=(0.056, 0.019), sections=16),
        *_ring_of_wedges(inner=(0.056, 0.015), middle=(0.062, 0.014), outer=(0.080, 0.050), top=(0.076, 0.050), sections=16),
    ]
    shell, floor, *walls = _centred(shell, floor, *walls)
    return Shape(((shell, "own"),), (floor, *walls), mass=0.35, grasp_point=None, round=True, surface=0.006)


def _cloth() -> Shape:
    sheet = meshes.box((0.17, 0.17, 0.004))
    stripes = meshes.joined(*[meshes.box((0.17, 0.007, 0.0006), (0, y, 0.0021)) for y in (-0.068, -0.050, 0.050, 0.068)])
    return Shape(((sheet, "own"), (stripes, "light")), (sheet,), mass=0.25, grasp_point=None, surface=0.004)


def _basket() -> Shape:
    length, width, height, wall = 0.20, 0.17, 0.070, 0.008
    floor = meshes.box((length, width, wall), (0, 0, wall / 2))
    sides = [meshes.box((length, wall, height), (0, sign * (width - wall) / 2, height / 2)) for sign in (-1, 1)] + [
        meshes.box((wall, width - 2 * wall, height), (sign * (length - wall) / 2, 0, height / 2)) for sign in (-1, 1)
    ]
    rim = meshes.joined(
        *[meshes.box((length + 0.004, wall + 0.004, 0.006), (0, sign * (width - wall) / 2, height)) for sign in (-1, 1)],
        *[meshes.box((wall + 0.004, width + 0.004, 0.006), (sign * (length - wall) / 2, 0, height)) for sign in (-1, 1)],
    )
    floor, rim, *sides = _centred(floor, rim, *sides)
    return Shape(((meshes.joined(floor, *sides), "own"), (rim, "dark")), (floor, *sides), mass=0.6, grasp_point=None, surface=wall)


_MAKERS = {
    "cube": lambda: _cube((0.020, 0.020, 0.020)),
    "block": lambda: _cube((0.030, 0.0175, 0.0175)),
    "can": _can,
    "bottle": _bottle,
    "carrot": _carrot,
    "eggplant": _eggplant,
    "spoon": _spoon,
    "plate": _plate,
    "cloth": _cloth,
    "bowl": _bowl,
    "basket": _basket,
}
SHAPES: tuple[str, ...] = tuple(_MAKERS)


@cache
def shape_named(name: str, scale: float = 1.0) -> Shape:
    """The shape ``name`` at ``scale``; made once a process."""
    shape = _MAKERS[name]()
    if scale == 1.0:
        return shape
    grow = trimesh.transformations.scale_matrix(scale)

    def scaled(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
        return mesh.copy().apply_transform(grow)

    grasp = shape.grasp_point
    return Shape(
        visual=tuple((scaled(mesh), tint) for mesh, tint in shape.visual),
        collision=tuple(scaled(mesh) for mesh in shape.collision),
        mass=shape.mass * scale**3,
        grasp_point=None if grasp is None else (grasp[0] * scale, grasp[1] * scale, grasp[2] * scale),
        round=shape.round,
        surface=None if shape.surface is None else shape.surface * scale,
    )


TINTS: dict[str, tuple[float, float, float]] = {"leaf": (0.10, 0.38, 0.08), "light": (0.80, 0.80, 0.78), "dark": (0.16, 0.13, 0.11)}


def material(rgb: tuple[float, float, float], roughness: float = 0.6) -> sapien.render.RenderMaterial:
    return sapien.render.RenderMaterial(base_color=[*rgb, 1.0], roughness=roughness, metallic=0.0, specular=0.3)


def build_object(scene: Any, name: str, shape: Shape, rgb: tuple[float, float, float], pose: sapien.Pose, friction: float = 1.0) -> Any:
    """Adds a dynamic object to a ManiSkill scene and returns its SAPIEN entity."""
    builder = scene.create_actor_builder()
    surface = sapien.physx.PhysxMaterial(static_friction=friction, dynamic_friction=friction, restitution=0.0)
    for mesh in shape.collision:
        builder.add_convex_collision_from_file(str(meshes.mesh_file(mesh)), material=surface, density=shape.density)
    for mesh, tint in shape.visual:
        colour = rgb if tint == "own" else TINTS[tint]
        builder.add_visual_from_file(str(meshes.mesh_file(mesh, smooth=True)), material=material(colour))
    builder.initial_pose = pose
    entity = builder.build(name)._objs[0]
    body = entity.find_component_by_type(sapien.physx.PhysxRigidDynamicComponent)
    if len(body.collision_shapes) != len(shape.collision):  # ManiSkill passes over a mesh that PhysX cannot cook
        raise RuntimeError(f"{name}: {len(shape.collision)} collision pieces were made, PhysX took {len(body.collision_shapes)}")
    body.set_linear_damping(0.1)  # as SIMPLER's objects
    body.set_angular_damping(0.5)  # more than SIMPLER's 0.1: procedural carrots and cans must not roll for seconds
    return entity
