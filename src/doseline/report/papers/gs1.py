"""The GS1 text of a vial: which product, lot and serial, when it expires, what it held and when.

Element strings of the GS1 General Specifications: 01 the GTIN, 7003 expiry with date and time, 10
the lot, 21 the serial number, and two internal ones: 91 the activity in kBq at its calibration time
in UTC, 92 the beginning of the hash of what the
record says that the label says. AI 17 (a date alone) is left out, for its last hour
would be midnight. 7003 has no zone, so it is the wall's clock where the vial is used; see decision
0016.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from doseline.clock import zone_named
from doseline.errors import PaperError

__all__ = ["FNC1", "VialText", "check_digit", "element_string", "gtin_checked"]

FNC1 = "\x1d"
"""What stands for the function character in a text; a scanner sends it as the group separator."""

# Character set 82 of the GS1 General Specifications, as lint_cset82.c of GS1's Syntax Dictionary.
_SET_82 = re.compile(r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+""")
_FIXED = {"01"}  # of the ones used here only the GTIN has a predefined length


def check_digit(body: str) -> str:
    """The last digit of a GS1 number: weights 3 and 1 from the right, up to the next ten.

    >>> check_digit("0950110153000")
    '3'
    """
    total = sum(int(digit) * (3, 1)[i % 2] for i, digit in enumerate(reversed(body)))
    return str(-total % 10)


def gtin_checked(gtin: str) -> str:
    """A GTIN of fourteen digits. Raises PaperError where it is none.

    >>> gtin_checked("09501101530003")
    '09501101530003'
    """
    if not re.fullmatch(r"[0-9]{14}", gtin):
        raise PaperError(f'GTIN: found "{gtin}", expected fourteen digits')
    if check_digit(gtin[:-1]) != gtin[-1]:
        raise PaperError(
            f'GTIN: found "{gtin}", whose check digit should be {check_digit(gtin[:-1])}'
        )
    return gtin


def _coded(what: str, text: str, most: int) -> str:
    if not 1 <= len(text) <= most:
        raise PaperError(f'{what}: found "{text}", expected 1 to {most} characters on a label')
    if not _SET_82.fullmatch(text):
        odd = _SET_82.sub("", text)
        raise PaperError(f'{what}: "{odd}" in "{text}" has no place in a GS1 symbol')
    return text


@dataclass(frozen=True, slots=True)
class VialText:
    """What the symbol of a vial says. Raises PaperError where GS1 cannot say it.

    `zone` is where the vial is used; `activity_kbq` holds at `calibrated_at`. Instants count whole
    minutes: a part of one is dropped, so no vial lasts longer than it does.
    """

    gtin: str
    lot: str
    serial: str
    expires_at: datetime
    zone: str
    activity_kbq: int
    calibrated_at: datetime
    label_hash: str

    def __post_init__(self) -> None:
        gtin_checked(self.gtin)
        _coded("lot", self.lot, 20)
        _coded("vial", self.serial, 20)
        if not re.fullmatch(r"[0-9a-f]{16,}", self.label_hash):
            raise PaperError(f'label hash: found "{self.label_hash}", expected hexadecimal')

    def elements(self) -> dict[str, str]:
        """Application identifiers and their texts, in the order of the symbol."""
        local = self.expires_at.astimezone(zone_named(self.zone))
        calibrated = self.calibrated_at.astimezone(UTC)
        return {
            "01": self.gtin,
            "7003": f"{local:%y%m%d%H%M}",
            "10": self.lot,
            "21": self.serial,
            "91": f"{self.activity_kbq}/{calibrated:%y%m%d%H%M}Z",
            "92": self.label_hash[:16],
        }

    def text(self) -> str:
        """The text of the symbol, without the function character that begins it."""
        return element_string(self.elements())

    def readable(self) -> str:
        """The text as it is printed beside a symbol, identifiers in brackets."""
        return " ".join(f"({name}){value}" for name, value in self.elements().items())


def element_string(elements: dict[str, str]) -> str:
    """Elements one after the other, a separator behind each of variable length but the last.

    >>> element_string({"01": "09501101530003", "10": "B1", "21": "7"}).replace(FNC1, "|")
    '010950110153000310B1|217'
    """
    parts = []
    for name, value in elements.items():
        parts += [name, value, "" if name in _FIXED else FNC1]
    return "".join(parts[:-1])
