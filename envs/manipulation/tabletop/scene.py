"""The simulated scene: table, Panda, cameras, objects, cabinet. Builds it, steps it, observes it; knows nothing of tasks.

The scene is built anew for every episode: PhysX keeps contact caches and warm starts in the scene, and only a new one makes an episode's states bit-identical whatever ran before.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import sapien
from mani_skill.envs.sapien_env import BaseEnv
from mani_skill.sensors.camera import CameraConfig
from mani_skill.utils import sapien_utils
from mani_skill.utils.structs.types import SceneConfig, SimConfig
from numpy.typing import NDArray
from sapien.physx import PhysxArticulation, PhysxRigidDynamicComponent
from scipy.spatial.transform import Rotation

from envs.manipulation.quick_shaders import quick_shaders
from envs.manipulation.tabletop import backdrop
from envs.manipulation.tabletop.cabinet import Cabinet
from envs.manipulation.tabletop.controller import CONTROL_HZ, GripperPoseController
from envs.manipulation.tabletop.layout import BASE_X, Layout
from envs.manipulation.tabletop.objects import Shape, build_object, shape_named
from envs.manipulation.tabletop.placing import PlacedObject
from envs.manipulation.tabletop.robot import FINGER_LINKS, FINGER_TRAVEL, LightPanda, light_urdf
from envs.manipulation.tabletop.vocabulary import colour_rgb
from envs.manipulation.tabletop.world import ObjectState, World, opposing
from harness.environment import CameraGeometry, Masks

SIM_HZ = 100
_SETTLE_STEPS = 40  # simulation steps before an episode begins: things come to rest
_COLLECT_EVERY = 20  # scenes; an old one holds a few MB until then
_START_BEFORE_CABINET = np.array([0.365, 0.0, 0.36])  # m, base frame: drawn back, clear of open drawers
CAMERAS: Final[tuple[str, ...]] = ("third_person", "wrist")


class TabletopScene(BaseEnv):
    """One scene of ManiSkill, driven step by step without its batched step and observation."""

    SUPPORTED_REWARD_MODES = ("none",)
    SUPPORTED_OBS_MODES = ("none",)

    def __init__(
        self, layout: Layout, camera_sizes: Mapping[str, tuple[int, int]], shader: str, sim_backend: str, render_backend: str
    ) -> None:
        self.layout = layout
        self.camera_sizes = camera_sizes
        self._shader = shader
        self.controller = GripperPoseController(light_urdf())
        self._bodies: dict[str, PhysxRigidDynamicComponent] = {}
        self._shapes: dict[str, tuple[Shape, str]] = {}
        self.cabinet: Cabinet | None = None
        self._rendered_now = False
        self._rebuilds = 0
        super().__init__(
            robot_uids=LightPanda.uid,
            obs_mode="none",
            reward_mode="none",
            control_mode="pd_joint_pos",
            sim_backend=sim_backend,
            render_backend=render_backend,
        )

    # What ManiSkill asks of an environment.

    @property
    def _default_sim_config(self) -> SimConfig:
        return SimConfig(
            sim_freq=SIM_HZ,
            control_freq=CONTROL_HZ,
            scene_config=SceneConfig(contact_offset=0.01, solver_position_iterations=15, enable_enhanced_determinism=True),
        )

    @property
    def _default_sensor_configs(self) -> list[CameraConfig]:
        def camera(name: str, pose: Any, fov: float, mount: Any = None) -> CameraConfig:
            width, height = self.camera_sizes[name]
            return CameraConfig(name, pose, width, height, fov=fov, near=0.01, far=10.0, mount=mount, shader_pack=self._shader)

        hand = self.agent.robot.links_map["panda_hand"]
        return [
            camera("third_person", sapien_utils.look_at((-0.42, -0.78, 0.64), (0.035, 0.0, 0.10)), 0.82),
            camera("wrist", _wrist_pose(), 1.2, hand),
        ]

    @property
    def _default_human_render_camera_configs(self) -> list[CameraConfig]:
        return []

    def _load_agent(self, options: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super()._load_agent(options, sapien.Pose([BASE_X, 0.0, 0.0]))

    def _load_scene(self, options: dict[str, Any]) -> None:
        backdrop.build(self.scene, self.layout.backdrop)
        self._bodies, self._shapes = {}, {}
        for placed in self.layout.objects:
            shape = shape_named(placed.shape, placed.scale)
            pose = _lying_pose(placed, shape) if placed.lying else _standing_pose(placed, shape)
            entity = build_object(self.scene, placed.name, shape, colour_rgb(placed.colour), pose)
            self._bodies[placed.name] = entity.find_component_by_type(PhysxRigidDynamicComponent)
            self._shapes[placed.name] = (shape, placed.role)
        self.cabinet = Cabinet.build(self.scene, self.layout.cabinet) if self.layout.cabinet is not None else None

    def _setup_sensors(self, options: dict[str, Any]) -> None:
        with quick_shaders():
            super()._setup_sensors(options)

    def _load_lighting(self, options: dict[str, Any]) -> None:
        backdrop.light(self.scene, self.layout.backdrop)

    def _initialize_episode(self, env_idx: Any, options: dict[str, Any]) -> None:
        return

    def _clear(self) -> None:
        """As ManiSkill's, but collects garbage only now and then: a full collection takes 0.15 s, three quarters of building a scene."""
        self._close_viewer()
        self.agent: Any = None
        self._sensors, self._human_render_cameras, self._hidden_objects = {}, {}, []
        self.scene: Any = None
        self._rebuilds += 1
        if self._rebuilds % _COLLECT_EVERY == 0:
            gc.collect()

    def evaluate(self) -> dict[str, Any]:
        return {}

    # What the suite asks of the scene.

    def rebuild(self, layout: Layout) -> None:
        """A new scene with ``layout``, its things at rest, the robot at home."""
        self.layout = layout
        self.reset(seed=0, options={"reconfigure": True})
        self._articulation: PhysxArticulation = self.agent.robot._objs[0]
        self._physics: Any = self.scene.sub_scenes[0].physx_system
        self.controller.attach(self.agent.robot, _START_BEFORE_CABINET if self.layout.cabinet is not None else None)
        if self.cabinet is not None:
            self.cabinet.start()
        self._finger_bodies = [self.agent.robot.links_map[name]._objs[0] for name in FINGER_LINKS]
        self._body_names = self._name_bodies()
        for _ in range(_SETTLE_STEPS):
            self._physics.step()
        self._rendered_now = False

    def simulate(self, action: NDArray[np.float32]) -> None:
        """One control step."""
        joints = self.controller.command(action)
        self.controller.drive(joints, SIM_HZ // CONTROL_HZ, self._physics.step)
        self._rendered_now = False

    def world(self) -> World:
        """The present state. Contacts are those of the last simulation step."""
        objects = {}
        for name, body in self._bodies.items():
            shape, role = self._shapes[name]
            pose = body.entity.pose
            objects[name] = ObjectState.at(name, shape, role, np.asarray(pose.p, float), _rotation(pose.q))
        position, rotation = self.controller.measured()
        touching, grasped, forces = self._contacts(rotation[:, 1])
        return World(
            objects=objects,
            drawers=self.cabinet.drawers() if self.cabinet is not None else {},
            tcp=position + np.array([BASE_X, 0.0, 0.0]),
            tcp_rotation=rotation,
            gripper=self.gripper_openness(),
            grasped=grasped,
            touching=touching,
            robot_forces=forces,
        )

    def gripper_openness(self) -> float:
        """0 closed, 1 open, measured."""
        fingers = np.asarray(self._articulation.get_qpos(), float)[-2:]
        return float(np.clip(fingers.mean() / FINGER_TRAVEL, 0.0, 1.0))

    def robot_state(self) -> dict[str, NDArray[np.float32]]:
        """See :class:`envs.manipulation.adapter.ManipulationTask`; ``eef_target``: (7,) commanded position and wxyz, to which the next action is relative."""
        position, rotation = self.controller.measured()
        target = np.concatenate([self.controller.position, _quaternion(self.controller.rotation)])
        return {
            "eef_pos": position.astype(np.float32),
            "eef_quat": _quaternion(rotation).astype(np.float32),
            "gripper": np.array([self.gripper_openness()], np.float32),
            "qpos": np.asarray(self._articulation.get_qpos(), np.float32).copy(),
            "eef_target": target.astype(np.float32),
        }

    def object_pose(self, name: str) -> NDArray[np.float64]:
        """(7,) world x y z qw qx qy qz."""
        pose = self._bodies[name].entity.pose
        return np.concatenate([pose.p, pose.q]).astype(float)

    def place_object(self, name: str, position: Any, quaternion: Any = (1.0, 0.0, 0.0, 0.0)) -> None:
        """Teleports an object and stops it: for tests of predicates."""
        body = self._bodies[name]
        body.entity.set_pose(sapien.Pose([float(value) for value in position], [float(value) for value in quaternion]))
        body.set_linear_velocity([0.0, 0.0, 0.0])
        body.set_angular_velocity([0.0, 0.0, 0.0])
        self._rendered_now = False

    def render_rgb(self, camera: str) -> NDArray[np.uint8]:
        picture = np.asarray(self._capture(camera).get_picture("Color"))[..., :3]
        if picture.dtype != np.uint8:
            picture = (np.clip(picture, 0.0, 1.0) * 255).astype(np.uint8)
        return np.ascontiguousarray(picture)

    def geometry(self, camera: str) -> CameraGeometry:
        component = self._component(camera)
        extrinsic = np.eye(4)
        extrinsic[:3] = np.asarray(component.get_extrinsic_matrix(), float)[:3]
        return {"intrinsic": np.asarray(component.get_intrinsic_matrix(), float), "extrinsic": extrinsic, "size": self.camera_sizes[camera]}

    def masks(self, camera: str) -> Masks:
        component = self._capture(camera)
        if self._shader == "minimal":
            ids = np.asarray(component.get_picture("PositionSegmentation"))[..., 3]
        else:
            ids = np.asarray(component.get_picture("Segmentation"))[..., 1]
        names: dict[int, str] = {}
        label_of = np.zeros(int(ids.max()) + 1, np.int32)  # by entity id
        for name, entities in self._named_entities().items():
            label = len(names) + 1
            names[label] = name
            label_of[[entity for entity in entities if entity < len(label_of)]] = label
        return {"labels": label_of[ids], "names": names}

    # Details.

    def _component(self, camera: str) -> Any:
        sensor: Any = self._sensors[camera]
        return sensor.camera._render_cameras[0]

    def _capture(self, camera: str) -> Any:
        if not self._rendered_now:
            self.scene.sub_scenes[0].update_render()
            self._rendered_now = True
            self._captured: set[str] = set()
        component = self._component(camera)
        if camera not in self._captured:  # colours and masks come from one picture
            component.take_picture()
            self._captured.add(camera)
        return component

    def _name_bodies(self) -> dict[Any, str]:
        """{SAPIEN body: name} of everything that contacts are reported for."""
        names: dict[Any, str] = {body: name for name, body in self._bodies.items()}
        for link in self._articulation.links:
            names[link] = "robot"
        for link, name in zip(self._finger_bodies, ("left finger", "right finger")):
            names[link] = name
        if self.cabinet is not None:
            names.update(self.cabinet.body_names())
        return names

    def _named_entities(self) -> dict[str, list[int]]:
        """{name: ids in a segmentation picture}."""
        entities: dict[str, list[int]] = {name: [body.entity.per_scene_id] for name, body in self._bodies.items()}
        if self.cabinet is not None:
            for body, name in self.cabinet.body_names().items():
                entities.setdefault(name, []).append(body.entity.per_scene_id)
        entities["robot"] = [link.entity.per_scene_id for link in self._articulation.links]
        return entities

    def _contacts(self, opening_axis: NDArray[np.float64]) -> tuple[frozenset[frozenset[str]], frozenset[str], dict[str, float]]:
        touching: set[frozenset[str]] = set()
        pressed: dict[str, dict[str, NDArray[np.float64]]] = {"left finger": {}, "right finger": {}}
        forces: dict[str, float] = {}
        for contact in self._physics.get_contacts():
            impulse = np.sum([point.impulse for point in contact.points], axis=0) if contact.points else np.zeros(3)
            if float(np.linalg.norm(impulse)) < 1e-6:
                continue
            one, two = (self._body_names.get(body, "table") for body in contact.bodies)
            touching.add(frozenset((one, two)))
            for finger, other, sign in ((one, two, 1.0), (two, one, -1.0)):
                if finger in pressed:
                    pressed[finger][other] = pressed[finger].get(other, np.zeros(3)) + sign * impulse
                if finger in ("robot", "left finger", "right finger") and other not in ("robot", "left finger", "right finger"):
                    forces[other] = forces.get(other, 0.0) + float(np.linalg.norm(impulse)) * SIM_HZ
        grasped = frozenset(
            name
            for name in pressed["left finger"].keys() & pressed["right finger"].keys()
            if opposing(pressed["left finger"][name], pressed["right finger"][name], opening_axis)
        )
        return frozenset(touching), grasped, forces


def _rotation(quaternion: Any) -> NDArray[np.float64]:
    return Rotation.from_quat(np.asarray(quaternion, float)[[1, 2, 3, 0]]).as_matrix()


def _quaternion(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """(4,) wxyz with w >= 0."""
    x, y, z, w = Rotation.from_matrix(rotation).as_quat(canonical=True)
    return np.array([w, x, y, z])


def _standing_pose(placed: PlacedObject, shape: Shape) -> sapien.Pose:
    yaw = [float(np.cos(placed.yaw / 2)), 0.0, 0.0, float(np.sin(placed.yaw / 2))]
    return sapien.Pose([placed.x, placed.y, float(-shape.hull[:, 2].min()) + 0.001], yaw)


def _lying_pose(placed: PlacedObject, shape: Shape) -> sapien.Pose:
    """On its side, the body's z axis along ``yaw``. Round things are turned about it until one of the 16 faces of their collision body is down, so that they rest and do not roll."""
    rotation = Rotation.from_euler("ZYZ", [placed.yaw, np.pi / 2, np.pi / 16]).as_matrix()
    lowest = float((shape.hull @ rotation.T)[:, 2].min())
    return sapien.Pose([placed.x, placed.y, 0.001 - lowest], _quaternion(rotation).tolist())


def _wrist_pose() -> sapien.Pose:
    """In the frame of panda_hand (z towards the fingers): beside the hand, looking at a point a little past the finger tips. SAPIEN cameras look along x with z up."""
    eye, target = np.array([0.085, 0.0, 0.0]), np.array([0.01, 0.0, 0.20])
    forward = (target - eye) / np.linalg.norm(target - eye)
    left = np.array([0.0, 1.0, 0.0])
    matrix = np.stack([forward, left, np.cross(forward, left)], axis=1)
    return sapien.Pose(eye.tolist(), _quaternion(matrix).tolist())
