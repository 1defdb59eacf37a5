"""A cabinet with three drawers, made of boxes: a fixed articulation with three prismatic joints.

Cabinet frame: x into the cabinet, z up, origin at the foot of the middle of the front face; so its doors look along -x, at the robot. Each handle is an upright bar on two posts, with collision: fingers can close on it from
in front and above.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sapien
from numpy.typing import NDArray
from sapien.physx import PhysxMaterial

from envs.manipulation.tabletop.layout import PlacedCabinet
from envs.manipulation.tabletop.objects import material
from envs.manipulation.tabletop.tasks import DRAWERS
from envs.manipulation.tabletop.vocabulary import colour_rgb
from envs.manipulation.tabletop.world import DrawerState

RGB = tuple[float, float, float]
Box = tuple[tuple[float, float, float], tuple[float, float, float]]  # (centre, full size) m

TRAVEL = 0.22  # m that a drawer opens
WIDTH, DEPTH, WALL = 0.30, 0.26, 0.012
FOOT, PITCH = 0.03, 0.105  # m under the lowest drawer; m a drawer
HEIGHT = FOOT + len(DRAWERS) * PITCH + WALL
_TRAY = (0.21, 0.25, 0.055)  # length, width, height of the side walls, outside
_TRAY_WALL = 0.008
_FRONT = 0.014  # thickness of a drawer's front
_HANDLE_X = -_FRONT - 0.032  # middle of the bar
_FRICTION, _DAMPING = 0.05, 8.0  # of the joints: SIMPLER's friction; enough damping (N s/m) that a pushed drawer stops


def drawer_height(drawer: str) -> float:
    """World height of the middle of a drawer's front, where its handle is."""
    return FOOT + (len(DRAWERS) - 1 - DRAWERS.index(drawer) + 0.5) * PITCH


def _carcass() -> list[Box]:
    middle = DEPTH / 2
    return [
        ((middle, 0, FOOT / 2), (DEPTH, WIDTH, FOOT)),
        ((middle, 0, HEIGHT - WALL / 2), (DEPTH, WIDTH, WALL)),
        ((DEPTH - WALL / 2, 0, HEIGHT / 2), (WALL, WIDTH, HEIGHT)),
        *[((middle, sign * (WIDTH - WALL) / 2, HEIGHT / 2), (DEPTH, WALL, HEIGHT)) for sign in (-1, 1)],
    ]


def _tray() -> list[Box]:
    """In the frame of a drawer: the middle of its front's back side when closed."""
    length, width, height = _TRAY
    floor = -0.042
    walls: list[Box] = [((length / 2, 0, floor), (length, width, _TRAY_WALL))]
    walls += [((length / 2, sign * (width - _TRAY_WALL) / 2, floor + height / 2), (length, _TRAY_WALL, height)) for sign in (-1, 1)]
    walls.append(((length - _TRAY_WALL / 2, 0, floor + height / 2), (_TRAY_WALL, width, height)))
    return walls


_FACE: Box = ((-_FRONT / 2, 0, 0), (_FRONT, WIDTH - 0.006, PITCH - 0.008))
_HANDLE: list[Box] = [
    ((_HANDLE_X, 0, 0), (0.012, 0.016, 0.056)),
    *[(((_HANDLE_X - _FRONT) / 2, 0, z), (abs(_HANDLE_X) - _FRONT, 0.010, 0.010)) for z in (-0.023, 0.023)],
]


class Cabinet:
    """The built cabinet of one episode."""

    def __init__(self, placed: PlacedCabinet, articulation: Any) -> None:
        self._placed = placed
        self._articulation = articulation._objs[0]
        self._links = {name: articulation.links_map[name]._objs[0] for name in ("carcass", *DRAWERS)}
        joints = {joint.name: index for index, joint in enumerate(articulation.active_joints)}
        self._order = [joints[f"{drawer}_slide"] for drawer in DRAWERS]
        for joint in articulation.active_joints:
            joint._objs[0].set_friction(_FRICTION)
            joint._objs[0].set_drive_properties(0.0, _DAMPING)

    @classmethod
    def build(cls, scene: Any, placed: PlacedCabinet) -> Cabinet:
        body = colour_rgb(placed.colour)
        pale: RGB = (0.45 + 0.55 * body[0], 0.45 + 0.55 * body[1], 0.45 + 0.55 * body[2])
        builder = scene.create_articulation_builder()
        builder.initial_pose = sapien.Pose([placed.x, placed.y, 0.0])
        carcass = builder.create_link_builder()
        carcass.set_name("carcass")
        _add(carcass, _carcass(), body)
        for drawer in DRAWERS:
            link = builder.create_link_builder(carcass)
            link.set_name(drawer)
            link.set_joint_name(f"{drawer}_slide")
            backwards = [0.0, 0.0, 0.0, 1.0]  # the joint's x axis points out of the cabinet
            link.set_joint_properties(
                "prismatic",
                limits=[[0.0, TRAVEL]],
                pose_in_parent=sapien.Pose([0.0, 0.0, drawer_height(drawer)], backwards),
                pose_in_child=sapien.Pose([0.0, 0.0, 0.0], backwards),
                friction=_FRICTION,
                damping=_DAMPING,
            )
            _add(link, _tray(), (0.72, 0.66, 0.56))
            _add(link, [_FACE], pale)
            _add(link, _HANDLE, (0.10, 0.10, 0.11), friction=1.5)
        return cls(placed, builder.build("cabinet", fix_root_link=True))

    def start(self) -> None:
        """Opens the drawers as far as the layout says, at rest."""
        self.set_openings(self._placed.openings)

    def set_openings(self, openings: dict[str, float]) -> None:
        """{drawer: m from closed}; those not named stay."""
        qpos = np.asarray(self._articulation.get_qpos(), np.float32).copy()
        for drawer, index in zip(DRAWERS, self._order):
            qpos[index] = openings.get(drawer, qpos[index])
        self._articulation.set_qpos(qpos)
        self._articulation.set_qvel(np.zeros_like(qpos))

    def drawers(self) -> dict[str, DrawerState]:
        qpos = np.asarray(self._articulation.get_qpos(), float)
        return {drawer: self._state(drawer, float(qpos[index])) for drawer, index in zip(DRAWERS, self._order)}

    def _state(self, drawer: str, opening: float) -> DrawerState:
        origin = np.array([self._placed.x - opening, self._placed.y, drawer_height(drawer)])
        length, width, height = _TRAY
        low = origin + np.array([0.0, -width / 2 + _TRAY_WALL, -0.042])
        high = origin + np.array([length, width / 2 - _TRAY_WALL, -0.042 + height + 0.02])
        return DrawerState(opening, origin + np.array([_HANDLE_X, 0.0, 0.0]), low, high)

    def body_names(self) -> dict[Any, str]:
        return {link: "cabinet" if name == "carcass" else f"{name} drawer" for name, link in self._links.items()}


def _add(link: Any, boxes: list[Box], rgb: RGB, friction: float = 0.6) -> None:
    surface = PhysxMaterial(friction, friction, 0.0)
    for centre, size in boxes:
        half: NDArray[np.float64] = np.asarray(size) / 2
        link.add_box_collision(sapien.Pose(centre), half, material=surface, density=400.0)
        link.add_box_visual(sapien.Pose(centre), half, material=material(rgb))
