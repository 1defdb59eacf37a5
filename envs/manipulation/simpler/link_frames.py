"""Links of a robot that are mere frames on its base: places of sensors that nobody reads here.

They have no mass, no shape and no picture, and do not move; but PhysX's solver visits every link of an articulation in each of its iterations. The Google Robot has 15 such links of 37.
"""

from __future__ import annotations

from sapien.wrapper.articulation_builder import ArticulationBuilder, LinkBuilder


def leave_out_frames(builder: ArticulationBuilder) -> None:
    """Before it is built: drop every bare link that is fixed to the root, directly or through others that are dropped as well. The root must be fixed in the world."""
    while bare := [link for link in builder.link_builders if is_bare_frame(link, builder)]:
        builder.link_builders = [link for link in builder.link_builders if link not in bare]
    for index, link in enumerate(builder.link_builders):
        link.index = index


def is_bare_frame(link: LinkBuilder, builder: ArticulationBuilder) -> bool:
    has_children = any(other.parent is link for other in builder.link_builders)
    return not (has_children or link.collision_records or link.visual_records) and _fixed_to_root(link)


def _fixed_to_root(link: LinkBuilder) -> bool:
    while link.parent is not None:
        if link.joint_record.joint_type != "fixed":
            return False
        link = link.parent
    return True
