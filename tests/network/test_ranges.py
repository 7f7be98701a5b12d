"""What is drawn has the percentiles and the mean that the study declares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keruen.network.ranges import at_rank

RANKS = (np.arange(20_000) + 0.5) / 20_000


@pytest.mark.parametrize(
    ("low", "mean", "high"), [(96, 144, 480), (30, 40, 50), (24, 72, 168), (1, 4, 24), (48, 72, 120), (5, 8, 10)]
)
def test_percentiles_and_mean_are_the_declared_ones(low, mean, high):
    drawn = at_rank(RANKS, low, mean, high)
    assert np.quantile(drawn, [0.1, 0.9]) == pytest.approx([low, high], rel=1e-2)
    assert drawn.mean() == pytest.approx(mean, rel=1e-2)


def test_a_mean_at_the_low_end_keeps_the_percentiles():
    drawn = at_rank(RANKS, 6.8, 6.8, 11.4)
    assert np.quantile(drawn, [0.1, 0.9]) == pytest.approx([6.8, 11.4], rel=1e-2)
    assert 6.8 < drawn.mean() < 7.5


@given(st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0, 1e4))
def test_values_are_never_negative_and_rise_with_rank(a, b, c):
    low, mean, high = sorted((a, b, c))
    drawn = at_rank(RANKS[::100], low, mean, high)
    assert (drawn >= 0).all()
    assert (np.diff(drawn) >= -1e-9 * (1 + high)).all()
