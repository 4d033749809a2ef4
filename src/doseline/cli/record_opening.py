"""What the commands of the record share: their options, the open record, and how a refusal ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from doseline.cli.terminal import answering

Store = Annotated[Path, typer.Argument(help="folder of the record", show_default=False)]
By = Annotated[str, typer.Option("--by", help="user id of the person who acts")]
SecretFile = Annotated[
    Path | None, typer.Option("--secret-file", help="file with the secret; without it asked for")
]
NewSecretFile = Annotated[
    Path | None, typer.Option("--new-secret-file", help="file with the new secret of the person")
]
At = Annotated[str, typer.Option("--at", help="when it happened; now, if not said")]
Now = Annotated[str, typer.Option("--clock", help="what the clock shows; a demonstration only")]
Reason = Annotated[str, typer.Option("--reason", help="why: for late entries and corrections")]
CommandId = Annotated[
    str, typer.Option("--command-id", help="name of this command, so that it counts once")
]
Kept = Annotated[
    list[Path] | None, typer.Option("--against", help="checkpoint kept elsewhere; may be repeated")
]


def clock_of(now: str) -> Callable[[], datetime]:
    """The clock of this machine, or one that stands where it was put."""
    if not now:
        return lambda: datetime.now(UTC)
    from doseline.records.instants import instant_from_text
    from doseline.records.words import instant_from_words

    at = instant_from_text(instant_from_words(now))
    return lambda: at


def opened(store: Path, now: str) -> Any:
    """The record, with its clock; a real record takes no other clock than the machine's."""
    from doseline.errors import NotPermitted
    from doseline.stores.folder import RecordFolder

    folder = RecordFolder.open(store, clock_of(now))
    if now and not folder.desk.record().demo:
        folder.close()
        raise NotPermitted("--clock: only a demonstration takes another clock. [21 CFR 11.10(e)]")
    return folder


def secret_of(file: Path | None, prompt: str) -> str:
    """A secret from a file or from the keyboard, never from the command line."""
    from doseline.errors import NotPermitted

    if file is None:
        return str(typer.prompt(prompt, hide_input=True, err=True))
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise NotPermitted(f"{file}: no secret could be read: {error}") from None


def refusing(as_json: bool = False) -> Any:
    """A refusal is an answer about the usage: the rule on standard error, exit code 2.

    A store that fails, such as a full disk, is no such answer: exit code 1.
    """
    return _Refusing(as_json)


class _Refusing:
    def __init__(self, as_json: bool) -> None:
        self._answering = answering(as_json)

    def __enter__(self) -> None:
        self._answering.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        from doseline.errors import LedgerError, LifeError, NotPermitted, QuantityError, StoreError

        failed = isinstance(error, StoreError) and error.__cause__ is not None
        refused = isinstance(error, NotPermitted | LifeError | LedgerError | QuantityError)
        if refused and not failed:
            self._answering.__exit__(None, None, None)
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from None
        return bool(self._answering.__exit__(kind, error, trace))
