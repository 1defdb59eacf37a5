"""Roll, pitch, yaw to a rotation vector and back.

Policies trained on Open X-Embodiment give rotation *deltas* as roll, pitch, yaw; SIMPLER's environments take a rotation vector. Its wrappers convert with ``transforms3d.euler.euler2axangle``, whose default axes
are ``sxyz``: rotations about the *static* x, then y, then z axis, so R = Rz(yaw) @ Ry(pitch) @ Rx(roll). All angles in rad, in the robot's base axes.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation


def rpy_to_rotation_vector(rpy: ArrayLike) -> NDArray[np.float64]:
    """(..., 3) roll, pitch, yaw -> (..., 3) rotation vector (unit axis times angle), of length at most pi.

    transforms3d gives angles up to 2 pi: for a rotation of more than pi it names the same rotation by the longer way round.
    """
    angles = np.asarray(rpy, np.float64)
    return Rotation.from_euler("xyz", angles.reshape(-1, 3)).as_rotvec().reshape(angles.shape)


def rotation_vector_to_rpy(vector: ArrayLike) -> NDArray[np.float64]:
    """(..., 3) rotation vector -> (..., 3) roll, pitch, yaw: roll and yaw in [-pi, pi], pitch in [-pi/2, pi/2].

    At pitch = +-pi/2 only roll -+ yaw is determined; yaw is 0 there, as in transforms3d.
    """
    vectors = np.asarray(vector, np.float64)
    return _to_rpy(Rotation.from_rotvec(vectors.reshape(-1, 3))).reshape(vectors.shape)


def matrix_to_rpy(matrix: ArrayLike) -> NDArray[np.float64]:
    """(3, 3) rotation matrix -> (3,) roll, pitch, yaw; as :func:`rotation_vector_to_rpy`."""
    return _to_rpy(Rotation.from_matrix(np.asarray(matrix, np.float64)))


def _to_rpy(rotation: Rotation) -> NDArray[np.float64]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Gimbal lock")
        return rotation.as_euler("xyz")
