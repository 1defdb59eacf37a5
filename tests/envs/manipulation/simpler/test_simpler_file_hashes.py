"""The hashes of SIMPLER's files."""

from __future__ import annotations

from pathlib import Path

from envs.manipulation.simpler.assets import LAYOUTS, open_assets
from envs.manipulation.simpler.assets_get import VARIANTS, get_assets, logical_name, variant_files
from envs.manipulation.simpler.file_hashes import ORIGINAL, SUBSTITUTE, identify, known_hashes, write_hashes
from envs.manipulation.simpler.required_files import TASK_FILES


def test_every_file_that_a_task_needs_is_known() -> None:
    originals, substitutes = known_hashes()
    for files in (*TASK_FILES.values(), variant_files()):
        for name in files:
            assert any(choice in originals or choice in substitutes for choice in name.split("|")), name


def test_hashes_are_hashes() -> None:
    for chapter in known_hashes():
        for name, (digest, size) in chapter.items():
            assert name.partition("/")[0] in LAYOUTS["gauntlet"]
            assert len(digest) == 64
            assert size > 0


def test_written_from_a_folder(tmp_path: Path) -> None:
    for place in ("original/stages/a.glb", "substitutes/stages/b.glb"):
        (tmp_path / place).parent.mkdir(parents=True)
        (tmp_path / place).write_bytes(b"")
    assert write_hashes(tmp_path, tmp_path / "hashes.json") == 2
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (tmp_path / "hashes.json").read_text().count(empty) == 2


def test_the_installed_folder_is_what_it_says(assets: Path, tmp_path: Path) -> None:
    needed = {**TASK_FILES, VARIANTS: variant_files()}
    report = open_assets(assets).report_of(needed)
    for wanted, file in report.found.items():
        name = logical_name(wanted, file)
        expected = SUBSTITUTE if name in report.substituted else ORIGINAL
        assert identify(name, file).verdict == expected, wanted
    *remarks, closing = get_assets(assets, tmp_path)
    assert closing[1] == "ok"
    assert len(remarks) == len(report.substituted)
    assert open_assets(tmp_path).report_of(needed).complete
