"""The straight piece between the two states of an undecided arc: their common tangent, the second lifted by its price."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.network.delay import BPR, CONSTANT
from keruen.portfolio.links import FREE, OPENING, LinkFunctions, raised, slope_at, state_cost, state_value, value_of

__all__ = ["hulls"]

Floats = NDArray[np.float64]

_CHECKS = 24
"""Flows at which a hull of functions of two kinds is held against both."""


@njit(cache=True, nogil=True, error_model="numpy")
def hulls(f: LinkFunctions) -> None:
    """Set the straight piece between the two states of every undecided arc, for its price; after `prepare`."""
    for arc in range(f.mode.size):
        if f.mode[arc] == OPENING:
            f.pieces[arc, 0] = -1.0
            if f.kind[1, arc] == BPR:
                f.pieces[arc, 1], f.pieces[arc, 2] = _new_link(f.parameters[1, arc], f.price[arc], f.weights[2])
            else:
                _new_arc(f, arc, f.price[arc], f.weights[2])
        elif f.mode[arc] == FREE:
            _common_tangent(f, arc, f.price[arc], f.weights[2])


@njit(cache=True, nogil=True, error_model="numpy")
def _new_link(row: Floats, price: float, most: float) -> tuple[float, float]:
    """Return end and slope of the straight piece of a new arc with a BPR function, in closed form.

    The perspective of ``T x + c x ** (p + 1)``: built in part, a link has that part of its capacity.
    """
    if price <= 0.0:
        return -1.0, 0.0
    power = row[3]
    rise = row[1] * raised(row[2], power)
    high = min((price / (power * rise)) ** (1.0 / (power + 1.0)), most)
    return high, row[0] + rise * high**power + price / high


@njit(cache=True, nogil=True, error_model="numpy")
def _new_arc(f: LinkFunctions, arc: int, price: float, most: float) -> None:
    """Set the straight piece of a new arc of any kind: the line from the origin that touches its function."""
    low, high = 0.0, most
    if price <= 0.0:
        f.pieces[arc, 1] = -1.0
        return
    if f.kind[1, arc] != CONSTANT:  # without congestion nothing touches below the largest flow
        for _ in range(60):
            x = 0.5 * (low + high)
            if x * state_cost(f, 1, arc, x)[0] - state_value(f, 1, arc, x) < price:
                low = x
            else:
                high = x
    f.pieces[arc, 1], f.pieces[arc, 2] = high, (state_value(f, 1, arc, high) + price) / high


@njit(cache=True, nogil=True, error_model="numpy")
def _flow_at(row: Floats, cost: float, most: float, guess: float) -> float:
    """Return the largest flow at which a BPR state costs no more than `cost`, within 0 to `most`."""
    a, b, e, power, end = row[0], row[1], row[2], row[3], row[4]
    if slope_at(a, b, e, power, end, end) >= cost:
        return 0.0
    low, high = end, most
    x = guess if low < guess < high else 0.5 * (low + high)
    for _ in range(80):
        steep = raised(x, power - 2.0) if power > 2.0 else x ** (power - 2.0)
        excess = a + steep * x * (b * x - e) - cost
        if excess > 0.0:
            high = x
        else:
            low = x
        rise = steep * (power * b * x - (power - 1.0) * e)
        step = x - excess / rise if rise > 0.0 else low
        if not low < step < high:
            step = 0.5 * (low + high)
        if abs(step - x) <= 1e-13 * x:
            return float(step)
        x = step
    return x


@njit(cache=True, nogil=True, error_model="numpy")
def _flow_of(f: LinkFunctions, state: int, arc: int, cost: float, most: float, guess: float) -> float:
    """Return the largest flow at which a state of any kind costs no more than `cost`, within 0 to `most`."""
    if _any_cost(f, state, arc, most) <= cost:
        return most
    if f.rows[state, arc, 3] > 1.0:
        return float(_flow_at(f.rows[state, arc], cost, most, guess))
    low, high = f.straight[state, arc], most
    if _any_cost(f, state, arc, low) >= cost:
        return 0.0
    for _ in range(60):
        x = 0.5 * (low + high)
        if _any_cost(f, state, arc, x) > cost:
            high = x
        else:
            low = x
    return float(low)


@njit(cache=True, nogil=True, error_model="numpy")
def _any_cost(f: LinkFunctions, state: int, arc: int, x: float) -> float:
    """Return the cost of a state of any kind."""
    row = f.rows[state, arc]
    if row[3] < 0.0:
        return float(state_cost(f, state, arc, x)[0])
    return float(slope_at(row[0], row[1], row[2], row[3], row[4], x))


@njit(cache=True, nogil=True, error_model="numpy")
def _common_tangent(f: LinkFunctions, arc: int, price: float, most: float) -> None:
    """Find the line that touches both states, the second lifted by its price.

    For a slope s let phi_y = min over x of g_y(x) - s x. The line has the s at which phi_0 - phi_1 is the price; the
    difference grows with s at the rate at which the second state carries more at that cost.
    """
    pieces = f.pieces
    pieces[arc, 2] = 0.0
    if price <= 0.0 and f.pull[arc] == 0.0:
        pieces[arc, 0] = pieces[arc, 1] = -1.0
        return
    # a faster second state may be worth its price from no flow on, at a slope below that of the first
    bottom = max(_any_cost(f, 1, arc, 0.0), 0.0)
    top = max(_any_cost(f, 0, arc, most), bottom)
    low = high = 0.0
    cost = top
    for step in range(100):
        low = _flow_of(f, 0, arc, cost, most, low)
        high = _flow_of(f, 1, arc, cost, most, high)
        excess = (value_of(f, 0, arc, low) - cost * low) - (value_of(f, 1, arc, high) - cost * high) - price
        if step == 0 and excess < 0.0:  # not worth its price at any flow that can come
            low = high = np.inf
            break
        if excess > 0.0:
            top = cost
        else:
            bottom = cost
        if abs(excess) <= 1e-12 * price or top - bottom <= 1e-14 * top:
            break
        move = cost - excess / (high - low) if high > low else bottom
        cost = move if bottom < move < top else 0.5 * (bottom + top)
    pieces[arc, 0], pieces[arc, 1] = low, high
    if high > low:
        pieces[arc, 2] = (value_of(f, 1, arc, high) + price - value_of(f, 0, arc, low)) / (high - low)
    if not _alike(f, arc) and not _below(f, arc, price, most):
        pieces[arc, 0], pieces[arc, 1], pieces[arc, 2] = 0.0, 2.0 * most, _one_line(f, arc, price, most)


@njit(cache=True, nogil=True, error_model="numpy")
def _alike(f: LinkFunctions, arc: int) -> bool:
    """Whether both states are BPR functions of one power: they part once and for all, whatever the price."""
    return bool(
        f.kind[0, arc] == BPR
        and f.kind[1, arc] == BPR
        and f.rows[0, arc, 3] == f.rows[1, arc, 3]
        and f.rows[1, arc, 1] <= f.rows[0, arc, 1]
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _below(f: LinkFunctions, arc: int, price: float, most: float) -> bool:
    """Whether the hull is nowhere above a state: functions of two kinds may come near each other again."""
    low, high = f.pieces[arc, 0], f.pieces[arc, 1]
    if high < low:
        return False
    base = value_of(f, 0, arc, low) if low < high else 0.0
    for step in range(_CHECKS + 1):
        x = most * step / _CHECKS
        first, second = value_of(f, 0, arc, x), value_of(f, 1, arc, x) + price
        found = first if x < low else second if x >= high else base + f.pieces[arc, 2] * (x - low)
        if found > min(first, second) + 1e-9 * (abs(first) + abs(second)):
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _one_line(f: LinkFunctions, arc: int, price: float, most: float) -> float:
    """Return the slope of the steepest line below both states from the first one at no flow."""
    start = value_of(f, 0, arc, 0.0)
    low, high = 0.0, most
    for _ in range(60):  # the line that touches the second state
        x = 0.5 * (low + high)
        if x * _any_cost(f, 1, arc, x) - (value_of(f, 1, arc, x) + price - start) < 0.0:
            low = x
        else:
            high = x
    touching = (value_of(f, 1, arc, high) + price - start) / high
    return float(max(min(_any_cost(f, 0, arc, 0.0), touching), 0.0))
