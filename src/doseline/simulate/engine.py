"""Which engine plays the standing policy: the plain reference, or the kernel with the same answer.

The kernel needs Numba, the extra `speed`, and pays for its compiling and its tables only where many
replications are asked for.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from typing import Literal

from doseline.operations.orders import Patient
from doseline.operations.routes import ways_of
from doseline.programme import Programme
from doseline.programme.scenario import Scenario
from doseline.simulate.hazards import dated_shocks
from doseline.simulate.result import Period, Run
from doseline.simulate.world import World

Engine = Literal["auto", "reference", "kernel"]

MANY = 16
"""From so many replications on `auto` takes the kernel."""

MOST_WAYS, MOST_DAYS = 40_000_000, 400_000_000
"""The kernel's tables hold so many numbers at most: for days, products, protocols and kinds of
sites, and for days and consignees."""


class NotModelledError(RuntimeError):
    """The kernel was asked for, and cannot play."""


def kernel_lacks() -> str:
    """Why the kernel cannot be compiled here at all; empty where it can."""
    if find_spec("numba") is None:
        return "Numba is not installed (the extra `speed`)"
    try:
        from doseline.simulate.kernel.compiling import lacking

        if missing := lacking():
            return f"{missing}: the kernel needs another one"
        import_module("doseline.simulate.kernel.play")
    except (ImportError, AttributeError, TypeError) as error:
        return f"the kernel does not know the Numba that is installed: {error}"
    return ""


def kernel_models(
    programme: Programme, from_on: date | None = None, until_on: date | None = None
) -> tuple[str, ...]:
    """Why the kernel would leave a programme to the reference; nothing where it models it all."""
    reasons = [reason for reason in (kernel_lacks(),) if reason]
    days = ((until_on or programme.until_on) - (from_on or programme.from_on)).days + 1200
    protocols = len(programme.trials) + len(programme.markets) + len(programme.standing_demand)
    ways = ways_of(programme)
    kinds = len({ways.kind(site) for site in programme.sites})
    if len(programme.products) * protocols * kinds * days > MOST_WAYS:
        reasons.append("more products, protocols, kinds of sites and days than its tables hold")
    if len(programme.consignee) * days > MOST_DAYS:
        reasons.append("more consignees and days than its tables hold")
    return tuple(reasons)


def takes_kernel(
    engine: Engine, programme: Programme, from_on: date, until_on: date, replications: int
) -> bool:
    """Whether the kernel plays. Raises NotModelledError where it is asked for and cannot."""
    if engine == "reference" or (engine == "auto" and replications < MANY):
        return False
    reasons = kernel_models(programme, from_on, until_on)
    if reasons and engine == "kernel":
        raise NotModelledError(f"the kernel cannot play this programme: {'; '.join(reasons)}")
    return not reasons


def run_by_kernel(
    world: World,
    patients: Sequence[Sequence[Patient]],
    *,
    seed: int,
    replications: Sequence[int],
    scenario: Scenario | None = None,
    chance: bool = True,
    periods: Sequence[Period] = (),
) -> list[Run | None]:
    """Some replications by the kernel; None where something rare leaves one to the reference.

    Where the kernel cannot be compiled, that is said as a warning, and all are left to it.
    """
    from doseline.simulate.kernel.play import Asked, kernel_of

    try:
        kernel = kernel_of(world, periods)
    except NotModelledError as error:
        warnings.warn(f"the reference plays: {error}", RuntimeWarning, stacklevel=2)
        return [None] * len(replications)
    shocks = [
        dated_shocks(
            world.programme,
            scenario,
            seed=seed,
            replication=replication,
            chance=chance,
            from_on=world.from_on,
            until_on=world.until_on,
        )
        for replication in replications
    ]
    return kernel.several(Asked(patients, seed, replications, shocks, chance))
