"""Annotations of every half second become tracks at 10 Hz."""

from __future__ import annotations

import numpy as np
import pytest

from envs.driving.errors import FormatError
from envs.driving.traffic.tracks import Moment, Tracks, moment, tracks_of
from tests.envs.driving.made_road import Thing, driving, made_road, made_scene, standing

ROAD = made_road()


def tracks(*things: Thing, frames: int = 8) -> Tracks:
    scene = made_scene(ROAD, things)
    return tracks_of([moment(scene, k) for k in range(frames + 1)])


def between(first: float, last: float, *gaps: float) -> Thing:
    return Thing("a", lambda t: (60.0 + 4.0 * t, 0.0, 0.1 * t) if first <= t <= last and t not in gaps else None, velocity=(4.0, 0.0))


def test_positions_are_interpolated_and_the_horizon_has_41_steps():
    found = tracks(driving("a", 60.0, 0.0, 5.0))
    assert found.poses.shape == (41, 1, 3)
    np.testing.assert_allclose(found.poses[:, 0, 0], 60.0 + 0.5 * np.arange(41), atol=1e-9)
    assert tracks(driving("a", 60.0, 0.0, 5.0), frames=10).poses.shape == (51, 1, 3)


def test_a_track_lives_from_its_first_to_its_last_appearance_gaps_bridged():
    found = tracks(between(1.0, 3.0, 1.5, 2.0))
    assert np.flatnonzero(found.present[:, 0]).tolist() == list(range(10, 31))
    np.testing.assert_allclose(found.poses[17, 0, 0], 60.0 + 4.0 * 1.7)


def test_a_track_seen_once_is_there_all_the_time():
    found = tracks(between(2.0, 2.0))
    assert found.present.all()
    np.testing.assert_allclose(found.poses[:, 0], np.broadcast_to([68.0, 0.0, 0.2], (41, 3)), atol=1e-12)
    assert not found.in_first_frame[0]


def test_a_track_first_seen_late_is_a_ghost_of_v2_and_not_of_v1():
    late = Thing("a", lambda t: (80.0 - t, 0.0, 0.0) if t >= 4.0 else None)
    assert tracks(late).present.all()
    assert tracks(late, frames=10).present[:40].sum() == 0


def test_size_kind_and_speed_are_those_of_the_first_appearance():
    growing = [
        Moment(np.array([[60.0 + k, 0.0, 0.0]]), np.array([[2.0 * k, 0.0]]), np.array([[4.0 + k, 2.0]]), ("vehicle",), ("a",))
        for k in range(9)
    ]
    found = tracks_of(growing)
    assert found.size[0].tolist() == [4.0, 2.0]
    assert found.first_speed[0] == 0.0
    assert found.objects().stopped[0]


def test_headings_take_the_short_way_round():
    turning = [Moment(np.array([[0.0, 0.0, heading]]), np.zeros((1, 2)), np.ones((1, 2)), ("vehicle",), ("a",)) for heading in (3.1, -3.1)]
    poses = tracks_of(turning).poses[:, 0, 2]
    assert np.abs(poses).min() > 3.09


def test_a_token_twice_in_a_frame_is_refused():
    twice = Moment(np.zeros((2, 3)), np.zeros((2, 2)), np.ones((2, 2)), ("vehicle", "vehicle"), ("a", "a"))
    with pytest.raises(FormatError, match="twice"):
        tracks_of([twice, twice])


def test_no_objects_at_all():
    found = tracks()
    assert found.poses.shape == (41, 0, 3)
    assert len(found.objects().radius) == 0


def test_standing_is_what_never_moves():
    found = tracks(standing("a", 60.0, 0.0), driving("b", 70.0, 0.0, 1.0), standing("c", 80.0, 0.0, velocity=(1.0, 0.0)))
    assert found.standing.tolist() == [True, False, False]
