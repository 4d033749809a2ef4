"""The benchmark of replans: which batches fail, and what its tables count."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.instances.generate import Instance, instance
from benchmarks.instances.replanning import (
    AUDITS,
    HEADING,
    Failure,
    audit_row,
    audited,
    failed,
    failing,
    planned,
    row,
    summary,
    verdict,
)
from doseline.plan import Plan


@pytest.fixture(scope="module")
def small() -> Instance:
    return instance("S")


@pytest.fixture(scope="module")
def before(small: Instance) -> Plan:
    return planned(small, seconds=30.0)


@pytest.fixture(scope="module")
def found(small: Instance, before: Plan) -> Failure:
    """The second of four: the plan has begun, and most of it is still to come."""
    return failed(small, before, failing(small, before.schedule, 4)[1], seconds=30.0)


def test_the_batches_that_fail_are_spread_over_the_plan(small: Instance, before: Plan) -> None:
    chosen = failing(small, before.schedule, 4)
    at = [loss.known_at for loss in chosen]
    every = sorted(b.charge_at for b in before.schedule.batches)
    assert at == sorted(set(at))
    assert all(loss.batches[0].id == loss.what for loss in chosen)
    assert every[0] < at[0] < every[len(every) // 2] < at[3] < at[0] + 8 * 7 * 1440
    assert chosen == failing(small, before.schedule, 4)
    early = failing(small, before.schedule, 4, ahead_min=7 * 1440)
    assert [loss.known_at + 7 * 1440 for loss in early] == at


def test_a_replan_meets_as_many_doses_as_a_full_resolve_and_moves_no_more(found: Failure) -> None:
    mine, other = found.replanned, found.resolved
    assert found.doses > 0
    assert (mine.broken, other.broken) == (0, 0)
    assert found.more_doses == 0
    assert mine.moved <= other.moved
    assert found.dearer is not None
    # the re-solve has proven its cost to a hundredth of a percent, and nothing can be cheaper
    assert other.gap is not None
    assert found.dearer > -2e-4


def test_the_tables_say_what_was_counted(small: Instance, before: Plan, found: Failure) -> None:
    line, last = row(small, found), summary([found])
    assert line.count("|") == last.count("|") == HEADING.split("\n")[0].count("|")
    assert f"| `{found.batch}` | {found.doses} |" in line
    assert "median of 1" in last
    contingencies = audited(small, before)
    told = audit_row(small, before, contingencies)
    assert told.count("|") == AUDITS.split("\n")[0].count("|")
    assert f"| {len(contingencies.contingencies)} |" in told


def test_fewer_doses_or_more_moves_are_told(small: Instance, found: Failure) -> None:
    """A replan with a dose less, and one that moves more than the re-solve."""
    less = replace(found, replanned=replace(found.replanned, met=found.resolved.met - 1))
    assert less.dearer is None
    assert less.more_doses == -1
    assert "fewer doses" in row(small, less)
    assert "0 were within 0.1 %" in verdict([less])
    assert "1 fewer" in verdict([less])
    more = replace(found, replanned=replace(found.replanned, moved=found.resolved.moved + 1))
    assert "0 moved no more doses" in verdict([more])
    dear = replace(found, replanned=replace(found.replanned, cents=2 * found.resolved.cents))
    assert "0 were within 0.1 %" in verdict([dear])
    assert "+100.000 %" in row(small, dear)
