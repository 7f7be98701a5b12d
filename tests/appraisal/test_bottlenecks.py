"""Bottlenecks of a small line, counted by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from keruen.appraisal.bottlenecks import bottlenecks, queue_cost
from tests.report.by_hand import loads

LINKS = pd.DataFrame(
    [
        ("north", "rail", "a", "b", "KZ", 10.0, 100.0),
        ("middle", "rail", "b", "c", "KZ", 10.0, 100.0),
        ("south", "rail", "c", "d", "IR", 20.0, 100.0),
        ("inland", "rail", "e", "a", "RU", 5.0, 100.0),
    ],
    columns=["link_id", "mode", "from_place", "to_place", "operator", "capacity_trains_per_day", "length_km"],
)
FACILITIES = pd.DataFrame(
    [("gate", "border", "c", "c", 8e6), ("quay", "port", "d", "d", float("nan"))],
    columns=["facility_id", "kind", "from_place", "to_place", "capacity_t_per_year"],
)
COMMODITY = pd.DataFrame({"commodity_id": ["boxes", "grain"], "vot_usd_per_t_h": [0.75, 0.01]})
TRIPS = [
    ("boxes", "a", "d", [(1e6, ["north", "middle", "gate", "south", "quay"])]),
    ("boxes", "d", "a", [(5e5, ["-quay", "-south", "-gate", "-middle", "-north"])]),
    ("grain", "a", "d", [(2e6, ["inland", "north", "middle", "gate", "south", "quay"])]),
]
QUEUES = {"north": 2.0, "middle": 3.0, "gate": 20.0, "inland": 9.0}
USES = {"north": 0.9, "middle": 0.902, "south": 0.4, "inland": 1.2, "gate": 1.01}


def assigned(**changes):
    return loads(LINKS, FACILITIES, COMMODITY, TRIPS, QUEUES | changes.get("queue", {}), USES | changes.get("use", {}))


def test_fullest_first_and_neighbours_with_the_same_trains_joined():
    table = bottlenecks({2024: assigned()}, 3, without=("RU",))
    assert table["ids"].tolist() == [("gate",), ("middle", "north"), ("south",)]
    assert table["what"].tolist() == ["facility", "section", "section"]
    assert table.loc[1, ["from_place", "to_place"]].tolist() in (["a", "c"], ["c", "a"])
    assert table["queue_h"].tolist() == [20.0, 5.0, 0.0]
    assert table["use"].tolist() == [1.01, 0.902, 0.4]


def test_queue_costs_tonnes_times_hours_times_value_of_time():
    table = bottlenecks({2024: assigned()}, 3, without=("RU",)).set_index("ids")
    boxes, grain = 1.5e6 * 0.75, 2e6 * 0.01  # USD an hour of all that passes
    assert table.at[("gate",), "queue_usd_per_year"] == pytest.approx(20 * (boxes + grain))
    assert table.at[("middle", "north"), "queue_usd_per_year"] == pytest.approx(5 * (boxes + grain))
    assert table.at[("south",), "queue_usd_per_year"] == 0
    assert table.at[("gate",), "flow_t_per_year"] == 3.5e6


def test_each_direction_waits_in_its_own_queue():
    answer = assigned()
    answer.flows.time[1] = 0.0  # north, backward
    assert queue_cost(answer, [0, 1]) == pytest.approx(2 * (1e6 * 0.75 + 2e6 * 0.01))


def test_order_is_that_of_the_last_year_and_absence_has_no_row():
    earlier = assigned(use={"south": 0.95})
    later = assigned(use={"south": 1.5})
    earlier.facilities = earlier.facilities[earlier.facilities["facility_id"] != "gate"]
    table = bottlenecks({2030: later, 2024: earlier}, 2, without=("RU",))
    assert table[["rank", "ids", "year"]].to_numpy().tolist() == [
        [1, ("south",), 2024],
        [1, ("south",), 2030],
        [2, ("gate",), 2030],
    ]


def test_left_out_operators_and_no_loads():
    assert bottlenecks({2024: assigned()}, 1)["ids"].tolist() == [("inland",)]
    assert bottlenecks({}).empty
