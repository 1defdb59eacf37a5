"""The shell scripts parse, and nothing in the set-up names a registry."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("script", ["setup/run.sh", ".ci/run"])
def test_shell_script_parses_and_is_found_by_bash(script: str):
    subprocess.run(["bash", "-n", str(ROOT / script)], check=True)
    assert (ROOT / script).read_text().startswith("#!/usr/bin/env bash\n")


def test_ci_entry_is_executable():
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111 == 0o111


def test_every_target_of_the_makefile_is_phony_and_described():
    text = (ROOT / "Makefile").read_text()
    (listed,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    phony = set(listed.split())
    targets = set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))
    assert targets == phony


def test_make_help_lists_the_main_jobs():
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("setup", "demo", "test", "test-all", "lint", "doctor", "bench", "clean"):
        assert re.search(rf"^ +{target}\b", said, re.MULTILINE)


def test_no_registry_is_named():
    files = [ROOT / "Makefile", ROOT / "constraints.txt", ROOT / ".ci" / "run", *(ROOT / "setup").glob("*.*")]
    for file in files:
        assert not re.search(r"https?://|deb\.debian\.org|pypi\.org|/opt/", file.read_text()), file
