"""The checks that look at this machine: each in its good case for real, and in the bad cases that can be made."""

import importlib.metadata
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.doctor import assets, ffmpeg, hardware, packages, python, storage, torch_build
from harness.doctor.check import Check
from harness.errors import AssetsError


def test_python_and_environment():
    assert python.check_python().status == "ok"
    assert python.check_environment().status == "ok"


def test_python_that_does_not_fit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(python, "NEWEST", (3, 10))
    check = python.check_python()
    assert check.status == "fail"
    assert "make setup PYTHON=" in check.cure


def test_pins_of_the_project():
    check = packages.check_packages()
    assert check.status in ("ok", "warn"), check


def test_package_at_another_version_and_package_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pins = tmp_path / "constraints.txt"
    have = importlib.metadata.version("numpy")
    pins.write_text(f"# comment\nnumpy=={have}\nPyTest==0.1\nnosuch==1.0\n")
    check = packages.check_packages(pins)
    assert check.status == "warn"
    assert check.found == f"not at their pins: pytest {importlib.metadata.version('pytest')} (pinned: 0.1)"
    monkeypatch.setattr(packages, "required_packages", lambda: {"nosuch"})
    assert packages.check_packages(pins) == Check("packages", "fail", "missing: nosuch", "make setup")
    assert packages.check_packages(tmp_path / "absent").status == "absent"


def test_local_version_satisfies_its_pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pins = tmp_path / "constraints.txt"
    pins.write_text("torch==2.13.0\n")
    monkeypatch.setattr(packages, "version_of", lambda name: "2.13.0+cpu")
    assert packages.check_packages(pins).found == "1 at their pins"


def test_required_packages_are_the_projects_without_extras():
    required = packages.required_packages()
    assert {"mani-skill", "torch", "hydra-core"} <= required
    assert not {"ray", "ruff"} & required


def test_torch():
    check = torch_build.check_torch()
    assert check.status in ("ok", "warn")
    assert importlib.metadata.version("torch").split("+")[0] in check.found


def test_ffmpeg_encodes():
    check = ffmpeg.check_ffmpeg()
    assert check.status == "ok", check
    assert check.found.endswith("H.264")


def test_without_ffmpegs_libraries(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "av", None)  # as where the package is not installed
    check = ffmpeg.check_ffmpeg()
    assert check.status == "fail"
    assert "av" in check.found
    assert "make setup" in check.cure


def test_hardware(tmp_path: Path):
    assert "cores" in hardware.check_cpu().found
    assert hardware.check_gpu().status in ("ok", "absent")
    (tmp_path / "meminfo").write_text("MemTotal: 8388608 kB\nMemFree: 1 kB\nMemAvailable: 1048576 kB\n")
    assert hardware.check_memory(tmp_path) == Check(
        "memory", "warn", "1.0 of 8.0 GiB available", "close other programs, or run with executor.workers=1"
    )


def test_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Usage(NamedTuple):
        free: float

    for free, status in [(100.0, "ok"), (2.0, "warn"), (0.1, "fail")]:
        monkeypatch.setattr(storage.shutil, "disk_usage", lambda _, free=free: Usage(free * 2**30))
        check = storage.check_disk("disk", tmp_path / "not" / "yet" / "made")
        assert (check.status, bool(check.cure)) == (status, status != "ok")


def test_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert storage.check_writable("cache", tmp_path / "made" / "later", "XDG_CACHE_HOME").status == "ok"
    assert not (tmp_path / "made").exists()
    blocked = Path("/proc/nothing/can/be/made/here")
    check = storage.check_writable("cache", blocked, "XDG_CACHE_HOME")
    assert check.status == "fail"
    assert "XDG_CACHE_HOME" in check.cure
    monkeypatch.setenv("MESA_SHADER_CACHE_DIR", str(blocked))
    assert storage.check_shader_cache().status == "warn"


def test_shader_cache_follows_mesas_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MESA_SHADER_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert storage.check_shader_cache() == Check("shader cache", "ok", str(tmp_path / "mesa_shader_cache"))
    monkeypatch.setenv("MESA_SHADER_CACHE_DISABLE", "true")
    assert storage.check_shader_cache().status == "warn"


class Registered(NamedTuple):
    """An entry point made here."""

    name: str
    load_with: Callable[[], assets.AssetsCheck]
    value: str = "room.assets:check_assets"

    def load(self) -> assets.AssetsCheck:
        return self.load_with()


def test_assets_are_asked_of_whoever_registered():
    def good() -> list[tuple[str, ...]]:
        return [("robots", "ok", "3 meshes"), ("scenes", "absent", "no folder named", "set GAUNTLET_SIMPLER_ASSETS")]

    def odd() -> list[tuple[str, ...]]:
        return [("maps", "fine", "")]

    def missing() -> assets.AssetsCheck:
        raise ModuleNotFoundError("No module named 'room'")

    def partial() -> list[tuple[str, ...]]:
        raise AssetsError("/data lacks robots/", "unpack the archive again")

    registered = [
        Registered("good", lambda: good),
        Registered("odd", lambda: odd),
        Registered("no-module", missing),
        Registered("partial", lambda: partial),
    ]
    checks = assets.check_assets(registered)
    assert [(check.name, check.status) for check in checks] == [
        ("assets: robots", "ok"),
        ("assets: scenes", "absent"),
        ("assets: no-module", "fail"),
        ("assets: odd", "fail"),
        ("assets: partial", "fail"),
    ]
    assert (checks[4].found, checks[4].cure) == ("/data lacks robots/", "unpack the archive again")
    assert checks[1].cure == "set GAUNTLET_SIMPLER_ASSETS"
    assert "No module named 'room'" in checks[2].found
    assert "status 'fine' of 'maps' is none of ok, warn, fail, absent" in checks[3].found
    assert assets.check_assets([]) == []


def test_harness_names_no_room():
    folder = Path(assets.__file__).parent
    for file in folder.glob("*.py"):
        code = [line for line in file.read_text().splitlines() if line.startswith(("import ", "from ", "    import ", "    from "))]
        assert not [line for line in code if line.split()[1].split(".")[0] in ("envs", "agents", "scenarios")], os.path.basename(file)
