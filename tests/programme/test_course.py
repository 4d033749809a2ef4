from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.programme.course import (
    CourseState,
    Luck,
    Outcome,
    after,
    begin,
    due,
    gate,
    snapped,
)
from doseline.programme.policy import Policy
from doseline.programme.trial import Arm, DoseRate, DoseRule, GateRow, Visit

DOSE = DoseRule(DoseRate(555.0, "m2"))
GATE = (
    GateRow("pass", 0.5),
    GateRow("delay", 0.3, delay_mean_min=20160),
    GateRow("reduce", 0.1, factor=0.75),
    GateRow("stop", 0.1),
)
PIVOTAL = Arm(
    "pivotal",
    DOSE,
    (
        Visit(1, 3, 3),
        Visit(15, 1, 3, 0.95),
        Visit(57, 3, 14, 0.85, GATE),
        Visit(71, 1, 3, 0.95),
    ),
)
POLICY = Policy(reorder_at_most=2)


def lucky(goes_on: float = 0.0, gate: float = 0.0, delay: int = 14) -> Luck:
    return Luck(goes_on, gate, delay, 1.0, 0.0, 1.0, 1.0)


def test_the_pivotal_schedule_falls_on_days_14_56_and_70_after_the_first_dose() -> None:
    state = begin(1000, PIVOTAL, lucky())
    days = []
    while not state.over:
        days.append(state.due_day)
        following = lucky() if state.visit < 3 else None
        state = after(state, PIVOTAL, "given", state.due_day, POLICY, following)
    assert days == [1000, 1014, 1056, 1070]
    assert state.given == 4


def test_a_visit_counts_from_the_day_on_which_the_dose_before_was_given() -> None:
    state = begin(1000, PIVOTAL, lucky())
    state = after(state, PIVOTAL, "given", 1002, POLICY, lucky())
    assert (state.visit, state.due_day) == (1, 1016)


def test_a_missed_dose_is_ordered_again_a_week_later_as_often_as_the_policy_says() -> None:
    state = CourseState(visit=1, due_day=1014, given=1)
    for attempt in (1, 2):
        state = after(state, PIVOTAL, "missed", state.due_day, POLICY, lucky())
        assert (state.visit, state.attempt) == (1, attempt)
    assert state.due_day == 1028
    state = after(state, PIVOTAL, "missed", state.due_day, POLICY, lucky())
    assert state == CourseState(visit=2, due_day=1028 + 42, given=1)


def test_a_policy_without_reordering_lets_the_course_go_on_without_the_dose() -> None:
    policy = Policy(reorder_missed=False)
    state = after(CourseState(1, 1014, given=1), PIVOTAL, "missed", 1014, policy, lucky())
    assert (state.visit, state.attempt, state.given) == (2, 0, 1)


def test_a_course_whose_first_dose_is_never_given_is_over() -> None:
    state = begin(1000, PIVOTAL, lucky())
    for _ in range(3):
        assert not state.over
        state = after(state, PIVOTAL, "cancelled", state.due_day, POLICY, lucky())
    assert state.over
    assert state.given == 0


def test_a_patient_who_does_not_go_on_gets_no_further_dose() -> None:
    state = begin(1000, PIVOTAL, lucky())
    assert after(state, PIVOTAL, "given", 1000, POLICY, lucky(goes_on=0.95)).over
    assert not after(state, PIVOTAL, "given", 1000, POLICY, lucky(goes_on=0.949)).over


@pytest.mark.parametrize(
    ("u", "outcome", "factor"),
    [
        (0.0, "pass", 1.0),
        (0.499, "pass", 1.0),
        (0.5, "delay", 1.0),
        (0.799, "delay", 1.0),
        (0.85, "reduce", 0.75),
        (0.95, "stop", 1.0),
    ],
)
def test_the_rows_of_a_gate_share_the_unit_interval(u: float, outcome: str, factor: float) -> None:
    assert gate(PIVOTAL.visits[2], u) == (outcome, factor, False)


def test_a_visit_without_a_gate_is_always_passed() -> None:
    assert gate(PIVOTAL.visits[1], 0.999) == ("pass", 1.0, False)


@pytest.mark.parametrize(
    ("u", "expected"),
    [
        (0.2, CourseState(visit=2, due_day=1056, given=2)),
        (0.6, CourseState(visit=2, due_day=1070, given=2)),
        (0.85, CourseState(visit=2, due_day=1056, factor=0.75, given=2)),
        (0.95, CourseState(visit=2, due_day=1056, given=2, over=True)),
    ],
)
def test_a_gate_holds_reduces_or_ends_a_course(u: float, expected: CourseState) -> None:
    second = CourseState(visit=1, due_day=1014, given=1)
    assert after(second, PIVOTAL, "given", 1014, POLICY, lucky(gate=u)) == expected


def test_the_factor_of_a_gate_and_of_a_visit_multiply() -> None:
    arm = Arm("half", DOSE, (Visit(1), Visit(8, gate=GATE, dose_factor=0.5)))
    state = after(begin(1000, arm, lucky()), arm, "given", 1000, POLICY, lucky(gate=0.85))
    assert due(state, arm).factor == pytest.approx(0.375)


def test_a_window_stands_around_the_due_day() -> None:
    third = due(CourseState(visit=2, due_day=1056), PIVOTAL)
    assert (third.early_day, third.day, third.late_day) == (1053, 1056, 1070)


def test_a_window_opens_after_the_day_of_the_dose_before() -> None:
    arm = Arm("dense", DOSE, (Visit(1), Visit(3, early_days=5)))
    assert due(CourseState(visit=1, due_day=1002), arm).early_day == 1001


def test_the_window_of_a_retry_opens_after_the_attempt_before() -> None:
    arm = Arm("wide", DOSE, (Visit(1, early_days=20),))
    assert due(CourseState(visit=0, due_day=1007, attempt=1), arm).early_day == 1001
    assert due(CourseState(visit=0, due_day=1007, attempt=0), arm).early_day == 987


def on(*days: int) -> frozenset[int]:
    return frozenset(days)


@pytest.mark.parametrize(
    ("treatment_days", "found"),
    [
        (on(9, 10, 11), 10),  # the due day itself
        (on(9, 12), 12),  # later inside the window rather than earlier
        (on(7, 9), 9),  # the last one before
        (on(7, 15, 20), 15),  # none inside: the first after
    ],
)
def test_a_due_day_is_snapped_to_the_sites_calendar(
    treatment_days: frozenset[int], found: int
) -> None:
    assert snapped(10, 8, 13, treatment_days.__contains__) == found


def test_a_site_that_treats_no_more_raises_instead_of_searching_for_ever() -> None:
    with pytest.raises(LookupError, match="treats on no day"):
        snapped(10, 8, 13, lambda _: False)


@given(
    start=st.integers(0, 6),
    weekdays=st.sets(st.integers(0, 6), min_size=1),
    outcomes=st.lists(st.sampled_from(["given", "missed", "cancelled"]), min_size=40, max_size=40),
    visits=st.lists(
        st.tuples(st.integers(1, 60), st.integers(0, 70), st.integers(0, 14)), max_size=5
    ),
    delays=st.lists(st.sampled_from([0, 7, 28]), min_size=6, max_size=6),
)
def test_a_course_never_asks_for_two_doses_on_one_day(
    start: int,
    weekdays: set[int],
    outcomes: list[Outcome],
    visits: list[tuple[int, int, int]],
    delays: list[int],
) -> None:
    rows, day = [Visit(1, 2, 2)], 1
    for gap, early, late in visits:
        day += gap
        rows.append(Visit(day, early, late, gate=(GateRow("delay", 1.0),)))
    arm = Arm("any", DOSE, tuple(rows))
    state = begin(1000 + start, arm, lucky(delay=delays[0]))
    last = 0
    for outcome in outcomes:
        if state.over:
            break
        wanted = due(state, arm)
        treated = snapped(
            wanted.day, wanted.early_day, wanted.late_day, lambda d: d % 7 in weekdays
        )
        assert treated > last
        last = treated
        following = lucky(delay=delays[state.visit + 1]) if state.visit + 1 < len(rows) else None
        state = after(state, arm, outcome, treated, POLICY, following)
    assert state.over
    assert state.given <= len(rows)
