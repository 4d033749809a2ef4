"""Whatever order events come in, a life stands in a state it may be in."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from doseline.errors import LifeError
from doseline.operations.events import (
    ActivityMoved,
    BatchCancelled,
    BatchCertified,
    BatchFailed,
    BatchFilled,
    BatchLocked,
    BatchPlanned,
    BatchReleased,
    CancelStage,
    DoseAdministered,
    Event,
    IsotopeNotDelivered,
    IsotopeOrdered,
    IsotopeReceived,
    LabellingStarted,
    OrderCancelled,
    OrderMissed,
    OrderMoved,
    OrderPlaced,
    OrderPromised,
    OrderUnpromised,
    QcPassed,
    ShipmentDispatched,
    ShipmentHeld,
    ShipmentLost,
    ShipmentReceived,
    VialFilled,
    VialPacked,
    VialUsed,
    VialWasted,
)
from doseline.operations.life import (
    BatchState,
    Lives,
    OrderState,
    ShipmentState,
    VialState,
)
from tests.operations.hand_history import good_history, in_order

GOOD = in_order(good_history())


names = st.sampled_from(("1", "2"))
minutes = st.integers(0, 9)
stages: st.SearchStrategy[CancelStage] = st.sampled_from(("before_lock", "after_production"))
EVENTS: tuple[st.SearchStrategy[Event], ...] = (
    st.builds(OrderPlaced, minutes, names, st.just("2024-01-10"), minutes),
    st.builds(OrderPromised, minutes, names, names, minutes),
    st.builds(OrderUnpromised, minutes, names, names, names),
    st.builds(OrderCancelled, minutes, names, stages),
    st.builds(OrderMoved, minutes, names, names),
    st.builds(OrderMissed, minutes, names, names),
    st.builds(DoseAdministered, minutes, names, names, minutes, st.booleans(), st.booleans()),
    st.builds(IsotopeOrdered, minutes, names, names, minutes),
    st.builds(IsotopeReceived, minutes, names, names, minutes),
    st.builds(IsotopeNotDelivered, minutes, names, names, names),
    st.builds(BatchPlanned, minutes, names, names, names),
    st.builds(BatchLocked, minutes, names, st.integers(0, 3)),
    st.builds(BatchCancelled, minutes, names, names),
    st.builds(LabellingStarted, minutes, names, minutes),
    st.builds(BatchFilled, minutes, names, minutes, st.integers(0, 3)),
    st.builds(QcPassed, minutes, names),
    st.builds(BatchReleased, minutes, names),
    st.builds(BatchCertified, minutes, names),
    st.builds(
        BatchFailed, minutes, names, names, st.sampled_from(("before_fill", "qc", "qa", "?"))
    ),
    st.builds(VialFilled, minutes, names, names, st.none() | names, minutes),
    st.builds(VialPacked, minutes, names, names),
    st.builds(VialUsed, minutes, names, minutes, minutes),
    st.builds(VialWasted, minutes, names, names, minutes),
    st.builds(ShipmentDispatched, minutes, names, names, names, names),
    st.builds(ShipmentHeld, minutes, names, names, minutes),
    st.builds(ShipmentReceived, minutes, names),
    st.builds(ShipmentLost, minutes, names, names),
    st.builds(ActivityMoved, minutes, names, names, names, minutes),
)
any_events = st.lists(st.one_of(EVENTS), max_size=40)
mixed = st.lists(st.sampled_from(GOOD), max_size=60)
shuffled = st.permutations(GOOD)
ORDER_ENDS = (OrderState.ADMINISTERED, OrderState.CANCELLED, OrderState.MISSED)


def states_of(lives: Lives) -> list[dict[str, str]]:
    return [dict(kind) for kind in (lives.orders, lives.batches, lives.vials, lives.shipments)]


@given(st.one_of(any_events, mixed, shuffled), st.booleans())
def test_whatever_happens_a_life_stands_in_a_state_it_may_be_in(
    events: list[Event], sort: bool
) -> None:
    lives = Lives()
    for event in in_order(events) if sort else events:
        before = states_of(lives)
        try:
            lives.take(event)
        except LifeError:
            assert states_of(lives) == before
        assert all(isinstance(state, OrderState) for state in lives.orders.values())
        assert all(isinstance(state, BatchState) for state in lives.batches.values())
        assert all(isinstance(state, VialState) for state in lives.vials.values())
        assert all(isinstance(state, ShipmentState) for state in lives.shipments.values())
        for order, state in before[0].items():
            assert state not in ORDER_ENDS or lives.orders[order] == state


@given(st.permutations(GOOD))
def test_a_history_out_of_order_never_gives_a_dose_that_was_not_received(
    events: list[Event],
) -> None:
    lives = Lives()
    for event in [replace(e, at=0) for e in events]:
        try:
            lives.take(event)
        except LifeError:
            continue
    for vial, state in lives.vials.items():
        if state is VialState.USED:
            assert lives.batches["B1"] in (BatchState.RELEASED, BatchState.CERTIFIED), vial
            assert ShipmentState.RECEIVED in lives.shipments.values()
