"""Which border a package crosses between a plant and a market."""

from __future__ import annotations

from doseline.programme import Programme
from doseline.programme.lane import Border

EU = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
"""Countries whose plants stand inside the market "EU"."""


def border_between(programme: Programme, country: str, market: str) -> Border | None:
    """The crossing from a plant's country into a market, if there is one."""
    base = country.partition("-")[0]
    origin = "EU" if base in EU else base
    if origin == market:
        return None
    for border in programme.borders:
        if market in border.to_markets and (
            origin in border.from_markets
            or (not border.from_markets and origin not in border.to_markets)
        ):
            return border
    return None
