"""What a dump holds of a sequence, against the recording of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray


def assert_same_arrays(here: Mapping[str, NDArray[Any]], recorded: Mapping[str, NDArray[Any]]) -> None:
    """The same names, shapes and kinds of numbers."""
    assert set(here) == set(recorded)
    for name in recorded:
        assert (here[name].shape, here[name].dtype.kind) == (recorded[name].shape, recorded[name].dtype.kind), name
