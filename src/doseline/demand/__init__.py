"""Which dose orders arise, when and where: sampled from chance, and expected in closed form."""

from doseline.demand.enrolment import mean_sd, site_months
from doseline.demand.expected import expected_by_month, expected_mix
from doseline.demand.expected_course import mean_dose_mbq
from doseline.demand.sample import orders, patients, sampled_orders
from doseline.demand.summary import (
    Band,
    MonthDemand,
    ProductDemand,
    band,
    by_month,
    by_product,
    demand_range,
    demand_ranges,
)
from doseline.programme.course import doses_per_patient

__all__ = [
    "Band",
    "MonthDemand",
    "ProductDemand",
    "band",
    "by_month",
    "by_product",
    "demand_range",
    "demand_ranges",
    "doses_per_patient",
    "expected_by_month",
    "expected_mix",
    "mean_dose_mbq",
    "mean_sd",
    "orders",
    "patients",
    "sampled_orders",
    "site_months",
]
