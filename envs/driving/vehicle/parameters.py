"""The ego vehicle: nuPlan's Chrysler Pacifica (nuplan/common/actor_state/vehicle_parameters.py)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class VehicleParameters:
    """Lengths in m. ``front`` and ``rear`` are measured from the rear axle to the bumpers."""

    width: float
    front: float
    rear: float
    wheelbase: float

    @property
    def length(self) -> float:
        return self.front + self.rear

    @property
    def half_length(self) -> float:
        return self.length / 2.0

    @property
    def half_width(self) -> float:
        return self.width / 2.0

    @property
    def rear_axle_to_centre(self) -> float:
        return self.half_length - self.rear


PACIFICA = VehicleParameters(width=1.1485 * 2.0, front=4.049, rear=1.127, wheelbase=3.089)
