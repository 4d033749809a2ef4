"""How a guard refuses: a sentence, and the clause that it keeps."""

from __future__ import annotations

from typing import NoReturn

from doseline.errors import NotPermitted

__all__ = ["refuse"]


def refuse(sentence: str, rule: str) -> NoReturn:
    """Raises NotPermitted with the sentence and the rule behind it.

    >>> refuse("Ann did this step and cannot check it.", "21 CFR 211.101(d)")
    Traceback (most recent call last):
    doseline.errors.NotPermitted: Ann did this step and cannot check it. [21 CFR 211.101(d)]
    """
    raise NotPermitted(f"{sentence} [{rule}]")
