"""From prompt and proprioception to the numbers that the action expert reads: everything relative to the commanded pose, as the actions are.

A prompt is in the image; a place in space is where its ray meets the height that the reasoner gave. The camera is the one of training; of several, the one that the family of tasks is seen by.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from agents.vla.geometry import lift, opening_angle, rotation_matrix
from agents.vla.spatial_prompt import Prompt, fact

FEATURES = 138


def _offset(offset: Tensor) -> Tensor:
    """(B, 3) m -> (B, 10): coarse, fine, and the horizontal distance."""
    flat = offset[:, :2].norm(dim=1, keepdim=True)
    return torch.cat([offset * 5, torch.tanh(offset * 25), torch.tanh(offset * 80), torch.tanh(flat * 25)], 1)


class Conditioning(nn.Module):
    """(Prompt, state (B, 15)) -> (B, ``out``). ``projection``: (3, 4), or (V, 3, 4) with ``family_views``, the view of each family."""

    projection: Tensor
    views: Tensor

    def __init__(self, projection: Tensor, families: int, subtasks: int, family_views: tuple[int, ...] = (), out: int = 224) -> None:
        super().__init__()
        self.register_buffer("projection", projection.float())
        self.register_buffer("views", torch.tensor(family_views or (0,) * families), persistent=False)
        self.family = nn.Embedding(families, 16)
        self.subtask = nn.Embedding(subtasks + 2, 24)  # the last but one: a text of no known kind; the last: not told
        self.untold = subtasks + 1
        self.read = nn.Sequential(nn.Linear(FEATURES, out), nn.GELU(), nn.Linear(out, out))
        self.width = out

    def projection_of(self, family: Tensor) -> Tensor:
        """``family`` (B,) classes -> (3, 4), or (B, 3, 4) of several views."""
        return self.projection if self.projection.dim() == 2 else self.projection[self.views[family]]

    def features(self, prompt: Prompt, state: Tensor) -> Tensor:
        projection = self.projection_of(prompt.family)
        measured, commanded = state[:, :3], state[:, 8:11]
        rotation, turned = rotation_matrix(state[:, 11:15]), rotation_matrix(state[:, 3:7])
        columns = [commanded * 2, measured[:, 2:] * 5, (commanded - measured) * 20, state[:, 7:8], torch.tanh((state[:, 7:8] - 0.04) * 20)]
        columns += [rotation[:, :, 1:].flatten(1), (turned[:, :, 1:] - rotation[:, :, 1:]).flatten(1) * 3]
        source_known, target_known, place_known, angle_known = prompt.known.unsqueeze(-1).unbind(1)
        source = lift(projection, prompt.source, fact(prompt.facts, "source_z"))
        target = lift(projection, prompt.target, fact(prompt.facts, "target_z"))
        place = lift(projection, prompt.place, fact(prompt.facts, "place_z"))
        source = torch.cat([source[:, :2], fact(prompt.facts, "grasp_z").unsqueeze(1)], 1)
        columns += [_offset(source - commanded) * source_known, _offset(source - measured) * source_known, source * 2 * source_known]
        columns += [_offset(target - commanded) * target_known]
        columns += [_offset(place - commanded) * place_known, _offset(place - source) * place_known, place * 2 * place_known]
        heights = [fact(prompt.facts, name).unsqueeze(1) for name in ("source_top", "source_bottom", "place_z", "place_over", "travel")]
        above = torch.cat([commanded[:, 2:] - height for height in heights], 1)
        lower = fact(prompt.facts, "source_bottom").unsqueeze(1) - fact(prompt.facts, "place_z").unsqueeze(1)
        above = torch.cat([above, lower], 1)
        columns += [torch.cat([above * 5, torch.tanh(above * 40)], 1) * source_known]
        columns += [prompt.facts[:, 7:9] * source_known, torch.tanh((prompt.facts[:, 7:8] - 0.16) * 50) * source_known]
        turn = 2 * (prompt.angle - opening_angle(rotation)).unsqueeze(1)
        columns += [turn.cos() * angle_known, turn.sin() * angle_known, prompt.known]
        subtask = torch.where(prompt.subtask < 0, self.untold, prompt.subtask)
        columns += [self.family(prompt.family), self.subtask(subtask)]
        return torch.cat(columns, 1)

    def forward(self, prompt: Prompt, state: Tensor) -> Tensor:
        return self.read(torch.nan_to_num(self.features(prompt, state)))
