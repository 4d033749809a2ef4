"""The least design that meets every target, with a stated chance of being right.

Designs are walked from the least capacity up. A design is held against each target by a sequential
test of `on time - target x due`, so that the verdict is about the ratio OTIF itself; among designs
of the same capacity that pass, the cheapest is chosen by another. The chance of error is shared
out over all tests that could be made (Bonferroni), so the tests may use the same luck.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from doseline.studies.sizing.sequential import AgainstBound, Least


@dataclass(frozen=True, slots=True)
class Response:
    """What one future of one design shows, by period: doses on time and due, batches and cost.

    Batches and `cost` are of each period's days, `total` of all days played, counted once.
    [currency]
    """

    on_time: tuple[float, ...]
    due: tuple[float, ...]
    batches: tuple[float, ...]
    cost: tuple[float, ...]
    total: float


@dataclass(frozen=True, slots=True)
class Option:
    """A design in the search: its name, its capacity, and periods that it can never serve."""

    name: str
    capacity: float
    impossible: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Rules:
    """What is promised and how long is looked: zones, confidence, first stage, most futures.

    `zone` is in OTIF (0.005: half a point), `cost_zone` a share of the cost. Half of the chance of
    error is spent on the targets, half on the cost.
    """

    zone: float = 0.005
    cost_zone: float = 0.01
    confidence: float = 0.95
    first: int = 20
    most: int = 2000


Observe = Callable[[Mapping[str, range]], Mapping[str, Sequence[Response]]]
"""Plays futures by number for several designs at once; the same number has the same luck."""


@dataclass
class Search:
    """A search among designs. `unsettled` names what the most futures did not decide."""

    options: Sequence[Option]
    targets: Sequence[float]
    observe: Observe
    rules: Rules = Rules()
    rows: dict[str, list[Response]] = field(init=False)
    unsettled: set[tuple[str, int]] = field(default_factory=set)
    _tests: dict[tuple[str, int], AgainstBound] = field(default_factory=dict)
    _scale: dict[tuple[str, int], float] = field(default_factory=dict)
    _fed: dict[tuple[str, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.options = sorted(self.options, key=lambda o: o.capacity)
        self.rows = {o.name: [] for o in self.options}

    def begin(self) -> None:
        """The first stage of every design: all are seen, and luck is the same for all."""
        self._play({o.name: self.rules.first for o in self.options})

    # -- is a design sufficient? ---------------------------------------------------------------

    def sufficient(self, names: Collection[str], periods: Collection[int]) -> dict[str, bool]:
        """Whether each design reaches the target in every one of the periods.

        Plays on until each is decided; at the most futures the mean decides, and the pair of
        design and period stands among the unsettled.
        """
        impossible = {o.name: o.impossible for o in self.options}
        answers: dict[str, bool] = {}
        while True:
            open_names = []
            for name in names:
                found = [
                    False if p in impossible[name] else self._decided(name, p) for p in periods
                ]
                if False in found:
                    answers[name] = False
                elif None in found:
                    open_names.append(name)
                else:
                    answers[name] = True
            if not open_names:
                return answers
            self._play({name: self._next(name) for name in open_names})

    def standing(self, name: str, period: int) -> bool | None:
        """What has been found of a design in a period so far; None where it is not decided."""
        if period in next(o.impossible for o in self.options if o.name == name):
            return False
        if (name, period) in self.unsettled:
            return None
        test = self._tests.get((name, period))
        return test.above if test is not None else None

    def _decided(self, name: str, period: int) -> bool | None:
        key, rows = (name, period), self.rows[name]
        if len(rows) < self.rules.first:
            return None
        if key not in self._tests:
            self._tests[key] = self._test(key)
        test = self._tests[key]
        scale, target = self._scale[key], self.targets[period]
        new = rows[self._fed.get(key, 0) :]
        test.tell([(r.on_time[period] - target * r.due[period]) / scale for r in new])
        self._fed[key] = len(rows)
        if test.above is None and len(rows) >= self.rules.most:
            self.unsettled.add(key)
            return test.mean >= 0.0
        return test.above

    def _test(self, key: tuple[str, int]) -> AgainstBound:
        """A test whose variance is never below that of as many batches at the target.

        A first stage without a failure shows no variance at all, and would decide at once.
        """
        name, period = key
        rules, target = self.rules, self.targets[period]
        seen = self.rows[name][: rules.first]
        due = math.fsum(r.due[period] for r in seen) / rules.first
        batches = math.fsum(r.batches[period] for r in seen) / rules.first
        self._scale[key] = due or 1.0
        worth = min(batches, due) or due  # doses of one batch fail together
        floor = target * (1.0 - target) / worth if due else 0.0
        pairs = len(self.options) * len(self.targets)
        return AgainstBound(rules.zone, (1.0 - rules.confidence) / 2.0 / pairs, rules.first, floor)

    # -- the least -----------------------------------------------------------------------------

    def least(self, periods: Collection[int], among: Collection[str] | None = None) -> str | None:
        """The design of least capacity that reaches the target in all the periods; the cheapest
        of those with the same capacity. None where no design does.
        """
        chosen = [o for o in self.options if among is None or o.name in among]
        for _, group in groupby(chosen, key=lambda o: o.capacity):
            names = [o.name for o in group]
            passed = self.sufficient(names, periods)
            found = [n for n in names if passed[n]]
            if found:
                return self._cheapest(found, periods, len(names))
        return None

    def _cheapest(self, names: Sequence[str], periods: Collection[int], of: int) -> str:
        """The cheapest of those that passed, among so many of the same capacity.

        Which passed hangs on the same futures, so the error is shared out over all their pairs.
        """
        if len(names) == 1:
            return names[0]
        whole = len(periods) == len(self.targets)
        first = self.rules.first

        def cost(row: Response) -> float:
            return row.total if whole else math.fsum(row.cost[p] for p in periods)

        def told() -> dict[str, list[float]]:
            return {n: [cost(r) for r in self.rows[n]] for n in names}

        zone = self.rules.cost_zone * min(math.fsum(c[:first]) / first for c in told().values())
        if zone <= 0.0:
            return names[0]
        searches = 2 * len(self.targets) + 1
        error = (1.0 - self.rules.confidence) / 2.0 / searches
        least = Least(tuple(names), zone, error, first, of * (of - 1) // 2)
        while True:
            least.look(told())
            if least.found is not None:
                return least.found
            if all(len(self.rows[n]) >= self.rules.most for n in least.left):
                self.unsettled.update((n, -1) for n in least.left)
                means = {n: math.fsum(c) / len(c) for n, c in told().items()}
                return min(least.left, key=lambda n: (means[n], names.index(n)))
            known = min(len(self.rows[n]) for n in least.left)
            behind = {n for n in least.left if len(self.rows[n]) == known}
            self._play({n: self._next(n) for n in behind})

    # -- futures -------------------------------------------------------------------------------

    def _next(self, name: str) -> int:
        """Half as many again: few rounds, and little is played that no test needed."""
        seen = len(self.rows[name])
        return min(self.rules.most, max(self.rules.first, seen + max(5, seen // 2)))

    def _play(self, until: Mapping[str, int]) -> None:
        asked = {n: range(len(self.rows[n]), stop) for n, stop in until.items()}
        asked = {n: numbers for n, numbers in asked.items() if numbers}
        if asked:
            for name, found in self.observe(asked).items():
                self.rows[name].extend(found)
