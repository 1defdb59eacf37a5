"""Fused multiply-add for kernels that have to round as BLAS does: numpy's dot product of two numbers each is ``fma(x1, y1, x0 * y0)``."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic


def _fma(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    signature = types.float64(types.float64, types.float64, types.float64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return signature, generate


fma: Any = intrinsic(_fma)
"""``fma(a, b, c)``: a * b + c, rounded once. For compiled code only."""
