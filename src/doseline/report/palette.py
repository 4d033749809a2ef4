"""The colours of the report: each in light and in dark, apart for colour-blind eyes too.

Charts are drawn in the light colours; the page's style sheet repaints them in the dark. Light
colours of bars carry white text, dark ones black text, at a contrast of 4.5 and more.
"""

from __future__ import annotations

INK = "#1a2330"
QUIET = "#55606e"
GRID = "#d9dee5"
EDGE = "#8b95a3"
PAPER = "#fffffd"
IN_BAR = "#fffffe"
WEEKEND = "#eef1f5"
OUTER_BAND = "#cfdff2"
INNER_BAND = "#93b9e2"
LINES = ("#123f7a", "#b8430f", "#7a3f9d", "#00735a", "#8a6100", "#a8326b", "#4b5a68")
BARS = ("#1d5fa8", "#b8430f", "#00735a", "#7a3f9d", "#8a6100", "#a8326b", "#4b5a68", "#5f4b3a")
YES, NO, OPEN = "#00654d", "#a63a08", "#5a4a00"

DARK = {
    INK: "#e8edf3",
    QUIET: "#b3bdc9",
    GRID: "#38424f",
    EDGE: "#7f8b9a",
    PAPER: "#12171e",
    IN_BAR: "#0b0f14",
    WEEKEND: "#1c242e",
    OUTER_BAND: "#24415f",
    INNER_BAND: "#3a6a9c",
    "#123f7a": "#a9d1ff",
    "#1d5fa8": "#7db4f0",
    "#b8430f": "#f5a077",
    "#7a3f9d": "#cda4ee",
    "#00735a": "#5cc9ab",
    "#8a6100": "#dcb640",
    "#a8326b": "#ef94bf",
    "#4b5a68": "#a9b7c4",
    "#5f4b3a": "#c8ad94",
    YES: "#6fd6b5",
    NO: "#ffa67d",
    OPEN: "#e6c65c",
}

DASHES: tuple[tuple[int, ...], ...] = (
    (1, 0),
    (7, 4),
    (2, 3),
    (10, 3, 2, 3),
    (5, 2),
    (1, 2),
    (8, 2),
)
"""Dashes beside the colours of `LINES`, so that no line is told by colour alone."""

MEAN_COLOUR, MEAN_DASH = LINES[1], DASHES[1]
TARGET_COLOUR, TARGET_DASH = LINES[3], DASHES[4]


def repainting() -> str:
    """The style rules that repaint a chart drawn in light colours for a dark page."""
    rules = [
        f'.chart [{kind}="{light}"]{{{kind}:{dark}}}'
        for light, dark in DARK.items()
        for kind in ("fill", "stroke")
    ]
    return "@media screen and (prefers-color-scheme:dark){" + "".join(rules) + "}"
