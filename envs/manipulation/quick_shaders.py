"""SAPIEN's rasteriser without the table that it would compute in every process, and without what it draws that nobody looks at.

The shader packs "minimal" and "default" look a bidirectional reflectance up in a table, to weigh the light of an environment map, and SAPIEN computes that table when a process makes its first camera: 5.5 CPU seconds on Mesa's
lavapipe, most of what a first frame costs. Without an environment map that light is black, and its weight does not matter: a copy of the shaders with a constant in place of the table draws the same pictures, bit for
bit (a test compares them), and begins at once. No scene of ours has an environment map.

The copy of "default" also leaves out what costs every pixel of every frame something and changes no picture: looking up that black environment map, the colouring of the segmentation for a viewer, the object
coordinates, and the passes for lines and points. That is a quarter of the processor time of a picture of 640 x 512.
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
_LEFT_OUT = ("line.vert", "line.frag", "point.vert", "point.frag")
_NO_ENVIRONMENT = (r"textureLod\(samplerEnvironment, [^()]*\)\.rgb", "vec3(0)")
_SHORTER: dict[str, tuple[tuple[str, str], ...]] = {  # {file of "default": (pattern, replacement)}
    "composite0.frag": (
        (r"vec4 colors\[60\] = \{.*?\};\n", ""),  # filled anew for every pixel
        (r"  uvec2 seg = .*?;\n  outSegmentationView0 = .*?;\n  outSegmentationView1 = .*?;\n", ""),
        (r"layout\(location = 2\) out vec4 outSegmentationView0;\nlayout\(location = 3\) out vec4 outSegmentationView1;\n", ""),
        (r"layout\(location = 4\) out vec4 outPosition;", "layout(location = 2) out vec4 outPosition;"),
        (r"  vec4 (line|point)Color = .*?\n  \}\n", ""),
        (r"layout\(set = 0, binding = \d\) uniform u?sampler2D sampler(Segmentation|(Line|Point)(Depth)?);\n", ""),
        (r"binding = 2\) uniform sampler2D samplerPositionRaw", "binding = 1) uniform sampler2D samplerPositionRaw"),
        (r"binding = 7\) uniform sampler2D samplerGbufferDepth", "binding = 2) uniform sampler2D samplerGbufferDepth"),
    ),
    "gbuffer.frag": (
        (r"layout\(location = 5\) out vec4 outCustom;\nlayout\(location = 6\)", "layout(location = 5)"),
        (r"  outCustom = .*?;\n", ""),
    ),
    "deferred.frag": (_NO_ENVIRONMENT, (r"layout\(set = 2, binding = 6\) uniform sampler2D samplerCustom;\n", "")),
    "gbuffer1.frag": (_NO_ENVIRONMENT,),
}


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
    """The folder of a copy of shader pack ``pack`` that needs no table and draws no more than is looked at; in the cache, keyed by the originals' content."""
    originals = Path(sapien.__file__).parent / "vulkan_shader"
    sources = sorted(path for folder in (pack, "common") for path in (originals / folder).iterdir() if path.is_file())
    sources = [path for path in sources if path.name not in _LEFT_OUT]
    key = content_key("v3", *(part for path in sources for part in (path.name, path.read_bytes())))

    def fill(folder: Path) -> None:
        for path in sources:
            target = folder / path.parent.name / path.name
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, target)
            if path.parent.name == pack:
                text = _DECLARATION.sub("", _LOOK_UP.sub("vec2(1.0, 0.0);", target.read_text()))
                for pattern, replacement in _SHORTER.get(path.name, ()) if pack == "default" else ():
                    text = re.sub(pattern, replacement, text, flags=re.DOTALL)
                target.write_text(text)

    return cached_tree("shaders", f"{pack}-{key}", fill) / pack
