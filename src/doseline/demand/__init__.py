"""Which dose orders arise, when and where: sampled from chance, and expected in closed form."""

from doseline.demand.crowds import Crowds, crowds
from doseline.demand.drawing import Drawing
from doseline.demand.enrolment import mean_sd, site_months
from doseline.demand.expected import expected_by_month, expected_mix
from doseline.demand.expected_course import mean_dose_mbq
from doseline.demand.expected_weeks import expected_weeks
from doseline.demand.forecast import EnrolmentForecast
from doseline.demand.observed import EnrolmentSoFar
from doseline.demand.outcomes import successes
from doseline.demand.sample import orders, patients
from doseline.demand.stages import Path, path_shares
from doseline.demand.summary import (
    Band,
    DemandCounts,
    PeriodDemand,
    ProductDemand,
    band,
    bands,
    by_month,
    by_product,
    by_week,
    demand_counts,
    demand_range,
)
from doseline.demand.table import OrderTable, order_table
from doseline.programme.course import doses_per_patient

__all__ = [
    "Band",
    "Crowds",
    "DemandCounts",
    "Drawing",
    "EnrolmentForecast",
    "EnrolmentSoFar",
    "OrderTable",
    "Path",
    "PeriodDemand",
    "ProductDemand",
    "band",
    "bands",
    "by_month",
    "by_product",
    "by_week",
    "crowds",
    "demand_counts",
    "demand_range",
    "doses_per_patient",
    "expected_by_month",
    "expected_mix",
    "expected_weeks",
    "mean_dose_mbq",
    "mean_sd",
    "order_table",
    "orders",
    "path_shares",
    "patients",
    "site_months",
    "successes",
]
