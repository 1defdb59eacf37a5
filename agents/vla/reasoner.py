"""System 2: grounds the instruction in the image and says what to do next.

Role queries (source, target, place, plan) read the words and the coarse image through a few transformer layers, whose states are what a bridge may read. The dot product of a query with the fine map is a heatmap; its local
soft-argmax the point. What is said in words and boxes is decoded autoregressively from the queries and from the features at the points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from agents.vla.geometry import opening_angle, project, rotation_matrix
from agents.vla.inputs import IMAGE_SIZE, MAX_WORDS, Inputs
from agents.vla.reasoning import FACTS, Reasoning
from agents.vla.text_decoder import TextDecoder
from agents.vla.visual_encoder import VisualEncoder
from agents.vla.vocabulary import Vocabulary, subtask_kind

GRID = 32  # cells a side of the heatmaps
ANGLES = 24  # classes of the grasp angle, over pi
FACT_SCALE = 0.1  # m, and openings; "held" is a logit
PROPRIOCEPTION = 17
HELD = FACTS.index("held")
_WINDOW = 2  # cells around the peak that the soft-argmax looks at


@dataclass
class Grounding:
    """Raw outputs, which the losses are computed on. ``heat`` (B, 2, GRID*GRID) logits of source and target."""

    heat: Tensor
    points: Tensor  # (B, 3, 2)
    present: Tensor  # (B, 2) logits of target, place
    facts: Tensor  # (B, 10) in units of FACT_SCALE
    angle: Tensor  # (B, ANGLES + 1) logits; the last: none
    family: Tensor  # (B, F) logits
    context: Tensor  # (B, C) what the text decoder sees
    hidden: list[Tensor]
    gathered: Tensor  # (B, G) what the heads read
    where: Tensor  # (B, 2, 2) the points at which local features were read


def fourier(points: Tensor, bands: int = 6) -> Tensor:
    """(..., 2) in [0, 1] -> (..., 4 * bands)."""
    frequencies = math.pi * 2.0 ** torch.arange(bands, device=points.device, dtype=points.dtype)
    angles = points.unsqueeze(-1) * frequencies
    return torch.cat([angles.sin(), angles.cos()], -1).flatten(-2)


class _Layer(nn.Module):
    """Self-attention over queries and words, attention to the image, feed-forward; normalised before each."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.mix = nn.MultiheadAttention(width, heads, batch_first=True)
        self.look = nn.MultiheadAttention(width, heads, batch_first=True)
        self.feed = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, tokens: Tensor, ignore: Tensor, image: Tensor) -> Tensor:
        x = self.norms[0](tokens)
        tokens = tokens + self.mix(x, x, x, key_padding_mask=ignore, need_weights=False)[0]
        tokens = tokens + self.look(self.norms[1](tokens), image, image, need_weights=False)[0]
        return tokens + self.feed(self.norms[2](tokens))


class GroundedReasoner(nn.Module):
    """Args: vocabulary, families: classes of task; subtasks: classes of subtask; projection: (3, 4) of the camera that it was trained with."""

    queries = 4  # source, target, place, plan
    projection: Tensor

    def __init__(
        self,
        vocabulary: Vocabulary,
        families: tuple[str, ...],
        subtasks: tuple[str, ...],
        projection: Tensor,
        width: int = 128,
        layers: int = 4,
        fine: int = 48,
    ) -> None:
        super().__init__()
        self.vocabulary, self.families, self.subtasks = vocabulary, families, subtasks
        self.hidden_size, self.hidden_layers = width, layers
        self.register_buffer("projection", projection.float())
        self.encoder = VisualEncoder(fine, width)
        self.words = nn.Embedding(len(vocabulary), width, padding_idx=vocabulary.pad)
        self.positions = nn.Parameter(torch.randn(MAX_WORDS, width) * 0.02)
        self.query = nn.Parameter(torch.randn(self.queries, width) * 0.5)
        self.proprioception = nn.Sequential(nn.Linear(PROPRIOCEPTION, width), nn.GELU(), nn.Linear(width, width))
        self.places = nn.Parameter(torch.randn(64, width) * 0.1)
        self.layers = nn.ModuleList(_Layer(width, 4) for _ in range(layers))
        self.final = nn.LayerNorm(width)
        self.key = nn.Conv2d(fine, fine, 1)
        self.heat = nn.ModuleList(nn.Linear(width, fine + 1) for _ in range(2))
        local = 5 * fine
        gathered = self.queries * width + 2 * local + PROPRIOCEPTION + 2 * 24
        self.shared = nn.Sequential(nn.Linear(gathered, 256), nn.GELU(), nn.Linear(256, 256), nn.GELU())
        self.place = nn.Linear(256, 2)
        self.present = nn.Linear(256, 2)
        self.facts = nn.Linear(256, len(FACTS))
        self.angle = nn.Linear(256, ANGLES + 1)
        self.family = nn.Linear(width, len(families))
        self.text = TextDecoder(len(vocabulary), 256 + 2 * 24)

    def read_state(self, state: Tensor, shift: Tensor | None = None) -> Tensor:
        """(B, 17): pixel of the gripper, height, openness, commanded minus measured position, orientation. ``shift``: (B, 2) by which the image was moved in training."""
        measured, target = state[:, :3], state[:, 8:11]
        pixel = project(self.projection, measured)
        if shift is not None:
            pixel = pixel + shift
        rotation = rotation_matrix(state[:, 3:7])
        yaw = opening_angle(rotation)
        turned = torch.stack([(2 * yaw).cos(), (2 * yaw).sin()], -1)
        columns = [pixel, measured[:, 2:] * 5, state[:, 7:8], (target - measured) * 10, rotation[:, :, 1:].flatten(1), turned]
        commanded = target[:, 2:] * 5
        return torch.cat([*columns, state[:, 7:8] ** 2, commanded], 1)

    def ground(self, inputs: Inputs, shift: Tensor | None = None, true_points: Tensor | None = None) -> Grounding:
        """In training an image may be asked about several times: ``inputs.image`` then has a divisor of B rows, each for as many neighbouring sentences. ``true_points`` (B, 2, 2): in training, where to read local features instead of at the predicted points (NaN: at the predicted)."""
        fine, coarse = self.encoder(inputs.image)
        image = coarse.flatten(2).transpose(1, 2) + self.places
        body = self.read_state(inputs.state, shift)
        batch = len(body)
        if len(fine) < batch:
            fine, image = (each.repeat_interleave(batch // len(each), 0) for each in (fine, image))
        words = self.words(inputs.words) + self.positions
        tokens = torch.cat([self.query.expand(batch, -1, -1), self.proprioception(body).unsqueeze(1), words], 1)
        seen = torch.zeros(batch, self.queries + 1, dtype=torch.bool, device=words.device)
        ignore = torch.cat([seen, inputs.words == self.vocabulary.pad], 1)
        hidden = []
        for layer in self.layers:
            tokens = layer(tokens, ignore, image)
            hidden.append(tokens[:, : self.queries])
        queries = self.final(hidden[-1])
        keys = self.key(fine).flatten(2)  # (B, fine, GRID * GRID)
        logits = []
        for role, head in enumerate(self.heat):
            vector = head(queries[:, role])
            logits.append((vector[:, None, :-1] @ keys).squeeze(1) * 0.25 + vector[:, -1:])
        heat = torch.stack(logits, 1)
        points = soft_argmax(heat)
        where = points.detach()
        if true_points is not None:
            where = torch.where(torch.isnan(true_points), where, true_points)
        local = [_sample(fine, where[:, role]) for role in range(2)]
        gathered = torch.cat([queries.flatten(1), *local, body, fourier(where).flatten(1)], 1)
        return self.answer(gathered, where, heat, points, self.family(queries[:, 3]), hidden)

    def answer(self, gathered: Tensor, where: Tensor, heat: Tensor, points: Tensor, family: Tensor, hidden: list[Tensor]) -> Grounding:
        """The heads on what was gathered: queries, features at the points ``where`` (B, 2, 2), proprioception."""
        shared = self.shared(gathered)
        place = where[:, 1] + self.place(shared) * 0.25
        return Grounding(
            heat=heat,
            points=torch.cat([points, place.unsqueeze(1)], 1),
            present=self.present(shared),
            facts=self.facts(shared),
            angle=self.angle(shared),
            family=family,
            context=torch.cat([shared, fourier(where).flatten(1)], 1),
            hidden=hidden,
            gathered=gathered,
            where=where,
        )

    @torch.no_grad()
    def think(self, inputs: Inputs) -> Reasoning:
        """The answer in the form that prompts and agents read."""
        raw = self.ground(inputs)
        sequences = self.text.decode(raw.context, self.vocabulary)
        batch = len(sequences)
        boxes = torch.full((batch, 2, 4), torch.nan, device=raw.points.device)
        texts: list[str] = []
        kinds = torch.full((batch,), len(self.subtasks), device=raw.points.device)
        for row, sequence in enumerate(sequences):
            text, found = self.vocabulary.decode(sequence)
            texts.append(text)
            kind = subtask_kind(text)
            if kind in self.subtasks:
                kinds[row] = self.subtasks.index(kind)
            for index, box in enumerate(found[:2]):
                if box is not None and box[2] > box[0] and box[3] > box[1]:
                    boxes[row, index] = torch.tensor(box)
        peak = heat_confidence(raw.heat)
        present = torch.cat([torch.ones(batch, 1, device=peak.device), raw.present.sigmoid()], 1)
        facts = raw.facts * FACT_SCALE
        facts[:, HELD] = raw.facts[:, HELD].sigmoid()
        angle, known = angle_of(raw.angle)
        return Reasoning(
            points=raw.points,
            confidence=torch.cat([peak, torch.minimum(peak[:, :1], peak[:, 1:])], 1),
            present=present,
            facts=facts,
            angle=angle,
            angle_known=known,
            family=raw.family.argmax(-1),
            subtask=kinds,
            boxes=boxes,
            texts=texts,
            hidden=raw.hidden,
        )


def _cells(device: torch.device) -> Tensor:
    """(GRID * GRID, 2) centres in [0, 1], x first."""
    axis = (torch.arange(GRID, device=device) + 0.5) / GRID
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], -1)


def _near_peak(heat: Tensor) -> Tensor:
    """(B, R, GRID * GRID) bool: cells at most :data:`_WINDOW` from the peak."""
    peak = heat.argmax(-1, keepdim=True)
    index = torch.arange(GRID * GRID, device=heat.device)
    dx = (index % GRID - peak % GRID).abs()
    dy = (torch.div(index, GRID, rounding_mode="floor") - torch.div(peak, GRID, rounding_mode="floor")).abs()
    return (dx <= _WINDOW) & (dy <= _WINDOW)


def soft_argmax(heat: Tensor) -> Tensor:
    """(B, R, GRID * GRID) logits -> (B, R, 2) in [0, 1]: the mean position over the cells near the peak."""
    weights = heat.masked_fill(~_near_peak(heat), -1e4).softmax(-1)
    return weights @ _cells(heat.device)


def heat_confidence(heat: Tensor) -> Tensor:
    """(B, R): the probability that lies near the peak."""
    return (heat.softmax(-1) * _near_peak(heat)).sum(-1)


def angle_of(logits: Tensor) -> tuple[Tensor, Tensor]:
    """(B, ANGLES + 1) -> angle (B,) rad modulo pi, averaged over the best class and its neighbours; (B,) probability that there is one."""
    probability = logits.softmax(-1)
    peak = probability[:, :ANGLES].argmax(-1)
    near = (peak.unsqueeze(1) + torch.arange(-1, 2, device=logits.device)) % ANGLES
    weight = probability.gather(1, near)
    angle = (near + 0.5) * (math.pi / ANGLES)
    mean = torch.atan2((weight * (2 * angle).sin()).sum(1), (weight * (2 * angle).cos()).sum(1)) / 2
    return mean % math.pi, 1 - probability[:, ANGLES]


def _sample(fine: Tensor, points: Tensor) -> Tensor:
    """(B, 5 * C): bilinear features of the map at the points (B, 2) and 6 pixels to each side of them."""
    step = 6.0 / IMAGE_SIZE
    offsets = torch.tensor([[0, 0], [step, 0], [-step, 0], [0, step], [0, -step]], device=fine.device)
    grid = ((points.unsqueeze(1) + offsets) * 2 - 1).unsqueeze(1)  # (B, 1, 5, 2)
    sampled = nn.functional.grid_sample(fine, grid, align_corners=False, padding_mode="border")
    return sampled.squeeze(2).flatten(1)
