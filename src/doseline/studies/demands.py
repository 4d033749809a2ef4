"""The demand of a programme by itself: what designs have in common, drawn once for all of them."""

from __future__ import annotations

from dataclasses import replace

from doseline.programme import Programme
from doseline.programme.cost import Costs, Target

_KEPT = 16
_known: list[tuple[Programme, Programme]] = []


def demand_of(programme: Programme) -> Programme:
    """The programme with nothing left but what its demand is drawn from.

    Two programmes with the same demand are given the very same object, so that what was drawn for
    one may serve the other. It holds no plants, roads, sources, contracts, hazards or designs.
    """
    for known, demand in _known:
        if known is programme:
            return demand
    found = as_drawn(programme)
    found = next((demand for _, demand in _known if demand == found), found)
    _known.append((programme, found))
    del _known[:-_KEPT]
    return found


def as_drawn(programme: Programme) -> Programme:
    """The programme without anything that the demand does not depend on."""
    return replace(
        programme, name="", products=(), manufacturers=(), lanes=(), carriers=(), permissions=(),
        target=Target(0.0), price_year=None, sources=(), contracts=(), borders=(), penalties=(),
        costs=Costs(), designs=(), hazards=(), questions=(), main_design=None, sizing=None,
        references=(), inputs=(), design=None, file="",
    )  # fmt: skip
