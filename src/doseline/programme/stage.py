"""The stages of a programme: from the first trial to the market, each with its chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from doseline.programme.product import Triangular


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of the programme: trials or markets that begin if the step before it succeeds.

    It succeeds by the rule of its trial, where that has one, and by its stated chance; both must
    hold. It begins on the dates of its trials and markets, or later where the step before is late.
    A stage without a trial or market (a filing) takes a drawn time.
    """

    id: Annotated[str, "short name"]
    name: Annotated[str, "name in print"]
    protocols: Annotated[tuple[str, ...], "trials or markets that belong to it"] = ()
    after: Annotated[str | None, "stage that must have succeeded before"] = None
    succeeds_fraction: Annotated[float, "chance that it succeeds, beside its trial's own rule"] = (
        1.0
    )
    beside: Annotated[
        bool, "it keeps its dates while the stage before runs; it still needs that one's success"
    ] = False
    waits_min: Annotated[int, "begins so long after the end of the stage before, at least"] = 0
    takes: Annotated[Triangular | None, "how long it takes, where it holds no trial"] = None
    read_out_min: Annotated[int, "from the last dose of its trials until its outcome is known"] = 0
