"""Variants of the hand-worked world, each named by the one thing that differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from doseline.clock import WEEKDAYS
from doseline.demand import orders, patients
from doseline.demand.luck import Drawn
from doseline.operations.orders import DoseOrder, Patient
from doseline.programme import Programme
from doseline.programme.course import Luck
from doseline.programme.market import Market, SiteShare, UptakeCase
from doseline.programme.trial import (
    Arm,
    BodySize,
    DoseRate,
    DoseRule,
    Enrolment,
    SizeGroup,
    Trial,
    Visit,
)
from tests.hand_world import world

ADULTS = BodySize((SizeGroup(0.62, 1.97, 0.20), SizeGroup(0.38, 1.76, 0.20)), 1.3, 2.6)
FLAT = DoseRule(DoseRate(100.0, "flat"))
ONE_DOSE = Arm("one", FLAT, (Visit(1, late_days=6),))


def luck(**known: Any) -> Luck:
    """Luck with which everything goes its plain way, but for what is said."""
    plain: dict[str, Any] = {
        "goes_on": 0.0,
        "gate": 0.0,
        "gate_delay_days": 7,
        "cancel": 1.0,
        "cancel_stage": 0.0,
        "moved": 1.0,
        "weight_factor": 1.0,
    }
    return Luck(**(plain | known))


def with_trial(programme: Programme, **changes: Any) -> Programme:
    """The programme with its one trial changed."""
    return replace(programme, trials=(replace(programme.trials[0], **changes),))


def busy_trial(months: float = 1.0, **changes: Any) -> Programme:
    """The hand-worked world with a trial of three years and room for all who come."""
    plain: dict[str, Any] = {
        "from_on": date(2024, 1, 1),
        "until_on": date(2026, 12, 31),
        "patients": 10_000,
        "enrolment": Enrolment(months, 2.0),
        "arms": (ONE_DOSE,),
        "size": ADULTS,
    }
    return replace(with_trial(world(), **(plain | changes)), until_on=date(2028, 12, 31))


def with_market(case: tuple[int, ...] = (100, 200), **changes: Any) -> Programme:
    """The hand-worked world with a market instead of the trial, its sites open all week."""
    plain = world()
    market = Market(
        id="market",
        name="the market",
        product="dose",
        from_on=date(2025, 1, 1),
        until_on=date(2026, 12, 31),
        cases=(UptakeCase("base", 1.0, case),),
        arm=ONE_DOSE,
        size=ADULTS,
        sites=(SiteShare("reykjavik"), SiteShare("tokyo", weight=2.0)),
    )
    sites = tuple(replace(s, treatment_weekdays=WEEKDAYS[:5]) for s in plain.sites)
    return replace(
        plain,
        trials=(),
        markets=(replace(market, **changes),),
        sites=sites,
        until_on=date(2028, 12, 31),
    )


def trial_of(programme: Programme) -> Trial:
    """The one trial of a world."""
    return programme.trials[0]


def patient(programme: Programme, first_on: date, *rows: tuple[Luck, ...]) -> Patient:
    """A patient of the trial at its first site, with plain luck where none is given."""
    visits = len(trial_of(programme).arms[0].visits)
    return Patient(
        id="trial-reykjavik-1",
        protocol="trial",
        product="dose",
        site="reykjavik",
        arm=0,
        first_day=first_on.toordinal(),
        size=1.9,
        luck=rows or ((luck(),),) * visits,
    )


def drawn_people(count: int, protocol: str = "x") -> Drawn:
    """So many patients of one entity, in replication 0 of seed 1."""
    nobody_else = np.zeros(count, dtype=np.int64)
    return Drawn(
        1, protocol, nobody_else, np.ones(count, np.uint64), np.arange(count, dtype=np.uint64)
    )


def sampled_orders(
    programme: Programme,
    seed: int,
    samples: int,
    from_on: date | None = None,
    until_on: date | None = None,
    protocols: tuple[str, ...] | None = None,
) -> Iterator[tuple[DoseOrder, ...]]:
    """The orders of so many replications in the plain form, one after the other."""
    for replication in range(samples):
        drawn = patients(programme, seed, replication, until_on=until_on, protocols=protocols)
        yield orders(programme, drawn, from_on, until_on, protocols)
