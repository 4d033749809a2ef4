"""Questions to kept replications, in SQL: DuckDB over their Parquet parts.

The views, each with `run`, `design`, `scenario`, `seed` and `replication` in front:

- `replications`: one row each, with `services` and `book` as lists;
- `services`: one row for each period and protocol that had orders: counts, days;
- `causes`, `months`, `short`: why doses were delayed or missed; service by month; which doses;
- `book`: what was made, used, wasted and spent, by name and month (its first day);
- `figures`: each figure in each period as `above` and `below`, so that the figure over
  replications is `sum(above) / sum(below)`; `below` is 1 where it is a plain mean.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from doseline.errors import Fault, InputError
from doseline.simulate.intervals import t_quantile
from doseline.stores.columns import COUNTS, DAYS
from doseline.stores.parts import about_of

_ID = "run, design, scenario, seed, replication"


_EACH = f"(select {_ID}, unnest(services) as s from replications)"
_SERVICE = ", ".join(f"s.{name} as {name}" for name in ("period", "protocol", *COUNTS, *DAYS))


def _of(listed: str) -> str:
    """The entries of a list inside the services, one a row, as `c`."""
    named = "s.period as period, s.protocol as protocol"
    return f"(select {_ID}, {named}, unnest(s.{listed}) as c from {_EACH})"


def _day(of: str) -> str:
    """The first day of a month that is counted from year 0."""
    return f"make_date({of}.month // 12, {of}.month % 12 + 1, 1) as month"


_VIEWS = {
    "services": f"select {_ID}, {_SERVICE} from {_EACH}",
    "causes": f"""select {_ID}, period, protocol, c.cause as cause, c.doses as doses
        from {_of("causes")}""",
    "months": f"""select {_ID}, period, protocol, {_day("c")},
        c.due as due, c.on_time as on_time, c.delayed as delayed, c.missed as missed
        from {_of("by_month")}""",
    "short": f"""select {_ID}, period, protocol, c."order" as "order", c.wanted_on as wanted_on
        from {_of("short")}""",
    "book": f"""select {_ID}, b.name as name, {_day("b")}, b.amount as amount
        from (select {_ID}, unnest(book) as b from replications)""",
}

_SERVED: dict[str, tuple[str, str | None]] = {
    "otif": ("on_time", "due"),
    "delayed_share": ("delayed", "due"),
    "missed_share": ("missed", "due"),
    "within_tolerance_share": ("due - missed - out_of_tolerance", "due - missed"),
    "enrolled": ("enrolled", None),
}
_BOOKED: dict[str, tuple[str, float, str | None]] = {
    "activity_made": ("name = 'made'", 1e-6, None),
    "activity_administered": ("name = 'administered:dose'", 1e-6, None),
    "activity_wasted_share": ("name = 'wasted:dose'", 1.0, "name = 'made'"),
    "batches_made": ("name = 'batches_made'", 1.0, None),
    "batches_failed": ("name = 'batches_failed'", 1.0, None),
    "line_utilisation": ("name = 'slots_used'", 1.0, "name = 'slots_usable'"),
    "cost_total": ("name like 'cost:%'", 0.01, None),
    "cost_per_administered_dose": ("name like 'cost:%'", 0.01, "name = 'doses_given'"),
}


def kept(*folders: Path | str) -> duckdb.DuckDBPyConnection:
    """A connection to DuckDB with the views of this module over the parts in some folders.

    Any folder above the parts will do, so several runs can be asked together; each row says of
    which run it is. Raises InputError where there are no parts.
    """
    paths = [p for folder in folders for p in sorted(Path(folder).rglob("part-*.parquet"))]
    if not paths:
        names = ", ".join(str(f) for f in folders)
        raise InputError(Fault(names, 0, "", "found no parts of a simulation in the folder"))
    abouts = [about_of(path) for path in paths]
    spans = {
        (about["run"], p["id"]): (
            date.fromisoformat(p["from_on"]),
            date.fromisoformat(p["until_on"]),
        )
        for about in abouts
        for p in about["periods"]
    }
    asked = duckdb.connect()
    asked.execute("create table spans (run text, period text, from_on date, until_on date)")
    asked.executemany(
        "insert into spans values (?, ?, ?, ?)", [(*key, *days) for key, days in spans.items()]
    )
    listed = ", ".join("'" + str(p).replace("'", "''") + "'" for p in paths)
    # Two commands at once may keep a replication twice; to look for it in the rows costs much.
    once = "distinct on (run, replication)" if _overlap(abouts) else ""
    asked.execute(
        f"create view replications as select {once} * "
        f"from read_parquet([{listed}], hive_partitioning = false)"
    )
    for name, text in _VIEWS.items():
        asked.execute(f"create view {name} as {text}")
    asked.execute(f"create view figures as {_figures()}")
    return asked


def _overlap(abouts: Iterable[dict[str, Any]]) -> bool:
    """Whether two parts of a run hold the same replication."""
    spans = sorted((about["run"], about["first"], about["last"]) for about in abouts)
    return any(a[0] == b[0] and b[1] <= a[2] for a, b in pairwise(spans))


def ask(sql: str, *folders: Path | str) -> Any:
    """The answer to a question in SQL over the parts in some folders, as an Arrow table."""
    return kept(*folders).sql(sql).to_arrow_table()


def _figures() -> str:
    """Each figure of a replication and period as a number above and one below."""
    served = " union all ".join(
        f"""select {_EVERY}, period, '{name}' as kpi, coalesce(sum({above}), 0)::double as above,
        {_or_one(below and f"sum({below})")} as below
        from every left join services as s using (run, replication, period) group by all"""
        for name, (above, below) in _SERVED.items()
    )
    booked = " union all ".join(
        f"""select {_EVERY}, period, '{name}' as kpi,
        {factor} * coalesce(sum(amount) filter (where {above}), 0)::double as above,
        {_or_one(below and f"sum(amount) filter (where {below})")} as below
        from every left join book on {_INSIDE} group by all"""
        for name, (above, factor, below) in _BOOKED.items()
    )
    return f"""with every as (
        select {_ID}, period, from_on, until_on from replications join spans using (run))
        {served} union all {booked}"""


def _or_one(total: str | None) -> str:
    return "1.0" if total is None else f"coalesce({total}, 0)::double"


_EVERY = ", ".join(f"every.{name} as {name}" for name in _ID.split(", "))
_INSIDE = (
    "book.run = every.run and book.replication = every.replication "
    "and book.month >= date_trunc('month', from_on) and book.month <= until_on"
)

_PER_PERIOD = """
    select run, design, scenario, seed, period, kpi, count(*) as replications,
        sum(above) / nullif(sum(below), 0) as mean
    from figures group by all order by run, period, kpi"""

_PAIRED = """
    with shared as (
        select replication from replications where design = $a
        intersect select replication from replications where design = $b),
    line as (
        select replication, kpi, design, total + (above - total * below) / middle as value
        from (
            select *, sum(above) over of_run / nullif(sum(below) over of_run, 0) as total,
                avg(below) over of_run as middle
            from figures join shared using (replication)
            where period = $period and design in ($a, $b)
            window of_run as (partition by run, kpi)))
    select kpi, count(*) as replications, avg(b.value - a.value) as mean,
        var_samp(b.value - a.value) as variance_paired,
        var_samp(a.value) + var_samp(b.value) as variance_unpaired
    from line as a join line as b using (replication, kpi)
    where a.design = $a and b.design = $b
    group by kpi order by kpi"""


def per_period(*folders: Path | str) -> Any:
    """Every figure over the replications of each run and period, as an Arrow table."""
    return ask(_PER_PERIOD, *folders)


def paired_differences(
    a: str, b: str, *folders: Path | str, period: str = "all"
) -> list[dict[str, Any]]:
    """The difference design b less design a of every figure, replication by replication.

    Over the replications that both have, with its 95 % interval (Student's t) and the variances of
    one replication's difference, paired and unpaired. Raises InputError where either design was
    played in two runs, so that it is not clear which is meant, or the two share no seed.
    """
    asked = kept(*folders)
    runs = asked.execute(
        "select design, count(distinct run), min(seed), max(seed) from replications "
        "where design in ($a, $b) group by design",
        {"a": a, "b": b},
    ).fetchall()
    _refuse_unclear(a, b, runs, folders)
    told = asked.sql(_PAIRED, params={"a": a, "b": b, "period": period}).to_arrow_table()
    return [_with_interval(row) for row in told.to_pylist()]


def _refuse_unclear(a: str, b: str, runs: list[Any], folders: Iterable[Path | str]) -> None:
    where, found = ", ".join(str(f) for f in folders), {row[0]: row for row in runs}
    faults = [
        Fault(where, 0, name, f"found {found[name][1] if name in found else 0} runs, expected one")
        for name in dict.fromkeys((a, b))
        if name not in found or found[name][1] != 1
    ]
    if not faults and len({seed for row in runs for seed in row[2:]}) > 1:
        faults.append(Fault(where, 0, "seed", "found two seeds, expected one to pair by"))
    if faults:
        raise InputError(faults)


def _with_interval(row: dict[str, Any]) -> dict[str, Any]:
    n, paired = row["replications"], row["variance_paired"]
    half = t_quantile(n - 1) * (paired / n) ** 0.5 if n > 1 and paired is not None else 0.0
    return {**row, "low": row["mean"] - half, "high": row["mean"] + half}
