"""``gauntlet doctor``: every check, in the order in which things are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harness.disk_cache import cache_root
from harness.doctor import assets, ffmpeg, hardware, packages, python, report, storage, torch_build, vulkan
from harness.doctor.check import Check

if TYPE_CHECKING:
    from rich.console import Console


def examine(results: Path | None = None) -> Iterator[Check]:
    """The findings one by one, as they come. A check that itself breaks is a failure of that check, not of the doctor."""
    results = results or storage.results_folder()
    checks: list[tuple[str, Callable[[], Check | list[Check]]]] = [
        ("python", python.check_python),
        ("environment", python.check_environment),
        ("packages", packages.check_packages),
        ("cpu", hardware.check_cpu),
        ("memory", hardware.check_memory),
        ("gpu", hardware.check_gpu),
        ("torch", torch_build.check_torch),
        ("vulkan", vulkan.check_vulkan),
        ("frame", vulkan.check_frame),
        ("ffmpeg", ffmpeg.check_ffmpeg),
        ("disk: results", lambda: storage.check_disk("disk: results", results)),
        ("disk: cache", lambda: storage.check_disk("disk: cache", cache_root())),
        ("cache", lambda: storage.check_writable("cache", cache_root(), "GAUNTLET_CACHE")),
        ("shader cache", storage.check_shader_cache),
        ("assets", assets.check_assets),
    ]
    for name, check in checks:
        try:
            found = check()
        except Exception as error:
            found = Check(name, "fail", f"the check itself broke: {type(error).__name__}: {error}", "report it, with this line")
        yield from found if isinstance(found, list) else [found]


def run_doctor(console: Console | None = None, *, json: bool = False, results: Path | None = None) -> int:
    """Examines, prints, and answers 0 where nothing failed, else 1."""
    if console is None:
        from rich.console import Console

        console = Console()
    checks: list[Check] = []
    if console.is_terminal and not json:
        with console.status("examining") as status:
            for check in examine(results):
                checks.append(check)
                status.update(f"examining ({check.name}: {check.status})")
    else:
        checks = list(examine(results))
    if json:
        console.print(report.as_json(checks), markup=False, highlight=False, soft_wrap=True)
    else:
        report.show(checks, console)
    return 1 if any(check.status == "fail" for check in checks) else 0
