"""Gymnasium ids of the tabletop suite: {id: (entry point, kwargs)}."""

from typing import Any

TABLETOP_IDS: dict[str, tuple[str, dict[str, Any]]] = {}
