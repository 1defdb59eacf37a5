"""Driving baselines: what the car would do by itself, what the log's driver did, what a planner that sees the truth does, and what can be guessed from the speedometer alone."""
