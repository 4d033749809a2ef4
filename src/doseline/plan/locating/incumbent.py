"""The best assignment so far, and what another must cost less than to count."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from doseline.plan.locating.knapsacks import Whole
from doseline.plan.locating.locations import Structure

Progress = Callable[[str], None]


@dataclass
class Incumbent:
    """The best assignment that is known, none at first; `gap` is the share that does not matter."""

    structure: Structure
    gap: float
    say: Progress = field(default=lambda _: None)
    assignment: Whole | None = None
    value: float = math.inf

    def offer(self, assignment: Whole | None) -> None:
        """Keep an assignment if it fits and is better."""
        if assignment is None or not self.structure.fits(assignment):
            return
        value = self.structure.value(assignment)
        if value < self.value - 1e-9 * abs(value):
            self.assignment, self.value = assignment, value
            self.say(f"places and orders: cost {value:.10g}")

    @property
    def cutoff(self) -> float:
        """What an assignment must cost less than to count: the value less the gap.

        Where all costs are whole it is a little more than the next whole cost below.
        """
        if self.assignment is None:
            return self.structure.dear
        step = 0.99 * self.structure.grain
        return self.value - max(step, self.gap * abs(self.value))
