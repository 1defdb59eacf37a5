"""From requests to tensors, with every check that bad input needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.conventions.images import checked_frame, resize_area
from agents.vla.vocabulary import Vocabulary
from harness.errors import AgentError, did_you_mean
from harness.policy import Request

IMAGE_SIZE = 128
MAX_WORDS = 28


@dataclass
class Inputs:
    """A batch. ``image`` (B, 3, 128, 128) in [0, 1]; ``words`` (B, W) ids; ``state`` (B, 15), base frame, m and wxyz; ``instructions``: B sentences as they came, for reasoners with a vocabulary of their own (empty in training)."""

    image: Tensor
    words: Tensor
    state: Tensor
    instructions: tuple[str, ...] = ()

    def to(self, device: torch.device | str) -> Inputs:
        return Inputs(self.image.to(device), self.words.to(device), self.state.to(device), self.instructions)


def state_vector(state: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """(15,): eef_pos 3, eef_quat 4 wxyz, gripper 1, eef_target 7, the state that actions are relative to. Raises AgentError naming the part that the environment lacks. Without ``eef_target`` the measured pose stands in for the commanded one."""
    for name, size in (("eef_pos", 3), ("eef_quat", 4), ("gripper", 1)):
        if name not in state:
            raise AgentError(
                f"st4vla needs observation['state'][{name!r}], which this environment does not have", did_you_mean(name, state)
            )
        if np.shape(state[name]) != (size,):
            raise AgentError(f"observation['state'][{name!r}] has shape {np.shape(state[name])}", f"st4vla needs ({size},)")
    measured = np.concatenate([state["eef_pos"], state["eef_quat"]])
    return np.concatenate([measured, state["gripper"], state.get("eef_target", measured)]).astype(np.float32)


def cropped(image: NDArray[np.uint8], crop: Sequence[float]) -> NDArray[np.uint8]:
    """The part (left, top, right, bottom; shares of width and height; empty: all) of (H, W, ...)."""
    if not crop:
        return image
    height, width = image.shape[:2]
    left, top, right, bottom = (round(share * side) for share, side in zip(crop, (width, height, width, height)))
    return image[top:bottom, left:right]


def image_tensor(image: NDArray[np.uint8], size: int = IMAGE_SIZE, crop: Sequence[float] = ()) -> NDArray[np.float32]:
    """(3, size, size) in [0, 1] from uint8 (H, W, 3) RGB whose ``crop`` is square, of any size from 32 pixels on. AgentError for other types, channel orders or shapes."""
    frame = cropped(checked_frame(np.asarray(image)), crop)
    height, width = frame.shape[:2]
    if height != width or height < 32:
        raise AgentError(
            f"st4vla: an image of {width}x{height} pixels",
            "give a square one of at least 32 pixels: the policy was trained on square views",
        )
    if height != size:
        frame = resize_area(frame, (size, size))
    return np.ascontiguousarray(frame.transpose(2, 0, 1), np.float32) / 255.0


def batch_inputs(requests: Sequence[Request], vocabulary: Vocabulary, camera: str, crop: Sequence[float] = ()) -> Inputs:
    """Raises AgentError for a camera, image or state that the policy cannot read. Unknown words become ``<unk>``; an empty instruction is a sentence without words; long ones are cut after :data:`MAX_WORDS` words."""
    images, words, states = [], [], []
    for request in requests:
        if camera not in request.images:
            raise AgentError(f"st4vla needs camera {camera!r}, which this environment does not have", did_you_mean(camera, request.images))
        images.append(image_tensor(request.images[camera], crop=crop))
        words.append(vocabulary.encode(request.instruction, MAX_WORDS)[0])
        states.append(state_vector(dict(request.state)))
    told = tuple(request.instruction for request in requests)
    return Inputs(torch.from_numpy(np.stack(images)), torch.tensor(words), torch.from_numpy(np.stack(states)), told)
