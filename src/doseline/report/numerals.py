"""Numbers as they are printed: figures with their interval, money, activities, instants."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

from doseline.clock import Clock
from doseline.demand import Band
from doseline.quantities import Activity
from doseline.report.markup import Markup, el, join
from doseline.studies.figures import Figure

SPACE = "\u00a0"  # a number is not parted from its unit
MINUS = "\u2212"
UNKNOWN = "not known"


def _signed(value: float, decimals: int, plus: bool = False) -> str:
    shown = f"{abs(value):,.{decimals}f}"
    if float(shown.replace(",", "")) == 0:
        return shown
    return f"{MINUS if value < 0 else '+' if plus else ''}{shown}"


def _decimals(*values: float) -> int:
    return 0 if max(abs(v) for v in values if math.isfinite(v)) >= 1000 else 1


def percent(share: float) -> str:
    """A share as a percentage.

    >>> percent(0.9714).replace(SPACE, " ")
    '97.1 %'
    """
    return f"{_signed(100 * share, 1)}{SPACE}%" if math.isfinite(share) else UNKNOWN


def count(value: float) -> str:
    """A number of things: one decimal below a thousand, for it is a mean."""
    if not math.isfinite(value):
        return UNKNOWN
    return _signed(value, 0 if value == int(value) else _decimals(value))


def about(value: float) -> str:
    """A number of things that varies between futures: whole from a hundred on, else one decimal.

    >>> about(12.04), about(84.5), about(240.05), about(12417.55)
    ('12', '84.5', '240', '12,418')
    """
    if not math.isfinite(value):
        return UNKNOWN
    return _signed(value, 0 if abs(value) >= 100 else 1).removesuffix(".0")


def money(value: float, currency: str) -> str:
    """An amount in whole units of the currency.

    >>> money(1234567.2, "USD").replace(SPACE, " ")
    'USD 1,234,567'
    """
    return f"{currency}{SPACE}{_signed(value, 0)}" if math.isfinite(value) else UNKNOWN


def figure(figure: Figure, lead: Callable[[float], str], bound: Callable[[float], str]) -> Markup:
    """A mean with its interval behind it, each kept in one piece."""
    if not math.isfinite(figure.mean):
        return el("span", UNKNOWN, class_="fig")
    parts = [el("b", lead(figure.mean))]
    if math.isfinite(figure.low) and math.isfinite(figure.high):
        spread = f"({bound(figure.low)} to {bound(figure.high)})".replace(" ", SPACE)
        parts += [join(" "), el("span", spread, class_="range")]
    return el("span", *parts, class_="fig")


def shares(found: Figure) -> Markup:
    """A share with its interval, such as 97.1 % (96.2 to 97.9)."""
    return figure(found, percent, lambda v: _signed(100 * v, 1))


def points(found: Figure) -> Markup:
    """A difference of shares in percentage points, with its sign."""
    return figure(
        found,
        lambda v: f"{_signed(100 * v, 1, plus=True)}{SPACE}points",
        lambda v: _signed(100 * v, 1, plus=True),
    )


def plain_points(change: float) -> str:
    """A change of a share in points, without its interval.

    >>> plain_points(-0.0123).replace(SPACE, " ").replace(MINUS, "-")
    '-1.2 points'
    """
    return f"{_signed(100 * change, 1, plus=True)}{SPACE}points"


def counts(found: Figure, plus: bool = False) -> Markup:
    """A number of things with its interval."""
    known = [v for v in (found.mean, found.low, found.high) if math.isfinite(v)]
    decimals = _decimals(*known) if known else 0
    return figure(found, lambda v: _signed(v, decimals, plus), lambda v: _signed(v, decimals, plus))


def rates(found: Figure) -> Markup:
    """A number a week with its interval, to two decimals below ten."""
    decimals = 2 if abs(found.mean) < 10 else 1
    return _unless_certain(found, lambda v: _signed(v, decimals))


def spread(found: Band, shown: Callable[[float], str] = about) -> Markup:
    """The median of the futures with the middle 90 % of them behind it."""
    return _unless_certain(Figure(found.median, found.low_90, found.high_90), shown)


def _unless_certain(found: Figure, shown: Callable[[float], str]) -> Markup:
    """A number with its interval, without it where it has no width."""
    if found.low == found.high:
        found = Figure(found.mean, math.nan, math.nan)
    return figure(found, shown, shown)


def certain(found: Band) -> bool:
    """Whether a number is the same in every future drawn."""
    return found.low_95 == found.high_95 and math.isclose(found.mean, found.median, rel_tol=1e-9)


def futures(found: Band) -> str:
    """A number over futures as words within a sentence.

    >>> futures(Band(31.0, 30.0, 25.0, 35.5, 12.0, 47.0, 9.0, 51.0))
    '30 in the median, 12 to 47 in nine of ten futures'
    """
    if certain(found):
        return f"{about(found.median)} in every future drawn"
    low, high = about(found.low_90), about(found.high_90)
    return f"{about(found.median)} in the median, {low} to {high} in nine of ten futures"


def chance(share: float) -> str:
    """A chance, which rounding never turns into none at all or certainty.

    >>> [chance(c).replace(SPACE, " ") for c in (0.0, 0.0002, 0.25, 0.99983, 1.0)]
    ['0.0 %', 'below 0.1 %', '25.0 %', 'above 99.9 %', '100.0 %']
    """
    if 0.0 < share < 0.001:
        return f"below 0.1{SPACE}%"
    return f"above 99.9{SPACE}%" if 0.999 < share < 1.0 else percent(share)


def amounts(found: Figure, currency: str) -> Markup:
    """An amount of money with its interval."""
    return figure(found, lambda v: money(v, currency), lambda v: _signed(v, 0))


def _digits(value: float) -> str:
    decimals = 0 if value >= 1000 else 1 if value >= 100 else 2 if value >= 1 else 3
    return f"{value:,.{decimals}f}"


def gbq(mbq: float) -> str:
    """An activity in GBq, without its unit. [MBq]"""
    return _digits(Activity(mbq).gbq) if math.isfinite(mbq) else UNKNOWN


def mci(mbq: float) -> str:
    """An activity in mCi, without its unit. [MBq]"""
    return _digits(Activity(mbq).mci) if math.isfinite(mbq) else UNKNOWN


def activity(mbq: float) -> str:
    """An activity in both units. [MBq]

    >>> activity(1054.5).replace(SPACE, " ")
    '1.05 GBq (28.50 mCi)'
    """
    return f"{gbq(mbq)}{SPACE}GBq ({mci(mbq)}{SPACE}mCi)"


def day(on: date) -> str:
    """A date as people read it.

    >>> day(date(2016, 11, 28)).replace(SPACE, " ")
    '28 Nov 2016'
    """
    return f"{on.day}{SPACE}{on:%b}{SPACE}{on.year}"


def span(from_on: date, until_on: date) -> str:
    """A span of dates, both ends included."""
    return f"{day(from_on)} to {day(until_on)}"


def hour(clock: Clock, minute: int, zone: str) -> str:
    """Weekday, time and zone on the wall.

    >>> hour(Clock(date(2024, 1, 1)), 12 * 60, "Europe/Brussels").replace(SPACE, " ")
    'Mon 13:00 CET'
    """
    local = clock.local(minute, zone)
    return f"{local:%a}{SPACE}{local:%H:%M}{SPACE}{local.tzname()}"


def instant(clock: Clock, minute: int, zone: str) -> str:
    """Weekday, day, month, time and zone on the wall; the year stands beside it.

    >>> instant(Clock(date(2024, 1, 1)), 12 * 60, "Europe/Brussels").replace(SPACE, " ")
    'Mon 1 Jan, 13:00 CET'
    """
    local = clock.local(minute, zone)
    on = f"{local:%a}{SPACE}{local.day}{SPACE}{local:%b}"
    return f"{on}, {local:%H:%M}{SPACE}{local.tzname()}"


def small_percent(share: float) -> str:
    """A share that may be very small, to two digits.

    >>> small_percent(0.00005).replace(SPACE, " "), small_percent(0).replace(SPACE, " ")
    ('0.005 %', '0 %')
    """
    if not math.isfinite(share):
        return UNKNOWN
    shown = f"{100 * share:.1f}" if abs(share) >= 0.01 else f"{100 * share:.2g}"
    return f"{shown if 'e' not in shown else '< 0.0001'}{SPACE}%"
