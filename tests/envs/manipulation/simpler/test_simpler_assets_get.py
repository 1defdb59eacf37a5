"""``gauntlet assets get simpler``: from any layout into the one folder, verified file by file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from envs.manipulation.simpler import assets_get, file_hashes
from envs.manipulation.simpler.assets import ASSETS_VARIABLE, DATA_VARIABLE, LAYOUTS, check_assets, open_assets
from envs.manipulation.simpler.assets_entry import simpler_data
from envs.manipulation.simpler.assets_get import get_assets
from harness.errors import AssetsError

STAGE, PHOTOGRAPH, VISUAL = "stages/table.glb", "real_inpainting/photo.png", "custom/models/carrot/textured.dae"
WANTED = (STAGE, PHOTOGRAPH, "|".join(VISUAL.replace("dae", suffix) for suffix in ("obj", "dae", "glb")))


def content(name: str) -> bytes:
    return f"the original {name}".encode()


@pytest.fixture(autouse=True)
def little_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One task of three files, with known hashes, and an empty home."""
    tasks = {"Carry": WANTED, "Look": (PHOTOGRAPH,)}
    monkeypatch.setattr(assets_get, "TASK_FILES", tasks)
    monkeypatch.setattr(assets_get, "variant_files", tuple)
    monkeypatch.setattr("envs.manipulation.simpler.assets.TASK_FILES", tasks)
    originals = {name: (hashlib.sha256(content(name)).hexdigest(), len(content(name))) for name in (PHOTOGRAPH, VISUAL)}
    substitutes = {STAGE: (hashlib.sha256(b"a table of ours").hexdigest(), 15)}
    monkeypatch.setattr(file_hashes, "known_hashes", lambda: (originals, substitutes))
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "data"))
    monkeypatch.delenv(ASSETS_VARIABLE, raising=False)


@pytest.fixture
def source(tmp_path: Path) -> Callable[..., Path]:
    """A folder of some layout, with the originals, a substitute for the stage and a file that no task needs; ``changes`` replace contents (None: no such file)."""

    def make(layout: str = "maniskill2_real2sim", **changes: bytes | None) -> Path:
        files: dict[str, bytes | None] = {PHOTOGRAPH: content(PHOTOGRAPH), VISUAL: content(VISUAL), STAGE: b"a table of ours"}
        by_kind = {name.partition("/")[0]: name for name in files}
        files |= {by_kind[kind]: value for kind, value in changes.items()}
        files["custom/models/unneeded/textured.dae"] = b"nobody wants it"
        for name, data in files.items():
            kind, _, rest = name.partition("/")
            path = tmp_path / "source" / LAYOUTS[layout][kind][0] / rest
            path.parent.mkdir(parents=True, exist_ok=True)
            if data is not None:
                path.write_bytes(data)
        return tmp_path / "source"

    return make


def laid_out(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_layout_becomes_ours_substitutes_apart(source: Callable[..., Path], tmp_path: Path, layout: str) -> None:
    *remarks, closing = get_assets(source(layout), tmp_path / "target")
    assert laid_out(tmp_path / "target") == {f"original/{VISUAL}", f"original/{PHOTOGRAPH}", f"substitutes/{STAGE}"}
    assert [row[2] for row in remarks] == [f"substitute: {STAGE}"]
    assert closing[1] == "ok"
    assert "3 of them newly laid out, 0 missing; 2 of 2 tasks can run" in closing[2]
    assert ASSETS_VARIABLE in closing[3], "it says how to use a folder that is not the default"
    report = check_assets(tmp_path / "target", ["Carry"])
    assert report.complete
    assert set(report.substituted) == {STAGE}


def test_the_default_place_is_found_without_configuration(source: Callable[..., Path]) -> None:
    assert simpler_data()[0][1] == "absent"
    assert not get_assets(source())[-1][3]
    assert open_assets().root.parts[-3:] == ("gauntlet", "assets", "simpler")
    assert simpler_data()[0][1] == "ok"


def test_a_second_time_nothing_is_left_to_do(source: Callable[..., Path], tmp_path: Path) -> None:
    get_assets(source(), tmp_path / "target")
    assert "0 of them newly laid out" in get_assets(source(), tmp_path / "target")[-1][2]
    assert "0 of them newly laid out" in get_assets(tmp_path / "target", tmp_path / "target")[-1][2], "verifying in place"


def test_links_where_it_can_and_copies_where_it_cannot(
    source: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    get_assets(source("gauntlet"), tmp_path / "linked")
    original = tmp_path / "source" / "original" / PHOTOGRAPH
    assert (tmp_path / "linked" / "original" / PHOTOGRAPH).samefile(original)

    def refuse(*_: object) -> None:
        raise OSError("another device")

    monkeypatch.setattr(assets_get.os, "link", refuse)
    get_assets(source("gauntlet"), tmp_path / "copied")
    assert not (tmp_path / "copied" / "original" / PHOTOGRAPH).samefile(original)
    assert (tmp_path / "copied" / "original" / PHOTOGRAPH).read_bytes() == content(PHOTOGRAPH)


def test_a_wrong_hash_is_named_with_both_sizes(source: Callable[..., Path], tmp_path: Path) -> None:
    rows = get_assets(source(custom=b"cut of"), tmp_path / "target")
    (remark,) = (row for row in rows if VISUAL in row[2])
    assert remark[1] == "warn"
    assert f"sha256 differs (6 bytes; the original has {len(content(VISUAL))})" in remark[2]
    assert f"original/{VISUAL}" in laid_out(tmp_path / "target"), "it may yet serve"


def test_a_file_whose_original_nobody_has_hashed_is_named(source: Callable[..., Path], tmp_path: Path) -> None:
    rows = get_assets(source(stages=b"perhaps the true one"), tmp_path / "target")
    assert any("the original's hash is not known" in row[2] and STAGE in row[2] for row in rows)
    assert f"original/{STAGE}" in laid_out(tmp_path / "target")


def test_what_is_missing_is_named_a_line_each(source: Callable[..., Path], tmp_path: Path) -> None:
    rows = get_assets(source(stages=None, custom=None), tmp_path / "target")
    missing = [row[2] for row in rows if row[2].startswith("missing: ")]
    assert len(missing) == 2
    assert missing[1] == f"missing: {STAGE}, needed by Carry"
    assert rows[-1][1] == "warn"
    assert "1 of 2 tasks can run" in rows[-1][2]


def test_nothing_usable_fails(source: Callable[..., Path], tmp_path: Path) -> None:
    root = source(stages=None, custom=None)
    for photograph in root.rglob("photo.png"):
        photograph.unlink()
    assert get_assets(root, tmp_path / "target")[-1][1] == "fail"


def test_mistakes_are_errors_with_a_cure(source: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(AssetsError, match="--from DIR"):
        get_assets()
    with pytest.raises(AssetsError, match="does not exist"):
        get_assets(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(AssetsError, match="none of the known layouts"):
        get_assets(tmp_path / "empty")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AssetsError, match="cannot write") as caught:
        get_assets(source(), tmp_path / "file")
    assert "--to DIR" in caught.value.cure
