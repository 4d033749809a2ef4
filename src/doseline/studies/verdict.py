"""What the verdict means, in one place, and how it is said. [docs/concepts.md]"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from doseline.studies.assessment import Answer
from doseline.studies.figures import Figure


def sufficient(headroom: float, otif: Figure, target: float) -> bool | None:
    """Whether the capacity is sufficient: True, False, or None where it is undecided.

    It is where the headroom is at least 1 and OTIF at or above the target; it is not where either
    falls short; it is undecided where the interval of OTIF spans the target.

    >>> sufficient(2.0, Figure(0.97, 0.96, 0.98), 0.95)
    True
    >>> sufficient(2.0, Figure(0.95, 0.94, 0.96), 0.95) is None
    True
    >>> sufficient(0.9, Figure(0.99, 0.98, 1.0), 0.95)
    False
    """
    if headroom < 1.0 or otif.high < target:
        return False
    return True if otif.low >= target else None


def percent(share: float) -> str:
    """A share in print.

    >>> percent(0.9713)
    '97.1 %'
    """
    return f"{100.0 * share:.1f} %"


def sentence(
    answers: Sequence[Answer],
    design: str,
    others: Sequence[Answer] = (),
    names: Mapping[str, str] | None = None,
) -> str:
    """The verdict in a paragraph: each question of a design, and which other design would do.

    Of every group the first question stands with its figures, the others by name. `names` gives
    the designs as they are called in print.
    """
    if not answers:
        return "The programme asks no question."
    names = names or {}
    said = [
        f"{verb} {_listed([_with_figures(group[0]), *(a.name for a in group[1:])])}{why(group)}"
        for verb, group, why in _groups(answers)
        if group
    ]
    text = f"With {names.get(design, design)} the manufacturing capacity {'; it '.join(said)}."
    short = [a for a in answers if not a.sufficient]
    return text + _remedy(short, design, others, names)


_Group = tuple[str, list[Answer], Callable[[Sequence[Answer]], str]]


def _groups(answers: Sequence[Answer]) -> tuple[_Group, ...]:
    """The answers by verdict, those that fall short by what they fall short of."""
    short = [a for a in answers if a.sufficient is False]
    return (
        ("is sufficient for", [a for a in answers if a.sufficient], lambda _: ""),
        (
            "is undecided, on the futures played, for",
            [a for a in answers if a.sufficient is None],
            lambda _: "",
        ),
        ("is not sufficient for", [a for a in short if a.headroom >= 1.0], _service_short),
        (
            "is not sufficient for",
            [a for a in short if a.headroom < 1.0],
            lambda _: ", where too little can be made",
        ),
    )


def _service_short(answers: Sequence[Answer]) -> str:
    """Why the service falls short where enough can be made: the commonest causes."""
    causes: Counter[str] = Counter()
    for answer in answers:
        causes.update(dict(answer.causes))
    often = [name.replace("_", " ") for name, _ in causes.most_common(3)]
    because = f" (most often: {_listed(often)})" if often else ""
    return f", where enough can be made but too few doses arrive on the day ordered{because}"


def _with_figures(answer: Answer) -> str:
    otif = answer.otif
    return (
        f"{answer.name} (headroom {answer.headroom:.2g}, OTIF {percent(otif.mean)}, "
        f"{percent(otif.low)} to {percent(otif.high)}, against {percent(answer.target)})"
    )


def _remedy(
    short: Sequence[Answer], design: str, others: Sequence[Answer], names: Mapping[str, str]
) -> str:
    """Which other design holds where this one does not."""
    better: dict[str, list[str]] = {}
    for answer in short:
        for other in others:
            if other.question == answer.question and other.sufficient and other.design != design:
                better.setdefault(other.design, []).append(answer.name)
    if not short or not others:
        return ""
    if not better:
        return " None of the designs compared meets the target where this one does not."
    said = [f"{names.get(d, d)} for {_listed(found)}" for d, found in better.items()]
    return f" The target is met by {_listed(said)}."


def _listed(items: Sequence[str]) -> str:
    """Items in print: a, b and c."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
