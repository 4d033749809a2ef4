"""Whole histories: the laws that bind one thing to another, and those of the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doseline.operations.events import (
    ActivityMoved,
    BatchCancelled,
    BatchFailed,
    BatchFilled,
    BatchLocked,
    BatchPlanned,
    BatchReleased,
    DoseAdministered,
    Event,
    IsotopeOrdered,
    IsotopeReceived,
    LabellingStarted,
    OrderMissed,
    OrderMoved,
    OrderPlaced,
    OrderPromised,
    OrderUnpromised,
    ShipmentDispatched,
    ShipmentLost,
    ShipmentReceived,
    ShockBegan,
    VialFilled,
    VialUsed,
    VialWasted,
)
from doseline.operations.life import (
    obeys,
)
from tests.operations.hand_history import good_history, in_order
from tests.operations.hand_schedule import at


def test_a_history_in_which_all_goes_well_obeys() -> None:
    assert obeys(in_order(good_history())) == ()


def test_a_history_in_which_a_batch_fails_obeys() -> None:
    assert (
        obeys(
            [
                OrderPlaced(0, "D1", "2024-01-10", 200_000),
                BatchPlanned(1, "B1", "cell", "dose"),
                OrderPromised(1, "D1", "B1", 900),
                BatchLocked(2, "B1", 1),
                ShockBegan(2, "storm", "carrier", ("air",)),
                OrderMoved(2, "D1", "2024-01-11"),
                LabellingStarted(3, "B1", 1000),
                BatchFilled(4, "B1", 900, 1),
                VialFilled(4, "V1", "B1", "D1", 800),
                BatchFailed(5, "B1", "endotoxin", "qc"),
                VialWasted(5, "V1", "batch failed", 790),
                OrderUnpromised(5, "D1", "B1", "batch failed"),
                OrderMissed(9, "D1", "batch failed"),
            ]
        )
        == ()
    )


# -- laws between things -------------------------------------------------------------------


def without(history: list[Event], *kinds: type[Event]) -> list[Event]:
    return [event for event in history if not isinstance(event, kinds)]


def swapped(history: list[Event], kind: type[Event], **changes: Any) -> list[Event]:
    """The history with the first event of a kind changed."""
    found = next(i for i, event in enumerate(history) if isinstance(event, kind))
    changed = replace(history[found], **changes)
    return [*history[:found], changed, *history[found + 1 :]]


GOOD = in_order(good_history())


@pytest.mark.parametrize(
    ("history", "words"),
    [
        (without(GOOD, BatchReleased), "A vial of a tested batch cannot be packed"),
        (without(GOOD, ShipmentReceived), "A sent vial cannot be used"),
        (without(GOOD, VialUsed, ShipmentReceived), "from vial V1, which is sent"),
        (swapped(GOOD, OrderPromised, batch="B9"), "promised batch B9, which was never planned"),
        (swapped(GOOD, BatchFilled, vials=3), "locked for 2 vials, spares included, cannot fill 3"),
        (swapped(GOOD, BatchLocked, vials=1), "locked for 1 vials, spares included, cannot fill 2"),
        (swapped(GOOD, DoseAdministered, vial="V9"), "from vial V9, which was never filled"),
        (swapped(GOOD, DoseAdministered, order="east"), "An administered order cannot"),
        (swapped(GOOD, ShipmentDispatched, batch="B2"), "cannot carry vial V1 of batch B1"),
        ([*GOOD, OrderPlaced(0, "late", "2024-01-01", 1)], "events come in order of time"),
        (
            [*GOOD, ActivityMoved(at(30, 0), "B9", "source", "waste", 1)],
            "Activity cannot move in a batch that was never planned",
        ),
        (
            [
                *GOOD[: GOOD.index(BatchReleased(at(9, 13), "B1"))],
                BatchFailed(at(9, 13), "B1", "leak", "qc"),
                OrderPromised(at(9, 13), "north", "B1", at(10, 17)),
            ],
            "promised batch B1, which is failed",
        ),
    ],
)
def test_a_law_between_things_is_kept(history: list[Event], words: str) -> None:
    assert any(words in broken for broken in obeys(history)), obeys(history)


def test_a_dose_comes_from_the_batch_that_was_promised() -> None:
    other = [
        BatchPlanned(at(9, 13), "B2", "cell", "dose"),
        OrderPromised(at(9, 13), "north", "B2", at(10, 17)),
    ]
    broken = obeys(in_order([*GOOD, *other]))
    assert any("promised batch B2 cannot be administered from batch B1" in b for b in broken)


def test_spare_vials_may_be_filled_beyond_those_locked() -> None:
    one_locked = swapped(GOOD, BatchLocked, vials=1)
    assert obeys(one_locked, spare_vials=1) == ()


def test_isotope_of_a_cancelled_batch_may_still_arrive() -> None:
    assert (
        obeys(
            [
                BatchPlanned(0, "B1", "cell", "dose"),
                BatchLocked(1, "B1", 2),
                IsotopeOrdered(1, "B1", "reactor", 10),
                BatchCancelled(2, "B1", "orders cancelled"),
                IsotopeReceived(3, "B1", "reactor", 10),
            ]
        )
        == ()
    )


def test_a_lost_vial_is_written_off_and_never_used() -> None:
    lost = [ShipmentLost(e.at, "S1", "damaged") if e == GOOD_RECEIPT else e for e in GOOD]
    assert any("A sent vial cannot be used" in broken for broken in obeys(lost))


GOOD_RECEIPT = ShipmentReceived(at(9, 16), "S1")


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ([OrderPlaced(0, "D1", "2024-01-10", 1)], "order D1 still placed"),
        (GOOD[: GOOD.index(GOOD_RECEIPT)], "order north still promised"),
        (GOOD[: GOOD.index(GOOD_RECEIPT)], "shipment S1 still sent"),
        (GOOD[: GOOD.index(GOOD_RECEIPT)], "vial V2 still packed"),
        ([BatchPlanned(0, "B1", "cell", "dose")], "batch B1 still planned"),
        (without(GOOD, DoseAdministered), "Vial V1 was used, and no dose was administered"),
        (without(GOOD, VialUsed), "Vial V1 was given for order north, and stands as received"),
        (swapped(GOOD, BatchFilled, vials=1), "said that it filled 1 vials, and filled 2"),
    ],
)
def test_at_the_end_everything_has_come_to_its_end(history: list[Event], words: str) -> None:
    assert any(words in broken for broken in obeys(history)), obeys(history)


def test_a_history_cut_in_the_middle_obeys_as_far_as_it_goes() -> None:
    for end in range(len(GOOD)):
        assert obeys(GOOD[:end], finished=False) == ()
