"""The weekly slots that fall away, and why: what a scheduler asks when there is none in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from doseline.calendars import WorkCalendar
from doseline.operations.slots import plant_calendar
from doseline.programme import Programme
from doseline.programme.manufacturer import Line, Manufacturer

_TOLD = 2
"""So many slots that fall away are told."""


def closed_between(programme: Programme, product: str, first: date, last: date) -> str:
    """The weekly slots for a product between two days that fall away, as words to append.

    Empty where none does.
    """
    found = sorted(_closed(programme, product, first, last))
    if not found:
        return ""
    told = [f"{line} makes nothing on {day:%a %Y-%m-%d} ({why})" for day, line, why in found]
    more = f" and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
    return f"; {', '.join(told[:_TOLD])}{more}"


def _closed(
    programme: Programme, product: str, first: date, last: date
) -> Iterator[tuple[date, str, str]]:
    for plant in programme.manufacturers:
        if not any(a.product == product for a in plant.makes):
            continue
        calendar = plant_calendar(plant)
        for line in plant.lines:
            if product in line.products:
                for day in _weekly(line, product, first, last):
                    why = _why(plant, line, calendar, day)
                    if why:
                        yield day, line.id, why


def _weekly(line: Line, product: str, first: date, last: date) -> set[date]:
    """The days on which a line has a slot for a product by its week alone."""
    found = set()
    for ahead in range((last - first).days + 1):
        day = first + timedelta(days=ahead)
        week = (day.toordinal() - day.weekday()) // 7
        for rule in line.slots:
            inside = (rule.from_on or day) <= day <= (rule.until_on or day)
            mine = not rule.products or product in rule.products
            if mine and inside and rule.at.weekday == day.weekday() and not week % rule.every_weeks:
                found.add(day)
    return found


def _why(plant: Manufacturer, line: Line, calendar: WorkCalendar, day: date) -> str:
    """Why a line makes nothing on a day; empty where it could."""
    for block in line.blocks:
        if block.from_on <= day <= block.until_on:
            return block.reason
    if plant.closes_on is not None and day > plant.closes_on:
        return f"{plant.id} closed on {plant.closes_on}"
    if calendar.is_open_day(day):
        return ""
    week = day.isocalendar().week
    if week in calendar.closed_weeks:
        return f"{plant.id} is shut in week {week}"
    if any(rule.is_holiday(day) for rule in calendar.holidays):
        return f"holiday at {plant.id}"
    return f"{plant.id} does not work that day"
