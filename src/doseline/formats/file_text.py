"""The text of an input file, or one plain fault where it cannot be had."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from doseline.errors import Fault, ProgrammeError

__all__ = ["BLOCKED", "LIMIT_BYTES", "LIMIT_LINE", "read_text"]

LIMIT_BYTES = 5 * 1024 * 1024
LIMIT_LINE = 100_000
BLOCKED = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no file may hold: controls, and halves of surrogate pairs."""


def read_text(
    path: str | os.PathLike[str],
    at: Fault | None = None,
    *,
    expected: str = "a programme file such as programme.yaml",
    text: str = "YAML text",
) -> str:
    """The text of a file. Raises ProgrammeError with one fault where it cannot be read.

    `at` is the place that named the file, where another file did. `expected` says what kind of
    file should stand there, `text` what should be written in it.
    """
    name = os.fspath(path)

    def refuse(message: str) -> ProgrammeError:
        if at is None:
            return ProgrammeError(Fault(name, 0, "", message))
        return ProgrammeError(Fault(at.file, at.line, at.field, f'"{name}": {message}'))

    try:
        info = os.stat(name)
        if stat.S_ISDIR(info.st_mode):
            raise refuse(f"is a directory; expected {expected}")
        if not stat.S_ISREG(info.st_mode):
            raise refuse(f"is no plain file; expected {expected}")
        if info.st_size > LIMIT_BYTES:
            size = info.st_size / 1024 / 1024
            raise refuse(f"holds {size:.1f} MB; a file may hold {LIMIT_BYTES // 1024 // 1024} MB")
        data = Path(name).read_bytes()
    except ProgrammeError:
        raise
    except FileNotFoundError:
        raise refuse("there is no such file") from None
    except PermissionError:
        raise refuse("may not be read; ask for permission to read it") from None
    except (OSError, ValueError) as error:
        raise refuse(f"cannot be read ({error})") from None
    return _decoded(name, data, text)


def _decoded(name: str, data: bytes, expected: str) -> str:
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise ProgrammeError(Fault(name, line, "", f"is binary; expected {expected}"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ProgrammeError(
            Fault(name, line, "", "is not UTF-8 text; save the file with the encoding UTF-8")
        ) from None
    blocked = BLOCKED.search(text)
    if blocked:
        line = text[: blocked.start()].count("\n") + 1
        message = f"holds the control character U+{ord(blocked[0]):04X}; take it out"
        raise ProgrammeError(Fault(name, line, "", message))
    for number, row in enumerate(text.split("\n"), 1):
        if len(row) > LIMIT_LINE:
            message = f"a line of {len(row):,} characters; a line may hold {LIMIT_LINE:,}"
            raise ProgrammeError(Fault(name, number, "", message))
    return text
