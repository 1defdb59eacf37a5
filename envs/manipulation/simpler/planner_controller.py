"""SIMPLER's controllers for the Google Robot: a target once a control step, a jerk-limited joint motion towards it at every simulation step.

Arm, ``arm_pd_ee_delta_pose_align_interpolate_by_planner``
    An action is (dx dy dz in m, rotation vector in rad) in the axes of the robot's base. It moves the *measured* pose of the end effector and turns it about itself; inverse kinematics gives the joints' goal. The motion starts
    where the previous plan meant the joints to be by now, not where they are: their lag stays out of the plan.
Gripper, ``gripper_pd_joint_target_delta_pos_interpolate_by_planner``
    An action in [-1, 1] moves the *last drive target* by up to 1.31 rad; +1 closes. An action within 0.001 of zero repeats the last goal. The motion starts from the measured joints, and its velocity is a target as well.

Both work in a single CPU environment: the plan is made in Python, and the targets are given to SAPIEN's joints one by one, which is ten times faster than through ManiSkill's tensors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import sapien
from gymnasium import spaces
from mani_skill.agents.controllers import PDJointPosController, PDJointPosControllerConfig
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from envs.manipulation.simpler.joint_limits import joint_limits
from envs.manipulation.simpler.joint_plan import JointPlan, JointPlanner

Array = NDArray[np.float64]
IK_ITERATIONS = 100
REPEAT_BELOW = 1e-3  # of a gripper action, in rad after scaling
LIMIT_RATE = 1.575  # 1/s: PhysX 4 lets no joint approach its limit faster than this times what is left (measured in the recordings)
LIMIT_ZONE = 0.2  # rad from a limit, in which that can matter: arms are slower than 0.3 rad/s
LAG = 0.02  # rad by which a joint may be elsewhere than planned
PRESSING = 0.1  # rad by which a finger's drive is ahead of it while it presses on something


@dataclass(frozen=True)
class PlanLimits:
    """rad/s, rad/s^2, rad/s^3."""

    velocity: float
    acceleration: float
    jerk: float

    def planner(self, sim_freq: int, rows: int) -> JointPlanner:
        return JointPlanner(self.velocity, self.acceleration, self.jerk, 1.0 / sim_freq, rows)


def _numbers(values: Any) -> Array:
    """(n,) of a batch of one, a tensor."""
    return np.asarray(values[0].cpu(), np.float64)


class PlannedPoseController(PDJointPosController):
    config: PlannedPoseControllerConfig

    def _initialize_action_space(self) -> None:
        bounds = np.array([self.config.pos_bound] * 3 + [self.config.rot_bound] * 3, np.float32)
        self.single_action_space = spaces.Box(-bounds, bounds, dtype=np.float32)

    def _initialize_joints(self) -> None:
        super()._initialize_joints()
        self._articulation = articulation = cast(Any, self.articulation)._objs[0]
        self._kinematics = articulation.create_pinocchio_model()
        self._order = np.array([int(index) for index in self.active_joint_indices])
        self._solved_for = np.zeros(articulation.dof, bool)
        self._solved_for[self._order] = True
        self.ee_link = cast(Any, self.articulation.links_map[self.config.ee_link])._objs[0]
        self._limits = joint_limits(self.articulation, self.config.joint_names)
        self._slowed: set[int] = set()  # joints whose limits are moved for now
        self._drives = [cast(Any, joint)._objs[0] for joint in self.joints]
        self._each_limits = list(zip(self._order.tolist(), *self._limits.T.tolist()))  # (place in qpos, lower, upper)

    def reset(self) -> None:
        super().reset()
        self._plan: JointPlan | None = None
        self._step = 0
        self._limits_matter = True
        self._slow_before_limits()

    def measured_pose(self) -> sapien.Pose:
        """The end effector's, in the base frame."""
        return cast(Any, self.articulation)._objs[0].root_pose.inv() * self.ee_link.entity_pose

    def target_pose(self, action: Array) -> sapien.Pose:
        """``action``: (6,) m, rad; in the base frame."""
        measured = self.measured_pose()
        turn = Rotation.from_rotvec(action[3:]).as_quat(scalar_first=True)
        return sapien.Pose((measured.p + action[:3]).tolist(), (sapien.Pose(q=turn.tolist()) * sapien.Pose(q=measured.q)).q)

    def goal(self, action: Array) -> Array:
        """(joints,) that bring the end effector to the target; where inverse kinematics fails, where the joints are."""
        everything = cast(Any, self.articulation)._objs[0].qpos
        solution, found, _ = self._kinematics.compute_inverse_kinematics(
            self.ee_link.index,
            self.target_pose(action),
            initial_qpos=everything,
            active_qmask=self._solved_for,
            max_iterations=IK_ITERATIONS,
        )
        return np.asarray(solution if found else everything, np.float64)[self._order]

    def set_action(self, action: Any) -> None:
        goal = self.goal(_numbers(self._preprocess_action(action)))
        if self._plan is None:
            start, velocity = _numbers(self.qpos), _numbers(self.qvel)
        else:
            start, velocity = self._plan.at(self._sim_steps)
        self._plan = self.config.limits.planner(self.config.sim_freq, self._sim_steps).plan(start, velocity, goal)
        self._step = 0
        self._look_for_limits(self._plan)

    def before_simulation_step(self) -> None:
        if self._plan is None:
            return
        self._step += 1
        for drive, position in zip(self._drives, self._plan.numbers_at(self._step)[0]):
            drive.set_drive_target(position)
        if self._limits_matter:
            self._slow_before_limits()

    def _look_for_limits(self, plan: JointPlan) -> None:
        """Whether a limit can matter before the next action: whether a joint comes near one faster than it would be let."""
        measured = self._articulation.qpos[self._order]
        nearest = np.abs(self._limits - measured[:, None]).min(axis=1) - np.abs(plan.positions - measured).max(axis=0) - LAG
        fastest = 1.5 * np.abs(plan.velocities).max(axis=0)
        self._limits_matter = bool(self._slowed) or bool((fastest > LIMIT_RATE * nearest).any())

    def _slow_before_limits(self) -> None:
        """PhysX 5 lets a joint run into its limit unslowed; PhysX 4 brakes it before. Near a limit, the limit is moved to where the joint may be after this simulation step."""
        near: set[int] = set()
        # 171 times a control step: in plain numbers, as arrays this small take ten times as long.
        qpos = self._articulation.qpos.tolist()
        for joint, (place, lower, upper) in enumerate(self._each_limits):
            below, above = lower - qpos[place], upper - qpos[place]  # what is left, rad
            if abs(below) < LIMIT_ZONE or abs(above) < LIMIT_ZONE:
                near.add(joint)
                lower, upper = lower - below + self._reach(below), upper - above + self._reach(above)
            elif joint not in self._slowed:
                continue
            self._drives[joint].set_limits(np.array([[lower, upper]], np.float32))
        self._slowed = near

    def _reach(self, left: float) -> float:
        """rad by which a joint may move in this simulation step, of what is ``left`` to a limit."""
        return left * LIMIT_RATE / self.config.sim_freq if abs(left) < LIMIT_ZONE else left


@dataclass
class PlannedPoseControllerConfig(PDJointPosControllerConfig):
    """``pos_bound`` m, ``rot_bound`` rad: of the action space alone, actions are neither clipped nor scaled."""

    ee_link: str = ""
    pos_bound: float = 1.0
    rot_bound: float = np.pi / 2
    limits: PlanLimits = PlanLimits(1.5, 2.0, 50.0)
    sim_freq: int = 513
    normalize_action: bool = False
    controller_cls = PlannedPoseController


class PlannedGripperController(PDJointPosController):
    """Both fingers are driven alike, each from where it is; neither follows the other."""

    config: PlannedGripperControllerConfig

    def _initialize_action_space(self) -> None:
        self.single_action_space = spaces.Box(-self.config.reach, self.config.reach, (1,), dtype=np.float32)

    def _initialize_joints(self) -> None:
        super()._initialize_joints()
        self._drives = [cast(Any, joint)._objs[0] for joint in self.joints]

    def reset(self) -> None:
        super().reset()
        self._goal = self._driven = self._before_last_step = _numbers(self.qpos)
        self._plan: JointPlan | None = None
        self._step = 0

    def start_velocity(self) -> Array:
        """(2,) rad/s with which a new plan begins: that over the last simulation step, but full speed for a finger that presses on something.

        Not what PhysX reports: for a finger that presses, PhysX 4 (the original's) reports the velocity with which it would move on, above the limit, and PhysX 5 one out of the object, so that every new plan would begin by
        letting go.
        """
        measured = _numbers(self.qpos)
        velocity = (measured - self._before_last_step) * self.config.sim_freq
        push, limit = self._driven - measured, self.config.limits.velocity
        blocked = (np.abs(push) > PRESSING) & (velocity * np.sign(push) < limit / 2)
        return np.where(blocked, np.sign(push) * limit, velocity)

    def is_closing(self) -> bool:
        """Whether the fingers are to be driven further than they are so far."""
        return bool((self._goal - self._driven > PRESSING).any())

    def set_action(self, action: Any) -> None:
        delta = float(_numbers(self._preprocess_action(action))[0])
        if abs(delta) >= REPEAT_BELOW:
            limits = self.config.joint_limits
            self._goal = np.clip(self._driven + delta, limits[0] - self.config.clearance, limits[1] + self.config.clearance)
        planner = self.config.limits.planner(self.config.sim_freq, self._sim_steps)
        self._plan = planner.plan(_numbers(self.qpos), self.start_velocity(), self._goal)
        self._step = 0

    def before_simulation_step(self) -> None:
        if self._plan is None:
            return
        self._step += 1
        if self._step == self._sim_steps:
            self._before_last_step = _numbers(self.qpos)
            self._driven = self._plan.at(self._step)[0]
        for drive, position, velocity in zip(self._drives, *self._plan.numbers_at(self._step)):
            drive.set_drive_target(position)
            drive.set_drive_velocity_target(velocity)


@dataclass
class PlannedGripperControllerConfig(PDJointPosControllerConfig):
    """``reach``: rad that an action of 1 moves the target by; ``clearance``: rad by which targets may pass the joint limits, so that closed fingers press."""

    limits: PlanLimits = PlanLimits(1.0, 7.0, 50.0)
    sim_freq: int = 513
    reach: float = 1.31
    clearance: float = 0.01
    joint_limits: tuple[float, float] = (-1e-4, 1.3)
    controller_cls = PlannedGripperController
