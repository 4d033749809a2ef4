"""A file of dose orders in: real ones, forecasts and cancelled ones, checked with the programme."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace

from doseline.errors import QuantityError
from doseline.formats.csv_table import Column, Row, id_of, read_table, refused
from doseline.formats.forms import FORMS, Form, choice
from doseline.formats.orders_rules import ACTIVITY_COLUMNS, OrderRules, ids_of
from doseline.operations.ordering import placed_at
from doseline.operations.orders import DoseOrder
from doseline.programme import Programme
from doseline.programme.site import Site
from doseline.quantities import activity_mbq_from_text, text_from_activity

__all__ = ["OrdersFile", "read_orders"]

_NAME = re.compile(r"\w[\w./+~:-]*")
_BARE = re.compile(r"[+-]?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class OrdersFile:
    """The dose orders of a file, in the order of its rows: real, forecast and cancelled."""

    orders: tuple[DoseOrder, ...]
    forecast: tuple[DoseOrder, ...] = ()
    cancelled: tuple[DoseOrder, ...] = ()


def read_orders(path: str | os.PathLike[str], programme: Programme) -> OrdersFile:
    """The dose orders of a CSV file. Raises InputError with every fault that it has.

    Columns, in any order: `id`, `product`, `protocol`, `site` and `wanted_on` are needed, and for
    products with a nuclide one of `activity` (28.5 mCi), `activity_gbq` and `activity_mci`, at the
    infusion. The others may be left out or empty: `kind` (order or forecast; an order), `patient`
    (needed for an order of a trial or market), `course_number` (1; in a forecast the first dose of
    that product), `earliest_on` and `latest_on` (the day wanted), `placed_on` (by the ordering rule
    of the protocol), `started` (where the course number is above 1), `units` (1), `status` (open or
    cancelled; open), and, for a forecast, `doses` (1): several become orders of their own with the
    ids `id-1`, `id-2`, ...

    An order placed on a day is placed at the site's usual hour of infusion, at the programme's
    start at the earliest. The file `orders.csv` of `doseline demand` is read back as written; it
    does not say when an order was placed, so the ordering rule counts from the day wanted, also
    where a site had moved it.
    """
    rules = OrderRules(programme)
    columns = _columns(programme, rules)
    table = read_table(path, columns, "a file of dose orders such as orders.csv")
    faults = [*table.faults, *rules.faults(table)]
    if faults:
        raise refused(faults)
    activity = next((c for c in table.columns if c in ACTIVITY_COLUMNS), "")
    kinds: dict[str, list[DoseOrder]] = {"order": [], "forecast": [], "cancelled": []}
    for row in table.rows:
        kind = row["kind"] if row["status"] == "open" else "cancelled"
        kinds[kind] += _orders_of(rules, row, activity)
    return OrdersFile(*(tuple(kinds[k]) for k in ("order", "forecast", "cancelled")))


# -- columns -------------------------------------------------------------------------------


def _columns(programme: Programme, rules: OrderRules) -> tuple[Column, ...]:
    whole, day = FORMS["whole"], FORMS["date"]
    return (
        Column("id", _NAMED, needed=True),
        Column("kind", choice(("order", "forecast")), default="order"),
        Column("product", id_of("a product", programme.product), needed=True),
        Column("protocol", id_of("a trial or market", rules.sites), needed=True),
        Column("site", id_of("a site", programme.site), needed=True),
        Column("patient", _NAMED),
        Column("course_number", whole, at_least=1, at_most=100_000),
        Column("wanted_on", day, needed=True),
        Column("earliest_on", day),
        Column("latest_on", day),
        Column("activity", FORMS["activity"]),
        Column("activity_gbq", _in_unit("GBq", "1.0545")),
        Column("activity_mci", _in_unit("mCi", "28.5")),
        Column("placed_on", day),
        Column("started", FORMS["flag"]),
        Column("units", whole, default=1, at_least=1, at_most=100_000),
        Column("status", choice(("open", "cancelled")), default="open"),
        Column("doses", whole, default=1, at_least=1, at_most=100),
    )


def _name(text: str, _: str) -> str:
    if not _NAME.fullmatch(text):
        raise QuantityError(f'found "{text}", expected {_NAMED.looks}')
    return text


_NAMED = Form(
    "name", "a short name such as P-012/3, without blanks", _name, lambda v, _: str(v), {}, False
)


def _in_unit(unit: str, sample: str) -> Form:
    """The form of a bare number in a unit of activity; it means MBq."""
    looks = f"a number of {unit} such as {sample}, without the unit"

    def read(text: str, _: str) -> float:
        if not _BARE.fullmatch(text):
            raise QuantityError(f'found "{text}", expected {looks}')
        return activity_mbq_from_text(f"{text} {unit}")

    return Form(unit, looks, read, lambda value, _: text_from_activity(value), {})


# -- orders --------------------------------------------------------------------------------


def _orders_of(rules: OrderRules, row: Row, activity: str) -> list[DoseOrder]:
    """The orders of a sound row."""
    programme = rules.programme
    site, wanted = programme.site[row["site"]], row["wanted_on"]
    number = rules.number_of(row)
    one = DoseOrder(
        id=row["id"],
        product=row["product"],
        protocol=row["protocol"],
        site=site.id,
        patient=row["patient"] or row["protocol"],
        course_number=number,
        placed_at=_placed_at(programme, row, site),
        wanted_on=wanted,
        earliest_on=row["earliest_on"] or wanted,
        latest_on=row["latest_on"] or wanted,
        activity_mbq=(row[activity] or 0.0) if activity else 0.0,
        started=number > 1 if row["started"] is None else row["started"],
        units=row["units"],
    )
    if row["kind"] == "order" or row["patient"]:
        return [one]
    return [replace(one, id=name, patient=name) for name in ids_of(row)]


def _placed_at(programme: Programme, row: Row, site: Site) -> int:
    if row["placed_on"] is None:
        return placed_at(programme, row["protocol"], site, row["wanted_on"])
    return max(0, programme.clock.at(row["placed_on"], site.infusion_usual, site.zone))
