"""Contact impulses of the last simulation step, between named bodies."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Impulse = NDArray[np.float64]  # (3,) N s, world axes


def impulses_on(contacts: Iterable[Any], body: Any) -> list[tuple[Any, Impulse]]:
    """(other body, impulse that the other exerts on ``body``) of every contact of ``body``. ``body``: a sapien physx component."""
    found: list[tuple[Any, Impulse]] = []
    for contact in contacts:
        first, second = contact.bodies
        if body not in (first, second):
            continue
        # PhysX reports the impulse on the first body of the pair.
        total: Impulse = np.zeros(3)
        for point in contact.points:
            total = total + point.impulse
        found.append((second, total) if body == first else (first, -total))
    return found


def any_presses_from_outside(contacts: Iterable[Any], bodies: Container[Any]) -> bool:
    """Whether anything that is none of ``bodies`` presses on one of them."""
    return any(
        (contact.bodies[0] in bodies) != (contact.bodies[1] in bodies) and any(np.any(point.impulse) for point in contact.points)
        for contact in contacts
    )


def total_from(found: Iterable[tuple[Any, Impulse]], other: Any) -> Impulse:
    """The summed impulse of ``impulses_on`` that comes from ``other``."""
    total = np.zeros(3)
    for body, impulse in found:
        if body == other:
            total = total + impulse
    return total
