"""EP: progress along the centreline, relative to the better of PDM-Closed and the plan itself."""

from __future__ import annotations

import numpy as np

from envs.driving.kernel import kernel
from envs.driving.scene import Floats
from envs.driving.scoring.centreline import locate
from envs.driving.scoring.footprint import CENTRE
from envs.driving.scoring.measure import Measure

MIN_NORM_M = 5.0


@kernel
def _progress(feet, line, out):
    for b in range(len(feet)):
        start, end = feet[b, 0, CENTRE], feet[b, -1, CENTRE]
        if b == 0 or start[0] != feet[b - 1, 0, CENTRE, 0] or start[1] != feet[b - 1, 0, CENTRE, 1]:
            begin = locate(line, start[0], start[1])[0]
        out[b] = max(locate(line, end[0], end[1])[0] - begin, 0.0)


def progress_m(feet: Floats, centreline: Floats) -> Floats:
    """Metres (B,) that the centres of footprints (B, T, 5, 2) progress along ``centreline`` (n, 2), at least 0."""
    out = np.empty(len(feet))
    _progress(feet, centreline, out)
    return out


def relative_progress(raw: Floats, product: Floats, reference_raw: Floats, reference_product: Floats) -> Measure:
    """EP of v2 from metres (B,) and the products (B,) of the multiplicative metrics, of the plan and of PDM-Closed in the same call.

    The norm is masked by the products, the numerator is not. Where the norm is at most 5 m, EP is 1 and says nothing.
    """
    norm = np.maximum(raw * product, reference_raw * reference_product)
    valid = norm > MIN_NORM_M
    return Measure(np.where(valid, np.clip(raw / np.where(valid, norm, 1.0), 0.0, 1.0), 1.0), valid)


def relative_progress_v1(raw: Floats, product: Floats, reference_raw: Floats, reference_product: Floats) -> Measure:
    """EP of v1: the numerator is masked too, and where the norm is at most 5 m, EP is 1 unless the product is 0."""
    masked = raw * product
    norm = np.maximum(masked, reference_raw * reference_product)
    valid = norm > MIN_NORM_M
    return Measure(np.where(valid, masked / np.where(valid, norm, 1.0), np.where(product == 0.0, 0.0, 1.0)), valid)


def relative_progress_among(raw: Floats, product: Floats) -> Measure:
    """EP of v2 among proposals that are scored together: the norm is the greatest masked progress of all."""
    norm = np.full(len(raw), (raw * product).max(initial=0.0))
    return relative_progress(raw, product, norm, np.ones(len(raw)))
