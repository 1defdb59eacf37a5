"""Generated scenes as the driving environments want them: a scene with its map, and a world that goes on around whoever drives in it. The environments find this module by its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from envs.driving.camera.palette import WEATHERS
from envs.driving.closed_loop.traffic_world import TrafficWorld
from envs.driving.environment.case import DriveStart, DrivingCase, TwoStageGroup
from envs.driving.environment.log_drive import displaced
from envs.driving.scene import FRAME_PERIOD_S, Boxes, Floats, Frame, Scene
from envs.driving.state import STATE_SIZE, State
from envs.driving.traffic.idm_world import IdmWorld
from scenarios.driving.frames import HISTORY, STRIDE, boxes_at, frames_of, start_us, token
from scenarios.driving.generate import GeneratedScene, scene_at
from scenarios.driving.map_export import MapIds
from scenarios.driving.roads.curves import Array, transform
from scenarios.driving.splits import split_code
from scenarios.driving.world.drive import Trace, drive
from scenarios.driving.world.traffic import DT, Traffic
from scenarios.driving.world.world import START, World

ROUTE_SPACING = 1.0


def check_split(split: str) -> None:
    """Raises ConfigError for an unknown split."""
    split_code(split)


def synth_case(split: str, scenes_seed: int, index: int) -> DrivingCase:
    """Scene ``index`` of series ``scenes_seed`` of ``split``."""
    made = scene_at(split, scenes_seed, index)
    return _case(made, made.scene, f"{split}/{scenes_seed}/{index}", made.labels)


def synth_group(split: str, scenes_seed: int, index: int) -> TwoStageGroup:
    """The same with the scene half a second before and the synthetic pairs of the second stage."""
    made = scene_at(split, scenes_seed, index)
    name = f"{split}/{scenes_seed}/{index}"
    pairs = tuple(
        (_case(made, now, f"{name}/{number} now", None), _case(made, before, f"{name}/{number} before", None))
        for number, (now, before) in enumerate(made.second_stage)
    )
    now = _case(made, made.scene, f"{name}/now", made.labels)
    return TwoStageGroup(now, _case(made, made.previous, f"{name}/before", made.previous_labels), pairs)


def _case(made: GeneratedScene, scene: Scene, name: str, labels: Mapping[str, object] | None) -> DrivingCase:
    weather = made.world.weather if made.world.weather in WEATHERS else "day"
    seed = int(token(made.world, "decoration")[:8], 16)
    return DrivingCase(
        name,
        scene,
        made.map,
        weather,
        seed,
        dict(made.facts),
        labels,
        lambda seconds, negative, traffic: _start(made, seconds, negative, traffic),
    )


def _start(made: GeneratedScene, seconds: float, negative: bool, kind: str) -> DriveStart:
    """The world at the current frame, or after the first moments of the scene's negative trajectory; `kind` of traffic."""
    world = made.world
    whole = _human(made, seconds + 6.0)  # the human's drive: where a negative start has been, and how far one could have come
    now = whole.row(0.0)
    before = replace(
        whole, time=whole.time[: now + 1], ego=whole.ego[: now + 1], speed=whole.speed[: now + 1], acceleration=whole.acceleration[: now + 1],
        yaw_rate=whole.yaw_rate[: now + 1], actors=whole.actors[: now + 1], actor_speed=whole.actor_speed[: now + 1],
        lights=whole.lights[: now + 1], reasons=whole.reasons[: now + 1], arc=whole.arc[: now + 1],
    )  # fmt: skip
    traffic = world.traffic()
    for row in range(now):
        traffic.time = START + row * DT
        traffic.step(tuple(whole.ego[row]), float(whole.speed[row]))
    traffic.time = 0.0
    turning = 0.0
    if negative and made.pair is not None:
        turning = made.pair.turning
        before = _with_negative(before, made.pair.negative.ego, made.pair.negative.speed, round(turning / DT), traffic)
    last = len(before.time) - 1
    rows = range(last - STRIDE * (HISTORY - 1), last + 1, STRIDE)
    history = frames_of(world, made.ids, before, "closed loop" if turning else "", rows)
    history = tuple(replace(frame, token=frame.token[:16]) for frame in history)
    others: TrafficWorld = ScriptedWorld(world, made.ids, traffic)
    if kind == "idm":
        others, history = _among_idm(made, whole, before, history)
    state = _state(history[-1])
    if negative and made.pair is None:
        state = displaced(state, int(token(world, "displaced")[:8], 16))
        history = (*history[:-1], replace(history[-1], ego_pose=state[:3], ego_velocity=state[[State.VX, State.VY]]))
    steps = round((seconds + 4.0) / FRAME_PERIOD_S) + 1
    first = whole.row(turning)
    human = transform(whole.ego[first : first + STRIDE * steps : STRIDE], world.origin)[:steps]
    route = world.route.path.poses(np.arange(0.0, world.route.path.length, ROUTE_SPACING))
    roads = tuple(made.ids.roads[road] for road in world.route.roads)
    return DriveStart(others, history, state, roads, human, transform(route, world.origin)[:, :2])


@lru_cache(maxsize=16)
def _human(made: GeneratedScene, until: float) -> Trace:
    return drive(made.world, until)


def _among_idm(made: GeneratedScene, whole: Trace, before: Trace, history: tuple[Frame, ...]) -> tuple[IdmWorld, tuple[Frame, ...]]:
    """Corrected IDM from the scene's current frame on, at the end of the ego's way `before`, and the `history` of that way with what it then met. What does not react, and the lights, are as in the human's drive, the `whole` of it."""
    world, now = made.world, whole.row(0.0)
    ahead = frames_of(world, made.ids, whole, "", range(now + STRIDE, len(whole.time), STRIDE))
    idm = IdmWorld(replace(made.scene, frames=(*made.scene.history, *ahead)), made.map)
    met: dict[int, Boxes] = {}
    ego = transform(before.ego, world.origin)
    for row in range(now, len(before.time) - 1):
        idm.step(ego[row], float(before.speed[row]))
        if (row + 1 - now) % STRIDE == 0:
            met[start_us(world) + (row + 1 - now) // STRIDE * 500_000] = idm.boxes()
    seen = tuple(
        replace(frame, boxes=met[frame.timestamp_us].to_ego(frame.ego_pose)) if frame.timestamp_us in met else frame for frame in history
    )
    return idm, seen


def _with_negative(before: Trace, ego: Array, speed: Array, steps: int, traffic: Traffic) -> Trace:
    """``before`` and the first ``steps`` of a worse driver's way, during which the others (``traffic``, moved on) react to it."""
    actors, actor_speed, lights = [before.actors], [before.actor_speed], list(before.lights)
    for step in range(steps):
        traffic.time = step * DT
        traffic.step(tuple(ego[step]), float(speed[step]))
        traffic.time = (step + 1) * DT
        actors.append(traffic.poses()[None])
        actor_speed.append(traffic.speeds()[None])
        lights.append({light: traffic.lights.state(light, traffic.time) for light in traffic.lights.phases})
    rows = slice(1, steps + 1)
    heading = np.unwrap(ego[: steps + 1, 2])
    return Trace(
        np.concatenate([before.time, np.asarray(DT * np.arange(1, steps + 1), np.float64)]), np.concatenate([before.ego, ego[rows]]), np.concatenate([before.speed, speed[rows]]),
        np.concatenate([before.acceleration, np.diff(speed[: steps + 1]) / DT]), np.concatenate([before.yaw_rate, np.diff(heading) / DT]),
        np.concatenate(actors), np.concatenate(actor_speed), tuple(lights), (*before.reasons, *("",) * steps),
        np.concatenate([before.arc, np.full(steps, before.arc[-1])]),
    )  # fmt: skip


def _state(frame: Frame) -> Floats:
    """(11,) as logged: steering and yaw rate count as 0, as in NAVSIM."""
    state = np.zeros(STATE_SIZE)
    state[: State.VX] = frame.ego_pose
    state[State.VX : State.AX] = frame.ego_velocity
    state[State.AX : State.STEER] = frame.ego_acceleration
    return state


class ScriptedWorld:
    """A generated world's actors, driven on by the code that made the logs: scripted events, distance keeping, lights obeyed, routes without end ("scripted-idm")."""

    name = "scripted-idm"

    def __init__(self, world: World, ids: MapIds, traffic: Traffic) -> None:
        self._world, self._traffic = world, traffic
        self._lit = {ids.strips[strip.key]: strip.light for strip in world.layout.network.strips.values() if strip.light}
        x, y, turn = world.origin
        self._inverse = (-x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) - y * np.cos(turn), -turn)

    def boxes(self) -> Boxes:
        boxes = boxes_at(self._world, self._traffic.poses(), self._traffic.speeds())
        heights = np.column_stack([boxes.xyz[:, :2], boxes.size[:, 2] / 2])
        return Boxes(heights, boxes.size, boxes.heading, boxes.velocity, boxes.names, boxes.track_tokens)

    def lights(self) -> dict[str, str]:
        state = {light: self._traffic.lights.state(light, self._traffic.time) for light in self._traffic.lights.phases}
        return {connector: state[light] for connector, light in sorted(self._lit.items()) if light in state}

    def step(self, ego_pose: Floats, ego_speed: float) -> None:
        local = transform(np.asarray(ego_pose, float)[None, :3], self._inverse)[0]
        self._traffic.step((float(local[0]), float(local[1]), float(local[2])), ego_speed)
