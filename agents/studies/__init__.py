"""Questions as experiments: ``gauntlet study NAME`` runs agents through suites and prints what the paper's tables print, with intervals.

A question is a YAML file in ``questions/`` (or one of yours, by path): see :mod:`agents.studies.question`.
"""
