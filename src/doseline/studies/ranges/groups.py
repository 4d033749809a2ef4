"""Inputs with a stated range, those alike in one group, and the programme at either end."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from doseline.errors import InputError
from doseline.formats.varied import holder_of, with_value
from doseline.programme import Programme
from doseline.programme.programme import Input

UPTAKE = "markets.cases"
"""Stands for the uptake cases of the markets, which are a range of their own."""

_PLACE = re.compile(r"\[\d+\]")
_ONE_OF = re.compile(r"\.(gate|failures|outcomes|groups)\[\d+\]\.")


@dataclass(frozen=True, slots=True)
class Range:
    """A group of inputs that are moved together: all to their low end, or all to their high end.

    `low`, `value` and `high` are those of the first as the file writes them; `alike` says whether
    the others state the same. `assumed` counts those that are only assumed. `name` is for print.
    """

    id: str
    name: str
    fields: tuple[str, ...]
    low: str
    value: str
    high: str
    alike: bool
    assumed: int


@dataclass(frozen=True, slots=True)
class Unstated:
    """Assumed inputs without a range, by section of the file."""

    section: str
    inputs: int


def ranges(programme: Programme) -> tuple[Range, ...]:
    """Every group of inputs that state a low or a high end, in the order of the file.

    Inputs are alike where they are the same field of the same kind of thing, whatever its place;
    one of several chances that add up to 1 is a group by itself.
    """
    found: dict[str, list[Input]] = {}
    for one in programme.inputs:
        if one.low is not None or one.high is not None:
            found.setdefault(_kind(one.field), []).append(one)
    rows = [_range(programme, name, members) for name, members in found.items()]
    cases = {name for m in programme.markets for name in (m.cases[0].name, m.cases[-1].name)}
    if any(len(m.cases) > 1 for m in programme.markets):
        named = [q.case for q in programme.questions if q.case]
        low, high = (_said({m.cases[i].name for m in programme.markets}) for i in (0, -1))
        value = _said(set(named)) if named else "by weight"
        fields = tuple(f"markets[{i}].cases" for i in range(len(programme.markets)))
        rows.append(
            Range(
                UPTAKE, "uptake (markets)", fields, low, value, high, len(cases) == 2, len(fields)
            )
        )
    return tuple(rows)


def _said(names: set[str]) -> str:
    return " or ".join(sorted(names))


def _kind(field: str) -> str:
    """The field without the places of lists, but of chances that share a whole.

    >>> _kind("sources[3].price"), _kind("trials[2].arms[0].visits[1].gate[0].chance")
    ('sources.price', 'trials.arms.visits.gate[0].chance')
    """
    shared = _ONE_OF.search(field)
    if shared is None:
        return _PLACE.sub("", field)
    before, after = field[: shared.start() + 1], field[shared.start() + 1 :]
    return _PLACE.sub("", before) + after


def _named(programme: Programme, field: str) -> str:
    """The key in words, what it is one of, and where it stands."""
    *above, key = _PLACE.sub("", field).split(".")
    holder = holder_of(programme, field)
    of = getattr(holder, "outcome", None) or getattr(holder, "cause", None)
    words = f"{key}, {of}" if of and _ONE_OF.search(field) else key
    where = f" ({', '.join(above)})" if above else ""
    return f"{words}{where}".replace("_", " ")


def _range(programme: Programme, name: str, members: list[Input]) -> Range:
    first = members[0]
    texts = {(m.low, m.value, m.high) for m in members}
    return Range(
        id=name,
        name=_named(programme, first.field),
        fields=tuple(m.field for m in members),
        low=first.low or first.value,
        value=first.value,
        high=first.high or first.value,
        alike=len(texts) == 1,
        assumed=sum("assumption" in m.basis for m in members),
    )


def at_end(programme: Programme, found: Range, end: str) -> tuple[Programme, tuple[str, ...]]:
    """The programme with a group at its `low` or `high` end, and what could not be moved, and why.

    An input whose end would make its section unsound (a chance above one that must be larger)
    stays where it is.
    """
    if found.id == UPTAKE:
        return _uptake(programme, -1 if end == "high" else 0), ()
    inputs = {i.field: i for i in programme.inputs}
    stuck = []
    for field in found.fields:
        one = inputs[field]
        text = one.high if end == "high" else one.low
        if text is None:
            continue
        try:
            programme = with_value(programme, field, text)
        except InputError as error:
            stuck.append(f"{field} at {text}: {error.faults[0].message}")
    return programme, tuple(stuck)


def _uptake(programme: Programme, place: int) -> Programme:
    """Every market in its first uptake case, or in its last."""
    case = {m.id: m.cases[place].name for m in programme.markets}
    questions = tuple(
        replace(q, case=next((case[p] for p in q.protocols if p in case), q.case))
        for q in programme.questions
    )
    return replace(programme, questions=questions)


def unstated(programme: Programme) -> tuple[Unstated, ...]:
    """How many inputs are assumed without a range, by section of the file, the most first."""
    count = Counter(
        re.split(r"[.\[]", one.field)[0]
        for one in programme.assumptions
        if one.low is None and one.high is None
    )
    return tuple(Unstated(section, n) for section, n in count.most_common())
