"""The designs among which the least capacity is looked for: a grid over what may vary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from doseline.clock import WeekTime
from doseline.programme import Programme
from doseline.programme.design import Design, LineSlots, PlantUse
from doseline.programme.manufacturer import Line, Manufacturer, SlotRule
from doseline.programme.policy import Policy
from doseline.programme.programme import Question
from doseline.programme.sizing import PlantRange, Sizing
from doseline.studies.runs import products_of
from doseline.studies.variants import parent_design, uses, with_plants

MOST_CANDIDATES = 200


@dataclass(frozen=True)
class Candidate:
    """A design of the grid.

    `slots` counts the weekly slots for the products asked about, by plant; `vials_a_week` is what
    full batches in them hold, the measure of its capacity. `like` is the design of the file that
    it is, if it is one.
    """

    id: str
    name: str
    plants: tuple[PlantUse, ...]
    policy: Policy
    slots: Mapping[str, int]
    vials_a_week: float
    standing_isotope_mbq: float | None = None
    like: str | None = None

    def contains(self, other: Candidate) -> bool:
        """Whether it has every weekly slot that another has."""
        return all(self.slots.get(p, 0) >= n for p, n in other.slots.items())


def stand(programme: Programme, parent: Design, candidate: Candidate) -> Programme:
    """The programme as a candidate leaves it."""
    found = replace(
        with_plants(programme, parent, candidate.id, candidate.plants), policy=candidate.policy
    )
    if candidate.standing_isotope_mbq is None:
        return found
    amount = candidate.standing_isotope_mbq
    plants = tuple(replace(m, standing_isotope_mbq=amount) for m in found.manufacturers)
    return replace(found, manufacturers=plants)


def candidates(
    programme: Programme, design: str | None, questions: Sequence[Question]
) -> tuple[Candidate, ...]:
    """Every design of the programme's grid, and the design that is sized, least capacity first.

    Raises LookupError for an unknown design, and where the grid is too fine to be looked through.
    """
    parent = parent_design(programme, design)
    sizing = programme.sizing or Sizing()
    made = products_of(programme, {p for q in questions for p in q.protocols})
    own = _as_it_stands(programme, parent, made)
    varied = _ranges(programme, parent, sizing)
    grid = [list(_choices(programme, parent, r, made)) for r in varied]
    vary = {r.manufacturer for r in varied}
    fixed = [u for u in own.plants if u.manufacturer not in vary]
    policies = list(_policies(programme, sizing))
    size = len(policies)
    for column in grid:
        size *= len(column)
    if size > MOST_CANDIDATES:
        raise LookupError(
            f"the grid holds {size} designs, expected {MOST_CANDIDATES} at most; "
            "name fewer choices in the programme's sizing"
        )
    found = {_key(own): own}
    for policy, standing, said in policies:
        for chosen in product(*grid):
            plants = (*fixed, *(u for u in chosen if u is not None))
            if plants:
                one = _candidate(programme, plants, policy, standing, said, made)
                found.setdefault(_key(one), one)
    named = tuple(_named(programme, c, made) for c in found.values())
    return tuple(sorted(named, key=lambda c: (c.vials_a_week, c.id)))


def own_candidate(
    programme: Programme,
    parent: Design,
    questions: Sequence[Question],
    found: Sequence[Candidate],
) -> Candidate:
    """The one among the candidates that is the design itself."""
    made = products_of(programme, {p for q in questions for p in q.protocols})
    own = _key(_as_it_stands(programme, parent, made))
    return next(c for c in found if _key(c) == own)


def _key(candidate: Candidate) -> tuple[object, ...]:
    plants = frozenset(
        (u.manufacturer, u.from_on, u.until_on, u.stays_open, frozenset(u.slots))
        for u in candidate.plants
    )
    return plants, candidate.policy, candidate.standing_isotope_mbq


def _as_it_stands(programme: Programme, parent: Design, made: frozenset[str]) -> Candidate:
    plants = tuple(
        _narrowed(programme, u, _slots_of(programme, u, made), made, None) for u in parent.plants
    )
    return _candidate(programme, plants, programme.policy, None, "", made)


def _ranges(programme: Programme, parent: Design, sizing: Sizing) -> tuple[PlantRange, ...]:
    if sizing.plants or programme.sizing is not None:
        return sizing.plants
    return tuple(PlantRange(plant) for plant in uses(programme, parent))


def _policies(programme: Programme, sizing: Sizing) -> Iterator[tuple[Policy, float | None, str]]:
    policy = programme.policy
    standing: tuple[float | None, ...] = sizing.standing_isotope_mbq or (None,)
    for overage, spare, options, stock in product(
        sizing.overage_fraction or (policy.overage_fraction,),
        sizing.spare_vials or (policy.spare_vials,),
        sizing.use_options or (policy.use_options,),
        standing,
    ):
        said = []
        if sizing.overage_fraction:
            said.append(f"overage {overage:.3g}")
        if sizing.spare_vials:
            said.append(f"{spare} spare vials")
        if sizing.use_options:
            said.append("options used" if options else "options left")
        if stock is not None:
            said.append(f"{stock / 1000.0:.3g} GBq in stock")
        found = replace(policy, overage_fraction=overage, spare_vials=spare, use_options=options)
        yield found, stock, ", ".join(said)


# -- slots ---------------------------------------------------------------------------------

_Place = tuple[Line, SlotRule]


def _choices(
    programme: Programme, parent: Design, choice: PlantRange, made: frozenset[str]
) -> Iterator[PlantUse | None]:
    use = uses(programme, parent).get(choice.manufacturer, (PlantUse(choice.manufacturer), ""))[0]
    taken = _slots_of(programme, use, made)
    more = [s for s in _slots_of(programme, PlantUse(use.manufacturer), made) if s not in taken]
    places = [*taken, *more]
    most = len(places) if choice.slots_most is None else min(choice.slots_most, len(places))
    for count in range(choice.slots_least, most + 1):
        if count == 0:
            yield None
            continue
        for weeks in choice.every_weeks or (None,):
            yield _narrowed(programme, use, places[:count], made, weeks)


def _slots_of(programme: Programme, use: PlantUse, made: frozenset[str]) -> list[_Place]:
    """The slots of a use for some products, in the order in which they would be taken."""
    plant = programme.manufacturer[use.manufacturer]
    named = {s.line: s.at for s in use.slots}
    return [
        (line, rule)
        for line in plant.lines
        if not named or line.id in named
        for rule in line.slots
        if (not named or rule.at in named[line.id]) and _serves(line, rule, made)
    ]


def _serves(line: Line, rule: SlotRule, made: frozenset[str]) -> bool:
    return bool(made & set(rule.products or line.products))


def _narrowed(
    programme: Programme,
    use: PlantUse,
    places: Sequence[_Place],
    made: frozenset[str],
    every_weeks: int | None,
) -> PlantUse:
    """A use of a plant with these slots for the products asked about, all others as they were."""
    plant = programme.manufacturer[use.manufacturer]
    named = {s.line: s for s in use.slots}
    lines = []
    for line in plant.lines:
        own = named.get(line.id)
        kept = [r.at for ln, r in places if ln.id == line.id]
        other = [
            r.at
            for r in line.slots
            if not _serves(line, r, made) and (not named or (own is not None and r.at in own.at))
        ]
        if kept or other:
            weeks = (own.every_weeks if own else 1) if every_weeks is None else every_weeks
            lines.append(LineSlots(line.id, _in_order((*kept, *other)), weeks))
    return replace(use, slots=tuple(lines))


def _in_order(times: Sequence[WeekTime]) -> tuple[WeekTime, ...]:
    return tuple(dict.fromkeys(times))


# -- what a candidate is called, and how large it is ----------------------------------------


def _candidate(
    programme: Programme,
    plants: Sequence[PlantUse],
    policy: Policy,
    standing: float | None,
    said: str,
    made: frozenset[str],
) -> Candidate:
    slots, vials, ids, names = {}, 0.0, [], []
    for use in plants:
        plant = programme.manufacturer[use.manufacturer]
        taken = _slots_of(programme, use, made)
        weeks = {s.line: s.every_weeks for s in use.slots}
        slots[plant.id] = len(taken)
        vials += sum(
            line.vials_max / max(rule.every_weeks, weeks.get(line.id, 1)) for line, rule in taken
        )
        rhythm = max(weeks.values(), default=1)
        ids.append(f"{plant.id}-{len(taken)}" + (f".every{rhythm}" if rhythm > 1 else ""))
        names.append(_said(plant, len(taken), rhythm))
    if said:
        ids.append(said.replace(" ", "-").replace(",", ""))
        names.append(said)
    return Candidate(
        id="+".join(ids),
        name="; ".join(names),
        plants=tuple(plants),
        policy=policy,
        slots=slots,
        vials_a_week=vials,
        standing_isotope_mbq=standing,
    )


def _said(plant: Manufacturer, slots: int, every_weeks: int) -> str:
    often = "a week" if every_weeks == 1 else f"every {every_weeks} weeks"
    return f"{plant.name}: {slots} slot{'s' if slots != 1 else ''} {often}"


def _named(programme: Programme, candidate: Candidate, made: frozenset[str]) -> Candidate:
    """With the design of the file that it is, if it is one."""
    for design in programme.designs:
        if _key(_as_it_stands(programme, design, made)) == _key(candidate):
            return replace(candidate, like=design.id)
    return candidate
