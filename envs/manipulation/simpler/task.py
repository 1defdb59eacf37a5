"""What every SIMPLER task shares: one ManiSkill scene, rebuilt for each episode, with its robot, camera and photograph.

The scene is built anew at every ``begin``. PhysX keeps contact caches and SAPIEN an order of bodies that a "reset" scene would carry from one episode into the next; a new scene makes the episode a function of (seed, options) bit
for bit. Meshes, textures and shaders stay cached, so building costs little beside letting the objects settle.
"""

from __future__ import annotations

import gc
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import sapien
import torch
from mani_skill.envs.sapien_env import BaseEnv
from mani_skill.utils.sapien_utils import set_articulation_render_material
from mani_skill.utils.structs.actor import Actor
from mani_skill.utils.structs.types import SimConfig
from numpy.typing import NDArray
from sapien.render import RenderBodyComponent

from envs.manipulation.adapter import Assessment
from envs.manipulation.quick_shaders import quick_shaders
from envs.manipulation.simpler.assets import SimplerAssets
from envs.manipulation.simpler.model_files import collision_file
from envs.manipulation.simpler.models import ObjectModel
from envs.manipulation.simpler.overlay import Overlay
from envs.manipulation.simpler.robot import RobotSetUp
from envs.manipulation.simpler.scene import body_of, simulation_settings
from envs.manipulation.simpler.settled_states import SettledStates, settling_key
from envs.manipulation.simpler.settling import lay_asleep, pose_if_asleep
from harness.environment import CameraGeometry, ExpertPlan, Masks
from harness.errors import AgentError, ConfigError, RenderError, did_you_mean

ROBOT_PARKED = sapien.Pose([-10, 0, 0])  # where the original keeps the robot while the objects settle
ROBOT_LABEL = 1
COLLECT_EVERY = 20  # scenes
SHADERS = {"default": "Segmentation", "minimal": "PositionSegmentation"}  # {shader: the texture that holds the ids}


@dataclass(frozen=True)
class Settling:
    """What comes to rest before an episode (``objects``), and what decides where: how the objects are put above the ``stage`` (``layout``, plain data) and which ``models`` they are."""

    objects: Mapping[str, Actor]
    layout: Any
    models: Sequence[ObjectModel]
    stage: Path


class SimplerTask(BaseEnv):
    """A :class:`envs.manipulation.adapter.ManipulationTask` in a single environment. A family may change ``set_up`` and ``overlay`` between episodes, but not their rates and camera."""

    SUPPORTED_OBS_MODES = ("none",)
    SUPPORTED_REWARD_MODES = ("none",)
    agent: Any  # a SimplerRobot
    stage: Actor  # the static room with its table

    action_low = np.array([-1, -1, -1, -np.pi / 2, -np.pi / 2, -np.pi / 2, -1], np.float32)
    action_high = -action_low

    def __init__(self, assets: SimplerAssets, set_up: RobotSetUp, overlay: Overlay | None, shader: str, render_backend: str) -> None:
        if shader not in SHADERS:
            raise ConfigError(f"unknown shader {shader!r}", did_you_mean(shader, SHADERS))
        self.assets = assets
        self.set_up: RobotSetUp = set_up
        self.camera_sizes: Mapping[str, tuple[int, int]] = {set_up.camera: set_up.camera_size}
        self.control_hz = float(set_up.control_freq)
        self.overlay = overlay
        self.shader = shader
        self.settled_states = SettledStates()
        self._labelled: dict[str, tuple[NDArray[np.int32], dict[int, str]]] = {}  # of pictures taken since the last step
        super().__init__(
            num_envs=1, obs_mode="none", reward_mode="none", robot_uids="none", sim_backend="physx_cpu", render_backend=render_backend
        )

    @property
    def _default_sim_config(self) -> SimConfig:
        return simulation_settings(self.set_up.sim_freq, self.set_up.control_freq, self.set_up.contact_offset)

    # -- what a family of tasks adds --------------------------------------------------------------

    @abstractmethod
    def choose_episode(self, seed: int | None, options: dict[str, Any]) -> None:
        """Fix everything about the episode that (seed, options) decide. Raises ConfigError for options it does not know."""

    def hold_fixed(self) -> None:
        """Put what stays where it is in the newly built scene."""

    @abstractmethod
    def settle(self) -> None:
        """Let everything come to rest as the original does. The robot is parked."""

    @abstractmethod
    def settling(self) -> Settling | None:
        """What may fall asleep before the episode, and what decides where; None where nothing does. Once asleep it need not settle again."""

    def lay_out(self) -> None:
        """Put what the original puts somewhere after everything else is at rest."""

    @abstractmethod
    def note_start(self) -> None:
        """Take the state that the scene is in for the episode's first, which the judgement compares with."""

    @abstractmethod
    def foreground(self) -> dict[str, Any]:
        """{name: actor} of what is shown in front of the photograph, beside the robot; their order gives the labels of the masks."""

    @abstractmethod
    def stage_hides_something(self) -> bool:
        """Whether the stage may stand between the camera and the foreground. Where it does not, the photograph covers all of it, and it need not be rendered."""

    @abstractmethod
    def assess(self) -> Assessment: ...

    @abstractmethod
    def expert_plan(self) -> ExpertPlan | None: ...

    # -- episode ----------------------------------------------------------------------------------

    def begin(self, seed: int | None, options: dict[str, Any]) -> None:
        self.assets.new_episode()
        self.choose_episode(seed, options)
        self._labelled.clear()
        self._rebuild()
        if self._newly_settled:
            self._rebuild()  # what was laid to sleep begins every such episode, whether it settled now or long ago: bit for bit the same

    def _rebuild(self) -> None:
        self.reset(seed=0, options={"reconfigure": True})

    def advance(self, action: NDArray[np.float32]) -> None:
        action = np.asarray(action, np.float32)
        if action.shape != self.action_low.shape or not np.isfinite(action).all():
            raise AgentError(
                f"not an action of SIMPLER's {self.set_up.label}: {action.tolist()}",
                "give 7 finite numbers: dx dy dz (m), rotation vector (rad), gripper",
            )
        self._labelled.clear()
        self._step_action(action)

    def _load_agent(self, options: dict[str, Any], *_: Any, **__: Any) -> None:
        self.agent = self.set_up.build(self.scene, self.assets, self.shader)
        for articulation in self.agent.robot._objs if self.set_up.shiny else ():
            set_articulation_render_material(cast(Any, articulation), specular=0.9, roughness=0.3)

    def _setup_sensors(self, options: dict[str, Any]) -> None:
        with quick_shaders():
            super()._setup_sensors(options)

    def _initialize_episode(self, env_idx: torch.Tensor, options: dict[str, Any]) -> None:
        robot = self.agent.robot
        robot.set_pose(ROBOT_PARKED)
        self.hold_fixed()
        self._bring_to_rest()
        self.note_start()
        robot.set_pose(self.set_up.base_pose)
        self.agent.reset(init_qpos=torch.from_numpy(self.agent.simulator_qpos(np.array(self.set_up.qpos))))

    def _bring_to_rest(self) -> None:
        """From memory where that can be done, else by settling, which is remembered where everything sleeps then."""
        self._newly_settled = False
        settling = self.settling()
        if settling is None:
            self.settle()
            self.lay_out()
            return
        key = self._settling_key(settling)
        bodies = {name: body_of(actor) for name, actor in settling.objects.items()}
        rest = self.settled_states.find(key)
        if rest is not None:
            for name, body in bodies.items():
                lay_asleep(body, rest[name])
            return
        self.settle()
        self.lay_out()
        poses = {name: pose for name, body in bodies.items() if (pose := pose_if_asleep(body)) is not None}
        if len(poses) == len(bodies):
            self.settled_states.keep(key, poses)
            self._newly_settled = True

    def _settling_key(self, settling: Settling) -> str:
        models = [[model.name, model.density, model.scale] for model in settling.models]
        files = [self.assets.path(collision_file(model.name)) for model in settling.models]
        return settling_key([settling.layout, models, asdict(self._default_sim_config)], [settling.stage, *files])

    def _clear(self) -> None:
        # ManiSkill collects garbage here every time, which takes longer than building the scene. The old scene, emptied, leaves 1 MB of cycles: now and then is enough.
        if getattr(self, "scene", None) is not None:
            for scene in self.scene.sub_scenes:
                scene.clear()
        self.agent = cast(Any, None)
        self._sensors, self._human_render_cameras, self._hidden_objects = {}, {}, []
        self.scene = cast(Any, None)
        self._scenes_dropped = getattr(self, "_scenes_dropped", 0) + 1
        if self._scenes_dropped % COLLECT_EVERY == 0:
            gc.collect()

    def simulate(self, seconds: float) -> None:
        """Physics alone, no control."""
        for _ in range(int(self.set_up.sim_freq * seconds)):
            self.scene.step()

    def contacts(self) -> list[Any]:
        return cast(Any, self.scene.px).get_contacts()

    def centre(self, actor: Actor) -> NDArray[np.float64]:
        """(3,) m, world: the centre of mass, which the original's predicates use."""
        body = body_of(actor)
        return np.asarray((body.entity.pose * body.cmass_local_pose).p, np.float64)

    # -- what the agent sees ----------------------------------------------------------------------

    def robot_state(self) -> dict[str, NDArray[np.float32]]:
        qpos = self.agent.qpos()
        tcp = self.agent.robot.pose.sp.inv() * self.agent.tcp.pose.sp
        return {
            "eef_pos": np.asarray(tcp.p, np.float32),
            "eef_quat": np.asarray(tcp.q, np.float32),
            "gripper": np.array([self.agent.openness()], np.float32),
            "qpos": np.asarray(qpos, np.float32),
        }

    def render_camera(self, camera: str) -> NDArray[np.uint8]:
        """(H, W, 3): the photograph with the robot and the foreground in front of it, or the whole simulated scene where there is no photograph."""
        component = self._camera(camera)
        self._take_picture(component)
        color = component.get_picture("Color")
        if self.overlay is None:
            return _as_bytes(color[..., :3])
        self._labelled[camera] = self._labels(component)
        foreground = self._labelled[camera][0] > 0
        return self.overlay.behind(_as_bytes(color[foreground][:, :3]), foreground)  # the rest of the picture is not looked at

    def masks(self, camera: str) -> Masks:
        """Those of the image where one was rendered since the last step: a picture costs as much as a step."""
        component = self._camera(camera)
        if camera not in self._labelled:
            self._take_picture(component)
            self._labelled[camera] = self._labels(component)
        labels, names = self._labelled[camera]
        return {"labels": labels, "names": names}

    def camera_geometry(self, camera: str) -> CameraGeometry:
        component = self._camera(camera)
        extrinsic = np.eye(4)
        extrinsic[:3] = component.get_extrinsic_matrix()[:3]
        return {
            "intrinsic": np.asarray(component.get_intrinsic_matrix(), np.float64),
            "extrinsic": extrinsic,
            "size": self.camera_sizes[camera],
        }

    def _camera(self, camera: str) -> Any:
        if camera not in self.camera_sizes:
            raise ConfigError(f"unknown camera {camera!r}", did_you_mean(camera, self.camera_sizes))
        if camera not in self._sensors:
            raise RenderError("the simulator found no device that can render", "install a Vulkan driver; `gauntlet doctor` says which")
        return cast(Any, self._sensors[camera]).camera._render_cameras[0]

    def _take_picture(self, component: Any) -> None:
        _show(self.stage, self.overlay is None or self.stage_hides_something())
        self.scene.sub_scenes[0].update_render()
        component.take_picture()

    def _labels(self, component: Any) -> tuple[NDArray[np.int32], dict[int, str]]:
        """(H, W) labels: 1 robot, 2... the foreground; and their names."""
        ids = component.get_picture(SHADERS[self.shader])[..., 1 if self.shader == "default" else 3]
        label_of_id = np.zeros(max(int(ids.max()), *self._ids_of_robot()) + 1, np.int32)
        label_of_id[self._ids_of_robot()] = ROBOT_LABEL
        names = {ROBOT_LABEL: "robot"}
        for label, (name, actor) in enumerate(self.foreground().items(), ROBOT_LABEL + 1):
            names[label] = name
            entity_id = _entity(actor._objs[0]).per_scene_id
            if entity_id < len(label_of_id):
                label_of_id[entity_id] = label
        return label_of_id[ids], names

    def _ids_of_robot(self) -> list[int]:
        return [link._objs[0].entity.per_scene_id for link in cast(Any, self.agent.robot).links]


def _as_bytes(color: NDArray[Any]) -> NDArray[np.uint8]:
    """Of a picture's pixels: some shaders give floats in 0..1."""
    return color if color.dtype == np.uint8 else np.clip(color * 255, 0, 255).astype(np.uint8)  # truncated, as in the original


def _entity(thing: Any) -> Any:
    """The entity of an actor (itself) or of an articulation's link (a component)."""
    return getattr(thing, "entity", thing)


def _show(actor: Actor, visible: bool) -> None:
    for entity in actor._objs:
        body = entity.find_component_by_type(RenderBodyComponent)
        if body is not None:
            cast(Any, body).visibility = float(visible)


def vector_pose(pose: sapien.Pose) -> NDArray[np.float64]:
    """(7,) x y z qw qx qy qz."""
    return np.concatenate([pose.p, pose.q]).astype(np.float64)
