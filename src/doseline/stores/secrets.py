"""Secrets of people, kept as scrypt hashes beside the ledger and never in it.

One file, readable by its owner only, written anew as a whole. It holds the hashes of the last
generations of each person's secret; the ledger says which generation counts.
"""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Callable
from hashlib import scrypt
from pathlib import Path

from doseline.errors import LedgerError, NotPermitted

__all__ = ["SHORTEST", "Secrets"]

SHORTEST = 8
"""The fewest characters of a secret; an assumption, to be set by the site's procedure."""

_COST = {"n": 2**14, "r": 8, "p": 1}


class Secrets:
    """The secrets of the people of one record; `salt` gives fresh random bytes.

    Raises LedgerError where the file cannot be read, NotPermitted where others can read it.
    """

    def __init__(self, path: Path, salt: Callable[[int], bytes] = os.urandom) -> None:
        self.path, self._salt = path, salt
        self._held: dict[str, str] = {}
        if not path.exists():
            return
        try:
            if os.name == "posix" and path.stat().st_mode & 0o077:
                raise NotPermitted(f"{path}: others can read these secrets; chmod 600 it")
            self._held = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            if isinstance(error, NotPermitted):
                raise
            raise LedgerError(f"{path}: the secrets could not be read: {error}") from None

    def check(self, person: str, generation: int, secret: str) -> bool:
        """Whether a secret is that of a person in a generation."""
        held = self._held.get(f"{person}/{generation}", "")
        salt, _, known = held.partition(":")
        if not known:
            return False
        found = scrypt(secret.encode(), salt=bytes.fromhex(salt), **_COST)
        return hmac.compare_digest(bytes(found).hex(), known)

    def set(self, person: str, generation: int, secret: str) -> None:
        """Keep the hash of a person's secret. Raises NotPermitted where it is too short."""
        if len(secret) < SHORTEST:
            raise NotPermitted(f"a secret has at least {SHORTEST} characters")
        salt = self._salt(16)
        found = scrypt(secret.encode(), salt=salt, **_COST)
        self._held[f"{person}/{generation}"] = f"{salt.hex()}:{bytes(found).hex()}"
        self._write()

    def _write(self) -> None:
        partial = self.path.with_name(self.path.name + ".partial")
        try:
            partial.unlink(missing_ok=True)
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(self._held, file, indent=1, sort_keys=True)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, self.path)
        except OSError as error:
            raise LedgerError(f"{self.path}: the secrets were not written: {error}") from None
