"""Queues declared through ``kr.series`` and run by ``kr.simulate`` as a user would, against exact values over 40 seeds.

What is held against the exact value is what the user reads: the mean dwell, deviation, quantiles, classes, share turned
away. Each case is an independent derivation: textbook formula, chain, matrix-geometric solution, Kolmogorov equations.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.optimize import brentq

import keruen as kr
from keruen.network.facility import deterministic, empirical, exponential, geometric
from tests.network.facility import exact

Law = kr.Law


@dataclass(frozen=True)
class Asked:
    """A queue and what is known of it, by the name under which a simulation gives it."""

    line: kr.Facility
    known: dict[str, float]
    options: dict[str, float] = field(default_factory=dict)


def poisson(rate: float, **more: object) -> kr.Arrivals:
    return kr.Arrivals(exponential(1 / rate), **more)


def m_m_c_tail(rate: float, servers: int) -> Callable[[float], float]:
    """P(sojourn > t) of M/M/c with mean service 1 (Gross and Harris, section 2.4)."""
    load = rate
    b = 1.0
    for k in range(1, servers + 1):
        b = load * b / (k + load * b)
    c = b / (1 - load / servers * (1 - b))
    gap = servers - load
    if abs(gap - 1) < 1e-9:
        return lambda t: math.exp(-t) * (1 + c * t)
    return lambda t: math.exp(-t) * (1 + c / (gap - 1) * (1 - math.exp(-(gap - 1) * t)))


def quantiles(tail: Callable[[float], float]) -> dict[str, float]:
    return {f"p{p}": float(brentq(lambda t, p=p: tail(t) - (1 - p / 100), 0, 1e3)) for p in (50, 90, 95)}


def m_g_1(rate: float, mean: float, scv: float) -> float:
    return rate * mean**2 * (1 + scv) / (2 * (1 - rate * mean)) + mean


def crommelin(rate: float, servers: int) -> float:
    """Mean sojourn of M/D/c, service 1, from the chain N' = max(N - c, 0) + Poisson (Crommelin 1932)."""
    most = 400
    weights = np.exp(-rate + np.arange(most) * math.log(rate) - np.array([math.lgamma(k + 1) for k in range(most)]))
    step = np.zeros((most, most))
    for n in range(most):
        after = max(n - servers, 0)
        step[n, after:] = weights[: most - after]
        step[n, -1] += max(1 - step[n].sum(), 0)
    p = np.ones(most) / most
    for _ in range(4000):
        q = p @ step
        if np.abs(q - p).max() < 1e-14:
            break
        p = q
    return float(p @ np.arange(most)) / rate


def bulk_chain(rate: float, sizes: dict[int, float], servers: int) -> float:
    """Mean sojourn of M^X/M/c, service 1, from its chain."""
    most = 600
    q = np.zeros((most, most))
    for n in range(most):
        for size, chance in sizes.items():
            q[n, min(n + size, most - 1)] += rate * chance
        if n:
            q[n, n - 1] += min(n, servers)
        q[n, n] -= q[n].sum()
    a = q.T.copy()
    a[-1] = 1
    p = np.linalg.solve(a, np.eye(most)[-1])
    return float(p @ np.arange(most)) / (rate * sum(size * chance for size, chance in sizes.items()))


def loss_chain(rate: float, servers: int, room: int) -> tuple[float, float]:
    """Mean sojourn of those who enter M/M/c/K, and the loss, service 1."""
    p = np.cumprod([1.0] + [rate / min(n, servers) for n in range(1, room + 1)])
    p /= p.sum()
    return float(p @ np.arange(room + 1)) / (rate * (1 - p[-1])), float(p[-1])


def priorities(rates: tuple[float, ...], mean: float, scv: float) -> list[float]:
    """Mean sojourn by class of M/G/1 without interruption (Cobham 1954)."""
    residual = sum(rates) * mean**2 * (1 + scv) / 2
    below = np.cumsum([0.0, *rates]) * mean
    return [residual / ((1 - a) * (1 - b)) + mean for a, b in itertools.pairwise(below)]


def asked() -> Iterator[tuple[str, Asked]]:
    """Yield the cases by name."""
    mm1 = {"mean": 1 / 0.3, "sd": 1 / 0.3} | {f"p{p}": -math.log(1 - p / 100) / 0.3 for p in (50, 90, 95)}
    yield "M/M/1", Asked(kr.series(Law.of("M", 1 / 0.7), Law.of("M", 1.0)), mm1)
    tail = m_m_c_tail(2.4, 3)
    mean = float(np.trapezoid([tail(t) for t in np.linspace(0, 60, 60_001)], dx=1e-3))
    yield "M/M/3", Asked(kr.series(Law.of("M", 1 / 2.4), (Law.of("M", 1.0), 3)), {"mean": mean} | quantiles(tail))
    laws = {"E2": (Law.of("E2", 1.0), 0.5), "H2": (Law.of("H2", 1.0, scv=3.0), 3.0), "D": (Law.of("D", 1.0), 0.0),
            "LN": (Law.of("LN", 1.0, scv=0.8), 0.8), "G": (Law.of("G", 1.0, scv=0.4), 0.4),
            "empirical": (empirical([0.4, 1.0, 2.2], [3, 4, 2]), None)}  # fmt: skip
    for name, (law, scv) in laws.items():
        service = law.mean
        square = sum(w * v * v for w, v in zip((3 / 9, 4 / 9, 2 / 9), (0.4, 1.0, 2.2), strict=True))
        known = m_g_1(0.65, service, square / service**2 - 1 if scv is None else scv)
        yield f"M/{name}/1", Asked(kr.series(Law.of("M", 1 / 0.65), law), {"mean": known})
    for name, transform, law in (
        ("D", lambda s: math.exp(-s / 0.8), Law.of("D", 1 / 0.8)),
        ("E2", lambda s: (1 + s / 1.6) ** -2, Law.of("E2", 1 / 0.8)),
    ):
        sigma = float(brentq(lambda x, f=transform: f(1 - x) - x, 0, 0.99))
        known = {"mean": 1 / (1 - sigma)} | {f"p{p}": -math.log(1 - p / 100) / (1 - sigma) for p in (50, 90, 95)}
        yield f"{name}/M/1", Asked(kr.series(law, Law.of("M", 1.0)), known)
    h2, e2 = exact.hyper(1.0, 3.0), exact.erlang(2, 1 / 1.5)
    known = exact.ph_ph_c(e2, h2, 2) + 1
    yield "E2/H2/2", Asked(kr.series(Law.of("E2", 1 / 1.5), (Law.of("H2", 1.0, scv=3.0), 2)), {"mean": known})
    known = exact.ph_ph_c(exact.hyper(1 / 0.7, 2.5), exact.erlang(3), 1) + 1
    yield "H2/E3/1", Asked(kr.series(Law.of("H2", 1 / 0.7, scv=2.5), Law.of("E3", 1.0)), {"mean": known})
    yield "M/D/3", Asked(kr.series(Law.of("M", 1 / 2.4), (Law.of("D", 1.0), 3)), {"mean": crommelin(2.4, 3)})
    sizes = {k: 0.3 * 0.7 ** (k - 1) for k in range(1, 120)}
    come = poisson(0.21, size=geometric(1 / 0.3))
    yield "M^geom/M/1", Asked(kr.series(come, Law.of("M", 1.0)), {"mean": bulk_chain(0.21, sizes, 1)})
    come = poisson(0.25, size=empirical([2, 8], [1, 1]))
    yield "M^X/M/2", Asked(kr.series(come, (Law.of("M", 1.0), 2)), {"mean": bulk_chain(0.25, {2: 0.5, 8: 0.5}, 2)})
    # a Jackson network in line: the sojourn of each station as alone
    second = float(np.trapezoid([m_m_c_tail(1.4, 2)(t) for t in np.linspace(0, 60, 60_001)], dx=1e-3))
    line = kr.series(Law.of("M", 1 / 1.4), Law.of("M", 0.5), (Law.of("M", 1.0), 2))
    yield "M/M/1 - M/M/2", Asked(line, {"mean": 0.5 / 0.3 + second})
    blocking = kr.series(Law.of("M", 1 / 0.55), Law.of("M", 1.0), kr.Stage("b", exponential(0.9), room=3))
    yield "tandem that blocks", Asked(blocking, {"mean": exact.tandem_blocking(0.55, 1.0, 1 / 0.9, 3, most=200)})
    sojourn, lost = loss_chain(2.5, 2, 5)
    full = kr.series(Law.of("M", 1 / 2.5), kr.Stage("s", exponential(1.0), 2, room=5), when_full="leave")
    yield "M/M/2/5", Asked(full, {"mean": sojourn, "lost": lost})
    rates = (0.2, 0.25, 0.2)
    come = [poisson(rate, klass=f"c{k}", priority=k) for k, rate in enumerate(rates)]
    by_class = priorities(rates, 1.0, 2.0)
    known = {f"c{k}": value for k, value in enumerate(by_class)}
    yield "M/H2/1 with priorities", Asked(kr.series(come, Law.of("H2", 1.0, scv=2.0)), known)
    for rule in ("finish", "suspend"):
        known = exact.periodic_mmc(2.0, 1.0, (6, 18), (5, 1), rule, room=100) + 1
        shifts = kr.Shifts((6, 18), (5, 1), at_end=rule)
        yield f"M/M/c(t), {rule}", Asked(kr.series(Law.of("M", 0.5), (Law.of("M", 1.0), shifts)), {"mean": known})
    known = exact.transient_mmc(1.9, 1.0, 2, 48.0)
    line = kr.series(Law.of("M", 1 / 1.9), (Law.of("M", 1.0), 2))
    yield (
        "M/M/2 from empty",
        Asked(line, {"mean": known}, {"steady": False, "length_h": 48.0, "most_replications": 4000}),
    )
    yield "D/D/1", Asked(kr.series(deterministic(1.0), deterministic(0.8)), {"mean": 0.8, "p50": 0.8})


CASES = dict(asked())


def gaps(one: Asked, seed: int, target: float) -> dict[str, float]:
    """Estimate less exact in half-widths, by what is asked."""
    run = kr.simulate(one.line, target=target, seed=seed, samples=0, **one.options)
    assert run.met
    assert run.little_gap < 1e-9
    found = {"mean": run.dwell, "sd": run.deviation} | {f"p{100 * p:.0f}": v for p, v in run.quantiles.items()}
    seen = {name: (value.value, value.half_width) for name, value in found.items()}
    for klass, row in run.by_class.iterrows():
        seen[str(klass)] = (row["dwell_h"], row["half_width_h"])
    seen["lost"] = (run.loss.value, run.loss.half_width)
    return {
        name: (seen[name][0] - true) / max(seen[name][1], 1e-6 * max(true, 1e-3)) for name, true in one.known.items()
    }


def shares(seeds: range, target: float) -> dict[str, tuple[float, float]]:
    """Share inside the interval and mean gap by case and by what is asked."""
    table = {}
    for case, one in CASES.items():
        every = [gaps(one, seed, target) for seed in seeds]
        for name in one.known:
            values = np.array([gap[name] for gap in every])
            table[f"{case}, {name}"] = (float(np.mean(np.abs(values) <= 1)), float(values.mean()))
    return table


def test_intervals_of_a_few_seeds():
    table = shares(range(2), 0.08)
    held = np.array([share for share, _ in table.values()])
    assert held.mean() >= 0.88, table  # some 90 intervals of 95 %; the slow test looks at each


@pytest.mark.slow
def test_intervals_of_forty_seeds():
    table = shares(range(1000, 1040), 0.02)
    held = np.array([share for share, _ in table.values()])
    assert 0.93 <= held.mean() <= 0.97
    assert held.min() >= 0.82, table  # of 40 some 35 cases: 0.95 is missed by this much once in 1,000
    assert abs(np.mean([gap for _, gap in table.values()])) < 0.08
