"""Trains the policies of :mod:`agents.vla`: demonstrations, grounding data, the two stages, checkpoints.

A :class:`agents.training.domain.Domain` is the only part that knows a suite; everything else (recording, data set, losses, stages) is the same for all of them.
"""
