"""Gymnasium ids of SIMPLER: {id: (entry point, kwargs)}."""

from typing import Any

SIMPLER_IDS: dict[str, tuple[str, dict[str, Any]]] = {}
