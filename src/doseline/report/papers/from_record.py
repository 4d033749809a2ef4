"""A batch of the record becomes the sheet that its papers are printed from.

Everything comes from the record and the particulars; nothing is worked out anew but what an
activity is at another instant. What a label says is what the record says that its labels say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from doseline.errors import PaperError
from doseline.records import things
from doseline.records.checkpoint import Checkpoint
from doseline.records.commands.testing import content_of
from doseline.records.entry import Entry
from doseline.records.fold import fold
from doseline.records.ledger import Ledger
from doseline.records.machines import BatchState, LabelState, TestState
from doseline.records.numbers import inside
from doseline.records.particulars import Particulars
from doseline.records.state import Record
from doseline.report.papers import sources as s
from doseline.report.papers.cells import activity, shown, wall
from doseline.report.papers.reading import Reading, instant, limits, words
from doseline.report.papers.sheaf import papers_of
from doseline.report.papers.shipped import shipments
from doseline.report.papers.told import Told

__all__ = ["batch_papers", "sheet_of"]

_RELEASED = (BatchState.CONDITIONALLY_RELEASED, BatchState.RELEASED, BatchState.CONFIRMED)
_OUTCOMES = {
    TestState.PASSED: "passes",
    TestState.FAILED: "fails",
    TestState.OOS: "fails",
    TestState.INVALID: "invalid",
}


def sheet_of(
    record: Record,
    batch: str,
    particulars: Particulars,
    checkpoint: Checkpoint,
    entries: Iterable[Entry],
) -> s.BatchSheet:
    """The sheet of a filled batch, sealed by a checkpoint of the ledger that was read.

    `entries` are those of that ledger; they tell what the record no longer holds, such as the
    instant at which a package was made. Raises NotPermitted for an unknown batch, PaperError where
    the batch is not filled, has no nuclide, where particulars are missing, or where a label says
    something else than its vial.
    """
    held = record.batch(batch)
    book = record.books.get(f"batch/{batch}")
    if not held.filled_at:
        raise PaperError(f"batch {batch} is {held.state}: papers are printed once it is filled")
    if book is None:
        raise PaperError(f"batch {batch} has no book of activity: its papers cannot be printed yet")
    _labels_say_what_vials_are(record, held)
    told = Told.of(entries, batch)
    return _Sheet(record, held, book, particulars, told).sheet(checkpoint)


def batch_papers(ledger: Ledger, batch: str, particulars: Particulars) -> dict[str, bytes]:
    """The files of all papers of a batch, as its ledger stands at its newest checkpoint.

    Raises what `sheet_of` and `papers_of` raise, and LedgerError or LifeError for a ledger that is
    not sound.
    """
    checkpoint = ledger.checkpoint()
    entries = [entry for entry in ledger.entries() if entry.position < checkpoint.size]
    return papers_of(sheet_of(fold(entries), batch, particulars, checkpoint, entries))


def _labels_say_what_vials_are(record: Record, held: things.Batch) -> None:
    for name in held.labels:
        label = record.label(name)
        if label.state is LabelState.DESTROYED:
            continue
        if label.content != content_of(record, record.vial(label.vial)):
            raise PaperError(f"label {name} says something else than vial {label.vial} is")


class _Sheet(Reading):
    """One batch read out of a record, part by part."""

    def sheet(self, checkpoint: Checkpoint) -> s.BatchSheet:
        held, record = self.held, self.record
        released = held.state in _RELEASED
        return s.BatchSheet(
            id=held.id,
            product=self.product(),
            plant=self.place(held.facility),
            line=held.line,
            master=f"{self.master.id}, version {self.master.version}",
            state=held.state + (f", on hold: {held.on_hold}" if held.on_hold else ""),
            planned_vials=held.planned_vials,
            started_at=instant(held.started_at),
            filled_at=instant(held.filled_at),
            expires_at=instant(held.expires_at),
            reference_at=instant(self.book.reference_at),
            bulk_kbq=held.bulk_kbq,
            yield_ppm=held.yield_ppm,
            yield_low_ppm=self.master.yield_low_ppm,
            yield_high_ppm=self.master.yield_high_ppm,
            seal=self.seal(checkpoint),
            conditional=held.state is BatchState.CONDITIONALLY_RELEASED,
            rejected=held.state in (BatchState.REJECTED, BatchState.FAILED_LATE),
            certified_for=held.certified_for,
            import_plant=self.import_place(),
            released_at=instant(held.released_at) if released and held.released_at else None,
            materials=tuple(map(self.material, held.lots)),
            equipment=tuple(map(self.equipment, self.used())),
            steps=tuple(map(self.step, self.attempts())),
            accounts=self.accounts(),
            vials=tuple(self.vial(record.vial(name)) for name in held.vials),
            tests=tuple(map(self.test, held.tests)),
            deviations=self.deviations(),
            labels=self.labels(),
            review=self.review(),
            signatures=tuple(self.signatures()),
            shipments=tuple(shipments(self)),
        )

    def seal(self, checkpoint: Checkpoint) -> s.Seal:
        return s.Seal(
            record_hash=self.record.digests[f"batch/{self.held.id}"],
            ledger=checkpoint.origin,
            size=checkpoint.size,
            root=checkpoint.root.hex(),
            checkpoint=checkpoint.note().decode("utf-8"),
            demo=self.record.demo,
            particulars=self.particulars.digest,
        )

    def product(self) -> s.Product:
        half_life_min, named = self.book.half_life_ms / 60_000, self.named
        return s.Product(
            name=named.name,
            substance=named.substance,
            nuclide=self.book.nuclide,
            half_life_min=half_life_min,
            half_life=f"{half_life_min / 1440:.5g} d",
            gtin=named.gtin,
            dosage_form=named.dosage_form,
            route=named.route,
            storage=named.storage,
            sponsor=named.sponsor,
            authorisation=named.authorisation,
            warnings=named.warnings,
        )

    def material(self, name: str) -> s.Material:
        lot = self.record.lot(name)
        book = self.record.books.get(f"lot/{name}")
        taken = book.balances.get(f"batch/{self.held.id}", 0) if book else 0
        amount = ""
        if book is not None and taken:
            at = wall(instant(book.reference_at), self.zone)
            amount = f"{shown(activity(taken))} at {at}"
        expires = instant(lot.expires_at) if lot.expires_at else None
        return s.Material(lot.material, lot.id, lot.supplier, amount, lot.state, expires)

    def used(self) -> tuple[str, ...]:
        """The equipment of the steps and of the tests."""
        tested = (self.told.tested_with.get(name, "") for name in self.held.tests)
        return tuple(filter(None, dict.fromkeys((*self.held.equipment, *tested))))

    def attempts(self) -> list[things.Step]:
        every = (*self.held.voided_steps, *self.held.steps.values())
        return sorted(every, key=lambda step: (step.started_at, step.step, step.attempt))

    def step(self, step: things.Step) -> s.Step:
        written = self.master.step(step.step)
        wanted = {limit.name: limit for limit in written.limits} if written else {}
        readings = []
        for reading in step.readings:
            limit = wanted.get(reading.name)
            low, high = (limit.low, limit.high) if limit else ("", "")
            within = inside(reading.value, low, high, reading.name) if low or high else None
            readings.append(
                s.Reading(
                    words(reading.name),
                    reading.value,
                    limits(low, high),
                    within,
                    self.corrected(f"step/{self.held.id}/{step.step}/{step.attempt}", reading.name),
                )
            )
        return s.Step(
            name=step.step,
            text=written.text if written else "",
            attempt=step.attempt,
            started_at=instant(step.started_at),
            done_at=instant(step.done_at) if step.done_at else None,
            performer=self.name(step.performer) if step.performer else "",
            checker=self.name(step.checker) if step.checker else "",
            equipment=step.equipment,
            lots=step.lots,
            readings=tuple(readings),
            voided=self.told.void.get((step.step, step.attempt), ""),
        )

    def corrected(self, part: str, name: str) -> str:
        """Every value that was entered before, with who corrected it when and why."""
        return "; ".join(
            f"was {entry.body['old']}, {entry.reason}, {self.name(entry.actor)}, "
            + wall(instant(entry.happened_at[:27]), self.zone)
            for entry in self.told.corrected.get((part, name), ())
        )

    def accounts(self) -> tuple[s.Account, ...]:
        sums: dict[str, int] = {}
        for name, kbq in self.book.balances.items():
            kind = {"vial": "vials", "sample": "samples", "received": "charged"}
            group = name.partition("/")[0]
            sums[kind.get(group, group)] = sums.get(kind.get(group, group), 0) + kbq
        return tuple(s.Account(name, kbq) for name, kbq in sums.items() if kbq)

    def vial(self, vial: things.Vial) -> s.Vial:
        content = content_of(self.record, vial)
        _, _, _, kbq, calibrated_at, expires_at = content.split("|")
        order = self.record.orders.get(vial.order)
        site = self.record.facility(order.facility) if order else None
        named = self.particulars.places.get(site.id) if site else None
        return s.Vial(
            id=vial.id,
            activity_kbq=int(kbq),
            calibrated_at=instant(calibrated_at),
            zone=site.zone if site else self.zone,
            volume_ul=vial.volume_ul,
            measured_kbq=vial.measured_kbq,
            filled_at=instant(self.held.filled_at),
            expires_at=instant(expires_at),
            label_hash=sha256(content.encode("utf-8")).hexdigest(),
            state=vial.state + (f", recalled: {vial.recalled}" if vial.recalled else ""),
            order=vial.order,
            subject=order.subject if order else "",
            site=(named.name if named else site.name) if site else "spare",
        )

    def test(self, name: str) -> s.Test:
        test = self.record.test(name)
        return s.Test(
            name=words(test.name),
            method=self.named.methods.get(test.name, ""),
            limit=limits(test.low, test.high),
            result=test.value,
            outcome=_OUTCOMES.get(test.state, ""),
            stage=test.stage,
            tester=self.name(test.tester) if test.tester else "",
            reviewer=self.name(test.reviewer) if test.reviewer else "",
            ended_at=instant(test.ended_at) if test.ended_at else None,
            due_at=instant(test.due_at),
            raw=test.raw,
            note=f"repeats {test.repeats}" if test.repeats else "",
        )

    def deviations(self) -> tuple[s.Deviation, ...]:
        held = self.held
        about = [f"batch/{held.id}", *(f"lot/{x}" for x in held.lots)]
        about += [f"equipment/{x}" for x in held.equipment]
        return tuple(
            s.Deviation(
                d.id, d.what, "blocking" if d.blocking else "not blocking", d.finding, d.state
            )
            for d in self.record.deviations_about(about)
        )

    def labels(self) -> s.Labels | None:
        if not self.held.labels_reconciled:
            return None
        states = [self.record.label(name).state for name in self.held.labels]
        kinds = (LabelState.APPLIED, LabelState.DESTROYED, LabelState.KEPT)
        return s.Labels(len(states), *(states.count(kind) for kind in kinds))

    def review(self) -> s.Review | None:
        reviewed = self.record.valid_signatures(f"batch/{self.held.id}", "reviewed")
        if not reviewed or self.told.review is None:
            return None
        entries, late, voided = self.told.review
        return s.Review(entries, late, voided, reviewed[-1].name)

    def signatures(self) -> Iterator[s.Signature]:
        """Every signature over the batch and the parts of its record, in order of time."""
        given = (
            signature
            for name, several in self.record.signatures.items()
            if name.split("/")[1] == self.held.id
            for signature in several
        )
        for signature in sorted(given, key=lambda x: x.signed_at):
            kind, _, rest = signature.record.partition("/")
            part = rest.removeprefix(self.held.id).strip("/").removesuffix("/1")
            yield s.Signature(
                f"{signature.name} ({signature.person})",
                signature.role,
                words(f"{kind} {part}".strip()),
                signature.meaning,
                instant(signature.signed_at),
                signature.digest,
                signature.voided,
            )
