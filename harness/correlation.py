"""Does simulation rank policies as reality does? Over several policies, ``sim`` their success in simulation and ``real`` that on the real robot, in the same order.

The order of the arguments matters: ``mmrv(sim, real)`` is the published measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from harness.errors import ConfigError


def mmrv(sim: Sequence[float], real: Sequence[float]) -> float:
    """Mean maximum rank violation (SIMPLER, arXiv 2405.05941): 0 is best.

    mean_i max_j |real_i - real_j| * [(sim_i > sim_j) != (real_i > real_j)]: for each policy, the largest real difference to a policy that simulation puts on the other side of it. It is measured in ``real``'s units,
    so exchanging the arguments gives another number.
    """
    _check(sim, real)
    worst = [
        max(abs(real_i - real_j) if (sim_i > sim_j) != (real_i > real_j) else 0.0 for sim_j, real_j in zip(sim, real))
        for sim_i, real_i in zip(sim, real)
    ]
    return sum(worst) / len(worst)


def pearson(sim: Sequence[float], real: Sequence[float]) -> float | None:
    """Pearson's correlation coefficient; None where one side does not vary. The order does not matter."""
    _check(sim, real)
    mean_sim, mean_real = sum(sim) / len(sim), sum(real) / len(real)
    away = [(s - mean_sim, r - mean_real) for s, r in zip(sim, real)]
    spread = sum(s * s for s, _ in away) * sum(r * r for _, r in away)
    return sum(s * r for s, r in away) / sqrt(spread) if spread > 0 else None


def _check(sim: Sequence[float], real: Sequence[float]) -> None:
    if len(sim) != len(real) or len(sim) < 2:
        raise ConfigError(
            f"{len(sim)} policies in simulation, {len(real)} on the real robot", "give the same two or more policies for both"
        )
