"""Camera and rotation algebra on batches of tensors.

A projection is (3, 4): base frame (m, homogeneous) to image coordinates of which the whole width and height of what the policy sees count as 1. It belongs to the camera that the weights were trained with; where they were
trained with several, each row of a batch has its own, (B, 3, 4).
"""

from __future__ import annotations

import torch
from torch import Tensor


def project(projection: Tensor, points: Tensor) -> Tensor:
    """(..., 3) m -> (..., 2) in [0, 1] where visible."""
    if projection.dim() == 2:
        image = points @ projection[:, :3].T + projection[:, 3]
    else:
        image = (projection[..., :3] @ points.unsqueeze(-1)).squeeze(-1) + projection[..., 3]
    return image[..., :2] / image[..., 2:].clamp(min=1e-3)


def lift(projection: Tensor, pixels: Tensor, height: Tensor) -> Tensor:
    """(..., 2) image coordinates and (...) heights in m -> (..., 3): where the ray through the pixel meets the horizontal plane of that height."""
    rows = projection[..., :2, :] - pixels.unsqueeze(-1) * projection[..., 2:, :]  # (..., 2, 4): rows @ (x, y, z, 1) = 0
    a, b, c, d = rows[..., 0, 0], rows[..., 0, 1], rows[..., 1, 0], rows[..., 1, 1]
    right = -(rows[..., 2] * height.unsqueeze(-1) + rows[..., 3])
    determinant = a * d - b * c
    determinant = torch.where(determinant.abs() < 1e-6, torch.full_like(determinant, 1e-6), determinant)
    x = (d * right[..., 0] - b * right[..., 1]) / determinant
    y = (a * right[..., 1] - c * right[..., 0]) / determinant
    return torch.stack([x, y, height], -1).clamp(-2.0, 2.0)


def rotation_matrix(quaternion: Tensor) -> Tensor:
    """(..., 4) wxyz -> (..., 3, 3)."""
    w, x, y, z = torch.nn.functional.normalize(quaternion, dim=-1).unbind(-1)
    rows = [
        torch.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], -1),
        torch.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], -1),
        torch.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], -1),
    ]
    return torch.stack(rows, -2)


def opening_angle(rotation: Tensor) -> Tensor:
    """(..., 3, 3) gripper -> (...) rad: direction in the horizontal plane along which its fingers open (its y axis)."""
    return torch.atan2(rotation[..., 1, 1], rotation[..., 0, 1])
