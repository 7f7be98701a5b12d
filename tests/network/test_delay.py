"""Link performance functions: increasing, convex, finite, and value, derivative and integral agree."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import simpson

from keruen import errors
from keruen.network.curve import DEGREE, FIRST, ROW, SECOND
from keruen.network.delay import Delay, erlang_b

some = {"allow_nan": False, "allow_infinity": False}
bpr = st.builds(
    Delay.bpr,
    st.floats(0.01, 100, **some),
    st.floats(0.5, 5_000, **some),
    st.floats(0, 3, **some),
    st.one_of(st.just(0.0), st.just(4.0), st.floats(1, 17, **some)),
)
queue = st.builds(
    Delay.queue,
    st.floats(0, 100, **some),
    st.floats(0.5, 500, **some),
    st.floats(1, 1_000, **some),
    servers=st.integers(1, 20),
    service_time=st.floats(0.01, 10, **some),
    variability=st.floats(0.05, 4, **some),
    train_wait=st.one_of(st.just(0.0), st.floats(0, 20, **some)),
)
railway = st.builds(
    Delay.railway,
    st.floats(0.1, 50, **some),
    st.floats(2, 300, **some),
    st.floats(12, 1_000, **some),
    occupation=st.floats(0.05, 2, **some),
    variability=st.floats(0.05, 1.5, **some),
)


def _row(free: float, capacity: float, span: float, factors: list[float]) -> Delay:
    row = np.zeros(ROW)
    row[:3] = free, 1 / capacity, 2 / span
    row[[FIRST + 1, FIRST + 4, FIRST + DEGREE, SECOND + 1, SECOND + 3, SECOND + DEGREE]] = factors
    return Delay.dwell(row)


dwell = st.builds(
    _row,
    st.floats(0, 100, **some),
    st.floats(0.5, 500, **some),
    st.floats(100, 9_000, **some),
    st.lists(st.floats(0.001, 20, **some), min_size=6, max_size=6),
)
functions = st.one_of(bpr, queue, railway, dwell, st.builds(Delay.constant, st.floats(0, 100, **some)))


def curve(delay: Delay, top: float = 2.0, points: int = 1_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flow, time and slope from nothing to `top` times capacity."""
    row = delay.parameters[0]
    scale = row[2] if delay.kind[0] == 1 else row[1]
    flow = np.linspace(0, top / (scale or 1.0), points)
    return flow, *(np.array([f(v)[0] for v in flow]) for f in (delay.time, delay.slope))


@settings(max_examples=60, deadline=None)
@given(functions)
def test_increasing_convex_and_finite_past_capacity(delay: Delay) -> None:
    flow, time, slope = curve(delay, points=200)
    assert np.isfinite(time).all()
    assert np.isfinite(slope).all()
    scale = max(1.0, float(time.max()))
    assert (np.diff(time) >= -1e-10 * scale).all()
    assert (np.diff(slope) >= -1e-7 * max(1e-9, float(slope.max()))).all()
    assert np.isfinite(delay.time(1e3 * max(1.0, flow[-1]))).all()


@settings(max_examples=60, deadline=None)
@given(functions, st.floats(0.01, 2.0, **some))
@example(Delay.queue(0.0, 1.0, 93.0, servers=20, service_time=0.03125, variability=1.0, train_wait=0.0), 1.0)
def test_derivative_and_integral_agree_with_the_value(delay: Delay, x: float) -> None:
    row = delay.parameters[0]
    scale = row[2] if delay.kind[0] == 1 else row[1]
    flow = x / (scale or 1.0)
    grid = np.linspace(0, flow, 4_001)
    area = simpson([delay.time(v)[0] for v in grid], x=grid)  # fine enough for the bend of many servers at capacity
    assert delay.integral(flow)[0] == pytest.approx(area, rel=2e-3)
    step = 1e-5 * flow
    ends = delay.integral(flow + step)[0] - delay.integral(flow - step)[0]
    # the difference errs by step^2 W'' / 6, most at the bend of many servers at capacity
    assert ends / (2 * step) == pytest.approx(delay.time(flow)[0], rel=5e-6, abs=1e-9)
    slope = (delay.time(flow + step)[0] - delay.time(flow - step)[0]) / (2 * step)
    assert delay.slope(flow)[0] == pytest.approx(slope, rel=2e-3, abs=1e-7 * max(1.0, delay.time(flow)[0]) / flow)


def test_erlang_b_textbook() -> None:
    assert erlang_b(1.0, 0.5) == pytest.approx(1 / 3, rel=1e-15)
    assert erlang_b(4.0, 2.0) == pytest.approx((2**4 / 24) / (1 + 2 + 2 + 8 / 6 + 16 / 24), rel=1e-14)


@pytest.mark.parametrize("servers", [1, 2, 4, 10])
def test_long_period_gives_the_steady_state_queue(servers: int) -> None:
    rho = 0.7
    delay = Delay.queue(0.0, servers, 1e9, servers=servers)
    load = servers * rho
    blocking = erlang_b(float(servers), load)
    waiting = blocking / (1 - rho + rho * blocking)
    assert delay.time(rho * servers)[0] == pytest.approx(waiting / (servers * (1 - rho)), rel=1e-6)


def test_far_past_capacity_is_the_deterministic_queue() -> None:
    delay = Delay.queue(2.0, 10.0, 24.0, servers=3)
    assert delay.time(30.0)[0] == pytest.approx(2.0 + 12.0 * (3.0 - 1.0), rel=0.01)


def test_queue_solves_its_equation() -> None:
    for servers in (1, 3):
        delay = Delay.queue(0.0, 5.0, 50.0, servers=servers, variability=0.7, train_wait=0.2)
        for flow in (0.5, 3.0, 5.0, 7.0):
            wait = delay.time(flow)[0]
            rho = flow / 5.0 - 2 * wait / 50.0
            load = servers * rho
            blocking = erlang_b(float(servers), load)
            waiting = blocking / (1 - rho + rho * blocking)
            service = servers / 5.0
            expected = 0.7 * waiting * service / servers / (1 - rho) + 0.2 * rho / (1 - rho)
            assert wait == pytest.approx(expected, rel=1e-9)


def test_no_b_or_no_power_is_a_constant() -> None:
    delay = Delay.bpr([2.0, 2.0], [0.0, 1.0], [0.0, 0.5], [0.0, 0.0])
    assert delay.time(7.0).tolist() == [2.0, 3.0]
    assert delay.slope(7.0).tolist() == [0.0, 0.0]
    assert delay.integral(7.0).tolist() == [14.0, 21.0]


def test_bad_parameters_are_all_listed() -> None:
    with pytest.raises(errors.DataError) as caught:
        Delay.bpr([1.0, -1.0, math.nan], [0.0, 1.0, 1.0], 0.15, [4.0, 4.0, 0.5])
    assert len(caught.value.problems) == 4
    with pytest.raises(errors.DataError, match="servers"):
        Delay.queue(1.0, 1.0, 1.0, servers=0)


def test_join_take_and_repr() -> None:
    delay = Delay.join([Delay.constant([1.0, 2.0]), Delay.bpr(3.0, 10.0)])
    assert repr(delay) == "Delay(2 constant, 1 BPR)"
    assert delay.take([2, 0]).time(0.0).tolist() == [3.0, 1.0]


def test_a_declared_dwell_stands_beside_other_kinds() -> None:
    """Rows of unlike width are joined, and each arc keeps its own function."""
    wide = _row(3.0, 10.0, 8760.0, [1.0, 0.0, 0.0, 2.0, 0.0, 0.0])
    both = Delay.join([Delay.bpr(1.0, 4.0), Delay.queue(0.5, 6.0, 24.0), wide])
    flow = np.array([2.0, 7.0, 9.0])
    alone = [Delay.bpr(1.0, 4.0), Delay.queue(0.5, 6.0, 24.0), wide]
    for part in ("time", "slope", "integral"):
        expected = [float(getattr(one, part)(v)[0]) for one, v in zip(alone, flow, strict=True)]
        assert getattr(both, part)(flow) == pytest.approx(expected, rel=1e-12)
    # in the long run, at 0.9 of capacity: 3 + 0.9 + 2 x 0.9 / 0.1
    row = wide.parameters.copy()
    row[0, 2] = 2e-9
    assert float(Delay.dwell(row).time(9.0)[0]) == pytest.approx(3 + 0.9 + 18, rel=1e-6)
    assert "1 dwell" in repr(both)


def test_a_dwell_that_need_not_be_convex_is_refused() -> None:
    row = np.zeros(ROW)
    row[1], row[2], row[SECOND + 2] = 0.1, 1e-3, -1.0
    with pytest.raises(errors.DataError, match="0 or more"):
        Delay.dwell(row)
