"""Durations that are not whole minutes, and triangular ones, as a programme file writes them."""

from __future__ import annotations

import re
from fractions import Fraction

from doseline.errors import QuantityError
from doseline.programme.product import Triangular
from doseline.quantities import minutes_from_text, text_from_minutes
from doseline.units_text import NUMBER, number, plain

__all__ = [
    "exact_minutes_from_text",
    "text_from_exact_minutes",
    "text_from_triangular",
    "triangular_from_text",
]

_PART = re.compile(rf"({NUMBER})\s*([^\W\d_]+)")
_TRI = re.compile(r"\s*[Tt]ri\s*\(([^(),]+),([^(),]+),([^(),]+)\)\s*([A-Za-z]*)\s*")
_UNITS = {"h": 60, "d": 1440, "min": 1}


def exact_minutes_from_text(text: str) -> float:
    """A duration, not rounded. [min] Raises QuantityError where the text is none.

    >>> exact_minutes_from_text("8.0249 d"), exact_minutes_from_text("0.5 min")
    (11555.856, 0.5)
    """
    minutes_from_text(text)
    parts = [(number(n), minutes_from_text(f"1 {unit}")) for n, unit in _PART.findall(text)]
    return float(sum((value * unit for value, unit in parts), Fraction(0)))


def text_from_exact_minutes(minutes: float) -> str:
    """The duration as a programme file says it; the reverse of `exact_minutes_from_text`.

    >>> text_from_exact_minutes(11555.856), text_from_exact_minutes(10.0)
    ('8.0249 d', '10 min')
    """
    if float(minutes).is_integer() and minutes < 1e9:
        return text_from_minutes(int(minutes))
    texts = [f"{plain(minutes / size)} {unit}" for unit, size in _UNITS.items()]
    exact = [text for text in texts if exact_minutes_from_text(text) == minutes]
    return min(exact, key=len)


def triangular_from_text(text: str, *, factor: bool = False) -> Triangular:
    """Low, mode and high of a duration [min] or, with `factor`, of a plain factor.

    Raises QuantityError where the text is no such thing, or does not rise.

    >>> triangular_from_text("Tri(1, 2, 6) h")
    Triangular(low=60.0, mode=120.0, high=360.0)
    """
    sample = "Tri(0.4, 0.8, 1.5)" if factor else "Tri(1, 2, 6) h"
    expected = f"low, most likely and high such as {sample}"
    match = _TRI.fullmatch(text)
    if match is None:
        raise QuantityError(f'found "{text}", expected {expected}')
    low, mode, high = (_part(match[i], match[4], text, expected, factor) for i in (1, 2, 3))
    if not low <= mode <= high:
        raise QuantityError(f'found "{text}", expected {expected}, in rising order')
    return Triangular(low, mode, high)


def _part(part: str, unit: str, text: str, expected: str, factor: bool) -> float:
    bare = re.fullmatch(NUMBER, part.strip())
    if factor:
        if unit or not bare or number(bare[0]) < 0:
            raise QuantityError(f'found "{text}", expected {expected}, without a unit')
        return float(number(bare[0]))
    if bare and not unit:
        raise QuantityError(f'found "{text}", expected {expected}; the unit is missing')
    try:
        return exact_minutes_from_text(f"{part} {unit}")
    except QuantityError:
        raise QuantityError(f'found "{text}", expected {expected}') from None


def text_from_triangular(value: Triangular, *, factor: bool = False) -> str:
    """The triangular as a programme file says it; the reverse of `triangular_from_text`.

    >>> text_from_triangular(Triangular(60, 120, 360))
    'Tri(1, 2, 6) h'
    """
    ends = (value.low, value.mode, value.high)
    if factor:
        return f"Tri({', '.join(plain(end) for end in ends)})"
    texts = []
    for unit, size in _UNITS.items():
        text = f"Tri({', '.join(plain(end / size) for end in ends)}) {unit}"
        if triangular_from_text(text) == value:
            texts.append(text)
    return min(texts, key=len)
