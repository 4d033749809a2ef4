"""Headroom of a question under a design, on the days that the design has on offer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from doseline.demand import expected_mix
from doseline.operations.offer import Offer
from doseline.operations.orders import OrderMix
from doseline.operations.routes import Ways
from doseline.plan import Headroom, headroom
from doseline.programme import Programme
from doseline.programme.programme import Question


def question_headroom(programme: Programme, question: Question) -> Headroom:
    """The largest multiple of the expected orders of a period that can be served, chance off.

    The programme stands under a design. The mix holds the question's orders and those of every
    other trial and market that share its products in the period and can be served at all. Where
    the policy lets sites order days on offer, orders of a weekday that is never on offer to a site
    count on the weekday that it would order instead.
    """
    mix = _on_offer(programme, expected_mix(programme, question), drop=False)
    products = {kind.product for kind in mix}
    others = tuple(
        p.id
        for p in (*programme.trials, *programme.markets)
        if p.product in products and p.id not in question.protocols
    )
    if others:
        beside = expected_mix(programme, replace(question, protocols=others))
        mix += _on_offer(programme, beside, drop=True)
    return headroom(programme, mix, from_on=question.from_on, until_on=question.until_on)


def _on_offer(programme: Programme, mix: tuple[OrderMix, ...], drop: bool) -> tuple[OrderMix, ...]:
    """The mix on the weekdays that it would order; what can never be served dropped, or kept."""
    any_day = programme.policy.order_days != "on_offer"
    offer = Offer(Ways(programme))
    open_days: dict[tuple[str, str, str], frozenset[int]] = {}
    moved = []
    for kind in mix:
        key = (kind.product, kind.protocol, kind.site)
        if key not in open_days:
            open_days[key] = _weekdays(programme, offer, kind)
        shifts = (0,) if any_day else _shifts(programme, kind.protocol)
        days = [(kind.weekday + d) % 7 for d in shifts]
        choice = next((day for day in days if day in open_days[key]), None)
        if choice is not None or not drop:
            moved.append(replace(kind, weekday=kind.weekday if choice is None else choice))
    return tuple(moved)


def _shifts(programme: Programme, protocol: str) -> tuple[int, ...]:
    """By how many days a first dose may move, in the order in which a site tries them.

    Later doses follow the first at whole weeks, so its window decides the weekday of a course.
    """
    trial = programme.trial.get(protocol)
    arms = trial.arms if trial else (programme.market[protocol].arm,)
    early = max(arm.visits[0].early_days for arm in arms)
    late = max(arm.visits[0].late_days for arm in arms)
    return (*range(late + 1), *range(-1, -early - 1, -1))


def _weekdays(programme: Programme, offer: Offer, kind: OrderMix) -> frozenset[int]:
    """The weekdays on offer to a site in some of twelve weeks spread over the period."""
    site = programme.site[kind.site]
    weeks = (kind.until_on - kind.from_on).days // 7 + 1
    found = set()
    for week in range(0, weeks, max(1, weeks // 12)):
        for ahead in range(7):
            day = kind.from_on + timedelta(days=7 * week + ahead)
            if day.weekday() not in found and offer(
                kind.product, kind.protocol, site, day.toordinal()
            ):
                found.add(day.weekday())
    return frozenset(found)
