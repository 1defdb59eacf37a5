"""The film itself: in step, padded, drawn once, and readable by browsers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from harness.episode import EpisodeError
from harness.errors import ConfigError, StoreError
from harness.store import read_steps
from harness.video.layout import Rect, lay_out
from harness.video.lettering import fitted, font, wrapped
from harness.video.montage import CLOSING_SECONDS, make_montage
from harness.video.playback import Playback
from harness.video.selection import Choice, choose_scenes
from tests.filmed_runs import suite
from tests.harness.video.conftest import frames_of

HZ = 10
CLEAN, SECOND = (s.id for s in suite().scenarios[:2])


def red_spot(picture: np.ndarray) -> np.ndarray:
    """Centre of the agent's red square, in shares of the picture's width and height."""
    red = (picture[..., 0] > 150) & (picture[..., 1] < 110) & (picture[..., 2] < 100)
    rows, columns = np.nonzero(red)
    return np.array([columns.mean() / picture.shape[1], rows.mean() / picture.shape[0]])


def cut(frame: np.ndarray, box: Rect) -> np.ndarray:
    return frame[box.top : box.bottom, box.left : box.right]


def test_two_runs_in_step(filmed: dict[str, Path], tmp_path: Path):
    (scene,) = choose_scenes([filmed["quick"], filmed["slow"]], Choice((CLEAN,)))
    made = make_montage([scene], tmp_path / "x.mp4", cameras=["top"])
    frames = frames_of(made.path)
    steps = [take.episode.steps for take in scene if take.episode]
    assert len(set(steps)) == 2
    assert len(frames) == made.frames == max(steps) + 1 + round(CLOSING_SECONDS * HZ)  # padded to the longest
    layout = lay_out(2, (1.0,), lines=4)
    assert (frames[0].shape[1], frames[0].shape[0]) == made.size == (layout.width, layout.height)
    for pane, take in zip(layout.panes, scene):
        positions = read_steps(take.folder)["state.position"]
        box = pane.pictures[0]
        for number in (0, 3, 6, len(frames) - 1):
            step = min(number, len(positions) - 1)
            margin = (box.width - box.height) // 2  # square pictures in the middle of their boxes
            square = cut(frames[number], box)[:, margin : margin + box.height]
            edge = box.height // 8 if number == len(frames) - 1 else 0  # the stamp of a failure is red too
            spot = red_spot(square[edge : box.height - edge, edge : box.height - edge]) * (1 - 2 * edge / box.height) + edge / box.height
            assert np.abs(spot - (positions[step] * 63 + 0.5) / 64).max() < 0.05, (take.label, number)


def test_the_file_plays_in_browsers(filmed: dict[str, Path], tmp_path: Path):
    made = make_montage(choose_scenes([filmed["quick"]], Choice(sample=2)), tmp_path / "new" / "x.mp4", width=640)
    content = made.path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    with av.open(str(made.path)) as file:
        stream = file.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.width == 640
        assert stream.average_rate == HZ
    assert Image.open(made.poster).size == made.size
    assert Image.open(made.sheet).size[0] == 640
    assert sorted(path.name for path in made.path.parent.iterdir()) == ["x.mp4", "x.poster.png", "x.sheet.png"]


def test_prompts_are_drawn_where_the_recording_has_none(filmed: dict[str, Path]):
    """The raw run's picture gets its point from the thoughts; the other's has it from the recorder already, and no text bands."""
    (scene,) = choose_scenes([filmed["quick"], filmed["slow"]], Choice((CLEAN,)))
    raw, drawn = (Playback(take, ("top",)) for take in scene)
    assert raw.footage["top"].overlays == frozenset()
    assert "points" in drawn.footage["top"].overlays
    for playback in (raw, drawn):
        picture = playback.footage["top"].at(2)
        assert picture.shape[0] == picture.shape[1]  # the camera's square, header and footer cut off
        assert picture[-4:].mean() > 150  # the toy's pale floor to the edge
        playback.close()


def yellow(picture: np.ndarray) -> int:
    return int(((picture[..., 0] > 200) & (picture[..., 1] > 150) & (picture[..., 1] < 220) & (picture[..., 2] < 90)).sum())


@pytest.mark.parametrize("run", ["quick", "slow"])
def test_each_prompt_shows(run: str, filmed: dict[str, Path], tmp_path: Path):
    scenes = choose_scenes([filmed[run]], Choice((CLEAN,)))
    made = make_montage(scenes, tmp_path / "x.mp4", cameras=["top"])
    box = lay_out(1, (1.0,), lines=4).panes[0].pictures[0]
    assert yellow(cut(frames_of(made.path)[2], box)) > 150


def test_the_bird_stands_beside_the_camera(filmed: dict[str, Path], tmp_path: Path):
    made = make_montage(choose_scenes([filmed["quick"]], Choice((CLEAN,))), tmp_path / "x.mp4")
    top, bev = lay_out(1, (1.0, 1.0), lines=4).panes[0].pictures
    frame = frames_of(made.path)[4]
    assert np.abs(cut(frame, bev)[20:-20, 20:-20].reshape(-1, 3).mean(axis=0) - (90, 60, 160)).max() < 8
    assert cut(frame, top)[20:-20, 20:-20].mean() > 180


def test_an_outcome_is_stamped_at_the_end(filmed: dict[str, Path], tmp_path: Path):
    scenes = choose_scenes([filmed["quick"], filmed["slow"]], Choice(flips=True, sample=1))
    frames = frames_of(make_montage(scenes, tmp_path / "x.mp4", cameras=["top"]).path)
    layout = lay_out(2, (1.0,), lines=4)
    quick, slow = (cut(frames[-1], pane.title).reshape(-1, 3).astype(int) for pane in layout.panes)
    green = (np.abs(quick - (64, 200, 110)).max(axis=1) < 30).sum()
    red = (np.abs(slow - (228, 84, 78)).max(axis=1) < 30).sum()
    assert green > 500
    assert red > 500
    before = cut(frames[0], layout.panes[0].title).reshape(-1, 3).astype(int)
    assert (np.abs(before - (64, 200, 110)).max(axis=1) < 30).sum() == 0


def test_the_strip_tells_progress_and_stages(filmed: dict[str, Path]):
    (take,) = choose_scenes([filmed["quick"]], Choice((CLEAN,)))[0]
    playback = Playback(take)
    stored = read_steps(take.folder)
    assert playback.progress[1:] == pytest.approx(stored["progress"])
    moment = playback.at(3)
    assert (moment.thought.subtask, moment.instruction) == ("go on", "go to the green square")
    assert moment.stages == {"reason": 0.002, "act": 0.001, "step": stored["seconds.step"][3], "render": stored["seconds.render"][3]}
    assert playback.at(playback.steps).outcome == "success"
    first = take.episode.first_success_step if take.episode else None
    assert "arrived" in playback.at(first or 0).event


def test_a_run_without_the_episode_or_its_video_shows_why(filmed: dict[str, Path], copied: Callable[[str], Path], tmp_path: Path):
    run = copied("slow")
    (run / "episodes" / CLEAN / "top.mp4").unlink()
    (run / "episodes" / CLEAN / "bev.mp4").write_bytes(b"not a video at all")
    (run / "episodes" / SECOND / "episode.json").write_text("{")
    scenes = choose_scenes([filmed["quick"], run, filmed["blind"]], Choice(sample=5))
    made = make_montage(scenes, tmp_path / "x.mp4", width=640)
    troubles = "\n".join(made.troubles)
    assert f"{CLEAN}/top.mp4 is missing" in troubles
    assert f"{CLEAN}/bev.mp4 is no video" in troubles
    assert f"{SECOND}/episode.json" in troubles
    assert "no video was recorded" in troubles
    assert made.scenes == 5


def test_a_video_cut_short_holds_its_last_frame(filmed: dict[str, Path], copied: Callable[[str], Path]):
    run = copied("quick")
    path = run / "episodes" / CLEAN / "top.mp4"
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    (scene,) = choose_scenes([run], Choice((CLEAN,)))
    playback = Playback(scene[0], ("top",))
    last = playback.footage["top"].at(50)
    assert last.shape == (64, 64, 3)


def test_steps_that_cannot_be_read(copied: Callable[[str], Path], tmp_path: Path):
    run = copied("quick")
    (run / "episodes" / CLEAN / "steps.parquet").write_bytes(b"PAR1 and then nothing")
    made = make_montage(choose_scenes([run], Choice((CLEAN,))), tmp_path / "x.mp4", width=640)
    assert any("no steps" in trouble for trouble in made.troubles)


def test_an_error_has_a_pane_that_says_so(copied: Callable[[str], Path], filmed: dict[str, Path], tmp_path: Path):
    run = copied("slow")
    path = run / "episodes" / CLEAN / "episode.json"
    (scene,) = choose_scenes([run], Choice((CLEAN,)))
    episode = scene[0].episode
    assert episode is not None
    error: Any = {"kind": "Boom", "phase": "act", "step": 4, "message": "the policy\nwent away " * 20}
    path.write_text(episode.model_copy(update={"outcome": "error", "videos": {}, "error": EpisodeError(**error)}).model_dump_json())
    made = make_montage(choose_scenes([filmed["quick"], run], Choice((CLEAN,))), tmp_path / "x.mp4", width=640)
    assert any("act at step 4: the policy went away" in trouble for trouble in made.troubles)


def test_nothing_to_show_is_an_error(filmed: dict[str, Path], tmp_path: Path):
    with pytest.raises(StoreError, match=r"none of these episodes has a video \(no video was recorded\)"):
        make_montage(choose_scenes([filmed["blind"]], Choice(sample=2)), tmp_path / "x.mp4")
    scenes = choose_scenes([filmed["quick"]], Choice(sample=1))
    with pytest.raises(ConfigError, match=r"ends in \.mp4"):
        make_montage(scenes, tmp_path / "x.webm")
    with pytest.raises(ConfigError, match="480 to 3840"):
        make_montage(scenes, tmp_path / "x.mp4", width=100)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        make_montage(scenes, tmp_path / "file" / "x.mp4", width=640)


@pytest.mark.parametrize("panes", range(1, 7))
@pytest.mark.parametrize("aspects", [(1.0,), (1.78, 1.0), (0.6,)])
def test_nothing_overlaps(panes: int, aspects: tuple[float, ...]):
    layout = lay_out(panes, aspects)
    rooms = [layout.header, layout.strip]
    for pane in layout.panes:
        rooms += [pane.title, *pane.pictures, pane.notes]
    filled = np.zeros((layout.height, layout.width), int)
    for room in rooms:
        assert room.left >= 0 <= room.top
        assert room.right <= layout.width
        assert room.bottom <= layout.height
        filled[room.top : room.bottom, room.left : room.right] += 1
    assert filled.max() == 1
    assert layout.height <= 0.84 * layout.width  # fits a screen
    assert min(pane.notes.width for pane in layout.panes) >= 0.18 * layout.width
    assert layout.small >= 16  # at 1280 pixels, what is written can be read


def test_text_stays_in_its_room():
    for text in ("put the cube into the bowl", "W" * 300, "", "a\nb\tc", "日本語 " * 40):
        assert font(18).getlength(fitted(text, 18, 200)) <= 200
        assert len(wrapped(text, 18, 200, 2)) <= 2
        assert all(font(18).getlength(row) <= 200 for row in wrapped(text, 18, 200, 2))
    assert fitted("short", 18, 200) == "short"


def test_the_command(filmed: dict[str, Path], gauntlet_here: Callable[..., Any], tmp_path: Path):
    said = gauntlet_here("video", str(filmed["quick"]), str(filmed["slow"]), "--flips", "--sample", "1", "--out", "x.mp4", "--width", "640")
    assert said.returncode == 0, said.stderr
    assert "x.mp4 (1 scenes" in said.stdout
    assert (tmp_path / "x.sheet.png").is_file()
    said = gauntlet_here("video", str(filmed["quick"]), "--out", "x.mp4")
    assert said.returncode == 2
    assert said.stderr.startswith("error: which episodes?")
