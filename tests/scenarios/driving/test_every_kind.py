"""Every road form with every situation that can happen on it: the map is consistent, the human stays on the road and hits nobody. Checked on the written kind of data, with shapely, not with the generator's own geometry."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely

from envs.driving.map import DrivingMap, Layer
from envs.driving.scene import Frame, to_global
from scenarios.driving import GeneratedScene
from scenarios.driving.forms import FORMS
from scenarios.driving.situations import SITUATIONS

KINDS = [(form, name) for name, situation in SITUATIONS.items() for form in situation.forms]
ISSUE_FORMS = {
    "straight", "curve", "signalised_crossing", "unsignalised_crossing", "t_junction", "roundabout", "merge", "on_ramp", "narrowing", "car_park",
}  # fmt: skip
ISSUE_SITUATIONS = {
    "following", "cut_in", "hard_braking_lead", "unprotected_left", "yield_to_pedestrian", "occluded_pedestrian", "stopped_vehicle", "red_light",
    "oncoming_narrow", "tailgater", "cyclist",
}  # fmt: skip


def test_all_forms_and_situations_are_there() -> None:
    assert set(FORMS) >= ISSUE_FORMS
    assert set(SITUATIONS) >= ISSUE_SITUATIONS
    assert {form for form, _ in KINDS} == set(FORMS)


def ego_box(frame: Frame) -> shapely.Polygon:
    corners = np.array([[4.049, 1.1485], [4.049, -1.1485], [-1.127, -1.1485], [-1.127, 1.1485]])
    return shapely.Polygon(to_global(corners, np.asarray(frame.ego_pose)))


def boxes_of(frame: Frame) -> list[tuple[str, shapely.Polygon]]:
    boxes, found = frame.global_boxes, []
    for row in range(len(boxes)):
        length, width = boxes.size[row, :2] / 2
        local = np.array([[length, width], [length, -width], [-length, -width], [-length, width]])
        found.append((boxes.track_tokens[row], shapely.Polygon(to_global(local, np.array([*boxes.xyz[row, :2], boxes.heading[row]])))))
    return found


@pytest.mark.parametrize("kind", KINDS, ids=["-".join(kind) for kind in KINDS])
def test_the_human_stays_on_the_road_and_hits_nobody(kind: tuple[str, str], kinds: dict[tuple[str, str], GeneratedScene]) -> None:
    scene = kinds[kind]
    drivable = shapely.union_all(
        np.concatenate([scene.map.layer(layer).polygons for layer in (Layer.ROADBLOCK, Layer.INTERSECTION, Layer.CARPARK_AREA)])
    )
    for frame in scene.log.frames:
        ego = ego_box(frame)
        assert drivable.covers(ego), f"off the road by {ego.difference(drivable).area:.3f} m2 at {frame.timestamp_us}"
        for token, box in boxes_of(frame):
            assert not box.intersects(ego), token


@pytest.mark.parametrize("kind", KINDS, ids=["-".join(kind) for kind in KINDS])
def test_the_map_is_consistent(kind: tuple[str, str], kinds: dict[tuple[str, str], GeneratedScene]) -> None:
    scene = kinds[kind]
    check_map(scene.map)
    check_route(scene)


def check_map(map_: DrivingMap) -> None:
    lanes, blocks = map_.lanes, map_.roadblocks
    for kind in Layer:
        for name, polygon in zip(map_.layer(kind).ids, map_.layer(kind).polygons, strict=True):
            assert polygon.is_valid, (kind, name)
    by_id = {name: row for row, name in enumerate(lanes.ids)}
    crossing_of = dict(zip(blocks.ids, blocks.intersections, strict=True))
    crossings = dict(zip(map_.layer(Layer.INTERSECTION).ids, map_.layer(Layer.INTERSECTION).polygons, strict=True))
    for row, name in enumerate(lanes.ids):
        line = lanes.baselines.line(row)
        polygon = map_.lane_polygon(row)
        assert np.hypot(*np.diff(line, axis=0).T).max() < 2.2, "baseline vertices are too far apart for NAVSIM's route correction"
        assert polygon.buffer(0.01).covers(shapely.LineString(line)), name
        assert 0.5 < lanes.speed_limit[row] < 30.0
        for boundary in (lanes.left_boundary[row], lanes.right_boundary[row]):
            edge = shapely.LineString(map_.boundaries.line(map_.boundaries.index[boundary]))
            assert edge.distance(polygon) < 0.05
        if lanes.is_connector(row):
            assert np.hypot(*(lanes.baselines.line(by_id[lanes.from_lane[row]])[-1] - line[0])) < 1e-6
            assert np.hypot(*(lanes.baselines.line(by_id[lanes.to_lane[row]])[0] - line[-1])) < 1e-6
            crossing = crossings[crossing_of[lanes.roadblock_ids[row]]]
            assert polygon.difference(crossing).area < 1e-3, "a connector outside its intersection is off the road for NAVSIM"
        else:
            block = map_.layer(Layer.ROADBLOCK).polygons[map_.layer(Layer.ROADBLOCK).index[lanes.roadblock_ids[row]]]
            assert polygon.difference(block).area < 1e-3


def check_route(scene: GeneratedScene) -> None:
    map_, route = scene.map, scene.scene.current.roadblock_ids
    blocks = map_.roadblocks
    assert set(route) <= set(blocks.ids)
    links = dict(zip(blocks.ids, zip(blocks.from_block, blocks.to_block, strict=True), strict=True))
    for before, after in pairwise(route):
        assert links[before][1] == after or links[after][0] == before, "the route has a gap"
    here = [map_.lanes.roadblock_ids[row] for row in map_.lanes_at(np.asarray(scene.scene.current.ego_pose[:2]))]
    assert set(here) & set(route), "the ego is not on its route"


def test_motion_is_consistent(kinds: dict[tuple[str, str], GeneratedScene]) -> None:
    """Velocities, poses and times of a log agree with one another, for the ego and for the others."""
    for scene in kinds.values():
        frames = scene.log.frames
        for before, after in pairwise(frames):
            assert after.timestamp_us - before.timestamp_us == 500_000
            way = float(np.hypot(*(after.ego_pose[:2] - before.ego_pose[:2])))
            assert abs(way - 0.25 * (before.ego_velocity[0] + after.ego_velocity[0])) < 0.25
            old, new = before.global_boxes, after.global_boxes
            assert old.track_tokens == new.track_tokens
            moved = np.hypot(*(new.xyz[:, :2] - old.xyz[:, :2]).T)
            mean = 0.5 * (np.hypot(old.velocity[:, 0], old.velocity[:, 1]) + np.hypot(new.velocity[:, 0], new.velocity[:, 1]))
            assert np.abs(moved - 0.5 * mean).max(initial=0.0) < 0.6
