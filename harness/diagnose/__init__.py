"""Why did it fail? For every failed episode of a run folder a report in five parts, from recorded truth.

``diagnose(run) -> list[FailureReport]``; ``failure_modes(reports) -> list[ModeCount]``; ``write_failures(reports, folder)``.
"""

from harness.diagnose.diagnosis import diagnose, failure_modes
from harness.diagnose.report import FailureReport, ModeCount, failure_json_schema
from harness.diagnose.tables import read_failures, write_failures

__all__ = ["FailureReport", "ModeCount", "diagnose", "failure_json_schema", "failure_modes", "read_failures", "write_failures"]
