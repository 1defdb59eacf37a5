"""Looking at a run while it goes on, as often as one likes: tests that stay valid whenever they are stopped.

Worse: the discordant pairs as coin tosses. Under the null a lost one has a chance of at most 1/2 given the past, so the likelihood ratio of "a chance theta of [1/2, 1], uniformly" to 1/2 is a non-negative supermartingale
that starts at 1, and by Ville's inequality the chance that it *ever* reaches 1/alpha is at most alpha (an e-process; Ramdas, Gruenwald, Vovk & Shafer, Statistical Science 2023). Not much worse: betting against "the
mean drop is at least the tolerance", with a few fixed stakes.

Pairs are taken in the order of the scenarios' ids, which are hashes: a shuffle that nobody chose. Whichever worker is quickest changes nothing, since only the finished beginning of that order counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaln

from harness.compare.run_table import RunTable
from harness.success_rule import SuccessRule

_STAKES = (0.1, 0.25, 0.5, 0.75)
"""shares of the largest stake that cannot ruin"""


@dataclass(frozen=True)
class SequentialState:
    """Where the test stands after ``pairs`` (of ``planned``). ``e_worse``, ``e_fine``: evidence so far, decisive at 1 / alpha. ``ruling`` "go on" until one is; ``decided_at``: after how many pairs."""

    pairs: int
    planned: int
    lost: int
    won: int
    e_worse: float
    e_fine: float
    ruling: Literal["regress", "pass", "go on"]
    decided_at: int | None
    alpha: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def e_worse(lost: Any, won: Any) -> Any:
    """The evidence that the run is worse, of so many lost and won pairs (arrays of one shape, or numbers)."""
    lost, won = np.asarray(lost, float), np.asarray(won, float)
    tail = betainc(won + 1.0, lost + 1.0, 0.5)  # the share of Beta(lost + 1, won + 1) above 1/2
    return np.exp((lost + won + 1.0) * np.log(2.0) + betaln(lost + 1.0, won + 1.0) + np.log(np.maximum(tail, 1e-300)))


def e_fine(drops: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
    """The evidence, after each pair, that the drop is below ``tolerance``. ``drops`` (..., pairs): 1 lost, -1 won, 0 the same."""
    stakes = np.asarray(_STAKES) / (1.0 - tolerance) if tolerance < 1 else np.asarray(_STAKES)
    logs = np.log1p(stakes * (tolerance - drops[..., None]))
    return np.exp(np.cumsum(logs, axis=-2)).mean(-1)


def look(
    pairs: Iterable[tuple[bool, bool]], planned: int, alpha: float = 0.05, tolerance: float = 0.15, stop_on_pass: bool = True
) -> SequentialState:
    """Where the test stands. ``pairs``: (baseline succeeded, run succeeded), in the order of the ids."""
    drops = np.asarray([float(a) - float(b) for a, b in pairs])
    if not len(drops):
        return SequentialState(0, planned, 0, 0, 1.0, 1.0, "go on", None, alpha)
    lost, won = np.cumsum(drops > 0), np.cumsum(drops < 0)
    worse, fine = e_worse(lost, won), e_fine(drops, tolerance)
    at_worse = _first(worse >= 1 / alpha)
    at_fine = _first(fine >= 1 / alpha) if stop_on_pass else None
    ruling: Literal["regress", "pass", "go on"] = "go on"
    decided = None
    if at_worse is not None and (at_fine is None or at_worse <= at_fine):
        ruling, decided = "regress", at_worse + 1
    elif at_fine is not None:
        ruling, decided = "pass", at_fine + 1
    last = (decided or len(drops)) - 1
    return SequentialState(
        len(drops), planned, int(lost[last]), int(won[last]), float(worse[last]), float(fine[last]), ruling, decided, alpha
    )


def finished_pairs(run: RunTable, baseline: RunTable, rule: SuccessRule) -> tuple[list[tuple[bool, bool]], int]:
    """(the pairs of the finished beginning, how many there will be): in the order of the baseline's ids, up to the first without an episode; pairs with an error in either run are left out."""
    pairs: list[tuple[bool, bool]] = []
    ids = sorted(baseline.rows)
    for scenario in ids:
        if scenario not in run.rows:
            break
        old, new = baseline.rows[scenario], run.rows[scenario]
        if "error" not in (old.outcome, new.outcome):
            pairs.append((bool(old.success(rule)), bool(new.success(rule))))
    return pairs, len(ids)


@dataclass(frozen=True)
class Saving:
    """What stopping early saves, by simulation: of ``nights`` of ``planned`` pairs with a true ``drop``, ``stopped`` (share) ended as worse, after ``mean_pairs`` on average over all nights."""

    nights: int
    planned: int
    drop: float
    stopped: float
    mean_pairs: float

    @property
    def saved(self) -> float:
        """Episodes a night, on average."""
        return self.planned - self.mean_pairs


def simulate(planned: int, drop: float, *, disagreement: float = 0.1, alpha: float = 0.05, nights: int = 2000, seed: int = 0) -> Saving:
    """Simulated nights: pairs are lost with chance ``disagreement`` / 2 + ``drop`` and won with ``disagreement`` / 2. ``drop`` 0 is the null."""
    rng = np.random.default_rng(seed)
    draws = rng.random((nights, planned))
    lost = np.cumsum(draws < disagreement / 2 + drop, axis=1)
    won = np.cumsum(draws > 1 - disagreement / 2, axis=1)
    crossed = e_worse(lost, won) >= 1 / alpha
    stopped = crossed.any(1)
    pairs = np.where(stopped, crossed.argmax(1) + 1, planned)
    return Saving(nights, planned, drop, float(stopped.mean()), float(pairs.mean()))


def _first(hits: NDArray[np.bool_]) -> int | None:
    return int(hits.argmax()) if hits.any() else None
