"""Indicators against hand-computed values, the spreadsheet's trap, identities, and properties."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import keruen.appraisal.economics as ke
from keruen.errors import UsageError

RATES = st.floats(0.0, 0.5)
BASE = ke.Conventions(base_year=2026, last_year=2040, residual="none")


def simple(cost=100.0, gain=20.0, **more):
    settings = {"start_year": 2026, "opening_year": 2027, "life_years": 30} | more
    return ke.Case("one", cost, benefits=(ke.Benefit("hours", {2026: gain}),), **settings)


def test_npv_by_hand():
    # 10,000 now for 3,000, 4,200 and 6,800: 3,000/1.1 + 4,200/1.21 + 6,800/1.331 - 10,000
    by_hand = 3000 / 1.1 + 4200 / 1.21 + 6800 / 1.331 - 10_000
    assert ke.npv(0.1, [-10_000, 3_000, 4_200, 6_800]) == pytest.approx(by_hand) == pytest.approx(1307.287754)


def test_the_spreadsheet_discounts_the_first_year_too():
    amounts = [-10_000, 3_000, 4_200, 6_800]
    spreadsheet = sum(amount / 1.1 ** (index + 1) for index, amount in enumerate(amounts))  # what NPV(0.1, A1:A4) gives
    assert spreadsheet == pytest.approx(1188.44, abs=0.005)  # the value printed in the spreadsheet's own help
    assert ke.npv(0.1, amounts) == pytest.approx(spreadsheet * 1.1)
    assert ke.npv(0.1, amounts) == pytest.approx(-10_000 + sum(x / 1.1**k for k, x in enumerate(amounts) if k))


def test_the_base_year_is_not_discounted_and_earlier_spending_is_compounded():
    flows = simple(start_year=2025, opening_year=2027).cash_flows(BASE)
    assert flows.years[0] == 2025
    assert flows.factors(0.09)[:3] == pytest.approx([1.09, 1.0, 1 / 1.09])
    assert ke.worth(flows, 0.09).investment_musd == pytest.approx(50 * 1.09 + 50)


def test_an_annuity_has_its_closed_form():
    found = ke.worth(simple().cash_flows(BASE), 0.09)
    annuity = (1 - 1.09**-14) / 0.09  # 2027-2040
    assert found.npv_musd == pytest.approx(20 * annuity - 100)
    assert found.bcr == pytest.approx(20 * annuity / 100)
    assert found.npv_per_investment == pytest.approx((20 * annuity - 100) / 100)
    assert found.first_year_return == pytest.approx(20 / 109)
    assert found.payback_years == pytest.approx(5.0)
    # 100 = 20 (1 - 1.09**-n) / 0.09 at n = 6.94; inside a year money is spread evenly
    assert 6.8 < found.discounted_payback_years < 7.0


def test_first_year_return_compounds_the_cost_to_the_opening_year():
    case = simple(cost=90.0, gain=12.0, opening_year=2029, upkeep_musd=2.0)
    by_hand = (12 - 2) / (30 * 1.09**3 + 30 * 1.09**2 + 30 * 1.09)
    assert ke.worth(case.cash_flows(BASE), 0.09).first_year_return == pytest.approx(by_hand)


def test_payback_counts_the_last_time_the_sum_turns():
    assert ke.payback([-10, 12, -5, 4]) == pytest.approx(2.75)
    assert ke.payback([-10, 4, 4]) is None
    assert ke.payback([0, 0]) == 0.0
    assert ke.payback([0, -10, 5, 5]) == pytest.approx(2.0)


def test_npv_is_zero_at_the_eirr():
    flows = simple(upkeep_musd=1.0, opening_year=2029).cash_flows(BASE)
    found = ke.worth(flows, 0.09)
    assert ke.worth(flows, found.eirr.rate).npv_musd == pytest.approx(0, abs=1e-9)


def test_a_project_without_effect_is_worth_minus_its_cost():
    for residual in ("none", "straight-line", "remaining-benefits"):
        conventions = ke.Conventions(base_year=2026, last_year=2040, residual=residual)
        nothing = ke.Case("monument", 100.0, 2026, 2028, upkeep_musd=1.0)
        found = ke.worth(nothing.cash_flows(conventions), 0.09)
        assert found.npv_musd == pytest.approx(-found.cost_musd)
        assert found.eirr.status == "none"
        assert found.bcr == 0
    assert ke.worth(ke.Case("monument", 100.0, 2026, 2027).cash_flows(BASE), 0.09).npv_musd == pytest.approx(-100)


@given(st.floats(0.01, 0.99), RATES, st.sampled_from(["none", "straight-line", "remaining-benefits"]))
def test_splitting_a_project_in_two_changes_nothing(share, rate, residual):
    conventions = ke.Conventions(base_year=2026, last_year=2040, residual=residual)
    whole = simple(cost=140.0, gain=17.0, upkeep_musd=2.0, opening_year=2029).cash_flows(conventions)
    parts = [
        simple(cost=140.0 * part, gain=17.0 * part, upkeep_musd=2.0 * part, opening_year=2029).cash_flows(conventions)
        for part in (share, 1 - share)
    ]
    one, two = ke.worth(whole, rate), ke.worth(ke.add(parts), rate)
    assert two.npv_musd == pytest.approx(one.npv_musd, abs=1e-9)
    assert two.bcr == pytest.approx(one.bcr)
    assert two.first_year_return == pytest.approx(one.first_year_return)
    assert two.eirr.rate == pytest.approx(one.eirr.rate)


@given(RATES, RATES)
def test_a_higher_rate_is_never_better_for_outlay_then_gain(a, b):
    flows = simple().cash_flows(BASE)
    assume(a < b)
    assert ke.worth(flows, a).npv_musd >= ke.worth(flows, b).npv_musd


@given(st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0.001, 0.5))
def test_npv_and_bcr_and_eirr_agree_on_whether_to_build(cost, gain, rate):
    assume(cost > 1e-3 and gain > 1e-3)
    found = ke.worth(simple(cost=cost, gain=gain).cash_flows(BASE), rate)
    assume(abs(found.npv_musd) > 1e-6 * cost)
    assert (found.npv_musd > 0) == (found.bcr > 1) == (found.eirr.rate > rate)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(["KZ", "RU", "TM", "IR"]), st.floats(-1e3, 1e3)), min_size=1), RATES)
def test_countries_add_up_to_the_whole(gains, rate):
    benefits = tuple(ke.Benefit("hours", {2028: gain}, country=country, party="KTZ") for country, gain in gains)
    payers = {("KZ", "KTZ"): 0.7, ("RU", "RZD"): 0.3}
    case = ke.Case("one", 100.0, 2026, 2028, benefits, cost_shares=payers)
    flows = case.cash_flows(ke.Conventions(base_year=2026, last_year=2050))
    total = ke.worth(flows, rate).npv_musd
    for by in (("country",), ("party",), ("country", "party"), ("kind",), ("name",)):
        assert flows.present_value_by(rate, by)["npv_musd"].sum() == pytest.approx(total, abs=1e-6)
    with pytest.raises(UsageError, match="colour"):
        flows.present_value_by(rate, ("colour",))


def test_residual_values():
    case = simple(cost=100.0, gain=20.0, life_years=20, upkeep_musd=1.0)  # works 2027-2046, six years past 2040
    straight = case.cash_flows(ke.Conventions(base_year=2026, last_year=2040))
    assert straight.total("residual")[-1] == pytest.approx(100 * 6 / 20)
    ahead = case.cash_flows(ke.Conventions(base_year=2026, last_year=2040, residual="remaining-benefits"))
    assert ahead.total("residual")[-1] == pytest.approx(19 * (1 - 1.09**-6) / 0.09)
    longer = case.cash_flows(ke.Conventions(base_year=2026, last_year=2046, residual="none"))
    assert ke.worth(ahead, 0.09).npv_musd == pytest.approx(ke.worth(longer, 0.09).npv_musd)
    assert case.cash_flows(BASE).total("residual").sum() == 0


def test_the_asset_serves_its_life_and_no_longer():
    flows = simple(life_years=5).cash_flows(BASE)
    assert flows.total("benefit").tolist() == [0] + [20] * 5 + [0] * 9
    assert flows.total("residual").sum() == 0


def test_benefits_between_modelled_years_and_ramp():
    benefit = ke.Benefit("hours", {2028: 10.0, 2032: 30.0})
    conventions = ke.Conventions(base_year=2026, last_year=2034, residual="none", growth_after=0.1)
    flows = ke.Case("one", 10.0, 2026, 2027, (benefit,), ramp=(0.5, 0.8)).cash_flows(conventions)
    assert flows.total("benefit").tolist() == pytest.approx([0, 5, 8, 15, 20, 25, 30, 33, 36.3])


def test_bad_cases_are_named_together():
    with pytest.raises(UsageError, match=r"'p'.*opens in 2025.*cost of nan.*adds up to 0.9.*life of 0"):
        ke.Case("p", math.nan, 2026, 2025, profile=(0.5, 0.4), life_years=0)
    with pytest.raises(UsageError, match="after the horizon ends in 2040"):
        simple(opening_year=2045).cash_flows(BASE)
    with pytest.raises(UsageError, match="before its base year"):
        ke.Conventions(base_year=2030, last_year=2026)
    with pytest.raises(UsageError, match="more than -1"):
        ke.Conventions(base_year=2026, last_year=2030, discount_rate=-1.0)
    with pytest.raises(UsageError, match="consecutive"):
        ke.CashFlows(np.array([2026, 2028]), 2026, 2026, ())
    with pytest.raises(UsageError, match="nothing to add"):
        ke.add([])


def test_a_table_shows_every_line():
    table = simple(upkeep_musd=1.0).cash_flows(ke.Conventions(base_year=2026, last_year=2040)).table()
    assert table["kind"].tolist() == ["investment", "upkeep", "benefit", "residual"]
    assert table["2026"].tolist() == [-100, 0, 0, 0]
