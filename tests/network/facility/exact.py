"""Exact queues by matrix-geometric solution, chains and Kolmogorov equations: independent of the package."""

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.integrate import simpson, solve_ivp


def erlang(k, mean=1.0):
    """Phases of E_k: initial distribution, generator."""
    rate = k / mean
    return np.eye(k)[0], -rate * np.eye(k) + rate * np.eye(k, k=1)


def hyper(mean, scv):
    """Phases of H2 with balanced means."""
    p = (1 + math.sqrt((scv - 1) / (scv + 1))) / 2
    return np.array([p, 1 - p]), np.diag([-2 * p / mean, -2 * (1 - p) / mean])


def ph_ph_c(arrival, service, servers):
    """Mean wait of PH/PH/c, by logarithmic reduction (Latouche and Ramaswami 1993)."""
    (alpha, t), (beta, s) = arrival, service
    out_a, out_s = -t.sum(1), -s.sum(1)
    na, ns = len(alpha), len(beta)
    configs = [[c for c in itertools.product(range(n + 1), repeat=ns) if sum(c) == n] for n in range(servers + 1)]
    index = [{c: i for i, c in enumerate(level)} for level in configs]

    def moves(level, to, kind):
        """Rates between service configurations: within (0), down (-1), up (+1), or refill at the top (2)."""
        m = np.zeros((len(configs[level]), len(configs[to])))
        for i, c in enumerate(configs[level]):
            if kind == 1:
                for k in range(ns):
                    d = list(c)
                    d[k] += 1
                    m[i, index[to][tuple(d)]] += beta[k]
                continue
            for k in range(ns):
                if c[k] == 0:
                    continue
                d = list(c)
                d[k] -= 1
                if kind == 0:
                    for k2 in range(ns):
                        if k2 != k and s[k, k2] > 0:
                            e = list(d)
                            e[k2] += 1
                            m[i, index[to][tuple(e)]] += c[k] * s[k, k2]
                    m[i, i] += c[k] * s[k, k]
                elif kind == -1:
                    m[i, index[to][tuple(d)]] += c[k] * out_s[k]
                else:
                    for k2 in range(ns):
                        e = list(d)
                        e[k2] += 1
                        m[i, index[to][tuple(e)]] += c[k] * out_s[k] * beta[k2]
        return m

    renew = np.outer(out_a, alpha)
    top = len(configs[servers])
    a0 = np.kron(np.eye(top), renew)
    a1 = np.kron(np.eye(top), t) + np.kron(moves(servers, servers, 0), np.eye(na))
    a2 = np.kron(moves(servers, servers, 2), np.eye(na))
    inv = np.linalg.inv(-a1)
    h, low = inv @ a0, inv @ a2
    g, prod = low.copy(), h.copy()
    for _ in range(60):
        u = h @ low + low @ h
        inv = np.linalg.inv(np.eye(len(u)) - u)
        h, low = inv @ h @ h, inv @ low @ low
        g += prod @ low
        prod = prod @ h
        if prod.max() < 1e-16:
            break
    r = a0 @ np.linalg.inv(-(a1 + a0 @ g))
    # levels 0..servers, folded downwards
    local = [np.kron(np.eye(len(configs[n])), t) + np.kron(moves(n, n, 0), np.eye(na)) for n in range(servers + 1)]
    up = [np.kron(moves(n, n + 1, 1), renew) for n in range(servers)]
    down = [None] + [np.kron(moves(n, n - 1, -1), np.eye(na)) for n in range(1, servers + 1)]
    fold = [None] * (servers + 1)
    fold[servers] = local[servers] + r @ a2
    ratio = [None] * (servers + 1)
    for n in range(servers, 0, -1):
        ratio[n] = up[n - 1] @ np.linalg.inv(-fold[n])
        fold[n - 1] = local[n - 1] + ratio[n] @ down[n]
    m = fold[0].T.copy()
    m[-1] = 1.0
    rhs = np.zeros(len(m))
    rhs[-1] = 1.0
    pi = [np.linalg.solve(m, rhs)]
    for n in range(1, servers + 1):
        pi.append(pi[-1] @ ratio[n])
    rest = np.linalg.inv(np.eye(len(r)) - r)
    total = sum(p.sum() for p in pi[:-1]) + (pi[-1] @ rest).sum()
    queue = (pi[-1] @ r @ rest @ rest).sum() / total
    rate = 1 / (alpha @ np.linalg.inv(-t)).sum()
    return queue / rate


def tandem_blocking(rate, first, second, room, most=400):
    """Mean time in M/M/1 -> M/M/1/room with blocking after service, rates of service given; a finite chain."""
    states = {}
    for n, m in itertools.product(range(most), range(room + 1)):
        states[n, m, 0] = len(states)
    for n in range(1, most):
        states[n, room, 1] = len(states)  # the server of the first is blocked
    q = np.zeros((len(states), len(states)))

    def go(a, b, v):
        if b in states:
            q[states[a], states[b]] += v
            q[states[a], states[a]] -= v

    for n, m, blocked in states:
        a = (n, m, blocked)
        go(a, (n + 1, m, blocked), rate)
        if blocked:
            go(a, (n - 1, room, 0), second)
            continue
        if n:
            go(a, (n - 1, m + 1, 0) if m < room else (n, m, 1), first)
        if m:
            go(a, (n, m - 1, 0), second)
    m = q.T.copy()
    m[-1] = 1
    rhs = np.zeros(len(states))
    rhs[-1] = 1
    p = np.linalg.solve(m, rhs)
    return sum((n + m) * p[i] for (n, m, _), i in states.items()) / rate


def periodic_mmc(rate, service, hours, servers, at_end, period=24.0, room=220, cycles=400):
    """Mean wait of M/M/c(t) with shifts, by the Kolmogorov equations run to periodicity.

    `finish`: row 0 holds states where min(n, c) work; row b states where b > c services are still in progress, of
    which each that ends is not replaced, until c are left. `suspend` counts interrupted customers as waiting.
    """
    mu = 1 / service
    rows = max(servers) + 1 if at_end == "finish" else 1
    n = np.arange(room + 1)
    p = np.zeros((rows, room + 1))
    p[0, 0] = 1.0
    lengths = np.diff([*hours, hours[0] + period])

    def generator(c):
        working = np.tile(np.minimum(n, c), (rows, 1))
        for b in range(c + 1, rows):
            working[b] = b

        def f(_, y):
            x = y.reshape(rows, room + 1)
            d = np.zeros_like(x)
            d[:, :-1] -= rate * x[:, :-1]
            d[:, 1:] += rate * x[:, :-1]
            done = mu * working * x
            d -= done
            d[0, :-1] += done[0, 1:]
            for b in range(c + 1, rows):
                d[b - 1 if b - 1 > c else 0, :-1] += done[b, 1:]
            return d.ravel()

        return f

    def shift(x, before, after):
        if at_end == "suspend":
            return x
        y = np.zeros_like(x)
        for b, k in itertools.product(range(rows), range(room + 1)):
            working = b or min(k, before)
            y[working if working > after else 0, k] += x[b, k]
        return y

    last = None
    for _ in range(cycles):
        area = 0.0
        for k, c in enumerate(servers):
            p = shift(p, servers[k - 1], c)
            got = solve_ivp(
                generator(c), (0, lengths[k]), p.ravel(), rtol=1e-7, atol=1e-10, t_eval=np.linspace(0, lengths[k], 81)
            )
            mean = np.array([y.reshape(rows, room + 1).sum(0) @ n for y in got.y.T])
            area += simpson(mean, x=got.t)
            p = got.y[:, -1].reshape(rows, room + 1)
        wait = area / period / rate - service
        if last is not None and abs(wait - last) < 1e-6 * max(wait, 1e-3):
            break
        last = wait
    return wait


def transient_mmc(rate, service, servers, span, room=None):
    """Mean time of customers who come to an empty M/M/c in [0, span], by the Kolmogorov equations."""
    mu = 1 / service
    room = room or int(max(200, 4 * servers + 2.5 * max(rate - servers * mu, 0) * span + 12 * math.sqrt(rate * span)))
    n = np.arange(room + 1)
    up = rate * (n < room)
    down = mu * np.minimum(n, servers)

    def f(_, p):
        d = -(up + down) * p
        d[1:] += up[:-1] * p[:-1]
        d[:-1] += down[1:] * p[1:]
        return d

    grid = np.linspace(0, span, 401)
    got = solve_ivp(f, (0, span), np.eye(room + 1)[0], t_eval=grid, rtol=1e-7, atol=1e-10, method="LSODA")
    wait = np.maximum(n + 1 - servers, 0) * service / servers
    return np.trapezoid(wait @ got.y, got.t) / span + service
