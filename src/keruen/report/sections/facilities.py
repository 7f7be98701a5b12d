"""Crossings that bind: hours against flow, where they are lost and why, what one more server or a longer yard saves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keruen.languages import mark
from keruen.report.charts.dwell import Curve, Dot, dwell_chart
from keruen.report.loads import Loads
from keruen.report.numbers import NBSP
from keruen.report.reading import records
from keruen.report.sections.page import FULL, Page, Section
from keruen.report.vector import draw, inline

if TYPE_CHECKING:
    from keruen.appraisal.dwelling import Hours
    from keruen.report.reading import Reading

__all__ = ["CHANGES", "STAGES", "section"]

STAGES = {
    "border_control": mark("border control"),
    "customs": mark("customs"),
    "handover": mark("handover"),
    "inspection": mark("inspection"),
    "gauge_change": mark("gauge change"),
    "formation": mark("forming of trains"),
    "wagon_supply": mark("supply of wagons"),
    "passage": mark("exchange of trains"),
    "outside": mark("outside, for want of room"),
    "port": mark("port"),
    "terminal": mark("terminal"),
    "yard": mark("yard"),
}
"""Stages as words; others go by their own name."""

CHANGES = {
    "server": mark("one more track, crane or brigade"),
    "shift_hour": mark("one more hour of the largest shift"),
    "room": mark("a yard a quarter longer"),
    "batch": mark("a workshop a quarter longer"),
    "paths": mark("a quarter more on each departure"),
}
"""Changes as words, by kind."""

_UNITS = {
    "train": mark("{number} trains a day"),
    "wagon": mark("{number} wagons a day"),
    "container": mark("{number} containers a day"),
    "lorry": mark("{number} lorries a day"),
    "ship": mark("{number} ships a day"),
}
_LEAST_SHARE = 0.1  # of the hours: a saving below it is no finding
_MOST_CHANGES = 2


def section(page: Page) -> Section | None:
    """Chart, table of lost hours and of what changes save; none where no crossing is near its capacity."""
    reading, loads, dwells = page.reading, page.loads, getattr(page.reading.comparison, "dwells", ())
    if not dwells:
        return None
    title = _title(loads, dwells)
    year = max(dwells[0].years)
    sub = reading.say(
        "Mean hours from arriving to leaving, against use of capacity, with the band from 5 to 95%; each flow lasts a"
        " month from an empty yard. Line: formula. Dots: simulated, hollow {first}, filled {last}.",
        first=min(dwells[0].years),
        last=year,
    )
    curves = [_curve(loads, one) for one in dwells]
    chart = page.sized(inline(draw(dwell_chart(curves, reading.say, reading.numbers, width)), title) for width in FULL)
    body = page.template(
        "facilities.html.j2",
        chart=chart,
        year=year,
        rows=[_row(loads, one) for one in dwells],
        rests=any(one.stages["rest"].any() for one in dwells),
        blocked=any((one.stages["word"] == "outside").any() for one in dwells),
        assumed=sum(len(one.declared.assumed) for one in dwells),
        solved=_solved(loads, year),
    )
    return Section("facilities", title, sub, body)


def _title(loads: Loads, dwells: tuple[Hours, ...]) -> str:
    """The change that saves most, if it saves much; else the crossing where most is queue; else what is drawn."""
    reading = loads.reading
    year = max(dwells[0].years)
    best = max(dwells, key=_most_saved)
    hours = best.years[year].run.dwell.value
    name = loads.crossing_name(best.declared.facility_id)
    saved = _most_saved(best)
    if saved >= _LEAST_SHARE * hours:
        return reading.say(
            "{name}: {change} would save {saved} of {hours} hours in {year}",
            name=name, change=reading.say(CHANGES[str(best.relief.at[0, "kind"])]),
            saved=reading.numbers.amount(saved), hours=reading.numbers.amount(hours), year=year,
        )  # fmt: skip
    queued = max(dwells, key=lambda one: float(one.stages["wait_h"].sum()))
    wait = float(queued.stages["wait_h"].sum())
    if wait >= _LEAST_SHARE * queued.years[year].run.dwell.value:
        return reading.say(
            "{name}: {wait} of {hours} hours in {year} are queue",
            name=loads.crossing_name(queued.declared.facility_id), wait=reading.numbers.amount(wait),
            hours=reading.numbers.amount(queued.years[year].run.dwell.value), year=year,
        )  # fmt: skip
    return reading.say("Hours at the crossings that bind, by flow")


def _solved(loads: Loads, year: int) -> list[dict[str, str]]:
    """Crossings whose stages are declared, as the equilibrium has them: hours published, solved, and by formula."""
    numbers, found = loads.reading.numbers, loads.reading.comparison.loads[year].declared
    return [
        {
            "name": loads.crossing_name(str(row["facility_id"])),
            "use": numbers.percent(float(row["use"])),
            **{name: numbers.amount(float(row[f"{name}_h"])) for name in ("published", "equilibrium", "formula")},
        }
        for row in records(found)
    ]


def _most_saved(one: Hours) -> float:
    return float(one.relief["saved_h"].iloc[0]) if len(one.relief) else 0.0


def _curve(loads: Loads, one: Hours) -> Curve:
    """One panel of the chart."""
    reading, numbers, declared = loads.reading, loads.reading.numbers, one.declared
    per_day = reading.say(_UNITS[declared.unit], number=numbers.amount(declared.limits.total_per_day))
    tonnes = reading.say("{number} Mt a year", number=numbers.amount(declared.capacity_t_per_year / 1e6))
    last = max(one.years)
    return Curve(
        title=loads.crossing_name(declared.facility_id),
        sub=f"{per_day}, {tonnes}".replace(" ", NBSP),
        uses=one.uses.tolist(),
        hours=one.mean_h.tolist(),
        low=one.low_h.tolist(),
        high=one.high_h.tolist(),
        dots=[
            Dot(at.use, at.run.dwell.value, str(year), later=year == last and len(one.years) > 1)
            for year, at in sorted(one.years.items())
        ],
    )


def _row(loads: Loads, one: Hours) -> dict[str, Any]:
    """One row of the table: hours, queue, where it is suffered, what causes it, what would save."""
    reading, numbers = loads.reading, loads.reading.numbers
    ahead = one.years[max(one.years)]
    mean, tail = ahead.run.dwell.value, ahead.run.quantiles[0.95].value
    waits = one.stages[one.stages["wait_h"] > 0].sort_values("wait_h", ascending=False)
    return {
        "name": loads.crossing_name(one.declared.facility_id),
        "hours": numbers.amount(mean),
        "tail": numbers.amount(tail),
        "formula": numbers.amount(ahead.formula.mean_h),
        "trusted": ahead.formula.trusted,
        "wait": numbers.amount(float(waits["wait_h"].sum())),
        "suffered": [_stage(reading, row) for row in waits.head(2).to_dict("records")],
        "caused": [_stage(reading, row) for row in one.stages[one.stages["binding"]].to_dict("records")]
        or [reading.say(STAGES.get(one.declared.limits.binding, one.declared.limits.binding))],
        "changes": [
            {
                "what": reading.say(CHANGES[str(row["kind"])]),
                "saved": reading.say(
                    "{saved} ± {half} h",
                    saved=numbers.amount(float(row["saved_h"])),
                    half=numbers.amount(float(row["half_width_h"])),
                ).replace(" ", NBSP),
            }
            for row in one.relief.head(_MOST_CHANGES).to_dict("records")
        ],
    }


def _stage(reading: Reading, row: dict[Any, Any]) -> str:
    """Name of a stage with its country."""
    word = str(row["word"])
    name = reading.say(STAGES[word]) if word in STAGES else word.replace("_", " ")
    return f"{name}, {reading.country(str(row['country']))}" if row["country"] else name
