"""The recall on a large genealogy is what brute force finds, and quick."""

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.records.recall import Reach, Suspects, reach
from doseline.records.state import Record
from tests.records.life.genealogy import brute_force, genealogy

SUSPECTS = [
    Suspects(lots=("L-0",)),
    Suspects(lots=("L-17", "L-41")),
    Suspects(batches=("B-3", "B-77")),
    Suspects(equipment=("E-2",), from_at="2020-02-01", until_at="2020-04-01"),
    Suspects(people=("p-5",), until_at="2020-03-01"),
    Suspects(lots=("L-9",), equipment=("E-0",), people=("p-1",), from_at="2020-06-01"),
]


@pytest.mark.parametrize("suspects", SUSPECTS)
def test_on_ten_thousand_batches_the_recall_equals_brute_force(
    suspects: Suspects, large: Record
) -> None:
    began = time.process_time()  # so that a busy machine does not decide
    found = reach(large, suspects)
    took = time.process_time() - began
    assert found == brute_force(large, suspects)
    assert found.batches
    assert took < 1.0


@pytest.fixture(scope="module")
def large() -> Record:
    return genealogy(10_000, seed=7)


@given(st.integers(0, 10**6), st.sampled_from(SUSPECTS))
def test_on_small_genealogies_too(seed: int, suspects: Suspects) -> None:
    record = genealogy(12, seed=seed)
    assert reach(record, suspects) == brute_force(record, suspects)


def test_a_consignee_whose_vial_came_back_is_named_still() -> None:
    record = genealogy(40, seed=3)
    shipped = next(s for s in record.shipments.values() if s.tendered_at)
    for name in shipped.vials:
        record.vials[name] = replace(record.vials[name], where="elsewhere")
    found: Reach = reach(record, Suspects(batches=(shipped.batch,)))
    assert shipped.facility in found.consignees
