"""The nuclides: half-lives, energies, gammas and progeny, each value with its source.

The values stand in `nuclides.csv` beside this file. A value that no source at hand gives is left
out, never guessed. A product pins its own half-life; the table is the default.
"""

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from functools import cache
from importlib.resources import files

from doseline.errors import NuclideError, did_you_mean

__all__ = [
    "END_OF_CHAIN",
    "Nuclide",
    "decay_factor",
    "ingrowth",
    "nuclei",
    "nuclide",
    "nuclides",
]

END_OF_CHAIN = "end of chain"
"""Where `nuclei` counts what has decayed to nuclides outside the table, nearly all of it stable."""

_MIN = {"d": 1440.0, "h": 60.0, "min": 1.0, "s": 1 / 60, "ms": 1e-3 / 60, "us": 1e-6 / 60}
_EXACT = Context(prec=160, Emin=-(10**15), Emax=10**15)
_LN2 = _EXACT.ln(Decimal(2))


@dataclass(frozen=True, slots=True)
class Nuclide:
    """One radioactive nuclide of the table.

    `half_life_min` [min]; `half_life` as its source writes it; mean energies per decay [MeV], None
    where no source at hand gives them; `gammas` as (energy [keV], intensity [% of decays]);
    `progeny` as (name, share of decays), only those that are in the table.
    """

    name: str
    half_life_min: float
    half_life: str
    electron_mev: float | None
    photon_mev: float | None
    alpha_mev: float | None
    gammas: tuple[tuple[float, float], ...]
    progeny: tuple[tuple[str, float], ...]
    half_life_source: str
    energies_source: str
    gammas_source: str
    progeny_source: str


def _pairs(text: str) -> Iterator[tuple[str, float]]:
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, _, value = part.partition(":")
        yield name, float(value)


def _energy(text: str) -> float | None:
    return float(text) if text else None


def _from_row(row: dict[str, str]) -> Nuclide:
    return Nuclide(
        name=row["nuclide"],
        half_life_min=float(row["half_life"]) * _MIN[row["half_life_unit"]],
        half_life=f"{row['half_life']} {row['half_life_unit']}",
        electron_mev=_energy(row["electron_mev"]),
        photon_mev=_energy(row["photon_mev"]),
        alpha_mev=_energy(row["alpha_mev"]),
        gammas=tuple((float(kev), percent) for kev, percent in _pairs(row["gammas_kev_percent"])),
        progeny=tuple(_pairs(row["progeny"])),
        half_life_source=row["half_life_source"],
        energies_source=row["energies_source"],
        gammas_source=row["gammas_source"],
        progeny_source=row["progeny_source"],
    )


@cache
def _table() -> dict[str, Nuclide]:
    text = files("doseline").joinpath("nuclides.csv").read_text(encoding="utf-8")
    return {row["nuclide"]: _from_row(row) for row in csv.DictReader(text.splitlines())}


def nuclides() -> tuple[str, ...]:
    """The names of the nuclides in the table, in its order.

    >>> "I-131" in nuclides()
    True
    """
    return tuple(_table())


def nuclide(name: str) -> Nuclide:
    """The nuclide of that name. Raises NuclideError where the table does not hold it.

    >>> nuclide("I-131").half_life
    '8.0249 d'
    """
    found = _table().get(name)
    if found is None:
        known = ", ".join(_table())
        raise NuclideError(
            f'"{name}" is not in the table of nuclides{did_you_mean(name, _table())}: {known}'
        )
    return found


def decay_factor(elapsed_min: float, half_life_min: float) -> float:
    """The share of an activity that is left after a time, above 1 before its calibration time.

    0.5 ** (elapsed / half-life). A plain function of plain numbers; the fast simulator compiles it.

    >>> round(decay_factor(24 * 60, nuclide("I-131").half_life_min), 5)
    0.91725
    """
    return math.pow(0.5, elapsed_min / half_life_min)


def nuclei(
    parent: str,
    count: float,
    elapsed_min: float,
    half_lives_min: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """How many nuclei of the parent and of each daughter there are, from a pure parent.

    The solution of Bateman (1910), summed over the branches of the chain in 160 digits, so that
    half-lives may be nearly equal, equal, or many orders of magnitude apart. `END_OF_CHAIN` counts
    the nuclei that have left the table. `half_lives_min` replaces half-lives of the table. [min]
    Raises NuclideError for an unknown parent, a negative time or a half-life not above zero.

    >>> after = nuclei("Mo-99", 1000.0, 66 * 60)
    >>> round(sum(after.values()), 6)
    1000.0
    """
    if not 0 <= elapsed_min < math.inf:
        raise NuclideError(f"elapsed time must be at least 0 min and finite, got {elapsed_min}")
    total: dict[str, Decimal] = {}
    with localcontext(_EXACT):
        for path, share in _paths(nuclide(parent)):
            constants = [_constant(name, half_lives_min or {}) for name in path]
            value = share * Decimal(count) * _end_of_path(constants, Decimal(elapsed_min))
            total[path[-1]] = total.get(path[-1], Decimal(0)) + value
        return {name: max(0.0, float(value)) for name, value in total.items()}


def ingrowth(
    parent: str,
    activity_mbq: float,
    elapsed_min: float,
    half_lives_min: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """The activities of the parent and of each daughter a time after the parent was pure. [MBq]

    `activity_mbq` is the parent's at the start. Method, replacement of half-lives and errors are
    those of `nuclei`.

    >>> after = ingrowth("Pb-212", 100.0, 10.64 * 60)
    >>> round(after["Pb-212"], 3), round(after["Bi-212"], 3)
    (50.0, 55.165)
    """
    own = half_lives_min or {}
    parent_min = own.get(parent, nuclide(parent).half_life_min)
    counts = nuclei(parent, activity_mbq * parent_min, elapsed_min, own)
    return {
        name: value / own.get(name, nuclide(name).half_life_min)
        for name, value in counts.items()
        if name != END_OF_CHAIN
    }


def _paths(parent: Nuclide) -> Iterator[tuple[tuple[str, ...], Decimal]]:
    """Every way down the chain that stops at a nuclide or leaves the table, with its share."""
    todo: list[tuple[tuple[str, ...], Decimal]] = [((parent.name,), Decimal(1))]
    while todo:
        path, share = todo.pop(0)
        yield path, share
        if path[-1] == END_OF_CHAIN:
            continue
        left = Decimal(1)
        for name, fraction in nuclide(path[-1]).progeny:
            part = Decimal(str(fraction))
            left -= part
            todo.append(((*path, name), share * part))
        if left > 0:
            todo.append(((*path, END_OF_CHAIN), share * left))


def _constant(name: str, own: Mapping[str, float]) -> Decimal:
    """The decay constant. [1/min] Nothing decays at the end of the chain."""
    if name == END_OF_CHAIN:
        return Decimal(0)
    half_life_min = own.get(name, nuclide(name).half_life_min)
    if not 0 < half_life_min < math.inf:
        raise NuclideError(f"the half-life of {name} must be above 0 min, got {half_life_min}")
    return _LN2 / Decimal(half_life_min)


def _end_of_path(constants: list[Decimal], elapsed_min: Decimal) -> Decimal:
    """The nuclei at the last step of a chain that begins with one nucleus of the first.

    Equal constants are told apart by a relative 1e-18, far below the digits of a half-life and far
    above those of the arithmetic.
    """
    rates: list[Decimal] = []
    for rate in constants:
        while rate in rates:
            rate *= 1 + Decimal("1e-18")
        rates.append(rate)
    fed = Decimal(1)
    for rate in rates[:-1]:
        fed *= rate
    terms = Decimal(0)
    for i, rate in enumerate(rates):
        product = Decimal(1)
        for j, other in enumerate(rates):
            if i != j:
                product *= other - rate
        terms += (-rate * elapsed_min).exp() / product
    return fed * terms
