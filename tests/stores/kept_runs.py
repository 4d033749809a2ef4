"""A run of a tiny world, kept in parts."""

from __future__ import annotations

from typing import Any

from doseline.programme import Programme
from doseline.simulate import Period, SimulationResult, simulate
from doseline.stores.parts import Parts
from tests.simulate.worlds import FROM, UNTIL, Weekly, failing, tiny

PERIODS = (
    Period("all", (), FROM, UNTIL),
    Period("january", ("trial",), FROM, FROM.replace(day=31)),
)


class Counted(Parts):
    """Parts that count what is worked out anew."""

    worked_out = 0

    def keep(self, of: Any, runs: Any) -> None:
        self.worked_out += len(runs)
        super().keep(of, runs)


def run(kept: Parts | None, programme: Programme | None = None, **how: Any) -> SimulationResult:
    asked: dict[str, Any] = {"seed": 3, "replications": 12, "patients": Weekly(), **how}
    return simulate(
        programme or failing(tiny(), 0.2),
        from_on=FROM,
        until_on=UNTIL,
        periods=PERIODS,
        kept=kept,
        **asked,
    )
