"""The Panda of the mani_skill wheel, with visual meshes that a CPU can render.

The wheel's visual meshes have 135,000 triangles, which makes a 256 px frame on a software renderer cost several times what the rest of the scene costs. They are decimated once and kept in the mesh cache; collision
meshes, joints and inertias are the wheel's own.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from functools import lru_cache
from pathlib import Path
from typing import Any

import fast_simplification
import numpy as np
import sapien
import trimesh
from mani_skill import PACKAGE_ASSET_DIR
from mani_skill.agents.registration import register_agent
from mani_skill.agents.robots.panda.panda import Panda
from mani_skill.utils.structs.pose import Pose
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from harness.disk_cache import cached_file, content_key

ARM_JOINTS = tuple(f"panda_joint{number}" for number in range(1, 8))
FINGER_JOINTS = ("panda_finger_joint1", "panda_finger_joint2")
TCP_LINK = "panda_hand_tcp"  # between the finger tips: z points out of the hand, y is the direction in which the fingers open
FINGER_LINKS = ("panda_leftfinger", "panda_rightfinger")
FINGER_TRAVEL = 0.04  # m each

_KEEP = 0.035  # part of the triangles that stays
_KEEP_AT_LEAST = 150  # triangles of a piece: small pieces are not worth decimating


def source_urdf() -> Path:
    return Path(PACKAGE_ASSET_DIR) / "robots" / "panda" / "panda_v2.urdf"


def _decimated(path: Path) -> bytes:
    """A GLB of the same look as ``path`` with few triangles: one plain material a piece, smooth normals."""
    loaded: Any = trimesh.load(path, process=False)
    light = trimesh.Scene()
    for node in loaded.graph.nodes_geometry:
        transform, piece_name = loaded.graph[node]
        piece = loaded.geometry[piece_name]
        colour = piece.visual.material.baseColorFactor
        welded = trimesh.Trimesh(piece.vertices, piece.faces, process=True, merge_norm=True, merge_tex=True)
        wanted = max(int(len(welded.faces) * _KEEP), min(_KEEP_AT_LEAST, len(welded.faces)))
        if wanted < len(welded.faces):
            thin = fast_simplification.simplify(np.asarray(welded.vertices), np.asarray(welded.faces), target_count=wanted)
            welded = trimesh.Trimesh(thin[0], thin[1], process=True)
        welded.apply_transform(transform)
        shown = trimesh.graph.smooth_shade(welded, angle=np.radians(40.0))
        shown.visual = TextureVisuals(material=PBRMaterial(baseColorFactor=colour, metallicFactor=0.0, roughnessFactor=0.55))
        light.add_geometry(shown, geom_name=piece_name)
    exported = light.export(file_type="glb", include_normals=True)
    assert isinstance(exported, bytes)
    return exported


@lru_cache(maxsize=1)
def light_urdf() -> Path:
    """A URDF of the same robot whose visual meshes are decimated; cached on disk by the content of what it was made from."""
    source = source_urdf()
    tree = ElementTree.parse(source)
    parts: list[bytes | str] = [source.read_bytes(), str(source.parent), f"keep={_KEEP} {_KEEP_AT_LEAST} v1"]
    for where in ("visual", "collision"):
        for mesh in tree.iterfind(f".//{where}/geometry/mesh"):
            original = source.parent / mesh.attrib["filename"]
            if where == "visual":
                content = original.read_bytes()
                key = content_key(content, f"keep={_KEEP} {_KEEP_AT_LEAST} v1")
                original = cached_file("meshes", f"panda-{original.stem}-{key}.glb", lambda path=original: _decimated(path))
            mesh.set("filename", str(original))
            parts.append(str(original))
    text = ElementTree.tostring(tree.getroot())
    # SAPIEN looks for the SRDF of the same name: it says which neighbouring links may overlap
    semantics = source.with_suffix(".srdf").read_bytes()
    name = f"panda-{content_key(*parts, semantics)}"
    cached_file("meshes", f"{name}.srdf", lambda: semantics)
    return cached_file("meshes", f"{name}.urdf", lambda: text)


@register_agent()
class LightPanda(Panda):
    """ManiSkill's Panda on :func:`light_urdf`. The suite drives its joints itself (``controller.py``)."""

    uid = "gauntlet_panda"

    def _load_articulation(self, initial_pose: sapien.Pose | Pose | None = None) -> None:
        self.urdf_path = str(light_urdf())  # here and not in the class: importing this file must not make meshes
        super()._load_articulation(initial_pose)

    @property
    def _controller_configs(self) -> Any:
        return {"pd_joint_pos": super()._controller_configs["pd_joint_pos"]}
