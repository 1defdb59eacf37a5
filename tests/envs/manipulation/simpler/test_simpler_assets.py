"""Finding SIMPLER's data in its three layouts, and saying what is missing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from envs.manipulation.simpler.assets import ASSETS_VARIABLE, DATA_VARIABLE, LAYOUTS, check_assets, open_assets, require_assets
from envs.manipulation.simpler.required_files import TASK_FILES
from harness.errors import AssetsError, ConfigError

CARROT = "PutCarrotOnPlate"


def lay_out(root: Path, layout: str, names: Iterable[str]) -> Path:
    """Empty files in the places where ``layout`` keeps them."""
    for name in names:
        kind, _, rest = name.split("|")[-1].partition("/")
        path = root / LAYOUTS[layout][kind][0] / rest
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return root


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_complete_folder_of_any_layout_runs_every_task(tmp_path: Path, layout: str) -> None:
    names = {name for files in TASK_FILES.values() for name in files}
    report = check_assets(lay_out(tmp_path, layout, names))
    assert report.layout == layout
    assert report.complete
    assert report.runnable_tasks() == tuple(TASK_FILES)
    assert not report.substituted


def test_the_data_folder_of_the_original_repository_is_enough_to_name(tmp_path: Path) -> None:
    lay_out(tmp_path, "maniskill2_real2sim", TASK_FILES[CARROT])
    report = check_assets(tmp_path / "data", [CARROT])
    assert report.complete, report.lines()


def test_a_missing_file_is_named_with_the_tasks_that_need_it(tmp_path: Path) -> None:
    lacking = "real_inpainting/bridge_real_eval_1.png"
    lay_out(tmp_path, "gauntlet", [name for name in TASK_FILES[CARROT] if name != lacking])
    report = check_assets(tmp_path, [CARROT])
    assert report.missing == {lacking: (CARROT,)}
    assert not report.runnable_tasks()
    assert any(lacking in line and CARROT in line for line in report.lines())
    with pytest.raises(AssetsError, match=lacking):
        require_assets(tmp_path, CARROT)


def test_substitutes_serve_and_are_named_and_originals_win(tmp_path: Path) -> None:
    stage = "stages/bridge_table_1_v1.glb"
    lay_out(tmp_path, "gauntlet", [name for name in TASK_FILES[CARROT] if name != stage])
    substitute = tmp_path / "substitutes" / stage
    substitute.parent.mkdir(parents=True)
    substitute.write_bytes(b"")
    report = check_assets(tmp_path, [CARROT])
    assert report.complete
    assert report.substituted == {stage: substitute}
    lay_out(tmp_path, "gauntlet", [stage])
    assert not check_assets(tmp_path, [CARROT]).substituted


@pytest.mark.parametrize("create", [False, True])
def test_an_absent_or_foreign_folder_is_an_error_with_a_cure(tmp_path: Path, create: bool) -> None:
    folder = tmp_path / "nothing_here"
    if create:
        folder.mkdir()
    with pytest.raises(AssetsError, match="nothing_here") as caught:
        open_assets(folder)
    assert "gauntlet assets" in caught.value.cure


def test_no_folder_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(ASSETS_VARIABLE, raising=False)
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    with pytest.raises(AssetsError, match="not given") as caught:
        open_assets()
    assert ASSETS_VARIABLE in caught.value.cure


def test_the_environment_variable_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ASSETS_VARIABLE, str(lay_out(tmp_path, "gauntlet", TASK_FILES[CARROT])))
    assert check_assets(tasks=[CARROT]).complete


def test_an_unknown_task_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="PutCarrotOnPlate"):
        check_assets(".", ["PutCarotOnPlate"])


def test_the_installed_folder_has_every_file(assets: Path) -> None:
    report = check_assets(assets)
    assert report.complete, "\n".join(report.lines())


def test_checking_imports_nothing_heavy() -> None:
    code = "import sys; import envs.manipulation.simpler.assets, envs.manipulation.simpler.make; print([m for m in ('torch', 'sapien', 'mani_skill') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
