"""The book of activity: it adds up, and it says what the decay law says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doseline.operations.accounts import account, expected_book, imbalances
from doseline.operations.events import (
    ActivityMoved,
    BatchCancelled,
    BatchFailed,
    BatchPlanned,
    Event,
    IsotopeReceived,
    LabellingStarted,
    VialFilled,
    VialWasted,
)
from tests.operations.hand_history import (
    BULK,
    CHARGE,
    EAST,
    HALF_LIFE,
    ISOTOPE,
    NORTH,
    good_history,
    in_order,
    moved,
)
from tests.operations.hand_schedule import at

GOOD = in_order(good_history())


def test_every_kbq_that_came_in_stands_in_some_account() -> None:
    book = account(GOOD)
    assert sum(book.balances.values()) == 0
    assert book.balance("source") == -ISOTOPE
    ends = book.balance("patient") + book.balance("waste") + book.balance("decayed")
    assert ends == ISOTOPE
    assert book.balance("patient", "B1") == 300_000


def test_the_book_of_the_hand_calculation_agrees_with_the_decay_law() -> None:
    assert imbalances(GOOD, HALF_LIFE) == ()


def test_the_law_works_the_book_out_without_reading_its_postings() -> None:
    bare = [event for event in GOOD if not isinstance(event, ActivityMoved)]
    book = expected_book(bare, HALF_LIFE)
    assert sum(book.balances.values()) == pytest.approx(0, abs=1e-6)
    left = ISOTOPE * 2 ** (-16 / 64) - CHARGE  # not charged
    lost = CHARGE * 2 ** (-3 / 64) - NORTH - EAST  # yield and samples
    assert book.balance("waste") == pytest.approx(left + lost, abs=2)
    assert book.balance("plant:B1") == pytest.approx(0, abs=1e-6)
    assert account(bare).balances == {}


def changed(before: ActivityMoved, by: int) -> list[Event]:
    """The history with one posting larger."""
    return [
        replace(before, activity_kbq=before.activity_kbq + by) if e == before else e for e in GOOD
    ]


POSTINGS = [event for event in GOOD if isinstance(event, ActivityMoved)]


@pytest.mark.parametrize("posting", POSTINGS, ids=lambda p: f"{p.from_account} to {p.to_account}")
def test_a_posting_that_is_wrong_is_found(posting: ActivityMoved) -> None:
    wrong = changed(posting, 20)
    found = imbalances(wrong, HALF_LIFE)
    assert any(f"Account {posting.to_account} " in text for text in found)
    assert any(f"Account {posting.from_account} " in text for text in found)


def test_rounding_to_whole_kbq_is_forgiven_and_no_more() -> None:
    to_vial = next(p for p in POSTINGS if p.to_account == "vial:V2")
    assert imbalances(changed(to_vial, 1), HALF_LIFE) == ()
    assert imbalances(changed(to_vial, 10), HALF_LIFE) != ()


def test_a_posting_that_is_missing_is_found() -> None:
    for posting in POSTINGS:
        assert imbalances([e for e in GOOD if e != posting], HALF_LIFE) != ()


def test_another_half_life_is_found() -> None:
    assert imbalances(GOOD, {"dose": 60 * 60.0}) != ()


def test_an_account_cannot_give_what_it_does_not_hold() -> None:
    twice = [*GOOD, moved(at(24, 0), "vial:V1", "waste", 50)]
    assert any("overdrawn" in text for text in imbalances(twice, HALF_LIFE))


def test_isotope_of_a_cancelled_batch_decays_until_it_is_given_up() -> None:
    """Half of it is gone after a half-life of 64 h; what arrives later is waste at once."""
    events: list[Event] = [
        BatchPlanned(0, "B1", "cell", "dose"),
        IsotopeReceived(60, "B1", "reactor", 1000),
        BatchCancelled(60 + 64 * 60, "B1", "no orders left"),
        IsotopeReceived(9000, "B1", "reactor", 300),
    ]
    book = expected_book(events, HALF_LIFE)
    assert book.balance("decayed") == pytest.approx(500)
    assert book.balance("waste") == pytest.approx(800)


def test_a_batch_that_fails_before_filling_is_all_waste() -> None:
    events: list[Event] = [
        BatchPlanned(0, "B1", "cell", "dose"),
        IsotopeReceived(60, "B1", "reactor", 1000),
        LabellingStarted(60, "B1", 1000),
        BatchFailed(60 + 128 * 60, "B1", "spill", "before_fill"),
    ]
    book = expected_book(events, HALF_LIFE)
    assert book.balance("waste") == pytest.approx(250)
    assert book.balance("bulk:B1") == pytest.approx(0)


def test_a_vial_thrown_away_is_waste_at_what_it_then_holds() -> None:
    end = at(12, 1)
    thrown: list[Event] = [
        e for e in GOOD if e.at < at(10, 17) or (isinstance(e, ActivityMoved) and e.at < end)
    ]
    thrown += [
        VialWasted(end, "V2", "expired", 100_000),
        moved(end, "vial:V2", "decayed", 100_000),
        moved(end, "vial:V2", "waste", 100_000),
    ]
    assert not any("vial:V2" in text for text in imbalances(thrown, HALF_LIFE))
    filled = [e for e in GOOD if isinstance(e, VialFilled)]
    assert sum(e.activity_kbq for e in filled) <= BULK
