"""What has been seen of a trial so far: which sites opened when, and who has been enrolled."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from doseline.errors import QuantityError


@dataclass(frozen=True, slots=True)
class EnrolmentSoFar:
    """The enrolment of a trial up to the end of a day, the cut.

    `opened` gives the day on which each site opened, for sites that have; `enrolled` the site and
    day of each patient, by day. Raises QuantityError where a patient was enrolled before the site
    opened, or anything happened after the cut.

    >>> seen = EnrolmentSoFar(date(2024, 3, 1), {"a": date(2024, 1, 8)}, (("a", date(2024, 2, 5)),))
    >>> seen.patients, seen.by_site
    (1, {'a': 1})
    """

    cut_on: date
    opened: dict[str, date]
    enrolled: tuple[tuple[str, date], ...]

    def __post_init__(self) -> None:
        for site, on in self.enrolled:
            begun = self.opened.get(site)
            if begun is None or on < begun:
                when = f"opened on {begun}" if begun else "has not opened"
                raise QuantityError(f"a patient enrolled on {on} at {site}, which {when}")
        last = max([*self.opened.values(), *(on for _, on in self.enrolled)], default=self.cut_on)
        if last > self.cut_on:
            raise QuantityError(f"something happened on {last}, after the cut on {self.cut_on}")

    @property
    def patients(self) -> int:
        """How many patients have been enrolled."""
        return len(self.enrolled)

    @property
    def by_site(self) -> dict[str, int]:
        """How many patients each open site has enrolled, in the order in which sites opened."""
        count = Counter(site for site, _ in self.enrolled)
        return {
            site: count[site] for site in sorted(self.opened, key=lambda s: (self.opened[s], s))
        }
