"""What people can do to the record, by area; `COMMANDS` finds a command by its name."""

from doseline.records.commands import (
    making,
    materials,
    places,
    planning,
    quality,
    shipping,
    site,
    testing,
)
from doseline.records.commands.framework import COMMANDS, Asked, Command, Sign, Word

__all__ = ["AREAS", "COMMANDS", "Asked", "Command", "Sign", "Word"]

AREAS = (places, materials, planning, making, testing, shipping, site, quality)
