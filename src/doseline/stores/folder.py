"""A batch record as a folder: the ledger, the key that seals it, and the secrets of its people."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from errno import EEXIST
from pathlib import Path

from doseline.errors import LedgerError
from doseline.records.desk import Desk
from doseline.records.entry import Draft
from doseline.records.facts import Fact, body_of
from doseline.records.founding import Founding
from doseline.records.instants import instant_text
from doseline.records.ledger import Ledger
from doseline.records.profile import profile_named
from doseline.stores.keys import make_key, read_key
from doseline.stores.secrets import Secrets
from doseline.stores.sqlite import SqliteStore

__all__ = ["LEDGER", "RecordFolder"]

LEDGER, KEY, SECRETS = "ledger.sqlite", "seal.key", "secrets.json"


@dataclass(frozen=True, slots=True)
class RecordFolder:
    """An open batch record: its ledger, its secrets, and the desk where people act on it."""

    path: Path
    ledger: Ledger
    secrets: Secrets
    desk: Desk

    @classmethod
    def open(cls, path: Path, clock: Callable[[], datetime]) -> RecordFolder:
        """Open a record. Raises LedgerError where there is none."""
        if not (path / LEDGER).exists():
            raise LedgerError(f"{path}: there is no batch record; `doseline record init` makes one")
        ledger = Ledger(SqliteStore(path / LEDGER), clock, read_key(path / KEY))
        secrets = Secrets(path / SECRETS)
        return cls(path, ledger, secrets, Desk(ledger, secrets.check, clock))

    @staticmethod
    def create(
        path: Path,
        founding: Founding,
        facts: Iterable[Fact],
        secrets: Iterable[tuple[str, str]],
        clock: Callable[[], datetime],
        *,
        by: str,
    ) -> None:
        """Make a record in a new folder: founded, with its first people and their secrets.

        The folder gets its name when the record in it is whole. Raises LedgerError where there is
        something at that path already.
        """
        profile_named(founding.profile)
        with _new_folder(path) as partial:
            key = make_key(partial / KEY, founding.store_id)
            held = Secrets(partial / SECRETS)
            for person, secret in secrets:
                held.set(person, 1, secret)
            store = SqliteStore.create(partial / LEDGER)
            try:
                ledger = Ledger.begin(store, clock, key, founding, actor=by, role="administrator")
                _tell(ledger, facts, by, instant_text(clock()))
            finally:
                store.close()

    def close(self) -> None:
        """Let go of it."""
        self.ledger.close()


def _tell(ledger: Ledger, facts: Iterable[Fact], by: str, now: str) -> None:
    """Write the first facts of a record."""
    drafts = [Draft(fact.stream, fact.kind, body_of(fact), now) for fact in facts]
    ledger.append(
        drafts,
        actor=by,
        role="administrator",
        command_id="opened",
        expected={draft.stream: 0 for draft in drafts},
    )


@contextmanager
def _new_folder(path: Path) -> Iterator[Path]:
    """A folder of the owner's to write in meanwhile; it gets its name at the end of the block."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        if path.exists():
            raise FileExistsError(EEXIST, os.strerror(EEXIST))
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700, parents=True)
        yield partial
        partial.rename(path)
    except OSError as error:
        raise LedgerError(f"{path}: no folder could be made: {error.strerror}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
