"""Who starts treatment after launch: patients of each market year, spread over days and sites.

The number of a year is Poisson. First doses fall on the weekdays in their stated proportions, in
all weeks but those of 25 December and 1 January, at a site drawn by weight among those then open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

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
    first = year.from_on.toordinal()
    day = np.arange(first, year.to_on.toordinal())
    quiet = [
        date(y, month, number).toordinal()
        for y in range(year.from_on.year - 1, year.to_on.year + 2)
        for month, number in ((12, 25), (1, 1))
    ]
    weekday = (day - 1) % 7  # ordinal 1 was a Monday
    weights = np.array(market.weekday_weights)[weekday]
    weights = np.where(np.isin((day - 1) // 7, [(q - 1) // 7 for q in quiet]), 0.0, weights)
    total = float(weights.sum())
    return np.asarray(weights / total if total > 0 else weights, dtype=np.float64)


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
    """The patients of a market: their numbers for drawing, days due (ordinals), and sites."""

    drawn: Drawn
    day: NDArray[np.int64]
    site: NDArray[np.int64]


def starts(
    programme: Programme, market: Market, case: UptakeCase, seed: int, replication: int
) -> Starts:
    """The patients who start in a market; a day without an open site treats nobody.

    In the numbers for drawing, the entity is the market year.
    """
    patients = stream(seed, replication, f"patients:{market.id}")
    years = list(market_years(market))
    counts = [patients.poisson(patients_in(case, y), entity=y.number) for y in years]
    drawn = Drawn(
        seed,
        replication,
        market.id,
        np.repeat(np.array([y.number for y in years], dtype=np.uint64), counts),
        np.concatenate([np.arange(n, dtype=np.uint64) for n in counts]),
    )
    day_u, site_u = drawn.uniforms("start-day")[:, 0], drawn.uniforms("start-site")[:, 0]
    ends = np.cumsum(counts)[:-1]
    days, sites = [], []
    for year, of_day, of_site in zip(
        years, np.split(day_u, ends), np.split(site_u, ends), strict=True
    ):
        day, site = _placed(programme, market, year, of_day, of_site)
        days.append(day)
        sites.append(site)
    day, site = np.concatenate(days), np.concatenate(sites)
    kept = (site < len(market.sites)) & (day <= market.until_on.toordinal())
    return Starts(drawn.picked(kept), day[kept], site[kept])


def _placed(
    programme: Programme, market: Market, year: MarketYear, of_day: Floats, of_site: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The days (ordinals) and sites that shares of a market year stand for; no site: one beyond."""
    by_day, by_site = start_weights(market, year), site_weights(programme, market, year)
    if by_day.sum() == 0.0:
        return np.zeros(len(of_day), np.int64), np.full(len(of_day), len(market.sites), np.int64)
    last = int(np.flatnonzero(by_day)[-1])
    day = np.minimum(np.searchsorted(np.cumsum(by_day), of_day, side="right"), last)
    edges = np.cumsum(by_site, axis=0)[:, day]
    site = (edges <= of_site).sum(axis=0)
    return day.astype(np.int64) + year.from_on.toordinal(), site.astype(np.int64)
