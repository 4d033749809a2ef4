"""DataMatrix symbols (ECC 200): a GS1 text, or any text of Unicode, as a square of modules.

The library lays out the modules and the error correction of Reed and Solomon; the codewords come
from here, because it knows neither the function character of GS1 nor characters beyond ASCII.
[ISO/IEC 16022:2006, 5.2.3 (ASCII), 5.2.9 (Base 256), 5.2.4.7 (FNC1), 5.4 (ECI)]
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ppf.datamatrix import DataMatrix

from doseline.errors import PaperError
from doseline.report.papers.gs1 import FNC1

__all__ = ["Matrix", "gs1_matrix", "svg", "text_matrix"]

Matrix = tuple[tuple[int, ...], ...]
"""Rows of modules, 1 is dark; finder pattern within, quiet zone without."""

_FNC1_CODEWORD, _BASE_256, _ECI, _UTF_8 = 232, 231, 241, 26
QUIET = 2
"""Light modules around a drawn symbol; ISO/IEC 16022 asks for one at least."""


@dataclass(frozen=True, slots=True)
class _Codewords:
    """Ready codewords in the place of the library's message: it asks for them by `encode`."""

    codewords: bytes

    def encode(self, _codec: str) -> bytes:
        return self.codewords


def _ascii(text: str) -> bytes:
    out, at = bytearray(), 0
    while at < len(text):
        pair = text[at : at + 2]
        if len(pair) == 2 and pair.isascii() and pair.isdigit():
            out.append(130 + int(pair))
            at += 2
            continue
        out.append(_FNC1_CODEWORD if text[at] == FNC1 else text[at].encode("ascii")[0] + 1)
        at += 1
    return bytes(out)


def _base_256(data: bytes, before: int) -> bytes:
    """Bytes as they are, each shifted by its place so that patterns do not repeat."""
    length = [len(data)] if len(data) < 250 else [249 + len(data) // 250, len(data) % 250]
    plain = [*length, *data]
    shifted = [
        (value + (149 * place) % 255 + 1) % 256 for place, value in enumerate(plain, before + 2)
    ]
    return bytes([_BASE_256, *shifted])


def _matrix(codewords: bytes) -> Matrix:
    message: Any = _Codewords(codewords)
    try:
        rows = DataMatrix(message, codecs=["ascii"]).matrix
    except ValueError as refused:
        raise PaperError(f"{len(codewords)} codewords are too many for one symbol") from refused
    return tuple(tuple(row) for row in rows)


def gs1_matrix(text: str) -> Matrix:
    """The GS1 DataMatrix of an element string. Raises PaperError where it is too long.

    >>> len(gs1_matrix("0109501101530003"))
    16
    """
    return _matrix(bytes([_FNC1_CODEWORD]) + _ascii(text))


@lru_cache(maxsize=64)
def text_matrix(text: str) -> Matrix:
    """The DataMatrix of any text of at most 1,500 bytes of UTF-8. Raises PaperError."""
    head = bytes([_ECI, _UTF_8 + 1])
    return _matrix(head + _base_256(text.encode("utf-8"), len(head)))


def svg(matrix: Matrix) -> str:
    """The symbol as a drawing, a unit a module, with its quiet zone; a dark run is one piece."""
    size = len(matrix) + 2 * QUIET
    runs = []
    for y, row in enumerate(matrix, QUIET):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end]:
                end += 1
            if end > x:
                runs.append(f"M{x + QUIET} {y}h{end - x}v1h-{end - x}z")
            x = end + 1
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}">'
        f'<rect width="{size}" height="{size}" fill="#fff"/><path d="{"".join(runs)}"/></svg>'
    )
