"""gauntlet navsim: scores of a folder, cell by cell as the official ones; and everything that can be wrong with what it is given."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from envs.driving.command import EXIT_ERRORS, main
from envs.driving.errors import CacheVersionError, DataError, DuplicateTokenError, UnknownTokenError
from envs.driving.formats.pickling import write_pickle
from envs.driving.formats.unpickle import load_pickle
from harness.errors import ConfigError, GauntletError

LOG = Path("navsim_logs") / "synth" / "synth_c_red.pkl"
OFFICIAL = {
    ("v2", "log-replay"): "official_v2_log_replay.json",
    ("v2", "reactive"): "official_v2_reactive.json",
    ("v1", "log-replay"): "official_v1_1_pdms.json",
}


def differences(official: Any, ours: Any, where: str = "") -> list[str]:
    """Cells that are not equal; numbers to 1e-6."""
    if isinstance(official, dict):
        return [found for key in official for found in differences(official[key], ours.get(key, "absent"), f"{where}/{key}")]
    if isinstance(official, list) and isinstance(ours, list) and len(official) == len(ours):
        return [found for i, (a, b) in enumerate(zip(official, ours)) for found in differences(a, b, f"{where}/{i}")]
    if isinstance(official, (int, float)) and isinstance(ours, (int, float)):
        return [] if abs(official - ours) <= 1e-6 else [f"{where}: {official} {ours}"]
    return [] if official == ours else [f"{where}: {official} {ours}"]


def run(folder: Path, out: Path, *options: str, trajectories: Path | None = None) -> tuple[int, dict[str, Any]]:
    file = trajectories or folder / "trajectories.json"
    code = main(["score", "--data", str(folder), "--trajectories", str(file), "--out", str(out), *options])
    return code, json.loads(out.read_text())


def edit(file: Path, change: Any) -> None:
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


@pytest.mark.parametrize(("version", "traffic"), OFFICIAL)
def test_cell_by_cell(small_folder: Path, tmp_path: Path, version: str, traffic: str) -> None:
    code, found = run(small_folder, tmp_path / "out.json", "--version", version, "--traffic", traffic)
    assert code == 0
    assert differences(json.loads((small_folder / OFFICIAL[version, traffic]).read_text()), found) == []
    assert found["errors"] == {}
    assert found["coverage"] == "7 of 7 scenes present"
    assert found["scorer"] == {"v2": "EPDMS v2.2", "v1": "PDMS v1.1"}[version]
    assert len(found["data_snapshot"]) == 16


@pytest.mark.slow
@pytest.mark.parametrize(("version", "traffic"), OFFICIAL)
def test_every_official_cell(parity_folder: Path, tmp_path: Path, version: str, traffic: str) -> None:
    code, found = run(parity_folder, tmp_path / "out.json", "--version", version, "--traffic", traffic)
    assert code == 0
    assert differences(json.loads((parity_folder / OFFICIAL[version, traffic]).read_text()), found) == []


def test_two_stages(parity_folder: Path, tmp_path: Path) -> None:
    code, found = run(parity_folder, tmp_path / "out.json", "--two-stage")
    assert code == 0
    assert found["traffic"] == "navsim-v2"
    assert differences(json.loads((parity_folder / "official_v2_two_stage.json").read_text()), found) == []


def test_from_caches(small_folder: Path, tmp_path: Path) -> None:
    assert main(["cache", "--data", str(small_folder), "--out", str(tmp_path / "caches")]) == 0
    code, found = run(small_folder, tmp_path / "out.json", "--cache", str(tmp_path / "caches"))
    assert code == 0
    assert differences(json.loads((small_folder / "official_v2_log_replay.json").read_text()), found) == []


def test_caches_of_another_version_and_none_at_all(small_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    caches = tmp_path / "caches"
    main(["cache", "--data", str(small_folder), "--out", str(caches)])
    first, second, third, *_ = sorted(caches.glob("*.v2.json"))
    edit(first, lambda about: about.update(cache_version=0))
    second.unlink()
    third.with_suffix(".npz").write_bytes(b"x")
    code, found = run(small_folder, tmp_path / "out.json", "--cache", str(caches))
    assert code == EXIT_ERRORS
    assert len(found["errors"]) == 3
    assert "is a scene cache of version 0" in found["errors"][first.name.split(".")[0]]
    assert "cannot be read" in found["errors"][second.name.split(".")[0]]
    assert "is no scene cache" in found["errors"][third.name.split(".")[0]]
    assert "3 scenes ended in errors" in capsys.readouterr().out
    assert CacheVersionError.__mro__[1] is DataError


@pytest.mark.slow
def test_several_processes_give_the_same(small_folder: Path, tmp_path: Path) -> None:
    one, two = run(small_folder, tmp_path / "one.json")[1], run(small_folder, tmp_path / "two.json", "--workers", "2")[1]
    assert one == two


def test_the_table(small_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    main(["score", "--data", str(small_folder), "--trajectories", str(small_folder / "trajectories.json"), "--csv", str(file)])
    with file.open() as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == 4 * (7 + 1)
    assert rows[0]["token"] == "702372daede71b10"
    assert {"no_at_fault_collisions", "multiplicative_metrics_prod", "two_frame_extended_comfort", "pdm_score", "score"} <= rows[0].keys()
    assert [row["token"] for row in rows].count("average") == 4


def test_missing_scenes_stop_the_run_unless_told_to_go_on(copied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(copied / "index.json", lambda index: index["tokens"].append("0" * 16))
    with pytest.raises(DataError, match=r"7 of 8 scenes present \[fetch the rest"):
        run(copied, tmp_path / "out.json")
    code, found = run(copied, tmp_path / "out.json", "--go-on")
    assert (code, len(found["scenes"]), found["coverage"]) == (0, 7, "7 of 8 scenes present")
    assert "7 of 8 scenes present" in capsys.readouterr().out


def test_scenes_without_trajectories(copied: Path, tmp_path: Path) -> None:
    edit(copied / "trajectories.json", lambda file: file.pop("26e3ece3f1110c03"))
    with pytest.raises(UnknownTokenError, match="for 6 of 7 scenes; 26e3ece3f1110c03 has none"):
        run(copied, tmp_path / "out.json")
    assert len(run(copied, tmp_path / "out.json", "--go-on")[1]["scenes"]) == 6


def test_trajectories_of_unknown_scenes(copied: Path, tmp_path: Path) -> None:
    edit(copied / "trajectories.json", lambda file: file.update(nonsense=file["26e3ece3f1110c03"]))
    with pytest.raises(UnknownTokenError, match=r"for 1 scenes that .* does not know, e\.g\. nonsense"):
        run(copied, tmp_path / "out.json")
    assert len(run(copied, tmp_path / "out.json", "--go-on")[1]["scenes"]) == 7


def test_a_token_that_is_there_twice(copied: Path, tmp_path: Path) -> None:
    (copied / "trajectories.json").write_text('{"a": [], "a": []}')
    with pytest.raises(DuplicateTokenError, match="has the key a twice"):
        run(copied, tmp_path / "out.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", "{"])
def test_no_trajectory_file(copied: Path, tmp_path: Path, text: str) -> None:
    (copied / "trajectories.json").write_text(text)
    with pytest.raises(DataError):
        run(copied, tmp_path / "out.json")


@pytest.mark.parametrize(
    ("slot", "said"),
    [
        ({"poses": []}, "has no poses"),
        ({"poses": [[1, 2]]}, r"has shape \(1, 2\)"),
        ({"poses": [[1, 2, float("nan")]]}, "pose 0 of a trajectory is not finite"),
        ({"poses": [[1, 2, 3], [1, 2]]}, "no rectangle"),
        ({"poses": [["a", 2, 3]]}, "no rectangle"),
        ({"dt": 0.5}, "no key poses"),
        ({"poses": [[1, 2, 3]], "dt": 0}, "dt is 0"),
        ({"poses": [[1, 2, 3]], "dt": 1e-9}, "dt"),
        (5, "has shape"),
    ],
)
def test_a_bad_trajectory_costs_its_scene_alone(copied: Path, tmp_path: Path, slot: Any, said: str) -> None:
    import re

    edit(copied / "trajectories.json", lambda file: file["26e3ece3f1110c03"].__setitem__(1, slot))
    code, found = run(copied, tmp_path / "out.json")
    assert code == EXIT_ERRORS
    assert list(found["errors"]) == ["26e3ece3f1110c03"]
    assert re.search(said, found["errors"]["26e3ece3f1110c03"]), found["errors"]
    assert len(found["scenes"]) == 6


def test_scenes_with_other_trajectories_than_the_rest(copied: Path, tmp_path: Path) -> None:
    edit(copied / "trajectories.json", lambda file: file["26e3ece3f1110c03"].pop())
    assert "others have human, hard_brake" in run(copied, tmp_path / "out.json")[1]["errors"]["26e3ece3f1110c03"]


def spoil_frame(number: int, **changes: Any) -> Any:
    def spoil(folder: Path) -> None:
        frames = load_pickle(folder / LOG)
        frames[number].update(changes)
        write_pickle(folder / LOG, frames)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "errors", "said"),
    [
        (spoil_frame(3, roadblock_ids=[]), 1, "no route"),
        (spoil_frame(3, roadblock_ids=["77"]), 1, "roadblock 77"),
        (spoil_frame(0, timestamp=1), 1, "apart"),
        (spoil_frame(0, driving_command=None), 1, "frame 0"),
        (spoil_frame(22, anns={}), 1, "frame 22: anns has no key gt_boxes"),
        (lambda folder: (folder / "maps" / "nuplan-maps-v1.0.json").write_text("{}"), 7, "no location 'us-ma-boston'"),
        (lambda folder: next(folder.glob("maps/*/*/map.gpkg")).write_bytes(b"x"), 7, "cannot be read as a GeoPackage"),
        (lambda folder: next(folder.glob("*/*/f89d*.pkl")).write_bytes(b"cos\nsystem\n(S'true'\ntR."), 1, "asks for os.system"),
        (lambda folder: next(folder.glob("*/*/f89d*.pkl")).write_bytes(b"x"), 1, "no whole pickle"),
    ],
)
def test_a_bad_scene_is_recorded_and_the_rest_go_on(copied: Path, tmp_path: Path, spoil: Any, errors: int, said: str) -> None:
    spoil(copied)
    code, found = run(copied, tmp_path / "out.json")
    assert code == EXIT_ERRORS
    assert len(found["errors"]) == errors
    assert len(found["scenes"]) == 7 - errors
    assert all(said in error for error in found["errors"].values()), found["errors"]


def test_a_hostile_log_stops_the_run_and_runs_nothing(copied: Path, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    (copied / LOG).write_bytes(f"cos\nsystem\n(S'touch {touched}'\ntR.".encode())
    with pytest.raises(DataError, match="2 of 7 scenes present; 1 of 1 logs cannot be read"):
        run(copied, tmp_path / "out.json")
    assert not touched.exists()
    assert len(run(copied, tmp_path / "out.json", "--go-on")[1]["scenes"]) == 2


def test_a_log_too_short_for_v1_is_enough_for_v2(copied: Path, tmp_path: Path) -> None:
    frames = load_pickle(copied / LOG)
    write_pickle(copied / LOG, frames[:23])  # the last scene's current frame is 14
    assert run(copied, tmp_path / "out.json")[0] == 0
    code, found = run(copied, tmp_path / "out.json", "--version", "v1")
    assert code == EXIT_ERRORS
    assert "ends" in found["errors"]["58638fb3fb600998"]


@pytest.mark.parametrize(
    "options",
    [["--version", "v3"], ["--traffic", "none"], ["--human-filter", "x"], ["--version", "v1", "--traffic", "reactive"], ["--version", "v1", "--two-stage"], ["--filter", "navtset"]],
)  # fmt: skip
def test_unknown_choices(small_folder: Path, tmp_path: Path, options: list[str]) -> None:
    with pytest.raises(GauntletError):
        run(small_folder, tmp_path / "out.json", *options)


def test_somewhere_to_write(small_folder: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere to write"):
        main(["score", "--data", str(small_folder), "--trajectories", str(small_folder / "trajectories.json")])
    with pytest.raises(DataError, match="two-stage mapping"):
        run(small_folder, Path("unused.json"), "--two-stage")


def test_an_index_is_written(copied: Path, tmp_path: Path) -> None:
    file = tmp_path / "two_stage.yaml"
    file.write_text("reactive_all_mapping: [['26e3ece3f1110c03', '702372daede71b10', [[a9a9820e218d36d17, f89d43515d084e9cb]]]]\n")
    (copied / "index.json").unlink()
    assert main(["index", "--data", str(copied), "--mapping", str(file)]) == 0
    found = json.loads((copied / "index.json").read_text())
    assert found == {
        "split": "synth",
        "tokens": ["26e3ece3f1110c03", "702372daede71b10"],
        "synthetic": ["a9a9820e218d36d17", "f89d43515d084e9cb"],
        "mapping": [["26e3ece3f1110c03", "702372daede71b10", [["a9a9820e218d36d17", "f89d43515d084e9cb"]]]],
    }
    code, scores = run(copied, tmp_path / "out.json", "--two-stage", "--go-on")
    assert code == 0
    assert set(scores["agents"]) == {"human", "hard_brake", "swerve_2m", "run_9mps"}
    assert 0 <= scores["agents"]["human"]["combined"] <= 1
    with pytest.raises(ConfigError, match="an index of what"):
        main(["index", "--data", str(copied)])


def test_as_a_module_errors_are_one_line() -> None:
    command = [sys.executable, "-m", "envs.driving.command", "score", "--data", "absent", "--trajectories", "x", "--out", "y"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "error: absent is no folder [name the folder that holds navsim_logs and maps]\n")
    assert main(["--help"]) == 0
    assert main(["score"]) == 2
