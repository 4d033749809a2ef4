"""What came out of moving inputs over their ranges: one frozen record a group of inputs."""

from __future__ import annotations

from dataclasses import dataclass

from doseline.studies.figures import Figure
from doseline.studies.ranges.groups import Range, Unstated


@dataclass(frozen=True, slots=True)
class End:
    """Service, headroom, cost and verdict at one end of a range; the changes are paired.

    `changes` says whether the end changes anything that service and cost depend on. `headroom` is
    None where it was not worked out, as OTIF alone decides the verdict.
    """

    otif: Figure
    otif_change: Figure
    headroom: float | None
    cost: Figure
    cost_change: Figure
    sufficient: bool | None
    changes: bool
    stuck: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """A group of inputs at both ends. `moves` says whether either end has another verdict."""

    range: Range
    low: End
    high: End
    moves: bool

    @property
    def swing(self) -> float:
        """The largest distance in OTIF between two of base, low and high."""
        changes = (0.0, self.low.otif_change.mean, self.high.otif_change.mean)
        return max(changes) - min(changes)

    @property
    def cost_swing(self) -> float:
        """The same in cost. [currency]"""
        changes = (0.0, self.low.cost_change.mean, self.high.cost_change.mean)
        return max(changes) - min(changes)


@dataclass(frozen=True)
class Sensitivity:
    """What moves the verdict of one question under one design, the largest swing first.

    Changes are those of `replications` futures; they are added to the base's own figure, which
    stands on `base_replications` futures, as many or more.
    """

    question: str
    name: str
    design: str
    target: float
    replications: int
    base: End
    effects: tuple[Effect, ...]
    unstated: tuple[Unstated, ...]
    seconds: float = 0.0
    base_replications: int = 0

    @property
    def moving(self) -> tuple[Effect, ...]:
        """Those that move the verdict at one of their ends."""
        return tuple(e for e in self.effects if e.moves)
