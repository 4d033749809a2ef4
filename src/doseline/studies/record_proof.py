"""Proving a batch record: verified, exported for an inspector, backed up and restored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from doseline.errors import DoselineError, InputError
from doseline.errors import Fault as InputFault
from doseline.records.checkpoint import Checkpoint
from doseline.records.commands.places import ROLES
from doseline.records.entry import By, Entry
from doseline.records.export import export_record
from doseline.records.fold import fold
from doseline.records.guards.people import acts_in_a_role
from doseline.records.instants import instant_text
from doseline.records.invariants import broken, broken_in_entries
from doseline.records.ledger import Ledger
from doseline.records.state import Record
from doseline.records.verify import verify
from doseline.stores.backup import backup, restore
from doseline.stores.folder import LEDGER, RecordFolder
from doseline.stores.keys import KeyVerifier
from doseline.stores.sqlite import SqliteStore
from doseline.studies.recording import Clock

__all__ = ["backed_up", "exported", "restored", "streams_of_batch", "verified"]


def kept_checkpoints(paths: list[Path]) -> list[Checkpoint]:
    """Checkpoints that were kept elsewhere. Raises InputError where one cannot be read."""
    found = []
    for path in paths:
        try:
            found.append(Checkpoint.from_note(path.read_bytes()))
        except (OSError, DoselineError) as error:
            raise InputError(InputFault(str(path), 0, "", f"no checkpoint: {error}")) from None
    return found


def verified(store: Path, kept: list[Path], key: str | None, clock: Clock) -> dict[str, Any]:
    """The ledger computed anew, and the record folded from it held against every invariant.

    `kept` are files of checkpoints that were kept elsewhere, `key` the public key as published.
    """
    opened = SqliteStore(store / LEDGER, read_only=True)
    try:
        found = verify(opened, KeyVerifier, kept=kept_checkpoints(kept), trusted_key=key)
        says: list[str] = []
        if found.finding is None:
            says = _folded(opened, instant_text(clock()))
    finally:
        opened.close()
    return {
        "sound": found.sound and not says,
        "entries": found.size,
        "commands": found.seals,
        "root": found.root.hex(),
        "finding": "" if found.finding is None else str(found.finding),
        "weaknesses": list(found.weaknesses),
        "broken": says,
        "keys": list(found.keys),
    }


def _folded(store: SqliteStore, now: str) -> list[str]:
    """What is broken in the record that the entries make."""
    entries = list(store.entries())
    try:
        record = fold(entries)
    except DoselineError as error:
        return [f"14: the entries do not follow from each other: {error}"]
    return [*broken(record, now), *broken_in_entries(entries)]


def streams_of_batch(record: Record, batch: str, ledger: Ledger) -> list[str]:
    """The streams that an inspector of one batch needs: its own, and all that it rests on.

    With them go whoever acted in one of their entries, and the equipment and orders named there.
    """
    held = record.batch(batch)
    about = {d.id for d in record.deviations_about((f"batch/{batch}", batch))}
    recalls = [r.id for r in record.recalls.values() if batch in r.batches]
    consignees = {record.shipment(name).facility for name in held.shipments}
    names = [
        f"batch/{batch}",
        f"book/batch/{batch}",
        f"slot/{held.slot}",
        f"master/{held.master}",
        *(f"vial/{name}" for name in held.vials),
        *(f"label/{name}" for name in held.labels),
        *(f"test/{name}" for name in held.tests),
        *(f"shipment/{name}" for name in held.shipments),
        *(f"lot/{name}" for name in held.lots),
        *(f"book/lot/{name}" for name in held.lots),
        *(f"order/{o.id}" for o in record.orders.values() if o.batch == batch),
        *(f"deviation/{name}" for name in about),
        *(f"recall/{name}" for name in recalls),
        *(f"facility/{name}" for name in {held.facility, *consignees}),
    ]
    names += [f"signature/{name}" for name in record.signatures if _is_of(name, held.id, names)]
    return [name for name in _with_what_they_name(ledger, names) if name in record.last_at]


def _is_of(record: str, batch: str, names: list[str]) -> bool:
    return record in names or batch in record.split("/")


def _with_what_they_name(ledger: Ledger, names: list[str]) -> list[str]:
    """The streams, and those of the people and the equipment in their entries, and so on."""
    found, new = dict.fromkeys(names), list(names)
    while new:
        more = {name for stream in new for name in _named_in(ledger.entries(stream))}
        new = sorted(more - set(found))
        found |= dict.fromkeys(new)
    return list(found)


_NAMED = {"equipment": "equipment", "container": "equipment", "order": "order"}
"""Fields of bodies that name something with a stream of its own, and the kind of that stream."""


def _named_in(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        yield f"person/{entry.actor}"
        for field, kind in _NAMED.items():
            told = entry.body.get(field, ())
            yield from (f"{kind}/{name}" for name in ([told] if isinstance(told, str) else told))


def exported(
    folder: RecordFolder,
    out: Path,
    batch: str,
    *,
    by: str,
    reason: str,
    kept: list[Path],
    papers: Mapping[str, bytes] | None = None,
) -> Checkpoint:
    """Write what an inspector needs to check one batch on another machine.

    `papers` are files of the batch by name; they go into a folder `papers`. They bear the newest
    checkpoint, so there is a proof from that one too. Raises NotPermitted where whoever exports is
    unknown or has no role.
    """
    record = folder.desk.record()
    role = acts_in_a_role(record.person(by), ROLES)
    return export_record(
        folder.ledger,
        out,
        batch,
        streams_of_batch(record, batch, folder.ledger),
        by=By(by, role, f"export/{folder.ledger.size}"),
        reason=reason,
        kept=[*kept_checkpoints(kept), folder.ledger.checkpoint()],
        beside={f"papers/{name}": content for name, content in (papers or {}).items()},
    )


def backed_up(store: Path, out: Path) -> int:
    """Copy a ledger to a new file and verify the copy; how many entries it holds."""
    opened = SqliteStore(store / LEDGER, read_only=True)
    try:
        return backup(opened, out).size
    finally:
        opened.close()


def restored(backup_file: Path, store: Path, kept: list[Path]) -> int:
    """Make the ledger of a record from a backup, verified; how many entries it holds.

    The key and the secrets are no part of a backup: they are put back beside it.
    """
    store.mkdir(parents=True, exist_ok=True)
    return restore(backup_file, store / LEDGER, kept=kept_checkpoints(kept)).size
