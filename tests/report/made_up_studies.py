"""Made-up ranges of inputs and suppliers, for the tests of the report."""

from dataclasses import replace

from doseline.studies.assessment import Assessment
from doseline.studies.figures import Figure
from doseline.studies.ranges.found import Effect, End, Sensitivity
from doseline.studies.ranges.groups import Range, Unstated
from doseline.studies.suppliers.bought import Bought, Part, Suppliers
from doseline.studies.suppliers.causes import CAUSES
from doseline.studies.verdict import sufficient

BASE, TARGET = 0.941, 0.95


def about(mean: float, half: float) -> Figure:
    return Figure(mean, mean - half, mean + half)


def end(change: float, headroom: float, cost: float, *, stuck: tuple[str, ...] = ()) -> End:
    otif = about(BASE + change, 0.004)
    return End(
        otif=otif,
        otif_change=about(change, 0.002),
        headroom=headroom,
        cost=about(21_400_000 + cost, 300_000),
        cost_change=about(cost, 40_000 if cost else 0.0),
        sufficient=sufficient(headroom, otif, TARGET),
        changes=bool(change or cost),
        stuck=stuck,
    )


def effect(
    name: str, values: tuple[str, str, str], low: End, high: End, *, fields: int = 1
) -> Effect:
    low_text, value, high_text = values
    one = Range(
        id=name,
        name=name,
        fields=tuple(f"{name}[{i}]" for i in range(fields)),
        low=low_text,
        value=value,
        high=high_text,
        alike=fields < 5,
        assumed=fields,
    )
    base = sufficient(3.1, about(BASE, 0.004), TARGET)
    return Effect(one, low, high, low.sufficient != base or high.sufficient != base)


def sensitivities() -> tuple[Sensitivity, ...]:
    stuck = ("manufacturers[0].learning.floor at 9 %: first is smaller than floor",)
    rows = (
        effect("shelf life (products)", ("72 h", "120 h", "216 h"),
               end(-0.145, 0.7, -2.1e6), end(0.004, 3.3, 2e4)),
        effect("floor (manufacturers, learning)", ("4 %", "6.3 %", "9 %"),
               end(0.021, 3.1, -4e5), end(-0.017, 3.1, 3.1e5, stuck=stuck), fields=2),
        effect("yield (products, recipe)", ("60.3 %", "70 %", "79.6 %"),
               end(-0.024, 2.6, 5e5), end(0.006, 3.4, -3e5)),
        effect("vials max (manufacturers, lines)", ("4", "6", "8"),
               end(-0.019, 2.1, 9e5), end(0.007, 4.1, -6e5), fields=3),
        effect("day delay (carriers)", ("0.7 %", "1.5 %", "4 %"),
               end(0.006, 3.1, -2e4), end(-0.013, 3.1, 6e4), fields=3),
        effect("per site month (trials, enrolment)", ("0.08", "0.11", "0.15"),
               end(0.004, 4.2, -5e6), end(-0.006, 2.3, 6e6)),
        effect("winter factor (carriers)", ("1.5", "1.75", "2.0"),
               end(0.001, 3.1, 0.0), end(-0.001, 3.1, 0.0), fields=6),
        effect("cost (lanes)", ("500 USD", "1,200 USD", "2,000 USD"),
               end(0.0, 3.1, -2e5), end(0.0, 3.1, 3e5), fields=40),
        effect("price (products)", ("25,000 USD", "45,000 USD", "60,000 USD"),
               end(0.0, 3.1, 0.0), end(0.0, 3.1, 0.0)),
    )  # fmt: skip
    return (
        Sensitivity(
            question="pivotal",
            name="Pivotal trial",
            design="both",
            target=TARGET,
            replications=40,
            base=end(0.0, 3.1, 0.0),
            effects=rows,
            unstated=(Unstated("sites", 247), Unstated("lanes", 112)),
            base_replications=320,
        ),
    )


def suppliers() -> Suppliers:
    def parts(*points: float) -> tuple[Part, ...]:
        return tuple(
            Part(cause, about(p, 0.3 * abs(p) + 0.002), about(240 * p, 72 * abs(p) + 0.5))
            for cause, p in zip(("capacity", *CAUSES), points, strict=True)
        )

    def row(
        supplier: str, beside: tuple[str, ...], before: float, of: tuple[Part, ...], cost: float
    ) -> Bought:
        gain = sum(p.otif.mean for p in of)
        return Bought(
            supplier=supplier,
            beside=beside,
            before=about(before, 0.01),
            after=about(before + gain, 0.008),
            gain=about(gain, 0.011),
            doses=about(240 * gain, 2.6),
            parts=of,
            cost_before=about(8.3e6, 2e5),
            cost=about(cost, 1e5),
            cost_per_dose=cost / (240 * gain) if gain > 0.011 else None,
        )

    return Suppliers(
        question="pivotal",
        name="Pivotal trial",
        design="both",
        order=CAUSES,
        shapley=False,
        replications=40,
        bought=(
            row("hamilton", ("madison",), 0.78,
                parts(0.062, 0.121, -0.018, -0.004, -0.027, -0.006), 3.3e6),
            row("springfield", ("madison", "hamilton"), 0.908,
                parts(0.004, 0.011, -0.002, -0.003, -0.009, 0.0), 2.9e6),
        ),
        names={
            "madison": "Madison, Wisconsin (the sponsor's own plant)",
            "hamilton": "Hamilton, Ontario (contract manufacturer)",
            "springfield": "Springfield, New Jersey",
        },
    )  # fmt: skip


def with_studies(assessment: Assessment) -> Assessment:
    """A made-up assessment with what stands beside the verdict."""
    return replace(assessment, ranges=sensitivities(), suppliers=suppliers())
