"""What set-up does about a driver that is missing, on this machine and without changing it."""

from pathlib import Path

import pytest

from setup import apt, graphics


@pytest.fixture
def nothing_may_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("set-up wanted to install something")

    monkeypatch.setattr(apt, "_apt_get", refuse)
    monkeypatch.setattr(apt, "write_as_root", refuse)


def test_good_driver_is_left_alone(nothing_may_be_installed: None):
    if graphics.missing_libraries() or not graphics.probe()["good"]:
        pytest.skip("no Vulkan driver here")
    assert graphics.ensure() == graphics.describe(graphics.probe())


def test_without_root_the_message_names_the_packages_and_set_up_goes_on(
    nothing_may_be_installed: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("VK_DRIVER_FILES", "/nonexistent")
    monkeypatch.setenv("VK_ICD_FILENAMES", "/nonexistent")
    monkeypatch.setattr(apt, "privilege", lambda: None)
    assert graphics.ensure() == "no rendering"
    said = capsys.readouterr().out
    assert "libvulkan1 mesa-vulkan-drivers (mesa-vulkan-drivers 24.3 or newer)" in said
    assert len(said.strip().splitlines()) == 1


def test_system_without_apt(nothing_may_be_installed: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setitem(graphics.LIBRARIES, "libnosuch.so.1", "nosuch")
    monkeypatch.setattr(apt, "present", lambda: False)
    assert graphics.ensure() == "no rendering"
    said = capsys.readouterr().out
    assert "libraries missing: libnosuch.so.1" in said
    assert "no apt-get" in said


def test_probe_that_crashes_is_reported_not_raised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    crashing = tmp_path / "crash.py"
    crashing.write_text("import os; os.abort()")
    monkeypatch.setattr(graphics, "PROBE", crashing)
    state = graphics.probe()
    assert not state["good"]
    assert "crashes" in state["complaint"]


def test_minimum_is_the_probes():
    from harness.doctor import vulkan_probe

    assert graphics.MINIMUM_MESA == vulkan_probe.MINIMUM_MESA
