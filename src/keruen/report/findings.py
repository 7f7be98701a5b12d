"""Titles and sentences written from the results; where no finding is strong, a neutral one that is true of any data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keruen.languages import mark
from keruen.report.loads import FULL, NEAR, Loads
from keruen.report.reading import HIGH_SEAS, Reading
from keruen.report.tokens import STANDING

__all__ = [
    "answer",
    "capacity_title",
    "crossings_title",
    "flows_title",
    "hours_title",
    "lede",
    "map_title",
    "model_title",
    "number_word",
    "routes_title",
    "split_title",
    "targets",
    "time_title",
    "verdicts",
]

STRONG_STANDING = 0.4
"""Share of the hours standing from which the answer says so."""

STRONG_STOPS = 0.3
"""Share of the hours in stops from which the chart's title says so."""

STRONG_ACTIVITY = 0.2
"""Share of the hours of one kind of standing from which the bars' title names it."""

STRONG_LOSS = 1.4
"""Times the next slowest crossing must take to be called the slowest by far."""

STRONG_SPLIT = 0.4
"""Share of one route in what passes all gates from which the title names it."""

ALIKE = 0.03
"""Routes whose times, or costs, differ by less are as fast, or as cheap, as each other: their ranges are far wider."""

_WORDS = (
    mark("no"), mark("one"), mark("two"), mark("three"), mark("four"), mark("five"), mark("six"), mark("seven"),
    mark("eight"), mark("nine"), mark("ten"), mark("eleven"), mark("twelve"),
)  # fmt: skip

_TARGETS = ("time", "speed", "cost")
"""Subjects of observations that are validation targets of the routes; loads are told apart."""

_BULK = {
    "port": mark("Ports and terminals take {share} of the hours"),
    "border": mark("Borders and customs take {share} of the hours"),
    "gauge": mark("Changes of gauge take {share} of the hours"),
    "wait": mark("Waiting in the network takes {share} of the hours"),
}


def number_word(reading: Reading, number: int, *, capital: bool = False) -> str:
    """A small number in words, a larger one in figures."""
    word = reading.say(_WORDS[number]) if 0 < number < len(_WORDS) else reading.numbers.decimal(number)
    return word[:1].upper() + word[1:] if capital else word


def answer(reading: Reading) -> str:
    """The report's title: how long it takes, and for how much of that nothing moves."""
    front = reading.front
    if front is None:
        return _no_route(reading)
    row = reading.record(front)
    ends = _ends(reading)
    days = reading.numbers.in_days(float(row["time_h"]))
    title = reading.say("{origin} to {destination} takes {days}.", **ends, days=days)
    standing = reading.standing_h(front)
    if standing < STRONG_STANDING * float(row["time_h"]):
        return title.rstrip(".")
    more = reading.say("For {days} of them nothing moves.", days=reading.numbers.days(standing))
    return f"{title} {more}"


def _no_route(reading: Reading) -> str:
    failed = len(reading.comparison.failed)
    if failed:
        return reading.say("No route of this comparison exists in this scenario")
    return reading.say("This study names no routes to compare")


def _ends(reading: Reading) -> dict[str, str]:
    row = reading.first
    return {"origin": reading.place(str(row["origin"])), "destination": reading.place(str(row["destination"]))}


def lede(reading: Reading) -> list[str]:
    """Three sentences: what it takes and costs beside the yardstick; where it is lost; who is faster or cheaper."""
    if reading.front is None:
        return []
    return [sentence for sentence in (_arrival(reading), _lost(reading), _rivals(reading)) if sentence]


def _arrival(reading: Reading) -> str:
    row, numbers = reading.first, reading.numbers
    countries = [code for code, _ in reading.by_country(reading.front or "")]
    origin = reading.places["country"].get(str(row["origin"]), "")
    between = [code for code in dict.fromkeys(countries) if code not in (HIGH_SEAS, origin)]
    destination = reading.places["country"].get(str(row["destination"]), "")
    passed = [reading.country(code) for code in between if code != destination]
    values = {
        "route": reading.route(reading.front or ""),
        "days": numbers.in_days(float(row["time_h"])),
        "range": numbers.to(numbers.days(float(row["time_low_h"])), numbers.days(float(row["time_high_h"]))),
        "usd": numbers.decimal(float(row["cost_usd_per_t"])),
    }
    if not passed:
        words = mark("On the route “{route}” the load arrives in {days} ({range}) and costs USD {usd} a tonne.")
        return reading.say(words, **values)
    values["countries"] = reading.listed(passed)
    if str(row["commodity"]) == "containers":
        words = mark(
            "On the route “{route}” a container goes through {countries}, arrives in {days} ({range}) and costs"
            " USD {usd} a tonne."
        )
    else:
        words = mark(
            "On the route “{route}” a load goes through {countries}, arrives in {days} ({range}) and costs"
            " USD {usd} a tonne."
        )
    return reading.say(words, **values)


def _lost(reading: Reading) -> str:
    front = reading.front or ""
    stops = sorted(reading.stops(front), key=lambda stop: -stop.total_h)[:2]
    standing = reading.standing_h(front)
    if len(stops) < 2 or standing <= 0:
        return ""
    values = {
        "first": stops[0].name,
        "second": stops[1].name,
        "hours": reading.numbers.decimal(sum(stop.total_h for stop in stops)),
        "total": reading.numbers.decimal(standing),
    }
    return reading.say("Two places, {first} and {second}, take {hours} of the {total} lost hours.", **values)


def _rivals(reading: Reading) -> str:
    if len(reading.routes) < 2:
        return ""
    fast, cheap = _least(reading, "time_h"), _least(reading, "cost_usd_per_t")
    if len(fast) > 1 or len(cheap) > 1:
        return f"{_fastest(reading, fast)} {_cheapest(reading, cheap)}"
    values = {
        "fastest": reading.route(fast[0]),
        "days": reading.numbers.in_days(float(reading.record(fast[0])["time_h"])),
        "cheapest": reading.route(cheap[0]),
        "usd": reading.numbers.decimal(float(reading.record(cheap[0])["cost_usd_per_t"])),
    }
    if fast == cheap:
        del values["cheapest"]
        words = mark("The route “{fastest}” is both the fastest, {days}, and the cheapest, USD {usd} a tonne.")
    else:
        words = mark("The fastest route is “{fastest}”, {days}; the cheapest is “{cheapest}”, USD {usd} a tonne.")
    return reading.say(words, **values)


def _least(reading: Reading, column: str) -> list[str]:
    """Routes with the least of a figure, and those so near to it that ranges of this width do not part them."""
    figures = reading.routes[column].astype(float)
    return [name for name in reading.order if float(figures[name]) <= (1 + ALIKE) * float(figures.min())]


def _fastest(reading: Reading, fast: Sequence[str]) -> str:
    numbers, hours = reading.numbers, [float(reading.record(name)["time_h"]) for name in fast]
    if len(fast) == 1:
        return reading.say(
            "The fastest route is “{fastest}”, {days}.", fastest=reading.route(fast[0]), days=numbers.in_days(hours[0])
        )
    return reading.count(
        "{Number} route is the fastest, {days}: {fastest}.",
        "{Number} routes are as fast as each other, {days}: {fastest}.",
        len(fast),
        Number=number_word(reading, len(fast), capital=True),
        days=numbers.span_days(min(hours), max(hours)),
        fastest=_quoted(reading, fast),
    )


def _cheapest(reading: Reading, cheap: Sequence[str]) -> str:
    numbers, costs = reading.numbers, [float(reading.record(name)["cost_usd_per_t"]) for name in cheap]
    usd = numbers.to(numbers.decimal(min(costs)), numbers.decimal(max(costs)))
    if len(cheap) == 1:
        return reading.say(
            "The cheapest is “{cheapest}”, USD {usd} a tonne.", cheapest=reading.route(cheap[0]), usd=usd
        )
    return reading.count(
        "{Number} route is the cheapest, USD {usd} a tonne: {cheapest}.",
        "{Number} routes cost about the same and least, USD {usd} a tonne: {cheapest}.",
        len(cheap),
        Number=number_word(reading, len(cheap), capital=True),
        usd=usd,
        cheapest=_quoted(reading, cheap),
    )


def _quoted(reading: Reading, routes: Sequence[str]) -> str:
    """Names of routes in a row; they hold commas themselves, so each stands in quotes."""
    return reading.listed([reading.say("“{name}”", name=reading.route(route)) for route in routes])


def map_title(reading: Reading) -> str:
    """How many ways there are, and where to."""
    number = len(reading.routes)
    return reading.count(
        "{Number} way, and what each stop costs in hours",
        "{Number} ways, and what each stop costs in hours",
        number,
        Number=number_word(reading, number, capital=True),
    )


def time_title(reading: Reading) -> str:
    """How much of the time is vertical on the chart."""
    front = reading.front or ""
    stops = reading.stops(front)
    lost, total = sum(stop.total_h for stop in stops), float(reading.first["time_h"])
    if lost < STRONG_STOPS * total:
        return reading.say("Time and cost against distance")
    return reading.count(
        "{Number} stop takes {hours} of the {total} hours",
        "{Number} stops take {hours} of the {total} hours",
        len(stops),
        Number=number_word(reading, len(stops), capital=True),
        hours=reading.numbers.decimal(lost),
        total=reading.numbers.decimal(total),
    )


def hours_title(reading: Reading) -> str:
    """Which kind of standing takes most of the front route's hours."""
    hours = reading.hours(reading.front or "")
    most = max(STANDING, key=hours.__getitem__)
    share = hours[most] / sum(hours.values()) if sum(hours.values()) else 0.0
    if share < STRONG_ACTIVITY:
        return reading.say("Where the hours go")
    return reading.say(_BULK[most], share=reading.numbers.percent(share))


def routes_title(reading: Reading) -> str:
    """Whether the fastest route is the cheapest; routes that ranges do not part count as equal."""
    number = len(reading.routes)
    neutral = reading.count(
        "{Number} route", "{Number} routes side by side", number, Number=number_word(reading, number, capital=True)
    )
    if number < 2:
        return neutral
    fast, cheap = _least(reading, "time_h"), _least(reading, "cost_usd_per_t")
    both = set(fast) & set(cheap)
    if len(fast) == 1 and not both:
        return reading.say("The fastest route is not the cheapest")
    if len(fast) == len(cheap) == 1:
        return reading.say("The fastest route is also the cheapest")
    if both or len(fast) == number:
        return neutral
    return reading.count(
        "{Number} route is the fastest, and it is not the cheapest",
        "{Number} routes are as fast as each other; none of them is the cheapest",
        len(fast),
        Number=number_word(reading, len(fast), capital=True),
    )


def crossings_title(reading: Reading, rows: Sequence[Mapping[str, Any]]) -> str:
    """The slowest crossing where it stands out, else how many change the gauge."""
    ranked = sorted((row for row in rows if row["worst_h"] > 0), key=lambda row: -float(row["worst_h"]))
    if len(ranked) > 1 and ranked[0]["worst_h"] >= STRONG_LOSS * ranked[1]["worst_h"]:
        hours = reading.numbers.in_hours(float(ranked[0]["worst_h"]))
        return reading.say(
            "No crossing holds a load longer than {place}: {hours}", place=ranked[0]["name"], hours=hours
        )
    changing = sum(bool(row["changes"]) for row in rows)
    if changing:
        return reading.count(
            "{changing} of {number} border crossing changes the gauge",
            "{changing} of {number} border crossings change the gauge",
            len(rows),
            changing=reading.numbers.decimal(changing),
            number=reading.numbers.decimal(len(rows)),
        )
    return reading.say("Border crossings")


def flows_title(loads: Loads, full: int) -> str:
    """How much freight there is and at how many crossings it runs near capacity."""
    reading, year = loads.reading, loads.years[0]
    tonnes = reading.numbers.decimal(loads.total_t[year] / 1e6)
    if not full:
        return reading.say("Where the {tonnes} million tonnes of {year} go", tonnes=tonnes, year=year)
    return reading.count(
        "{tonnes} million tonnes in {year}, and {number} crossing or port that can take little more",
        "{tonnes} million tonnes in {year}, and {number} crossings and ports that can take little more",
        full,
        tonnes=tonnes,
        year=year,
        number=number_word(reading, full),
    )


def capacity_title(loads: Loads) -> str:
    """How many crossings and sections are full in the last year; else how many are near it."""
    reading, year = loads.reading, loads.years[-1]
    full, near = (sum(row.use[-1] >= least for row in loads.narrow) for least in (FULL, NEAR))
    if full:
        return reading.count(
            "{Number} crossing or section is full in {year}",
            "{Number} crossings and sections are full in {year}",
            full,
            Number=number_word(reading, full, capital=True),
            year=year,
        )
    if near:
        return reading.count(
            "{Number} crossing or section is at 90% of its capacity or more in {year}",
            "{Number} crossings and sections are at 90% of their capacity or more in {year}",
            near,
            Number=number_word(reading, near, capital=True),
            year=year,
        )
    return reading.say("Crossings and sections nearest to their capacity")


def split_title(loads: Loads) -> str:
    """The route that takes most of what passes the gates, and what it takes later."""
    reading = loads.reading
    by_year = [loads.split.shares(year) for year in loads.years]
    if not by_year or not by_year[0] or not by_year[-1]:
        return reading.say("Who goes by which corridor")
    most = max(by_year[0], key=by_year[0].__getitem__)
    if by_year[0][most] < STRONG_SPLIT:
        return reading.say("Who goes by which corridor")
    values = {
        "route": reading.route(most), "year": loads.years[0], "share": reading.numbers.percent(by_year[0][most]),
    }  # fmt: skip
    if len(by_year) == 1:
        return reading.say("“{route}” takes {share} of the freight of these routes in {year}", **values)
    return reading.say(
        "“{route}” takes {share} of the freight of these routes in {year}, {later} in {last}",
        **values, later=reading.numbers.percent(by_year[-1][most]), last=loads.years[-1],
    )  # fmt: skip


def targets(reading: Reading) -> str:
    """How many published targets of time, speed and cost there are, how many are answered, how many are met."""
    table = reading.comparison.observations
    if not len(table) or "target_rank" not in table:
        return ""
    table = table[table["target_rank"].notna() & table["subject"].isin(_TARGETS)]
    if not len(table):
        return ""
    met = table[table["verdict"] == "within"]
    return reading.count(
        "{number} published value of time, speed or cost is a validation target: answered {answered}, within"
        " tolerance {met}; of these {fitted} fitted, {given} given, {checked} checked.",
        "{number} published values of time, speed or cost are validation targets: answered {answered}, within"
        " tolerance {met}; of these {fitted} fitted, {given} given, {checked} checked.",
        len(table),
        number=reading.numbers.decimal(len(table)),
        answered=reading.numbers.decimal(int((table["verdict"] != "unanswered").sum())),
        met=reading.numbers.decimal(len(met)),
        fitted=reading.numbers.decimal(int((met["role"] == "fit").sum())),
        given=reading.numbers.decimal(int((met["role"] == "input").sum())),
        checked=reading.numbers.decimal(int((met["role"] == "check").sum())),
    )


def verdicts(reading: Reading, role: str | None = None) -> tuple[int, int]:
    """Observations within tolerance, and those the model answers; of one role or of all."""
    table = reading.comparison.observations
    if not len(table):
        return 0, 0
    if role is not None:
        table = table[table["role"] == role]
    return int((table["verdict"] == "within").sum()), int((table["verdict"] != "unanswered").sum())


def model_title(reading: Reading) -> str:
    """How many published observations the model meets."""
    met, answered = verdicts(reading)
    if not answered:
        return reading.say("Model against published")
    numbers = reading.numbers
    return reading.say(
        "Model against published: {met} of {answered} within tolerance",
        met=numbers.decimal(met),
        answered=numbers.decimal(answered),
    )
