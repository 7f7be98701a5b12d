"""Closed forms against solutions found another way, to 1e-8."""

import math

import numpy as np
import pytest

from keruen import errors
from keruen.network.facility import deterministic, empirical, erlang, exponential, gamma, geometric, hyperexponential
from keruen.network.facility import queues as q
from tests.network.facility import exact

EXACT = {"rel": 1e-8}


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (4, 3.2), (20, 19.0), (200, 190.0)])
def test_erlang_c_is_the_textbook_sum(servers, load):
    top = math.exp(servers * math.log(load) - math.lgamma(servers + 1)) * servers / (servers - load)
    low = sum(math.exp(k * math.log(load) - math.lgamma(k + 1)) for k in range(servers)) + top
    assert q.erlang_c(servers, load) == pytest.approx(top / low, rel=1e-12)


@pytest.mark.parametrize(("servers", "rho"), [(1, 0.8), (3, 0.5), (10, 0.95)])
def test_m_m_c_by_its_chain(servers, rho):
    rate, count = rho * servers, 3000
    p = np.cumprod(np.append(1.0, rate / np.minimum(np.arange(1, count), servers)))
    p /= p.sum()
    queue = np.maximum(np.arange(count) - servers, 0) @ p
    mean, variance = q.m_m_c(rate, 1.0, servers)
    assert mean == pytest.approx(queue / rate, **EXACT)
    # the wait is a sum of as many exponential times as stand ahead
    ahead = np.maximum(np.arange(count) - servers + 1, 0)
    assert variance == pytest.approx((ahead * (ahead + 1)) @ p / servers**2 - mean**2, **EXACT)


@pytest.mark.parametrize("law", [exponential(1.0), erlang(3, 1.0), hyperexponential(1.0, 4.0)], ids=repr)
def test_pollaczek_khinchine_by_matrices(law):
    phases = {2: exact.erlang(3), 1: exact.erlang(1), 3: exact.hyper(1.0, 4.0)}[law.kind]
    assert q.m_g_1(0.8, law)[0] == pytest.approx(exact.ph_ph_c(exact.erlang(1, 1 / 0.8), phases, 1), **EXACT)


def test_m_g_1_variance_of_m_m_1():
    assert q.m_g_1(0.8, exponential(1.0)) == pytest.approx(q.m_m_c(0.8, 1.0, 1), **EXACT)


@pytest.mark.parametrize("servers", [1, 2, 4, 10])
@pytest.mark.parametrize("rho", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("kind", ["E2", "E4", "H2", "M"])
def test_gi_m_c_by_matrices(kind, servers, rho):
    mean = 1 / (rho * servers)
    law, phases = {
        "M": (exponential(mean), exact.erlang(1, mean)),
        "E2": (erlang(2, mean), exact.erlang(2, mean)),
        "E4": (erlang(4, mean), exact.erlang(4, mean)),
        "H2": (hyperexponential(mean, 2.0), exact.hyper(mean, 2.0)),
    }[kind]
    assert q.gi_m_c(law, 1.0, servers)[0] == pytest.approx(exact.ph_ph_c(phases, exact.erlang(1), servers), **EXACT)


def test_gi_m_c_variance_is_that_of_m_m_c():
    assert q.gi_m_c(exponential(1 / 3.2), 1.0, 4) == pytest.approx(q.m_m_c(3.2, 1.0, 4), **EXACT)


def test_d_m_1_root():
    mean, _ = q.gi_m_c(deterministic(1 / 0.8), 1.0, 1)
    sigma = mean / (1 + mean)
    assert math.exp(-(1 - sigma) / 0.8) == pytest.approx(sigma, **EXACT)


@pytest.mark.parametrize(("servers", "rho"), [(1, 0.8), (2, 0.7), (4, 0.8), (10, 0.9)])
def test_m_d_c_by_its_embedded_chain(servers, rho):
    load, count = rho * servers, 700
    a = np.exp(np.arange(count) * math.log(load) - load - np.array([math.lgamma(k + 1) for k in range(count)]))
    p = np.eye(count)[0]
    step = np.zeros((count, count))
    for n in range(count):
        left = max(n - servers, 0)
        step[n, left:] = a[: count - left]
        step[n, -1] += 1 - step[n].sum()
    m = (step.T - np.eye(count)).copy()
    m[-1] = 1
    p = np.linalg.solve(m, np.eye(count)[-1])
    queue = np.maximum(np.arange(count) - servers, 0) @ p
    assert q.m_d_c(load, 1.0, servers) == pytest.approx(queue / load, **EXACT)


def test_m_d_1_is_pollaczek_khinchine():
    assert q.m_d_c(0.8, 1.0, 1) == pytest.approx(q.m_g_1(0.8, deterministic(1.0))[0], **EXACT)


@pytest.mark.parametrize("size", [deterministic(20), geometric(10.0), empirical([1, 57], [0.9, 0.1])], ids=repr)
def test_batches_at_one_server_agree(size):
    rate = 0.8 / size.mean
    assert q.batch_mmc(rate, size, 1.0, 1) == pytest.approx(q.batch_g1(rate, size, exponential(1.0)), **EXACT)


def test_batches_of_one_are_m_m_c():
    assert q.batch_mmc(3.2, deterministic(1), 1.0, 4) == pytest.approx(q.m_m_c(3.2, 1.0, 4)[0], **EXACT)


def test_batches_by_generator():
    servers, rate, size = 3, 0.2, 6
    count = 900
    g = np.zeros((count, count))
    for n in range(count):
        if n + size < count:
            g[n, n + size] += rate
        if n:
            g[n, n - 1] += min(n, servers)
        g[n, n] = -g[n].sum()
    m = g.T.copy()
    m[-1] = 1
    p = np.linalg.solve(m, np.eye(count)[-1])
    queue = np.maximum(np.arange(count) - servers, 0) @ p
    assert q.batch_mmc(rate, deterministic(size), 1.0, servers) == pytest.approx(queue / (rate * size), **EXACT)


@pytest.mark.parametrize("servers", [1, 3])
def test_cobham_conserves_work(servers):
    rates = np.array([0.2, 0.3, 0.25]) * servers
    law = exponential(1.0)
    waits = q.cobham(list(rates), law, servers)
    assert np.all(np.diff(waits) > 0)
    assert rates @ waits / rates.sum() == pytest.approx(q.m_m_c(rates.sum(), 1.0, servers)[0], **EXACT)


def test_cobham_two_classes_by_hand():
    assert q.cobham([0.3, 0.4], erlang(2, 1.0)) == pytest.approx([0.525 / 0.7, 0.525 / (0.7 * 0.3)], **EXACT)


@pytest.mark.parametrize(("rate", "servers", "room"), [(0.8, 1, 5), (5.0, 3, 10), (50.0, 20, 300)])
def test_m_m_c_k_by_generator(rate, servers, room):
    g = np.zeros((room + 1, room + 1))
    for n in range(room + 1):
        if n < room:
            g[n, n + 1] = rate
        if n:
            g[n, n - 1] = min(n, servers)
        g[n, n] = -g[n].sum()
    m = g.T.copy()
    m[-1] = 1
    p = np.linalg.solve(m, np.eye(room + 1)[-1])
    wait, loss = q.m_m_c_k(rate, 1.0, servers, room)
    assert loss == pytest.approx(p[-1], **EXACT)
    assert wait == pytest.approx(np.maximum(np.arange(room + 1) - servers, 0) @ p / (rate * (1 - p[-1])), **EXACT)


def test_jackson_with_feedback():
    waits, sojourn = q.jackson([0.5, 0.0], [[0, 1.0], [0.2, 0]], [1.0, 0.8], [1, 2])
    rate = 0.5 / 0.8
    expected = rate / (1 / 1.0 - rate) / 0.5  # M/M/1 number over outside flow
    second = q.m_m_c(rate, 0.8, 2)[0] + 0.8
    assert waits[0] == pytest.approx(rate / (1 - rate), **EXACT)
    assert sojourn == pytest.approx(expected + second * rate / 0.5, **EXACT)


def test_gamma_with_whole_shape_is_erlang():
    assert q.gi_m_c(gamma(0.4, 0.25), 1.0, 4) == pytest.approx(q.gi_m_c(erlang(4, 0.4), 1.0, 4), **EXACT)


def test_no_steady_state_past_capacity():
    with pytest.raises(errors.UsageError, match="steady state"):
        q.m_m_c(4.0, 1.0, 4)


@pytest.mark.parametrize("load", [0.001, 0.05, 0.8])
@pytest.mark.parametrize("servers", [1, 3])
def test_regular_arrivals_at_a_light_load_wait_for_nothing(load, servers):
    mean, variance = q.gi_m_c(deterministic(1.0 / load / servers), 1.0, servers)
    assert math.isfinite(mean)
    assert mean >= 0.0
    assert variance >= 0.0
    if load < 0.01:
        assert mean == pytest.approx(0.0, abs=1e-12)
