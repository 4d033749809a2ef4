"""Every command against every role: who may, and that nobody else can."""

import pytest

from doseline.errors import DoselineError, NotPermitted
from doseline.records.commands import COMMANDS
from doseline.records.commands.places import ROLES
from doseline.records.instants import instant_text
from tests.records.life import moves
from tests.records.life.plant import Plant, after

NEVER_SIGNS = {"administrator"}


@pytest.fixture(scope="module")
def plant() -> Plant:
    """The plant, with one more person for every role, who has that role alone."""
    made = after("release")
    for role in ROLES:
        made.do("adam", "person", f"only-{role}", role, "hamilton", (role,), "2026-01-01T00:00:00Z")
        made.do("quinn", "identify", f"only-{role}")
    return made


def test_every_command_names_roles_that_there_are() -> None:
    for command in COMMANDS.values():
        assert command.roles, command.name
        assert set(command.roles) <= set(ROLES), command.name
        assert not (command.signed and NEVER_SIGNS & set(command.roles)), command.name
        assert command.help.endswith("."), command.name


@pytest.mark.parametrize("name", COMMANDS)
def test_nobody_acts_outside_their_roles(plant: Plant, name: str) -> None:
    """Each cell of the table: a role that is not named is refused for that, and writes nothing."""
    tried = next(m for m in everything() if m.name == name)
    for role in set(ROLES) - set(COMMANDS[name].roles):
        size = plant.desk.ledger.size
        with pytest.raises(NotPermitted, match=r"may not do this.*\[21 CFR 11.10\(g\)\]"):
            plant.do(f"only-{role}", name, tried.request)
        assert plant.desk.ledger.size == size, role


def everything() -> list[moves.Move]:
    """One request for every command, right or wrong: the role is asked for first."""
    found = []
    for name, command in COMMANDS.items():
        values = [None] * len(command.request.__dataclass_fields__)  # type: ignore[attr-defined]
        found.append(moves.Move("nobody", name, command.request(*values)))
    return found


def test_somebody_without_any_role_can_do_nothing() -> None:
    made = after("release")
    made.do("adam", "person", "visitor", "A Visitor", "hamilton", (), "2026-01-01T00:00:00Z")
    for move in moves.natural(made.record, instant_text(made.clock.at), lambda _: ""):
        with pytest.raises(DoselineError):
            made.do("visitor", move.name, move.request)


def test_an_unknown_person_can_do_nothing() -> None:
    with pytest.raises(NotPermitted, match="no person nobody"):
        after("release").do("nobody", "hold", "H-18-028", "why")
