"""What the verdict means, in one place, and how it is said. [docs/concepts.md]"""

from __future__ import annotations

from collections.abc import Sequence

from doseline.studies.assessment import Answer, Figure


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


def sentence(answers: Sequence[Answer], design: str, others: Sequence[Answer] = ()) -> str:
    """The verdict in a paragraph: for each question of a design, and what another would change."""
    if not answers:
        return "The programme asks no question."
    groups: dict[bool | None, list[Answer]] = {True: [], None: [], False: []}
    for answer in answers:
        groups[answer.sufficient].append(answer)
    said = []
    words = {
        True: "is sufficient for",
        None: "can be called neither sufficient nor insufficient, on the futures played, for",
        False: "is not sufficient for",
    }
    for value, verb in words.items():
        if groups[value]:
            said.append(f"{verb} {_listed([_with_figures(a) for a in groups[value]])}")
    text = f"With {design} the manufacturing capacity " + "; it ".join(said) + "."
    return text + _remedy(groups[False] + groups[None], design, others)


def _with_figures(answer: Answer) -> str:
    if answer.headroom < 1.0:
        return f"{answer.name} (headroom {answer.headroom:.2f})"
    otif = answer.otif
    return (
        f"{answer.name} (headroom {answer.headroom:.1f}, OTIF {percent(otif.mean)}, "
        f"{percent(otif.low)} to {percent(otif.high)}, against {percent(answer.target)})"
    )


def _remedy(short: Sequence[Answer], design: str, others: Sequence[Answer]) -> str:
    """Which other design holds where this one does not."""
    said = []
    for answer in short:
        better = [
            o.design
            for o in others
            if o.question == answer.question and o.sufficient and o.design != design
        ]
        if better:
            said.append(f"{answer.name} by {_listed(sorted(set(better)), 'or')}")
    return f" Among the designs compared, the target is met for {_listed(said)}." if said else ""


def _listed(items: Sequence[str], last: str = "and") -> str:
    """Items in print: a, b and c."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"
