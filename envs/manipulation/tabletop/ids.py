"""Gymnasium ids of the tabletop suite: {id: (entry point, kwargs)}."""

from typing import Any

_TASK_NAMES = (
    "PutOn",
    "Stack",
    "PutInBasket",
    "Pick",
    "MoveNear",
    "OpenTopDrawer",
    "OpenMiddleDrawer",
    "OpenBottomDrawer",
    "CloseTopDrawer",
    "CloseMiddleDrawer",
    "CloseBottomDrawer",
    "PutInDrawer",
)

TABLETOP_IDS: dict[str, tuple[str, dict[str, Any]]] = {
    f"tabletop/{name}-v0": ("envs.manipulation.tabletop.environment:make_tabletop", {"task": name}) for name in _TASK_NAMES
}
