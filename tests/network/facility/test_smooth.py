"""The link performance function: shape on 200 random facilities, derivative, integral."""

import numpy as np
import pytest

from keruen import errors
from keruen.network.facility import (
    Arrivals,
    Batch,
    Facility,
    Shifts,
    Slots,
    Stage,
    deterministic,
    exponential,
    fitted,
    geometric,
    smooth,
    steady_dwell,
)


def random_facility(rng):
    flow = rng.uniform(20, 400)
    stages = []
    for k in range(int(rng.integers(1, 7))):
        servers = int(rng.integers(1, 9))
        service = rng.uniform(0.3, 0.95) * servers * 24 / flow
        kind = rng.random()
        more = {"visit": rng.uniform(0.05, 1.0)} if rng.random() < 0.2 else {}
        if k and rng.random() < 0.2:
            more["room"] = int(rng.integers(60, 300))
        if kind < 0.15:
            shifts = Shifts((8, 20), (2 * servers, int(rng.integers(0, 2))), str(rng.choice(["finish", "suspend"])))
            stages.append(Stage(f"s{k}", fitted(service * 0.8, 0.5), shifts, **more))
        elif kind < 0.25:
            stages.append(
                Stage(f"s{k}", None, slots=Slots(int(rng.integers(20, 60)), every_h=rng.uniform(1, 4)), **more)
            )
        elif kind < 0.3:
            stages.append(Stage(f"s{k}", None, batch=Batch(30, 60, 6.0)))
        else:
            stages.append(Stage(f"s{k}", fitted(service, float(rng.choice([0, 0.25, 1, 2]))), servers, **more))
    stages.append(Stage("last", exponential(20 / flow), 1))
    size = [deterministic(1), deterministic(int(rng.integers(2, 58))), geometric(rng.uniform(2, 40))][rng.integers(3)]
    return Facility("random", tuple(stages), (Arrivals.renewal(flow, float(rng.choice([0.2, 0.5, 1.0, 2.0])), size),))


def test_increasing_and_convex_on_60_random_facilities():
    assert violations(60) == 0


@pytest.mark.slow
def test_increasing_and_convex_on_200_random_facilities():
    assert violations(200) == 0


def violations(facilities):
    """Count where the curve falls or bends down."""
    rng = np.random.default_rng(7)
    found = 0
    for _ in range(facilities):
        curve = smooth(random_facility(rng), span_h=rng.uniform(50, 2000))
        flows = np.linspace(0.002, 2.0, 1000) * curve.capacity_per_day
        time, slope = curve.time(flows), curve.slope(flows)
        assert np.all(np.isfinite(time))
        found += int((np.diff(time) < -1e-10 * time[1:]).sum() + (np.diff(slope) < -1e-10 * slope[1:]).sum())
    return found


def test_derivative_and_integral():
    rng = np.random.default_rng(8)
    for _ in range(20):
        curve = smooth(random_facility(rng), span_h=300.0)
        flows = np.array([0.05, 0.3, 0.6, 0.85, 1.2, 1.7]) * curve.capacity_per_day
        h = 1e-5 * flows
        slope = (curve.time(flows + h) - curve.time(flows - h)) / (2 * h)
        assert curve.slope(flows) == pytest.approx(slope, rel=1e-6, abs=1e-9)
        area = (curve.integral(flows + h) - curve.integral(flows - h)) / (2 * h)
        assert curve.time(flows) == pytest.approx(area, rel=1e-6)
        assert curve.integral(0.0) == 0


def test_fits_the_formula():
    stages = (Stage("customs", exponential(0.5), 4), Stage("gauge", fitted(0.4, 0.25), 3))
    post = Facility("post", stages, (Arrivals.renewal(130, 0.5, 40),))
    curve = smooth(post)
    assert curve.misfit < 0.01
    long = smooth(post, span_h=1e7)
    for share in (0.3, 0.6, 0.9):
        flow = share * curve.capacity_per_day
        assert long.time(flow)[0] == pytest.approx(steady_dwell(post, flow).mean_h, rel=0.01)


def test_far_past_capacity_is_the_deterministic_queue():
    post = Facility("post", (Stage("a", exponential(1.0), 4),), (Arrivals.renewal(60, 1.0),))
    curve = smooth(post, span_h=500.0)
    assert curve.time(3 * curve.capacity_per_day)[0] == pytest.approx(500.0, rel=0.02)


def test_other_dwells_may_be_fitted():
    post = Facility("post", (Stage("a", exponential(1.0), 4),), (Arrivals.renewal(60, 1.0),))
    rho = np.linspace(0.1, 0.9, 9)
    curve = smooth(post, span_h=1e9, dwell_h=(rho, 5 + rho / (1 - rho)))
    assert curve.time(0.5 * 96)[0] == pytest.approx(6.0, rel=1e-6)


def test_without_limit_there_is_no_function():
    with pytest.raises(errors.UsageError, match="nothing limits"):
        smooth(Facility("yard", (Stage("form", None, batch=Batch(5, 5)),), (Arrivals.renewal(60),)))
