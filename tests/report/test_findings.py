from __future__ import annotations

import pandas as pd
import pytest
from synthetic import comparison

from keruen.report import findings
from keruen.report.loads import Loads
from keruen.report.reading import Reading


def english(**changes):
    return Reading.of(comparison(**changes), "en")


def test_answer_names_days_and_standing():
    said = findings.answer(english()).replace("\xa0", " ")
    assert said == "Moscow to Mumbai takes 23 days. For 14 of them nothing moves."


def test_answer_without_much_standing_is_neutral():
    data = comparison()
    hours = [f"{name}_h" for name in ("wait", "border", "gauge", "port")]
    data.legs["run_h"] += data.legs[hours].sum(axis=1)
    data.legs[hours] = 0.0
    said = findings.answer(Reading.of(data, "en")).replace("\xa0", " ")
    assert said == "Moscow to Mumbai takes 23 days"


def test_lede_says_three_things():
    said = [text.replace("\xa0", " ") for text in findings.lede(english())]
    assert said == [
        "On the route “East, Incheh Borun” a container goes through Kazakhstan, Turkmenistan and Iran,"
        " arrives in 23 days (20 to 30) and costs USD 120 a tonne.",
        "Two places, Bandar Abbas and Incheh Borun, take 150 of the 331 lost hours.",
        "The fastest route is “West, Astara”, 22 days; the cheapest is “Suez, by ship”, USD 93 a tonne.",
    ]


def test_one_route_has_no_rivals():
    reading = english(routes=1)
    assert len(findings.lede(reading)) == 2
    assert findings.routes_title(reading) == "One route"
    assert findings.map_title(reading) == "One way, and what each stop costs in hours"


def test_no_route():
    assert findings.answer(english(routes=0)) == "This study names no routes to compare"
    failed = english(routes=0, failed={"east": "Zahedan - Chabahar is not built"})
    assert findings.answer(failed) == "No route of this comparison exists in this scenario"
    assert findings.lede(failed) == []


def test_titles_fall_back_when_no_finding_is_strong():
    data = comparison()
    data.legs["run_h"] *= 10
    data.legs["time_h"] = data.legs[[f"{name}_h" for name in ("run", "sea", "wait", "border", "gauge", "port")]].sum(
        axis=1
    )
    data.routes["time_h"] = data.legs.groupby("route_id")["time_h"].sum()
    reading = Reading.of(data, "en")
    assert findings.time_title(reading) == "Time and cost against distance"
    assert findings.hours_title(reading) == "Where the hours go"


def test_fastest_and_cheapest():
    assert findings.routes_title(english()) == "The fastest route is not the cheapest"
    data = comparison()
    data.routes["cost_usd_per_t"] = data.routes["time_h"]
    assert findings.routes_title(Reading.of(data, "en")) == "The fastest route is also the cheapest"


def test_routes_that_ranges_do_not_part_are_equally_fast():
    data = comparison()
    data.routes.loc["east", "time_h"], data.routes.loc["west", "time_h"] = 530.0, 535.0
    reading = Reading.of(data, "en")
    assert findings.lede(reading)[2].replace("\xa0", " ") == (
        "Two routes are as fast as each other, 22 days: “East, Incheh Borun” and “West, Astara”."
        " The cheapest is “Suez, by ship”, USD 93 a tonne."
    )
    assert findings.routes_title(reading) == "Two routes are as fast as each other; none of them is the cheapest"
    data.routes["cost_usd_per_t"] = [100.0, 131.0, 101.0, 106.0, 140.0]
    reading = Reading.of(data, "en")
    assert findings.lede(reading)[2].endswith(
        "Two routes cost about the same and least, USD 100 to 101 a tonne: “East, Incheh Borun” and “West, Astara”."
    )
    assert findings.routes_title(reading) == "Five routes side by side"


def test_one_figure_is_rounded_one_way():
    data = comparison()
    data.routes["cost_usd_per_t"] = [126.4, *data.routes["cost_usd_per_t"][1:]]
    assert "costs USD 126 a tonne" in findings.lede(Reading.of(data, "en"))[0]


def test_crossing_that_stands_out():
    rows = [
        {"name": "A", "worst_h": 60.0, "changes": True},
        {"name": "B", "worst_h": 20.0, "changes": False},
    ]
    assert findings.crossings_title(english(), rows) == "No crossing holds a load longer than A: 60\xa0h"
    rows[1]["worst_h"] = 59.0
    assert findings.crossings_title(english(), rows) == "1 of 2 border crossings change the gauge"
    rows[0]["changes"] = False
    assert findings.crossings_title(english(), rows) == "Border crossings"


def test_model_counts_roles_apart():
    reading = english()
    assert findings.model_title(reading) == "Model against published: 7 of 9 within tolerance"
    assert findings.verdicts(reading, "check") == (3, 5)
    assert findings.verdicts(reading, "fit") == (2, 2)
    empty = english(observations=pd.DataFrame(columns=["verdict", "role"]))
    assert findings.model_title(empty) == "Model against published"


@pytest.mark.parametrize(("number", "word"), [(1, "one"), (5, "five"), (12, "twelve"), (13, "13")])
def test_small_numbers_in_words(number, word):
    assert findings.number_word(english(), number) == word


def test_freight_titles_from_the_result():
    loads = Loads(english())
    assert (
        findings.flows_title(loads, 1)
        == "13 million tonnes in 2024, and one crossing or port that can take little more"
    )
    assert findings.capacity_title(loads) == "One crossing or section is full in 2030"
    assert (
        findings.split_title(loads) == "“Trans-Caspian” takes 60% of the freight of these routes in 2024, 60% in 2030"
    )


def test_freight_titles_fall_back():
    data = comparison()
    for year in data.loads:
        for table in (data.loads[year].facilities, data.loads[year].links):
            table["use"] *= 0.5
    loads = Loads(Reading.of(data, "en"))
    assert findings.capacity_title(loads) == "Crossings and sections nearest to their capacity"
    assert findings.flows_title(loads, 0) == "Where the 13 million tonnes of 2024 go"


def test_targets_of_time_speed_and_cost_are_counted_apart():
    assert findings.targets(english()) == (
        "9 published values of time, speed or cost are validation targets: answered 9, within tolerance 7; of these 2 fitted, 2 given, 3 checked."
    )
    assert findings.targets(english(observations=pd.DataFrame(columns=["verdict", "role"]))) == ""
