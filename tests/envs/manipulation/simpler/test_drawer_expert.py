"""The scripted expert shuts drawers that the robot stands close to, and opens the lowest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from envs.manipulation.simpler.drawer_expert import HANGING, PUSHING, SHUT

# The poses and drawers at which the wrist, held as it hangs, stops against the closed drawer above.
CLOSE_BY = [("a0", "middle"), ("c0", "bottom")]


def test_it_leans_back_to_push() -> None:
    """In the base frame x points to the cabinet: the leaning gripper points more that way, so its wrist is further from it."""
    assert PUSHING.as_matrix()[0, 2] > HANGING.as_matrix()[0, 2] + 0.3
    assert PUSHING.as_matrix()[2, 2] < -0.7  # and still down


@pytest.mark.sim
@pytest.mark.parametrize(("pose", "drawer"), CLOSE_BY)
def test_it_shuts_drawers_close_by(assets: Path, pose: str, drawer: str) -> None:
    from envs.manipulation.simpler.make import make_simpler

    env = make_simpler("CloseDrawer", assets)
    _, info = env.reset(seed=0, options={"pose": pose, "drawer": drawer})
    for _ in range(75):
        _, _, _, _, info = env.step(np.asarray(info["privileged"]["expert"]["action"]))
        if info["success"]:
            break
    travel = float(info["episode"]["stats"]["qpos"])
    env.close()
    assert info["success"]
    assert travel <= SHUT + 0.001


@pytest.mark.sim
@pytest.mark.parametrize("pose", ["b0", "c0"])
def test_it_gets_its_fingers_over_the_lowest_drawers_edge(assets: Path, pose: str) -> None:
    """The arm sinks more than it is told to: unless it is kept on its line, and lifted where the fingertips stand on the edge, it stays there."""
    from envs.manipulation.simpler.make import make_simpler

    env = make_simpler("OpenDrawer", assets)
    _, info = env.reset(seed=0, options={"pose": pose, "drawer": "bottom"})
    for _ in range(75):
        _, _, _, _, info = env.step(np.asarray(info["privileged"]["expert"]["action"]))
        if info["success"]:
            break
    env.close()
    assert info["success"]
