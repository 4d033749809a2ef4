"""Shocks on the demand: who does not come because of one. Nobody comes who would not have come."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from doseline.demand.luck import Drawn, Ints
from doseline.programme.scenario import Scenario


def stays(
    scenario: Scenario | None, kind: str, protocol: str, drawn: Drawn, day: Ints
) -> NDArray[np.bool_] | None:
    """Which patients come for all the shocks of a scenario on their trial or market; None for all.

    A patient has one number for all shocks, so that a deeper one takes more of the same patients.
    """
    shocks = [s for s in scenario.shocks if s.hits == kind] if scenario else []
    hitting = [s for s in shocks if protocol in s.targets]
    if not hitting:
        return None
    share = drawn.uniforms("shock")[:, 0]
    kept = np.ones(len(day), dtype=np.bool_)
    for shock in hitting:
        struck = day >= shock.from_on.toordinal()
        if shock.until_on is not None:
            struck &= day <= shock.until_on.toordinal()
        kept &= ~struck | (share < shock.left_fraction)
    return kept
