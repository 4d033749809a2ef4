"""What is shared by all that is read out of a record for papers: names, places, tools, words."""

from __future__ import annotations

from datetime import datetime

from doseline.errors import PaperError, did_you_mean
from doseline.records import things
from doseline.records.instants import instant_from_text
from doseline.records.particulars import Particulars, ProductParticulars
from doseline.records.state import Record
from doseline.report.papers import sources as s
from doseline.report.papers.cells import wall
from doseline.report.papers.told import Told

__all__ = ["Reading", "instant", "limits", "words"]


class Reading:
    """A batch of a record, with what people, places and tools in it are called on paper."""

    def __init__(
        self,
        record: Record,
        held: things.Batch,
        book: things.Book,
        particulars: Particulars,
        told: Told,
    ) -> None:
        self.record, self.held, self.book = record, held, book
        self.particulars, self.told = particulars, told
        self.zone = record.facility(held.facility).zone
        self.master = record.master(held.master)
        self.named = self._particulars(held.product)

    def _particulars(self, product: str) -> ProductParticulars:
        found = self.particulars.products.get(product)
        if found is None:
            hint = did_you_mean(product, self.particulars.products)
            raise PaperError(f"the particulars know no product {product}{hint}")
        return found

    def place(self, facility: str) -> s.Place:
        held, named = self.record.facility(facility), self.particulars.places.get(facility)
        if named is None:
            hint = did_you_mean(facility, self.particulars.places)
            raise PaperError(f"the particulars know no place {facility}{hint}")
        licence = next((x for x in held.licences.values() if x.nuclide == self.book.nuclide), None)
        if licence is None:
            return s.Place(named.name, named.address, held.zone, named.licence)
        return s.Place(
            named.name,
            named.address,
            held.zone,
            " · ".join(filter(None, (licence.id, named.licence))),
            instant(licence.until_at).date(),
            self._verified(licence),
        )

    def _verified(self, licence: things.Licence) -> str:
        if not licence.verified_by:
            return ""
        who = self.name(licence.verified_by)
        return f"{who}, {wall(instant(licence.verified_at), self.zone)}, {licence.method}"

    def import_place(self) -> s.Place | None:
        name = self.particulars.import_place
        if not name:
            return None
        named = self.particulars.places.get(name)
        if named is None:
            raise PaperError(f"the particulars know no place {name}")
        return s.Place(named.name, named.address, self.zone, named.licence)

    def name(self, person: str) -> str:
        """The printed name of a person, with the user id that is never another's."""
        held = self.record.people.get(person)
        return f"{held.name} ({person})" if held else person

    def equipment(self, name: str) -> s.Equipment:
        tool = self.record.tool(name)
        return s.Equipment(
            tool.id, tool.name, tool.certificate, instant(tool.until_at) if tool.until_at else None
        )


def words(name: str) -> str:
    """A name of the record as a reader sees it."""
    return name.replace("_", " ")


def instant(text: str) -> datetime:
    """An instant of the record."""
    return instant_from_text(text)


def limits(low: str, high: str) -> str:
    """The limits of a reading or a test in words; empty for none."""
    if low and low == high:
        return low
    if low and high:
        return f"{low} to {high}"
    if low:
        return f"at least {low}"
    return f"at most {high}" if high else ""
