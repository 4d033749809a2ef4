"""Rows as a Parquet file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from doseline.stores.parts import write_parquet

_KINDS = {
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    str: pa.string(),
    date: pa.date32(),
    datetime: pa.timestamp("s", tz="UTC"),
}


def write_table(path: Path, rows: Iterable[Mapping[str, Any]], columns: Mapping[str, type]) -> None:
    """Write rows whole or not at all; what a row lacks is null, instants are in UTC."""
    schema = pa.schema([pa.field(name, _KINDS[kind]) for name, kind in columns.items()])
    write_parquet(path, pa.Table.from_pylist([dict(row) for row in rows], schema=schema))
