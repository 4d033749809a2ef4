"""`doseline record` as a name: its commands are built when they are first asked for."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup


class _Later(TyperGroup):
    """Builds the commands of the record when they are first asked for: `--help` stays quick."""

    def list_commands(self, ctx: Any) -> list[str]:
        self._fill()
        return list(self.commands)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands:
            self._fill()
        return super().get_command(ctx, cmd_name)

    def _fill(self) -> None:
        from doseline.cli.record import everything

        made: Any = typer.main.get_command(everything())
        for name, command in made.commands.items():
            self.commands.setdefault(name, command)


record = typer.Typer(
    name="record",
    cls=_Later,
    help="Run a batch under GMP and prove it: the batch record.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
