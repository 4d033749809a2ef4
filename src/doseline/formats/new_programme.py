"""A first programme file from about ten answers: it runs, and says what to look at next.

Every number that was not asked for is an assumption, and the file says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Literal

from doseline.calendars import WEEKDAYS, WeekTime, week_time_from_text
from doseline.errors import DoselineError, Fault, InputError
from doseline.formats.examples import example_files
from doseline.formats.forms import FORMS, choice
from doseline.formats.new_programme_parts import DEMAND, HEAD, NETWORK, PRODUCT, SITE, SOURCE, STUDY
from doseline.nuclides import nuclide, nuclides
from doseline.programme.trial import DoseRate
from doseline.quantities import text_from_activity, text_from_minutes

__all__ = [
    "QUESTIONS",
    "Answers",
    "AskedFor",
    "answers_from",
    "example_files",
    "new_programme_text",
]

_LARGEST = {"m2": 2.5, "kg": 120.0, "flat": 1.0}
_SHORT_LIVED_MIN = 24 * 60
_LEAST_HALF_LIFE_MIN = 60


@dataclass(frozen=True, slots=True)
class Answers:
    """What is asked before a first programme file is written; texts as a programme file has them.

    `nuclide` None is a cold product. `kind` is a trial or a market. `starts_on` is handed in.
    """

    programme: str
    product: str
    nuclide: str | None
    dose: str
    city: str
    zone: str
    slot: str
    vials: int
    sites: int
    market: str
    patients_per_month: float
    starts_on: date
    target: str = "95 %"
    kind: Literal["trial", "market"] = "trial"


@dataclass(frozen=True, slots=True)
class AskedFor:
    """One answer that is asked for: its key, the question and what is taken if nothing is said."""

    key: str
    text: str
    default: str


QUESTIONS = (
    AskedFor("programme", "name of the programme", "my programme"),
    AskedFor("product", "name of the product", "my product"),
    AskedFor("nuclide", "nuclide, or none for a cold product", "Lu-177"),
    AskedFor("dose", "dose, such as 15 mCi/m2, 74 MBq/kg or 7.4 GBq", "7.4 GBq"),
    AskedFor("city", "city of the plant", "Hamilton"),
    AskedFor("zone", "its time zone", "America/Toronto"),
    AskedFor("slot", "weekday and time at which a batch starts", "Tuesday 05:00"),
    AskedFor("vials", "vials in a batch", "8"),
    AskedFor("kind", "trial or market", "trial"),
    AskedFor("sites", "number of sites", "3"),
    AskedFor("market", "market they belong to", "US"),
    AskedFor("patients_per_month", "patients a month, all sites together", "4"),
    AskedFor("target", "share of doses on the day and inside tolerance", "95 %"),
    AskedFor("starts_on", "first day", "2027-01-04"),
)
"""What `doseline new` asks."""


def answers_from(replies: Mapping[str, str]) -> Answers:
    """The answers from texts by key. Raises InputError with every one that cannot be."""
    read: dict[str, Any] = {q.key: replies.get(q.key, q.default).strip() for q in QUESTIONS}
    if read["nuclide"].lower() in ("", "none", "no", "cold"):
        read["nuclide"] = None
    faults = []
    for key, form in _NUMBERS.items():
        try:
            read[key] = form.read(read[key], "USD")
        except DoselineError as error:
            faults.append(Fault("answers", 0, key, str(error)))
    if faults:
        raise InputError(faults)
    return Answers(**read)


_NUMBERS = {
    "vials": FORMS["whole"],
    "sites": FORMS["whole"],
    "patients_per_month": FORMS["number"],
    "starts_on": FORMS["date"],
}
_ASKED = {
    "dose": FORMS["dose"],
    "zone": FORMS["zone"],
    "slot": FORMS["week time"],
    "target": FORMS["share"],
    "nuclide": FORMS["nuclide"],
    "kind": choice(("trial", "market")),
}


def new_programme_text(answers: Answers) -> str:
    """The text of a programme file that runs. Raises InputError with all that is wrong."""
    _check(answers)
    words = _words(answers)
    demand = "standing" if answers.nuclide is None else answers.kind
    parts = [HEAD, PRODUCT, SOURCE if answers.nuclide else "", NETWORK, DEMAND[demand], STUDY]
    text = "".join(parts)
    text = text.replace("<site_list>", "".join(SITE.format(n=n + 1) for n in range(answers.sites)))
    filled = re.sub(r"<(\w+)>", lambda m: str(words[m[1]]), text)
    return (
        "".join(f"{line.rstrip()}\n" for line in filled.split("\n") if line != "    ").rstrip()
        + "\n"
    )


def _check(answers: Answers) -> None:
    faults = []
    for f in fields(answers):
        value = getattr(answers, f.name)
        if f.name in _ASKED and value is not None:
            try:
                _ASKED[f.name].read(str(value).strip(), "USD")
            except DoselineError as error:
                faults.append(Fault("answers", 0, f.name, str(error)))
        elif isinstance(value, str) and not value.strip():
            faults.append(Fault("answers", 0, f.name, "found nothing, expected a text"))
        elif isinstance(value, int) and not 1 <= value <= 500:
            faults.append(Fault("answers", 0, f.name, f'found "{value}", expected 1 to 500'))
        elif isinstance(value, float) and not 0 < value <= 100_000:
            faults.append(Fault("answers", 0, f.name, f'found "{value}", expected more than 0'))
    name = answers.nuclide
    if name in nuclides() and nuclide(name).half_life_min < _LEAST_HALF_LIFE_MIN:
        message = f'found "{name}", expected one that lives longer than an hour, to be carried'
        faults.append(Fault("answers", 0, "nuclide", message))
    if faults:
        raise InputError(faults)


def _quoted(text: str) -> str:
    escaped = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _id(text: str, otherwise: str) -> str:
    return re.sub(r"\W+", "_", text.lower(), flags=re.ASCII).strip("_") or otherwise


def _words(a: Answers) -> dict[str, object]:
    """What fills the gaps of the text."""
    slot = week_time_from_text(a.slot)
    short = a.nuclide is not None and nuclide(a.nuclide).half_life_min < _SHORT_LIVED_MIN
    treatment = [slot.weekday] if short else [(slot.weekday + n) % 7 for n in (1, 2, 3)]
    until = a.starts_on + timedelta(days=730)
    return {
        "programme": _quoted(a.programme),
        "starts": a.starts_on,
        "until": until,
        "demand_until": a.starts_on + timedelta(days=700),
        "product": _id(a.product, "product"),
        "product_name": _quoted(a.product),
        "city": _quoted(a.city),
        "zone": a.zone,
        "market": _id(a.market, "home").upper(),
        "slot": str(slot),
        "vials": a.vials,
        "target": a.target,
        "weekdays": ", ".join(WEEKDAYS),
        "treatment_weekdays": ", ".join(WEEKDAYS[day] for day in sorted(treatment)),
        "sites": ", ".join(f"site-{n}" for n in range(1, a.sites + 1)),
        "site_shares": ", ".join(f"{{site: site-{n}}}" for n in range(1, a.sites + 1)),
        "shock_from": a.starts_on + timedelta(days=120),
        "shock_until": a.starts_on + timedelta(days=147),
        "rate": f"{a.patients_per_month / a.sites:.4g}",
        "patients": max(1, round(a.patients_per_month * 12)),
        "low_patients": max(1, round(a.patients_per_month * 6)),
        "high_patients": max(1, round(a.patients_per_month * 18)),
        **_material(a, slot, short),
        **_demand_words(a),
    }


def _material(a: Answers, slot: WeekTime, short: bool) -> dict[str, object]:
    """What depends on the nuclide: activities, times of delivery, transit and use."""
    if a.nuclide is None:
        return {
            "nuclide_line": "fill: units",
            "shelf_life": "52 weeks",
            "sources_line": "",
            "transit": "14 h",
            "tri": "Tri(12, 14, 18) h",
            "usual": "11:00",
            "latest": "20:00",
            "closes": "20:00",
            "licence": "",
        }
    rate = DoseRate(*_dose(a.dose))
    dose = rate.mbq * _LARGEST[rate.per]
    half_life = nuclide(a.nuclide).half_life_min
    start = slot.time.hour * 60 + slot.time.minute
    days = 0 if short and start >= 150 else 1
    arrives = max(0, start - 150)
    wait = 12 * 60 if short else 5 * 24 * 60
    needed = a.vials * dose * 2 ** (wait / half_life) * 2
    usual = min(start + 9 * 60, 21 * 60) if short else 11 * 60
    return {
        "nuclide_line": f"nuclide: {a.nuclide}",
        "nuclide": a.nuclide,
        "shelf_life": text_from_minutes(min(120 * 60, round(4 * half_life)) if short else 120 * 60),
        "sources_line": "sources: [isotope]",
        "delivery_weekday": WEEKDAYS[(slot.weekday - days) % 7],
        "delivery_time": "12:00" if days else f"{arrives // 60:02d}:{arrives % 60:02d}",
        "offer": text_from_activity(_two_digits(needed)),
        "lot": text_from_activity(_two_digits(dose / 10)),
        "transit": "1 h" if short else "14 h",
        "tri": "Tri(45, 60, 90) min" if short else "Tri(12, 14, 18) h",
        "usual": f"{usual // 60:02d}:{usual % 60:02d}",
        "latest": "23:00" if short else "20:00",
        "closes": "23:00" if short else "20:00",
        "licence": f"licence: {{nuclides: [{a.nuclide}], "
        f"limit: {text_from_activity(_two_digits(needed))}}}",
    }


def _dose(text: str) -> tuple[float, Literal["m2", "kg", "flat"]]:
    rate: DoseRate = FORMS["dose"].read(text.strip(), "USD")
    return rate.mbq, rate.per


def _two_digits(mbq: float) -> float:
    return float(f"{mbq:.1e}")


def _demand_words(a: Answers) -> dict[str, object]:
    per = _dose(a.dose)[1]
    size = {
        "m2": "{groups: [{share: 100 %, mean: 1.9, sd: 0.2}], low: 1.3, high: 2.5}",
        "kg": "{groups: [{share: 100 %, mean: 78, sd: 15}], low: 40, high: 120}",
        "flat": "{groups: [{share: 100 %, mean: 1, sd: 0}], low: 0.5, high: 1.5}",
    }
    standing = [f"standing-{n}" for n in range(1, a.sites + 1)]
    units = max(1, round(a.patients_per_month / a.sites))
    rows = [
        f"  - {{id: {name}, product: {_id(a.product, 'product')}, site: site-{n}, units: {units}, "
        f"every: 4 weeks, early_days: 7, late_days: 7,\n     from: "
        f"{a.starts_on + timedelta(days=28)}, until: {a.starts_on + timedelta(days=700)}}}"
        for n, name in enumerate(standing, 1)
    ]
    protocols = ", ".join(standing) if a.nuclide is None else f"main-{a.kind}"
    return {
        "dose": a.dose.strip(),
        "size": size[per],
        "protocols": protocols,
        "standing": "\n".join(rows),
    }
