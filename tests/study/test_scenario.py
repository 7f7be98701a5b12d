"""Scenarios are deltas: order, conflict, undo, difference."""

from pathlib import Path

import pytest

import keruen as kr
from keruen.errors import KeruenError

NORTH_SOUTH = Path(__file__).resolve().parents[2] / "examples" / "north-south"


@pytest.fixture(scope="module")
def base():
    return kr.open(NORTH_SOUTH).scenario(year=2024)


def test_a_closed_facility_is_closed_in_the_scenario_only(base):
    closed = base.close("akyayla-incheh-borun")
    status = closed.table("facility").set_index("facility_id")["status"]
    assert status["akyayla-incheh-borun"] == "closed"
    assert base.table("facility").set_index("facility_id").loc["akyayla-incheh-borun", "status"] == "operating"
    changed = kr.diff(base, closed)
    assert len(changed) == 1
    assert changed.iloc[0]["column"] == "status"


def test_a_closed_crossing_moves_the_route(base):
    before = kr.route(base, "moscow", "tehran", "containers", services=["block_train"])
    closed = base.close("akyayla-incheh-borun")
    after = kr.route(closed, "moscow", "tehran", "containers", services=["block_train"])
    assert "incheh-borun" in before.places
    assert "incheh-borun" not in after.places
    assert after.generalised_usd_per_t > before.generalised_usd_per_t


def test_a_patch_says_when_it_does_not_find_what_it_expects(base):
    first = base.table("link").iloc[0]
    patch = kr.Patch("link", first["link_id"], "status", existing="planned", set="closed", origin="test")
    with pytest.raises(KeruenError) as caught:
        base.with_patches(patch).table("link")
    assert first["link_id"] in str(caught.value)
    assert "planned" in str(caught.value)


def test_grown_demand_is_grown(base):
    grown = base.grow(1.5, commodity="grain")
    now, then = (s.table("demand") for s in (base, grown))
    chosen = now["commodity"] == "grain"
    assert then.loc[chosen, "flow_t_per_year"].sum() == pytest.approx(1.5 * now.loc[chosen, "flow_t_per_year"].sum())
    assert then.loc[~chosen, "flow_t_per_year"].sum() == now.loc[~chosen, "flow_t_per_year"].sum()


def test_unknown_names_are_refused(base):
    for wrong in (lambda: base.close("atlantis"), lambda: base.build("p999"), lambda: base.grow(-1)):
        with pytest.raises(KeruenError):
            wrong()


def test_growth_of_rows_that_do_not_meet_is_refused(base):
    demand = base.table("demand")
    pairs = set(zip(demand["origin"], demand["commodity"], strict=True))
    origin, commodity = next(
        (o, c) for o in sorted(set(demand["origin"])) for c in sorted(set(demand["commodity"])) if (o, c) not in pairs
    )
    with pytest.raises(KeruenError, match="no row of demand has all of"):
        base.grow(2.0, origin=origin, commodity=commodity)


@pytest.mark.parametrize("years", [1.5, "2", None])
def test_a_delay_is_a_whole_number_of_years(base, years):
    project = base.study.tables["project"]["project_id"].iloc[0]
    with pytest.raises(KeruenError, match="whole number of years"):
        base.delay(project, years)


def test_what_opened_after_the_base_year_stands_in_later_years(base):
    later = base.study.scenario(year=2030)
    assert not base.built
    assert set(later.built) == {"p051", "p092"}
    tracks = [
        one.table("link").set_index("link_id").loc["rail-shygys-aktogay-dostyk", "tracks"] for one in (base, later)
    ]
    assert tracks == [1, 2]
    assert later.build("p051") is later
    taken = later.without("p051")
    assert taken.table("link").set_index("link_id").loc["rail-shygys-aktogay-dostyk", "tracks"] == 1
    assert later.delay("p051", 10).table("link").equals(taken.table("link"))
    with pytest.raises(KeruenError, match="nothing to undo"):
        later.undo()
