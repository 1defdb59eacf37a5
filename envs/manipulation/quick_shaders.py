"""SAPIEN's rasteriser without the table that it would compute in every process.

The shader packs "minimal" and "default" look a bidirectional reflectance up in a table, to weigh the light of an environment map, and SAPIEN computes that table when a process makes its first camera: 5.5 CPU seconds on Mesa's
lavapipe, most of what a first frame costs. Without an environment map that light is black, and its weight does not matter: a copy of the shaders with a constant in place of the table draws the same pictures, bit for
bit (a test compares them), and begins at once. No scene of ours has an environment map.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

import sapien

from harness.disk_cache import cached_tree, content_key

PACKS = ("minimal", "default")
_LOOK_UP = re.compile(r"texture\(samplerBRDFLUT,.*?\)\.xy;")
_DECLARATION = re.compile(r"^.*uniform sampler2D samplerBRDFLUT;\n", re.MULTILINE)


@contextmanager
def quick_shaders() -> Iterator[None]:
    """Cameras that ManiSkill makes inside use the copies. Only inside: other environments of the process may have environment maps."""
    render = cast(Any, sapien.render)
    original = render.set_camera_shader_dir
    render.set_camera_shader_dir = lambda name: original(str(quick_copy(name)) if name in PACKS else name)
    try:
        yield
    finally:
        render.set_camera_shader_dir = original


@cache
def quick_copy(pack: str) -> Path:
    """The folder of a copy of shader pack ``pack`` that needs no table; in the cache, keyed by the originals' content."""
    originals = Path(sapien.__file__).parent / "vulkan_shader"
    sources = sorted(path for folder in (pack, "common") for path in (originals / folder).iterdir() if path.is_file())
    key = content_key("v1", *(part for path in sources for part in (path.name, path.read_bytes())))

    def fill(folder: Path) -> None:
        for path in sources:
            target = folder / path.parent.name / path.name
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, target)
            if path.parent.name == pack:
                text = target.read_text()
                target.write_text(_DECLARATION.sub("", _LOOK_UP.sub("vec2(1.0, 0.0);", text)))

    return cached_tree("shaders", f"{pack}-{key}", fill) / pack
