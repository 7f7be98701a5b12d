"""Routes, alternatives, legs and ranges."""

import itertools
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import keruen as kr
from keruen.errors import NoPathError, UsageError
from keruen.network import Router, supernetwork
from keruen.network.demand import unserved
from keruen.network.legs import hours_by_country, legs, route_spread, time_cost_distance
from keruen.network.paths import graph, path_to, tree

from .conftest import corridor, facility, frame, link

NORTH_SOUTH = Path(__file__).resolve().parents[2] / "examples" / "north-south"


@pytest.fixture
def router(tables):
    return Router(tables)


def test_gauges_meet_only_at_a_facility(tables):
    network = supernetwork(tables)
    crossing = {
        network.facilities.loc[network.facility[arc], "facility_id"]
        for arc in range(len(network.tail))
        if network.layers[network.tail[arc]].gauge_mm != network.layers[network.head[arc]].gauge_mm
    }
    assert crossing == {"aky-inc", "quay"}  # the quay leads to the sea, which has no gauge


@pytest.mark.parametrize(("origin", "destination"), [("bom", "port"), ("port", "bom")])
def test_a_route_begins_and_ends_on_land_where_a_port_joins_it(router, origin, destination):
    found = router.route(origin, destination, "boxes")
    passed = [
        found.network.facilities.loc[i, "facility_id"] for i in found.network.facility[list(found.arcs)] if i >= 0
    ]
    assert passed == ["quay"]
    running = 1800 / 25
    assert found.time_h == pytest.approx(running + 72)


def test_a_place_without_a_port_is_reached_afloat(tables):
    closed = tables.table("facility").assign(status=lambda t: t["status"].where(t["facility_id"] != "quay", "closed"))
    found = Router(tables.replaced(facility=closed)).route("bom", "port", "boxes")
    assert found.network.layers[found.network.head[found.arcs[-1]]].mode == "sea"
    assert found.time_h == pytest.approx(1800 / 25)


def test_freight_that_may_not_use_the_port_ends_afloat(router):
    found = router.route("bom", "port", "boxes", services=["ship"])
    assert found.network.layers[found.network.head[found.arcs[-1]]].mode == "sea"


def test_the_grain_of_the_reference_study_lands_at_its_port():
    scenario = kr.open(NORTH_SOUTH).scenario()
    steps = time_cost_distance(kr.route(scenario, "moscow", "bandar-abbas", "grain"), seed=1)
    last = steps.iloc[-1]
    assert (last["place_to"], last["activity"]) == ("bandar-abbas", "port")
    assert last["time_h"] > 24
    assert last["cost_usd_per_t"] > 0


def test_without_its_gauge_change_the_corridor_falls_apart(tables):
    closed = tables.table("facility").assign(
        status=lambda t: t["status"].where(t["facility_id"] != "aky-inc", "closed")
    )
    router = Router(tables.replaced(facility=closed))
    with pytest.raises(NoPathError, match=r"No route joins rus and teh: no operating links and facilities join them"):
        router.route("rus", "teh", "boxes")
    apart = router.network.unreached("rus")
    assert set(apart["place_id"]) == {"inc", "teh", "port", "bom", "lost"}
    assert apart.set_index("place_id").loc["lost", "why"] == "no operating link"


def test_the_route_adds_up(router):
    route = router.route("rus", "bom", "boxes")
    table = legs(route, seed=1)
    assert route.places == ("rus", "rus-kz", "kz-rus", "alma", "bol", "ser", "aky", "inc", "teh", "port", "bom")
    assert route.distance_km == pytest.approx(400 + 500 + 600 + 700 + 500 + 1000 + 1800)
    assert table["time_h"].sum() == pytest.approx(route.time_h) == pytest.approx(table["at_h"].iloc[-1])
    assert table["cost_usd_per_t"].sum() == pytest.approx(route.money_usd_per_t)
    assert table["emission_kg_per_t"].sum() == pytest.approx(route.emission_kg_per_t)
    activities = table[[f"{a}_h" for a in route.costs.hours.headings]].sum().sum()
    assert activities == pytest.approx(route.time_h) == pytest.approx(hours_by_country(route)["hours"].sum())
    assert (table["distance_km"] == 0).equals(table["kind"] == "stop")


def test_merged_legs_keep_the_sums_and_part_countries(router):
    route = router.route("rus", "bom", "boxes")
    merged = time_cost_distance(route, seed=1)
    assert merged["time_h"].sum() == pytest.approx(route.time_h)
    assert merged["distance_km"].sum() == pytest.approx(route.distance_km)
    assert merged.loc[merged["kind"] == "move", "country"].tolist() == ["RU", "KZ", "TM", "IR", "XZ"]
    assert (merged["time_low_h"] <= merged["time_h"]).all()
    assert (merged["time_h"] <= merged["time_high_h"]).all()


def test_ranges_are_the_same_again_and_hold_the_mean(router):
    route = router.route("rus", "bom", "boxes")
    low, high = route_spread(route, seed=7).total()
    assert (low, high) == route_spread(route, seed=7).total()
    assert (low, high) != route_spread(route, seed=8).total()
    assert low < route.time_h < high
    drawn = route_spread(route, seed=7).draws.sum(axis=1)
    assert drawn.mean() == pytest.approx(route.time_h, rel=0.02)


def test_a_via_place_is_passed_and_the_train_is_not_changed_there(router):
    route = router.route("rus", "teh", "boxes", via=["ash"])
    assert "ash" in route.places
    assert route.distance_km == pytest.approx(router.route("rus", "teh", "boxes").distance_km + 2 * 300)


def test_an_avoided_place_is_not_passed(router):
    with pytest.raises(NoPathError):
        router.route("rus", "teh", "boxes", avoid=["alma"])
    assert "ash" not in router.route("rus", "teh", "boxes", avoid=["ash"]).places


def test_unknown_and_unserved_places_are_said(router):
    with pytest.raises(UsageError, match="no place 'atlantis'"):
        router.route("rus", "atlantis", "boxes")
    for ask in (router.route, router.alternatives):
        with pytest.raises(UsageError, match="joins two places"):
            ask("rus", "rus", "boxes")
    with pytest.raises(NoPathError, match="no operating link touches lost"):
        router.route("rus", "lost", "boxes")
    with pytest.raises(NoPathError, match="grain may use only wagon"):
        router.route("rus", "bom", "grain")
    assert unserved(router)[["origin", "destination", "commodity", "flow_t_per_year"]].to_numpy().tolist() == [
        ["r", "i", "grain", 3e5],
        ["r", "u", "boxes", 2e5],
    ]


def test_demand_whose_way_back_is_barred_is_served(tables, monkeypatch):
    router = Router(tables)
    costs = router.costs("boxes")
    one_way = replace(costs, permitted=costs.permitted & ~router.network.backward)
    monkeypatch.setattr(router, "costs", lambda commodity: one_way if commodity == "boxes" else costs)
    lost = unserved(router)
    forward = lost[(lost["origin"] == "r") & (lost["destination"] == "i")]
    assert forward[forward["commodity"] == "boxes"].empty


def shared_km(one, other):
    """Kilometres of links that both routes travel, counted apart from the code under test."""
    length = one.network.links["length_km"]
    travelled = [{int(route.network.link[arc]) for arc in route.arcs} - {-1} for route in (one, other)]
    return float(length.iloc[sorted(travelled[0] & travelled[1])].sum())


def test_alternatives_are_distinct_sorted_and_within_the_stretch():
    tables = corridor()
    bypass = [
        link("b1", "alma", "x", 700, "KZ"), link("b2", "x", "bol", 300, "KZ"), link("b3", "rus-kz", "y", 900, "RU"),
    ]  # fmt: skip
    links = frame([*tables.table("link").to_dict("records"), *bypass])
    places = frame(
        [*tables.table("place").to_dict("records"), *({"place_id": p, "country": "KZ", "name_en": p} for p in "xy")]
    )
    crossing = facility("y-x", "border", "y", "x", ("rail", "rail"), (1520, 1520))
    facilities = frame([*tables.table("facility").to_dict("records"), crossing])
    router = Router(tables.replaced(link=links, place=places, facility=facilities))
    found = router.alternatives("rus", "bol", "boxes", k=5)
    assert {route.places for route in found} == {
        ("rus", "rus-kz", "kz-rus", "alma", "bol"),
        ("rus", "rus-kz", "kz-rus", "alma", "x", "bol"),
        ("rus", "rus-kz", "y", "x", "bol"),
    }
    for one, other in itertools.combinations(found, 2):
        assert shared_km(one, other) <= 0.7 * min(one.distance_km, other.distance_km)
    costs = [route.generalised_usd_per_t for route in found]
    assert costs == sorted(costs)
    assert costs[-1] <= 2 * costs[0]
    assert costs[0] == pytest.approx(router.route("rus", "bol", "boxes").generalised_usd_per_t)


def test_a_place_to_avoid_is_named_where_it_leaves_no_way(tables):
    router = Router(tables)
    with pytest.raises(NoPathError, match="every way passes alma, which shall be avoided"):
        router.route("rus", "bol", "boxes", avoid=["alma"])
    with pytest.raises(NoPathError, match="bol shall be avoided"):
        router.route("rus", "bol", "boxes", avoid=["bol"])


def test_less_than_one_route_is_refused(tables):
    with pytest.raises(UsageError, match="at least 1"):
        Router(tables).alternatives("rus", "bol", "boxes", k=0)


def test_ranges_are_drawn_with_the_seed_of_the_study(tables):
    route = Router(tables).route("rus", "bom", "boxes")
    assert route.seed == tables.settings.seed
    by_default, other = kr.time_cost_distance(route), kr.time_cost_distance(route, seed=8)
    assert by_default.equals(kr.time_cost_distance(route, seed=7))
    assert not by_default.equals(other)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 30), st.integers(1, 120), st.integers(0, 2**32 - 1))
def test_trees_agree_with_networkx(nodes, arcs, seed):
    rng = np.random.default_rng(seed)
    tail, head = rng.integers(0, nodes, (2, arcs)).astype(np.int32)
    cost = rng.integers(0, 20, arcs).astype(float)
    peer = nx.MultiDiGraph()
    peer.add_nodes_from(range(nodes))
    peer.add_weighted_edges_from(zip(tail.tolist(), head.tolist(), cost.tolist(), strict=True))
    start = np.full(nodes, np.inf)
    start[0] = 0.0
    built = graph(nodes, tail, head)
    distance, entering = tree(built, cost, start)
    theirs = nx.single_source_dijkstra_path_length(peer, 0)
    assert {i: d for i, d in enumerate(distance.tolist()) if np.isfinite(d)} == theirs
    for node in theirs:
        assert cost[path_to(built, entering, node)].sum() == distance[node]
