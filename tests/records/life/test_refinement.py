"""The fine machines of the record refine the coarse ones that plans and simulations obey."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doseline.clock import Clock
from doseline.operations import events as e
from doseline.operations.life import obeys
from doseline.operations.states import (
    next_batch_state,
    next_order_state,
    next_shipment_state,
    next_vial_state,
)
from doseline.records.fold import fact_said, folded
from doseline.records.machines import MACHINES
from doseline.records.refinement import COARSE_OF, COARSE_STATE, coarse_events
from doseline.records.state import Record
from tests.records.life.plant import founded, lines_of, run, snapshots

NEXT: dict[str, Any] = {
    "order": next_order_state,
    "batch": next_batch_state,
    "vial": next_vial_state,
    "shipment": next_shipment_state,
}
EXAMPLE: dict[type[e.Event], e.Event] = {
    e.OrderPlaced: e.OrderPlaced(0, "O", "2018-07-10", 1),
    e.OrderPromised: e.OrderPromised(0, "O", "B", 9),
    e.OrderUnpromised: e.OrderUnpromised(0, "O", "B", "why"),
    e.OrderCancelled: e.OrderCancelled(0, "O", "before_production"),
    e.OrderMissed: e.OrderMissed(0, "O", "why"),
    e.DoseAdministered: e.DoseAdministered(0, "O", "V", 1, True, True),
    e.BatchPlanned: e.BatchPlanned(0, "B", "S", "P"),
    e.BatchLocked: e.BatchLocked(0, "B", 1),
    e.BatchCancelled: e.BatchCancelled(0, "B", "why"),
    e.LabellingStarted: e.LabellingStarted(0, "B", 1),
    e.BatchFilled: e.BatchFilled(0, "B", 1, 1),
    e.QcPassed: e.QcPassed(0, "B"),
    e.BatchReleased: e.BatchReleased(0, "B"),
    e.BatchCertified: e.BatchCertified(0, "B"),
    e.VialFilled: e.VialFilled(0, "V", "B", None, 1),
    e.VialPacked: e.VialPacked(0, "V", "S"),
    e.VialUsed: e.VialUsed(0, "V", 1, 0),
    e.VialWasted: e.VialWasted(0, "V", "why", 0),
    e.ShipmentDispatched: e.ShipmentDispatched(0, "S", "B", "L", "F"),
    e.ShipmentHeld: e.ShipmentHeld(0, "S", "why", 0),
    e.ShipmentReceived: e.ShipmentReceived(0, "S"),
    e.ShipmentLost: e.ShipmentLost(0, "S", "why"),
}

BEGAN = datetime(2018, 6, 25, 12, tzinfo=UTC)

TRANSITIONS = [
    pytest.param(machine, state, kind, after, id=f"{machine}-{state}-{kind}")
    for machine in NEXT
    for (state, kind), after in MACHINES[machine].items()
]


def amounts_to(kind: str, machine: str, state: str | None) -> tuple[e.Event, ...]:
    if kind == "BatchRejected":
        stage = "before_fill" if state == "in process" else "qc"
        return (e.BatchFailed(0, "B", "why", stage),)
    return tuple(EXAMPLE[cls] for cls in COARSE_OF.get((machine, kind), ()))


@pytest.mark.parametrize(("machine", "state", "kind", "after"), TRANSITIONS)
def test_every_fine_transition_is_a_walk_of_the_coarse_machine(
    machine: str, state: str | None, kind: str, after: str
) -> None:
    """The square commutes: what the facts amount to leads where the fine state stands."""
    stands = None if state is None else COARSE_STATE[machine][state]
    for event in amounts_to(kind, machine, state):
        stands = NEXT[machine](stands, event)
    assert stands == COARSE_STATE[machine][after]


@pytest.mark.parametrize("machine", NEXT)
def test_every_fine_state_has_its_coarse_one(machine: str) -> None:
    states = set(MACHINES[machine].values())
    assert set(COARSE_STATE[machine]) == states


@pytest.mark.parametrize("end", ["confirmed.txt", "late_failure.txt"])
def test_a_recorded_history_obeys_the_life_that_simulations_obey(end: str) -> None:
    plant = founded(BEGAN)
    for name in ("plant.txt", "batch.txt", end):
        for _ in run(plant, lines_of(name)):
            pass
    said = [fact_said(x) for x in plant.store.entries() if x.stream != "ledger"]
    told = list(coarse_events(said, Clock(date(2018, 6, 1))))
    told.sort(key=lambda event: event.at)  # Python sorts stably: the record's order within a minute
    assert any(isinstance(event, e.DoseAdministered) for event in told)
    assert obeys(told, finished=False) == ()


@settings(max_examples=20)
@given(cut=st.sampled_from(range(100)))
def test_folding_in_two_parts_is_folding_in_one(cut: int) -> None:
    """14: the record is what its entries say, however they are read; reading changes nothing."""
    plant = snapshots()[-1]
    said = [fact_said(x) for x in plant.store.entries() if x.stream != "ledger"]
    at = len(said) * cut // 100
    first = folded(Record(), said[:at])
    kept = first.copied()
    assert folded(first, said[at:]) == plant.record
    assert first == kept
