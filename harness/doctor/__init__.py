"""Is everything there that a run needs? Every finding that is not good comes with its cure."""

from harness.doctor.check import Check, Status
from harness.doctor.examination import examine, run_doctor
from harness.doctor.vulkan import require_renderer

__all__ = ["Check", "Status", "examine", "require_renderer", "run_doctor"]
