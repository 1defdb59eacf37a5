"""A policy for the toy environment, for tests of executors that keep the policy apart from the simulators."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from harness.policy import Policy, Request, Response
from harness.thought import Thought


class SeekerPolicy(Policy):
    """Heads for the goal with noise from the request's seed, in chunks of three; what it saw of the image goes into the thought. Notes the sizes of its batches in the file ``notes``, and ends its process once if a file ``crash`` is to be made."""

    batch_invariant = True

    def __init__(self, notes: str = "", crash: str = "") -> None:
        self.notes, self.crash = Path(notes) if notes else None, Path(crash) if crash else None

    def infer(self, requests: Sequence[Request]) -> Sequence[Response]:
        if self.crash is not None and not self.crash.exists():
            self.crash.touch()
            os._exit(9)
        if self.notes is not None and requests:
            with self.notes.open("a") as file:
                file.write(f"{len(requests)}\n")
        return [self._answer(request) for request in requests]

    def _answer(self, request: Request) -> Response:
        rng = np.random.default_rng(request.seed)
        request.state["position"][:] += 0.0  # a policy may write into what it is given
        way = np.clip(request.state["goal"] - request.state["position"], -0.08, 0.08)
        actions = way + rng.normal(0.0, 0.005, (3, 2))
        return Response(
            actions, Thought(reasoning=f"the image's mean is {request.images['top'].mean():.3f}", confidence=float(rng.random()))
        )

    def fingerprint(self) -> dict[str, str]:
        return {"weights": "seeker"}
