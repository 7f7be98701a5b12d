"""What an arc costs in an assignment: user equilibrium, system optimum, or a bound over projects not yet decided.

A project changes an arc from one link performance function to another, or opens an arc that was closed. While it is
undecided the arc costs the convex hull of its two states, the second one dearer by the price of building: the first
function up to a flow, a straight piece (the common tangent), the second function beyond it. In a bound the function
of a state y is::

    g_y(x) = (x - rho z) t_y(x)

which is total time for rho = 0. Otherwise it is 1 - rho times total time, plus rho times the variational inequality
of user equilibrium, sum of (x - z) t(x) <= 0: nobody gains by moving to the flows z. Its slope is the cost that an
assignment equalises. Where g_y is not convex, near no flow, it is replaced by the straight line below it (`straight`
tells how far), and where it falls by its least value, so that no arc has a negative cost.

The sweeps read the slope of a BPR function as the polynomial ``a + y ** (power - 1) (b y - e)``, y being the flow or
`straight`, whichever is more; other functions are asked for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keruen.network.delay import BPR, CONSTANT, time_and_slope

__all__ = [
    "AFTER",
    "BEFORE",
    "CLOSED",
    "FREE",
    "MIXED",
    "OPENING",
    "LinkFunctions",
    "cost_and_slope",
    "expected_times",
    "prepare",
    "quick",
    "raised",
    "share_built",
    "slope_at",
    "state_cost",
    "state_value",
    "surplus",
    "value_of",
]

CLOSED = 0
"""The arc does not exist."""
BEFORE = 1
"""The arc as it is without its project."""
AFTER = 2
"""The arc as it is with its project."""
FREE = 3
"""The project is undecided; without it the arc is as it is."""
OPENING = 4
"""The project is undecided; without it there is no arc."""
MIXED = 5
"""A mean of the two states, weighted by `mix`."""

Floats = NDArray[np.float64]


class LinkFunctions(NamedTuple):
    """Both states of every arc, and what the present assignment makes of them.

    Attributes
    ----------
    kind : ndarray of int8, shape (2, arcs)
        Kind of the link performance function without and with the project.
    parameters : ndarray of float, shape (2, arcs, 6)
        Its parameters.
    mode : ndarray of int8, shape (arcs,)
        `CLOSED`, `BEFORE`, `AFTER`, `FREE`, `OPENING` or `MIXED`.
    mix : ndarray of float, shape (arcs,)
        Share of the second state where the mode is `MIXED`.
    weights : ndarray of float, shape (3,)
        The cost is ``weights[0] t + (weights[1] x - pull) t'``: (1, 0) at user equilibrium, (1, 1) in a bound. The
        third number is the largest flow an arc can carry, all demand.
    pull : ndarray of float, shape (arcs,)
        rho z.
    straight : ndarray of float, shape (2, arcs)
        Flow up to which the function of a state is a straight line.
    price : ndarray of float, shape (arcs,)
        Price of the second state where the project is undecided.
    rows : ndarray of float, shape (2, arcs, 5)
        Made by `prepare`: a, b, e, power and straight of the cost of each state; a power of -1 says: ask the curve.
    pieces : ndarray of float, shape (arcs, 3)
        Flow from which the straight piece holds, flow up to which, and its slope.
    """

    kind: NDArray[np.int8]
    parameters: Floats
    mode: NDArray[np.int8]
    mix: Floats
    weights: Floats
    pull: Floats
    straight: Floats
    price: Floats
    rows: Floats
    pieces: Floats


@njit(cache=True, nogil=True, error_model="numpy")
def _curve(f: LinkFunctions, state: int, arc: int, x: float) -> tuple[float, float, float]:
    """Return time, its derivative and its second derivative by flow."""
    kind = f.kind[state, arc]
    row = f.parameters[state, arc]
    if kind == BPR:
        inverse, power = row[2], row[3]
        y = row[1] * (x * inverse) ** (power - 1.0)
        slope = power * y * inverse
        return row[0] + y * x * inverse, slope, (power - 1.0) * slope / x if x > 0.0 else 0.0
    if kind == CONSTANT:
        return row[0], 0.0, 0.0
    time, slope = time_and_slope(kind, f.parameters[state], arc, x)
    step = 1e-5 / row[1]
    return time, slope, (time_and_slope(kind, f.parameters[state], arc, x + step)[1] - slope) / step


@njit(cache=True, nogil=True, error_model="numpy")
def state_cost(f: LinkFunctions, state: int, arc: int, x: float) -> tuple[float, float]:
    """Return the cost of a state and its derivative; below its straight end it is constant."""
    end = f.straight[state, arc]
    time, slope, bend = _curve(f, state, arc, max(x, end))
    lever = f.weights[1] * max(x, end) - f.pull[arc]
    cost = f.weights[0] * time + lever * slope
    if x < end:
        return cost, 0.0
    return cost, (f.weights[0] + f.weights[1]) * slope + lever * bend


@njit(cache=True, nogil=True, error_model="numpy")
def state_value(f: LinkFunctions, state: int, arc: int, x: float) -> float:
    """Return the function of a state in a bound: the straight line up to its end, then g."""
    end = f.straight[state, arc]
    at = max(x, end)
    time, slope, _ = _curve(f, state, arc, at)
    lever = f.weights[1] * at - f.pull[arc]
    found = lever * time
    if x < end:
        found -= (f.weights[0] * time + lever * slope) * (end - x)
    return float(found)


@njit(cache=True, nogil=True, error_model="numpy")
def cost_and_slope(f: LinkFunctions, arc: int, x: float) -> tuple[float, float]:
    """Return the cost of an arc at a flow, and its derivative, whatever its kind."""
    x = max(x, 0.0)
    if f.mode[arc] == MIXED:
        part = f.mix[arc]
        one, rise = state_cost(f, 0, arc, x)
        other, climb = state_cost(f, 1, arc, x)
        return (1.0 - part) * one + part * other, (1.0 - part) * rise + part * climb
    state = 0
    if x >= f.pieces[arc, 0]:
        if x < f.pieces[arc, 1]:
            return f.pieces[arc, 2], 0.0
        state = 1
    found: tuple[float, float] = state_cost(f, state, arc, x)
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def quick(rows: Floats, pieces: Floats, arc: int, x: float) -> tuple[float, float]:
    """Return cost and slope of an arc from what `prepare` wrote; NaN where the curve must be asked."""
    x = max(x, 0.0)
    state = 0
    if x >= pieces[arc, 0]:
        if x < pieces[arc, 1]:
            return pieces[arc, 2], 0.0
        state = 1
    power, end = rows[state, arc, 3], rows[state, arc, 4]
    a, b, e = rows[state, arc, 0], rows[state, arc, 1], rows[state, arc, 2]
    y = max(x, end)
    if power == 4.0:
        square = y * y
        cost, slope = a + square * y * (b * y - e), square * (4.0 * b * y - 3.0 * e)
    elif power > 1.0:
        steep = y ** (power - 1.0)
        cost = a + steep * (b * y - e)
        slope = steep * (power * b - (power - 1.0) * e / y) if y > 0.0 else 0.0
    elif power == 1.0:
        cost, slope = a + b * y - e, b
    else:
        return np.nan, 0.0
    return cost, slope if x >= end else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def raised(y: float, power: float) -> float:
    """Return y ** power, quickly where it is 3, 4 or 5."""
    if power == 3.0:
        return y * y * y
    if power == 4.0:
        return (y * y) * (y * y)
    if power == 5.0:
        return (y * y) * (y * y) * y
    return float(y**power)


@njit(cache=True, nogil=True, error_model="numpy")
def slope_at(a: float, b: float, e: float, power: float, end: float, x: float) -> float:
    """Return the cost of a state of a BPR function."""
    y = max(x, end)
    return float(a + raised(y, power - 1.0) * (b * y - e))


@njit(cache=True, nogil=True, error_model="numpy")
def _area(a: float, b: float, e: float, power: float, end: float, pull: float, x: float) -> float:
    """Return the function of a state of a BPR function in a bound."""
    y = max(x, end)
    steep = raised(y, power - 1.0)
    area = a * (y - pull) + steep * y * (b * y / (power + 1.0) - e / power)
    if x < end:
        area -= (a + steep * (b * y - e)) * (end - x)
    return float(area)


@njit(cache=True, nogil=True, error_model="numpy")
def value_of(f: LinkFunctions, state: int, arc: int, x: float) -> float:
    """Return the function of a state in a bound, whatever its kind."""
    row = f.rows[state, arc]
    if row[3] < 0.0:
        return float(state_value(f, state, arc, x))
    return float(_area(row[0], row[1], row[2], row[3], row[4], f.pull[arc], x))


@njit(cache=True, nogil=True, error_model="numpy")
def surplus(f: LinkFunctions, flow: Floats, cost: Floats) -> float:
    """Return the sum over arcs of the function in a bound, the price of what is built in it included, less flow x cost."""
    rows, pieces, pull, prices, modes = f.rows, f.pieces, f.pull, f.price, f.mode
    total = 0.0
    for arc in range(flow.size):
        if modes[arc] == CLOSED:
            continue
        x = max(flow[arc], 0.0)
        state = 1 if x >= pieces[arc, 1] else 0
        at = x if x < pieces[arc, 0] or state == 1 else max(pieces[arc, 0], 0.0)
        if modes[arc] != OPENING or state == 1:
            if rows[state, arc, 3] < 0.0:
                total += state_value(f, state, arc, at)
            else:
                a, b, e = rows[state, arc, 0], rows[state, arc, 1], rows[state, arc, 2]
                total += _area(a, b, e, rows[state, arc, 3], rows[state, arc, 4], pull[arc], at)
        if state == 1 and modes[arc] != AFTER:
            total += prices[arc]
        if at < x:
            total += pieces[arc, 2] * (x - at)
        total -= cost[arc] * x
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def share_built(f: LinkFunctions, arc: int, x: float) -> float:
    """Return how much of the project of an undecided arc the hull builds at a flow, 0 to 1."""
    low, high = max(f.pieces[arc, 0], 0.0), f.pieces[arc, 1]
    if x >= high:
        return 1.0 if x > 0.0 or f.mode[arc] == FREE else 0.0
    return (x - low) / (high - low) if x > low else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _mean_time(f: LinkFunctions, state: int, arc: int, x: float) -> float:
    """Return the time of a state; on its straight line the mean of the times at its ends."""
    end = f.straight[state, arc]
    if x >= end:
        return float(_curve(f, state, arc, x)[0])
    part = x / end
    return float((1.0 - part) * _curve(f, state, arc, 0.0)[0] + part * _curve(f, state, arc, end)[0])


@njit(cache=True, nogil=True, error_model="numpy")
def expected_times(f: LinkFunctions, flow: Floats, times: Floats) -> None:
    """Write the time of every arc in a bound, where the hull is between two points the mean of their times.

    It is what the bound loses by a unit more of the flows that equilibria are compared with, divided by rho.
    """
    for arc in range(flow.size):
        mode, x = f.mode[arc], max(flow[arc], 0.0)
        if mode in (CLOSED, OPENING):
            times[arc] = np.inf
        elif mode != FREE or x < f.pieces[arc, 0] or x >= f.pieces[arc, 1]:
            times[arc] = _mean_time(f, 1 if x >= f.pieces[arc, 1] else 0, arc, x)
        else:
            low, high = max(f.pieces[arc, 0], 0.0), f.pieces[arc, 1]
            part = (x - low) / (high - low)
            times[arc] = (1.0 - part) * _mean_time(f, 0, arc, low) + part * _mean_time(f, 1, arc, high)


@njit(cache=True, nogil=True, error_model="numpy")
def prepare(f: LinkFunctions) -> None:
    """Write what the sweeps read of every arc; to be called when modes, pulls or weights have changed."""
    rows, pieces, kinds, parameters, modes = f.rows, f.pieces, f.kind, f.parameters, f.mode
    direct, lever = f.weights[0], f.weights[1]
    for arc in range(modes.size):
        mode, pull = modes[arc], f.pull[arc]
        pieces[arc, 0] = pieces[arc, 1] = -1.0 if mode == AFTER else np.inf
        for state in range(2):
            kind = kinds[state, arc]
            rows[state, arc, 0] = direct * parameters[state, arc, 0]
            rows[state, arc, 1] = rows[state, arc, 2] = rows[state, arc, 4] = 0.0
            rows[state, arc, 3] = 1.0
            if kind == BPR:
                power = parameters[state, arc, 3]
                rise = parameters[state, arc, 1] * raised(parameters[state, arc, 2], power)
                rows[state, arc, 1] = (direct + lever * power) * rise
                rows[state, arc, 2] = pull * power * rise
                rows[state, arc, 3] = power
            elif kind != CONSTANT:
                rows[state, arc, 3] = -1.0
            f.straight[state, arc] = 0.0
            if pull > 0.0:
                _straighten(f, state, arc)
                rows[state, arc, 4] = f.straight[state, arc]
        if mode == MIXED:
            _mix(f, arc)


@njit(cache=True, nogil=True, error_model="numpy")
def _mix(f: LinkFunctions, arc: int) -> None:
    """Write the mean of the two states as the first, where both are polynomials of one power."""
    one, other, part = f.rows[0, arc], f.rows[1, arc], f.mix[arc]
    if one[3] == other[3] or (other[3] >= 0.0 and other[1] == 0.0):
        one[:3] = (1.0 - part) * one[:3] + part * other[:3]
    else:
        one[3] = -1.0


@njit(cache=True, nogil=True, error_model="numpy")
def _straighten(f: LinkFunctions, state: int, arc: int) -> None:
    """Find how far the function of a state must be replaced by a straight line to be convex and not to fall."""
    bound = f.pull[arc] / f.weights[1]  # g is convex beyond it, for every convex increasing time
    end = 0.0
    if f.kind[state, arc] == BPR:
        power = f.parameters[state, arc, 3]
        end = bound * (power - 1.0) / power
    elif f.kind[state, arc] != CONSTANT:
        end = _tangent_end(f, state, arc, bound)
    f.straight[state, arc] = end
    if state_cost(f, state, arc, end)[0] >= 0.0:
        return
    low, high = end, bound  # at the bound the cost is t > 0
    for _ in range(50):
        middle = 0.5 * (low + high)
        f.straight[state, arc] = middle
        if state_cost(f, state, arc, middle)[0] < 0.0:
            low = middle
        else:
            high = middle
    f.straight[state, arc] = high


@njit(cache=True, nogil=True, error_model="numpy")
def _tangent_end(f: LinkFunctions, state: int, arc: int, bound: float) -> float:
    """Return where the tangent of a queue's function passes its value at no flow; the safe bound if it cuts it."""
    start = -f.pull[arc] * _curve(f, state, arc, 0.0)[0]
    low, high = 0.0, bound
    for _ in range(50):
        middle = 0.5 * (low + high)
        f.straight[state, arc] = middle
        if state_value(f, state, arc, middle) - state_cost(f, state, arc, middle)[0] * middle > start:
            low = middle
        else:
            high = middle
    f.straight[state, arc] = high
    cost = state_cost(f, state, arc, high)[0]
    base = state_value(f, state, arc, high) - cost * high
    slack = 1e-9 * abs(start)
    for step in range(65):
        x = bound * step / 64.0
        if (f.weights[1] * x - f.pull[arc]) * _curve(f, state, arc, x)[0] < base + cost * x - slack:
            return bound
    return high
