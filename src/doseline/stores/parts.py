"""Replications kept as Parquet parts, each whole or not there, each of one run.

A folder has a folder for each run, named by its design and its fingerprint, with a part for each
span of replications. A part says what it is a pure function of: the fingerprint of the run, its
span, and the fingerprint of both; its name ends with the digest of its bytes. So an interrupted run
is resumed from the parts that are there, and a part with one bit changed is worked out anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from doseline.errors import Fault, InputError
from doseline.simulate import Identity
from doseline.simulate.result import Run
from doseline.stores.columns import SCHEMA, runs_of, table_of

ABOUT = b"doseline"
"""The key under which a part says of which run and span it is."""

_NAMED = 12
"""Digits of a fingerprint or digest in a name."""


class Parts:
    """Keeps the replications of several runs in one folder; see `doseline.simulate.Keeping`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def of(self, identity: Identity) -> Path:
        """The folder of the parts of a run."""
        name = identity.design or "as-written"
        return self.folder / f"{name}-{identity.fingerprint[:_NAMED]}"

    def found(self, of: Identity) -> Iterator[Run]:
        """Every replication of a run that is kept whole; damaged parts are thrown away.

        Raises InputError for parts of another run, which somebody must have put there.
        """
        faults: list[Fault] = []
        found: dict[int, Run] = {}
        for path in sorted(self.of(of).glob("part-*.parquet")):
            table = _read(path)
            about = None if table is None else _about(table.schema)
            if table is None or about is None or not _is_whole(table, about):
                path.unlink()
            elif about["run"] != of.fingerprint:
                faults.append(Fault(str(path), 0, "", _stranger(about, of)))
            elif not is_as_written(path):
                path.unlink()
            elif not faults:
                found |= {run.replication.number: run for run in runs_of(table)}
        if faults:
            raise InputError(faults)
        yield from found.values()

    def keep(self, of: Identity, runs: Sequence[Run]) -> None:
        """Write replications that follow one another as one part, whole or not at all."""
        first, last = runs[0].replication.number, runs[-1].replication.number
        about = {
            "run": of.fingerprint,
            "first": first,
            "last": last,
            "fingerprint": span_fingerprint(of.fingerprint, first, last),
            "version": of.version,
            "design": of.design,
            "scenario": of.scenario,
            "seed": of.seed,
            "periods": [asdict(p) for p in of.periods],
        }
        text = json.dumps(about, sort_keys=True, default=lambda day: day.isoformat())
        table = table_of(of, runs).replace_schema_metadata({ABOUT: text.encode()})
        written = _bytes_of(table)
        name = f"part-{first:08d}-{last:08d}-{sha256(written).hexdigest()[:_NAMED]}.parquet"
        _write(self.of(of) / name, written)


def span_fingerprint(run: str, first: int, last: int) -> str:
    """The fingerprint of a span of replications of a run."""
    return sha256(f"{run} {first} {last}".encode()).hexdigest()


def write_parquet(path: Path, table: Any) -> None:
    """Write an Arrow table under a temporary name beside the file, then give it the file's name."""
    _write(path, _bytes_of(table))


def _write(path: Path, written: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(temporary, "wb") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _bytes_of(table: Any) -> Any:
    """The table as Parquet. Its pages carry checksums, so that other programs notice damage."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
    return sink.getvalue()


def is_as_written(path: Path) -> bool:
    """Whether a part's bytes are those that the digest in its name is of.

    The checksums of Parquet guard its pages, but not their headers, the statistics and the footer.
    """
    with open(path, "rb") as file:
        return path.stem.endswith("-" + file_digest(file, "sha256").hexdigest()[:_NAMED])


def about_of(path: Path) -> dict[str, Any]:
    """What a part says of itself. Raises InputError where the file is no whole part."""
    try:
        about = _about(pq.read_schema(path)) if is_as_written(path) else None
    except (pa.ArrowException, OSError):
        about = None
    if about is None:
        raise InputError(Fault(str(path), 0, "", "expected a whole part of a simulation (Parquet)"))
    return about


def _read(path: Path) -> Any:
    try:
        return pq.read_table(path, page_checksum_verification=True, partitioning=None)
    except (pa.ArrowException, OSError):
        return None


def _about(schema: Any) -> dict[str, Any] | None:
    try:
        about = json.loads((schema.metadata or {})[ABOUT])
        return about if {"run", "first", "last", "fingerprint", "periods"} <= set(about) else None
    except (KeyError, ValueError, TypeError):
        return None


def _is_whole(table: Any, about: dict[str, Any]) -> bool:
    """Whether it holds every replication that it says it holds, and nothing else."""
    if not table.schema.equals(SCHEMA, check_metadata=False):
        return False
    run, first, last = about["run"], about["first"], about["last"]
    numbers = table.column("replication").to_pylist()
    return (
        numbers == list(range(first, last + 1))
        and set(table.column("run").to_pylist()) == {run}
        and about["fingerprint"] == span_fingerprint(run, first, last)
    )


def _stranger(about: dict[str, Any], of: Identity) -> str:
    own = {"design": of.design, "scenario": of.scenario, "seed": of.seed, "version": of.version}
    for name, expected in own.items():
        if about.get(name) != expected:
            return f"found replications of {name} {about.get(name)}, expected {name} {expected}"
    return "found replications of another programme, days or patients; move the file elsewhere"
