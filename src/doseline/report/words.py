"""The fixed words of the report: verdicts, plan statuses, accounts, causes, explanations."""

from __future__ import annotations

from doseline.report.markup import Markup, el, join
from doseline.studies.demand_basis import RestsOn

VERDICTS: dict[bool | None, tuple[str, str, str]] = {
    True: ("\u2713", "yes", "yes"),
    False: ("\u2715", "no", "no"),
    None: ("?", "undecided", "open"),
}

STATUSES = {
    "optimal": "optimal: no better plan exists within the gap named",
    "feasible": "feasible: a better plan may exist, by the gap named at most",
    "infeasible": "infeasible: not every limit can be kept",
    "time_limit": "stopped at its limit of work: a better plan may exist, by the gap named at most",
}

_NAMED = {
    "qc": "quality control",
    "qa": "QA release",
    "qp": "QP certification",
    "otif": "OTIF",
    "n_1": "N-1",
    "late release": "release after the cut-off",
    "late package": "late on the road",
    "shipper": "shipper warm on arrival",
    "calendar": "no way in the window",
    "capacity": "no room left",
    "rcp": "radiochemical purity",
}

NO_CHARTS = (
    "The charts are left out because the charts extra is not installed "
    "(pip install 'doseline[charts]'). Every number stands in the tables."
)

NO_BIOLOGY = (
    "Supply effects are reported as supply effects: shares inside tolerance, delays, missed "
    "infusions. No response of any patient is predicted."
)

INTERVALS = (
    "A figure in brackets is a two-sided 95 % confidence interval over the replications; that of "
    "the demand holds the middle 95 % of the futures or, where that is wider, the lowest uptake "
    "case to the highest. More replications make a confidence interval narrower, the range not."
)

SUFFICIENT = (
    "Sufficient: headroom of at least 1 and OTIF at or above the target. Undecided: the interval "
    "of OTIF spans the target. Headroom is the largest multiple of the expected orders that can be "
    "served with chance off. OTIF is the share of dose orders given on the day ordered and inside "
    "tolerance, without those that the patient or the site cancelled."
)

BANDS = (
    "A band is about the futures themselves: nine of ten lie inside the 90\u00a0% band, half of "
    "them inside the 50\u00a0% band. It says how far a single future may lie from the median, not "
    "how well the median is known, so more futures do not make it narrower."
)

NO_PREDICTION = (
    "Chances of success and shares with a toxicity or a response are inputs of the programme file. "
    "None is predicted."
)

ESTIMATED = (
    "The rates before the data were estimated from the record itself, so this forecast is too sure "
    "of itself and its interval too narrow. In 5,000 simulated trials of 20 sites a 90\u00a0% "
    "interval made in this way held the true end in 70\u00a0% of them when the record was cut at a "
    "quarter of enrolment, in 83\u00a0% at half and in 88\u00a0% at three quarters."
)

CAPPED = (
    "The sites of this record agree so well that no difference between them could be estimated; "
    "they are taken as alike, which makes the interval narrower still."
)


def named(key: str) -> str:
    """A cause or an account in words.

    >>> named("batch_failed"), named("qc")
    ('batch failed', 'quality control')
    """
    return _NAMED.get(key, key.replace("_", " "))


def verdict(sufficient: bool | None) -> Markup:
    """Sufficient or not, as a sign and a word in a frame of its own kind."""
    sign, word, kind = VERDICTS[sufficient]
    return el(
        "span", el("span", sign, aria_hidden="true"), join(" "), word, class_=f"verdict {kind}"
    )


def hindsight() -> Markup:
    """The mark of what became known only after the decision date."""
    return el("span", "hindsight", class_="mark", title="became known after the decision date")


RATES = {
    "stated": (
        "stated rates",
        "the futures follow the rates that the programme file states",
    ),
    "recorded": (
        "recorded so far",
        "patients of the record, then the rates that the file states, given that record",
    ),
    "estimated": (
        "estimated from the record",
        "patients of the record, then rates estimated from it alone",
    ),
}


def rests_on(found: RestsOn) -> Markup:
    """The badges of what the futures of a trial or market rest on."""
    label, title = RATES[found.rates]
    badges = [el("span", label, class_="mark", title=title)]
    for count, word, meaning in (
        (found.assumed, "assumed", "inputs of it in the file that are only assumed"),
        (found.hindsight, "hindsight", "inputs that became known after the decision date"),
    ):
        if count:
            said = f"{word}: {count:,} of {found.inputs:,} inputs"
            badges.append(el("span", said, class_="mark", title=meaning))
    for count, word in ((found.real, "real"), (found.forecast, "forecast")):
        if count:
            orders = f"{count:,} {word} order{'s' if count > 1 else ''}"
            badges.append(el("span", orders, class_="mark", title="of the file, in every future"))
    return el("span", *(join(badge, " ") for badge in badges), class_="marks")
