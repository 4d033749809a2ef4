"""Who starts treatment after launch: patients of each market year, spread over days and sites.

The number of a year is Poisson, its mean perhaps spread by a gamma factor. First doses fall on the
weekdays in their stated proportions, in all weeks but those of 25 December and 1 January, more and
more of them where a curve rises, at a site drawn by weight among those then open. Whom competitors
win is left out last, so that more competition takes patients away and moves none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count, takewhile

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from doseline.chance import poisson_rows, stream, uniform_rows
from doseline.demand.luck import Drawn, Floats, Ints
from doseline.demand.uptake import lost_share, new_patients
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
    return takewhile(lambda year: year.from_on <= market.until_on, _years(market.from_on))


def _years(launch: date) -> Iterator[MarketYear]:
    start = launch
    for number in count(1):
        end = _years_after(launch, number)
        yield MarketYear(number, start, end)
        start = end


def _years_after(day: date, years: int) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year + years, 3, 1)
    return day.replace(year=day.year + years)


def years_after_launch(market: Market, day: date) -> float:
    """Market years from the launch of a market to the start of a later day, whole and in parts."""
    year = next(year for year in _years(market.from_on) if day < year.to_on)
    return year.number - 1 + (day - year.from_on) / (year.to_on - year.from_on)


def curve_by_day(market: Market, case: UptakeCase, year: MarketYear) -> Floats:
    """Patients whom a curve brings on each day of a market year, were all days alike.

    In each country of the funnel it runs from the launch there.
    """
    span = (year.to_on - year.from_on).days
    edges = year.number - 1.0 + np.arange(span + 1) / span
    found = np.zeros(span)
    for funnel in market.funnel:
        launched = funnel.launched_on or market.from_on
        found += new_patients(funnel, case, edges - years_after_launch(market, launched))
    return found


def patients_in(market: Market, case: UptakeCase, year: MarketYear) -> float:
    """Patients expected to start in a market year, before any are lost to competitors.

    Years past a list stay at its last number.
    """
    if case.patients:
        return float(case.patients[min(year.number, len(case.patients)) - 1])
    return float(curve_by_day(market, case, year).sum())


def most_patients(market: Market) -> int:
    """Patients expected to start in all years of a market, in its largest case."""
    years = list(market_years(market))
    return round(max(sum(patients_in(market, case, y) for y in years) for case in market.cases))


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


def start_weights(market: Market, case: UptakeCase, year: MarketYear) -> Floats:
    """How likely a first dose is due on each day of a market year; adds up to 1 (or to 0).

    Where a curve rises, later days of the year are the likelier ones.
    """
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
    if not case.patients:
        weights = weights * curve_by_day(market, case, year)
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


def starts_by_day(market: Market, case: UptakeCase, year: MarketYear) -> Floats:
    """First doses expected to fall due on each day of a market year, less those lost."""
    first = year.from_on.toordinal()
    kept = 1.0 - lost_share(market, np.arange(first, year.to_on.toordinal()))
    due = patients_in(market, case, year) * start_weights(market, case, year)
    return np.asarray(due * kept, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Starts:
    """The patients of a market: their numbers for drawing, days due (ordinals), and sites."""

    drawn: Drawn
    day: NDArray[np.int64]
    site: NDArray[np.int64]


def starts(
    programme: Programme,
    market: Market,
    cases: Sequence[UptakeCase],
    seed: int,
    replications: Sequence[int],
) -> Starts:
    """The patients who would start in a market in some replications, each in its uptake case.

    Competitors have won none of them yet (see `won`). A day without an open site treats
    nobody. In the numbers for drawing, the entity is the market year.
    """
    years = list(market_years(market))
    kinds = list(dict.fromkeys(cases))
    kind = np.array([kinds.index(case) for case in cases], dtype=np.int64)
    counts = _counts(market, kinds, kind, years, seed, replications).reshape(-1)
    cell = np.repeat(np.arange(len(counts)), counts)
    rank = np.arange(len(cell)) - (np.cumsum(counts) - counts)[cell]
    row, place = np.divmod(cell, len(years))
    number = np.array([y.number for y in years], dtype=np.uint64)
    rep = np.asarray(replications, dtype=np.int64)[row]
    drawn = Drawn(seed, market.id, rep, number[place], rank.astype(np.uint64))
    day_u, site_u = drawn.uniforms("start-day")[:, 0], drawn.uniforms("start-site")[:, 0]
    day, site = np.zeros(len(cell), np.int64), np.zeros(len(cell), np.int64)
    for k, case in enumerate(kinds):
        for n, year in enumerate(years):
            here = np.flatnonzero((kind[row] == k) & (place == n))
            day[here], site[here] = _placed(
                programme, market, case, year, day_u[here], site_u[here]
            )
    kept = (site < len(market.sites)) & (day <= market.until_on.toordinal())
    return Starts(drawn.picked(kept), day[kept], site[kept])


def won(market: Market, begun: Starts) -> Starts:
    """Those whom no competitor wins on the day on which they would start."""
    if not market.lost:
        return begun
    kept = begun.drawn.uniforms("lost")[:, 0] >= lost_share(market, begun.day)
    return Starts(begun.drawn.picked(kept), begun.day[kept], begun.site[kept])


def _counts(
    market: Market,
    kinds: Sequence[UptakeCase],
    kind: Ints,
    years: Sequence[MarketYear],
    seed: int,
    replications: Sequence[int],
) -> Ints:
    """How many would start in each replication (rows) and market year, before losses.

    Poisson around a mean that a gamma factor may spread.
    """
    expected = [[patients_in(market, case, year) for year in years] for case in kinds]
    means = np.array(expected, dtype=np.float64)[kind]
    numbers = [year.number for year in years]
    entity = np.tile(np.array(numbers, dtype=np.uint64), len(replications))
    rep = np.repeat(np.asarray(replications, dtype=np.int64), len(years))
    if (shape := market.spread_shape) is not None:
        share = uniform_rows(seed, rep, f"spread:{market.id}", entity, [[0]])
        means = means * (gammaincinv(shape, share) / shape).reshape(means.shape)
    found = poisson_rows(seed, rep, f"patients:{market.id}", entity, means.reshape(-1))
    return found.reshape(means.shape)


def _placed(
    programme: Programme,
    market: Market,
    case: UptakeCase,
    year: MarketYear,
    of_day: Floats,
    of_site: Floats,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The days (ordinals) and sites that shares of a market year stand for; no site: one beyond."""
    by_day = start_weights(market, case, year)
    by_site = site_weights(programme, market, year)
    if by_day.sum() == 0.0:
        return np.zeros(len(of_day), np.int64), np.full(len(of_day), len(market.sites), np.int64)
    last = int(np.flatnonzero(by_day)[-1])
    day = np.minimum(np.searchsorted(np.cumsum(by_day), of_day, side="right"), last)
    site = np.zeros(len(day), np.int64)
    changes = np.flatnonzero((by_site[:, 1:] != by_site[:, :-1]).any(axis=0)) + 1
    stretch = np.searchsorted(changes, day, side="right")
    for number, first in enumerate([0, *changes.tolist()]):
        here = np.flatnonzero(stretch == number)
        edges = np.cumsum(by_site[:, first])
        site[here] = np.searchsorted(edges, of_site[here], side="right")
    return day.astype(np.int64) + year.from_on.toordinal(), site.astype(np.int64)
