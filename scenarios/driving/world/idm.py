"""The intelligent driver model (Treiber, Hennecke and Helbing 2000), for one driver."""

from __future__ import annotations

import math

from scenarios.driving.world.actors import Style


def follow(style: Style, speed: float, desired: float, gap: float, lead_speed: float) -> float:
    """Acceleration [m/s2] behind something `gap` metres ahead that drives `lead_speed`; never harder than the style's hardest."""
    wanted = style.gap + max(0.0, speed * style.headway + speed * (speed - lead_speed) / (2.0 * math.sqrt(style.accelerate * style.brake)))
    free = free_road(style, speed, desired)
    value = (
        free - style.accelerate * (wanted / max(gap, 0.1)) ** 2
        if free > 0
        else min(free, style.accelerate * (1.0 - (wanted / max(gap, 0.1)) ** 2))
    )
    # The model brakes far harder than anybody would for a gap that is short but not closing: bounded by what the closing speed asks for.
    closing = max(speed - lead_speed, 0.0)
    needed = closing * closing / (2.0 * max(gap - 1.5, 0.5))
    return max(value, -style.hardest, -(1.0 + 1.5 * needed) if gap > 1.5 else -style.hardest)


def free_road(style: Style, speed: float, desired: float) -> float:
    """Acceleration towards `desired` on a free road: the model's below it, a soft return from above."""
    if desired <= 0.05:
        return max(-2.0, -1.5 * speed)
    if speed <= desired:
        return style.accelerate * (1.0 - (speed / desired) ** 4)
    return max(-style.brake, -0.9 * (speed - desired))


def stop_before(style: Style, speed: float, distance: float) -> float:
    """Acceleration that stops smoothly `distance` metres on: the constant braking that ends there, once it is worth starting."""
    if distance < 1.0:
        return -max(min(speed * speed / (2.0 * max(distance, 0.1)), style.hardest), 0.8)
    needed = speed * speed / (2.0 * distance)
    return max(-needed, -style.hardest) if needed >= 0.55 * style.brake else math.inf
