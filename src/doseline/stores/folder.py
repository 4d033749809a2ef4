"""A batch record as a folder: the ledger, the key that seals it, and the secrets of its people."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
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

    @classmethod
    def create(
        cls,
        path: Path,
        founding: Founding,
        facts: Iterable[Fact],
        secrets: Iterable[tuple[str, str]],
        clock: Callable[[], datetime],
        *,
        by: str,
    ) -> RecordFolder:
        """Make a record in a new folder: founded, with its first people and their secrets.

        Raises LedgerError where there is something at that path already.
        """
        profile_named(founding.profile)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.mkdir(path, 0o700)
        except OSError as error:
            raise LedgerError(f"{path}: no folder could be made: {error.strerror}") from None
        key = make_key(path / KEY, founding.store_id)
        held = Secrets(path / SECRETS)
        for person, secret in secrets:
            held.set(person, 1, secret)
        store = SqliteStore.create(path / LEDGER)
        ledger = Ledger.begin(store, clock, key, founding, actor=by, role="administrator")
        now = instant_text(clock())
        drafts = [Draft(fact.stream, fact.kind, body_of(fact), now) for fact in facts]
        ledger.append(
            drafts,
            actor=by,
            role="administrator",
            command_id="opened",
            expected={draft.stream: 0 for draft in drafts},
        )
        return cls(path, ledger, held, Desk(ledger, held.check, clock))

    def close(self) -> None:
        """Let go of it."""
        self.ledger.close()
