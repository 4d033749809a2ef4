"""The forms in which values are written in a programme file: how each is read and written.

A form reads the text that stands in the file and refuses with a `QuantityError` that says what was
found and what was expected. It writes the value back so that reading it again gives the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from doseline.calendars import (
    WEEKDAYS,
    time_from_text,
    week_time_from_text,
    weekday_from_text,
    zone_named,
)
from doseline.errors import QuantityError, did_you_mean
from doseline.formats.durations import (
    exact_minutes_from_text,
    text_from_exact_minutes,
    text_from_triangular,
    triangular_from_text,
)
from doseline.nuclides import nuclide, nuclides
from doseline.programme.trial import DoseRate
from doseline.quantities import (
    activity_mbq_from_text,
    concentration_mbq_per_ml_from_text,
    dose_rate_from_text,
    fraction_from_text,
    minutes_from_text,
    money_cents_from_text,
    price_per_activity_from_text,
    text_from_activity,
    text_from_concentration,
    text_from_dose_rate,
    text_from_fraction,
    text_from_minutes,
    text_from_money,
    text_from_price_per_activity,
)
from doseline.units_text import plain

__all__ = ["FORMS", "Form", "choice"]

_SIGNED = r"[+-]?(\d{1,3}(,\d{3})+|\d+|(?=\.\d))(\.\d+)?([eE][+-]?\d{1,2})?"
_WHOLE = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)")
_NUMBER = re.compile(_SIGNED)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ID = re.compile(r"\w[\w.+-]*")
_CODE = re.compile(r"[A-Z]{3}")
_NUMBER_PATTERN = r"^[+-]?[0-9][0-9,]*(\.[0-9]+)?([eE][+-]?[0-9]+)?"


@dataclass(frozen=True)
class Form:
    """One form: its name, what it looks like, its reader and its writer.

    `read` takes the text and the programme's currency; `write` takes the value and the currency.
    `counts` says whether the value is a number whose basis is asked for.
    """

    name: str
    looks: str
    read: Callable[[str, str], Any]
    write: Callable[[Any, str], Any]
    schema: Mapping[str, Any]
    counts: bool = True


def _refuse(found: str, expected: str) -> QuantityError:
    return QuantityError(f'found "{found}", expected {expected}')


def _text(text: str, _: str) -> str:
    return text


def _id(text: str, _: str) -> str:
    if not _ID.fullmatch(text):
        raise _refuse(text, "a short name of letters, digits, _ - . and no blanks")
    return text


def _flag(text: str, _: str) -> bool:
    match text.lower():
        case "true" | "yes":
            return True
        case "false" | "no":
            return False
    raise _refuse(text, "yes or no")


def _whole(text: str, _: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise _refuse(text, "a whole number such as 12")
    return int(text.replace(",", ""))


def _number(text: str, _: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise _refuse(text, "a number such as 1.5")
    return float(text.replace(",", ""))


def _day(text: str, _: str) -> date:
    expected = "a date such as 2026-01-31"
    if not _DATE.fullmatch(text):
        raise _refuse(text, expected)
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise _refuse(text, f"{expected} ({error})") from None
    if not 1900 <= day.year <= 2200:
        raise _refuse(text, f"{expected}, from 1900 to 2200")
    return day


def _zero(read: Callable[[str], Any]) -> Callable[[str, str], Any]:
    """A bare 0 needs no unit."""
    return lambda text, _: read(f"{text} h" if text == "0" else text)


def _activity(text: str, _: str) -> float:
    return 0.0 if text == "0" else activity_mbq_from_text(text)


def _one_currency(text: str, code: str, currency: str) -> None:
    if code != currency:
        raise _refuse(text, f"an amount in {currency}, the currency of the programme")


def _money(text: str, currency: str) -> int:
    cents, code = money_cents_from_text(text, currency)
    _one_currency(text, code, currency)
    if cents < 0:
        raise _refuse(text, "an amount of at least 0")
    return cents


def _price(text: str, currency: str) -> float:
    cents, code = price_per_activity_from_text(text, currency)
    _one_currency(text, code, currency)
    return cents


def _volume(text: str, _: str) -> float:
    bare = re.sub(r"\s*m[lL]$", "", text)
    if not _NUMBER.fullmatch(bare):
        raise _refuse(text, "a volume such as 10 mL")
    return _number(bare, "")


def _dose(text: str, _: str) -> DoseRate:
    return DoseRate(*dose_rate_from_text(text))


def _currency(text: str, _: str) -> str:
    if not _CODE.fullmatch(text):
        raise _refuse(text, "a currency code of three capitals such as USD")
    return text


def _zone(text: str, _: str) -> str:
    zone_named(text)
    return text


def _nuclide(text: str, _: str) -> str:
    if text not in nuclides():
        hint = did_you_mean(text, nuclides()) or f"; known: {', '.join(nuclides())}"
        raise _refuse(text, f"a nuclide of the table{hint}")
    return nuclide(text).name


def _plain_number(value: float, _: str = "") -> int | float:
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value


def choice(words: tuple[str, ...]) -> Form:
    """The form of a value that is one of a few words."""
    looks = f"one of {', '.join(words)}"

    def read(text: str, _: str) -> str:
        if text not in words:
            raise QuantityError(f'found "{text}", expected {looks}{did_you_mean(text, words)}')
        return text

    return Form("choice", looks, read, lambda value, _: value, {"enum": list(words)}, False)


def _pattern(pattern: str, *examples: object, plain_number: bool = False) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "pattern": pattern, "examples": list(examples)}
    if plain_number:
        schema["type"] = ["string", "number"]
    return schema


def _or_zero(pattern: str, *examples: str) -> dict[str, Any]:
    return {"anyOf": [_pattern(pattern, *examples), {"enum": [0, "0"]}]}


def _unit(words: str) -> str:
    return f"{_NUMBER_PATTERN}\\s*({words})"


_TIME_WORDS = "min|h|hours?|d|days?|w|weeks?|months?|y|years?|minutes?"
_ACTIVITY_WORDS = "[kMGT]?Bq|[um\u00b5]?Ci"
_HOUR = "[0-2]?[0-9]:[0-5][0-9]"
_PER_SIZE = r"(\s*(/|per)\s*(m2|m\^2|m\u00b2|kg))?$"
_DAYS = [*WEEKDAYS, *(day[:3] for day in WEEKDAYS), "Tues", "Thur", "Thurs"]
_WEEKDAY_SCHEMA = {"enum": _DAYS}


def _same(value: Any, _: str) -> Any:
    return value


def _time_text(value: time, _: str) -> str:
    return f"{value:%H:%M}"


# fmt: off
FORMS: dict[str, Form] = {
    f.name: f
    for f in (
        Form("text", "a text", _text, _same, {"type": ["string", "number", "boolean"]}, False),
        Form("id", "a short name such as clr131", _id, _same,
             {"type": ["string", "integer"], "pattern": r"^\w[\w.+-]*$"}, False),
        Form("flag", "yes or no", _flag, _same, {"enum": [True, False, "yes", "no"]}, False),
        Form("whole", "a whole number such as 12", _whole, _same, {"type": "integer"}),
        Form("number", "a number such as 1.5", _number, _plain_number, {"type": "number"}),
        Form("date", "a date such as 2026-01-31", _day, lambda v, _: v.isoformat(),
             {"type": "string", "format": "date"}),
        Form("duration", "a duration such as 120 h", _zero(minutes_from_text),
             lambda v, _: text_from_minutes(v),
             _or_zero(_unit(_TIME_WORDS), "120 h", "21 d")),
        Form("exact duration", "a duration such as 8.0249 d", _zero(exact_minutes_from_text),
             lambda v, _: text_from_exact_minutes(v),
             _or_zero(_unit(_TIME_WORDS), "8.0249 d", "10 min")),
        Form("activity", "an activity such as 600 mCi or 22.2 GBq", _activity,
             lambda v, _: text_from_activity(v),
             _or_zero(_unit(_ACTIVITY_WORDS) + "$", "600 mCi", "2.5 GBq")),
        Form("concentration", "a concentration such as 10 mCi/mL",
             lambda t, _: concentration_mbq_per_ml_from_text(t),
             lambda v, _: text_from_concentration(v),
             _pattern(_unit(_ACTIVITY_WORDS) + r"\s*(/|per)\s*m[lL]$", "10 mCi/mL")),
        Form("money", "an amount of money such as USD 35,000", _money, text_from_money,
             _pattern(r"^([A-Z]{3}\s*)?[0-9][0-9,]*(\.[0-9]+)?(\s*[A-Z]{3})?$", "USD 35,000",
                      plain_number=True)),
        Form("price", "a price such as 3 USD/mCi", _price, text_from_price_per_activity,
             _pattern(r"(/|per)\s*([kMGT]?Bq|[um\u00b5]?Ci)$", "3 USD/mCi")),
        Form("share", "a share such as 95 % or 0.95", lambda t, _: fraction_from_text(t),
             lambda v, _: text_from_fraction(v),
             _pattern(_NUMBER_PATTERN + r"\s*%?$", "95 %", 0.95, plain_number=True)),
        Form("wide share", "a share such as 105 % or 1.05, up to 10",
             lambda t, _: fraction_from_text(t, 10.0), lambda v, _: text_from_fraction(v),
             _pattern(_NUMBER_PATTERN + r"\s*%?$", "105 %", 1.05, plain_number=True)),
        Form("volume", "a volume such as 10 mL", _volume, lambda v, _: f"{plain(v)} mL",
             _pattern(_NUMBER_PATTERN + r"\s*(m[lL])?$", "10 mL", plain_number=True)),
        Form("dose", "a dose such as 15 mCi/m2, 74 MBq/kg or 185 MBq", _dose,
             lambda v, _: text_from_dose_rate(v.mbq, v.per),
             _pattern(_unit(_ACTIVITY_WORDS) + _PER_SIZE, "15 mCi/m2", "74 MBq/kg", "185 MBq")),
        Form("triangular", "three rising durations such as Tri(1, 2, 6) h",
             lambda t, _: triangular_from_text(t), lambda v, _: text_from_triangular(v),
             _pattern(r"^Tri\(.+,.+,.+\)\s*[a-z]*$", "Tri(1, 2, 6) h")),
        Form("triangular factor", "three rising factors such as Tri(0.4, 0.8, 1.5)",
             lambda t, _: triangular_from_text(t, factor=True),
             lambda v, _: text_from_triangular(v, factor=True),
             _pattern(r"^Tri\([^)]+,[^)]+,[^)]+\)$", "Tri(0.4, 0.8, 1.5)")),
        Form("time", "a time such as 05:00", lambda t, _: time_from_text(t), _time_text,
             _pattern(f"^{_HOUR}$", "05:00"), False),
        Form("week time", "a weekday and a time such as Tuesday 05:00",
             lambda t, _: week_time_from_text(t), lambda v, _: str(v),
             _pattern(rf"^({'|'.join(_DAYS)})\.? +{_HOUR}$", "Tuesday 05:00"), False),
        Form("weekday", "a weekday such as Tuesday",
             lambda t, _: WEEKDAYS[weekday_from_text(t)], _same, _WEEKDAY_SCHEMA, False),
        Form("zone", "a time zone such as America/Toronto", _zone, _same,
             _pattern(r"^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$", "America/Toronto"), False),
        Form("nuclide", "a nuclide such as I-131", _nuclide, _same,
             {"enum": list(nuclides())}, False),
        Form("currency", "a currency such as USD", _currency, _same,
             _pattern("^[A-Z]{3}$", "USD"), False),
    )
}
# fmt: on
