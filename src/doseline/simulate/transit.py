"""How long a package is on the road: transit, border, delays, loss.

At most one of these befalls a package: loss, a delay of a day or two, a delay of hours. All hours
run on the carrier's moving clock.

Simplified: a lane without a drawn transit takes its planned one, border included; the market of a
plant in a member state (`crossings`) is the EU.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from doseline.programme import Programme
from doseline.programme.lane import Border, Carrier, Lane
from doseline.programme.manufacturer import Manufacturer
from doseline.programme.site import Site
from doseline.simulate.crossings import border_between
from doseline.simulate.fate import Fate, drawn_min
from doseline.simulate.odds import SLOWEST
from doseline.simulate.shocks import Known
from doseline.simulate.world import DAY

_WINTER = (12, 1, 2)
_Luck = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Trip:
    """The moving minutes of a package, what is added on the way by cause, whether it is lost.

    `delays` says of loss or days, of hours, and of slowness where it is drawn: whether that befell
    it, and how likely it was.
    """

    nominal: int
    extra: tuple[tuple[str, int], ...] = ()
    lost: bool = False
    delays: tuple[tuple[bool, float], ...] = ()


def moving_min(
    programme: Programme,
    fate: Fate,
    lane: Lane,
    site: Site,
    plant: Manufacturer,
    on: date,
    known: Known | None = None,
) -> Trip:
    """The trip of what leaves by a lane for a site on a day; as planned with chance off."""
    shocks = list(known.delays(lane, on)) if known is not None and known.shocks else []
    luck: _Luck = (0.5, 1.0, 0.5, 0.5)
    if fate.on:
        luck = fate.package(lane.id, site.id, on.toordinal(), 0)
    extra = [("carrier", drawn_min(s.adds, luck[3])) for s in shocks if s.adds is not None]
    if not fate.on:
        return Trip(lane.planned_min, tuple(extra))
    nominal = lane.planned_min if lane.transit is None else drawn_min(lane.transit, luck[0])
    factor = 1.0
    for shock in shocks:
        factor *= shock.delay_factor
    days, hours = _chances(programme.carrier[lane.carrier], on, factor)
    delays = [(luck[1] < days, days), (days <= luck[1] < hours, hours - days)]
    if lane.transit is not None:
        delays.append((luck[0] >= 1.0 - SLOWEST, SLOWEST))
    cause, late, lost = _lateness(programme.carrier[lane.carrier], luck, days, hours)
    if late:
        extra.insert(0, (cause, late))
    border = border_between(programme, plant.country, site.market)
    if border is not None:
        crossing = fate.border(border.id, site.id, on.toordinal())
        if lane.transit is not None:
            nominal += _crossing(border, crossing)
        for shock in known.at_border(border.id, on) if known is not None else ():
            extra.append(("border", drawn_min(shock.adds, crossing[2])))
    return Trip(nominal, tuple(extra), lost, tuple(delays))


def _chances(carrier: Carrier, on: date, factor: float) -> tuple[float, float]:
    """How likely a package is lost or days late, or any of that or hours late.

    Odds of delay rise in winter.
    """
    day = min(1.0, _winter(carrier.day_delay_fraction, carrier.winter_factor, on) * factor)
    hours = min(1.0, _winter(carrier.delay_fraction, carrier.winter_factor, on) * factor)
    days = carrier.lost_fraction + day
    return min(1.0, days), min(1.0, days + hours)


def _lateness(carrier: Carrier, luck: _Luck, days: float, hours: float) -> tuple[str, int, bool]:
    """One of: lost; a day or two late; hours late; none."""
    u = luck[1]
    if u < carrier.lost_fraction:
        return "lost", 0, True
    if u < days:
        two = luck[2] < carrier.second_day_fraction
        return "day delay", 2 * DAY if two else DAY, False
    if u < hours:
        return "delay", drawn_min(carrier.delay, luck[2]), False
    return "", 0, False


def _winter(fraction: float, odds_factor: float, on: date) -> float:
    return raised(fraction, odds_factor) if on.month in _WINTER else fraction


def raised(fraction: float, odds_factor: float) -> float:
    """A chance whose odds are multiplied by a factor.

    >>> raised(0.2, 4.0)
    0.5
    """
    if odds_factor == 1.0:
        return fraction
    return odds_factor * fraction / (1.0 - fraction + odds_factor * fraction)


def _crossing(border: Border, luck: _Luck) -> int:
    upto = 0.0
    for outcome in border.outcomes:
        upto += outcome.chance_fraction
        if luck[0] < upto:
            return drawn_min(outcome.adds, luck[1])
    return 0
