"""The report of an assessment: one HTML page that opens offline, prints and reads on a phone."""

from doseline.report.page import report_html, write_report

__all__ = ["report_html", "write_report"]
