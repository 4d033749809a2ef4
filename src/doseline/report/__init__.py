"""The reports: one HTML page each that opens offline, prints and reads on a phone."""

from doseline.report.demand_page import demand_html, write_demand_report
from doseline.report.page import report_html, write_report
from doseline.report.plan_page import plan_html, write_plan_page
from doseline.report.size_page import size_html, write_size_report

__all__ = [
    "demand_html",
    "plan_html",
    "report_html",
    "size_html",
    "write_demand_report",
    "write_plan_page",
    "write_report",
    "write_size_report",
]
