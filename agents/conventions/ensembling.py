"""Temporal ensembling: the action to execute now is a weighted mean of what overlapping chunks say about now.

At step t the policy predicts a chunk for steps t, t+1, ...; the chunk of step t - i says in its row i what to do at t. The newest ``horizon`` chunks are kept, the present one included; a chunk too short to reach
the present step is left out. With p_0 the oldest and p_n the newest prediction for now, the result is sum_k w_k p_k / sum_k w_k.

Both ensembles need a new chunk at every step (``execute=1``). Affine un-normalisation without clipping commutes with fixed weights; adaptive weights depend on where the mean is taken (InternVLA-M1 un-normalises first).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.errors import AgentError


class Ensembler(ABC):
    """Keeps the chunks; a subclass gives the weights. Forget an episode with :meth:`reset`."""

    def __init__(self, horizon: int) -> None:
        if horizon < 1:
            raise AgentError(f"ensemble horizon={horizon}", "keep at least one chunk")
        self.chunks: deque[NDArray[np.float64]] = deque(maxlen=horizon)

    def reset(self) -> None:
        self.chunks.clear()

    def __call__(self, chunk: ArrayLike) -> NDArray[np.float64]:
        """(T, D) chunk predicted at this step -> (D,) action for this step."""
        newest = np.asarray(chunk, np.float64)
        if newest.ndim != 2 or not len(newest):
            raise AgentError(f"a chunk of shape {newest.shape}", "give (T, D) with at least one row")
        self.chunks.append(newest)
        ages = range(len(self.chunks) - 1, -1, -1)
        predictions = np.stack([kept[age] for age, kept in zip(ages, self.chunks) if age < len(kept)])
        weights = self.weights(predictions)
        return weights @ predictions / weights.sum()

    @abstractmethod
    def weights(self, predictions: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, D) predictions for now, oldest first -> (N,) positive weights, not yet normalised."""


class ExponentialEnsembler(Ensembler):
    """w_k = exp(-temperature * k), k = 0 the oldest: a positive temperature trusts old predictions more, a negative one new ones, 0 is the plain mean.

    SimplerEnv's ``ActionEnsembler`` (the weights are ACT's, Zhao et al. 2023). Octo: horizon 4, temperature 0. Third-party wrappers pass -0.8 (SpatialVLA's script).
    """

    def __init__(self, horizon: int, temperature: float = 0.0) -> None:
        super().__init__(horizon)
        self.temperature = temperature

    def weights(self, predictions: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.exp(-self.temperature * np.arange(len(predictions)))


class AdaptiveEnsembler(Ensembler):
    """w_k = exp(alpha * cos(p_k, p_n)), p_n the newest prediction: predictions that agree with it in direction count more, so that two modes are not averaged.

    CogACT (arXiv 2411.19650, "adaptive action ensemble"), as its and InternVLA-M1's SIMPLER wrappers do it: over all seven dimensions of the un-normalised action, cos = p_k.p_n / (|p_k| |p_n| + 1e-7), alpha 0.1;
    horizon 7 on WidowX and 2 on the Google Robot.
    """

    def __init__(self, horizon: int, alpha: float = 0.1) -> None:
        super().__init__(horizon)
        self.alpha = alpha

    def weights(self, predictions: NDArray[np.float64]) -> NDArray[np.float64]:
        newest = predictions[-1]
        lengths = np.linalg.norm(predictions, axis=1) * np.linalg.norm(newest)
        return np.exp(self.alpha * (predictions @ newest) / (lengths + 1e-7))
