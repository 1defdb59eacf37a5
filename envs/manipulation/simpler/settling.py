"""How the original lets a scene's objects come to rest before an episode begins.

Each object falls from 0.5 m above the table for 0.5 s without tilting (rotation about world x and y locked), then lies free for 0.5 s, and for 1.5 s more if anything still moves. The robot is out of the way meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np
import sapien
from numpy.typing import NDArray
from sapien.physx import PhysxRigidDynamicComponent
from scipy.spatial.transform import Rotation

DROP_HEIGHT = 0.5  # m above the table
UPRIGHT_FALL, FREE_REST, LONG_REST = 0.5, 0.5, 1.5  # s
STILL_LINEAR, STILL_ANGULAR = 1e-3, 1e-2  # m/s, rad/s, summed over the objects
TILT_LOCKED = [False, False, False, True, True, False]  # linear x y z, angular x y z
FREE = [False] * 6
UNTILTABLE = 1e6  # times its largest moment of inertia


def place_above(
    bodies: Sequence[PhysxRigidDynamicComponent], xy: NDArray[np.float64], quaternions: NDArray[np.float64], table_height: float
) -> None:
    """Put each body where it will fall from. ``xy``: (n, 2) m; ``quaternions``: (n, 4) wxyz; ``table_height``: m."""
    for body, (x, y), quaternion in zip(bodies, xy, quaternions):
        body.entity.set_pose(sapien.Pose([x, y, table_height + DROP_HEIGHT], quaternion))


def hold_still(body: PhysxRigidDynamicComponent, position: tuple[float, float, float]) -> None:
    """Put a body at ``position`` (m) for good: all its motion is locked."""
    body.entity.set_pose(sapien.Pose(list(position)))
    body.set_locked_motion_axes([True] * 6)


def lay_at_rest(body: PhysxRigidDynamicComponent, pose: Sequence[float]) -> None:
    """Put a body, which is free to move, at ``pose`` (x y z qw qx qy qz, m) without velocity."""
    body.entity.set_pose(sapien.Pose(list(pose[:3]), list(pose[3:])))
    body.set_linear_velocity([0, 0, 0])
    body.set_angular_velocity([0, 0, 0])


def pose_if_asleep(body: PhysxRigidDynamicComponent) -> list[float] | None:
    """x y z qw qx qy qz (m, world) of a body that PhysX let fall asleep, else None."""
    pose = body.entity.pose
    return [*pose.p.tolist(), *pose.q.tolist()] if body.is_sleeping else None


def lay_asleep(body: PhysxRigidDynamicComponent, pose: Sequence[float]) -> None:
    """Put a body at ``pose`` (x y z qw qx qy qz, m, world), where it sleeps until something touches it."""
    lay_at_rest(body, pose)
    body.put_to_sleep()


@contextmanager
def tilt_locked(body: PhysxRigidDynamicComponent, locked: list[bool] | None = None) -> Iterator[None]:
    """Inside, the body cannot turn about world x and y, as PhysX 4 had it (SAPIEN 2). ``locked``: axes, TILT_LOCKED unless given.

    PhysX 4's solver takes the inertia about locked axes as infinite. PhysX 5's lets the body turn while it solves the contacts and only then stops it: at the landing friction answers a turn that never happens, and a can
    slides by 0.3 mm, an orange by 65. So the inertia about x and y is made very large meanwhile, and that about z, which stays free, kept.
    """
    frame, inertia = body.cmass_local_pose, np.asarray(body.inertia, np.float64)
    world = Rotation.from_quat(body.entity.pose.q, scalar_first=True)
    principal = (world * Rotation.from_quat(frame.q, scalar_first=True)).as_matrix()
    about_z = 1.0 / float(principal[2] ** 2 @ (1.0 / inertia))  # of a body that can turn about z alone
    stiff = UNTILTABLE * float(inertia.max())
    body.set_cmass_local_pose(sapien.Pose(frame.p, world.inv().as_quat(scalar_first=True)))
    body.set_inertia([stiff, stiff, about_z])
    body.set_locked_motion_axes(TILT_LOCKED if locked is None else locked)
    try:
        yield
    finally:
        body.set_locked_motion_axes(FREE)
        body.set_cmass_local_pose(frame)
        body.set_inertia(inertia.tolist())


def let_settle(bodies: Sequence[PhysxRigidDynamicComponent], simulate: Callable[[float], None]) -> None:
    """``simulate(seconds)`` steps the physics."""
    with ExitStack() as locks:
        for body in bodies:
            locks.enter_context(tilt_locked(body))
        simulate(UPRIGHT_FALL)
    for body in bodies:
        body.entity.set_pose(body.entity.pose)  # setting a pose wakes a body that fell asleep
        body.set_linear_velocity([0, 0, 0])
        body.set_angular_velocity([0, 0, 0])
    simulate(FREE_REST)
    linear = sum(float(np.linalg.norm(body.linear_velocity)) for body in bodies)
    angular = sum(float(np.linalg.norm(body.angular_velocity)) for body in bodies)
    if linear > STILL_LINEAR or angular > STILL_ANGULAR:
        simulate(LONG_REST)
