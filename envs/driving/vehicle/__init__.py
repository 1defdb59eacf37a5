"""The vehicle: a plan becomes a reference at 10 Hz, an LQR tracker follows it, a kinematic bicycle moves. Kernels are compiled once and cached on disk."""

from envs.driving.vehicle.interpolation import PlanBatch, interpolate_poses, plan_batch, reference_poses
from envs.driving.vehicle.parameters import PACIFICA, VehicleParameters
from envs.driving.vehicle.simulate import simulate

__all__ = ["PACIFICA", "PlanBatch", "VehicleParameters", "interpolate_poses", "plan_batch", "reference_poses", "simulate"]
