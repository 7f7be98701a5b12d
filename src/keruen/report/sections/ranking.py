"""Projects appraised one by one, ranked, with the cash flow of each as bars by year."""

from __future__ import annotations

from collections import Counter
from typing import Any

from markupsafe import Markup

from keruen.appraisal.alone import Appraisal, Appraisals
from keruen.languages import mark
from keruen.report.numbers import DASH
from keruen.report.reading import Reading
from keruen.report.sections.page import Page, Section
from keruen.study.projects import OPENED

__all__ = ["section", "spark"]

_WIDTH, _HEIGHT = 150, 30

_QUEUED = 0.5
"""Share of the users' gains from which a project is said to rest on queues."""

_WHO = 4
"""Countries or payers that are named for a project."""

_KINDS = (
    ("outside the network", mark("outside the network of this study, or already in it")),
    ("an umbrella", mark("umbrellas whose projects are appraised one by one")),
    ("adds freight only", mark("plants that add freight; the worth of what they make is not transport")),
)
"""Beginning of a reason, and how the reader is told."""


def section(page: Page) -> Section | None:
    """Ranked table, what rests on queues, who gains and who pays; none where no project was appraised."""
    reading = page.reading
    found = reading.comparison.appraisals
    if found is None or not len(found):
        return None
    valued = [one for one in found.values() if one.worth is not None]
    modelled = [one for one in found.values() if one.gains and one.worth is None]
    body = page.template(
        "ranking.html.j2",
        rows=[_row(reading, one) for one in valued],
        begun=_begun(found, valued),
        uncosted=[_row(reading, one) for one in sorted(modelled, key=lambda one: -one.breakeven_musd)],
        apart=_apart(reading, found),
        queued=_queued(reading, [*valued, *modelled]),
        who=[_who(reading, one) for one in valued if one.gains[-1].users_musd],
    )
    return Section("projects", _title(reading, valued), _sub(reading, found), body)


def _title(reading: Reading, valued: list[Appraisal]) -> str:
    good = sum(one.worth is not None and one.worth.npv_musd > 0 for one in valued)
    return reading.count(
        "{good} of {number} project with a published cost earns more than it costs",
        "{good} of {number} projects with a published cost earn more than they cost",
        len(valued),
        good=good,
        number=len(valued),
    )


def _sub(reading: Reading, found: Appraisals) -> str:
    numbers, rules = reading.numbers, found.conventions
    return reading.say(
        "Each project alone against nothing built, {first} to {last}, {rate} a year, money of {price} in million USD."
        " Hours, money and emissions of the freight by the rule of half; tariffs count as what carriage costs."
        " The best for each dollar come first.",
        first=rules.base_year,
        last=rules.last_year,
        rate=numbers.percent(rules.discount_rate),
        price=rules.price_year,
    )


def _begun(found: Appraisals, valued: list[Appraisal]) -> int:
    """Base year where a project has begun before it, else 0."""
    first = found.conventions.base_year
    return first if any(one.case is not None and one.case.start_year < first for one in valued) else 0


def _row(reading: Reading, one: Appraisal) -> dict[str, Any]:
    numbers, found = reading.numbers, one.worth
    study = reading.comparison.study
    record = study.records("project")[study.row_of("project", one.project) or 0]
    limit = one.breakeven_musd
    rate = found.eirr.rate if found is not None else None
    return {
        "name": reading.named(record, one.project),
        "countries": ", ".join(reading.country(code) for code in str(record["countries"]).split(";") if code),
        "open": bool(OPENED.match(str(record["status"]))),
        "cost": numbers.amount(one.case.cost_musd) if one.case is not None else DASH,
        "npv": numbers.amount(found.npv_musd) if found is not None else DASH,
        "loss": found is not None and found.npv_musd < 0,
        "eirr": numbers.percent(rate) if rate is not None and rate >= 0 else DASH,
        "bcr": numbers.decimal(found.bcr, 1) if found is not None else DASH,
        "limit": numbers.amount(limit) if limit > 0 else numbers.decimal(0),
        "saves": numbers.amount(one.gains[-1].users_musd),
        "queued": numbers.percent(_queue_share(one)) if _rests_on_queues(one) else "",
        "bars": spark(one),
    }


def _queue_share(one: Appraisal) -> float:
    """Share of the users' gains of the last modelled year that would not be there without queues."""
    return one.gains[-1].queue_share


def _rests_on_queues(one: Appraisal) -> bool:
    return one.breakeven_musd > 0 and _queue_share(one) >= _QUEUED


def _queued(reading: Reading, modelled: list[Appraisal]) -> str:
    """Which projects owe most of their worth to queues, the largest first; empty where none does."""
    found = sorted((one for one in modelled if _rests_on_queues(one)), key=lambda one: -one.breakeven_musd)
    if not found:
        return ""
    study = reading.comparison.study
    names = [
        reading.named(study.records("project")[study.row_of("project", one.project) or 0], one.project)
        for one in found[:_WHO]
    ]
    return reading.count(
        "{number} project that gains owes more than half of it to queues: {names}. Queues longer than those of the"
        " base year are computed, nothing published confirms them; so it is the least certain gain of the table.",
        "{number} projects that gain owe more than half of it to queues, most of all {names}. Queues longer than those of"
        " the base year are computed, nothing published confirms them; so these are the least certain gains of the table.",
        len(found),
        number=reading.numbers.decimal(len(found)),
        names=reading.listed(names),
    )


def _who(reading: Reading, one: Appraisal) -> dict[str, str]:
    """Who gains, who loses and who pays for a project, present values, the largest first."""
    table = one.by("country", "party").to_dict("records")
    gains: dict[str, float] = {}
    pays: dict[str, float] = {}
    for row in table:
        name = row["party"] or (reading.country(row["country"]) if row["country"] else reading.say("the climate"))
        gains[name] = gains.get(name, 0.0) + row["benefit_musd"]
        pays[name] = pays.get(name, 0.0) + row["cost_musd"]
    study = reading.comparison.study
    record = study.records("project")[study.row_of("project", one.project) or 0]
    return {
        "name": reading.named(record, one.project),
        "gains": _largest(reading, {name: value for name, value in gains.items() if value > 0}),
        "loses": _largest(reading, {name: -value for name, value in gains.items() if value < 0}),
        "pays": _largest(reading, {name: value for name, value in pays.items() if value > 0}),
    }


def _largest(reading: Reading, amounts: dict[str, float]) -> str:
    """The largest amounts that do not round to nothing, each with its name."""
    order = sorted(amounts.items(), key=lambda pair: -pair[1])
    shown = [(name, value) for name, value in order if round(value) >= 1]
    return ", ".join(f"{name} {reading.numbers.decimal(value)}" for name, value in shown[:_WHO])


def _apart(reading: Reading, found: Appraisals) -> list[str]:
    """How many projects cannot be appraised, by reason."""
    counts = Counter(
        next((said for begin, said in _KINDS if one.reason.startswith(begin)), one.reason)
        for one in found.values()
        if not one.gains
    )
    return [f"{reading.numbers.decimal(count)}: {reading.say(said)}" for said, count in counts.most_common()]


def spark(one: Appraisal) -> Markup:
    """Cash flow by year as bars: outlays below the line, gains above; the residual value is left out."""
    if one.case is None:
        return Markup("")
    flows = one.case.cash_flows(one.conventions)
    money = flows.total("investment", "upkeep", "benefit")
    top, low = max(float(money.max()), 0.0), min(float(money.min()), 0.0)
    span = (top - low) or 1.0
    step = _WIDTH / len(money)
    zero = _HEIGHT * top / span
    bars = []
    for at, value in enumerate(money):
        height = abs(float(value)) / span * _HEIGHT
        y = zero - height if value > 0 else zero
        token = "good" if value > 0 else "miss"
        bars.append(
            f'<rect x="{at * step:.1f}" y="{y:.1f}" width="{step - 1:.1f}" height="{height:.1f}" fill="var(--{token})"/>'
        )
    line = f'<path d="M0 {zero:.1f}H{_WIDTH}" stroke="var(--ink3)" stroke-width="0.75"/>'
    box = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
    return Markup(f'<svg {box} role="img" aria-hidden="true">{"".join(bars)}{line}</svg>')  # noqa: S704  numbers only
