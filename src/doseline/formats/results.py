"""Files out: text, JSON and tables, each whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

__all__ = [
    "json_text",
    "rows_text",
    "write_bytes_atomically",
    "write_json_atomically",
    "write_rows",
    "write_text_atomically",
]

PathLike = str | os.PathLike[str]


def write_text_atomically(
    path: PathLike, text: str, check: Callable[[Path], None] | None = None
) -> None:
    """Write a text under a temporary name beside the file, then give it the file's name.

    A reader sees the old file or the new one, never a part. `check` is asked about the temporary
    file first; where it raises, nothing is changed. Folders are made as needed.
    """
    write_bytes_atomically(path, text.encode("utf-8"), check)


def write_bytes_atomically(
    path: PathLike, content: bytes, check: Callable[[Path], None] | None = None
) -> None:
    """The same for bytes."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if check is not None:
            check(temporary)
        if target.exists():
            os.chmod(temporary, target.stat().st_mode & 0o777)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def json_text(document: Any) -> str:
    """A document as JSON: keys in order, floats as short as they read back.

    Raises ValueError for a number that is not finite.

    >>> print(json_text({"b": 0.1, "a": [1, 2]}), end="")
    {
      "a": [
        1,
        2
      ],
      "b": 0.1
    }
    """
    text = json.dumps(
        document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False, default=_plain
    )
    return f"{text}\n"


def _plain(value: Any) -> Any:
    """What JSON has no word for: days and instants, tuples and numbers of arrays."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON")


def write_json_atomically(path: PathLike, document: Any) -> None:
    """Write a document as JSON, whole or not at all."""
    write_text_atomically(path, json_text(document))


def rows_text(rows: Iterable[Mapping[str, Any]], columns: Iterable[str] | None = None) -> str:
    """Rows as CSV with a heading; columns in the order in which they first appear.

    >>> print(rows_text([{"a": 1, "b": 0.1}, {"a": 2, "c": "x, y"}]), end="")
    a,b,c
    1,0.1,
    2,,"x, y"
    """
    listed = list(rows)
    names = list(columns or dict.fromkeys(key for row in listed for key in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for row in listed:
        writer.writerow({key: _cell(value) for key, value in row.items()})
    return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(float(value))
    return value.isoformat() if hasattr(value, "isoformat") else value


def write_rows(
    path: PathLike, rows: Iterable[Mapping[str, Any]], columns: Iterable[str] | None = None
) -> None:
    """Write rows as a CSV file, whole or not at all."""
    write_text_atomically(path, rows_text(rows, columns))
