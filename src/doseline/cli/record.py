"""`doseline record`: the batch record, a command for everything that people do to it."""

from __future__ import annotations

import inspect
import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from doseline.cli.record_opening import (
    At,
    By,
    CommandId,
    Kept,
    NewSecretFile,
    Now,
    Reason,
    SecretFile,
    Store,
    clock_of,
    opened,
    refusing,
    secret_of,
)
from doseline.cli.terminal import Json

record = typer.Typer(rich_markup_mode=None)


@record.command("init")
def init(
    store: Store,
    administrator: Annotated[str, typer.Option(help="user id and name, as adam=Adam Ash")],
    quality: Annotated[str, typer.Option(help="user id and name of the head of quality")],
    facility: Annotated[str, typer.Option(help="where both work")],
    trained_until: Annotated[str, typer.Option(help="their training ends then")],
    profile: Annotated[str, typer.Option(help="rules: us-211 or eu-annex3")] = "us-211",
    demo: Annotated[
        bool, typer.Option("--demo", help="a demonstration, and marked as one")
    ] = False,
    administrator_secret_file: Annotated[
        Path | None, typer.Option(help="file with the administrator's secret")
    ] = None,
    quality_secret_file: Annotated[
        Path | None, typer.Option(help="file with the secret of the head of quality")
    ] = None,
    clock: Now = "",
) -> None:
    """Begin a record in a new folder, with two people who know each other."""
    with refusing():
        from doseline.errors import NotPermitted
        from doseline.records.words import instant_from_words
        from doseline.studies.recording import Founder, begin

        if clock and not demo:
            raise NotPermitted("--clock: only a demonstration takes another clock.")
        founders = []
        for text, file in (
            (administrator, administrator_secret_file),
            (quality, quality_secret_file),
        ):
            person, _, name = text.partition("=")
            founders.append(Founder(person, name or person, secret_of(file, f"secret of {person}")))
        begin(
            store,
            profile=profile,
            demo=demo,
            facility=facility,
            founders=(founders[0], founders[1]),
            until=instant_from_words(trained_until)[:27],
            clock=clock_of(clock),
        )
        typer.echo(f"began {store} under {profile}{' as a demonstration' if demo else ''}")


@record.command("run")
def run(
    store: Store,
    script: Annotated[Path, typer.Argument(help="script of a demonstration", show_default=False)],
    secrets: Annotated[Path, typer.Option(help="secrets of everybody in it (JSON)")],
    until_line: Annotated[int | None, typer.Option(help="stop after this line")] = None,
) -> None:
    """Run a script in a demonstration: who does what, and what the rules refuse."""
    with refusing():
        from doseline.studies.recording import ran

        script = script.resolve()
        known = json.loads(secrets.read_text(encoding="utf-8"))
        told = ran(store, script, known, stop_at=until_line)
        for line, said in told:
            if said:
                typer.echo(f"{line.number}: {line.by} {line.command}: refused: {said}")
        done = sum(not said for _, said in told)
        typer.echo(f"{done} commands done, {len(told) - done} refused as the script says")


@record.command("show")
def show(
    store: Store,
    batch: Annotated[str | None, typer.Option(help="one batch in full")] = None,
    clock: Now = "",
    as_json: Json = False,
) -> None:
    """Show what the record holds, or one batch: what blocks it, its tests, vials and signatures."""
    with refusing(as_json):
        from doseline.records.instants import instant_text
        from doseline.studies import record_view as view

        folder = opened(store, clock)
        try:
            held, now = folder.desk.record(), instant_text(clock_of(clock)())
            if batch is None:
                document = view.record_document(held, now, folder.ledger.size)
                words = view.words_of_record(document)
            else:
                document = view.batch_document(held, held.batch(batch), now)
                words = view.words_of_batch(document)
        finally:
            folder.close()
        _told(document, words, as_json)


@record.command("verify")
def verify(
    store: Store,
    against: Kept = None,
    key: Annotated[str | None, typer.Option(help="public key of the record, as published")] = None,
    as_json: Json = False,
) -> None:
    """Compute the ledger anew, fold it, and hold it against every invariant; exit 1 if broken."""
    with refusing(as_json):
        from doseline.studies.record_proof import verified

        document = verified(store, against or [], key, clock_of(""))
        if as_json:
            _told(document, "", as_json)
        else:
            state = "sound" if document["sound"] else "NOT SOUND"
            typer.echo(f"{state}: {document['entries']} entries, {document['commands']} commands")
            for said in (document["finding"], *document["weaknesses"], *document["broken"]):
                if said:
                    typer.echo(f"  {said}")
    if not document["sound"]:
        raise typer.Exit(1)


@record.command("checkpoint")
def checkpoint(
    store: Store, out: Annotated[Path, typer.Option("--out", help="file to write")]
) -> None:
    """Write the signed checkpoint of the ledger to a file, to be kept elsewhere."""
    with refusing():
        folder = opened(store, "")
        try:
            mark = folder.ledger.checkpoint()
        finally:
            folder.close()
        out.write_bytes(mark.note())
        typer.echo(f"wrote {out}: {mark.size} entries")


@record.command("export")
def export(
    store: Store,
    batch: Annotated[str, typer.Option(help="the batch")],
    out: Annotated[Path, typer.Option("--out", help="new folder for the export")],
    by: By,
    reason: Reason = "inspection",
    against: Kept = None,
    particulars: Annotated[
        Path | None, typer.Option(help="what papers say besides (YAML); none: no papers")
    ] = None,
    clock: Now = "",
) -> None:
    """Export a batch for an inspector: entries, proofs, papers, a script that checks them."""
    from doseline.cli.record_papers import papers_of, printing

    with refusing(), printing():
        from doseline.studies.record_proof import exported

        folder = opened(store, clock)
        try:
            papers = papers_of(folder, batch, particulars) if particulars else {}
            mark = exported(
                folder, out, batch, by=by, reason=reason, kept=against or [], papers=papers
            )
        finally:
            folder.close()
        told = f"{len(papers)} papers" if papers else "no papers (--particulars prints them)"
        typer.echo(f"wrote {out}: checkpoint over {mark.size} entries, {told}")


@record.command("backup")
def backup(
    store: Store, out: Annotated[Path, typer.Option("--out", help="new file for the backup")]
) -> None:
    """Copy the ledger to a new file and verify the copy."""
    with refusing():
        from doseline.studies.record_proof import backed_up

        typer.echo(f"wrote {out}: {backed_up(store, out)} entries, verified")


@record.command("restore")
def restore(
    store: Store,
    backup: Annotated[Path, typer.Option("--backup", help="the backup")],
    against: Kept = None,
) -> None:
    """Make a ledger from a backup, verified; the key and the secrets are put back beside it."""
    with refusing():
        from doseline.studies.record_proof import restored

        entries = restored(backup, store, against or [])
        typer.echo(f"restored {store}: {entries} entries, verified")


def _told(document: dict[str, Any], words: str, as_json: bool) -> None:
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False) if as_json else words)


# -- everything that people do -------------------------------------------------------------


def _act(command: str, values: dict[str, Any]) -> None:
    from doseline.records.commands import COMMANDS
    from doseline.records.instants import instant_text
    from doseline.records.words import instant_from_words
    from doseline.studies.recording import act

    store, by, clock = values.pop("store"), values.pop("by"), values.pop("clock")
    file, new_file = values.pop("secret_file", None), values.pop("new_secret_file", None)
    at, reason, command_id = values.pop("at"), values.pop("reason"), values.pop("command_id")
    words = {name: _words(value) for name, value in values.items() if value not in (None, [])}
    signed = COMMANDS[command].signed
    with refusing():
        folder = opened(store, clock)
        try:
            when = instant_from_words(at) if at else ""
            if clock and not at:
                when = instant_text(clock_of(clock)())
            entries = act(
                folder,
                command,
                words,
                by=by,
                secret=secret_of(file, f"secret of {by}") if signed else None,
                new_secret=secret_of(new_file, "new secret")
                if command in ("person", "secret")
                else None,
                at=when,
                reason=reason,
                command_id=command_id or str(uuid.UUID(bytes=os.urandom(16), version=4)),
            )
            for entry in entries:
                typer.echo(f"{entry.position} {entry.stream} {entry.kind}")
        finally:
            folder.close()


def _words(value: Any) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list) else [str(value)]


def _parameters(name: str) -> list[inspect.Parameter]:
    """The options of a command: those of its request, and those that all commands have."""
    from doseline.records.commands import COMMANDS
    from doseline.records.words import fields_of

    command = COMMANDS[name]
    kind = inspect.Parameter.KEYWORD_ONLY
    found = [inspect.Parameter("store", kind, annotation=Store)]
    for field in fields_of(command.request):
        option = typer.Option(field.option, help=field.word.help, show_default=False)
        hint: Any = list[str] | None if field.repeated else str | None
        annotation = Annotated[hint, option]
        found.append(inspect.Parameter(field.name, kind, default=None, annotation=annotation))
    found.append(inspect.Parameter("by", kind, annotation=By))
    if command.signed:
        found.append(_optional("secret_file", SecretFile, None))
    if name in ("person", "secret"):
        found.append(_optional("new_secret_file", NewSecretFile, None))
    for option_name, annotation in (
        ("at", At), ("reason", Reason), ("clock", Now), ("command_id", CommandId),
    ):  # fmt: skip
        found.append(_optional(option_name, annotation, ""))
    return found


def _optional(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _command_named(name: str) -> Callable[..., None]:
    def run_command(**values: Any) -> None:
        _act(name, values)

    run_command.__signature__ = inspect.Signature(_parameters(name))  # type: ignore[attr-defined]
    run_command.__annotations__ = {p.name: p.annotation for p in _parameters(name)}
    return run_command


def everything() -> typer.Typer:
    """Every command of the record, in its place on the command line."""
    from doseline.cli.record_papers import papers
    from doseline.records.commands import COMMANDS

    acts = typer.Typer(rich_markup_mode=None)
    acts.registered_commands += record.registered_commands
    for name, command in COMMANDS.items():
        acts.command(name, help=command.help)(_command_named(name))
    acts.command("papers")(papers)
    return acts
