"""NAVSIM's reactive traffic written out slowly with shapely's own buffers, unions and trees: the reference that the compiled one is held against where there are no fixtures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points, unary_union
from shapely.strtree import STRtree

from envs.driving.map import DrivingMap, Layer
from envs.driving.scoring.footprint import HALF_LENGTH, HALF_WIDTH
from envs.driving.traffic.rails import box_at, starting_lane
from envs.driving.traffic.tracks import Moment

Pose = np.ndarray


@dataclass
class Agent:
    number: int
    path: np.ndarray
    progress: np.ndarray
    at: float
    speed: float
    target: float
    size: np.ndarray

    def clamped(self, s: float) -> float:
        return max(self.progress[0], min(s, self.progress[-1]))

    def pose(self, s: float) -> Pose:
        s = self.clamped(s)
        heading = np.interp(s, self.progress, np.unwrap(self.path[:, 2]))
        return np.array([np.interp(s, self.progress, self.path[:, 0]), np.interp(s, self.progress, self.path[:, 1]), heading])

    @property
    def now(self) -> Pose:
        return self.pose(self.at)

    @property
    def box(self) -> shapely.Polygon:
        return shapely.Polygon(box_at(self.now, self.size))

    def to_go(self) -> np.ndarray:
        s = self.clamped(self.at)
        later = np.flatnonzero(self.progress > s)
        if not len(later):
            return self.path[-2:, :2]
        return np.vstack([self.pose(s)[:2], self.path[later[0] :, :2]])

    def footprint(self) -> BaseGeometry:
        start = self.clamped(self.at - self.size[0] / 2)
        end = self.clamped(self.at + self.size[0] / 2 + self.speed * 1.5)
        front, tail = np.flatnonzero(self.progress > start), np.flatnonzero(self.progress < end)
        if not len(front):
            line = self.path[-2:, :2]
        elif not len(tail):
            line = self.path[:2, :2]
        else:
            line = np.vstack([self.pose(start)[:2], self.path[front[0] : tail[-1] + 1, :2], self.pose(end)[:2]])
        return unary_union([shapely.LineString(line).buffer(self.size[1] / 2, cap_style="flat"), self.box])


def slow_agents(now: Moment, map_: DrivingMap, ego_corners: np.ndarray) -> list[Agent]:
    occupied = [shapely.Polygon(ego_corners[:4])]
    agents: list[Agent] = []
    target = 10.0
    for i, name in enumerate(now.names):
        lane = starting_lane(map_, now.poses[i]) if name == "vehicle" else None
        if lane is None or np.hypot(*(lane[2][:2] - now.poses[i, :2])) > 3.0:
            continue
        box = shapely.Polygon(box_at(lane[2], now.size[i]))
        if any(box.intersects(other) for other in occupied):
            continue
        occupied.append(box)
        path = map_.lanes.baselines.path(lane[0])
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path[:, :2], axis=0).T))])
        kept = [k for k in range(len(path) - 1) if not np.isclose(along[k + 1] - along[k], 0.0)]
        target = map_.speed_limit(lane[0]) or target
        agents.append(Agent(i, path[kept], along[kept], lane[1], float(np.hypot(*now.velocity[i])), target, now.size[i]))
    return agents


def slow_traffic(now: Moment, map_: DrivingMap, ego: np.ndarray, ego_corners: np.ndarray) -> list[dict[int, Pose]]:
    """{number of a vehicle in ``now``: pose of its box} for each step of ``ego`` (T, 11) but the first."""
    agents = slow_agents(now, map_, ego_corners)
    numbers = {agent.number for agent in agents}
    occupancy: dict[object, BaseGeometry] = {}
    for agent in agents:
        snapped = starting_lane(map_, now.poses[agent.number])
        assert snapped is not None
        occupancy[agent.number] = shapely.Polygon(box_at(snapped[2], agent.size))
    shown: list[dict[int, Pose]] = []
    for state in ego[:-1]:
        occupancy["ego"] = shapely.Polygon(box_at(state[:3], np.array([2 * HALF_LENGTH, 2 * HALF_WIDTH])))
        gone = [agent for agent in agents if np.hypot(*(agent.now[:2] - state[:2])) > 100.0]
        for agent in gone:
            occupancy.pop(agent.number)
        agents = [agent for agent in agents if agent not in gone]
        for agent in agents:
            occupancy = {key: shape.simplify(1e-5) for key, shape in occupancy.items()}
            way = shapely.LineString(agent.to_go()).buffer(agent.size[1] / 2, cap_style="flat")
            keys = list(occupancy)
            tree = STRtree([occupancy[key] for key in keys])
            met = {keys[k]: occupancy[keys[k]] for k in tree.query(way) if occupancy[keys[k]].intersects(way)}
            own = occupancy[agent.number]
            if len(met) > 1:
                others = {key: shape for key, shape in met.items() if key != agent.number}
                names, shapes = list(others), list(others.values())
                nearest = int(STRtree(shapes).nearest(own))
                a, b = nearest_points(own, shapes[nearest])
                gap, heading, rear = a.distance(b), agent.now[2], 0.0
                lead = names[nearest]
                if lead == "ego":
                    lead_speed = np.hypot(state[3], state[4]) * np.cos(state[2] - heading)
                else:
                    other = next(each for each in agents if each.number == lead)
                    lead_speed = other.speed * np.cos(other.now[2] - heading)
            else:
                gap, lead_speed, rear = agent.progress[-1] - agent.at, 0.0, agent.size[0] / 2
            wanted = 1.0 + agent.speed * 1.5 + agent.speed * (agent.speed - lead_speed) / (2 * np.sqrt(2.0))
            acceleration = 1.0 - (agent.speed / agent.target) ** 4 - (wanted / max(gap - rear, 1.0)) ** 2
            agent.at += 0.1 * agent.speed
            agent.speed = max(agent.speed + 0.1 * min(max(-2.0, acceleration), 1.0), 0.0)
            occupancy[agent.number] = agent.footprint()
        here = {agent.number: agent.now for agent in agents}
        boxes = [agent.box for agent in agents]
        for i, name in enumerate(now.names):
            if name != "vehicle" or i in here:
                continue
            box = shapely.Polygon(box_at(now.poses[i], now.size[i]))
            free = not any(box.intersects(other) for other in boxes)
            point = now.poses[i][None, :2]
            in_lanes = map_.layer(Layer.LANE).contains_any(point)[0] or map_.layer(Layer.INTERSECTION).contains_any(point)[0]
            lane = starting_lane(map_, now.poses[i])
            far = lane is not None and np.hypot(*(lane[2][:2] - now.poses[i, :2])) > 3.0
            if free and ((np.hypot(*now.velocity[i]) < 0.1 and not in_lanes) or far):
                here[i] = now.poses[i]
                boxes.append(box)
        assert numbers
        shown.append(here)
    return shown
