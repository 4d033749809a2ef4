"""Life stands once: what each state accepts, what it refuses and in which words."""

from __future__ import annotations

import pytest

from doseline.errors import LifeError
from doseline.operations.events import (
    BatchCancelled,
    BatchFailed,
    BatchFilled,
    BatchLocked,
    BatchPlanned,
    BatchReleased,
    DoseAdministered,
    Event,
    IsotopeReceived,
    LabellingStarted,
    OrderCancelled,
    OrderMissed,
    OrderPromised,
    OrderUnpromised,
    ShipmentDispatched,
    ShipmentReceived,
    ShockBegan,
    VialFilled,
    VialPacked,
    VialUsed,
    VialWasted,
)
from doseline.operations.life import (
    BatchState,
    OrderState,
    ShipmentState,
    VialState,
    next_batch_state,
    next_order_state,
    next_shipment_state,
    next_vial_state,
)

FAILED_AT_QC = BatchFailed(5, "B1", "endotoxin", "qc")


BATCH_REFUSALS: list[tuple[BatchState | None, Event, str]] = [
    (BatchState.RELEASED, FAILED_AT_QC, "A released batch cannot be rejected by QC."),
    (BatchState.PLANNED, FAILED_AT_QC, "A planned batch cannot be rejected by QC."),
    (
        BatchState.FILLED,
        BatchFailed(5, "B1", "leak", "before_fill"),
        "A filled batch cannot fail before filling.",
    ),
    (
        BatchState.FILLED,
        BatchFailed(5, "B1", "leak", "lunch"),
        'A filled batch cannot fail at the unknown stage "lunch".',
    ),
    (BatchState.FILLED, BatchReleased(5, "B1"), "A filled batch cannot be released."),
    (BatchState.FAILED, BatchReleased(5, "B1"), "A failed batch cannot be released."),
    (
        BatchState.LABELLING,
        BatchCancelled(5, "B1", ""),
        "A labelling batch cannot be cancelled.",
    ),
    (
        BatchState.PLANNED,
        BatchPlanned(5, "B1", "", ""),
        "A planned batch cannot be planned again.",
    ),
    (BatchState.LOCKED, BatchLocked(5, "B1", 2), "A locked batch cannot be locked."),
    (
        BatchState.PLANNED,
        LabellingStarted(5, "B1", 2),
        "A planned batch cannot start labelling.",
    ),
    (
        BatchState.LOCKED,
        VialFilled(5, "V1", "B1", None, 2),
        "A locked batch cannot fill a vial.",
    ),
    (
        None,
        BatchFilled(5, "B1", 2, 2),
        "A batch that was never planned cannot end its synthesis.",
    ),
    (
        None,
        IsotopeReceived(5, "B1", "r", 2),
        "A batch that was never planned cannot receive isotope.",
    ),
    (
        BatchState.RELEASED,
        ShockBegan(5, "x", "y", ()),
        "A released batch cannot take a ShockBegan.",
    ),
]

ORDER_REFUSALS: list[tuple[OrderState | None, Event, str]] = [
    (
        OrderState.ADMINISTERED,
        DoseAdministered(5, "D1", "V1", 1, True, True),
        "An administered order cannot be administered.",
    ),
    (
        OrderState.ADMINISTERED,
        OrderMissed(5, "D1", ""),
        "An administered order cannot be missed.",
    ),
    (
        OrderState.MISSED,
        OrderPromised(5, "D1", "B1", 9),
        "A missed order cannot be promised a batch.",
    ),
    (
        OrderState.PLACED,
        OrderUnpromised(5, "D1", "B1", ""),
        "A placed order cannot lose its batch.",
    ),
    (
        OrderState.PLACED,
        DoseAdministered(5, "D1", "V1", 1, True, True),
        "A placed order cannot be administered.",
    ),
    (
        None,
        OrderCancelled(5, "D1", "before_lock"),
        "An order that was never placed cannot be cancelled.",
    ),
]

VIAL_REFUSALS: list[tuple[VialState | None, Event, str]] = [
    (VialState.SENT, VialUsed(5, "V1", 1, 0), "A sent vial cannot be used."),
    (VialState.WASTED, VialUsed(5, "V1", 1, 0), "A wasted vial cannot be used."),
    (VialState.USED, VialWasted(5, "V1", "", 1), "A used vial cannot be thrown away."),
    (None, VialPacked(5, "V1", "S1"), "A vial that was never filled cannot be packed."),
]

SHIPMENT_REFUSALS: list[tuple[ShipmentState | None, Event, str]] = [
    (ShipmentState.LOST, ShipmentReceived(5, "S1"), "A lost shipment cannot be received."),
    (ShipmentState.SENT, VialPacked(5, "V1", "S1"), "A sent shipment cannot be packed."),
    (
        None,
        ShipmentDispatched(5, "S1", "B1", "van", "x"),
        "A shipment that was never packed cannot be dispatched.",
    ),
]


@pytest.mark.parametrize(("state", "event", "words"), BATCH_REFUSALS)
def test_a_batch_refuses_what_does_not_fit(
    state: BatchState | None, event: Event, words: str
) -> None:
    with pytest.raises(LifeError) as refused:
        next_batch_state(state, event)
    assert str(refused.value) == words


@pytest.mark.parametrize(("state", "event", "words"), ORDER_REFUSALS)
def test_an_order_refuses_what_does_not_fit(
    state: OrderState | None, event: Event, words: str
) -> None:
    with pytest.raises(LifeError) as refused:
        next_order_state(state, event)
    assert str(refused.value) == words


@pytest.mark.parametrize(("state", "event", "words"), VIAL_REFUSALS)
def test_a_vial_refuses_what_does_not_fit(
    state: VialState | None, event: Event, words: str
) -> None:
    with pytest.raises(LifeError) as refused:
        next_vial_state(state, event)
    assert str(refused.value) == words


@pytest.mark.parametrize(("state", "event", "words"), SHIPMENT_REFUSALS)
def test_a_shipment_refuses_what_does_not_fit(
    state: ShipmentState | None, event: Event, words: str
) -> None:
    with pytest.raises(LifeError) as refused:
        next_shipment_state(state, event)
    assert str(refused.value) == words
