"""Designs that no file names, made from those it does: plants, slots and permissions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from doseline.programme import Programme
from doseline.programme.design import Design, PlantUse
from doseline.programme.lane import Permission
from doseline.studies.assessment import AS_WRITTEN


def parent_design(programme: Programme, design: str | None) -> Design:
    """The design of that name, the main one where none is named, or the whole network.

    Raises LookupError for an unknown one.
    """
    if not programme.designs:
        programme.under(design)
        plants = tuple(PlantUse(m.id) for m in programme.manufacturers)
        return Design(AS_WRITTEN, programme.name, plants)
    name = programme.under(design).design
    return next(d for d in programme.designs if d.id == name)


def uses(programme: Programme, parent: Design) -> dict[str, tuple[PlantUse, str]]:
    """How each plant may be used, and the design whose permissions then hold.

    As the parent uses it; a plant that it leaves out as the first design of the file that does
    use it. Plants of no design are left out.
    """
    found: dict[str, tuple[PlantUse, str]] = {u.manufacturer: (u, parent.id) for u in parent.plants}
    for design in programme.designs:
        for use in design.plants:
            found.setdefault(use.manufacturer, (use, design.id))
    return found


def with_plants(
    programme: Programme, parent: Design, name: str, plants: Sequence[PlantUse]
) -> Programme:
    """The programme under a design of these plants that goes by a name of its own.

    Each plant has the permissions of the design that its use comes from.
    """
    takes = {plant: owner for plant, (_, owner) in uses(programme, parent).items()}
    design = Design(name, name, tuple(plants), questions=parent.questions)

    def lent(permission: Permission) -> Permission:
        own = permission.designs
        if own and takes.get(permission.manufacturer) in own and name not in own:
            return replace(permission, designs=(*own, name))
        return permission

    return replace(
        programme,
        permissions=tuple(lent(p) for p in programme.permissions),
        designs=(*(d for d in programme.designs if d.id != name), design),
    ).under(name)


_KEPT = 8
_narrowed: list[tuple[Programme, str, Programme]] = []


def under(programme: Programme, design: str) -> Programme:
    """The programme under a design, or as written where it names none.

    The same object is given each time, so that what was worked out about its roads is kept.
    """
    if design == AS_WRITTEN:
        return programme
    for whole_programme, name, narrowed in _narrowed:
        if whole_programme is programme and name == design:
            return narrowed
    _narrowed.append((programme, design, programme.under(design)))
    del _narrowed[:-_KEPT]
    return _narrowed[-1][2]
