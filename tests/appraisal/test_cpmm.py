"""CPMM indicators: the identity, hand-computed values, and the difference between the two means."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keruen.appraisal.cpmm import BorderStop, Sample, indicators

HOURS = st.floats(0.1, 1e4)


@given(st.lists(st.tuples(st.floats(1, 2e4), HOURS, HOURS), min_size=1, max_size=20))
def test_the_identity_holds(trips):
    samples = [Sample(km, moving, stopped, 10.0) for km, moving, stopped in trips]
    found = indicators(samples)
    km, stopped = sum(s.distance_km for s in samples), sum(s.stopped_h for s in samples)
    assert 1 / found.swd_km_per_h - 1 / found.swod_km_per_h == pytest.approx(stopped / km, rel=1e-9)
    for one in samples:
        assert 1 / one.swd_km_per_h - 1 / one.swod_km_per_h == pytest.approx(one.stopped_h / one.distance_km, rel=1e-6)


def test_hand_computed():
    stops = (BorderStop("f", "KZ", "inbound", 78.0, 15.65), BorderStop("f", "CN", "outbound", 32.0, 0.0))
    found = indicators([Sample(1000, 20, 130, 88.3, stops), Sample(500, 10, 10, 20.0)])
    assert found.tfi1_h == pytest.approx(55.0)
    assert found.tfi2_usd_per_20t == pytest.approx(156.5)
    assert found.tfi3_usd == pytest.approx((883 + 400) / 2)
    assert found.swd_km_per_h == pytest.approx(1500 / 170)
    assert found.swd_mean_km_per_h == pytest.approx((1000 / 150 + 25) / 2)
    assert found.border_stops == 2


def test_no_border_stop_is_not_zero_hours():
    assert math.isnan(indicators([Sample(500, 10, 10, 20.0)]).tfi1_h)
    with pytest.raises(ValueError, match="at least one sample"):
        indicators([])
