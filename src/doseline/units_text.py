"""Amounts as people write them in a programme file, read exactly and written back.

Each reader has a writer, and reading what was written gives the same number. A reader refuses
with a `QuantityError` that says what was found and what was expected. A comma stands between
thousands only; the small m of milli and the large M of mega are never taken for one another.
"""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NoReturn

from doseline.errors import QuantityError, did_you_mean

__all__ = [
    "activity_mbq_from_text",
    "concentration_mbq_per_ml_from_text",
    "dose_rate_from_text",
    "fraction_from_text",
    "minutes_from_text",
    "rate_per_month_from_text",
    "text_from_activity",
    "text_from_concentration",
    "text_from_dose_rate",
    "text_from_fraction",
    "text_from_minutes",
    "text_from_rate_per_month",
]

DosePer = Literal["m2", "kg", "flat"]

NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+|(?=\.\d))(?:\.\d+)?(?:[eE][+-]?\d+)?"
_AMOUNT = re.compile(rf"\s*({NUMBER})\s*(.*?)\s*", re.DOTALL)
_PART = re.compile(rf"\s*({NUMBER})\s*([^\W\d_]+)\.?\s*(?:and\s+)?")

_MINUTES = {"min": 1, "h": 60, "d": 1440, "w": 10_080, "months": 43_830, "years": 525_960}
_DURATION_WORDS = {
    word: _MINUTES[unit]
    for unit, words in {
        "min": "min mins minute minutes",
        "h": "h hr hrs hour hours",
        "d": "d day days",
        "w": "w wk week weeks",
        "months": "month months mo",
        "years": "y yr year years",
    }.items()
    for word in words.split()
}
_MBQ_PER = {
    "Bq": Fraction(1, 10**6),
    "kBq": Fraction(1, 1000),
    "MBq": Fraction(1),
    "GBq": Fraction(1000),
    "TBq": Fraction(10**6),
    "uCi": Fraction(37, 1000),
    "mCi": Fraction(37),
    "Ci": Fraction(37_000),
}
_ACTIVITY_BY_LOWER = {unit.lower(): unit for unit in _MBQ_PER}
_DURATION_SAMPLE = "a duration such as 120 h, 90 min, 21 d, 3 weeks or 6 h 50 min"
_ACTIVITY_SAMPLE = "an activity such as 185 MBq, 2.5 GBq, 15 mCi or 0.5 Ci"


def refuse(found: object, expected: str) -> NoReturn:
    raise QuantityError(f'found "{found}", expected {expected}')


def number(text: str) -> Fraction:
    return Fraction(Decimal(text.replace(",", "")))


def amount(text: str, expected: str) -> tuple[Fraction, str]:
    """Split "2.5 GBq" into 5/2 and "GBq"."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        refuse(text, expected)
    if re.match(r",\d", match[2]):
        refuse(text, f"{expected}; a comma stands between thousands, the decimal sign is a point")
    return number(match[1]), match[2]


def at_least_zero(value: Fraction, found: str, what: str) -> Fraction:
    if value < 0:
        refuse(found, f"{what} of at least 0")
    return value


def plain(value: float, shift: int = 0) -> str:
    """The shortest decimal that reads back as `value`, times ten to the power `shift`."""
    exact = Decimal(repr(float(value))).scaleb(shift).normalize()
    return f"{exact:f}" if -15 < exact.adjusted() < 15 else f"{exact:e}"


def minutes_from_text(text: str) -> int:
    """A duration in whole minutes, rounded half to even. [min]

    Units: min, h, d, weeks, months (30.4375 d), years (365.25 d), alone or one after the other.
    Raises QuantityError where the text is no duration.

    >>> minutes_from_text("120 h"), minutes_from_text("6 h 50 min"), minutes_from_text("3 weeks")
    (7200, 410, 30240)
    """
    total, at = Fraction(0), 0
    while at < len(text) and (part := _PART.match(text, at)):
        unit = _DURATION_WORDS.get(part[2].lower())
        if unit is None:
            hint = did_you_mean(part[2], _DURATION_WORDS)
            refuse(text, f'{_DURATION_SAMPLE}; "{part[2]}" is not a unit of time{hint}')
        total += at_least_zero(number(part[1]), text, "a duration") * unit
        at = part.end()
    if at == 0 or at < len(text):
        bare = re.fullmatch(NUMBER, text.strip())
        refuse(text, _DURATION_SAMPLE + ("; the unit is missing" if bare else ""))
    return round(total)


def text_from_minutes(minutes: int) -> str:
    """The duration as a programme file says it; the reverse of `minutes_from_text`.

    >>> text_from_minutes(7200), text_from_minutes(410), text_from_minutes(30240)
    ('120 h', '6 h 50 min', '21 d')
    """
    if minutes < 0:
        refuse(minutes, "a duration of at least 0 minutes")
    if minutes >= 10 * 1440 and minutes % 1440 == 0:
        return f"{minutes // 1440} d"
    hours, rest = divmod(minutes, 60)
    if hours and rest:
        return f"{hours} h {rest} min"
    return f"{hours} h" if hours else f"{rest} min"


def activity_unit(word: str, found: str, expected: str) -> Fraction:
    """MBq in one of the unit, refusing milli for mega and mega for milli."""
    unit = word.replace("µ", "u").replace("μ", "u")
    if unit in _MBQ_PER:
        return _MBQ_PER[unit]
    lower = unit.lower()
    if lower == "mci":
        if unit.startswith("m"):
            return _MBQ_PER["mCi"]
        refuse(
            found, f'{expected}; "{word}" reads as megacurie (10^6 Ci): write mCi for millicurie'
        )
    if lower == "mbq":
        if unit.startswith("M"):
            return _MBQ_PER["MBq"]
        refuse(
            found,
            f'{expected}; "{word}" reads as millibecquerel (10^-3 Bq): write MBq for megabecquerel',
        )
    if lower in _ACTIVITY_BY_LOWER:
        return _MBQ_PER[_ACTIVITY_BY_LOWER[lower]]
    why = f'"{word}" is not a unit of activity' if word else "the unit is missing"
    refuse(found, f"{expected}; {why}{did_you_mean(word, _MBQ_PER)}")


def activity_mbq_from_text(text: str) -> float:
    """An activity. [MBq] (1 mCi is 37 MBq exactly.) Raises QuantityError where it is none.

    >>> activity_mbq_from_text("15 mCi"), activity_mbq_from_text("2.5 GBq")
    (555.0, 2500.0)
    """
    value, word = amount(text, _ACTIVITY_SAMPLE)
    unit = activity_unit(word, text, _ACTIVITY_SAMPLE)
    return float(at_least_zero(value, text, "an activity") * unit)


def text_from_activity(mbq: float) -> str:
    """The activity as a programme file says it; the reverse of `activity_mbq_from_text`.

    >>> text_from_activity(185.0), text_from_activity(1054.5)
    ('185 MBq', '1.0545 GBq')
    """
    return f"{plain(mbq, -3)} GBq" if mbq >= 1000 else f"{plain(mbq)} MBq"


def split_per(text: str, expected: str) -> tuple[str, str]:
    head, slash, tail = text.partition("/")
    if not slash:
        head, _, tail = text.partition(" per ")
    if not tail.strip():
        refuse(text, expected)
    return head.strip(), tail.strip()


def concentration_mbq_per_ml_from_text(text: str) -> float:
    """An activity concentration. [MBq/mL] Raises QuantityError where it is none.

    >>> concentration_mbq_per_ml_from_text("10 mCi/mL")
    370.0
    """
    expected = "a concentration such as 10 mCi/mL or 5 GBq/mL"
    head, volume = split_per(text, expected)
    if volume not in ("mL", "ml"):
        refuse(text, f'{expected}; "{volume}" is not mL')
    value, word = amount(head, expected)
    unit = activity_unit(word, text, expected)
    return float(at_least_zero(value, text, "a concentration") * unit)


def text_from_concentration(mbq_per_ml: float) -> str:
    """The concentration as a programme file says it.

    >>> text_from_concentration(370.0)
    '370 MBq/mL'
    """
    return f"{text_from_activity(mbq_per_ml)}/mL"


def dose_rate_from_text(text: str) -> tuple[float, DosePer]:
    """A dose rule: MBq per square metre of body surface, per kilogram, or flat. [MBq per unit]

    Raises QuantityError where it is none.

    >>> dose_rate_from_text("15 mCi/m2"), dose_rate_from_text("185 MBq")
    ((555.0, 'm2'), (185.0, 'flat'))
    """
    expected = "a dose rule such as 15 mCi/m2, 74 MBq/kg or 185 MBq"
    head, slash, per = text.replace(" per ", "/").partition("/")
    basis: DosePer = "flat"
    if slash:
        match per.strip().replace("²", "2").replace("^", "").lower():
            case "m2":
                basis = "m2"
            case "kg":
                basis = "kg"
            case _:
                refuse(text, f'{expected}; "{per.strip()}" is neither m2 nor kg')
    value, word = amount(head, expected)
    unit = activity_unit(word, text, expected)
    return float(at_least_zero(value, text, "a dose") * unit), basis


def text_from_dose_rate(mbq_per_unit: float, basis: DosePer) -> str:
    """The dose rule as a programme file says it.

    >>> text_from_dose_rate(555.0, "m2")
    '555 MBq/m2'
    """
    text = text_from_activity(mbq_per_unit)
    return text if basis == "flat" else f"{text}/{basis}"


def fraction_from_text(text: str | float, at_most: float = 1.0) -> float:
    """A share between 0 and `at_most`, as "95 %" or "0.95". Raises QuantityError otherwise.

    >>> fraction_from_text("95 %"), fraction_from_text("0.95")
    (0.95, 0.95)
    """
    expected = "a share such as 95 % or 0.95"
    value, sign = amount(str(text), expected)
    if sign not in ("", "%"):
        refuse(text, f'{expected}; "{sign}" is not %')
    share = float(value / 100 if sign else value)
    if not 0 <= share <= at_most:
        hint = f"; did you mean {text} %?" if not sign and 1 < share <= 100 else ""
        refuse(text, f"{expected}, from 0 to {at_most:g}{hint}")
    return share


def text_from_fraction(share: float) -> str:
    """The share in per cent; the reverse of `fraction_from_text`.

    >>> text_from_fraction(0.95)
    '95 %'
    """
    return f"{plain(share, 2)} %"


def rate_per_month_from_text(text: str) -> float:
    """How often a month of 30.4375 days, such as "0.11 a month" or "2 per year". [per month]

    Raises QuantityError where the text is no rate.

    >>> rate_per_month_from_text("0.11 a month"), rate_per_month_from_text("2.4 per year")
    (0.11, 0.2)
    """
    expected = "a rate such as 0.11 a month, 2 a week or 1.3 per year"
    value, rest = amount(text, expected)
    match = re.fullmatch(r"(?:a|an|per|/)\s*([a-z]+)", rest, re.IGNORECASE)
    unit = _DURATION_WORDS.get(match[1].lower()) if match else None
    if unit is None:
        refuse(text, expected)
    return float(at_least_zero(value, text, "a rate") * Fraction(_MINUTES["months"], unit))


def text_from_rate_per_month(rate: float) -> str:
    """The rate as a programme file says it; the reverse of `rate_per_month_from_text`.

    >>> text_from_rate_per_month(0.11)
    '0.11 a month'
    """
    return f"{plain(rate)} a month"
