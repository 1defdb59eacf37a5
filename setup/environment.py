"""The virtual environment in ``.venv``: made, checked cheaply, and filled with the pinned packages."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from setup import apt
from setup.progress import SetupError, Step, note

EXTRAS = ("dev", "ray", "hf")
NO_NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|SSLError|Connection refused|Network is unreachable|Temporary failure in name resolution"
)

# What must import once everything is there: together they need every library of the system that a wheel expects.
SMOKE = "import torch, cv2, sapien, harness"


class Environment:
    """``.venv`` of one checkout."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.python = self.folder / "bin" / "python"
        self.stamp = self.folder / "gauntlet-setup.json"
        self.log = root / ".setup" / "pip.log"
        self.constraints = root / "constraints.txt"

    def key(self) -> str:
        """Changes when anything changes that pip would act on: the pins, the project's metadata, the Python, the folder itself."""
        project = tomllib.loads((self.root / "pyproject.toml").read_text())
        parts = {name: project.get(name) for name in ("build-system", "project")} | {"setuptools": project.get("tool", {}).get("setuptools")}
        version = "{}.{}".format(*sys.version_info[:2])
        text = json.dumps([self.constraints.read_text(), parts, version, EXTRAS, str(self.root)], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def ready(self) -> bool:
        """Is everything as the last set-up left it, and does it still work? Asked every time, so it has to be cheap."""
        try:
            stamped = json.loads(self.stamp.read_text())["key"]
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return stamped == self.key() and self.works()

    def works(self) -> bool:
        """The interpreter starts, the console script is there, and the project it imports is this checkout."""
        code = (
            "import importlib.metadata, importlib.util;"
            "[importlib.metadata.version(name) for name in ('torch', 'mani_skill', 'sapien', 'pytest')];"
            "print(importlib.util.find_spec('harness').origin)"
        )
        try:
            result = subprocess.run([str(self.python), "-I", "-c", code], capture_output=True, text=True, check=False)
        except OSError:
            return False
        ours = str(self.root / "harness" / "__init__.py")
        return result.returncode == 0 and result.stdout.strip() == ours and (self.folder / "bin" / "gauntlet").exists()

    def ensure(self) -> None:
        if self.ready():
            return
        self.create()
        self.install_packages()
        self.stamp.write_text(json.dumps({"key": self.key()}) + "\n")

    def create(self) -> None:
        if self._runs(self.python, "import pip"):
            self._check_version()
            return
        if self.folder.exists() and not (self.folder / "pyvenv.cfg").exists() and any(self.folder.iterdir()):
            raise SetupError(f"{self.folder} exists and is no virtual environment [move it away]")
        self._make_venv()

    def _make_venv(self) -> None:
        base = Path(sys.executable)
        if self._runs(base, "import ensurepip"):
            self._venv(base)
        elif self._runs(base, "import pip, sys; sys.exit(tuple(map(int, pip.__version__.split('.')[:2])) < (22, 3))"):
            # Debian keeps ensurepip in a package of its own; a pip that is there can fill the environment without it.
            self._venv(base, "--without-pip")
            self._pip("pip", ["pip"], pip=[base, "-m", "pip", "--python", self.python])
        else:
            package = "python{}.{}-venv".format(*sys.version_info[:2])
            privilege = apt.privilege()
            if not apt.present() or privilege is None or os.environ.get("GAUNTLET_NO_SYSTEM") == "1":
                raise SetupError(f"{base} has neither ensurepip nor pip, so no virtual environment can be made [ask for the package {package}]")
            apt.update(privilege)
            apt.install(privilege, [package])
            self._venv(base)

    def _venv(self, base: Path, *options: str) -> None:
        with Step("virtual environment"):
            self._run([base, "-m", "venv", "--clear", *options, self.folder], "the virtual environment cannot be made")

    def _check_version(self) -> None:
        asked = os.environ.get("PYTHON")
        report = "import sys; print(*sys.version_info[:2], sep='.')"
        have = subprocess.run([str(self.python), "-c", report], capture_output=True, text=True, check=True).stdout.strip()
        want = "{}.{}".format(*sys.version_info[:2])
        if asked and have != want:
            raise SetupError(f".venv holds Python {have} and PYTHON={asked} is Python {want} [make distclean, then make setup again]")

    def install_packages(self) -> None:
        # torch comes first and alone, at its pin: asked for by another package it would be the newest build there is.
        torch = next(line for line in self.constraints.read_text().splitlines() if line.startswith("torch=="))
        # An index of its own may lack the pinned versions of what torch needs: that comes with the other packages.
        index = os.environ.get("GAUNTLET_TORCH_INDEX")
        self._pip("torch", [torch, *(["--no-deps", "--index-url", index] if index else [])])
        self._pip("packages", ["-e", f"{self.root}[{','.join(EXTRAS)}]"])
        self._run([self.python, "-c", SMOKE], "the packages are installed but do not import")

    def _pip(self, title: str, arguments: list[str], pip: Sequence[str | Path] = ()) -> None:
        options = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off", "-c", self.constraints]
        command = [*(pip or (self.python, "-m", "pip")), "install", *options, *arguments]
        with Step(title) as step, self.log.open("a") as log:
            process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.root)
            assert process.stdout is not None
            lines: list[str] = []
            for line in process.stdout:
                log.write(line)
                lines.append(line.rstrip())
                if not line.startswith("WARNING"):
                    step.at(line.strip())
            if process.wait() == 0:
                installed = next((line for line in reversed(lines) if line.startswith("Successfully installed")), "")
                step.result = f"{len(installed.split()) - 2} installed" if installed else "nothing to do"
                return
        raise self._pip_error(title, lines)

    def _pip_error(self, title: str, lines: list[str]) -> SetupError:
        text = "\n".join(lines)
        if NO_NETWORK.search(text):
            return SetupError("pip cannot reach its package index [check the network, a proxy (HTTPS_PROXY) and `pip config list`, then run make setup again]")
        if "No space left on device" in text:
            free = shutil.disk_usage(self.root).free / 2**30
            return SetupError(f"the disk is full ({free:.1f} GiB free at {self.root}) [about 4 GiB are needed, 12 GiB with CUDA's packages]")
        note(f"pip's whole output: {self.log}")
        shown = [line for line in lines if not line.startswith(("WARNING", "Requirement already", "Collecting", "  Using cached", "Looking in"))]
        return SetupError(f"pip cannot install {title}:\n" + "\n".join(shown))

    @staticmethod
    def _runs(python: Path, code: str) -> bool:
        try:
            return subprocess.run([str(python), "-c", code], capture_output=True, check=False).returncode == 0
        except OSError:
            return False

    def _run(self, command: list[str | Path], failure: str) -> None:
        result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, cwd=self.root)
        if result.returncode != 0:
            raise SetupError(f"{failure}: {(result.stderr.strip() or result.stdout.strip())}")
