"""A pixel and a height give the place back."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from agents.vla.geometry import lift, opening_angle, project, rotation_matrix

PROJECTION = torch.tensor([[0.5, 1.1, -0.1, 0.2], [0.2, 0.1, -1.0, 0.8], [-0.5, 0.0, -0.4, 1.2]])
metres = st.floats(-0.4, 0.4)


@settings(max_examples=50, deadline=None)
@given(metres, metres, st.floats(0.0, 0.3))
def test_lift_undoes_project(x: float, y: float, z: float):
    point = torch.tensor([[x, y, z]], dtype=torch.float64)
    camera = PROJECTION.double()
    torch.testing.assert_close(lift(camera, project(camera, point), point[:, 2]), point, atol=1e-6, rtol=0)


def test_rotations_are_scipys():
    quaternions = np.random.default_rng(0).normal(size=(20, 4))
    ours = rotation_matrix(torch.from_numpy(quaternions[:, [3, 0, 1, 2]]))
    np.testing.assert_allclose(ours.numpy(), Rotation.from_quat(quaternions).as_matrix(), atol=1e-12)


def test_fingers_open_along_the_grippers_y_axis():
    turned = Rotation.from_euler("z", 0.3).as_matrix()
    assert float(opening_angle(torch.from_numpy(turned)[None])) == np.float64(0.3 + np.pi / 2)
