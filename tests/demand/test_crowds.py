"""Patients as columns: the same for one replication and for many, and luck by key is luck drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from doseline.chance import Stream, poisson_rows, stable_hash, stream
from doseline.clock import WEEKDAYS
from doseline.demand import Crowds, Drawing, crowds, entries, patients
from doseline.demand.entries import Entries, trial_entries
from doseline.operations.crowd import ATTEMPTS, VISITS, Columns, of_dose
from doseline.operations.routes import ways_of
from doseline.programme import Programme
from doseline.programme.trial import Arm, Enrolment, GateRow, Visit
from tests.demand.worlds import FLAT, busy_trial, trial_of, with_market

GATED = Arm(
    "gated",
    FLAT,
    (
        Visit(1),
        Visit(15, continues_fraction=0.9, gate=(GateRow("stop", 0.1),)),
        Visit(57, gate=(GateRow("delay", 0.4, delay_mean_min=20160), GateRow("pass", 0.6))),
    ),
)


def gated(**changes: object) -> Programme:
    return busy_trial(1.0, arms=(GATED,), weight_change_sd_fraction=0.03, **changes)


@pytest.mark.parametrize("programme", [gated(), with_market((40,))], ids=["trial", "market"])
def test_many_replications_at_once_are_the_same_as_one_by_one(programme: Programme) -> None:
    together = crowds(programme, 5, range(2, 6), until_on=date(2026, 1, 1))
    for replication, crowd in zip(range(2, 6), together, strict=True):
        alone = patients(programme, 5, replication, until_on=date(2026, 1, 1))
        assert crowd.patients == alone
        assert len(crowd) == len(alone) > 0
        assert list(crowd) == sorted(alone, key=lambda p: (p.first_day, p.id))


def test_whatever_is_asked_for_at_once_the_patients_are_the_same() -> None:
    several = Crowds(gated(), 3, protocols=("trial",), drawing=Drawing())
    found = list(several.several(range(5)))
    assert [c.patients for c in found] == [several(r).patients for r in range(5)]


def columns_of(programme: Programme) -> tuple[Columns, dict[str, Stream]]:
    columns = crowds(programme, 7, (1,))[0].columns
    assert columns is not None
    names = ("goes-on", "gate", "cancel", "cancel-stage", "moved")
    return columns, {name: stream(7, 1, f"{name}:trial") for name in names}


def test_luck_by_key_is_the_luck_of_the_plain_patient() -> None:
    programme = gated(patients=40)
    c, streams = columns_of(programme)
    drawn = patients(programme, 7, 1)
    for n, patient in enumerate(drawn):
        first = int(c.rank[n]) * ATTEMPTS * VISITS
        entity = stable_hash(patient.site)
        assert entity == c.entity[n]
        for visit, attempts in enumerate(patient.luck):
            assert len(attempts) == c.attempts
            for attempt, luck in enumerate(attempts):
                once, each = first + of_dose(visit, 0), first + of_dose(visit, attempt)
                assert streams["goes-on"].uniform(entity, once) == luck.goes_on
                assert streams["gate"].uniform(entity, once) == luck.gate
                assert streams["cancel"].uniform(entity, each) == luck.cancel
                assert streams["cancel-stage"].uniform(entity, each) == luck.cancel_stage
                assert streams["moved"].uniform(entity, each) == luck.moved
                assert c.delays[c.delay_at[n] + visit] == luck.gate_delay_days
                place = c.weight_at[n] + visit * c.attempts + attempt
                assert c.weights[place] == luck.weight_factor
    assert any(luck.gate_delay_days for p in drawn for visit in p.luck for luck in visit)


def test_a_column_says_whose_name_comes_first() -> None:
    c, _ = columns_of(gated())
    names = [p.id for p in patients(gated(), 7, 1)]
    by_order = [names[n] for n in np.argsort(c.name_order)]
    assert by_order == sorted(names, key=lambda name: name + "/")


def test_names_that_can_be_mistaken_leave_the_patients_plain() -> None:
    programme = gated()
    site, other = programme.sites[:2]
    renamed = (replace(site, id="A"), replace(other, id="A-1"), *programme.sites[2:])
    trial = replace(trial_of(programme), sites=("A", "A-1"))
    mistaken = replace(programme, sites=renamed, trials=(trial,))
    crowd = crowds(mistaken, 7, (1,))[0]
    assert crowd.columns is None
    assert list(crowd) == sorted(crowd.patients, key=lambda p: (p.first_day, p.id))


@pytest.mark.parametrize("weekdays", [WEEKDAYS, ("Tuesday",), ("Monday", "Thursday")])
@pytest.mark.parametrize(("months", "most"), [(0.3, 12), (4.0, 60), (4.0, 10_000)])
def test_places_of_one_arm_taken_all_at_once_are_those_taken_one_by_one(
    weekdays: tuple[str, ...], months: float, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = busy_trial(months, enrolment=Enrolment(months, 1.5), patients=most)
    first, *others = plain.sites
    gone = replace(first, active_until_on=date(2024, 9, 1), treatment_weekdays=weekdays)
    programme = replace(plain, sites=(gone, *others))

    def entered() -> Entries:
        return trial_entries(programme, ways_of(programme), trial_of(programme), 3, range(8))

    at_once = entered()
    monkeypatch.setattr(entries, "fills_in_order", lambda *_: False)
    one_by_one = entered()
    for name in ("site", "arm", "first_day", "cohort", "waits_days", "succeeded", "known_on"):
        assert (getattr(at_once, name) == getattr(one_by_one, name)).all(), name
    assert (at_once.drawn.replication == one_by_one.drawn.replication).all()
    assert (at_once.drawn.rank == one_by_one.drawn.rank).all()
    assert len(at_once.site) > 0


@pytest.mark.parametrize("mean", [0.0, 0.3, 15.99, 16.0, 16.01, 32.0, 250.7, 4096.0])
def test_poisson_numbers_of_many_rows_are_those_of_one(mean: float) -> None:
    found = poisson_rows(9, [0, 1, 2], "patients", [4, 5, 6], [mean] * 3)
    plain = [stream(9, r, "patients").poisson(mean, e) for r, e in ((0, 4), (1, 5), (2, 6))]
    assert found.tolist() == plain
