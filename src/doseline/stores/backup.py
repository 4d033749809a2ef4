"""Backups of a ledger, and ledgers from backups: a copy counts when it was verified.

A backup is one file without a journal beside it. It holds what was committed when it was begun;
writers go on meanwhile.
"""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from doseline.errors import LedgerError, StoreError
from doseline.records.checkpoint import Checkpoint
from doseline.records.verify import Verification, verify
from doseline.stores.keys import KeyVerifier
from doseline.stores.new_file import new_file
from doseline.stores.sqlite import SqliteStore, copied

__all__ = ["backup", "restore"]


def backup(
    store: SqliteStore,
    path: Path,
    *,
    kept: Sequence[Checkpoint] = (),
    trusted_key: str | None = None,
) -> Verification:
    """Copy a ledger to a new file, verify the copy, and give it its name then.

    Raises LedgerError where the copy is not sound, and leaves no file; StoreError where there is
    one already, or the disk is full.
    """
    with new_file(path) as partial:
        copied(store, partial)
        return _verified(partial, kept, trusted_key)


def restore(
    path: Path, target: Path, *, kept: Sequence[Checkpoint] = (), trusted_key: str | None = None
) -> Verification:
    """Make a ledger from a backup: copied to a new file, verified, named then.

    With `kept`, the checkpoints that were kept elsewhere, a backup that lacks the last entries is
    refused and the entries are named. Raises as `backup` does.
    """
    with closing(SqliteStore(path, read_only=True)) as store:
        return backup(store, target, kept=kept, trusted_key=trusted_key)


def _verified(path: Path, kept: Sequence[Checkpoint], trusted_key: str | None) -> Verification:
    with closing(SqliteStore(path, read_only=True)) as store:
        found = verify(store, KeyVerifier, kept=kept, trusted_key=trusted_key)
    if found.finding is not None:
        raise LedgerError(f"the copy is not sound: {found.finding}")
    if found.weaknesses:
        raise StoreError(f"the copy is not sound: {'; '.join(found.weaknesses)}")
    return found
