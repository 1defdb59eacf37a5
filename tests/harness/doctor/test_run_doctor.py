"""The doctor as a whole: what it prints, and its exit code."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from harness.doctor import Check, run_doctor
from harness.doctor import examination as module

FINDINGS = [
    Check("python", "ok", "3.11.7"),
    Check("gpu", "absent", "none"),
    Check("vulkan", "fail", "no [driver] here", "make setup"),
    Check("disk", "warn", "2 GiB", "make room"),
]


def console(terminal: bool = False, width: int = 60) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=width, color_system=None)


def printed(at: Console) -> str:
    assert isinstance(at.file, io.StringIO)
    return at.file.getvalue()


@pytest.fixture
def findings(monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    found = list(FINDINGS)
    monkeypatch.setattr(module, "examine", lambda results=None: iter(found))
    return found


def test_plain_lines_with_the_cure_beneath(findings: list[Check]):
    out = console()
    assert run_doctor(out) == 1
    assert printed(out).splitlines() == [
        "ok     python: 3.11.7",
        "absent gpu: none",
        "fail   vulkan: no [driver] here",
        "       cure: make setup",
        "warn   disk: 2 GiB",
        "       cure: make room",
        "1 of 4 checks failed: vulkan",
    ]


def test_table_on_a_terminal(findings: list[Check]):
    out = console(terminal=True, width=100)
    assert run_doctor(out) == 1
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", printed(out))
    assert re.search(r"vulkan +fail +no \[driver\] here +make setup", text)
    assert "1 of 4 checks failed" in text


def test_warnings_alone_are_no_failure(findings: list[Check]):
    findings.remove(FINDINGS[2])
    out = console()
    assert run_doctor(out) == 0
    assert printed(out).splitlines()[-1] == "everything that a run needs is here (1 to look at)"


def test_json(findings: list[Check]):
    out = console(width=20)
    assert run_doctor(out, json=True) == 1
    report = json.loads(printed(out))
    assert report["ok"] is False
    assert report["checks"][2] == {"name": "vulkan", "status": "fail", "found": "no [driver] here", "cure": "make setup"}


def test_check_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def broken() -> Check:
        raise RuntimeError("no such file")

    monkeypatch.setattr(module.hardware, "check_memory", broken)
    monkeypatch.setattr(module.vulkan, "check_frame", lambda: Check("frame", "ok", "not rendered in this test"))
    checks = {check.name: check for check in module.examine(tmp_path)}
    assert checks["memory"].status == "fail"
    assert "RuntimeError: no such file" in checks["memory"].found
    assert str(tmp_path) in checks["disk: results"].found
    assert {"python", "packages", "torch", "vulkan", "ffmpeg", "cache", "shader cache"} <= checks.keys()


def test_every_failure_of_this_machine_has_a_cure(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module.vulkan, "check_frame", lambda: Check("frame", "ok", "not rendered in this test"))
    assert [check for check in module.examine() if check.status in ("warn", "fail") and not check.cure] == []


def test_import_is_light():
    code = "import harness.doctor, sys; print(sorted({'torch', 'sapien', 'mani_skill', 'numpy', 'rich'} & sys.modules.keys()))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
