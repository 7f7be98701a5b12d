"""Gates and the split over them, counted by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from keruen.appraisal.corridor_split import corridor_split, gates
from tests.report.by_hand import loads

PLACE = pd.DataFrame(
    [
        ("start", "RU", 40.0, 55.0), ("east", "IR", 55.0, 37.0), ("east-road", "IR", 55.1, 37.1), ("quay", "RU", 48.0, 45.8),
        ("anz", "IR", 49.5, 37.5), ("ami", "IR", 53.3, 36.9), ("other-sea", "IR", 56.3, 27.2), ("canal", "EG", 32.5, 30.0),
        ("end", "IN", 72.9, 18.9),
    ],
    columns=["place_id", "country", "lon_deg", "lat_deg"],
)  # fmt: skip
LINK = pd.DataFrame(
    [
        ("rail-east", "rail", "start", "east"), ("rail-end", "rail", "east", "end"), ("rail-quay", "rail", "start", "quay"),
        ("sea-anz", "sea", "quay", "anz"), ("sea-ami", "sea", "quay", "ami"), ("road-end", "road", "anz", "end"),
        ("road-ami", "road", "ami", "end"), ("sea-canal", "sea", "start", "canal"), ("canal-end", "sea", "canal", "end"),
        ("sea-other", "sea", "other-sea", "end"),
    ],
    columns=["link_id", "mode", "from_place", "to_place"],
)  # fmt: skip
FACILITY = pd.DataFrame(
    [
        ("crossing", "border", "east", "east"), ("crossing-road", "border", "east-road", "east-road"),
        ("port-anz", "port", "anz", "anz"), ("port-ami", "port", "ami", "ami"), ("port-other", "port", "other-sea", "other-sea"),
        ("yard", "terminal", "east", "east"),
    ],
    columns=["facility_id", "kind", "from_place", "to_place"],
)  # fmt: skip
ROUTE = pd.DataFrame(
    {
        "route_id": ["land", "ship", "suez"],
        "via": ["east;end", "quay;anz;end", "canal;end"],
    }
)
LEGS = pd.DataFrame(
    [
        ("land", "move", "rail", "start", "east", ""), ("land", "stop", "rail", "east", "east", "crossing"),
        ("land", "move", "rail", "east", "end", ""),
        ("ship", "move", "rail", "start", "quay", ""), ("ship", "move", "sea", "quay", "anz", ""),
        ("ship", "stop", "sea", "anz", "anz", "port-anz"), ("ship", "move", "road", "anz", "end", ""),
        ("suez", "move", "sea", "start", "canal", ""), ("suez", "move", "sea", "canal", "end", ""),
    ],
    columns=["route_id", "kind", "mode", "place_from", "place_to", "facility_id"],
)  # fmt: skip
COMMODITY = pd.DataFrame({"commodity_id": ["boxes", "grain"], "vot_usd_per_t_h": [0.75, 0.01]})
TRIPS = [
    ("boxes", "start", "end", [(3e6, ["rail-east", "crossing", "rail-end"]), (1e6, ["sea-canal", "canal-end"])]),
    ("grain", "start", "end", [(5e5, ["rail-quay", "sea-ami", "port-ami", "road-ami"])]),
    ("grain", "end", "start", [(2e5, ["-road-end", "-port-anz", "-sea-anz", "-rail-quay"])]),
    ("grain", "start", "quay", [(7e6, ["rail-quay"])]),
]


def comparison(trips=TRIPS, route=ROUTE):
    tables = {"place": PLACE, "link": LINK, "facility": FACILITY, "route": route}
    return SimpleNamespace(
        study=SimpleNamespace(table=lambda name: tables[name].copy()),
        routes=ROUTE.set_index("route_id"),
        legs=LEGS,
        loads={2024: loads(LINK, FACILITY, COMMODITY, trips, {}, {})},
    )


def test_gate_is_what_only_one_route_passes_with_what_lies_beside_it():
    found = {gate.route: gate for gate in gates(comparison())}
    assert found["land"].place == "east"
    assert found["land"].facilities == ("crossing", "crossing-road")  # a terminal is no gate
    assert found["ship"].facilities == ("port-anz", "port-ami")  # the other sea is another coast
    assert found["suez"] == type(found["suez"])("suez", "canal", ())


def test_without_via_the_last_own_crossing_is_the_gate():
    found = gates(comparison(route=ROUTE[["route_id"]]))
    assert [(gate.route, gate.place) for gate in found] == [("land", "east"), ("ship", "anz")]


def test_split_counts_every_tonne_once_and_tells_the_rest():
    split = corridor_split(comparison())
    tonnes = split.tonnes.set_index(["commodity", "route_id"])["flow_t_per_year"]
    assert tonnes["boxes"].to_dict() == {"land": 3e6, "ship": 0.0, "suez": 1e6}
    assert tonnes["grain"].to_dict() == {"land": 0.0, "ship": 7e5, "suez": 0.0}
    totals = split.totals.set_index("commodity")
    assert totals.loc["grain", ["flow_t_per_year", "gate_t_per_year", "twice_t_per_year"]].tolist() == [7.7e6, 7e5, 0.0]
    assert split.shares(2024) == pytest.approx({"land": 3 / 4.7, "ship": 0.7 / 4.7, "suez": 1 / 4.7})
    assert split.shares(1999) == {}


def test_two_gates_on_one_way_are_told():
    both = [
        ("boxes", "start", "end", [(1e6, ["rail-east", "crossing", "sea-canal", "canal-end"]), (1e6, ["rail-end"])])
    ]
    split = corridor_split(comparison(both))
    assert split.tonnes["flow_t_per_year"].tolist() == [1e6, 0.0, 1e6]
    row = split.totals.iloc[0]
    assert row[["flow_t_per_year", "gate_t_per_year", "twice_t_per_year"]].tolist() == [2e6, 1e6, 1e6]


def test_no_loads():
    data = comparison()
    data.loads = {}
    split = corridor_split(data)
    assert split.tonnes.empty
    assert split.totals.empty
