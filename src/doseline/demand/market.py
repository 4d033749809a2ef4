"""Who starts treatment after launch: patients of each market year, spread over days and sites.

The number of a year is Poisson. First doses fall on the weekdays in their stated proportions, in
all weeks but those of 25 December and 1 January, at a site drawn by weight among those then open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from doseline.chance import stream
from doseline.demand.luck import Drawn, Floats
from doseline.programme import Programme
from doseline.programme.market import Market, UptakeCase


@dataclass(frozen=True, slots=True)
class MarketYear:
    """A year after launch: its number from 1, its first day and the day after its last."""

    number: int
    from_on: date
    to_on: date


def market_years(market: Market) -> Iterator[MarketYear]:
    """The years of a market up to its last day; the last is whole, its end falls away later."""
    number = 1
    start = market.from_on
    while start <= market.until_on:
        end = _years_after(market.from_on, number)
        yield MarketYear(number, start, end)
        start, number = end, number + 1


def _years_after(day: date, years: int) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year + years, 3, 1)
    return day.replace(year=day.year + years)


def patients_in(case: UptakeCase, year: MarketYear) -> int:
    """Patients starting in a market year; years past the list stay at its last number."""
    return case.patients[min(year.number, len(case.patients)) - 1]


def drawn_case(market: Market, seed: int, replication: int) -> UptakeCase:
    """The uptake of one replication, drawn by weight."""
    u = stream(seed, replication, f"case:{market.id}").uniform()
    u *= sum(c.weight_fraction for c in market.cases)
    for case in market.cases:
        u -= case.weight_fraction
        if u < 0.0:
            return case
    return market.cases[-1]


def named_case(market: Market, name: str) -> UptakeCase:
    """The uptake of a name. Raises LookupError where the market has none of that name."""
    for case in market.cases:
        if case.name == name:
            return case
    known = ", ".join(c.name for c in market.cases)
    raise LookupError(f"market {market.id} has no uptake case {name!r}; known: {known}")


def start_weights(market: Market, year: MarketYear) -> Floats:
    """How likely a first dose is due on each day of a market year; adds up to 1 (or to 0)."""
    span = (year.to_on - year.from_on).days
    days = [year.from_on + timedelta(days=d) for d in range(span)]
    quiet = {
        _monday(date(y, month, day))
        for y in range(year.from_on.year - 1, year.to_on.year + 2)
        for month, day in ((12, 25), (1, 1))
    }
    weights = np.array(
        [0.0 if _monday(d) in quiet else market.weekday_weights[d.weekday()] for d in days]
    )
    total = float(weights.sum())
    return weights / total if total > 0 else weights


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def site_weights(programme: Programme, market: Market, year: MarketYear) -> Floats:
    """The share of each site (rows) on each day of a market year; a day without sites has none."""
    first, span = year.from_on.toordinal(), (year.to_on - year.from_on).days
    here = np.arange(first, first + span)
    weights = np.zeros((len(market.sites), span))
    for row, share in enumerate(market.sites):
        if share.opens_year > year.number:
            continue
        site = programme.site[share.site]
        opens = site.active_from_on.toordinal() if site.active_from_on else first
        closes = site.active_until_on.toordinal() if site.active_until_on else first + span
        weights[row] = np.where((here >= opens) & (here <= closes), share.weight, 0.0)
    total = weights.sum(axis=0)
    return np.asarray(weights / np.where(total > 0, total, 1.0), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Starts:
    """The patients of a market year: their numbers for drawing, days (ordinals), and sites."""

    drawn: Drawn
    day: NDArray[np.int64]
    site: NDArray[np.int64]


def starts(
    programme: Programme,
    market: Market,
    case: UptakeCase,
    year: MarketYear,
    seed: int,
    replication: int,
) -> Starts:
    """The patients who start in a market year; a day without an open site treats nobody."""
    count = stream(seed, replication, f"patients:{market.id}").poisson(
        patients_in(case, year), entity=year.number
    )
    drawn = Drawn(
        seed,
        replication,
        market.id,
        np.full(count, year.number, dtype=np.uint64),
        np.arange(count, dtype=np.uint64),
    )
    by_day, by_site = start_weights(market, year), site_weights(programme, market, year)
    if count == 0 or by_day.sum() == 0.0:
        none = np.zeros(0, dtype=np.int64)
        return Starts(drawn.picked(np.zeros(count, dtype=bool)), none, none)
    last = int(np.flatnonzero(by_day)[-1])
    day = np.searchsorted(np.cumsum(by_day), drawn.uniforms("start-day")[:, 0], side="right")
    day = np.minimum(day, last).astype(np.int64)
    edges = np.cumsum(by_site, axis=0)[:, day]
    site = (edges <= drawn.uniforms("start-site")[:, 0]).sum(axis=0).astype(np.int64)
    until = market.until_on.toordinal()
    ordinal = day + year.from_on.toordinal()
    kept = (site < len(market.sites)) & (ordinal <= until)
    return Starts(drawn.picked(kept), ordinal[kept], site[kept])
