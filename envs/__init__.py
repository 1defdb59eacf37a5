"""Simulated worlds: manipulation, driving, and perturbations of both. Importing this registers their gymnasium ids."""

from envs.registration import register_envs

register_envs()
