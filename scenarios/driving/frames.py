"""From a drive in a world to frames, logs and scenes as NAVSIM has them: every half second, global poses, boxes in the ego's frame."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from envs.driving.formats import scene_of
from envs.driving.scene import FRAME_PERIOD_S, Boxes, Frame, Log, Scene, TrafficLights
from scenarios.driving.map_export import MapIds, location
from scenarios.driving.roads.curves import Array, transform
from scenarios.driving.roads.path import Path
from scenarios.driving.splits import split_code
from scenarios.driving.world.drive import Trace
from scenarios.driving.world.world import World

STRIDE = 5
"""Steps of 0.1 s between frames."""
HISTORY = 4
CURRENT = 4
"""Number of the current frame in a world's log: it begins 2 s before, so that the frame before the current one has a history too."""


def token(world: World, *parts: object, length: int = 16) -> str:
    """A token of `length` hex digits that (split, seed, index) and `parts` determine."""
    name = "/".join(str(part) for part in (world.split, world.seed, world.index, world.form, world.situation, *parts))
    return hashlib.sha256(name.encode()).hexdigest()[:length]


def log_name(world: World) -> str:
    """The log's name: says which world it is."""
    return f"synth_{world.split}_{world.seed}_{world.index:06d}_{world.form}_{world.situation}"


def start_us(world: World) -> int:
    """Microseconds of a world's time 0."""
    return 1_600_000_000_000_000 + split_code(world.split) * 10_000_000_000_000 + world.index * 100_000_000


def boxes_at(world: World, actor_poses: Array, actor_speeds: Array) -> Boxes:
    """Global boxes of all actors (n, 3), (n,) and props."""
    actors, props = world.actors, world.props
    poses = np.concatenate([actor_poses.reshape(-1, 3), np.array([prop.pose for prop in props]).reshape(-1, 3)])
    placed = transform(poses, world.origin)
    size = np.array([actor.size for actor in actors] + [prop.size for prop in props]).reshape(-1, 3)
    speed = np.concatenate([actor_speeds.ravel(), np.zeros(len(props))])
    velocity = np.stack([speed * np.cos(placed[:, 2]), speed * np.sin(placed[:, 2]), np.zeros(len(speed))], axis=1)
    xyz = np.column_stack([placed[:, :2], size[:, 2] / 2])  # the ego's frame lies on the ground
    names = tuple(actor.name for actor in actors) + tuple(prop.name for prop in props)
    tokens = tuple(actor.token for actor in actors) + tuple(f"prop-{row}" for row in range(len(props)))
    heading = (placed[:, 2] + np.pi) % (2 * np.pi) - np.pi
    return Boxes(xyz, size, heading, velocity, names, tokens)


def lights_at(world: World, ids: MapIds, colours: Mapping[str, str]) -> TrafficLights:
    """(connector, is red) of every connector with a light; yellow is not red."""
    lit = [(ids.strips[strip.key], strip.light) for strip in world.layout.network.strips.values() if strip.light]
    return tuple((connector, colours.get(light) == "red") for connector, light in lit)


def driving_command(path: Path, s: float) -> tuple[int, int, int, int]:
    """(left, forward, right, unknown): left or right where the path is 2 m or more to the side 20 m ahead (OpenScene's rule)."""
    here, ahead = path.poses(np.array([s, s + 20.0]))
    left = -(ahead[0] - here[0]) * np.sin(here[2]) + (ahead[1] - here[1]) * np.cos(here[2])
    return (1, 0, 0, 0) if left >= 2.0 else (0, 0, 1, 0) if left <= -2.0 else (0, 1, 0, 0)


def frames_of(world: World, ids: MapIds, trace: Trace, name: str = "", rows: range | None = None) -> tuple[Frame, ...]:
    """Frames at 2 Hz of a drive (steps `rows`, else every fifth); `name` tells drives of one world apart in their tokens."""
    route = tuple(ids.roads[road] for road in world.route.roads)
    path = world.route.path
    rows = range(0, len(trace.time), STRIDE) if rows is None else rows
    poses = transform(trace.ego, world.origin)
    along, _ = path.project(trace.ego)
    frames: list[Frame] = []
    for row in rows:
        number = round(float(trace.time[row]) / FRAME_PERIOD_S)
        pose = np.array([poses[row, 0], poses[row, 1], np.arctan2(np.sin(poses[row, 2]), np.cos(poses[row, 2]))])
        speed, rate = float(trace.speed[row]), float(trace.yaw_rate[row])
        boxes = boxes_at(world, trace.actors[row], trace.actor_speed[row]).to_ego(pose)
        frames.append(
            Frame(
                token(world, name, number), start_us(world) + number * 500_000, pose,
                np.array([speed, 0.0]), np.array([float(trace.acceleration[row]), speed * rate]), np.array(driving_command(path, float(along[row]))),
                route, lights_at(world, ids, trace.lights[row]), boxes, angular_velocity=np.array([0.0, 0.0, rate]),
            )
        )  # fmt: skip
    return tuple(frames)


def log_of(world: World, ids: MapIds, trace: Trace) -> Log:
    """The world's log: the human's drive from 2 s before the current frame on."""
    frames = frames_of(world, ids, trace)
    scene_token = token(world, "scene")
    return Log(log_name(world), location(world.index), frames, (scene_token,) * len(frames), token(world, "log"), "gauntlet")


def scenes_of(log: Log) -> tuple[Scene, Scene]:
    """The world's scene, and the one half a second before it."""
    return scene_of(log, CURRENT, HISTORY), scene_of(log, CURRENT - 1, HISTORY)
