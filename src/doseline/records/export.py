"""One record for an inspector: a folder that can be checked on any machine, with one Python file.

The export is itself an entry of the ledger, the last that its checkpoint counts. It tells how many
entries each stream had, so that the one who checks sees that none was left out, and the hash of
each file that lies beside them, so that the checkpoint vouches for the papers too.
"""

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from doseline.errors import LedgerError, StoreError
from doseline.records.canonical import Value
from doseline.records.checkpoint import Checkpoint, key_text
from doseline.records.entry import LEDGER_STREAM, By, Draft, Entry
from doseline.records.founding import keys_of
from doseline.records.ledger import Ledger
from doseline.records.merkle import consistency_proof, inclusion_proof, root_of, tree_levels

__all__ = ["export_record"]


def export_record(
    ledger: Ledger,
    folder: Path,
    name: str,
    streams: Iterable[str],
    *,
    by: By,
    reason: str,
    kept: Sequence[Checkpoint] = (),
    beside: Mapping[str, bytes] | None = None,
) -> Checkpoint:
    """Write a new folder with all entries of some streams, and what is needed to check them.

    `name` is what the record is of ("B-001"), `by` who exports it. For each checkpoint in `kept`
    there is a proof that the ledger still begins with it. `beside` are more files by name, such as
    the papers of a batch; their hashes are in the entry of the export. The folder gets its name
    when it is whole. Returns the checkpoint in it. Raises LedgerError where a stream is empty, the
    folder exists, or the command id stands for an export of other files.
    """
    if folder.exists():
        raise LedgerError(f"{folder}: there is something already, expected a new folder")
    named, beside = sorted({*streams, LEDGER_STREAM}), dict(beside or {})
    told, mark = _told(ledger, name, named, _hashes(beside), by, reason)
    entries = sorted(
        (e for stream in [*named, told] for e in ledger.entries(stream) if e.position < mark.size),
        key=lambda entry: entry.position,
    )
    contents = {
        **beside,
        **_proven(ledger, entries, mark, kept),
        "README.md": _readme(ledger, name, named, beside, mark).encode("utf-8"),
        "check.py": files("doseline.records").joinpath("inspector.py").read_bytes(),
    }
    _write(folder, contents)
    return mark


def _hashes(beside: Mapping[str, bytes]) -> list[Value]:
    """Each file with its SHA-256, by name."""
    return [{"file": name, "sha256": sha256(beside[name]).hexdigest()} for name in sorted(beside)]


def _told(
    ledger: Ledger, name: str, streams: Sequence[str], files: list[Value], by: By, reason: str
) -> tuple[str, Checkpoint]:
    """Make the export an entry; the stream of exports, and the checkpoint after it."""
    told = f"export/{name}"
    written = ledger.of_command(by.command_id)
    if not written:
        expected = {stream: ledger.next_seq(stream) for stream in [*streams, told]}
        empty = [stream for stream in streams if not expected[stream]]
        if empty:
            raise LedgerError(f"there is no record of {', '.join(empty)}")
        counts: list[Value] = [
            {"stream": stream, "entries": expected[stream]} for stream in streams
        ]
        body: dict[str, Value] = {"record": name, "streams": counts, "files": files}
        draft = Draft(told, "RecordExported", body, reason=reason)
        written = ledger.append(
            [draft], actor=by.actor, role=by.role, command_id=by.command_id, expected=expected
        )
    elif written[-1].body.get("files", []) != files:
        raise LedgerError(f'the command id "{by.command_id}" stands for an export of other files')
    return told, ledger.checkpoint_after(written[-1].position)


def _proven(
    ledger: Ledger, entries: Sequence[Entry], mark: Checkpoint, kept: Sequence[Checkpoint]
) -> dict[str, bytes]:
    """The entries with their proofs, the checkpoint, the key, proofs from kept checkpoints."""
    leaves = ledger.leaf_hashes(mark.size)
    levels = tree_levels(leaves)
    if root_of(leaves) != mark.root:
        raise LedgerError("the entries are not those that were sealed: verify the ledger")
    lines = (_line(e, inclusion_proof(levels, e.position, mark.size)) for e in entries)
    proofs = {
        str(old.size): [step.hex() for step in consistency_proof(levels, old.size, mark.size)]
        for old in kept
        if 0 < old.size < mark.size
    }
    key = keys_of(e for e in entries if e.stream == LEDGER_STREAM)[-1]
    return {
        "entries.jsonl": "".join(lines).encode("utf-8"),
        "checkpoint.txt": mark.note(),
        "public-key.txt": (key_text(*key) + "\n").encode("utf-8"),
        "consistency.json": (json.dumps(proofs, indent=1) + "\n").encode("utf-8"),
    }


def _line(entry: Entry, proof: Sequence[bytes]) -> str:
    told = {
        "position": entry.position,
        "stream": entry.stream,
        "stream_seq": entry.stream_seq,
        "kind": entry.kind,
        "schema_version": entry.schema_version,
        "occurred_at": entry.occurred_at,
        "recorded_at": entry.recorded_at,
        "actor": entry.actor,
        "role": entry.role,
        "reason": entry.reason,
        "command_id": entry.command_id,
        "body": entry.content.decode("utf-8"),  # the text itself, never written anew
        "leaf_hash": entry.leaf_hash.hex(),
        "proof": [step.hex() for step in proof],
    }
    return json.dumps(told, ensure_ascii=False) + "\n"


def _readme(
    ledger: Ledger, name: str, streams: Sequence[str], beside: Iterable[str], mark: Checkpoint
) -> str:
    founding = ledger.founding
    others = "".join(f"- `{file}`\n" for file in sorted(beside))
    papers = f"\nBeside them, each with its hash in the last entry:\n\n{others}" if others else ""
    demo = "\n**This is a demonstration. No batch was made.**\n" if founding.demo else ""
    return f"""# The record of {name}
{demo}
From the ledger `{mark.origin}` (rules: {founding.profile}), as it stood at {mark.at} with
{mark.size} entries. Streams: {", ".join(f"`{stream}`" for stream in streams)}.

| File | Holds |
|---|---|
| `entries.jsonl` | an entry a line: what, when, by whom, why; `body` is the exact text hashed |
| `checkpoint.txt` | the size and the root of the ledger, signed |
| `public-key.txt` | the key that signed; hold it against the one that its owner published |
| `consistency.json` | proofs from checkpoints that were kept |
| `check.py` | checks all of this, with Python alone |
{papers}
    python check.py --key NAME+HASH+KEY --checkpoint FILE

It shows that each entry is as it was written, that each is in the ledger that the key signed, that
no entry of these streams was left out, and that the files beside are those that were handed out. It
cannot show that what was written was true when it was written, nor that a ledger was not written
anew by the holder of its key, unless you hold an earlier checkpoint. The copy of `check.py` in this
folder came with the files that it checks: read it, or take it from Doseline itself.
"""


def _write(folder: Path, contents: Mapping[str, bytes]) -> None:
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for name, content in contents.items():
            path = partial / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        partial.rename(folder)
    except OSError as failed:
        raise StoreError(f"{folder}: the export was not written: {failed.strerror}") from failed
    finally:
        shutil.rmtree(partial, ignore_errors=True)
