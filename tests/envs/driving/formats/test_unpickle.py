from __future__ import annotations

import os
import pickle
import subprocess
from pathlib import Path, PosixPath
from typing import Any

import numpy as np
import pytest
import shapely

from envs.driving.errors import FormatError, UnsafePickleError
from envs.driving.formats import read_log, read_synthetic_scene
from envs.driving.formats.unpickle import ALLOWED, load_pickle


class Calls:
    """Pickles as a call of ``function``."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def written(folder: Path, content: Any, protocol: int = 4) -> Path:
    path = folder / "file.pkl"
    path.write_bytes(pickle.dumps(content, protocol))
    return path


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_a_hostile_pickle_is_refused_before_it_runs(tmp_path: Path, protocol: int) -> None:
    touched = tmp_path / "touched"
    path = written(tmp_path, [{"token": Calls(os.system, f"touch {touched}")}], protocol)
    with pytest.raises(UnsafePickleError, match=r"system"):
        load_pickle(path)
    assert not touched.exists()


@pytest.mark.parametrize(
    "content",
    [Calls(eval, "1"), Calls(getattr, "", "join"), Calls(subprocess.Popen, ["true"]), Calls(np.load, "x"), os.path, Exception("x")],
)
def test_whatever_is_not_on_the_list_is_refused(tmp_path: Path, content: Any) -> None:
    try:
        path = written(tmp_path, content)
    except TypeError:
        path = tmp_path / "file.pkl"
        path.write_bytes(b"cposixpath\njoin\n(S'a'\ntR.")
    with pytest.raises(UnsafePickleError):
        load_pickle(path)


def test_nothing_on_the_list_can_call_out() -> None:
    modules = {module.split(".")[0] for module, _ in ALLOWED}
    assert modules == {"numpy", "_codecs", "collections", "pathlib", "nuplan", "shapely"}


def test_polygons_that_boxes_had_computed_are_left_unread(tmp_path: Path) -> None:
    found = load_pickle(written(tmp_path, [shapely.box(0, 0, 1, 1)]))
    assert [type(each).__name__ for each in found] == ["Geometry"]


def test_references_outside_of_the_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file.pkl").write_bytes(b"\x80\x04\x8c\x01aQ.")
    with pytest.raises(UnsafePickleError, match="outside"):
        load_pickle(tmp_path / "file.pkl")


@pytest.mark.parametrize("data", [b"", b"not a pickle", b"\x80\x04\x95\xff", b"\x80\x04]\x94."[:-1]])
def test_corrupt_pickles_are_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file.pkl").write_bytes(data)
    with pytest.raises(FormatError, match=r"file\.pkl is no whole pickle"):
        load_pickle(tmp_path / "file.pkl")


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="cannot be read"):
        load_pickle(tmp_path / "absent.pkl")


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_arrays_scalars_and_paths_are_loaded(tmp_path: Path, protocol: int) -> None:
    content = {
        "a": np.arange(6.0).reshape(2, 3),
        "b": np.float64(2.5),
        "c": np.array(["x", "yy"]),
        "d": PosixPath("a/b.jpg"),
        "e": (1, None, True),
    }
    found = load_pickle(written(tmp_path, content, protocol))
    assert np.array_equal(found["a"], content["a"])
    assert (found["b"], found["c"].tolist(), str(found["d"]), found["e"]) == (2.5, ["x", "yy"], "a/b.jpg", (1, None, True))


@pytest.mark.parametrize("name", ["navsim_logs/synth/synth_c_red.pkl", "synth_two_stage/synthetic_scene_pickles/f89d43515d084e9cb.pkl"])
def test_damaged_files_never_raise_anything_else(small_folder: Path, tmp_path: Path, name: str) -> None:
    whole = (small_folder / name).read_bytes()
    read = read_log if "logs" in name else read_synthetic_scene
    rng = np.random.default_rng(5)
    path = tmp_path / Path(name).name
    refused = 0
    for position in rng.integers(0, len(whole), 60):
        damaged = bytearray(whole)
        damaged[position] = rng.integers(0, 256)
        path.write_bytes(damaged)
        try:
            read(path)
        except FormatError:
            refused += 1
    assert refused > 5
