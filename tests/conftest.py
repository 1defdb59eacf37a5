"""Tests that need a simulator skip, with the reason, on a machine that cannot render."""

from __future__ import annotations

import pytest

from harness.doctor import require_renderer
from harness.errors import RenderError


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    simulated = [item for item in items if item.get_closest_marker("sim")]
    if not simulated:
        return
    try:
        require_renderer()
    except RenderError as error:
        for item in simulated:
            item.add_marker(pytest.mark.skip(reason=str(error)))
