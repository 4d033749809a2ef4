"""The causes that decide what a second supplier is worth, and worlds in which some do not act."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from doseline.programme import Programme
from doseline.programme.design import Design
from doseline.programme.hazard import Hazard
from doseline.programme.manufacturer import Availability, Manufacturer
from doseline.programme.product import Product

CAUSES = ("separate_failures", "common_cause", "ramp_up", "permission_lag", "border")
"""In the order in which they are switched on; the first makes a second source worth having, each
of the others takes something back or gives it."""

SAID = {
    "capacity": "more capacity",
    "separate_failures": "separate failures",
    "common_cause": "common cause",
    "ramp_up": "ramp-up",
    "permission_lag": "permission lag",
    "border": "border",
}
"""The causes in print; `capacity` is what is left where none acts."""

MEANS = {
    "capacity": "slots on other days, with none of the causes below",
    "separate_failures": "batches that fail, yields, holds, lost slots and stops, plant by plant",
    "common_cause": "stops that strike several plants at once, by a hazard or a firm of several "
    "plants; outages, late and lost deliveries of the isotope sources that they share",
    "ramp_up": "smaller and validation batches, and more failures, until a plant is mature",
    "permission_lag": "plants ready and permitted, by market and protocol, only from a day on",
    "border": "crossings that take time or are closed, and import testing",
}
"""What each cause holds."""


def acting(programme: Programme, causes: Collection[str]) -> Programme:
    """The programme in a world in which only these causes act.

    The road, the demand and the sites are as they are in every world. Raises ValueError for an
    unknown cause.
    """
    unknown = set(causes) - set(CAUSES)
    if unknown:
        raise ValueError(
            f"unknown cause {sorted(unknown)[0]!r}, expected one of {', '.join(CAUSES)}"
        )
    for cause, still in _STILL.items():
        if cause not in causes:
            programme = still(programme)
    return programme


def _no_separate_failures(programme: Programme) -> Programme:
    def plant(m: Manufacturer) -> Manufacturer:
        return replace(
            m, failures=(), learning=None, failures_cluster_factor=1.0, corrective_action=None,
            usable_slots_fraction=1.0,
        )  # fmt: skip

    def product(p: Product) -> Product:
        steps = tuple(
            replace(
                s, chance=None, per_vial_chance=None, yield_mean_fraction=None,
                yield_sd_fraction=0.0, repeat_fraction=0.0, repeat=None,
            )
            for s in p.recipe
        )  # fmt: skip
        return replace(p, recipe=steps, vial_rejected_fraction=0.0)

    return replace(
        programme,
        manufacturers=tuple(plant(m) for m in programme.manufacturers),
        products=tuple(product(p) for p in programme.products),
        hazards=_hazards(programme, _common_part),
    )


def _hazards(
    programme: Programme, part: Callable[[Programme, Hazard], Hazard | None]
) -> tuple[Hazard, ...]:
    """What is left of each hazard on what plants are and share; the road keeps its own."""
    left = (
        h if h.hits in ("carrier", "lane", "border") else part(programme, h)
        for h in programme.hazards
    )
    return tuple(h for h in left if h is not None and h.per_year > 0.0)


def _common_part(programme: Programme, hazard: Hazard) -> Hazard | None:
    """Stops that strike several plants at once: of sources, of a firm of several, of a group."""
    if hazard.hits == "source" or _strikes_several(programme, hazard):
        return hazard
    return replace(hazard, per_year=hazard.common_per_year, common_fraction=1.0)


def _own_part(programme: Programme, hazard: Hazard) -> Hazard | None:
    """Stops of one plant by itself."""
    if hazard.hits == "source" or _strikes_several(programme, hazard):
        return None
    return replace(hazard, per_year=hazard.own_per_year, common_fraction=0.0)


def _strikes_several(programme: Programme, hazard: Hazard) -> bool:
    plants = [m.firm for m in programme.manufacturers]
    return hazard.hits == "firm" and any(plants.count(f) > 1 for f in hazard.targets)


def _no_common_cause(programme: Programme) -> Programme:
    sources = tuple(
        replace(
            s, outages=None, late_fraction=0.0, failed_fraction=0.0, received_low_fraction=1.0,
            received_high_fraction=1.0,
        )
        for s in programme.sources
    )  # fmt: skip
    return replace(programme, sources=sources, hazards=_hazards(programme, _own_part))


def _no_ramp_up(programme: Programme) -> Programme:
    def makes(a: Availability) -> Availability:
        return replace(a, ramp=(), conformance_batches=0)

    def plant(m: Manufacturer) -> Manufacturer:
        learning = m.learning
        if learning is not None:
            learning = replace(learning, first_fraction=learning.floor_fraction)
        return replace(m, makes=tuple(makes(a) for a in m.makes), learning=learning)

    return replace(programme, manufacturers=tuple(plant(m) for m in programme.manufacturers))


def _no_permission_lag(programme: Programme) -> Programme:
    """Every plant is ready, contracted and permitted from the first day, until its own last."""
    first = programme.from_on

    def design(d: Design) -> Design:
        return replace(d, plants=tuple(replace(u, from_on=None) for u in d.plants))

    def plant(m: Manufacturer) -> Manufacturer:
        makes = tuple(
            replace(
                a, from_on=min(first, a.from_on), transfer_starts_on=None, conformance_batches=0
            )
            for a in m.makes
        )
        return replace(m, makes=makes)

    return replace(
        programme,
        manufacturers=tuple(plant(m) for m in programme.manufacturers),
        permissions=tuple(replace(p, from_on=min(first, p.from_on)) for p in programme.permissions),
        contracts=tuple(replace(c, from_on=None) for c in programme.contracts),
        designs=tuple(design(d) for d in programme.designs),
    )


def _no_border(programme: Programme) -> Programme:
    return replace(
        programme,
        borders=(),
        hazards=tuple(h for h in programme.hazards if h.hits != "border"),
        permissions=tuple(
            replace(p, testing_min=0, testing_cents=0) for p in programme.permissions
        ),
    )


_STILL: dict[str, Callable[[Programme], Programme]] = {
    "separate_failures": _no_separate_failures,
    "common_cause": _no_common_cause,
    "ramp_up": _no_ramp_up,
    "permission_lag": _no_permission_lag,
    "border": _no_border,
}
