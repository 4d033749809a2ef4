"""The tables of a ledger in SQLite, and the triggers that refuse to change them.

The triggers guard against mistakes and against whoever can only send statements. Whoever owns the
file can drop them and write anew what they like: only the hashes, the signatures and a checkpoint
that is kept elsewhere tell.
"""

import sqlite3

__all__ = ["APPLICATION_ID", "FILE_VERSION", "SCHEMA", "missing"]

APPLICATION_ID = 0x446F7365
"""What marks the file as a ledger of Doseline: the letters "Dose"."""

FILE_VERSION = 1

_TEXTS = ("stream", "kind", "occurred_at", "recorded_at", "actor", "role", "reason", "command_id")

_ENTRY = f"""
CREATE TABLE entry (
    position INTEGER PRIMARY KEY CHECK (position >= 0),
    stream_seq INTEGER NOT NULL CHECK (typeof(stream_seq) = 'integer' AND stream_seq >= 0),
    schema_version INTEGER NOT NULL CHECK (typeof(schema_version) = 'integer'),
    {",".join(f"{name} TEXT NOT NULL CHECK (typeof({name}) = 'text')" for name in _TEXTS)},
    body BLOB NOT NULL CHECK (typeof(body) = 'blob'),
    leaf_hash BLOB NOT NULL CHECK (typeof(leaf_hash) = 'blob' AND length(leaf_hash) = 32),
    UNIQUE (stream, stream_seq)
)"""

_SEAL = """
CREATE TABLE seal (
    size INTEGER PRIMARY KEY CHECK (size > 0),
    command_id TEXT NOT NULL UNIQUE CHECK (typeof(command_id) = 'text'),
    note BLOB NOT NULL CHECK (typeof(note) = 'blob'),
    peaks BLOB NOT NULL CHECK (typeof(peaks) = 'blob')
)"""

# INSERT OR REPLACE deletes without firing the trigger of DELETE; so the INSERT itself is held to
# the next number, which no row that is there can have.
_NEXT_ENTRY = """
CREATE TRIGGER entry_next BEFORE INSERT ON entry
WHEN NEW.position <> (SELECT coalesce(max(position) + 1, 0) FROM entry)
  OR NEW.stream_seq <>
     (SELECT coalesce(max(stream_seq) + 1, 0) FROM entry WHERE stream = NEW.stream)
BEGIN SELECT RAISE(ABORT, 'an entry is written once, and next to the last'); END"""

_NEXT_SEAL = """
CREATE TRIGGER seal_next BEFORE INSERT ON seal
WHEN NEW.size <> (SELECT coalesce(max(position) + 1, 0) FROM entry)
  OR NEW.size <= (SELECT coalesce(max(size), 0) FROM seal)
  OR EXISTS (SELECT 1 FROM seal WHERE command_id = NEW.command_id)
BEGIN SELECT RAISE(ABORT, 'a seal is written once, after its entries'); END"""


def _never(table: str, verb: str) -> str:
    return (
        f"CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'what is written is never changed'); END"
    )


SCHEMA: dict[str, str] = {
    "entry": _ENTRY.strip(),
    "seal": _SEAL.strip(),
    "entry_next": _NEXT_ENTRY.strip(),
    "seal_next": _NEXT_SEAL.strip(),
    "entry_update": _never("entry", "UPDATE"),
    "entry_delete": _never("entry", "DELETE"),
    "seal_update": _never("seal", "UPDATE"),
    "seal_delete": _never("seal", "DELETE"),
}
"""Every table and trigger by its name, as the file itself tells it."""


def missing(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Which tables and triggers of the file are not as they were made, in words."""
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    found = {name.decode("utf-8", "replace"): sql.decode("utf-8", "replace") for name, sql in rows}
    return tuple(
        f"{name} is {'changed' if name in found else 'missing'}"
        for name, sql in SCHEMA.items()
        if found.get(name) != sql
    ) + tuple(f"{name} does not belong here" for name in found if name not in SCHEMA)
