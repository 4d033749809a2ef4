"""What to expect of each week, in closed form: orders by site, for plans of quarters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from doseline.demand.expected import expected_orders
from doseline.operations.orders import OrderMix
from doseline.programme import Programme

_LEAST = 1e-9  # an expectation below this is none


def expected_weeks(
    programme: Programme, protocol: str, from_on: date, until_on: date, case: str | None = None
) -> Iterator[OrderMix]:
    """The orders of a trial or a market expected in each week of a horizon, site by site.

    Each row is a site in a week, Monday to Sunday as far as that lies in the horizon; its weekday
    is that of its first day and says nothing. `case` names the uptake of a market; left out, the
    cases count by weight. Raises LookupError for an unknown case.
    """
    for part in expected_orders(programme, protocol, until_on, case):
        days = part.first_day + np.arange(part.doses.shape[1])
        monday = days - (days - 1) % 7  # ordinal 1 was a Monday
        inside = (days >= from_on.toordinal()) & (days <= until_on.toordinal())
        for first in np.unique(monday[inside]):
            in_week = inside & (monday == first)
            begins = max(date.fromordinal(int(first)), from_on)
            ends = min(date.fromordinal(int(first)) + timedelta(days=6), until_on)
            doses = part.doses[:, in_week].sum(axis=1)
            for row, site in enumerate(part.sites):
                if doses[row] > _LEAST:
                    yield OrderMix(
                        product=part.product,
                        protocol=protocol,
                        site=site,
                        weekday=begins.weekday(),
                        activity_mbq=part.activity_mbq,
                        orders=float(doses[row]),
                        from_on=begins,
                        until_on=ends,
                    )
