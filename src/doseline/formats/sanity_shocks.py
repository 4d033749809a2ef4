"""Rules that a shock and a hazard must keep by themselves: what does nothing is refused."""

from __future__ import annotations

from collections.abc import Iterator

from doseline.programme.hazard import Hazard, Lasts
from doseline.programme.observed import Observed
from doseline.programme.scenario import Scenario, Shock

__all__ = ["hazard", "lasts", "observed", "scenario", "shock"]

Found = tuple[tuple[str | int, ...], str]

_ROADS = ("carrier", "lane")
_CAPACITY = ("manufacturer", "firm", "line", "source")
_LAWS = "exactly; mean; median and p90; or between"


def shock(s: Shock) -> Iterator[Found]:
    """Time is added to transport and to stages; a stage loses either time or chance."""
    if s.adds is not None and s.hits not in (*_ROADS, "border", "stage"):
        yield (
            ("adds",),
            f"does nothing to a {s.hits}; expected it with carrier, lane, border or stage",
        )
    if s.hits == "stage" and s.adds is not None and s.left_fraction > 0.0:
        yield ("left",), "stands beside adds; expected two shocks, one for each"
    if s.spares_started and s.hits != "permission":
        yield ("spares_started",), f"does nothing to a {s.hits}; expected it with permission"


def scenario(s: Scenario) -> Iterator[Found]:
    """Something happens in it."""
    if not s.shocks:
        yield ("shocks",), "missing; a scenario has shocks, written out or observed"


def observed(o: Observed) -> Iterator[Found]:
    """Markets and protocols belong to permissions, a second wait to the import alert."""
    permission = any(blow.hits == "permission" for blow in o.precedent.blows)
    for key, said in (("markets", o.markets), ("protocols", o.protocols)):
        if said and not permission:
            yield (key,), f"does nothing to {o.shock}; expected it where a permission is shut"
    if o.later and not any(blow.of_later for blow in o.precedent.blows):
        yield ("later",), f"does nothing to {o.shock}; expected it with import_alert"
    if o.later and not o.protocols:
        yield ("protocols",), "missing; later needs it: those that return first"


def hazard(h: Hazard) -> Iterator[Found]:
    """Each key belongs to some kinds of thing, and a common cause needs a group."""
    belongs = (
        ("left", h.left_fraction > 0.0, _CAPACITY),
        ("adds", h.adds is not None, (*_ROADS, "border")),
        ("delay_factor", h.delay_factor != 1.0, _ROADS),
        ("markets", bool(h.markets), ("permission",)),
        ("protocols", bool(h.protocols), ("permission",)),
        ("returns", h.returns is not None, ("permission",)),
    )
    for key, said, kinds in belongs:
        if said and h.hits not in kinds:
            yield (key,), f"does nothing to a {h.hits}; expected it with {_either(kinds)}"
    if h.common_fraction > 0.0 and len(set(h.targets)) < 2:
        yield ("common",), "needs a group; expected two targets or more"
    for i, target in enumerate(h.targets):
        if target in h.targets[:i]:
            yield ("targets", i), f'"{target}" stands twice; expected each target once'


def lasts(law: Lasts) -> Iterator[Found]:
    """One law of a length, whole."""
    said = [
        key
        for key, value in (
            ("exactly", law.exactly_min),
            ("mean", law.mean_min),
            ("median", law.median_min),
            ("between", law.between),
        )
        if value is not None
    ]
    if law.p90_min is not None and law.median_min is None:
        yield ("median",), "missing; p90 needs it"
    elif law.median_min is not None and law.p90_min is None:
        yield ("p90",), "missing; median needs it"
    elif law.median_min is not None and law.p90_min is not None and law.p90_min < law.median_min:
        yield ("p90",), "is smaller than median; expected it at least as large"
    if len(said) > 1:
        yield (said[1],), f"stands beside {said[0]}; expected one law: {_LAWS}"
    elif not said and law.p90_min is None:
        yield ("mean",), f"missing; expected one law: {_LAWS}"


def _either(kinds: tuple[str, ...]) -> str:
    return " or ".join((", ".join(kinds[:-1]), kinds[-1])) if len(kinds) > 1 else kinds[0]
