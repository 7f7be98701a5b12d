"""Hours and money against sums done by hand."""

import pytest

from keruen.errors import DataError, UsageError
from keruen.network import Router, carriage, supernetwork


def arc_of(router, name, backward=False):
    network = router.network
    for arc in range(len(network.tail)):
        link, facility = network.link[arc], network.facility[arc]
        row = network.links.loc[link, "link_id"] if link >= 0 else network.facilities.loc[facility, "facility_id"]
        if row == name and network.backward[arc] == backward:
            return arc
    raise AssertionError(name)


@pytest.fixture
def router(tables):
    return Router(tables)


def activity(router, costs, arc):
    hours = costs.hours.by_arc(len(router.network.tail))[arc]
    return {name: h for name, h in zip(costs.hours.headings, hours, strict=True) if h}


def test_a_section_runs_at_the_speed_of_line_and_stands_by_the_share_of_the_service(router):
    costs = router.costs("boxes")
    assert activity(router, costs, arc_of(router, "l4")) == pytest.approx({"run": 700 / 70, "wait": 10 * 0.25})
    assert activity(router, costs, arc_of(router, "l3")) == pytest.approx({"run": 12.0, "wait": 3.0})
    wagons = router.costs("grain")
    assert activity(router, wagons, arc_of(router, "l3")) == pytest.approx({"run": 12.0, "wait": 12.0})


def test_inside_the_union_there_is_no_customs_stage_and_no_fee(router):
    costs = router.costs("boxes")
    inner = arc_of(router, "rus-kaz")
    assert activity(router, costs, inner) == pytest.approx({"border": 6.0})
    assert costs.money_usd_per_t[inner] == 0.0
    outer = arc_of(router, "bol-ser")
    assert activity(router, costs, outer) == pytest.approx({"border": 3 + 3 + 6})
    assert costs.money_usd_per_t[outer] == pytest.approx(2 * 2.0)


def test_the_most_selective_stage_of_a_name_applies_once(router):
    costs = router.costs("boxes")
    into_iran, into_turkmenistan = arc_of(router, "aky-inc"), arc_of(router, "aky-inc", backward=True)
    assert activity(router, costs, into_iran) == pytest.approx({"border": 3 + 3 + 10, "gauge": 20.0})
    assert activity(router, costs, into_turkmenistan) == pytest.approx({"border": 3 + 3 + 6, "gauge": 20.0})
    assert costs.money_usd_per_t[into_iran] == pytest.approx(2 + 2 + 5)


def test_line_haul_multiplies_every_factor_that_fits(router):
    arc = arc_of(router, "l4")
    assert router.costs("boxes").money_usd_per_t[arc] == pytest.approx(700 * 0.01 * 1.4 * 0.5)
    assert router.costs("grain").money_usd_per_t[arc] == pytest.approx(700 * 0.01 * 1.4)


def test_emissions_follow_traction(router):
    costs = router.costs("boxes")
    assert costs.emission_kg_per_t[arc_of(router, "l2")] == pytest.approx(500 * 0.020)
    assert costs.emission_kg_per_t[arc_of(router, "l3")] == pytest.approx(600 * 0.030)


def test_freight_is_barred_where_no_service_of_its_runs(router):
    assert not router.costs("grain").permitted[arc_of(router, "s1")]
    assert not router.costs("grain").permitted[arc_of(router, "quay")]
    assert router.costs("boxes", ["wagon", "ship"]).service[arc_of(router, "l3")] == "wagon"


def test_what_is_assumed_is_known_by_component(router):
    hours = router.costs("boxes").hours
    assumed = {name for name, yes in zip(hours.names, hours.assumed, strict=True) if yes}
    assert assumed == {"standing:block", "stage:quay@quay:outbound", "stage:quay@quay:inbound"}


def test_every_missing_parameter_is_named(tables):
    speed = tables.table("speed")
    broken = tables.replaced(speed=speed[speed["mode"] != "sea"])
    with pytest.raises(DataError) as caught:
        Router(broken).costs("boxes")
    assert "speed.csv: no row fits mode sea, service ship" in str(caught.value)


@pytest.mark.parametrize(
    ("commodity", "services", "said"),
    [("coal", None, "no commodity 'coal'"), ("grain", ["ship"], "grain may not use ship"), ("grain", ["sled"], "sled")],
)
def test_an_unknown_class_of_freight_is_refused(tables, commodity, services, said):
    with pytest.raises(UsageError, match=said):
        carriage(tables, commodity, services)


def test_a_facility_that_joins_nothing_is_named(tables):
    assert supernetwork(tables).idle_facilities == ("nowhere",)
