"""What to expect of a period, in closed form: orders by site and weekday, and by month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from doseline.demand.expected_course import course_days, mean_dose_mbq, mean_factors
from doseline.demand.luck import Floats
from doseline.demand.starts import market_starts, trial_starts
from doseline.demand.treatment_days import SiteDays
from doseline.operations.ordering import standing_orders
from doseline.operations.orders import OrderMix
from doseline.operations.routes import ways_of
from doseline.programme import Programme
from doseline.programme.market import Market
from doseline.programme.programme import Question
from doseline.programme.trial import Arm, BodySize, DoseRule, Trial

_MARGIN_DAYS = 100  # so that the last days find the treatment days after them
_LEAST = 1e-9  # an expectation below this is none


@dataclass(frozen=True, slots=True)
class Expected:
    """Doses expected of one arm of a protocol at its sites (rows) on each day from the first.

    Those of one product and one dose rule; a dosimetric dose is told apart from the therapy.
    """

    protocol: str
    product: str
    sites: tuple[str, ...]
    first_day: int
    activity_mbq: float
    doses: Floats


def expected_orders(
    programme: Programme, protocol: str, until_on: date, case: str | None = None
) -> Iterator[Expected]:
    """Orders wanted and not cancelled up to a day, for each arm of a trial or for a market.

    Market demand is that of the uptake case named, or of all cases by weight. Raises LookupError
    for an unknown case.
    """
    found: Trial | Market | None = programme.trial.get(protocol) or programme.market.get(protocol)
    if found is None:
        return
    first_day = min(found.from_on, until_on).toordinal()
    days = until_on.toordinal() - first_day + 1 + _MARGIN_DAYS
    if isinstance(found, Trial):
        sites = found.sites
        by_arm = trial_starts(programme, found, first_day, days)
        courses = [(found.arms[n], due) for n, due in by_arm.items()]
    else:
        sites = tuple(s.site for s in found.sites)
        courses = [(found.arm, market_starts(programme, found, case, first_day, days))]
    where = [programme.site[s] for s in sites]
    calendar = SiteDays(where, first_day, days)
    for arm, due in courses:
        ordering = programme.ordering_of(protocol)
        by_visit = course_days(programme, ordering, arm, due, calendar)
        doses = [v[:, :-_MARGIN_DAYS] for v in by_visit]
        for (product, rule), numbers in _alike(arm, found.product).items():
            yield Expected(
                protocol,
                product,
                sites,
                first_day,
                _mean_activity(arm, rule, found.size, doses, numbers),
                np.asarray(np.sum([doses[n] for n in numbers], axis=0), dtype=np.float64),
            )


def _alike(arm: Arm, product: str) -> dict[tuple[str, DoseRule], list[int]]:
    """The visits of an arm by the product and the rule of their dose."""
    found: dict[tuple[str, DoseRule], list[int]] = {}
    for n, visit in enumerate(arm.visits):
        found.setdefault((visit.product or product, visit.dose or arm.dose), []).append(n)
    return found


def _mean_activity(
    arm: Arm, rule: DoseRule, body: BodySize, by_visit: list[Floats], numbers: list[int]
) -> float:
    factors = mean_factors(arm)
    doses = {n: float(by_visit[n].sum()) for n in numbers}
    total = sum(doses.values())
    mean = sum(d * factors[n] for n, d in doses.items()) / total if total else 1.0
    return mean_dose_mbq(rule, body) * mean


def expected_mix(
    programme: Programme, question: Question, case: str | None = None
) -> tuple[OrderMix, ...]:
    """The orders expected in a question's period by site, treatment weekday and mean dose.

    `case` names the uptake of the markets; left out, the question's own holds, and where it has
    none the cases count by weight. The orders add up to the expected demand: those wanted on a
    day of the period and not cancelled.
    """
    first, last = question.from_on.toordinal(), question.until_on.toordinal()
    mixes: list[OrderMix] = []
    for protocol in question.protocols:
        for part in expected_orders(programme, protocol, question.until_on, case or question.case):
            mixes += _mixes(part, first, last)
    return tuple(mixes) + tuple(_standing_mixes(programme, question))


def _mixes(part: Expected, first: int, last: int) -> Iterator[OrderMix]:
    day = part.first_day + np.arange(part.doses.shape[1])
    inside = (day >= first) & (day <= last)
    weekday = (day - 1) % 7  # ordinal 1 was a Monday
    for row, site in enumerate(part.sites):
        for number in range(7):
            doses = np.where(inside & (weekday == number), part.doses[row], 0.0)
            on = np.flatnonzero(doses > _LEAST)
            if not on.size:
                continue
            yield OrderMix(
                product=part.product,
                protocol=part.protocol,
                site=site,
                weekday=number,
                activity_mbq=part.activity_mbq,
                orders=float(doses.sum()),
                from_on=date.fromordinal(int(day[on[0]])),
                until_on=date.fromordinal(int(day[on[-1]])),
            )


def _standing_mixes(programme: Programme, question: Question) -> Iterator[OrderMix]:
    treats = ways_of(programme).treats
    for demand in programme.standing_demand:
        if demand.id not in question.protocols:
            continue
        by_weekday: dict[int, list[date]] = {}
        for order in standing_orders(programme, demand, treats):
            if question.from_on <= order.wanted_on <= question.until_on:
                by_weekday.setdefault(order.wanted_on.weekday(), []).append(order.wanted_on)
        for weekday, days in sorted(by_weekday.items()):
            yield OrderMix(
                product=demand.product,
                protocol=demand.id,
                site=demand.site,
                weekday=weekday,
                activity_mbq=0.0,
                orders=float(len(days)),
                from_on=min(days),
                until_on=max(days),
                units=demand.units,
            )


def expected_by_month(
    programme: Programme, protocol: str, until_on: date, case: str | None = None
) -> tuple[tuple[date, float], ...]:
    """The doses expected in each month (its first day) up to a day, for one trial or market."""
    found: dict[date, float] = {}
    for part in expected_orders(programme, protocol, until_on, case):
        for d, doses in enumerate(part.doses.sum(axis=0).tolist()):
            month = date.fromordinal(part.first_day + d).replace(day=1)
            found[month] = found.get(month, 0.0) + doses
    return tuple(sorted(found.items()))
