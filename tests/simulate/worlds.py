"""Tiny worlds for the simulator: a cell that fails, a second plant, patients by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from doseline.operations.orders import Patient
from doseline.programme import Programme
from doseline.programme.course import Luck
from doseline.programme.manufacturer import FailureCause, Manufacturer
from doseline.programme.trial import Visit
from tests.hand_world import world

FROM = date(2024, 1, 1)
UNTIL = date(2024, 3, 31)
CALM = Luck(0.0, 0.0, 0, 1.0, 1.0, 1.0, 1.0)
FIRST_WEDNESDAY = date(2024, 1, 17)


def one_dose(programme: Programme) -> Programme:
    """The world with one dose a patient, on its own day or never, and never asked again."""
    trial = programme.trials[0]
    arm = replace(trial.arms[0], visits=(Visit(day=1),))
    return replace(
        programme,
        trials=(replace(trial, arms=(arm,)),),
        policy=replace(programme.policy, reorder_missed=False),
    )


def failing(
    programme: Programme, chance_fraction: float, stage: str = "qc", plant: int = 0
) -> Programme:
    """The world with one plant whose batches fail so often."""
    cause = FailureCause("endotoxin", chance_fraction, stage)  # type: ignore[arg-type]
    plants = list(programme.manufacturers)
    plants[plant] = replace(plants[plant], failures=(cause,))
    return replace(programme, manufacturers=tuple(plants))


def with_second_plant(programme: Programme, chance_fraction: float) -> Programme:
    """A second plant, a day later and nearer, that keeps isotope for stand-ins."""
    first = programme.manufacturers[0]
    line = replace(first.lines[0], id="cell-2", slots=(_later(first),))
    second = replace(
        first,
        id="second",
        firm="other",
        lines=(line,),
        standing_isotope_mbq=2000.0,
        failures=(FailureCause("endotoxin", chance_fraction, "qc"),),
    )
    source = programme.sources[0]
    days = replace(source.deliveries[0], manufacturers=("plant", "second"))
    lanes = (
        *programme.lanes,
        replace(programme.lanes[0], id="van-2", manufacturer="second", cost_cents=90_000_00),
    )
    permission = replace(programme.permissions[0], manufacturer="second")
    contract = replace(programme.contracts[0], manufacturer="second", batch_fee_cents=90_000_00)
    return replace(
        programme,
        manufacturers=(first, second),
        sources=(replace(source, deliveries=(days,), offer_per_week_mbq=50_000.0),),
        lanes=lanes,
        permissions=(*programme.permissions, permission),
        contracts=(*programme.contracts, contract),
    )


def _later(plant: Manufacturer):  # type: ignore[no-untyped-def]
    """Wednesday 00:00: after the first plant's QC, in time for Wednesday 17:00."""
    rule = plant.lines[0].slots[0]
    return replace(rule, at=replace(rule.at, weekday=2, time=rule.at.time.replace(hour=0)))


def patient(
    name: str, first_on: date, site: str = "reykjavik", luck: Luck = CALM, visits: int = 1
) -> Patient:
    """A patient with the same luck at every dose."""
    return Patient(
        id=name,
        protocol="trial",
        product="dose",
        site=site,
        arm=0,
        first_day=first_on.toordinal(),
        size=1.9,
        luck=tuple((luck,) for _ in range(visits)),
    )


@dataclass(frozen=True)
class Weekly:
    """One patient a week at Reykjavik; picklable, for several workers."""

    weeks: int = 8
    visits: int = 1
    site: str = "reykjavik"
    first_on: date = FIRST_WEDNESDAY

    def __call__(self, replication: int) -> Sequence[Patient]:
        return tuple(
            patient(f"P{n}", self.first_on + timedelta(days=7 * n), self.site, visits=self.visits)
            for n in range(self.weeks)
        )


def tiny() -> Programme:
    """One cell, two sites, one dose a patient."""
    return one_dose(world())
