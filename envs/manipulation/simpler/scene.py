"""The physics settings, table, lights and objects of a SIMPLER scene, as the original set them (``simpler.md`` B2, D2, D4).

Each function takes a ManiSkill scene, of one environment or of many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import sapien
from mani_skill.utils.structs.actor import Actor
from mani_skill.utils.structs.types import DefaultMaterialsConfig, SceneConfig, SimConfig
from sapien.physx import PhysxMaterial, PhysxRigidDynamicComponent
from sapien.render import RenderBodyComponent

from envs.manipulation.simpler.assets import SimplerAssets
from envs.manipulation.simpler.collision_pieces import split_for_sapien3
from envs.manipulation.simpler.model_files import collision_file, visual_file
from envs.manipulation.simpler.models import ObjectModel

OBJECT_FRICTION = 0.5
OBJECT_DAMPING = 0.1  # linear and angular
SOLVER_ITERATIONS = 25  # of positions
DEFAULT_FRICTION = 1.0  # of whatever has no material of its own: table, robot links
STAGE_ROTATION = (0.707, 0.707, 0.0, 0.0)  # the stages are y up
FIXED_IN_WORLD = 1 << 29  # of a shape's ignore group: shapes that share a bit do not collide
BRIDGE_STAGE_OFFSET = (-2.0634, -2.8313, 0.0)  # m: the point of the stage that is put at the world's origin


def simulation_settings(sim_freq: int, control_freq: int, contact_offset: float) -> SimConfig:
    """``sim_freq``, ``control_freq``: Hz; ``contact_offset``: m."""
    return SimConfig(
        spacing=20,
        sim_freq=sim_freq,
        control_freq=control_freq,
        scene_config=SceneConfig(
            contact_offset=contact_offset,
            solver_position_iterations=SOLVER_ITERATIONS,
            solver_velocity_iterations=1,
            enable_pcm=False,
            enable_tgs=True,
        ),
        default_materials_config=DefaultMaterialsConfig(
            static_friction=DEFAULT_FRICTION, dynamic_friction=DEFAULT_FRICTION, restitution=0.0
        ),
    )


def add_stage(scene: Any, stage: Path, offset: tuple[float, float, float]) -> Actor:
    """The static room with its table, ``offset`` (m) of it at the world's origin."""
    rotation = sapien.Pose(q=list(STAGE_ROTATION))
    builder = scene.create_actor_builder()
    builder.add_nonconvex_collision_from_file(str(stage), pose=rotation)
    builder.add_visual_from_file(str(stage), pose=rotation)
    builder.initial_pose = sapien.Pose([-offset[0], -offset[1], -offset[2]])
    return builder.build_static(name="arena")


def let_pass(stage: Actor, links: Iterable[Any]) -> None:
    """No contacts between the stage and ``links`` (sapien physx links) of a robot that stands fixed on it: what two things that cannot move exchange changes nothing, and takes a fifth of the time."""
    for body in (*stage._bodies, *links):
        for shape in body.collision_shapes:
            groups = shape.get_collision_groups()
            shape.set_collision_groups([*groups[:2], groups[2] | FIXED_IN_WORLD, groups[3]])


def add_object(scene: Any, assets: SimplerAssets, model: ObjectModel) -> Actor:
    """A dynamic object of the original's density, friction and damping."""
    friction = PhysxMaterial(static_friction=OBJECT_FRICTION, dynamic_friction=OBJECT_FRICTION, restitution=0.0)
    scale = [model.scale] * 3
    builder = scene.create_actor_builder()
    builder.add_multiple_convex_collisions_from_file(
        str(split_for_sapien3(assets.path(collision_file(model.name)))), scale=scale, material=friction, density=model.density
    )
    builder.add_visual_from_file(str(assets.path(visual_file(model.name))), scale=scale)
    builder.initial_pose = sapien.Pose([0, 0, 10])  # out of everything's way until it is placed
    actor = builder.build(name=model.name)
    glow(actor)
    for body in actor._bodies:
        body.set_linear_damping(OBJECT_DAMPING)
        body.set_angular_damping(OBJECT_DAMPING)
    return actor


def glow(actor: Actor) -> None:
    """Let baked light shine. Their files state a texture of emitted light with a factor of zero, which SAPIEN 2 ignored."""
    for entity in actor._objs:
        component = cast(Any, entity.find_component_by_type(RenderBodyComponent))
        for part in (part for shape in component.render_shapes for part in shape.parts):
            if part.material.emission_texture is not None:
                part.material.emission = [1.0, 1.0, 1.0, 1.0]


def body_of(actor: Actor) -> PhysxRigidDynamicComponent:
    """The rigid body of an actor in a single environment."""
    return cast(PhysxRigidDynamicComponent, actor._bodies[0])


def light_table(scene: Any) -> None:
    scene.set_ambient_light([0.3, 0.3, 0.3])
    scene.add_directional_light([0, 0, -1], [2.2, 2.2, 2.2])
    scene.add_directional_light([-1, -0.5, -1], [0.7, 0.7, 0.7])
    scene.add_directional_light([1, 1, -1], [0.7, 0.7, 0.7])


def light_sink(scene: Any) -> None:
    scene.set_ambient_light([0.3, 0.3, 0.3])
    scene.add_directional_light([0, 0, -1], [0.3, 0.3, 0.3])


LIGHTS: Mapping[str, Callable[[Any], None]] = {"table": light_table, "sink": light_sink}
