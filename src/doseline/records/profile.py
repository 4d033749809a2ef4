"""The rules that a record is kept under, as data: which tests wait, who releases, what is too much.

Two profiles: `us-211` (21 CFR 211, drugs made with iodine-131 are no PET drugs) and `eu-annex3`
(EU GMP with Annex 3 for radiopharmaceuticals). Limits are assumptions of the profile unless a
clause is named in docs/reference/rules-map.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from doseline.errors import NotPermitted, did_you_mean

__all__ = ["PROFILES", "Profile", "profile_named"]


@dataclass(frozen=True, slots=True)
class Profile:
    """A set of rules.

    `releasers` may release, `certifiers` must certify a batch for a market under these rules, or
    none. `late_tests` may end after a conditional release. `variance_ppm` of what moved is the most
    that measurements may disagree by; `dosage_ppm` the most that a dosage may differ from what was
    ordered. `warning_ppm` of a possession limit warns. Times in minutes.
    """

    name: str
    releasers: tuple[str, ...]
    certifiers: tuple[str, ...]
    late_tests: tuple[str, ...]
    variance_ppm: int
    dosage_ppm: int
    warning_ppm: int
    late_entry_min: int
    receipt_check_min: int
    refused_secrets: int


PROFILES: Mapping[str, Profile] = {
    "us-211": Profile(
        name="us-211",
        releasers=("quality",),
        certifiers=(),
        late_tests=("sterility",),
        variance_ppm=50_000,
        dosage_ppm=200_000,
        warning_ppm=800_000,
        late_entry_min=60,
        receipt_check_min=180,
        refused_secrets=3,
    ),
    "eu-annex3": Profile(
        name="eu-annex3",
        releasers=("qualified-person",),
        certifiers=("qualified-person",),
        late_tests=("sterility",),
        variance_ppm=50_000,
        dosage_ppm=100_000,
        warning_ppm=800_000,
        late_entry_min=60,
        receipt_check_min=180,
        refused_secrets=3,
    ),
}


def profile_named(name: str) -> Profile:
    """The profile of that name. Raises NotPermitted where there is none.

    >>> profile_named("eu-annex3").releasers
    ('qualified-person',)
    """
    found = PROFILES.get(name)
    if found is None:
        hint = did_you_mean(name, PROFILES)
        raise NotPermitted(f'"{name}" is no profile of rules{hint}: {", ".join(PROFILES)}')
    return found
