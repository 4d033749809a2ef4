"""What the rules say of each nuclide: A1, A2, reportable, emergency-plan, contamination limits.

The values stand in `transport.csv` beside the nuclides, each with its source and the version in
which it came; a value recalled without its source at hand says "unverified", and so does every
paper that uses it. A value that is not known is left out, never guessed.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files

from doseline.errors import NuclideError, did_you_mean

__all__ = ["TransportValues", "transport_values"]

_KBQ = {"tbq": 10**9, "gbq": 10**6}


@dataclass(frozen=True, slots=True)
class TransportValues:
    """The limits of one nuclide, in whole kBq, with their sources. [kBq]

    `a1_kbq` is the most a Type A package holds in special form, `a2_kbq` in any other form.
    `reportable_kbq` and `emergency_plan_kbq` are None where no source at hand gives them.
    `removable_tenths` is the most contamination that a wipe may find on a package with it, in
    tenths of Bq/cm2 (49 CFR 173.443, table 9): 40, or 4 for an alpha emitter of ten days or more.
    """

    nuclide: str
    version: int
    a1_kbq: int
    a2_kbq: int
    reportable_kbq: int | None
    emergency_plan_kbq: int | None
    removable_tenths: int
    a_source: str
    reportable_source: str
    emergency_plan_source: str

    @property
    def verified(self) -> bool:
        """Whether A1 and A2 were read in their source, rather than recalled."""
        return not self.a_source.startswith("unverified")


def _kbq(text: str, unit: str) -> int:
    exact = Fraction(text) * _KBQ[unit]
    if exact.denominator != 1 or exact <= 0:
        raise NuclideError(f'transport.csv: "{text}" is not a whole number of kBq above 0')
    return int(exact)


def _from_row(row: dict[str, str]) -> TransportValues:
    reportable, plan = row["reportable_gbq"], row["emergency_plan_gbq"]
    return TransportValues(
        nuclide=row["nuclide"],
        version=int(row["version"]),
        a1_kbq=_kbq(row["a1_tbq"], "tbq"),
        a2_kbq=_kbq(row["a2_tbq"], "tbq"),
        reportable_kbq=_kbq(reportable, "gbq") if reportable else None,
        emergency_plan_kbq=_kbq(plan, "gbq") if plan else None,
        removable_tenths=int(Fraction(row["removable_bq_per_cm2"]) * 10),
        a_source=row["a_source"],
        reportable_source=row["reportable_source"],
        emergency_plan_source=row["emergency_plan_source"],
    )


@cache
def _table() -> dict[tuple[str, int], TransportValues]:
    text = files("doseline").joinpath("transport.csv").read_text(encoding="utf-8")
    rows = map(_from_row, csv.DictReader(text.splitlines()))
    return {(row.nuclide, row.version): row for row in rows}


def transport_values(nuclide: str, version: int | None = None) -> TransportValues:
    """The values of a nuclide, in a version or the newest. Raises NuclideError where there is none.

    A record pins the version that it used, so that a later table does not change its papers.

    >>> transport_values("I-131").a2_kbq, transport_values("I-131").verified
    (700000000, True)
    """
    versions = [held for name, held in _table() if name == nuclide]
    if not versions:
        known = sorted({name for name, _ in _table()})
        hint = did_you_mean(nuclide, known)
        raise NuclideError(
            f'no transport values for "{nuclide}"{hint}: {", ".join(known)}; '
            "add its row to transport.csv, with its source"
        )
    found = _table().get((nuclide, max(versions) if version is None else version))
    if found is None:
        held = ", ".join(map(str, sorted(versions)))
        raise NuclideError(f"transport values of {nuclide}: version {version} is none of {held}")
    return found
