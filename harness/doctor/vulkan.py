"""The Vulkan device, and whether SAPIEN renders a frame with it. Both in processes of their own: a broken driver crashes or hangs whoever loads it."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from harness.doctor import render_frame, vulkan_probe
from harness.doctor.check import Check
from harness.errors import RenderError

PROBE_SECONDS = 60
FRAME_SECONDS = 180  # shaders are compiled the first time
DRIVER_CURE = "make setup as root or with sudo, or ask for the packages libvulkan1 and mesa-vulkan-drivers (Mesa 24.3 or newer)"
LAVAPIPE = "/usr/share/vulkan/icd.d/lvp_icd.json"


def check_vulkan() -> Check:
    state = look()
    if not state["device"]:
        return Check("vulkan", "fail", state["complaint"], cure(state))
    if not state["good"]:
        return Check("vulkan", "fail", state["complaint"], DRIVER_CURE)
    device = state["device"]
    return Check("vulkan", "ok", f"{device['name']} ({device['type']}), {device['driver']} {device['info']}".strip())


def check_frame(timeout: float = FRAME_SECONDS) -> Check:
    """One frame of a lit box, which must not come out black."""
    report, trouble = run_json([sys.executable, "-P", render_frame.__file__], timeout)
    if report is None:
        return Check("frame", "fail", trouble, cure(look()))
    if report["brightness"] < render_frame.DARKEST:
        return Check("frame", "fail", f"rendered, but black (mean brightness {report['brightness']:.3f})", DRIVER_CURE)
    return Check("frame", "ok", f"{report['width']}x{report['height']} rendered in {report['seconds']:.1f} s, shaders included")


def require_renderer() -> None:
    """Raises :class:`RenderError` where no frame can be rendered: one line before a run starts, in place of a crash in every worker."""
    state = look()
    if not state["good"]:
        raise RenderError(state["complaint"], f"{cure(state)}; `gauntlet doctor` shows the whole picture")


@functools.cache
def look() -> dict:
    """The probe's report, as SAPIEN will find things. Cached: the drivers of a machine do not change under a run."""
    report, trouble = run_json([sys.executable, "-P", vulkan_probe.__file__], PROBE_SECONDS, env={**os.environ, **sapien_variables()})
    return report or {"device": None, "good": False, "complaint": f"the Vulkan driver fails: {trouble}", "others": []}


def sapien_variables() -> dict[str, str]:
    """SAPIEN hides every other driver where nvidia-smi answers and no NVIDIA driver is registered in the usual place: look with the same eyes."""
    if os.environ.get("VK_ICD_FILENAMES") or os.environ.get("VK_DRIVER_FILES") or Path("/usr/share/vulkan/icd.d/nvidia_icd.json").exists():
        return {}
    if not nvidia_answers():
        return {}
    from importlib.util import find_spec

    spec = find_spec("sapien")
    return {"VK_ICD_FILENAMES": str(Path(spec.origin).parent / "vulkan_library" / "nvidia_icd.json")} if spec and spec.origin else {}


def cure(state: dict) -> str:
    """What to do where nothing renders: a variable that points nowhere, a GPU without its Vulkan driver, no driver at all."""
    for name in ("VK_DRIVER_FILES", "VK_ICD_FILENAMES"):
        files = [file for file in os.environ.get(name, "").split(":") if file]
        if missing := [file for file in files if not Path(file).exists()]:
            return f"unset {name}: it names {missing[0]}, which does not exist"
    if not state["device"] and nvidia_answers():
        own = "install libnvidia-gl of the driver's version (in a container: NVIDIA_DRIVER_CAPABILITIES=all)"
        return f"{own}, or render on the CPU: export VK_ICD_FILENAMES={LAVAPIPE}" if Path(LAVAPIPE).exists() else own
    return DRIVER_CURE


@functools.cache
def nvidia_answers() -> bool:
    if not shutil.which("nvidia-smi"):
        return False
    try:
        return subprocess.run(["nvidia-smi"], capture_output=True, timeout=30, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def run_json(command: list[str], timeout: float, env: dict[str, str] | None = None) -> tuple[dict | None, str]:
    """(the JSON object on the last line of the command's output, "") or (None, what went wrong)."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, env=env)
    except subprocess.TimeoutExpired:
        return None, f"hangs: no answer in {timeout:.0f} s"
    if result.returncode < 0:
        words = result.stderr.strip().splitlines()[-1:]  # SAPIEN may crash while the process ends, after it said what is wrong
        return None, f"crashes with signal {-result.returncode}" + (f" after saying {words[0]}" if words else "")
    lines = result.stdout.strip().splitlines()
    try:
        return json.loads(lines[-1]), ""
    except (IndexError, ValueError):
        last = result.stderr.strip().splitlines()[-1:] or [f"exit code {result.returncode}"]
        return None, last[0]
