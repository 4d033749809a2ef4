"""Which way serves an order, among those of its day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doseline.operations.events import BatchPlanned, DoseAdministered
from doseline.programme.policy import Preference
from doseline.simulate import history
from tests.simulate.worlds import FROM, UNTIL, Weekly, tiny, with_second_plant


@pytest.mark.parametrize(
    ("preference", "line"),
    [("recoverable", "cell"), ("cheapest", "cell-2"), ("freshest", "cell-2")],
)
def test_the_earlier_batch_is_taken_where_a_later_one_can_stand_in_even_if_that_one_is_cheaper(
    preference: Preference, line: str
) -> None:
    programme = with_second_plant(tiny(), 0.0)
    cheap = replace(programme.lanes[-1], cost_cents=0)
    contract = replace(programme.contracts[-1], batch_fee_cents=0)
    programme = replace(
        programme,
        lanes=(*programme.lanes[:-1], cheap),
        contracts=(*programme.contracts[:-1], contract),
        policy=replace(programme.policy, preference=preference),
    )
    events = history(
        programme,
        Weekly(),
        seed=1,
        replication=0,
        from_on=FROM,
        until_on=UNTIL,
        chance=False,
    )
    found = {e.slot.partition("@")[0] for e in events if isinstance(e, BatchPlanned)}
    assert found == {line}
    given = [e.on_day for e in events if isinstance(e, DoseAdministered)]
    assert given == [True] * 8
