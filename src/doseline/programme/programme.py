"""The whole: products, plants, lanes, sites, trials, markets, rules. Frozen, then trusted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Annotated

from doseline.clock import Clock
from doseline.errors import did_you_mean
from doseline.programme.contract import Contract
from doseline.programme.cost import Costs, Ordering, Penalty, Target
from doseline.programme.design import Design, PlantUse
from doseline.programme.hazard import Hazard
from doseline.programme.lane import Border, Carrier, Lane, Permission
from doseline.programme.manufacturer import Line, Manufacturer, SlotRule
from doseline.programme.market import Market, StandingDemand
from doseline.programme.policy import Policy
from doseline.programme.product import Product
from doseline.programme.scenario import Scenario
from doseline.programme.site import Site
from doseline.programme.sizing import Sizing
from doseline.programme.source import IsotopeSource
from doseline.programme.stage import Stage
from doseline.programme.trial import Trial


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a number comes from."""

    id: Annotated[str, "key used in `basis`"]
    says: Annotated[str, "what the page says"]
    address: Annotated[str, "where to find it"] = ""


@dataclass(frozen=True, slots=True)
class Input:
    """A number of the file with its basis: references, `calc`, `assumption` or `hindsight`."""

    field: str
    value: str
    basis: tuple[str, ...]
    low: str | None = None
    high: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A period for which the verdict is asked: a trial, or a span of market years."""

    id: Annotated[str, "short name"]
    name: Annotated[str, "name in print"]
    protocols: Annotated[tuple[str, ...], "trials or markets whose orders count"]
    from_on: Annotated[date, "first day"]
    until_on: Annotated[date, "last day"]
    case: Annotated[str | None, "uptake case; none: drawn by weight"] = None


@dataclass(frozen=True)
class Programme:
    """Everything that is known of the supply before a question is asked.

    `design` names the design that has been applied, or is None for the raw file.
    """

    name: Annotated[str, "name of the programme"]
    as_of_on: Annotated[date, "the day on which the question is asked"]
    from_on: Annotated[date, "first day; instants are counted from its 00:00 UTC"]
    until_on: Annotated[date, "last day"]
    products: tuple[Product, ...]
    manufacturers: tuple[Manufacturer, ...]
    lanes: tuple[Lane, ...]
    carriers: tuple[Carrier, ...]
    sites: tuple[Site, ...]
    permissions: tuple[Permission, ...]
    target: Target
    currency: Annotated[str, "of all money"] = "USD"
    price_year: Annotated[int | None, "year of the prices"] = None
    sources: tuple[IsotopeSource, ...] = ()
    contracts: tuple[Contract, ...] = ()
    borders: tuple[Border, ...] = ()
    trials: tuple[Trial, ...] = ()
    markets: tuple[Market, ...] = ()
    standing_demand: tuple[StandingDemand, ...] = ()
    stages: tuple[Stage, ...] = ()
    ordering: Ordering = Ordering()
    penalties: tuple[Penalty, ...] = ()
    costs: Costs = Costs()
    policy: Policy = Policy()
    designs: tuple[Design, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    questions: tuple[Question, ...] = ()
    main_design: Annotated[str | None, "the design of the verdict; none named: the first"] = None
    sizing: Sizing | None = None
    references: tuple[Reference, ...] = ()
    inputs: tuple[Input, ...] = field(default=(), metadata={"file": False})
    design: str | None = field(default=None, metadata={"file": False})
    file: str = field(default="", metadata={"file": False})

    @cached_property
    def assumptions(self) -> tuple[Input, ...]:
        """Inputs that are only assumed."""
        return tuple(i for i in self.inputs if "assumption" in i.basis)

    @cached_property
    def hindsight(self) -> tuple[Input, ...]:
        """Inputs that became known only after the day on which the question is asked."""
        return tuple(i for i in self.inputs if "hindsight" in i.basis)

    @cached_property
    def clock(self) -> Clock:
        """Counts whole minutes of UTC from the programme's first day."""
        return Clock(self.from_on)

    @cached_property
    def product(self) -> dict[str, Product]:
        """Products by id."""
        return {p.id: p for p in self.products}

    @cached_property
    def manufacturer(self) -> dict[str, Manufacturer]:
        """Manufacturers by id."""
        return {m.id: m for m in self.manufacturers}

    @cached_property
    def line(self) -> dict[str, tuple[Manufacturer, Line]]:
        """Lines, each with its plant, by id."""
        return {ln.id: (m, ln) for m in self.manufacturers for ln in m.lines}

    @cached_property
    def source(self) -> dict[str, IsotopeSource]:
        """Isotope sources by id."""
        return {s.id: s for s in self.sources}

    @cached_property
    def contract(self) -> dict[str, Contract]:
        """Contracts by manufacturer."""
        return {c.manufacturer: c for c in self.contracts}

    @cached_property
    def carrier(self) -> dict[str, Carrier]:
        """Carriers by id."""
        return {c.id: c for c in self.carriers}

    @cached_property
    def lane(self) -> dict[str, Lane]:
        """Lanes by id."""
        return {ln.id: ln for ln in self.lanes}

    @cached_property
    def site(self) -> dict[str, Site]:
        """Sites by id."""
        return {s.id: s for s in self.sites}

    @cached_property
    def trial(self) -> dict[str, Trial]:
        """Trials by id."""
        return {t.id: t for t in self.trials}

    @cached_property
    def market(self) -> dict[str, Market]:
        """Markets by id."""
        return {m.id: m for m in self.markets}

    @cached_property
    def consignee(self) -> dict[str, tuple[Site, ...]]:
        """Sites by licence holder."""
        groups: dict[str, list[Site]] = {}
        for s in self.sites:
            groups.setdefault(s.consignee, []).append(s)
        return {name: tuple(members) for name, members in groups.items()}

    def ordering_of(self, protocol: str) -> Ordering:
        """The ordering rules of a protocol: its own, or those of the programme."""
        found: Trial | Market | None = self.trial.get(protocol) or self.market.get(protocol)
        own = found.ordering if found is not None else None
        return own or self.ordering

    def penalty(self, protocol: str) -> Penalty:
        """The penalties of a protocol; those of `*` where it has none of its own."""
        found = {p.protocol: p for p in self.penalties}
        return found.get(protocol) or found.get("*") or Penalty(protocol, 0, 0)

    def target_otif(self, protocols: tuple[str, ...]) -> float:
        """The service target of a question: the highest of its protocols' own, else the general."""
        both: tuple[Trial | Market, ...] = (*self.trials, *self.markets)
        own = [
            p.target_otif_fraction
            for p in both
            if p.id in protocols and p.target_otif_fraction is not None
        ]
        return max(own) if own else self.target.otif_fraction

    def under(self, design_id: str | None) -> Programme:
        """The programme as a design leaves it: its plants, slots and permissions only.

        Raises LookupError for an unknown design. None takes the main design, or the whole
        network where the file names no design.
        """
        if not self.designs and design_id is None:
            return self
        wanted = design_id or self.main_design or self.designs[0].id
        found = {d.id: d for d in self.designs}
        if wanted not in found:
            known = f"{did_you_mean(wanted, found)}; known: {', '.join(found)}" if found else ""
            raise LookupError(f"no design {wanted!r} in the programme{known or ', it names none'}")
        return _apply(self, found[wanted])


def _apply(programme: Programme, design: Design) -> Programme:
    uses = {u.manufacturer: u for u in design.plants}
    plants = tuple(_narrow(m, uses[m.id]) for m in programme.manufacturers if m.id in uses)
    return replace(
        programme,
        manufacturers=plants,
        lanes=tuple(ln for ln in programme.lanes if ln.manufacturer in uses),
        contracts=tuple(
            _termed(c, uses[c.manufacturer]) for c in programme.contracts if c.manufacturer in uses
        ),
        permissions=tuple(
            p
            for p in programme.permissions
            if p.manufacturer in uses and (not p.designs or design.id in p.designs)
        ),
        design=design.id,
    )


def _narrow(plant: Manufacturer, use: PlantUse) -> Manufacturer:
    taken = {s.line: s for s in use.slots}
    lines = []
    for ln in plant.lines:
        if taken and ln.id not in taken:
            continue
        slots = ln.slots
        if ln.id in taken:
            choice = taken[ln.id]
            slots = tuple(
                replace(r, every_weeks=max(r.every_weeks, choice.every_weeks))
                for r in slots
                if r.at in choice.at
            )
        lines.append(replace(ln, slots=tuple(_dated(r, use) for r in slots)))
    return replace(
        plant,
        lines=tuple(lines),
        closes_on=None if use.stays_open else plant.closes_on,
    )


def _termed(contract: Contract, use: PlantUse) -> Contract:
    """The contract for the days on which a design uses the plant: it is left when they end."""
    from_on, until_on = _both(contract.from_on, contract.until_on, use)
    return replace(contract, from_on=from_on, until_on=until_on)


def _dated(rule: SlotRule, use: PlantUse) -> SlotRule:
    from_on, until_on = _both(rule.from_on, rule.until_on, use)
    return replace(rule, from_on=from_on, until_on=until_on)


def _both(
    from_on: date | None, until_on: date | None, use: PlantUse
) -> tuple[date | None, date | None]:
    """The span in which both a thing and its use by a design hold."""
    starts = [d for d in (from_on, use.from_on) if d is not None]
    ends = [d for d in (until_on, use.until_on) if d is not None]
    return max(starts, default=None), min(ends, default=None)
