"""Amounts that carry their unit: an activity, an activity at an instant, an amount of money.

The texts in which people write amounts are read and written by the functions of
`doseline.units_text`, handed on from here.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Self, overload

from doseline.errors import QuantityError
from doseline.units_text import (
    NUMBER,
    DosePer,
    activity_mbq_from_text,
    activity_unit,
    amount,
    at_least_zero,
    concentration_mbq_per_ml_from_text,
    dose_rate_from_text,
    fraction_from_text,
    minutes_from_text,
    number,
    plain,
    rate_per_month_from_text,
    refuse,
    split_per,
    text_from_activity,
    text_from_concentration,
    text_from_dose_rate,
    text_from_fraction,
    text_from_minutes,
    text_from_rate_per_month,
)

__all__ = [
    "MBQ_PER_MCI",
    "Activity",
    "Calibrated",
    "DosePer",
    "Money",
    "activity_mbq_from_text",
    "concentration_mbq_per_ml_from_text",
    "dose_rate_from_text",
    "fraction_from_text",
    "minutes_from_text",
    "money_cents_from_text",
    "price_per_activity_from_text",
    "rate_per_month_from_text",
    "text_from_activity",
    "text_from_concentration",
    "text_from_dose_rate",
    "text_from_fraction",
    "text_from_minutes",
    "text_from_money",
    "text_from_price_per_activity",
    "text_from_rate_per_month",
]

MBQ_PER_MCI = 37.0  # exactly, by the definition of the curie

_CODE = re.compile(r"[A-Za-z]{3}")
_MONEY_SAMPLE = "an amount of money such as USD 1,500 or 45,000 USD"


@dataclass(frozen=True, slots=True, order=True)
class Activity:
    """An amount of radioactivity. [MBq]

    Raises QuantityError where it is below zero, infinite or not a number.

    >>> print(Activity.from_mci(28.5))
    1.0545 GBq (28.50 mCi)
    >>> Activity.from_gbq(1.0) + Activity(500.0) == Activity(1500.0)
    True
    """

    mbq: float

    def __post_init__(self) -> None:
        if not 0 <= self.mbq < math.inf:  # also refuses NaN
            raise QuantityError(f"activity must be at least 0 MBq and finite, got {self.mbq}")

    @classmethod
    def from_mci(cls, mci: float) -> Self:
        """The activity of so many millicurie. [mCi]"""
        return cls(mci * MBQ_PER_MCI)

    @classmethod
    def from_ci(cls, ci: float) -> Self:
        """The activity of so many curie. [Ci]"""
        return cls(ci * (1000 * MBQ_PER_MCI))

    @classmethod
    def from_gbq(cls, gbq: float) -> Self:
        """The activity of so many gigabecquerel. [GBq]"""
        return cls(gbq * 1000)

    @classmethod
    def from_kbq(cls, kbq: float) -> Self:
        """The activity of so many kilobecquerel. [kBq]"""
        return cls(kbq / 1000)

    @property
    def mci(self) -> float:
        """The activity in millicurie. [mCi]"""
        return self.mbq / MBQ_PER_MCI

    @property
    def ci(self) -> float:
        """The activity in curie. [Ci]"""
        return self.mbq / (1000 * MBQ_PER_MCI)

    @property
    def gbq(self) -> float:
        """The activity in gigabecquerel. [GBq]"""
        return self.mbq / 1000

    @property
    def kbq(self) -> int:
        """The activity in whole kilobecquerel, rounded half to even. [kBq]"""
        return round(self.mbq * 1000)

    def __add__(self, other: "Activity") -> "Activity":
        return Activity(self.mbq + other.mbq)

    def __sub__(self, other: "Activity") -> "Activity":
        return Activity(self.mbq - other.mbq)

    def __mul__(self, factor: float) -> "Activity":
        return Activity(self.mbq * factor)

    __rmul__ = __mul__

    @overload
    def __truediv__(self, divisor: "Activity") -> float: ...
    @overload
    def __truediv__(self, divisor: float) -> "Activity": ...
    def __truediv__(self, divisor: "Activity | float") -> "Activity | float":
        if isinstance(divisor, Activity):
            return self.mbq / divisor.mbq
        return Activity(self.mbq / divisor)

    def __str__(self) -> str:
        amount = f"{self.gbq:,.4f} GBq" if self.mbq >= 1000 else f"{self.mbq:.2f} MBq"
        return f"{amount} ({self.mci:,.2f} mCi)"


@dataclass(frozen=True, slots=True)
class Calibrated:
    """An activity and the instant at which it holds, its calibration time.

    Raises QuantityError where the instant has no time zone.

    >>> at = datetime(2022, 3, 13, 12, tzinfo=UTC)
    >>> dose = Calibrated(Activity.from_mci(28.5), at)
    >>> print(dose.decayed_to(at + timedelta(days=1), half_life=timedelta(days=8.0249)))
    967.24 MBq (26.14 mCi) at 2022-03-14 12:00 UTC
    """

    activity: Activity
    at: datetime

    def __post_init__(self) -> None:
        if self.at.utcoffset() is None:
            raise QuantityError(
                f"a calibration time needs a time zone, got {self.at.isoformat()} without one"
            )

    def decayed_to(self, at: datetime, half_life: timedelta) -> "Calibrated":
        """The same activity as it holds at another instant, earlier or later.

        Decay runs on elapsed time, so a clock change between the two instants counts for what
        it is. A(t) = A(0) x 0.5 ** (t / half-life). Raises QuantityError where `at` has no zone
        or the half-life is not above zero.
        """
        if half_life <= timedelta(0):
            raise QuantityError(f"a half-life must be above 0, got {half_life}")
        elapsed = at.astimezone(UTC) - self.at.astimezone(UTC)  # one zone would ignore its clock
        return Calibrated(self.activity * 0.5 ** (elapsed / half_life), at)

    def __str__(self) -> str:
        return f"{self.activity} at {self.at:%Y-%m-%d %H:%M} {self.at.tzname()}"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of money in whole hundredths of one currency. [cents]

    Raises QuantityError where the currency is no three-letter code, and where two currencies meet.

    >>> print(Money.of(12.50, "USD") * 1000 + Money(5, "USD"))
    USD 12,500.05
    """

    cents: int
    currency: str

    def __post_init__(self) -> None:
        if not (_CODE.fullmatch(self.currency) and self.currency.isupper()):
            refuse(self.currency, "a currency code of three capitals such as USD")

    @classmethod
    def of(cls, amount: float, currency: str) -> Self:
        """So many whole units of the currency, rounded half to even to the cent."""
        return cls(_round_cents(amount, 100), currency)

    def __add__(self, other: "Money") -> "Money":
        if self.currency != other.currency:
            raise QuantityError(
                f"{self.currency} and {other.currency} do not add up: convert one of them first"
            )
        return Money(self.cents + other.cents, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return self + Money(-other.cents, other.currency)

    def __mul__(self, factor: float) -> "Money":
        return Money(_round_cents(factor, self.cents), self.currency)

    __rmul__ = __mul__

    def __str__(self) -> str:
        return text_from_money(self.cents, self.currency)


def _round_cents(factor: float, cents: int) -> int:
    """`factor` as people write it, times whole cents, rounded half to even."""
    if not math.isfinite(factor):
        raise QuantityError(f"an amount of money must be finite, got {factor}")
    return round(Fraction(Decimal(str(factor))) * cents)


def money_cents_from_text(
    text: str | float, default_currency: str | None = None
) -> tuple[int, str]:
    """An amount of money: whole cents, rounded half to even, and the currency's code.

    A plain number takes `default_currency`, where one is given. Raises QuantityError otherwise.

    >>> money_cents_from_text("USD 1,500"), money_cents_from_text("12.50", "EUR")
    ((150000, 'USD'), (1250, 'EUR'))
    """
    bare = str(text).strip()
    code = default_currency
    if _CODE.match(bare) and not bare[3:4].isalpha():
        code, bare = bare[:3].upper(), bare[3:].strip()
        value, word = amount(bare, _MONEY_SAMPLE)
    else:
        value, word = amount(bare, _MONEY_SAMPLE)
        if _CODE.fullmatch(word):
            code, word = word.upper(), ""
    if word:
        refuse(text, f'{_MONEY_SAMPLE}; "{word}" is not a currency code')
    if code is None:
        refuse(text, f"{_MONEY_SAMPLE}; the currency is missing")
    return round(value * 100), code


def text_from_money(cents: int, currency: str) -> str:
    """The amount as people write it; the reverse of `money_cents_from_text`.

    >>> text_from_money(150000, "USD")
    'USD 1,500.00'
    """
    whole, rest = divmod(abs(cents), 100)
    return f"{currency} {'-' if cents < 0 else ''}{whole:,}.{rest:02d}"


def price_per_activity_from_text(
    text: str, default_currency: str | None = None
) -> tuple[float, str]:
    """A price of activity and its currency. [cents per MBq] Raises QuantityError where it is none.

    >>> price_per_activity_from_text("37 USD/mCi")
    (100.0, 'USD')
    """
    expected = "a price such as 3 USD/mCi"
    head, word = split_per(text, expected)
    unit = activity_unit(word, text, expected)
    match = re.search(NUMBER, head)
    if match is None:
        refuse(text, expected)
    _, currency = money_cents_from_text(head, default_currency)
    cents = at_least_zero(number(match[0]), text, "a price") * 100
    return float(cents / unit), currency


def text_from_price_per_activity(cents_per_mbq: float, currency: str) -> str:
    """The price as a programme file says it, per mCi where that is exact.

    >>> text_from_price_per_activity(100.0, "USD")
    '37 USD/mCi'
    """
    text = f"{plain(round(cents_per_mbq * 0.37, 6))} {currency}/mCi"
    if price_per_activity_from_text(text)[0] == cents_per_mbq:
        return text
    return f"{plain(cents_per_mbq, -2)} {currency}/MBq"
