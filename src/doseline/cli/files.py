"""`new` and `check`: a programme file is written, and read."""

from pathlib import Path
from typing import Annotated

import typer

from doseline.cli.terminal import (
    Json,
    answering,
    finish,
    print_json,
)


def new(
    file: Annotated[Path, typer.Argument(help="file to write")] = Path("programme.yaml"),
    example: Annotated[
        str | None, typer.Option(help="copy an example instead, e.g. clr131")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="take every default, ask nothing")] = False,
    force: Annotated[bool, typer.Option("--force", help="overwrite the file")] = False,
) -> None:
    """Write a runnable programme file from about ten answers."""
    from doseline.formats.new_programme import QUESTIONS, answers_from, example_files
    from doseline.formats.new_programme import new_programme_text as text_for
    from doseline.formats.results import write_text_atomically

    if file.exists() and not force:
        typer.echo(f"{file}: exists already; --force overwrites it", err=True)
        raise typer.Exit(2)
    with answering(False):
        if example is not None:
            for name, text in example_files(example, file.name).items():
                write_text_atomically(file.parent / name, text)
        else:
            replies: dict[str, str] = {}
            for question in QUESTIONS:
                replies[question.key] = (
                    question.default
                    if yes
                    else typer.prompt(question.text, default=question.default, err=True)
                )
            write_text_atomically(file, text_for(answers_from(replies)))
    typer.echo(f"wrote {file}\nnext: doseline assess {file} --out build")


def check(
    programme: Annotated[
        Path | None, typer.Argument(help="programme file (YAML)", show_default=False)
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="print the JSON Schema")] = False,
    as_json: Json = False,
) -> None:
    """Say every fault of a programme file at once: where it stands and what was expected."""
    if schema:
        from doseline.formats import programme_schema

        print_json(programme_schema())
        return
    if programme is None:
        raise typer.BadParameter("name a programme file, or ask for --schema")
    with answering(as_json):
        from doseline.studies.file_check import check_study

        document, summary = check_study(programme)
        finish(document, summary, as_json)
