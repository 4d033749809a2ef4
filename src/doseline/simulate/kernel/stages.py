"""The stages of a batch, and how it goes from one to the next."""

from __future__ import annotations

from typing import Any

from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.instants import at
from doseline.simulate.kernel.words import MAKE_ON

BEGINS, DELIVERED, STANDING, CHARGES, FAILS, FILLS, TESTED, RELEASES = range(8)


@compiled
def go_at(c: Any, batch: int, stage: int, when: int) -> None:
    """Let a batch go on at an instant."""
    c.batches[batch].stage = stage
    at(c, when, MAKE_ON, batch, 0)


@compiled
def until_charge(c: Any, batch: int) -> None:
    """Let a batch wait for the start of its labelling."""
    go_at(c, batch, CHARGES, c.places[c.batches[batch].place].charge_at)
