"""A Vulkan driver that renders: the GPU's where there is one, else Mesa's lavapipe, new enough; and the libraries that the wheels expect of the system.

Nothing is installed when the present driver is good. Without root nothing can be installed: then a line says which package to ask for, and set-up goes on, as runs without images need none of it.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path

from setup import apt, apt_sources
from setup.progress import SetupError, note

PROBE = Path(__file__).parents[1] / "harness" / "doctor" / "vulkan_probe.py"
DRIVER = "mesa-vulkan-drivers"
MINIMUM_MESA = (24, 3)  # as in the probe
MINIMUM = ".".join(map(str, MINIMUM_MESA))
BACKPORTS_FILE = Path("/etc/apt/sources.list.d/gauntlet-backports.sources")

# Suites that carry a newer Mesa for a release that began with an old one: (distribution's codename) -> suite.
NEWER_SUITE = {"bookworm": "bookworm-backports", "noble": "noble-updates"}

# Shared libraries that the wheels of OpenCV and SAPIEN expect, and the packages that hold them.
LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libxcb.so.1": "libxcb1",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libz.so.1": "zlib1g",
    "libgomp.so.1": "libgomp1",
}


def ensure() -> str:
    """Installs what is missing, where possible. Returns what rendering will use, for the closing line."""
    missing = missing_libraries()
    state = probe()
    if not missing and state["good"]:
        return describe(state)

    wanted = sorted({LIBRARIES[name] for name in missing} | (set() if state["good"] else {"libvulkan1", DRIVER}))
    cure = f"ask for these packages: {' '.join(wanted)}" + (f" ({DRIVER} {MINIMUM} or newer)" if DRIVER in wanted else "")
    reason = "; ".join(filter(None, [f"libraries missing: {', '.join(missing)}" if missing else "", state["complaint"]]))
    root = apt.privilege()
    if not apt.present() or root is None:
        why = "This system has no apt-get" if not apt.present() else "Set-up has neither root nor a sudo without a password"
        note(f"WARNING {reason}. {why}: {cure}. Everything else is set up; what renders will not work.")
        return "no rendering"

    if has_nvidia_gpu():
        note("WARNING an NVIDIA GPU is here but its Vulkan driver is not: install libnvidia-gl of the driver's version (in a container: NVIDIA_DRIVER_CAPABILITIES=all).")
    try:
        apt.update(root)
    except SetupError as error:
        note(f"WARNING {error}")  # often a foreign source that is down: what we need may be offered all the same
    try:
        if libraries := [package for package in wanted if package != DRIVER]:
            apt.install(root, libraries)
        if DRIVER in wanted:
            install_driver(root)
    except SetupError as error:
        note(f"WARNING {error}")
        note(f"WARNING {reason}. Rendering will not work until that is mended: {cure}.")
        return "no rendering"

    state = probe()
    if not state["good"]:
        note(f"WARNING {state['complaint']}, though {DRIVER} is installed: see `gauntlet doctor`.")
        return "no rendering"
    return describe(state)


def install_driver(root: list[str]) -> None:
    """Mesa's Vulkan drivers from the first place that offers them new enough: the candidate, a suite that is configured, a suite derived from one that is."""
    suite = choose_suite(*apt.policy(DRIVER))
    if suite is None:
        add_newer_suite(root)
        suite = choose_suite(*apt.policy(DRIVER))
    if suite is None:
        candidate, _ = apt.policy(DRIVER)
        raise SetupError(f"{apt.this_release().name} offers {DRIVER} {candidate or '(none)'}; {MINIMUM} or newer is needed")
    apt.install(root, [DRIVER], suite)


def choose_suite(candidate: str, offers: list[apt.Offer]) -> str | None:
    """Which suite to name to apt: none ("") where the candidate is new enough, else one that offers such a version, else None."""
    for offer in offers:
        if offer.version == candidate and offer.upstream[:2] >= MINIMUM_MESA:
            return ""
    return next((suite for offer in offers if offer.upstream[:2] >= MINIMUM_MESA for suite in offer.suites if suite != "now"), None)


def add_newer_suite(root: list[str]) -> None:
    release = apt.this_release()
    suite = NEWER_SUITE.get(release.codename)
    sources = apt_sources.read_sources()
    if suite is None or apt_sources.has_suite(sources, suite):
        return
    text = apt_sources.derive(sources, release.codename, suite)
    if text is None:
        raise SetupError(f"no source of {release.codename} (component main) is configured in /etc/apt from which {suite} could be derived")
    note(f"adding {suite}, from the machine's own source of {release.codename}: {BACKPORTS_FILE}")
    apt.write_as_root(root, BACKPORTS_FILE, text)
    try:
        apt.update(root)
    except SetupError:
        if choose_suite(*apt.policy(DRIVER)) is None:
            subprocess.run([*root, "rm", "-f", str(BACKPORTS_FILE)], check=False)  # a suite that the mirror lacks would break apt for everybody
            raise


def probe() -> dict:
    """The Vulkan device, asked in a process of its own."""
    try:
        result = subprocess.run([sys.executable, "-P", str(PROBE)], capture_output=True, text=True, timeout=60, check=False)
        return json.loads(result.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return {"device": None, "good": False, "complaint": "the Vulkan driver hangs or crashes the process that loads it", "others": []}


def describe(state: dict) -> str:
    device = state["device"]
    return f"{device['name']}, {device['info'] or device['driver']}"


def missing_libraries() -> list[str]:
    missing = []
    for name in LIBRARIES:
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(name)
    return missing


def has_nvidia_gpu() -> bool:
    return Path("/proc/driver/nvidia/version").exists() or os.path.exists("/dev/nvidia0")
