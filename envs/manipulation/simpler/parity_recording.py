"""Sequences of the original, replayed here and recorded under the names that the fixtures use for their arrays.

They are replayed from the port's own reset where that agrees with the recording's first row to some hundredths of a millimetre: setting a pose by hand would drop PhysX's contact cache, which the original had.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.manipulation.simpler.task import SimplerTask, vector_pose

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Verdict:
    """What the original's ``evaluate()`` answers after a control step: ``info`` of now, ``stats`` of the episode so far."""

    success: bool
    info: Mapping[str, Any]
    stats: Mapping[str, Any]


def record(
    task: SimplerTask,
    actions: NDArray[np.float64],
    judge: Callable[[], Verdict],
    joints: Sequence[str],
    actors: Sequence[Any],
    cabinet: tuple[Any, Sequence[str]] | None = None,
) -> Arrays:
    """Carry out ``actions`` (T, 7) from the state in which ``task`` is.

    ``joints``: the order of qpos, qvel (rad or m, and per s) and drive_target; ``actors``: of the poses; ``cabinet``: an articulation and the order of its joints. Poses are x y z qw qx qy qz, in the world's frame but for
    ``tcp_base``. T + 1 rows of state, the first before any action; T rows of results.
    """
    states = [_state(task, joints, actors, cabinet)]
    results: list[dict[str, Any]] = []
    for step, action in enumerate(actions, 1):
        task.advance(action.astype(np.float32))
        verdict = judge()
        states.append(_state(task, joints, actors, cabinet))
        results.append(
            {
                "success": verdict.success,
                "info_elapsed_steps": step,
                **{f"info_{name}": value for name, value in verdict.info.items()},
                **{f"stats_{name}": value for name, value in verdict.stats.items()},
                **_strain(task),
            }
        )
    arrays: Arrays = {"actions": np.asarray(actions)}
    for rows in (states, results):
        arrays |= {name: np.array([row[name] for row in rows]) for name in (rows[0] if rows else {})}
    return arrays


def _state(
    task: SimplerTask, joints: Sequence[str], actors: Sequence[Any], cabinet: tuple[Any, Sequence[str]] | None
) -> dict[str, NDArray[Any]]:
    robot, tcp = task.agent.robot, task.agent.tcp.pose.sp
    row = {
        "tcp_world": vector_pose(tcp).astype(np.float32),
        "tcp_base": vector_pose(robot.pose.sp.inv() * tcp).astype(np.float32),
        **_joint_state(robot, joints),
        "drive_target": np.array([_drive_target(robot.active_joints_map[name]) for name in joints]),
        "actors": np.array([vector_pose(actor.pose.sp) for actor in actors], np.float32).reshape(-1, 7),
    }
    if cabinet is not None:
        row |= {f"cabinet_{name}": values for name, values in _joint_state(*cabinet).items()}
    return row


def _strain(task: SimplerTask) -> dict[str, np.float32]:
    """rad from the nearest limit of an arm joint; N s, the largest impulse in the last simulation step between a link of the robot and anything else, and between two of its links."""
    robot = task.agent.robot
    own = {link._objs[0] for link in robot.links}
    position = dict(zip((joint.name for joint in robot.active_joints), robot.get_qpos()[0].cpu().numpy()))
    arm = np.array([position[name] for name in task.agent.arm_joints], np.float64)
    margin = float(np.abs(task.agent.arm_limits - arm[:, None]).min())
    pairs: dict[tuple[Any, Any], NDArray[np.float64]] = {}
    for contact in task.contacts():
        impulse = sum((np.asarray(point.impulse, np.float64) for point in contact.points), np.zeros(3))
        pairs[tuple(contact.bodies)] = pairs.get(tuple(contact.bodies), np.zeros(3)) + impulse
    strongest = {1: 0.0, 2: 0.0}  # {how many of the two are links of the robot: N s}
    for bodies, impulse in pairs.items():
        links = sum(body in own for body in bodies)
        if links:
            strongest[links] = max(strongest[links], float(np.linalg.norm(impulse)))
    values = {"arm_limit_margin": margin, "robot_ext_impulse": strongest[1], "robot_self_impulse": strongest[2]}
    return {name: np.float32(value) for name, value in values.items()}


def _joint_state(articulation: Any, joints: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    active = [joint.name for joint in articulation.active_joints]
    order = [active.index(name) for name in joints]
    return {name: getattr(articulation, f"get_{name}")()[0].cpu().numpy()[order] for name in ("qpos", "qvel")}


def _drive_target(joint: Any) -> float:
    return float(np.asarray(joint._objs[0].drive_target).reshape(-1)[0])
