"""Switching values, the sensitivity table, timing, surplus, carbon, schedule risk."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

import keruen.appraisal.economics as ke
from keruen.errors import DataError, UsageError

CONVENTIONS = ke.Conventions(base_year=2026, last_year=2050)
RESIDUAL = st.sampled_from(["none", "straight-line", "remaining-benefits"])


def case(cost=100.0, hours=10.0, money=5.0, **more):
    benefits = (ke.Benefit("hours", {2028: hours, 2035: 2 * hours}, "KZ"), ke.Benefit("money", {2028: money}, "RU"))
    return ke.Case("line", cost, 2026, 2029, benefits, upkeep_musd=1.0, **more)


@given(RESIDUAL, st.floats(1, 1e3), st.floats(0.1, 100))
def test_the_switching_value_makes_npv_zero(residual, cost, hours):
    conventions = ke.Conventions(base_year=2026, last_year=2050, residual=residual)
    flows = case(cost, hours).cash_flows(conventions)
    size = np.abs(flows.total()).sum()
    change = ke.switching_values(flows, 0.09).set_index("assumption")["change"]
    for driver in ("investment", "upkeep", "benefit"):
        switched = flows.scaled(**{driver: 1 + change[driver]})
        assert ke.worth(switched, 0.09).npv_musd == pytest.approx(0, abs=1e-9 * size * (1 + abs(change[driver])))


def test_one_benefit_alone_has_its_switching_value():
    flows = case().cash_flows(CONVENTIONS)
    change = ke.switching_values(flows, 0.09).set_index("assumption")["change"]
    fewer = case(hours=10.0 * (1 + change["benefit: hours"])).cash_flows(CONVENTIONS)
    assert ke.worth(fewer, 0.09).npv_musd == pytest.approx(0, abs=1e-9)
    dearer = case(100.0 * (1 + change["investment"])).cash_flows(CONVENTIONS)
    assert ke.worth(dearer, 0.09).npv_musd == pytest.approx(0, abs=1e-9)
    assert math.isnan(
        ke.switching_values(ke.Case("m", 1.0, 2026, 2027).cash_flows(CONVENTIONS), 0.09)["change"].iloc[1]
    )


def test_the_table_of_a_bank():
    table = ke.sensitivity(case(), CONVENTIONS).set_index("variant")
    expected = "base,cost +10%,cost +20%,benefit -10%,benefit -20%,opening 1 year late,opening 2 years late,combined"
    assert list(table.index) == [*expected.split(","), "no residual value"]
    base = ke.worth(case().cash_flows(CONVENTIONS), 0.09).npv_musd
    assert table["npv_musd"]["base"] == pytest.approx(base)
    dearer = ke.worth(case(120.0).cash_flows(CONVENTIONS), 0.09).npv_musd
    assert table["npv_musd"]["cost +20%"] == pytest.approx(dearer)
    smaller = ke.worth(case(hours=8.0, money=4.0).cash_flows(CONVENTIONS), 0.09).npv_musd
    assert table["npv_musd"]["benefit -20%"] == pytest.approx(smaller)
    assert table["npv_musd"]["combined"] == table["npv_musd"].min()
    assert (table["change_of_npv_musd"].drop("base") < 0).all()


def test_a_late_opening_spends_as_planned():
    flows = case().overrun(2).cash_flows(CONVENTIONS)
    assert flows.total("investment")[:4] == pytest.approx([-100 / 3, -100 / 3, -100 / 3, 0])
    assert flows.total("benefit")[:6] == pytest.approx([0, 0, 0, 0, 0, 10 + 10 * 3 / 7 + 5])


def test_a_variant_outside_the_horizon_is_said():
    short = ke.Conventions(base_year=2026, last_year=2029)
    table = ke.sensitivity(case(), short).set_index("variant")
    assert math.isnan(table["npv_musd"]["opening 1 year late"])
    assert "after the horizon" in table["reason"]["opening 1 year late"]


def test_growing_benefits_are_worth_waiting_for():
    # benefits grow by 2 a year from 0 in 2026; waiting a year forgoes one year's benefit and saves interest on the cost
    growing = ke.Benefit("hours", {2026: 0.0, 2066: 80.0})
    one = ke.Case("line", 100.0, 2026, 2027, (growing,), life_years=100)
    conventions = ke.Conventions(base_year=2026, last_year=2066, residual="none")
    best, table = ke.best_start(one, conventions, 2040)
    by_rule = table.loc[~table["defer"], "start_year"].min()
    assert best == by_rule
    assert 2 * (best + 1 - 2026) / 109 >= 0.09 > 2 * (best - 2026) / 109
    assert ke.best_start(ke.Case("m", 1.0, 2026, 2027), conventions, 2030)[0] is None
    with pytest.raises(UsageError, match="before the planned start"):
        ke.best_start(one, conventions, 2020)


@given(st.floats(0.5, 100), st.floats(0.5, 100), st.floats(0, 3), st.floats(1, 1e6))
def test_exact_surplus_is_the_integral(before, after, elasticity, flow):
    area, _ = quad(lambda c: float(ke.elastic_flow(flow, before, c, elasticity)), after, before)
    assert float(ke.exact_surplus(flow, before, after, elasticity)) == pytest.approx(area, rel=1e-6, abs=1e-6 * flow)


@given(st.floats(1, 100), st.floats(0.0, 0.05), st.floats(0, 2))
def test_the_rule_of_half_is_exact_for_small_changes_and_never_below(before, share, elasticity):
    after = before * (1 - share)
    flow = float(ke.elastic_flow(1.0, before, after, elasticity))
    half, exact = (
        float(ke.rule_of_half(1.0, flow, before, after)),
        float(ke.exact_surplus(1.0, before, after, elasticity)),
    )
    assert half >= exact - 1e-9 * before
    assert half == pytest.approx(exact, rel=2e-3, abs=1e-9)


def test_the_rule_of_half_undone_gives_back():
    there = ke.rule_of_half([100.0], [140.0], [50.0], [40.0])
    assert there == pytest.approx(-ke.rule_of_half([140.0], [100.0], [40.0], [50.0]))
    with pytest.raises(UsageError, match="did not exist"):
        ke.rule_of_half(0.0, 10.0, math.inf, 40.0)
    with pytest.raises(UsageError, match="0 or more"):
        ke.elastic_flow(1.0, 2.0, 1.0, -0.5)
    with pytest.raises(UsageError, match="above zero"):
        ke.exact_surplus(1.0, 0.0, 1.0, 0.5)


def test_carbon_at_a_stated_price():
    gained = ke.carbon_musd([1e6, -1e6], [2024, 2030], price_usd_per_t=40.0, price_of_year=2024, growth=0.03)
    assert gained == pytest.approx([40.0, -40.0 * 1.03**6])


def test_the_reference_class_of_the_region():
    delay = ke.delay_distribution()
    assert delay.probability.sum() == pytest.approx(1)
    assert delay.mean_years == pytest.approx(14 / 6)
    assert (delay.quantile(0.5), delay.quantile(1.0)) == (1, 5)
    for name, promised, later, years, *_ in ke.SLIPS:
        assert later - promised == years, name


def test_delay_lowers_the_expected_worth():
    delay = ke.delay_distribution(pd.DataFrame({"slip_years": [0, 1, 1, 4], "at_least": [False, False, False, True]}))
    assert "1 of them not finished" in str(delay)
    expected, loss, table = ke.under_delay(case(), CONVENTIONS, delay, also=(0, 2))
    assert table["delay_years"].tolist() == [0, 1, 2, 4]
    assert table["probability"].tolist() == [0.25, 0.5, 0.0, 0.25]
    assert expected == pytest.approx((table["probability"] * table["npv_musd"]).sum())
    assert expected < table["npv_musd"].iloc[0]
    assert loss == pytest.approx(table.loc[table["npv_musd"] < 0, "probability"].sum())


def test_a_delay_past_the_horizon_leaves_the_cost():
    short = ke.Conventions(base_year=2026, last_year=2030, residual="none")
    _, _, table = ke.under_delay(case(), short, ke.delay_distribution(pd.DataFrame({"slip_years": [9]})))
    outlay = 100 / 3 * (1 + 1 / 1.09 + 1 / 1.09**2)
    assert table["npv_musd"].iloc[-1] == pytest.approx(-outlay)


def test_a_bad_reference_class_is_named_row_by_row():
    with pytest.raises(DataError) as caught:
        ke.delay_distribution(pd.DataFrame({"slip_years": [1, -2, "late", 1.5]}))
    assert [problem.row for problem in caught.value.problems] == [3, 4, 5]
    with pytest.raises(DataError, match="no cases"):
        ke.delay_distribution(pd.DataFrame({"slip_years": []}))
