"""The keys of a programme file, reflected from the dataclasses that declare them.

A key is the name of its field without the suffix of its unit; type and suffix say how the value is
written. Where two fields of one section would share a key, a share is written as `..._chance`,
money as `..._cost`, and if that is not enough a field keeps its full name.
"""

from __future__ import annotations

import dataclasses
import inspect
import types
from collections import Counter
from collections.abc import Iterator
from dataclasses import MISSING, dataclass
from datetime import date, time
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from doseline.calendars import HolidayRule, WeekTime
from doseline.formats.forms import FORMS, Form, choice
from doseline.programme import Programme
from doseline.programme.product import Triangular
from doseline.programme.trial import DoseRate

__all__ = ["ROOT", "Bounds", "Spec", "all_sections", "specs"]

ROOT = Programme
_SUFFIXES = ("_cents_per_mbq", "_mbq_per_ml", "_min", "_mbq", "_cents", "_fraction", "_on", "_ml")
_FORM_OF_SUFFIX = {
    "_cents_per_mbq": "price",
    "_mbq_per_ml": "concentration",
    "_mbq": "activity",
    "_cents": "money",
    "_fraction": "share",
    "_ml": "volume",
}
_FORM_OF_NAME = {
    "id": "id",
    "zone": "zone",
    "nuclide": "nuclide",
    "nuclides": "nuclide",
    "currency": "currency",
    "per_vial_chance": "triangular factor",
    "received_low_fraction": "wide share",
    "received_high_fraction": "wide share",
    "second_package_fraction": "wide share",
    "dose_factor": "number",
    "placed_by_weekday": "weekday",
}
_FORM_OF_TYPE: dict[object, str] = {
    str: "text",
    int: "whole",
    float: "number",
    bool: "flag",
    date: "date",
    time: "time",
    WeekTime: "week time",
    Triangular: "triangular",
    DoseRate: "dose",
}
_HOLIDAY_WORDS = {
    "region": "country or part of it whose public holidays count, e.g. US, CA-ON, GB-ENG",
    "only": "only the holidays whose English name contains one of these words",
    "skip": "not the holidays whose English name contains one of these words",
    "add": "single dates beside them",
    "also": "further days by name, e.g. Christmas Eve",
    "weekend_to_next": "a holiday on a weekend is kept on the next free weekday as well",
}
_MAY_BE_EMPTY = {"Border.from_markets"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """The range of a number; `above` leaves its end out."""

    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None

    def refuses(self, value: Any) -> str:
        """What was expected of a value out of range, or nothing."""
        if self.at_least is not None and value < self.at_least:
            return f"at least {self.at_least:g}"
        if self.above is not None and not value > self.above:
            return f"more than {self.above:g}"
        if self.at_most is not None and value > self.at_most:
            return f"at most {self.at_most:g}"
        return ""


_AT_LEAST_ONE = """
    vials_max every_weeks batches_per_day qc_releases_per_day daily_capacity from_batch opens_year
    halved_after_batches Visit.day Trial.patients StandingDemand.units vials_included
    steady_after_years cohort start_level level_patients
"""
_MORE_THAN_ZERO = """
    lot_mbq half_life_min shape delay_shape every_min concentration_mbq_per_ml fill_volume_ml
    median_min p90_min mean_min exactly_min size_cap cap_mbq SizeGroup.mean winter_factor
    shelf_life_min yield_fraction spread_shape
"""
_BOUNDS = {
    **dict.fromkeys(_AT_LEAST_ONE.split(), Bounds(at_least=1, at_most=1e9)),
    **dict.fromkeys(_MORE_THAN_ZERO.split(), Bounds(above=0, at_most=1e15)),
    "per_year": Bounds(at_least=0, at_most=366),
    "closed_weeks": Bounds(at_least=1, at_most=53),
    "price_year": Bounds(at_least=1900, at_most=2200),
    "early_days": Bounds(at_least=0, at_most=366),
    "late_days": Bounds(at_least=0, at_most=366),
    "innovation": Bounds(above=0, at_most=100),
    "imitation": Bounds(at_least=0, at_most=100),
}
_DEFAULT_BOUNDS = {
    "whole": Bounds(at_least=0, at_most=1e9),
    "number": Bounds(at_least=0, at_most=1e12),
    "duration": Bounds(at_most=200 * 525_960),
    "exact duration": Bounds(at_most=1e15),
    "activity": Bounds(at_most=1e15),
    "money": Bounds(at_most=1e17),
    "price": Bounds(at_most=1e15),
}


@dataclass(frozen=True, slots=True)
class Spec:
    """One key: its field, what it means, and how it is written.

    Either `form` (a value) or `section` (a mapping) is given; `many` means a list of them.
    """

    owner: type
    name: str
    key: str
    what: str
    form: Form | None
    section: type | None
    many: bool
    optional: bool
    default: Any
    bounds: Bounds

    @property
    def required(self) -> bool:
        """Whether the file must have the key."""
        return self.default is MISSING

    @property
    def may_be_empty(self) -> bool:
        """Whether a list may hold nothing."""
        return not self.required or f"{self.owner.__name__}.{self.name}" in _MAY_BE_EMPTY

    @property
    def looks(self) -> str:
        """What the value looks like, in words."""
        if self.form is not None:
            one = self.form.looks
        elif self.section is HolidayRule:
            one = "a region such as US, or a mapping"
        else:
            assert self.section is not None
            keys = ", ".join(s.key for s in specs(self.section) if s.required)
            one = f"a mapping with {keys}" if keys else "a mapping"
        return f"a list, each entry {one}" if self.many else one


@cache
def specs(cls: type) -> tuple[Spec, ...]:
    """The keys of a section, in the order of its fields."""
    hints = get_type_hints(cls, include_extras=True)
    listed = [f for f in dataclasses.fields(cls) if f.init and f.metadata.get("file", True)]
    keys = _keys([(f.name, hints[f.name]) for f in listed])
    return tuple(_spec(cls, f, hints[f.name], keys[f.name]) for f in listed)


def _keys(fields: list[tuple[str, Any]]) -> dict[str, str]:
    keys = {name: _bare(name)[0] for name, _ in fields}
    for rename in (_told_apart, lambda name: name):
        shared = {key for key, n in Counter(keys.values()).items() if n > 1}
        for name, key in keys.items():
            if key in shared and _bare(name)[1]:
                keys[name] = rename(name)
    return keys


def _told_apart(name: str) -> str:
    bare, suffix = _bare(name)
    return bare + {"_fraction": "_chance", "_cents": "_cost"}.get(suffix, "")


def _bare(name: str) -> tuple[str, str]:
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix), suffix
    return name, ""


def _spec(cls: type, f: dataclasses.Field[Any], hint: Any, key: str) -> Spec:
    what = _HOLIDAY_WORDS.get(f.name, "") if cls is HolidayRule else ""
    if get_origin(hint) is Annotated:
        hint, what = get_args(hint)[:2]
    hint, optional = _without_none(hint)
    many = get_origin(hint) is tuple
    if many:
        hint = get_args(hint)[0]
    section = hint if dataclasses.is_dataclass(hint) and hint not in _FORM_OF_TYPE else None
    form = None if section else _form(f.name, hint)
    if not what and isinstance(section, type):
        what = (inspect.getdoc(section) or "").split("\n")[0].rstrip(".")
    default = f.default
    if default is MISSING and f.default_factory is not MISSING:
        default = f.default_factory()
    bounds = _BOUNDS.get(f"{cls.__name__}.{f.name}") or _BOUNDS.get(f.name)
    if bounds is None:
        bounds = _DEFAULT_BOUNDS.get(form.name, Bounds()) if form else Bounds()
    owner = section if isinstance(section, type) else None
    return Spec(cls, f.name, key, what, form, owner, many, optional, default, bounds)


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, types.UnionType):
        rest = [a for a in get_args(hint) if a is not type(None)]
        return rest[0], True
    return hint, False


def _form(name: str, hint: Any) -> Form:
    if get_origin(hint) is Literal:
        return choice(get_args(hint))
    if name in _FORM_OF_NAME:
        return FORMS[_FORM_OF_NAME[name]]
    if name == "weekdays" or name.endswith("_weekdays"):
        return FORMS["weekday"]
    suffix = _bare(name)[1]
    if suffix == "_min":
        return FORMS["exact duration" if hint is float else "duration"]
    if suffix in _FORM_OF_SUFFIX:
        return FORMS[_FORM_OF_SUFFIX[suffix]]
    return FORMS[_FORM_OF_TYPE[hint]]


def all_sections() -> Iterator[type]:
    """Every kind of section, in the order in which it first appears, the whole file first."""
    seen: dict[type, None] = {}
    todo: list[type] = [ROOT]
    while todo:
        cls = todo.pop(0)
        if cls in seen:
            continue
        seen[cls] = None
        todo.extend(s.section for s in specs(cls) if s.section is not None)
    yield from seen
