"""Headroom of a period under a design, on the days that the design has on offer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from doseline.demand import expected_mix
from doseline.operations.offer import Offer, offer_of
from doseline.operations.orders import OrderMix
from doseline.plan import headroom
from doseline.programme import Programme
from doseline.programme.programme import Question
from doseline.studies.demands import demand_of
from doseline.studies.runs import A_YEAR, products_of, protocols_of


@dataclass(frozen=True, slots=True)
class Room:
    """The headroom of a question.

    `multiple` is of the orders expected; `under_high` what it becomes in the markets' highest
    uptake case, `expected_low` and `expected_high` the question's own orders in the lowest case
    and the highest.
    """

    multiple: float
    binding: tuple[str, ...]
    under_high: float
    expected: float
    expected_low: float
    expected_high: float


def period_headroom(programme: Programme, questions: Sequence[Question]) -> dict[str, Room]:
    """The headroom of questions about the same days, by question.

    The largest multiple of the period's expected orders that can be served, chance off. The
    programme stands under a design. The mix holds the orders of the questions and those of every
    other trial and market that share their products in the period; what can never be served is
    left out, and a question that asks for any of it has headroom 0. Where the policy lets sites
    order days on offer, orders of a weekday that is hardly ever on offer to a site count on the
    next weekday that is.
    """
    every = replace(questions[0], protocols=_sharing(programme, questions), case=None)
    cases = {p: q.case for q in questions for p in q.protocols if q.case}
    asked = tuple(kind for q in _each(every, cases) for kind in _mix(programme, q))
    mix, lost = _on_offer(programme, asked)
    found = headroom(programme, mix, from_on=questions[0].from_on, until_on=questions[0].until_on)
    total, high = _total(asked), _total_in(programme, every, -1)
    rooms = {}
    for question in questions:
        own = [k for k in lost if k.protocol in question.protocols]
        multiple = 0.0 if own else found.multiple
        binding = _no_way(own) if own else tuple(found.binding)
        rooms[question.id] = Room(
            multiple=multiple,
            binding=binding,
            under_high=multiple * total / high if high else multiple,
            expected=_total(tuple(k for k in asked if k.protocol in question.protocols)),
            expected_low=_total_in(programme, question, 0),
            expected_high=_total_in(programme, question, -1),
        )
    return rooms


def _sharing(programme: Programme, questions: Sequence[Question]) -> tuple[str, ...]:
    """The protocols of the questions, and all others of the same products that run beside them."""
    named = {p for q in questions for p in q.protocols}
    products = products_of(programme, named)
    runs = {t.id: (t.from_on, (t.ends_on or t.until_on) + A_YEAR) for t in programme.trials}
    runs |= {m.id: (m.from_on, m.until_on) for m in programme.markets}
    first, last = questions[0].from_on, questions[0].until_on
    return tuple(
        p
        for p, made in protocols_of(programme).items()
        if made & products and (p in named or (runs[p][0] <= last and first <= runs[p][1]))
    )


def _each(question: Question, cases: Mapping[str, str]) -> Iterator[Question]:
    """The question asked of each of its protocols alone, in the uptake case named for it."""
    for protocol in question.protocols:
        yield replace(
            question, id=protocol, name="", protocols=(protocol,), case=cases.get(protocol)
        )


def _no_way(lost: Sequence[OrderMix]) -> tuple[str, ...]:
    first = lost[0]
    more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
    return (f"no way: {first.protocol} at {first.site}{more}",)


def _total(mix: tuple[OrderMix, ...]) -> float:
    return sum(kind.orders for kind in mix)


def _total_in(programme: Programme, question: Question, place: int) -> float:
    """Orders expected in the first uptake case of each market (place 0) or in the last (-1)."""
    cases = {m.id: m.cases[place].name for m in programme.markets}
    return sum(_total(_mix(programme, q)) for q in _each(question, cases))


_known: list[tuple[Programme, Question, tuple[OrderMix, ...]]] = []


def _mix(programme: Programme, question: Question) -> tuple[OrderMix, ...]:
    """The expected mix of a question, remembered for the few last asked about.

    Designs with the same demand share it.
    """
    programme = demand_of(programme)
    for known, asked, mix in _known:
        if known is programme and asked == question:
            return mix
    _known.append((programme, question, expected_mix(programme, question)))
    del _known[:-48]
    return _known[-1][2]


def _on_offer(
    programme: Programme, mix: tuple[OrderMix, ...]
) -> tuple[tuple[OrderMix, ...], tuple[OrderMix, ...]]:
    """The mix on the weekdays that it would order, and what can never be served."""
    later = range(1) if programme.policy.order_days != "on_offer" else range(7)
    offer = offer_of(programme)
    open_days: dict[tuple[str, str, str], frozenset[int]] = {}
    kept, lost = [], []
    for kind in mix:
        key = (kind.product, kind.protocol, kind.site)
        if key not in open_days:
            open_days[key] = _weekdays(programme, offer, kind)
        days = ((kind.weekday + d) % 7 for d in later)
        choice = next((day for day in days if day in open_days[key]), None)
        if choice is None:
            lost.append(kind)
        else:
            kept.append(replace(kind, weekday=choice))
    return tuple(kept), tuple(lost)


def _weekdays(programme: Programme, offer: Offer, kind: OrderMix) -> frozenset[int]:
    """The weekdays that are on offer to a site in at least a third of twelve weeks looked at."""
    site = programme.site[kind.site]
    weeks = (kind.until_on - kind.from_on).days // 7 + 1
    looked = range(0, weeks, max(1, weeks // 12))
    found = [0] * 7
    for week in looked:
        for ahead in range(7):
            day = kind.from_on + timedelta(days=7 * week + ahead)
            found[day.weekday()] += offer(kind.product, kind.protocol, site, day.toordinal())
    return frozenset(day for day in range(7) if 3 * found[day] >= len(looked))
