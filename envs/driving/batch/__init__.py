"""Scoring a whole folder of NAVSIM data: trajectories from a file, results in the official devkit's columns, bad scenes set aside."""
