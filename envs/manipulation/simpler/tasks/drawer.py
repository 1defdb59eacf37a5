"""Open or close a drawer of the cabinet with the Google Robot."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import sapien
from scipy.spatial.transform import Rotation

from envs.manipulation.adapter import Assessment
from envs.manipulation.simpler.cabinet import HALF_OPEN, Cabinet
from envs.manipulation.simpler.drawer_expert import DrawerScene, pull_open, shut
from envs.manipulation.simpler.episode_axes import Axis, swept, variant
from envs.manipulation.simpler.google_files import DRAWERS, cabinet_file, stage_file
from envs.manipulation.simpler.google_judgement import CLOSED, OPENED
from envs.manipulation.simpler.google_poses import GRID_POSES, POSES
from envs.manipulation.simpler.google_robot import GoogleSetUp
from envs.manipulation.simpler.google_task import COLOUR_AXIS, TABLE_STAGE_OFFSET, GoogleTask
from envs.manipulation.simpler.google_variants import CABINET_STAGES, STATIONS
from envs.manipulation.simpler.lighting import CABINET_LIGHTS, Lighting
from envs.manipulation.simpler.rooms import add_floor, add_room
from envs.manipulation.simpler.task import vector_pose
from harness.environment import ExpertPlan

MOVED = 0.02  # m of travel: for `subgoals` alone
REACH = 0.12  # m between the fingertips and the drawer's handle, likewise
HANDLE = sapien.Pose([0.3425, 0, 0.02])  # in a drawer's frame


class CabinetTask(GoogleTask):
    """What all tasks at the cabinet share. Options: ``pose`` (of POSES; of GRID_POSES without an overlay), ``drawer``, ``urdf_version``; of variant aggregation ``station``, ``stage``, ``light``."""

    @property
    def drawer(self) -> str:
        return str(self.chosen["drawer"])

    def pose_names(self) -> Iterable[str]:
        return POSES if self.visual_matching else GRID_POSES

    def axes(self) -> Iterable[Axis]:
        named = [drawer for drawer in DRAWERS if drawer.capitalize() in self.name]
        yield swept("pose", self.pose_names())
        yield swept("drawer", named or DRAWERS)
        yield COLOUR_AXIS
        yield variant("station", STATIONS)
        yield variant("stage", CABINET_STAGES)
        yield variant("light", CABINET_LIGHTS)

    def stand(self) -> GoogleSetUp:
        x, y, yaw = (POSES if self.visual_matching else GRID_POSES)[self.chosen["pose"]]
        return GoogleSetUp((x, y), yaw=yaw, shiny=not self.visual_matching)

    def photograph(self) -> str:
        return f"open_drawer_{self.chosen['pose']}"

    def lighting(self) -> Lighting:
        return CABINET_LIGHTS[self.chosen["light"]]

    def _load_scene(self, options: dict[str, Any]) -> None:
        stage = self.chosen["stage"]
        if stage == CABINET_STAGES[0]:
            self.stage = add_floor(self.scene)
        else:
            self.stage = add_room(self.scene, self.assets.path(stage_file(stage)), stage, TABLE_STAGE_OFFSET)
        self.cabinet = Cabinet(self.scene, self.assets.path(cabinet_file(self.chosen["station"])))

    def cabinet_foreground(self) -> dict[str, Any]:
        return {f"cabinet/{name}": link for name, link in self.cabinet.links.items()}

    def handle(self) -> sapien.Pose:
        """Of the drawer that matters, world."""
        return self.cabinet.drawer(self.drawer).entity_pose * HANDLE

    def at_handle(self) -> bool:
        away = self.agent.tcp.pose.sp.p - self.handle().p
        return bool((away @ away) ** 0.5 <= REACH)

    def drawer_scene(self) -> DrawerScene:
        """What the scripted expert knows."""
        tcp, base = self.agent.tcp.pose.sp, self.agent.robot.pose.sp
        return DrawerScene(
            drawer=np.asarray(self.cabinet.drawer(self.drawer).entity_pose.p, np.float64),
            travel=self.cabinet.travel(self.drawer),
            tcp=np.asarray(tcp.p, np.float64),
            tcp_rotation=Rotation.from_quat(tcp.q, scalar_first=True),
            openness=self.agent.openness(),
            base=np.asarray(base.p, np.float64),
            base_rotation=Rotation.from_quat(base.q, scalar_first=True),
        )

    def drawer_truth(self) -> dict[str, dict[str, Any]]:
        return {
            f"{which} drawer": {
                "pose": vector_pose(self.cabinet.drawer(which).entity_pose),
                "role": "target" if which == self.drawer else "distractor",
                "travel": self.cabinet.travel(which),
            }
            for which in DRAWERS
        }


class DrawerTask(CabinetTask):
    """Success: a drawer to open has come out 0.15 m; one to close, which starts 0.2 m open, is within 0.05 m."""

    @property
    def opening(self) -> bool:
        return self.name.startswith("Open")

    def settle(self) -> None:
        """Nothing falls."""

    def settling(self) -> None:
        return None

    def lay_out(self) -> None:
        if not self.opening:
            self.cabinet.place({self.drawer: HALF_OPEN})

    def note_start(self) -> None:
        self.clear_stats()

    def clear_stats(self) -> None:
        self._marks = {"reached": False, "moved": False, "done": False}

    def actors(self) -> dict[str, Any]:
        return {}

    def instruction_text(self) -> str:
        return f"{'open' if self.opening else 'close'} {self.drawer} drawer"

    def evaluate_now(self) -> bool:
        travel = self.cabinet.travel(self.drawer)
        return travel >= OPENED if self.opening else travel <= CLOSED

    def assess(self) -> Assessment:
        success = self.evaluate_now()
        travel = self.cabinet.travel(self.drawer)
        moved = travel if self.opening else HALF_OPEN - travel
        wanted = OPENED if self.opening else HALF_OPEN - CLOSED
        now = {"reached": self.at_handle(), "moved": moved > MOVED, "done": success}
        events: list[tuple[str, dict[str, Any]]] = [
            (name, {"drawer": self.drawer}) for name, happens in now.items() if happens and not self._marks[name]
        ]
        self._marks = {name: self._marks[name] or happens for name, happens in now.items()}
        return Assessment(success, 1.0 if success else min(0.99, max(0.0, moved / wanted)), dict(self._marks), events)

    def expert_plan(self) -> ExpertPlan | None:
        scene = self.drawer_scene()
        return pull_open(scene, self.drawer) if self.opening else shut(scene, self.drawer)

    def stats_now(self) -> dict[str, Any]:
        return {"qpos": f"{self.cabinet.travel(self.drawer):.3f}"}  # a text, as in the original

    def info_now(self) -> dict[str, Any]:
        return {"qpos": np.float32(self.cabinet.travel(self.drawer))}

    def foreground(self) -> dict[str, Any]:
        return self.cabinet_foreground()

    def object_truth(self) -> dict[str, dict[str, Any]]:
        return self.drawer_truth()
