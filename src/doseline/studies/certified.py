"""A plan's files with their certificate, and the verification of both without a solver.

Beside what `doseline plan --out` tells (`plan.json`, two tables) the folder holds all that a
stranger needs to check it: the programme, the orders and the schedule, each number as it was
planned with, and the certificate, which is written last and names the digest of every other file.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from doseline import __version__
from doseline.errors import Fault, InputError
from doseline.formats import programme_to_text, read_programme, rows_text, write_text_atomically
from doseline.formats.records import plain, read_json, record, records
from doseline.formats.results import json_text, write_json_atomically
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule
from doseline.plan.proof.certificate import Certificate
from doseline.programme import Programme
from doseline.studies.documents import Document

CERTIFICATE, PLAN, SCHEDULE = "certificate.json", "plan.json", "schedule.json"
ORDERS, PROGRAMME = "orders.json", "programme.yaml"
TABLES = {"batches.csv": "batches", "doses.csv": "doses"}
FILES = (PLAN, *TABLES, SCHEDULE, ORDERS, PROGRAMME)
FORMAT = 1
_PAIR = re.compile(r"\[\s+(-?\d+),\s+(-?[\d.e+-]+)\s+\]")
"""A row and its multiplier, which stand on one line."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plan was asked for, as far as the files of its inputs do not say it."""

    design: str | None
    seed: int
    from_on: date
    weeks: int
    orders_file: bool
    orders_until_on: date | None = None
    orders_only: bool = False

    @property
    def until_on(self) -> date:
        """The last day planned."""
        return self.from_on + timedelta(weeks=self.weeks, days=-1)


@dataclass(frozen=True)
class Folder:
    """What the folder of a plan holds, read and in keeping with its digests."""

    path: Path
    asked: Asked
    certificate: Certificate
    programme: Programme
    orders: tuple[DoseOrder, ...]
    schedule: Schedule
    document: Document

    def fault(self, name: str, field: str, message: str) -> Fault:
        """A fault of one of the files."""
        return Fault(str(self.path / name), 0, field, message)


# -- out -----------------------------------------------------------------------------------


def leave(
    out: Path,
    raw: Programme,
    asked: Asked,
    orders: Sequence[DoseOrder],
    certificate: Certificate,
    schedule: Schedule,
    document: Document,
) -> None:
    """Write what a stranger needs to check a plan beside its files; the certificate comes last.

    `raw` is the programme with all its designs. The plan's own files stand there already.
    """
    write_text_atomically(out / PROGRAMME, programme_to_text(raw))
    write_json_atomically(out / ORDERS, plain(tuple(orders)))
    write_json_atomically(out / SCHEDULE, plain(schedule))
    content = {
        "format": FORMAT,
        "doseline": __version__,
        "asked": plain(asked),
        "certificate": plain(certificate),
        "files": {name: digest_of(out / name) for name in FILES},
        "seconds": document["seconds"],
    }
    text = json_text({**content, "digest": content_digest(content)})
    write_text_atomically(out / CERTIFICATE, _PAIR.sub(r"[\1, \2]", text))


def digest_of(path: Path) -> str:
    """The fingerprint (SHA-256) of a file; of `plan.json`, of all but `seconds`."""
    if path.name == PLAN:
        document = read_json(path)
        if not isinstance(document, dict):
            raise InputError(Fault(str(path), 0, "", "expected the document of a plan"))
        kept = {k: v for k, v in document.items() if k != "seconds"}
        return _sha256(json.dumps(kept, sort_keys=True).encode())
    try:
        return _sha256(path.read_bytes())
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(Fault(str(path), 0, "", f"cannot be read: {reason}")) from None


def content_digest(document: Document) -> str:
    """The fingerprint (SHA-256) of a certificate: of all but `seconds` and the digest itself."""
    kept = {k: v for k, v in document.items() if k not in ("seconds", "digest")}
    return _sha256(json.dumps(kept, sort_keys=True).encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# -- in ------------------------------------------------------------------------------------


def opened(path: Path) -> Folder:
    """The folder of a plan. Raises InputError for every file that is not as it was written."""
    name = str(path / CERTIFICATE)
    held = read_json(path / CERTIFICATE)
    _fields(held, name)
    faults = list(_altered(path, held, name))
    if faults:
        raise InputError(faults)
    asked = record(Asked, held["asked"], name, "asked")
    certificate = record(Certificate, held["certificate"], name, "certificate")
    document = read_json(path / PLAN)
    if document.get("seconds") != held["seconds"]:
        message = f"found {document.get('seconds')}, expected {held['seconds']}"
        raise InputError(Fault(str(path / PLAN), 0, "seconds", message))
    return Folder(
        path=path,
        asked=asked,
        certificate=certificate,
        programme=read_programme(path / PROGRAMME),
        orders=records(DoseOrder, read_json(path / ORDERS), str(path / ORDERS)),
        schedule=record(Schedule, read_json(path / SCHEDULE), str(path / SCHEDULE)),
        document=document,
    )


def _fields(held: Any, name: str) -> None:
    expected = {"format", "doseline", "asked", "certificate", "files", "seconds", "digest"}
    if not isinstance(held, dict):
        raise InputError(Fault(name, 0, "", "expected a certificate, an object of JSON"))
    faults = [Fault(name, 0, k, "missing") for k in sorted(expected - held.keys())]
    faults += [
        Fault(name, 0, k, "found, expected no such field") for k in sorted(held.keys() - expected)
    ]
    if not faults and held["format"] != FORMAT:
        faults.append(Fault(name, 0, "format", f"found {held['format']}, expected {FORMAT}"))
    if not faults and not (isinstance(held["files"], dict) and held["files"].keys() == {*FILES}):
        faults.append(Fault(name, 0, "files", f"expected a digest for each of {', '.join(FILES)}"))
    if faults:
        raise InputError(faults)


def _altered(path: Path, held: Document, name: str) -> Iterator[Fault]:
    content = content_digest(held)
    if held["digest"] != content:
        message = f"the content has been changed: found {held['digest']}, expected {content}"
        yield Fault(name, 0, "digest", message)
    for file, expected in sorted(held["files"].items()):
        try:
            found = digest_of(path / file)
        except InputError as error:
            yield from error.faults
            continue
        if found != expected:
            message = f"the file has been changed: found digest {found}, expected {expected}"
            yield Fault(str(path / file), 0, "", message)


def tables_of(document: Document) -> dict[str, str]:
    """The texts of the two tables that go with a plan's document."""
    return {name: rows_text(document[key]) for name, key in TABLES.items()}
