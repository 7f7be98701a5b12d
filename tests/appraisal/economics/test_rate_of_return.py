"""The rate of return: known rates, series without one or with several, and that none is ever invented."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keruen.appraisal.economics import npv, rate_of_return

AMOUNTS = st.lists(st.integers(-1000, 1000), min_size=2, max_size=30)


@pytest.mark.parametrize(
    ("amounts", "rate"),
    [
        ([-100, 110], 0.10),
        ([-100, 0, 121], 0.10),
        ([0, 0, -100, 0, 144, 0], 0.20),  # years without money at either end change nothing
        ([-70_000, 12_000, 15_000, 18_000, 21_000, 26_000], 0.0866309),  # the spreadsheet's own example
        ([-70_000, 12_000, 15_000, 18_000, 21_000], -0.0212448),
        ([-123_400, 36_200, 54_800, 48_100], 0.0596),
        ([-1, 1e6], 999_999.0),  # far beyond any scan, found all the same
        ([-100, 20], -0.8),
    ],
)
def test_known_rates(amounts, rate):
    found = rate_of_return(amounts)
    assert found.status == "unique"
    assert found.rate == pytest.approx(rate, abs=5e-5, rel=1e-6)


@pytest.mark.parametrize("amounts", [[], [0, 0], [-5, -6], [5, 6], [-5, 0, -1]])
def test_no_change_of_sign_no_rate(amounts):
    found = rate_of_return(amounts)
    assert (found.status, found.rate, found.rates) == ("none", None, ())
    assert str(found) == "does not exist"


def test_several_changes_and_no_real_rate():
    found = rate_of_return([100, -200, 150])  # 100 x^2 - 200 x + 150 has no real root
    assert found.status == "none"
    assert "2 changes of sign" in found.reason


@pytest.mark.parametrize(
    ("amounts", "rates"),
    [
        ([-1000, 2300, -1320], (0.1, 0.2)),
        ([-4000, 25_000, -25_000], (0.25, 4.0)),  # Lorie and Savage's pump: 25 % and 400 %
        ([-1, 6, -11, 6], (0.0, 1.0, 2.0)),  # (x - 1)(x - 2)(x - 3)
    ],
)
def test_several_rates_are_listed_and_none_is_given(amounts, rates):
    found = rate_of_return(amounts)
    assert found.status == "several"
    assert found.rate is None
    assert found.rates == pytest.approx(rates, abs=1e-7)
    assert str(found).startswith("not unique")


def test_a_double_root_is_one_rate():
    found = rate_of_return([-100, 240, -144])  # -(10 - 12 x)^2: touches zero at 20 %
    assert found.rates == pytest.approx((0.2,), abs=1e-5)


def test_norstrom_decides_where_descartes_cannot():
    found = rate_of_return([-100, 80, 80, -20])  # running sum -100, -20, 60, 40: one change
    assert found.status == "unique"
    assert "Norstrom" in found.reason
    assert npv(found.rate, [-100, 80, 80, -20]) == pytest.approx(0, abs=1e-9)


def test_gains_before_outlays_are_said():
    found = rate_of_return([100, -110])
    assert found.rate == pytest.approx(0.1)
    assert "borrowing" in found.reason


@given(AMOUNTS)
def test_every_rate_given_makes_the_value_zero(amounts):
    found = rate_of_return(amounts)
    for rate in found.rates:
        years = np.arange(len(amounts))
        weights = (1 + rate) ** -years.astype(float)
        terms = np.abs(amounts) @ weights
        assert abs(np.asarray(amounts) @ weights) <= 1e-6 * terms
    assert (found.rate is not None) == (found.status == "unique")


@given(AMOUNTS)
def test_the_roots_of_the_polynomial_agree(amounts):
    found = rate_of_return(amounts)
    if found.status == "none" or not np.any(amounts):
        return
    used = np.flatnonzero(amounts)
    polynomial = np.array(amounts[used[0] : used[-1] + 1][::-1], dtype=float)  # in x = 1 / (1 + rate), constant last
    roots = np.roots(polynomial) if len(polynomial) > 1 else np.array([])
    for rate in found.rates:
        assert np.abs(roots - 1 / (1 + rate)).min() < 1e-3 * max(1, 1 / (1 + rate))


@given(st.floats(0.001, 1e3), AMOUNTS)
def test_the_unit_of_money_does_not_matter(scale, amounts):
    one, two = rate_of_return(amounts), rate_of_return(np.array(amounts, dtype=float) * scale)
    assert one.status == two.status
    if one.rate is not None:
        assert two.rate == pytest.approx(one.rate, rel=1e-6, abs=1e-6)
