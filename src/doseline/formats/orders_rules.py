"""What a row of a file of dose orders must keep: with its programme, in itself, between rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from functools import cache

from doseline.errors import Fault
from doseline.formats.csv_table import Row, Table
from doseline.operations.routes import ways_of
from doseline.programme import Programme
from doseline.quantities import text_from_activity

__all__ = ["ACTIVITY_COLUMNS", "OrderRules", "ids_of"]

ACTIVITY_COLUMNS = ("activity", "activity_gbq", "activity_mci")

Said = Iterator[tuple[str, str]]
"""Faults of a row: the column and the message."""

Visits = tuple[frozenset[str], ...]
"""The products that may be given at each dose of a course, from its first."""


def ids_of(row: Row) -> list[str]:
    """The ids of the orders of a row: its own, or numbered ones where it stands for several."""
    if not row.has("id", "doses"):
        return []
    if row["doses"] == 1:
        return [row["id"]]
    return [f"{row['id']}-{n}" for n in range(1, row["doses"] + 1)]


class OrderRules:
    """The rules for the orders of one programme. Each asks only about the sound cells of a row."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.standing = frozenset(d.id for d in programme.standing_demand)
        self.sites = {t.id: frozenset(t.sites) for t in programme.trials}
        self.sites |= {m.id: frozenset(s.site for s in m.sites) for m in programme.markets}
        self.sites |= {d.id: frozenset((d.site,)) for d in programme.standing_demand}
        self.visits = {p: _visits(programme, p) for p in self.sites}
        self.products = {p: _products(programme, p) for p in self.sites}
        self.largest_bulk_mbq = cache(self._largest_bulk_mbq)

    def faults(self, table: Table) -> Iterator[Fault]:
        """Everything wrong with the sound cells of a table."""
        if not table.rows and not table.faults:
            message = "is the heading, and no row follows; expected a row for each dose order"
            yield table.fault(table.line, "", message)
        activity = [c for c in table.columns if c in ACTIVITY_COLUMNS]
        for other in activity[1:]:
            message = f"stands beside {activity[0]}; expected one column with the activity"
            yield table.fault(table.line, other, message)
        if not activity and any(self.needs_activity(row) for row in table.rows):
            message = f"missing; expected one column of {', '.join(ACTIVITY_COLUMNS)}"
            yield table.fault(table.line, "activity", message)
        named = "patient" in table.columns
        if not named and any(self.needs_patient(row) for row in table.rows):
            message = "missing; expected a column with who gets each dose"
            yield table.fault(table.line, "patient", message)
        for row in table.rows:
            for column, message in self.of_row(row, activity[0] if activity else "", named):
                yield table.fault(row.line, column, message)
        yield from _ids_twice(table)
        yield from self._doses_twice(table)

    def of_row(self, row: Row, activity: str, named: bool) -> Said:
        """What is wrong with a row by itself; `named` says that there is a column for patients."""
        wrong = list(self._of_protocol(row))
        yield from wrong
        if named and self.needs_patient(row) and not row["patient"]:
            yield "patient", "found nothing, expected who gets the dose, such as P-012"
        yield from self._of_several(row)
        if row.has("wanted_on"):
            yield from self._of_days(row, row["wanted_on"])
        fits = not any(column == "product" for column, _ in wrong)
        if activity and fits and row.has("product", activity):
            yield from self._of_activity(row, activity)

    def needs_activity(self, row: Row) -> bool:
        """Whether a row asks for activity: its product has a nuclide, and it is no standing one."""
        if not row.has("product", "protocol") or row["protocol"] in self.standing:
            return False
        return self.programme.product[row["product"]].decays

    def needs_patient(self, row: Row) -> bool:
        """Whether a row names a patient: a real order that is no standing one."""
        if not row.has("kind", "patient", "protocol"):
            return False
        return row["kind"] == "order" and row["protocol"] not in self.standing

    def _of_protocol(self, row: Row) -> Said:
        if row.has("protocol", "site") and row["site"] not in self.sites[row["protocol"]]:
            sites = sorted(self.sites[row["protocol"]])
            listed = f"{', '.join(sites[:8])}{', ...' if len(sites) > 8 else ''}"
            yield "site", f'found "{row["site"]}", expected a site of {row["protocol"]}: {listed}'
        if row.has("protocol", "product"):
            products = self.products[row["protocol"]]
            if row["product"] not in products:
                expected = f"{' or '.join(products)}, given in {row['protocol']}"
                yield "product", f'found "{row["product"]}", expected {expected}'
            else:
                yield from self._of_visit(row)
        if row.has("protocol", "course_number"):
            number, visits = row["course_number"] or 1, self.visits[row["protocol"]]
            if visits and number > len(visits):
                most = f"at most {len(visits)}, the most doses of a course in {row['protocol']}"
                yield "course_number", f'found "{number}", expected {most}'

    def _of_visit(self, row: Row) -> Said:
        """Whether the product is the one of that dose of the course."""
        visits, product = self.visits[row["protocol"]], row["product"]
        if not visits or not row.has("kind", "course_number"):
            return
        number = self.number_of(row)
        if number > len(visits) or product in visits[number - 1]:
            return
        theirs = " or ".join(sorted(visits[number - 1]))
        others = " or ".join(str(n) for n, given in enumerate(visits, 1) if product in given)
        yield (
            "product",
            f'found "{product}", expected {theirs} as dose {number} of {row["protocol"]}; '
            f"{product} has the course_number {others}",
        )

    def number_of(self, row: Row) -> int:
        """Which dose of the course a row asks for.

        Where it does not say so the first; in a forecast, the first that gives its product.
        """
        number: int | None = row["course_number"]
        if number is not None or row["kind"] == "order":
            return number or 1
        visits = self.visits[row["protocol"]]
        return next((n for n, given in enumerate(visits, 1) if row["product"] in given), 1)

    def _of_several(self, row: Row) -> Said:
        if not row.has("kind", "patient", "doses") or row["doses"] == 1:
            return
        patient, doses = row["patient"], row["doses"]
        if row["kind"] == "order":
            yield "doses", f'found "{doses}", expected 1 in an order; several stand in a forecast'
        elif patient:
            yield "patient", f'found "{patient}", expected nothing in a forecast of several doses'

    def _of_days(self, row: Row, wanted: date) -> Said:
        first, last = self.programme.from_on, self.programme.until_on
        if not first <= wanted <= last:
            yield "wanted_on", f"found {wanted}, expected a day of the programme, {first} to {last}"
        elif row.has("site", "status") and row["status"] == "open":
            site = self.programme.site[row["site"]]
            if not ways_of(self.programme).treats(site, wanted.toordinal()):
                days = " or ".join(site.treatment_weekdays)
                yield (
                    "wanted_on",
                    f"found {wanted}, a {wanted:%A}, expected a day on which {site.id} treats: "
                    f"{days}, no holiday, and while it is open",
                )
        for column, side in (("earliest_on", -1), ("latest_on", 1), ("placed_on", -1)):
            on: date | None = row[column] if row.has(column) else None
            if on is not None and (on - wanted).days * side < 0:
                word = "later" if side > 0 else "earlier"
                yield column, f"found {on}, expected {wanted}, the day wanted, or {word}"

    def _of_activity(self, row: Row, column: str) -> Said:
        product, mbq = row["product"], row[column]
        if not self.programme.product[product].decays:
            if mbq:
                found = text_from_activity(mbq)
                yield column, f"found {found}, expected nothing: {product} has no nuclide"
        elif not mbq and self.needs_activity(row):
            found = "nothing" if mbq is None else "0"
            yield column, f"found {found}, expected the activity at the infusion, above 0"
        elif mbq and mbq > (largest := self.largest_bulk_mbq(product)):
            found, most = text_from_activity(mbq), text_from_activity(largest)
            why = f"the largest bulk of any line for {product}"
            yield column, f"found {found}, expected at most {most}, {why}"

    def _largest_bulk_mbq(self, product: str) -> float:
        """The most that any line holds of a product; infinite where one states no limit. [MBq]"""
        lines = [line for _, line in self.programme.line.values() if product in line.products]
        bulks = [math.inf if ln.bulk_max_mbq is None else ln.bulk_max_mbq for ln in lines]
        return max(bulks, default=math.inf)

    def _doses_twice(self, table: Table) -> Iterator[Fault]:
        doses: dict[tuple[str, str, int], int] = {}
        for row in table.rows:
            if not row.has("protocol", "patient", "course_number", "kind", "status"):
                continue
            protocol, patient, number = row["protocol"], row["patient"], row["course_number"] or 1
            real = (row["kind"], row["status"]) == ("order", "open")
            if not real or not patient or protocol in self.standing:
                continue
            first = doses.setdefault((protocol, patient, number), row.line)
            if first != row.line:
                message = (
                    f"dose {number} of {patient} is ordered twice, first in line {first}; "
                    "expected another number, or one of the two cancelled"
                )
                yield table.fault(row.line, "course_number", message)


def _visits(programme: Programme, protocol: str) -> Visits:
    """The products given at each dose of a course, in any arm; none for a standing demand."""
    if trial := programme.trial.get(protocol):
        arms, own = trial.arms, trial.product
    elif market := programme.market.get(protocol):
        arms, own = (market.arm,), market.product
    else:
        return ()
    doses = range(max(len(arm.visits) for arm in arms))
    return tuple(
        frozenset(arm.visits[n].product or own for arm in arms if n < len(arm.visits))
        for n in doses
    )


def _products(programme: Programme, protocol: str) -> tuple[str, ...]:
    """The products given in a protocol, in the order of its visits."""
    if visits := _visits(programme, protocol):
        return tuple(dict.fromkeys(product for given in visits for product in sorted(given)))
    return tuple(d.product for d in programme.standing_demand if d.id == protocol)


def _ids_twice(table: Table) -> Iterator[Fault]:
    ids: dict[str, int] = {}
    for row in table.rows:
        for name in ids_of(row):
            first = ids.setdefault(name, row.line)
            if first != row.line:
                message = f'"{name}" stands twice, first in line {first}; expected another id'
                yield table.fault(row.line, "id", message)
                break
