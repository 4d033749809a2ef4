"""Rules that a section must keep by itself, whatever the rest of the file says.

Each rule takes the dataclass and names the keys that are at fault, with a message.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from datetime import date, time
from itertools import pairwise
from typing import Any

from doseline.formats import sanity_shocks, sanity_trials
from doseline.programme import Programme
from doseline.programme.contract import Contract
from doseline.programme.cost import Ordering
from doseline.programme.course import doses_per_patient
from doseline.programme.hazard import Hazard, Lasts
from doseline.programme.lane import Border, Carrier
from doseline.programme.manufacturer import Availability, Learning, Line, Manufacturer
from doseline.programme.market import Market, UptakeCase
from doseline.programme.observed import Observed
from doseline.programme.policy import Policy
from doseline.programme.product import Product, Step
from doseline.programme.scenario import Scenario, Shock
from doseline.programme.site import Site
from doseline.programme.sizing import PlantRange
from doseline.programme.source import IsotopeSource, Outages
from doseline.programme.trial import Arm, BodySize, Enrolment, Trial, Visit
from doseline.programme.trial_rules import DoseFinding, EventRule, ResponseRule

__all__ = ["sanity_of"]

Found = tuple[tuple[str | int, ...], str]
_SUM_ERROR = 1e-6
_DOSES_ERROR = 0.02


def sanity_of(section: Any) -> Iterator[Found]:
    """Every rule of its own that a section breaks: the path of keys in it, and what is wrong."""
    for first, last, key in (
        ("from_on", "until_on", "until"),
        ("active_from_on", "active_until_on", "active_until"),
        ("receives_from", "receives_until", "receives_until"),
        ("crew_from", "crew_until", "crew_until"),
        ("transfer_starts_on", "from_on", "from"),
    ):
        start, end = getattr(section, first, None), getattr(section, last, None)
        if start is not None and end is not None and end < start:
            yield (key,), _not_before(end, start)
    yield from _RULES.get(type(section), lambda _: ())(section)


def _not_before(found: date | time, start: date | time) -> str:
    form = "%H:%M" if isinstance(start, time) else "%Y-%m-%d"
    return f'found "{found.strftime(form)}", expected {start.strftime(form)} or later'


def _adds_up(values: Iterable[float], what: str) -> str:
    total = math.fsum(values)
    if abs(total - 1.0) <= _SUM_ERROR:
        return ""
    return f"{what} add up to {total:g}, expected 1 (100 %)"


def _rises(low: float, high: float, key: str, below: str) -> Iterator[Found]:
    if high < low:
        yield (key,), f"is smaller than {below}; expected it at least as large"


def _needs(present: bool, missing: bool, key: str, other: str) -> Iterator[Found]:
    if present and missing:
        yield (key,), f"missing; {other} needs it"


def _plant_range(r: PlantRange) -> Iterator[Found]:
    if r.slots_most is not None:
        yield from _rises(r.slots_least, r.slots_most, "slots_most", "slots_least")


def _product(p: Product) -> Iterator[Found]:
    fills = [s for s in p.recipe if s.phase == "fill"]
    if not fills:
        yield ("recipe",), "has no step with phase: fill; expected one, EOS is its end"
    if p.hard_tolerance_fraction < p.tolerance_fraction:
        yield (
            ("hard_tolerance",),
            f"{p.hard_tolerance_fraction * 100:g} % is below the tolerance of "
            f"{p.tolerance_fraction * 100:g} %; expected it at least as large",
        )
    if p.nuclide is None and p.fill != "units":
        yield ("fill",), f'found "{p.fill}", expected units for a product without a nuclide'
    if p.nuclide is None and p.half_life_min is not None:
        yield ("half_life",), "a product without a nuclide has none; name the nuclide"
    if p.fill == "volume":
        yield from _needs(True, p.fill_volume_ml is None, "fill_volume", "fill: volume")
        yield from _needs(True, p.concentration_mbq_per_ml is None, "concentration", "fill: volume")
    if p.samples_fraction >= 1:
        yield ("samples",), 'found "100 %", expected less, or nothing is left to fill'


def _step(s: Step) -> Iterator[Found]:
    yield from _needs(s.repeat_fraction > 0, s.repeat is None, "repeat", "repeat_chance")


def _carrier(c: Carrier) -> Iterator[Found]:
    yield from _needs(c.delay_fraction > 0, c.delay is None, "delay", "delay_chance")
    yield from _needs(c.stops_from is not None, c.stops_until is None, "stops_until", "stops_from")
    yield from _needs(c.stops_until is not None, c.stops_from is None, "stops_from", "stops_until")
    total = c.delay_fraction + c.day_delay_fraction + c.lost_fraction
    if total > 1 + _SUM_ERROR:
        yield ("delay_chance",), f"the chances of delay and loss add up to {total:g}, above 1"


def _border(b: Border) -> Iterator[Found]:
    if message := _adds_up((o.chance_fraction for o in b.outcomes), "the chances"):
        yield ("outcomes",), message


def _visit(v: Visit) -> Iterator[Found]:
    if v.gate and (message := _adds_up((g.chance_fraction for g in v.gate), "the chances")):
        yield ("gate",), message


def _arm(a: Arm) -> Iterator[Found]:
    for i, (before, after) in enumerate(pairwise(a.visits), 1):
        if after.day <= before.day:
            message = f'found "{after.day}", expected a day after {before.day}, of the visit before'
            yield ("visits", i, "day"), message


def _size(s: BodySize) -> Iterator[Found]:
    if message := _adds_up((g.share_fraction for g in s.groups), "the shares"):
        yield ("groups",), message
    if s.high <= s.low:
        yield ("high",), f'found "{s.high:g}", expected more than low ({s.low:g})'
        return
    for i, group in enumerate(s.groups):
        if not s.low <= group.mean <= s.high:
            message = f'found "{group.mean:g}", expected a mean from {s.low:g} to {s.high:g}'
            yield ("groups", i, "mean"), message


def _market(m: Market) -> Iterator[Found]:
    if message := _adds_up((c.weight_fraction for c in m.cases), "the weights"):
        yield ("cases",), message
    if len(m.weekday_weights) != 7 or not sum(m.weekday_weights) > 0:
        found = len(m.weekday_weights)
        yield ("weekday_weights",), f"found {found} weights, expected 7, Monday first, not all 0"
    if not sum(s.weight for s in m.sites) > 0:
        yield ("sites",), "all weights are 0; expected one above"
    yield from _funnel(m)
    expected = doses_per_patient(m.arm)
    stated = m.doses_per_patient
    if stated is not None and abs(stated - expected) > _DOSES_ERROR * expected:
        message = f'found "{stated:g}", but the course gives {expected:.4g}; expected it within 2 %'
        yield ("doses_per_patient",), message


def _funnel(m: Market) -> Iterator[Found]:
    curves = [c.name for c in m.cases if not c.patients]
    if curves and not m.funnel:
        yield ("funnel",), f"missing; the curve of case {curves[0]} needs it"
    for i, funnel in enumerate(m.funnel):
        if funnel.launched_on is not None and funnel.launched_on < m.from_on:
            yield ("funnel", i, "launched"), _not_before(funnel.launched_on, m.from_on)
    begins = [loss.from_on for loss in m.lost]
    if begins != sorted(set(begins)):
        yield ("lost",), "is out of order; expected the first days to rise"


def _uptake(c: UptakeCase) -> Iterator[Found]:
    curve = {"ceiling": c.ceiling_fraction, "innovation": c.innovation, "imitation": c.imitation}
    said = [key for key, value in curve.items() if value is not None]
    if c.patients:
        for key in [*said, *(["steady_after_years"] if c.steady_after_years else [])][:1]:
            yield (key,), "belongs to a curve, and patients are listed; expected one of the two"
    elif not said:
        message = "missing; list patients, or give ceiling, innovation and imitation for a curve"
        yield ("patients",), message
    else:
        for key in curve:
            yield from _needs(True, key not in said, key, "a curve")


def _trial(t: Trial) -> Iterator[Found]:
    yield from sanity_trials.trial(t)
    if t.ends_on is not None and t.ends_on < t.from_on:
        yield ("ends",), _not_before(t.ends_on, t.from_on)
    taken = sum(a.patients for a in t.arms)
    if taken > t.patients and all(a.patients for a in t.arms):
        message = f"found {t.patients}, expected at least the {taken} patients of its arms"
        yield ("patients",), message


def _line(ln: Line) -> Iterator[Found]:
    for i, slot in enumerate(ln.slots):
        for j, product in enumerate(slot.products):
            if product not in ln.products:
                made = ", ".join(ln.products)
                message = f'found "{product}", expected a product of the line: {made}'
                yield ("slots", i, "products", j), message


def _manufacturer(m: Manufacturer) -> Iterator[Found]:
    total = math.fsum(f.chance_fraction for f in m.failures)
    if total > 1 + _SUM_ERROR:
        yield ("failures",), f"the chances add up to {total:g}, expected at most 1"


def _learning(x: Learning) -> Iterator[Found]:
    yield from _rises(x.floor_fraction, x.first_fraction, "first", "floor")


def _source(s: IsotopeSource) -> Iterator[Found]:
    yield from _rises(
        s.received_low_fraction, s.received_high_fraction, "received_high", "received_low"
    )


def _outages(o: Outages) -> Iterator[Found]:
    yield from _rises(o.median_min, o.p90_min, "p90", "median")
    yield from _rises(o.lost_low_fraction, o.lost_high_fraction, "lost_high", "lost_low")


def _site(s: Site) -> Iterator[Found]:
    if s.infusion_usual < s.infusion_earliest:
        yield ("infusion_usual",), _not_before(s.infusion_usual, s.infusion_earliest)
    if s.infusion_latest < s.infusion_usual:
        yield ("infusion_latest",), _not_before(s.infusion_latest, s.infusion_usual)


def _ordering(o: Ordering) -> Iterator[Found]:
    yield from _rises(
        o.confirmed_before_min, o.placed_before_min, "placed_before", "confirmed_before"
    )


def _availability(a: Availability) -> Iterator[Found]:
    ends = [r.until_on for r in a.ramp]
    if ends != sorted(ends):
        yield ("ramp",), "is out of order; expected the last days to rise"


def _contract(c: Contract) -> Iterator[Found]:
    starts = [t.from_batch for t in c.tiers]
    if starts != sorted(set(starts)):
        yield ("tiers",), "are out of order; expected `from_batch` to rise"


def _policy(p: Policy) -> Iterator[Found]:
    if p.reorder_at_most > _REORDERS:
        message = f'found "{p.reorder_at_most}", expected at most {_REORDERS}'
        yield ("reorder_at_most",), message


_REORDERS = 50  # so many attempts have luck of their own


_RULES: dict[type, Callable[[Any], Iterable[Found]]] = {
    Availability: _availability,
    Arm: _arm,
    BodySize: _size,
    Border: _border,
    Carrier: _carrier,
    Contract: _contract,
    DoseFinding: sanity_trials.dose_finding,
    Enrolment: sanity_trials.enrolment,
    EventRule: sanity_trials.event_rule,
    Hazard: sanity_shocks.hazard,
    IsotopeSource: _source,
    Lasts: sanity_shocks.lasts,
    Learning: _learning,
    Line: _line,
    Manufacturer: _manufacturer,
    Market: _market,
    Observed: sanity_shocks.observed,
    Ordering: _ordering,
    PlantRange: _plant_range,
    Outages: _outages,
    Policy: _policy,
    Product: _product,
    Programme: lambda _: (),
    ResponseRule: sanity_trials.response_rule,
    Scenario: sanity_shocks.scenario,
    Shock: sanity_shocks.shock,
    Site: _site,
    Step: _step,
    Trial: _trial,
    UptakeCase: _uptake,
    Visit: _visit,
}
