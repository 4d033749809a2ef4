"""The arithmetic of a radioactive package, in whole numbers, so that no boundary is blurred.

Activities are whole kBq, dose rates whole nSv/h, transport indices whole tenths, sums of A2
fractions exact. The limits are those of 49 CFR, which the IAEA regulations and the dangerous goods
rules of the air share; each constant names its paragraph.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from doseline.errors import QuantityError, TransportError
from doseline.records.transport_values import TransportValues, transport_values

__all__ = [
    "Category",
    "Classification",
    "Container",
    "Content",
    "Form",
    "Package",
    "category",
    "classified",
    "emergency_plan_share",
    "fits_passenger_aircraft",
    "is_limited_quantity",
    "is_reportable",
    "removable_limit_tenths",
    "sum_of_fractions",
    "transport_index_tenths",
]

MSV = 10**6
"""One mSv/h in nSv/h."""

# 49 CFR 172.403(c): the most that a label allows at the surface [nSv/h] and as index [tenths].
WHITE_SURFACE, YELLOW_II_SURFACE, YELLOW_III_SURFACE = 5 * MSV // 1000, MSV // 2, 2 * MSV
YELLOW_II_INDEX, YELLOW_III_INDEX = 10, 100
EXCLUSIVE_SURFACE = 10 * MSV  # 49 CFR 173.441(b)(1), in a closed vehicle
PASSENGER_INDEX = 30  # 49 CFR 175.700: 3.0 for a package on a passenger aircraft
LIMITED_SURFACE = WHITE_SURFACE  # 49 CFR 173.421
REMOVABLE_TENTHS = 40  # 49 CFR 173.443, beta and gamma emitters: 4 Bq/cm2


class Form(StrEnum):
    """The form of a content, which decides how much of it a package may hold."""

    LIQUID = "liquid"
    SOLID = "solid"
    SPECIAL = "special form"


_LIMITED_PARTS = {Form.LIQUID: 10_000, Form.SOLID: 1_000, Form.SPECIAL: 1_000}
"""A limited quantity is A2 (A1 in special form) divided by this; 49 CFR 173.425, table 4."""


class Category(StrEnum):
    """The label of a package, from the least to the most."""

    WHITE_I = "I-WHITE"
    YELLOW_II = "II-YELLOW"
    YELLOW_III = "III-YELLOW"
    EXCLUSIVE_USE = "III-YELLOW, exclusive use"


@dataclass(frozen=True, slots=True)
class Content:
    """One nuclide in a package, as it is when the package is tendered. [kBq]"""

    nuclide: str
    kbq: int
    form: Form = Form.LIQUID
    version: int | None = None

    def __post_init__(self) -> None:
        if self.kbq < 0:
            raise QuantityError(f"an activity must be at least 0 kBq, got {self.kbq}")

    @property
    def values(self) -> TransportValues:
        """The limits of the nuclide, in the version that the content pins."""
        return transport_values(self.nuclide, self.version)

    @property
    def limit_kbq(self) -> int:
        """What a Type A package may hold of it: A1 in special form, else A2. [kBq]"""
        return self.values.a1_kbq if self.form is Form.SPECIAL else self.values.a2_kbq


@dataclass(frozen=True, slots=True)
class Container:
    """A Type A container: design, serial number, test report, last day of its certificate."""

    design: str
    serial: str
    test_report: str
    valid_until_on: date

    def must_hold(self, on: date) -> None:
        """Refuses with TransportError on a day after its certificate ends. [49 CFR 173.415(a)]"""
        if on > self.valid_until_on:
            raise TransportError(
                f"container {self.serial}: its certificate {self.test_report} "
                f"ended on {self.valid_until_on}, before {on}"
            )


@dataclass(frozen=True, slots=True)
class Package:
    """A package as surveyed: what is in it, and the highest dose rates outside. [nSv/h]"""

    contents: tuple[Content, ...]
    surface_nsv_h: int
    one_metre_nsv_h: int


@dataclass(frozen=True, slots=True)
class Classification:
    """What a package is in transport, all of it from its contents and its survey.

    `category` is None for a limited quantity, which bears no label. `index_tenths` is ten times the
    transport index. `reportable` is None where the table lacks a reportable quantity.
    """

    un_number: str
    proper_name: str
    category: Category | None
    index_tenths: int
    fraction_of_a2: Fraction
    reportable: bool | None
    passenger_aircraft: bool
    verified: bool

    @property
    def index(self) -> str:
        """The transport index as papers and labels write it."""
        return f"{self.index_tenths // 10}.{self.index_tenths % 10}"


def transport_index_tenths(one_metre_nsv_h: int) -> int:
    """Ten times the transport index of the highest dose rate at one metre. [nSv/h]

    A hundred times the dose rate in mSv/h, rounded up to the tenth; 0.05 or less is 0.
    [49 CFR 173.403; conventions 2.7] Raises QuantityError for a dose rate below zero.

    >>> [transport_index_tenths(rate) for rate in (500, 501, 11_300, 12_000, 12_001)]
    [0, 1, 12, 12, 13]
    """
    if one_metre_nsv_h < 0:
        raise QuantityError(f"a dose rate must be at least 0 nSv/h, got {one_metre_nsv_h}")
    return 0 if one_metre_nsv_h <= 500 else -(-one_metre_nsv_h // 1000)


def category(surface_nsv_h: int, index_tenths: int) -> Category:
    """The label of a package: the higher of what surface and index ask for. [nSv/h]

    Raises QuantityError for numbers below zero and TransportError for a surface beyond 10 mSv/h,
    which no label covers. What only exclusive use allows is said as such. [49 CFR 172.403(c)]

    >>> print(category(5_000, 0)), print(category(5_001, 0)), print(category(400_000, 11))
    I-WHITE
    II-YELLOW
    III-YELLOW
    (None, None, None)
    """
    if surface_nsv_h < 0 or index_tenths < 0:
        raise QuantityError(
            f"surface dose rate and index must be at least 0, got {surface_nsv_h}, {index_tenths}"
        )
    if surface_nsv_h > EXCLUSIVE_SURFACE:
        raise TransportError(
            f"surface dose rate {surface_nsv_h / MSV:g} mSv/h is above 10 mSv/h, "
            "which no package may have"
        )
    if surface_nsv_h > YELLOW_III_SURFACE or index_tenths > YELLOW_III_INDEX:
        return Category.EXCLUSIVE_USE
    if surface_nsv_h > YELLOW_II_SURFACE or index_tenths > YELLOW_II_INDEX:
        return Category.YELLOW_III
    if surface_nsv_h > WHITE_SURFACE or index_tenths > 0:
        return Category.YELLOW_II
    return Category.WHITE_I


def sum_of_fractions(contents: Iterable[Content]) -> Fraction:
    """The contents over their limits, summed exactly: a Type A package holds at most 1.

    [49 CFR 173.433(d)]

    >>> sum_of_fractions([Content("I-131", 350_000_000), Content("Lu-177", 70_000_000)])
    Fraction(3, 5)
    """
    return sum((Fraction(held.kbq, held.limit_kbq) for held in contents), Fraction(0))


def is_limited_quantity(contents: Iterable[Content]) -> bool:
    """Whether so little is inside that the package is excepted from labels. [49 CFR 173.425]

    >>> [is_limited_quantity([Content("I-131", kbq)]) for kbq in (70_000, 70_001)]
    [True, False]
    """
    parts = (Fraction(held.kbq * _LIMITED_PARTS[held.form], held.limit_kbq) for held in contents)
    return sum(parts, Fraction(0)) <= 1


def is_reportable(contents: Iterable[Content]) -> bool | None:
    """Whether papers and package must say RQ: together at or above the reportable quantity.

    None where the answer hangs on a nuclide whose quantity the table does not hold.
    [49 CFR 172.101, appendix A]

    >>> is_reportable([Content("I-131", 370_000)]), is_reportable([Content("I-131", 369_999)])
    (True, False)
    >>> is_reportable([Content("Lu-177", 7_400_000)])
    False
    """
    known, all_known = Fraction(0), True
    for held in contents:
        quantity = held.values.reportable_kbq
        if quantity is not None:
            known += Fraction(held.kbq, quantity)
        elif held.kbq > 0:
            all_known = False
    if known >= 1:
        return True
    return False if all_known else None


def removable_limit_tenths(contents: Iterable[Content]) -> int:
    """The most removable contamination on a package, in tenths of Bq/cm2. [49 CFR 173.443]

    That of its strictest content; without content that of beta and gamma emitters.

    >>> [removable_limit_tenths([Content(name, 1)]) for name in ("I-131", "Ra-223")]
    [40, 4]
    """
    return min((held.values.removable_tenths for held in contents), default=REMOVABLE_TENTHS)


def fits_passenger_aircraft(index_tenths: int, label: Category | None) -> bool:
    """Whether a package may fly beside passengers: an index of 3.0 at most. [49 CFR 175.700]"""
    return label is not Category.EXCLUSIVE_USE and index_tenths <= PASSENGER_INDEX


def emergency_plan_share(nuclide: str, kbq: int) -> Fraction | None:
    """What a place holds, over the quantity from which it must plan for an emergency. [kBq]

    1 or more asks for a plan or an evaluation (10 CFR 30.32(i), 30.72). None where the table holds
    no such quantity.

    >>> emergency_plan_share("I-131", 37_000_000)
    Fraction(1, 10)
    """
    line = transport_values(nuclide).emergency_plan_kbq
    return None if line is None else Fraction(kbq, line)


def classified(package: Package) -> Classification:
    """What a package is in transport.

    Raises TransportError where a Type A package may not hold it or no label covers it.

    >>> sent = Package((Content("I-131", 1_365_000),), surface_nsv_h=180_000, one_metre_nsv_h=6_400)
    >>> found = classified(sent)
    >>> found.un_number, str(found.category), found.index, found.reportable
    ('UN2915', 'II-YELLOW', '0.7', True)
    """
    fraction = sum_of_fractions(package.contents)
    if fraction == 0:
        raise TransportError("the package holds no activity")
    if fraction > 1:
        raise TransportError(
            f"the contents are {float(fraction):.6g} of what a Type A package may hold: "
            "they need a Type B package"
        )
    index = transport_index_tenths(package.one_metre_nsv_h)
    label = category(package.surface_nsv_h, index)
    small = is_limited_quantity(package.contents) and package.surface_nsv_h <= LIMITED_SURFACE
    special = all(held.form is Form.SPECIAL for held in package.contents)
    return Classification(
        *_NAMES["limited" if small else "special" if special else "other"],
        category=None if small else label,
        index_tenths=index,
        fraction_of_a2=fraction,
        reportable=is_reportable(package.contents),
        passenger_aircraft=fits_passenger_aircraft(index, label),
        verified=all(held.values.verified for held in package.contents),
    )


_NAMES = {
    "limited": (
        "UN2910",
        "Radioactive material, excepted package-limited quantity of material",
    ),
    "special": (
        "UN3332",
        "Radioactive material, Type A package, special form non fissile or fissile-excepted",
    ),
    "other": (
        "UN2915",
        "Radioactive material, Type A package non-special form, non fissile or fissile-excepted",
    ),
}
"""UN number and proper shipping name, as the table of 49 CFR 172.101 wrote them in 2015."""
