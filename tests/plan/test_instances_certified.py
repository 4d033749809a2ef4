"""The benchmark of certificates: what its table says of one instance."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.instances.certificates import HEADING, Checked, checked, relaxed_cents
from benchmarks.instances.generate import Instance, instance


@pytest.fixture(scope="module")
def small() -> Instance:
    return instance("S", seed=3)


@pytest.fixture(scope="module")
def found(small: Instance) -> Checked:
    told = checked(small, seconds=30.0)
    assert told is not None
    return told


def test_the_certificate_holds_and_each_one_altered_in_a_number_is_refused(found: Checked) -> None:
    assert found.holds
    assert (found.refused, found.altered) == (4, 4)


def test_the_certified_bound_is_that_of_the_relaxation_with_its_cuts(found: Checked) -> None:
    assert found.cuts > 0
    assert abs(found.below_points) < 1e-3
    assert found.bound_cents <= found.plan.objective_cents


def test_a_weaker_bound_shows_in_the_table(found: Checked) -> None:
    weaker = replace(found, bound_cents=found.bound_cents - 0.001 * found.plan.objective_cents)
    assert weaker.below_points == pytest.approx(0.1, abs=2e-3)
    assert str(weaker) != str(found)


def test_the_relaxation_without_the_cuts_is_lower(small: Instance, found: Checked) -> None:
    certificate = found.plan.certificate
    assert certificate is not None
    assert certificate.cost is not None
    bare = replace(certificate.cost.multipliers, cuts=())
    without = relaxed_cents(small, certificate, replace(certificate.cost, multipliers=bare))
    assert without < found.relaxed_cents - 100.0


def test_a_row_has_a_cell_for_each_heading(found: Checked) -> None:
    assert str(found).count("|") == HEADING.splitlines()[0].count("|")
