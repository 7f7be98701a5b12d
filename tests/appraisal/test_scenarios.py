"""Two scenarios of one year held against each other."""

import pytest

import keruen as kr


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return kr.open(kr.new(tmp_path_factory.mktemp("scenarios") / "mini")).scenario(year=2024)


def test_who_gains_from_a_faster_gauge_change(base):
    later = base.with_patches(kr.Patch("stage", "gauge", "dwell_h", existing=24, set=12))
    found = kr.compare(base, later)
    assert found.inputs[["table", "row", "column", "a", "b"]].to_numpy().tolist() == [
        ["stage", "gauge", "dwell_h", 24, 12]
    ]
    assert found.gain.saved_t_h == pytest.approx(12 * 250_000, rel=1e-6)
    assert set(found.gain.hours_musd) == {"IN", "KZ"}
    assert sum(found.gain.by_commodity_musd.values()) == pytest.approx(found.gain.users_musd, rel=1e-9)
    assert found.pairs[["hours_usd", "money_usd"]].to_numpy().sum() / 1e6 == pytest.approx(found.gain.users_musd)


def test_what_one_gains_the_way_back_loses(base):
    later = base.with_patches(kr.Patch("stage", "gauge", "dwell_h", existing=24, set=12))
    there, back = kr.compare(base, later), kr.compare(later, base)
    assert there.gain.users_musd == pytest.approx(-back.gain.users_musd, rel=1e-6)
    assert there.links["change_t_per_year"].sum() == pytest.approx(-back.links["change_t_per_year"].sum(), abs=1e-3)


def test_grown_demand_shows_in_flows(base):
    found = kr.compare(base, base.grow(1.5))
    assert (found.links["change_t_per_year"] > 0).all()
    assert found.links["b_t_per_year"].to_numpy() == pytest.approx(1.5 * found.links["a_t_per_year"].to_numpy())


def test_scenarios_of_two_years_are_not_compared(base):
    with pytest.raises(kr.UsageError, match="one year"):
        kr.compare(base, base.study.scenario(year=2030))
