"""Designs: named variants of the network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from doseline.clock import WeekTime


@dataclass(frozen=True, slots=True)
class LineSlots:
    """The weekly slots a design takes on a line."""

    line: Annotated[str, "line"]
    at: Annotated[tuple[WeekTime, ...], "weekday and local time of the start of labelling"]
    every_weeks: Annotated[int, "1 weekly, 2 every second week"] = 1


@dataclass(frozen=True, slots=True)
class PlantUse:
    """A plant as a design uses it."""

    manufacturer: Annotated[str, "plant"]
    slots: Annotated[tuple[LineSlots, ...], "slots taken; none named: all of the plant's"] = ()
    from_on: Annotated[date | None, "used from"] = None
    until_on: Annotated[date | None, "used until"] = None
    stays_open: Annotated[bool, "the plant does not close in this design"] = False


@dataclass(frozen=True, slots=True)
class Design:
    """A named variant of the network: which plants, which slots, from when."""

    id: Annotated[str, "short name"]
    name: Annotated[str, "name in print"]
    plants: Annotated[tuple[PlantUse, ...], "plants in use"]
    why: Annotated[str, "what it stands for"] = ""
    questions: Annotated[tuple[str, ...], "questions it is asked; none named: all"] = ()
