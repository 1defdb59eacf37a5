"""The Vulkan checks against this machine's real driver, and against the ways in which a driver is missing or broken."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.doctor import vulkan, vulkan_probe
from harness.errors import RenderError

NOWHERE = {"VK_DRIVER_FILES": "/nonexistent/icd.json", "VK_ICD_FILENAMES": "/nonexistent/icd.json"}

LAVAPIPE_25 = {
    "name": "llvmpipe (LLVM 15.0.6, 256 bits)",
    "type": "cpu",
    "driver": "llvmpipe",
    "info": "Mesa 25.0.7-2~bpo12+1 (LLVM 15.0.6)",
}
LAVAPIPE_22 = {"name": "llvmpipe (LLVM 15.0.6, 256 bits)", "type": "cpu", "driver": "llvmpipe", "info": "Mesa 22.3.6 (LLVM 15.0.6)"}
GPU = {"name": "NVIDIA H200", "type": "discrete", "driver": "NVIDIA", "info": "570.86.15"}


@pytest.fixture(autouse=True)
def fresh_look():
    vulkan.look.cache_clear()
    yield
    vulkan.look.cache_clear()


needs_device = pytest.mark.skipif(not vulkan_probe.probe()["good"], reason="no Vulkan device here")


@needs_device
def test_device_of_this_machine():
    check = vulkan.check_vulkan()
    assert check.status == "ok"
    assert check.found
    vulkan.require_renderer()


@needs_device
@pytest.mark.sim
def test_frame_of_this_machine_is_not_black():
    check = vulkan.check_frame()
    assert check.status == "ok", check
    assert check.found.startswith("64x64 rendered in")


def test_no_device_in_a_process_of_its_own():
    code = "from harness.doctor import require_renderer; require_renderer()"
    result = subprocess.run([sys.executable, "-c", code], env={**os.environ, **NOWHERE}, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("harness.errors.RenderError: ")
    assert "unset VK_DRIVER_FILES: it names /nonexistent/icd.json" in last


def test_no_device(monkeypatch: pytest.MonkeyPatch):
    for name, value in NOWHERE.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RenderError) as caught:
        vulkan.require_renderer()
    assert "\n" not in str(caught.value)
    assert "unset VK_DRIVER_FILES" in caught.value.cure
    assert vulkan.check_vulkan().status == "fail"


@pytest.mark.sim
def test_frame_without_a_device_fails_with_sapiens_own_words(monkeypatch: pytest.MonkeyPatch):
    for name, value in NOWHERE.items():
        monkeypatch.setenv(name, value)
    check = vulkan.check_frame()
    assert check.status == "fail"
    assert "failed to find a rendering device" in check.found
    assert check.cure


def test_driver_that_hangs_or_crashes_costs_the_doctor_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    script = tmp_path / "driver.py"
    monkeypatch.setattr(vulkan.render_frame, "__file__", str(script))
    script.write_text("import time; time.sleep(60)")
    assert vulkan.check_frame(timeout=0.5).found == "hangs: no answer in 0 s"
    script.write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert vulkan.check_frame().found == "crashes with signal 11"
    script.write_text("raise SystemExit(3)")
    assert vulkan.check_frame().found == "exit code 3"


def test_black_frame_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    script = tmp_path / "driver.py"
    script.write_text("""print('a warning first'); print('{"width": 64, "height": 64, "brightness": 0.0, "seconds": 0.1}')""")
    monkeypatch.setattr(vulkan.render_frame, "__file__", str(script))
    check = vulkan.check_frame()
    assert (check.status, check.found) == ("fail", "rendered, but black (mean brightness 0.000)")


def test_driver_too_old(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(vulkan_probe, "devices", lambda: [LAVAPIPE_22])
    state = vulkan_probe.probe()
    assert not state["good"]
    assert state["complaint"] == "llvmpipe (LLVM 15.0.6, 256 bits) is of Mesa 22.3.6 (LLVM 15.0.6), older than Mesa 24.3"
    monkeypatch.setattr(vulkan, "look", lambda: state)
    assert "Mesa 24.3 or newer" in vulkan.check_vulkan().cure


def test_gpu_comes_before_the_cpu_and_old_drivers_last():
    assert vulkan_probe.best([LAVAPIPE_25, GPU]) is GPU
    assert vulkan_probe.best([LAVAPIPE_22, LAVAPIPE_25]) is LAVAPIPE_25
    assert vulkan_probe.mesa_version("Mesa 24.3.0-devel (git-0)") == (24, 3)
    assert vulkan_probe.mesa_version("570.86.15") is None


def test_no_loader(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(vulkan_probe, "load_library", lambda: None)
    assert vulkan_probe.probe()["complaint"] == "no Vulkan loader (libvulkan.so.1)"


def test_gpu_without_its_vulkan_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """SAPIEN hides lavapipe where nvidia-smi answers: the cure names both ways out."""
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/bin/sh\nexit 0\n")
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    for name in NOWHERE:
        monkeypatch.delenv(name, raising=False)
    vulkan.nvidia_answers.cache_clear()
    try:
        if Path("/usr/share/vulkan/icd.d/nvidia_icd.json").exists():
            pytest.skip("an NVIDIA driver is registered here")
        assert vulkan.sapien_variables()["VK_ICD_FILENAMES"].endswith("nvidia_icd.json")
        if vulkan.look()["good"]:
            pytest.skip("NVIDIA's Vulkan driver works here")
        with pytest.raises(RenderError) as caught:
            vulkan.require_renderer()
        assert "libnvidia-gl" in caught.value.cure
    finally:
        vulkan.nvidia_answers.cache_clear()
