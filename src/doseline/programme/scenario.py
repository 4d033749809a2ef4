"""Scenarios: named futures that differ by their shocks, written out or taken from what happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from doseline.programme.observed import Observed
from doseline.programme.shock import DEMAND, Hits, Shock

__all__ = ["DEMAND", "Hits", "Scenario", "Shock"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named future that differs by its shocks.

    Shocks that have happened elsewhere (`observed`) become shocks like those written out.
    """

    id: Annotated[str, "short name"]
    name: Annotated[str, "name in print"]
    shocks: Annotated[tuple[Shock, ...], "what happens"] = ()
    designs: Annotated[tuple[str, ...], "designs it is tried on; none named: the first"] = ()
    hindsight: Annotated[bool, "became known only after the decision date"] = False
    why: Annotated[str, "where it comes from"] = ""
    observed: Annotated[tuple[Observed, ...], "shocks that have happened, taken over"] = ()

    def __post_init__(self) -> None:
        taken = (shock for use in self.observed for shock in use.shocks)
        new = tuple(shock for shock in taken if shock not in self.shocks)
        object.__setattr__(self, "shocks", (*self.shocks, *new))
        if self.observed and not self.why:
            says = dict.fromkeys(use.precedent.says for use in self.observed)
            object.__setattr__(self, "why", "; ".join(says))
