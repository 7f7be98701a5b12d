"""What an arc costs in an assignment: user equilibrium, system optimum, or a bound over projects not yet decided.

A project changes an arc from one link performance function to another, or opens an arc that was closed. While it is
undecided the arc costs the convex hull of its two states, the second one dearer by the price of building: the first
function up to `low`, a straight piece (the common tangent) to `high`, the second function beyond it. In a bound the
function of a state y is::

    g_y(x) = (x - rho z) t_y(x)

which is total time for rho = 0. Otherwise it is 1 - rho times total time, plus rho times the variational inequality
of user equilibrium, sum of (x - z) t(x) <= 0: nobody gains by moving to the flows z. Its slope is the cost that an assignment equalises. Where g_y is not
convex, near no flow, it is replaced by the straight line below it (`straight` tells how far), and where it falls by
its least value, so that no arc has a negative cost.
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
    "curve",
    "hulls",
    "prepare",
    "quick",
    "share_built",
    "straighten",
    "surplus",
    "time_of",
    "value",
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
    low, high, plateau, price : ndarray of float, shape (arcs,)
        Ends and slope of the straight piece between the states, and the price of the second one.
    rows : ndarray of float, shape (2, arcs, 5)
        What the sweeps read, made by `prepare`: the cost of a state is ``a + y ** (power - 1) (b y - e)`` with y the
        flow or `straight`, whichever is more; columns a, b, e, power, straight. A power of -1 says: ask the curve.
    pieces : ndarray of float, shape (arcs, 3)
        From where the straight piece holds, to where, and its slope, whatever the mode.
    """

    kind: NDArray[np.int8]
    parameters: NDArray[np.float64]
    mode: NDArray[np.int8]
    mix: NDArray[np.float64]
    weights: NDArray[np.float64]
    pull: NDArray[np.float64]
    straight: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    plateau: NDArray[np.float64]
    price: NDArray[np.float64]
    rows: NDArray[np.float64]
    pieces: NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")
def curve(f: LinkFunctions, state: int, arc: int, x: float) -> tuple[float, float, float]:
    """Return time, its derivative and its second derivative by flow."""
    kind = f.kind[state, arc]
    row = f.parameters[state, arc]
    if kind == BPR:
        inverse, power = row[2], row[3]
        r = x * inverse
        if power == 4.0:
            square = r * r
            y = row[1] * square
            return row[0] + y * square, 4.0 * y * r * inverse, 12.0 * y * inverse * inverse
        y = row[1] * r ** (power - 1.0)
        slope = power * y * inverse
        return row[0] + y * r, slope, (power - 1.0) * slope / x if x > 0.0 else 0.0
    if kind == CONSTANT:
        return row[0], 0.0, 0.0
    time, slope = time_and_slope(kind, f.parameters[state], arc, x)
    step = 1e-5 / row[1]
    return time, slope, (time_and_slope(kind, f.parameters[state], arc, x + step)[1] - slope) / step


@njit(cache=True, nogil=True, error_model="numpy")
def _state_cost(f: LinkFunctions, state: int, arc: int, x: float) -> tuple[float, float]:
    """Return the cost of a state and its derivative; below its straight end it is constant."""
    end = f.straight[state, arc]
    time, slope, bend = curve(f, state, arc, max(x, end))
    lever = f.weights[1] * max(x, end) - f.pull[arc]
    cost = f.weights[0] * time + lever * slope
    if x < end:
        return cost, 0.0
    return cost, (f.weights[0] + f.weights[1]) * slope + lever * bend


@njit(cache=True, nogil=True, error_model="numpy")
def _state_value(f: LinkFunctions, state: int, arc: int, x: float) -> float:
    """Return the function of a state in a bound: the straight line up to its end, then g."""
    end = f.straight[state, arc]
    at = max(x, end)
    time, slope, _ = curve(f, state, arc, at)
    lever = f.weights[1] * at - f.pull[arc]
    found = lever * time
    if x < end:
        found -= (f.weights[0] * time + lever * slope) * (end - x)
    return float(found)


@njit(cache=True, nogil=True, error_model="numpy")
def cost_and_slope(f: LinkFunctions, arc: int, x: float) -> tuple[float, float]:
    """Return the cost of an arc at a flow, and its derivative."""
    x = max(x, 0.0)
    mode = f.mode[arc]
    if mode == BEFORE:
        first: tuple[float, float] = _state_cost(f, 0, arc, x)
        return first
    if mode == AFTER:
        second: tuple[float, float] = _state_cost(f, 1, arc, x)
        return second
    if mode == MIXED:
        part = f.mix[arc]
        one, rise = _state_cost(f, 0, arc, x)
        other, climb = _state_cost(f, 1, arc, x)
        return (1.0 - part) * one + part * other, (1.0 - part) * rise + part * climb
    if x > f.high[arc] or (mode == OPENING and f.high[arc] == 0.0):
        built: tuple[float, float] = _state_cost(f, 1, arc, x)
        return built
    if mode == OPENING or x >= f.low[arc]:
        return f.plateau[arc], 0.0
    unbuilt: tuple[float, float] = _state_cost(f, 0, arc, x)
    return unbuilt


@njit(cache=True, nogil=True, error_model="numpy")
def value(f: LinkFunctions, arc: int, x: float) -> float:
    """Return the integral of the cost in a bound, with its value at no flow and the price of what is built."""
    mode = f.mode[arc]
    x = max(x, 0.0)
    if mode == CLOSED:
        return 0.0
    if mode == BEFORE:
        return float(_state_value(f, 0, arc, x))
    if mode == AFTER:
        return float(_state_value(f, 1, arc, x))
    if mode == OPENING:
        if x > f.high[arc]:
            return float(_state_value(f, 1, arc, x) + f.price[arc])
        return float(f.plateau[arc] * x)
    if x > f.high[arc]:
        return float(_state_value(f, 1, arc, x) + f.price[arc])
    if x < f.low[arc]:
        return float(_state_value(f, 0, arc, x))
    return float(_state_value(f, 0, arc, f.low[arc]) + f.plateau[arc] * (x - f.low[arc]))


@njit(cache=True, nogil=True, error_model="numpy")
def prepare(f: LinkFunctions) -> None:
    """Write what the sweeps read of every arc; to be called when modes, prices or pulls have changed."""
    rows, pieces, straight, kinds, parameters = f.rows, f.pieces, f.straight, f.kind, f.parameters
    modes, low, high, plateau, pull = f.mode, f.low, f.high, f.plateau, f.pull
    direct, lever = f.weights[0], f.weights[1]
    for arc in range(modes.size):
        mode = modes[arc]
        pieces[arc, 2] = plateau[arc]
        if mode == AFTER:
            pieces[arc, 0] = pieces[arc, 1] = -1.0
        elif mode == FREE or mode == OPENING:  # noqa: PLR1714  (compiled: a membership test would build a tuple)
            pieces[arc, 0] = low[arc] if mode == FREE else -1.0
            pieces[arc, 1] = high[arc] if high[arc] > 0.0 else -1.0
        else:
            pieces[arc, 0] = pieces[arc, 1] = np.inf
        for state in range(2):
            kind = kinds[state, arc]
            rows[state, arc, 0] = direct * parameters[state, arc, 0]
            rows[state, arc, 1] = rows[state, arc, 2] = 0.0
            rows[state, arc, 3] = 1.0
            rows[state, arc, 4] = straight[state, arc]
            if mode == MIXED or kind > BPR:
                rows[state, arc, 3] = -1.0
            elif kind == BPR:
                power, inverse = parameters[state, arc, 3], parameters[state, arc, 2]
                rise = inverse * inverse * inverse * inverse if power == 4.0 else inverse**power
                rise *= parameters[state, arc, 1]
                rows[state, arc, 1] = (direct + lever * power) * rise
                rows[state, arc, 2] = pull[arc] * power * rise
                rows[state, arc, 3] = power


@njit(cache=True, nogil=True, error_model="numpy")
def quick(rows: NDArray[np.float64], pieces: NDArray[np.float64], arc: int, x: float) -> tuple[float, float]:
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
def _area(rows: NDArray[np.float64], state: int, arc: int, pull: float, x: float) -> float:
    """Return the function of a state in a bound at a flow, from what `prepare` wrote."""
    power, end = rows[state, arc, 3], rows[state, arc, 4]
    a, b, e = rows[state, arc, 0], rows[state, arc, 1], rows[state, arc, 2]
    y = max(x, end)
    steep = y * y * y if power == 4.0 else y ** (power - 1.0)
    area = a * (y - pull) + steep * y * (b * y / (power + 1.0) - e / power)
    if x < end:
        area -= (a + steep * (b * y - e)) * (end - x)
    return area


@njit(cache=True, nogil=True, error_model="numpy")
def surplus(f: LinkFunctions, flow: NDArray[np.float64], cost: NDArray[np.float64]) -> float:
    """Return the sum over all arcs of `value` less flow times cost."""
    rows, pieces, pull, prices, modes = f.rows, f.pieces, f.pull, f.price, f.mode
    total = 0.0
    for arc in range(flow.size):
        if modes[arc] == CLOSED:
            continue
        x = max(flow[arc], 0.0)
        if rows[0, arc, 3] < 0.0 or rows[1, arc, 3] < 0.0:
            total += value(f, arc, x) - cost[arc] * x
        elif x < pieces[arc, 0]:
            total += _area(rows, 0, arc, pull[arc], x) - cost[arc] * x
        elif x >= pieces[arc, 1]:
            dearer = prices[arc] if modes[arc] != AFTER else 0.0
            total += _area(rows, 1, arc, pull[arc], x) + dearer - cost[arc] * x
        elif modes[arc] == FREE:
            low = pieces[arc, 0]
            total += _area(rows, 0, arc, pull[arc], low) + pieces[arc, 2] * (x - low) - cost[arc] * x
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def share_built(f: LinkFunctions, arc: int, x: float) -> float:
    """Return how much of the project the hull builds at a flow, 0 to 1."""
    mode = f.mode[arc]
    if mode == AFTER:
        return 1.0
    if mode != FREE and mode != OPENING:
        return 0.0
    if x >= f.high[arc]:
        return 1.0 if x > 0.0 or mode == FREE else 0.0
    low = 0.0 if mode == OPENING else f.low[arc]
    return (x - low) / (f.high[arc] - low) if x > low else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def time_of(f: LinkFunctions, arc: int, x: float) -> float:
    """Return the time users spend on a decided arc."""
    if f.mode[arc] == CLOSED:
        return 0.0
    return float(curve(f, 1 if f.mode[arc] == AFTER else 0, arc, max(x, 0.0))[0])


@njit(cache=True, nogil=True, error_model="numpy")
def straighten(f: LinkFunctions, state: int, arc: int) -> None:
    """Find how far the function of a state must be replaced by a straight line to be convex and not to fall."""
    f.straight[state, arc] = 0.0
    pull, weight = f.pull[arc], f.weights[1]
    if pull <= 0.0:
        return
    bound = pull / weight  # g is convex beyond it, for every convex increasing time
    end = bound
    start = -pull * curve(f, state, arc, 0.0)[0]
    if f.kind[state, arc] == BPR:
        power = f.parameters[state, arc, 3]
        end = bound * (power - 1.0) / power
    elif f.kind[state, arc] != CONSTANT:
        end = _tangent_end(f, state, arc, start, bound)
    else:
        end = 0.0
    f.straight[state, arc] = end
    if _state_cost(f, state, arc, end)[0] >= 0.0:
        return
    low, high = end, bound  # at the bound the cost is t > 0
    for _ in range(60):
        middle = 0.5 * (low + high)
        f.straight[state, arc] = middle
        if _state_cost(f, state, arc, middle)[0] < 0.0:
            low = middle
        else:
            high = middle
    f.straight[state, arc] = high


@njit(cache=True, nogil=True, error_model="numpy")
def _tangent_end(f: LinkFunctions, state: int, arc: int, start: float, bound: float) -> float:
    """Return where the tangent of a queue's function passes the value at no flow; the safe bound if it cuts it."""
    low, high = 0.0, bound
    for _ in range(60):
        middle = 0.5 * (low + high)
        f.straight[state, arc] = middle
        cost = _state_cost(f, state, arc, middle)[0]
        if _state_value(f, state, arc, middle) - cost * middle > start:
            low = middle
        else:
            high = middle
    f.straight[state, arc] = high
    cost = _state_cost(f, state, arc, high)[0]
    base = _state_value(f, state, arc, high) - cost * high
    slack = 1e-9 * abs(start)
    for step in range(65):
        x = bound * step / 64.0
        if (f.weights[1] * x - f.pull[arc]) * curve(f, state, arc, x)[0] < base + cost * x - slack:
            return bound
    return high


@njit(cache=True, nogil=True, error_model="numpy")
def _new_link(row: NDArray[np.float64], price: float, most: float) -> tuple[float, float]:
    """Return end and slope of the straight piece of a new arc with a BPR function and no pull, in closed form.

    The perspective of ``T x + c x ** (p + 1)``: built in part, a link has that part of its capacity.
    """
    if price <= 0.0:
        return 0.0, 0.0
    inverse, power = row[2], row[3]
    rise = row[1] * (inverse * inverse * inverse * inverse if power == 4.0 else inverse**power)
    high = min((price / (power * rise)) ** (1.0 / (power + 1.0)), most)
    return high, row[0] + rise * high**power + price / high


@njit(cache=True, nogil=True, error_model="numpy")
def hulls(f: LinkFunctions) -> None:
    """Set the straight piece between the two states of every undecided arc, for its price."""
    modes, kinds, parameters, prices, most = f.mode, f.kind, f.parameters, f.price, f.weights[2]
    for arc in range(modes.size):
        if modes[arc] == OPENING:
            if kinds[1, arc] == BPR:
                f.high[arc], f.plateau[arc] = _new_link(parameters[1, arc], prices[arc], most)
                continue
            high = min(_opening(f, arc, prices[arc]), most)
            f.high[arc] = high
            if high > 0.0:
                f.plateau[arc] = (_state_value(f, 1, arc, high) + prices[arc]) / high
        elif modes[arc] == FREE:
            _common_tangent(f, arc, prices[arc], most)


@njit(cache=True, nogil=True, error_model="numpy")
def _opening(f: LinkFunctions, arc: int, price: float) -> float:
    """Return the flow at which a line from the origin touches the function of a new arc, lifted by its price."""
    if price <= 0.0:
        return 0.0
    if f.kind[1, arc] == CONSTANT:
        return np.inf
    low, high = 0.0, f.weights[2]
    for _ in range(60):
        x = 0.5 * (low + high)
        if x * _state_cost(f, 1, arc, x)[0] - _state_value(f, 1, arc, x) < price:
            low = x
        else:
            high = x
    return low


@njit(cache=True, nogil=True, error_model="numpy")
def _flow_at(f: LinkFunctions, state: int, arc: int, cost: float, most: float, guess: float) -> float:
    """Return the largest flow at which a state costs no more than `cost`, within 0 to `most`."""
    low, high = f.straight[state, arc], most
    if _state_cost(f, state, arc, low)[0] >= cost:
        return 0.0
    if _state_cost(f, state, arc, high)[0] <= cost:
        return high
    x = guess if low < guess < high else 0.5 * (low + high)
    for _ in range(80):
        found, rise = _state_cost(f, state, arc, x)
        if found > cost:
            high = x
        else:
            low = x
        if high - low <= 1e-15 * most:
            break
        step = x - (found - cost) / rise if rise > 0.0 else low
        if not low < step < high:
            step = 0.5 * (low + high)
        if abs(step - x) <= 1e-14 * x:
            x = step
            break
        x = step
    return x


@njit(cache=True, nogil=True, error_model="numpy")
def _common_tangent(f: LinkFunctions, arc: int, price: float, most: float) -> None:
    """Find the line that touches both states, the second lifted by its price.

    For a slope s let phi_y = min over x of g_y(x) - s x. The line has the s at which phi_0 - phi_1 is the price; the
    difference grows with s at the rate high - low wherever the second state carries more at that cost.
    """
    if price <= 0.0 and f.pull[arc] == 0.0:
        f.low[arc], f.high[arc], f.plateau[arc] = -1.0, -1.0, 0.0
        return
    bottom = max(_state_cost(f, 0, arc, 0.0)[0], _state_cost(f, 1, arc, 0.0)[0], 0.0)
    top = max(_state_cost(f, 0, arc, most)[0], bottom)
    low = high = 0.0
    cost = top
    for step in range(100):
        low = _flow_at(f, 0, arc, cost, most, low)
        high = _flow_at(f, 1, arc, cost, most, high)
        excess = (_state_value(f, 0, arc, low) - cost * low) - (_state_value(f, 1, arc, high) - cost * high) - price
        if step == 0 and excess < 0.0:  # not worth its price at any flow that can come
            f.low[arc], f.high[arc], f.plateau[arc] = np.inf, np.inf, 0.0
            return
        if excess > 0.0:
            top = cost
        else:
            bottom = cost
        if abs(excess) <= 1e-13 * price or top - bottom <= 1e-15 * top:
            break
        move = cost - excess / (high - low) if high > low else bottom
        cost = move if bottom < move < top else 0.5 * (bottom + top)
    if high > low:
        cost = (_state_value(f, 1, arc, high) + price - _state_value(f, 0, arc, low)) / (high - low)
    f.low[arc], f.high[arc], f.plateau[arc] = low, high, cost
