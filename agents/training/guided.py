"""The two stages: grounding pre-training, then spatially guided action training.

Stage 1 trains the reasoner on frames. Meanwhile ("motor") the action expert learns from true prompts made uncertain, which needs no image; then stage 2 alternates one step of grounding with ten of action, whose samples now also
carry the reasoner's hidden states and, half of the time, the prompt that the reasoner itself gives. No gradient of the action reaches the reasoner.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from agents.training.action_batch import ActionBatch, ActionSampler
from agents.training.dataset import Demonstrations
from agents.training.domain import Domain
from agents.training.grounding_batch import GroundingSampler
from agents.training.losses import grounding_loss
from agents.training.recipe import Recipe
from agents.training.stage import run_stage
from agents.vla.model import VlaModel
from agents.vla.reasoner import ANGLES, FACT_SCALE, HELD, angle_of
from agents.vla.spatial_prompt import Prompt


@dataclass
class Samplers:
    grounding: GroundingSampler
    validation: GroundingSampler
    action: ActionSampler
    action_validation: ActionSampler

    @classmethod
    def of(cls, data: Demonstrations, domain: Domain, model: VlaModel, recipe: Recipe) -> Samplers:
        held = data.held_out[data.frame_step]
        steps = np.arange(len(data.state))
        kinds = model.config.subtasks
        return cls(
            GroundingSampler(data, domain, model.vocabulary, np.flatnonzero(~held)),
            GroundingSampler(data, domain, model.vocabulary, np.flatnonzero(held), augment=False),
            ActionSampler(data, kinds, steps[~data.held_out]),
            ActionSampler(data, kinds, steps[data.held_out], off=0.0, spread=0.0),
        )


def train_grounding(model: VlaModel, samplers: Samplers, recipe: Recipe, out: Path) -> float:
    """Stage 1. Returns seconds."""

    def step(number: int, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        return grounding_loss(model.reasoner, samplers.grounding.batch(recipe.grounding_batch, rng, views=recipe.views))

    return run_stage(
        "grounding",
        model.reasoner,
        list(model.reasoner.parameters()),
        step,
        recipe.grounding_steps,
        out,
        rate=1e-3,
        seed=recipe.seed,
        every=100,
        validate=lambda: grounding_scores(model, samplers.validation),
    )


def train_motor(model: VlaModel, samplers: Samplers, recipe: Recipe, out: Path) -> float:
    """The action expert on true prompts, without images. Returns seconds."""

    def step(number: int, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        batch = samplers.action.batch(recipe.action_batch, rng)
        return action_loss(model, batch, None, None)

    return run_stage(
        "motor",
        model.expert,
        list(model.expert.parameters()),
        step,
        recipe.motor_steps,
        out,
        rate=1e-3,
        seed=recipe.seed,
        every=500,
        validate=lambda: action_scores(model, samplers.action_validation),
    )


def train_guided(model: VlaModel, samplers: Samplers, recipe: Recipe, out: Path) -> float:
    """Stage 2. Returns seconds."""
    data = samplers.action.data
    state: dict[str, _Thoughts] = {}
    grounding = recipe.round_grounding if recipe.ground_again else 0
    per_round = grounding + recipe.round_grounding * 10
    trained = list(model.parameters()) if recipe.ground_again else list(model.expert.parameters())

    def step(number: int, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        within = number % per_round
        if within < grounding:
            loss, parts = grounding_loss(model.reasoner, samplers.grounding.batch(recipe.grounding_batch, rng, views=recipe.views))
            return loss * 0.5, {f"grounding.{name}": value * 11 for name, value in parts.items() if name in ("point", "text")}
        if within == grounding or "now" not in state:
            drawn = np.random.default_rng([recipe.seed, number // per_round, 5])  # a resumed run thinks about the same frames again
            frames = drawn.choice(samplers.grounding.frames, min(recipe.round_frames, len(samplers.grounding.frames)), replace=False)
            state["now"] = think_about(model, samplers.grounding, frames, drawn)
        return _mixed_loss(model, data, samplers.action, state["now"], recipe, rng)

    return run_stage(
        "guided",
        model,
        trained,
        step,
        recipe.rounds * per_round,
        out,
        rate=4e-4,
        seed=recipe.seed,
        every=per_round,
        validate=lambda: {**grounding_scores(model, samplers.validation), **action_scores(model, samplers.action_validation)},
    )


def train_heads(model: VlaModel, samplers: Samplers, recipe: Recipe, out: Path) -> float:
    """The other decoders, on the condition that the first one shaped and that stays as it is. Returns seconds."""
    others = model.config.decoders[1:]
    if not others:
        return 0.0
    heads = nn.ModuleDict({name: model.expert.decoders[name] for name in others})
    drawn = np.random.default_rng([recipe.seed, 6])
    frames = drawn.choice(samplers.grounding.frames, min(recipe.round_frames, len(samplers.grounding.frames)), replace=False)
    thoughts = think_about(model, samplers.grounding, frames, drawn)
    model.eval()  # the condition is what it will be at evaluation
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    heads.requires_grad_(True)

    def step(number: int, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        return _mixed_loss(
            model, samplers.action.data, samplers.action, thoughts, replace(recipe, action_batch=recipe.head_batch), rng, others
        )

    return run_stage(
        "heads",
        heads,
        list(heads.parameters()),
        step,
        recipe.head_steps,
        out,
        rate=2e-3,
        seed=recipe.seed,
        every=250,
        validate=lambda: action_scores(model, samplers.action_validation, decoders=others),
    )


@dataclass
class _Thoughts:
    """What the reasoner makes of some frames: hidden states (F, L, Q, D) and its own prompt."""

    frames: NDArray[np.int64]
    hidden: Tensor
    prompt: Prompt


@torch.no_grad()
def think_about(
    model: VlaModel, sampler: GroundingSampler, frames: NDArray[np.int64], rng: np.random.Generator, size: int = 64
) -> _Thoughts:
    """Without decoding text: the subtask in these prompts is left out, and filled from the truth by the caller."""
    was = model.training
    model.eval()
    hidden, prompts = [], []
    for start in range(0, len(frames), size):
        batch = sampler.of(frames[start : start + size], rng, move=False)
        raw = model.reasoner.ground(batch.inputs)
        hidden.append(torch.stack(raw.hidden, 1).half())
        facts = raw.facts * FACT_SCALE
        facts[:, HELD] = raw.facts[:, HELD].sigmoid()
        angle, known = angle_of(raw.angle)
        told = torch.cat([torch.ones(len(angle), 1), (raw.present > 0).float(), (known > 0.5).float().unsqueeze(1)], 1)
        none = torch.full((len(angle),), -1)
        prompts.append(Prompt(raw.points[:, 0], raw.points[:, 1], raw.points[:, 2], facts, angle, raw.family.argmax(-1), none, told))
    model.train(was)
    joined = Prompt(**{field.name: torch.cat([getattr(prompt, field.name) for prompt in prompts]) for field in fields(Prompt)})
    return _Thoughts(frames, torch.cat(hidden), joined)


def _mixed_loss(
    model: VlaModel,
    data: Demonstrations,
    sampler: ActionSampler,
    thoughts: _Thoughts,
    recipe: Recipe,
    rng: np.random.Generator,
    decoders: tuple[str, ...] = (),
) -> tuple[Tensor, dict[str, float]]:
    """Half of the batch are frames with hidden states, half are steps without."""
    seen = recipe.action_batch // 2
    rows = rng.integers(len(thoughts.frames), size=seen)
    steps = data.frame_step[thoughts.frames[rows]]
    steps = np.concatenate([steps, sampler.draw(recipe.action_batch - seen, rng)])
    batch = sampler.of(steps, rng)
    index = torch.from_numpy(rows)
    hidden_prompt = batch.prompt.known[:seen].sum(1) == 0  # those that are to do without stay without
    take = torch.from_numpy(rng.random(seen) < 0.6) & ~hidden_prompt
    said = thoughts.prompt.rows(index)
    for field in fields(Prompt):
        if field.name != "subtask":
            value, replaced = getattr(batch.prompt, field.name), getattr(said, field.name)
            value[:seen][take] = replaced[take].to(value.dtype)
    hidden = thoughts.hidden[index].float()
    rest = torch.zeros(recipe.action_batch - seen, *hidden.shape[1:])
    layers = list(torch.cat([hidden, rest]).unbind(1))
    return action_loss(model, batch, layers, torch.arange(recipe.action_batch) < seen, decoders)


def action_loss(
    model: VlaModel, batch: ActionBatch, hidden: list[Tensor] | None, known: Tensor | None, decoders: tuple[str, ...] = ()
) -> tuple[Tensor, dict[str, float]]:
    """``decoders``: those to train; by default the first of the model, which alone shapes the condition."""
    expert = model.expert
    condition = expert.condition(batch.prompt, batch.state, hidden, known)
    chunk, history = expert.normalise(batch.chunk), expert.normalise(batch.history)
    losses = {name: expert.decoder(name).loss(condition, chunk, batch.valid, history) for name in decoders or model.config.decoders[:1]}
    return torch.stack(list(losses.values())).sum(), {name: float(loss.detach()) for name, loss in losses.items()}


@torch.no_grad()
def grounding_scores(model: VlaModel, sampler: GroundingSampler, batches: int = 6) -> dict[str, float]:
    """On frames of validation episodes. Median error (pixels of 128), share within 6 pixels, family and subtask accuracy."""
    rng = np.random.default_rng(1)
    errors, places, family, kinds, angles = [], [], [], [], []
    facts = []
    for _ in range(batches):
        batch = sampler.batch(64, rng, own=0.6)
        raw = model.reasoner.ground(batch.inputs)
        errors.append((raw.points[:, :2] - batch.points[:, :2]).norm(dim=-1).flatten() * 128)
        places.append((raw.points[:, 2] - batch.points[:, 2]).norm(dim=-1) * 128)
        family.append((raw.family.argmax(-1) == batch.family).float())
        own = batch.tokens[:, 0] >= 0
        previous = torch.cat([torch.full_like(batch.tokens[:, :1], model.vocabulary.begin), batch.tokens[:, :-1].clamp(min=0)], 1)
        said = model.reasoner.text(raw.context, previous).argmax(-1)
        words = (batch.tokens >= 5 + 128) | (batch.tokens < 0)  # the subtask's words, not its boxes
        right = ((said == batch.tokens) | (batch.tokens < 0) | ~words).all(1)
        kinds.append(right[own].float())
        real = batch.angle < ANGLES
        off = (raw.angle[real][:, :ANGLES].argmax(-1) - batch.angle[real]).abs()
        angles.append((torch.minimum(off, ANGLES - off) <= 1).float())
        facts.append(((raw.facts - batch.facts).abs() * FACT_SCALE * 1000)[:, :HELD])
    error, place = torch.cat(errors), torch.cat(places)
    error, place = error[~torch.isnan(error)], place[~torch.isnan(place)]
    by_fact = torch.cat(facts).nanmedian(0).values
    return {
        "pixels": float(error.median()),
        "within6": float((error < 6).float().mean()),
        "place_pixels": float(place.median()),
        "family": float(torch.cat(family).mean()),
        "text": float(torch.cat(kinds).mean()),
        "angle15": float(torch.cat(angles).mean()),
        **{f"mm{index}": float(value) for index, value in enumerate(by_fact)},
    }


@torch.no_grad()
def action_scores(model: VlaModel, sampler: ActionSampler, batches: int = 4, decoders: tuple[str, ...] = ()) -> dict[str, float]:
    """Mean absolute error of the first four actions, decoded: position in mm, gripper as a share of wrong signs."""
    rng = np.random.default_rng(2)
    scores: dict[str, float] = {}
    for name in decoders or model.config.decoders[:1]:
        position, gripper = [], []
        for _ in range(batches):
            batch = sampler.batch(256, rng)
            condition = model.expert.condition(batch.prompt, batch.state, None)
            noise = torch.from_numpy(rng.standard_normal(batch.chunk.shape, np.float32))
            actions = model.expert.act(condition, noise, batch.history, name)
            valid = batch.valid[:, :4].bool()
            position.append((actions - batch.chunk).abs()[:, :4, :3][valid].mean())
            gripper.append((actions[:, :4, 6] != batch.chunk[:, :4, 6])[valid].float().mean())
        scores[f"{name}.mm"] = 1000 * float(torch.stack(position).mean())
        scores[f"{name}.gripper"] = float(torch.stack(gripper).mean())
    return scores
