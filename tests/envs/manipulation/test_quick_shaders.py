"""The copies of SAPIEN's shaders draw the very same pictures, and are in effect only where they are meant to be."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.sim

DRAW = """
import hashlib, sys
from contextlib import nullcontext
import gymnasium as gym
import envs.manipulation.tabletop.scene as scene
import envs
if sys.argv[2] == "original":
    scene.quick_shaders = nullcontext
env = gym.make("tabletop/PutInDrawer-v0", shader=sys.argv[1], disable_env_checker=True)
for seed in (3, 4):
    image = env.reset(seed=seed)[0]["image"]
    for camera in sorted(image):
        assert image[camera].std() > 10
        print(camera, hashlib.sha256(image[camera].tobytes()).hexdigest())
"""


def draw(shader: str, how: str) -> str:
    """In a process of its own: SAPIEN keeps the first camera's shaders for all."""
    done = subprocess.run([sys.executable, "-c", DRAW, shader, how], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("shader", ["minimal", "default"])
def test_pictures_are_the_same_bit_for_bit(shader: str) -> None:
    quick = draw(shader, "quick")
    assert len(quick.splitlines()) == 4
    assert quick == draw(shader, "original")


def test_the_table_is_gone_from_the_copies_alone() -> None:
    from pathlib import Path

    import sapien

    from envs.manipulation.quick_shaders import PACKS, quick_copy

    for pack in PACKS:
        text = "".join(path.read_text() for path in quick_copy(pack).iterdir())
        original = Path(sapien.__file__).parent / "vulkan_shader" / pack
        assert "samplerBRDFLUT, " not in text
        assert "vec2(1.0, 0.0);" in text
        assert any("texture(samplerBRDFLUT" in path.read_text() for path in original.iterdir())


def test_only_inside() -> None:
    import sapien

    from envs.manipulation.quick_shaders import quick_shaders

    before: Any = sapien.render.set_camera_shader_dir
    with quick_shaders():
        assert sapien.render.set_camera_shader_dir is not before
    assert sapien.render.set_camera_shader_dir is before
