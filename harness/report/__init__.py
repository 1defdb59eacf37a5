"""A run, or several, as a page that opens from disk: ``make_report(runs, out)``; and :mod:`harness.report.server`, which shows a results folder."""

from harness.report.building import Report, default_folder, make_report

__all__ = ["Report", "default_folder", "make_report"]
