"""``gauntlet parity navsim``: equal on all official outputs, and it says so when they are not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from envs.driving import parity
from envs.driving.parity_cells import Comparison


def test_every_official_cell_is_met(parity_folder, capsys):
    assert parity.main(["--fixtures", str(parity_folder)]) == 0
    table = capsys.readouterr().out
    assert "NOT" not in table
    for name in ("EPDMS v2.2, log replay", "EPDMS v2.2, reactive", "PDMS v1.1", "two stages", "simulated states"):
        assert name in table


@pytest.fixture
def altered(small_folder: Path, tmp_path: Path) -> Path:
    """The small fixtures with one official discrete score of the first scene turned round, and one continuous one moved by 2e-6."""
    folder = tmp_path / "fixtures"
    shutil.copytree(small_folder, folder)
    path = folder / "official_v2_log_replay.json"
    official = json.loads(path.read_text())
    scene = next(iter(official["scenes"].values()))
    columns = official["columns"]
    row = scene["rows"][0]
    row[columns.index("raw_dac")] = 1.0 - row[columns.index("raw_dac")]
    row[columns.index("raw_ep")] -= 2e-6
    path.chmod(0o644)
    path.write_text(json.dumps(official))
    return folder


def test_what_differs_is_listed_by_token_with_a_reason_and_fails(altered, capsys):
    assert parity.main(["--fixtures", str(altered)]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if "NOT EQUAL" in line]
    token = next(iter(json.loads((altered / "official_v2_log_replay.json").read_text())["scenes"]))
    assert len(lines) == 2
    assert all(token in line and "unexplained" in line for line in lines)
    assert any("raw_dac" in line for line in lines)
    assert any("raw_ep" in line for line in lines)


def test_a_folder_without_official_outputs_is_named(tmp_path, capsys):
    assert parity.main(["--fixtures", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().out


def test_absent_cells_and_nulls_are_not_equal():
    comparison = Comparison("made")
    comparison.cell("t", 0, "raw_nc", 1.0, 1.0)
    comparison.cell("t", 0, "ep", 0.5, 0.5 + 9e-7)
    assert comparison.ok
    comparison.cell("t", 0, "ec", None, 1.0)
    assert not comparison.ok
    assert comparison.unequal[0].column == "ec"
    missing = Comparison("made")
    missing.cell("t", 0, "ep", 0.5, 0.5)
    missing.absent = 1
    assert not missing.ok
    assert not Comparison("nothing compared").ok
