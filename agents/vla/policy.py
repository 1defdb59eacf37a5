"""ST4VLA as a :class:`harness.policy.Policy`: reasoner, spatial prompt, action expert; stateless and batched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from agents.vla.flow_decoder import FlowDecoder
from agents.vla.geometry import project
from agents.vla.inputs import Inputs, batch_inputs
from agents.vla.reasoning import FACTS, ROLES, Reasoner, Reasoning
from agents.vla.spatial_prompt import SpatialPrompt, gripper_pixel, untold
from agents.vla.weights import load_model, weights_path
from harness.env_maker import locate
from harness.errors import AgentError, ConfigError
from harness.policy import Policy, Request, Response
from harness.thought import Box, Point, Thought, Trace

_ON_TARGET = ("open_drawer", "close_drawer")  # kinds of task whose one thing the suites call the target
_SHOWN = 0.5  # a role is named in the thought if it is present with at least this probability


class VlaPolicy(Policy):
    """Args:
    weights: a shipped name, a folder or a file.
    prompt: arguments of :class:`agents.vla.spatial_prompt.SpatialPrompt`.
    decoder: ``name`` (flow, tokens, l1) and, for flow, ``steps``.
    bridge: False hides the reasoner's hidden states from the action expert.
    reasoner: ``{_target_: ..., ...}`` of another reasoner; its hidden states must have the shape that the weights were trained with, or ``bridge`` be False.
    device: "cpu", "cuda". threads: of torch in this process; one makes results independent of the machine's number of cores.

    Raises ConfigError or AgentError for anything that does not fit, before the first step.
    """

    def __init__(
        self,
        weights: str,
        prompt: Mapping[str, Any] | None = None,
        decoder: Mapping[str, Any] | None = None,
        bridge: bool = True,
        reasoner: Mapping[str, Any] | None = None,
        device: str = "cpu",
        threads: int = 1,
    ) -> None:
        if device != "cpu" and not torch.cuda.is_available():
            raise ConfigError(f"device {device!r} is not there", "give device=cpu")
        torch.set_num_threads(threads)
        self.path = weights_path(weights)
        model, self._digest = load_model(self.path)
        self.model = model.to(device)
        self.camera = model.config.camera
        self.device = torch.device(device)
        self.prompt = SpatialPrompt(**(prompt or {}))
        if not model.config.prompted and self.prompt.mode != "off":
            raise ConfigError(f"weights {weights!r} were trained without a spatial prompt", "give prompt.mode=off")
        self._bridge = bridge
        self._decoder = self._choose_decoder(dict(decoder or {}))
        self.reasoner = cast(Reasoner, model.reasoner if reasoner is None else _other_reasoner(reasoner))
        if bridge and (self.reasoner.hidden_size, self.reasoner.queries) != (model.reasoner.hidden_size, model.reasoner.queries):
            raise ConfigError("the bridge cannot read this reasoner's hidden states", "give bridge=false, or train a bridge for it")

    def _choose_decoder(self, chosen: dict[str, Any]) -> str:
        name = str(chosen.pop("name", "flow"))
        made = self.model.expert.decoder(name)
        steps = chosen.pop("steps", None)
        if isinstance(made, FlowDecoder) and steps is not None:
            if int(steps) < 1:
                raise ConfigError(f"decoder.steps={steps}", "take at least one Euler step")
            made.steps = int(steps)
        if chosen:
            raise ConfigError(f"decoder: unknown key {sorted(chosen)[0]!r}", "known: name, steps")
        return name

    @torch.inference_mode()
    def infer(self, requests: Sequence[Request]) -> list[Response]:
        if not requests:
            return []
        clock = [perf_counter()]
        inputs = batch_inputs(requests, self.model.vocabulary, self.camera, self.model.config.crop).to(self.device)
        clock.append(perf_counter())
        reasoning = self.reasoner.think(inputs)
        clock.append(perf_counter())
        generators = [torch.Generator().manual_seed(request.seed) for request in requests]
        gripper = gripper_pixel(self.model.expert.conditioning.projection_of(reasoning.family), inputs.state)
        prompt = self.prompt(reasoning, gripper, self._truth(requests, reasoning), generators)
        if not self.model.config.prompted:
            prompt = untold(prompt)
        condition = self.model.expert.condition(prompt, inputs.state, reasoning.hidden if self._bridge else None)
        clock.append(perf_counter())
        noise = torch.stack([torch.randn(self.model.config.horizon, 7, generator=generator) for generator in generators]).to(self.device)
        history = torch.from_numpy(np.stack([_last_action(request) for request in requests])).to(self.device)
        actions = self.model.expert.act(condition, noise, history, self._decoder).cpu().numpy()
        clock.append(perf_counter())
        seconds = {name: (end - begin) / len(requests) for name, begin, end in zip(("encode", "reason", "bridge", "act"), clock, clock[1:])}
        return [Response(actions[row], self._thought(reasoning, gripper, row, request, seconds)) for row, request in enumerate(requests)]

    def _truth(self, requests: Sequence[Request], reasoning: Reasoning) -> Reasoning | None:
        """What was found, with its points replaced by the simulator's (see :class:`agents.vla.agent.TruthfulVlaAgent`)."""
        if not self.prompt.needs_truth:
            return None
        points, facts = reasoning.points.clone(), reasoning.facts.clone()
        boxes = torch.full_like(reasoning.boxes, torch.nan)
        projections = self.model.expert.conditioning.projection_of(reasoning.family).expand(len(requests), 3, 4)
        for row, request in enumerate(requests):
            truth = request.history.get("truth")
            if truth is None:
                raise AgentError(f"prompt.mode={self.prompt.mode} needs the simulator's truth", "use agents.vla.agent.TruthfulVlaAgent")
            told = truth["wrong"] if self.prompt.mode == "wrong" else truth
            for role, name in enumerate(ROLES[:2]):
                position = told.get(name)
                if position is None:
                    continue
                where = project(projections[row], torch.tensor(position, dtype=torch.float32, device=self.device))
                if role == 1:  # the place moves with the target
                    points[row, 2] += where - points[row, 1]
                points[row, role] = where
                facts[row, FACTS.index(f"{name}_z")] = float(position[2])
        return Reasoning(**{**reasoning.__dict__, "points": points, "facts": facts, "boxes": boxes})

    def _thought(self, said: Reasoning, gripper: Tensor, row: int, request: Request, seconds: dict[str, float]) -> Thought:
        height, width = request.images[self.camera].shape[:2]
        left, top, right, bottom = self.model.config.crop or (0.0, 0.0, 1.0, 1.0)

        def pixels(point: Tensor) -> tuple[float, float]:
            return (left + float(point[0]) * (right - left)) * width, (top + float(point[1]) * (bottom - top)) * height

        family = self.model.config.families[int(said.family[row])]
        labels = ("target" if family in _ON_TARGET else "source", *ROLES[1:])
        shown = [role for role in range(3) if float(said.present[row, role]) >= _SHOWN]
        confidence = [float(said.confidence[row, role]) for role in range(3)]
        points = tuple(Point(*pixels(said.points[row, role]), labels[role], self.camera, confidence[role]) for role in shown)
        boxes = []
        for role in range(2):
            box = said.boxes[row, role]
            if role in shown and not bool(torch.isnan(box).any()):
                boxes.append(Box(*pixels(box[:2]), *pixels(box[2:]), labels[role], self.camera, confidence[role]))
        ends = [gripper[row], *(said.points[row, role] for role in (0, 2) if role in shown)]
        trace = Trace(tuple(pixels(end) for end in ends), "path", self.camera, confidence[0])
        overall = min((confidence[role] for role in shown), default=0.0)
        return Thought(
            subtask=said.texts[row], points=points, boxes=tuple(boxes), traces=(trace,), confidence=overall, seconds=dict(seconds)
        )

    def fingerprint(self) -> dict[str, str]:
        return {"weights": self._digest}


def _last_action(request: Request) -> np.ndarray:
    return np.asarray(request.history.get("action", (0, 0, 0, 0, 0, 0, 1)), np.float32)


def _other_reasoner(config: Mapping[str, Any]) -> Any:
    if "_target_" not in config:
        raise ConfigError("reasoner has no _target_", "say which class to make: reasoner._target_=package.module.Class")
    made = locate(str(config["_target_"]), "reasoner")
    return made(**{key: value for key, value in config.items() if key != "_target_"})


__all__ = ["Inputs", "VlaPolicy"]
