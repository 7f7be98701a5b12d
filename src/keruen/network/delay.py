"""Link performance functions: how long an arc takes at a given flow.

Each kind has a value, a derivative and an integral, all of them finite, increasing and convex for every flow of
zero or more, past capacity too. To add a kind: a code below, one row layout, one branch in `time_and_slope` and in
`time_integral`, and a constructor on `Delay`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from keruen import errors
from keruen.network.columns import check, columns_of
from keruen.network.curve import ROW as WIDE
from keruen.network.curve import smooth_integral, smooth_time_and_slope

__all__ = ["BPR", "CONSTANT", "DWELL", "QUEUE", "Delay", "time_and_slope", "time_integral"]

CONSTANT = 0
"""Row: time."""
BPR = 1
"""Row: free time, free time x b, 1 / capacity, power."""
QUEUE = 2
"""Row: free time, 1 / capacity, single-server wait, many-server wait, servers, 2 / period."""

DWELL = 3
"""Row: as `keruen.network.curve` lays it out, for a facility that is declared."""

ROW = 6
"""Numbers a row of parameters holds at least; where a dwell is among them all rows are as wide as its own."""

SMALLEST = 1e-300
"""Smallest capacity and period: the reciprocal must be a number too."""

MOST_SERVERS = 10_000
"""Erlang's recursion takes a step a server."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


@njit(cache=True)
def erlang_b(servers: float, load: float) -> float:
    """Return the chance that all servers are busy in a loss system (Erlang 1917), by the stable recursion."""
    blocking = 1.0
    for server in range(1, int(servers) + 1):
        blocking = load * blocking / (server + load * blocking)
    return blocking


@njit(cache=True)
def _wait_numerator(row: NDArray[np.float64], rho: float) -> tuple[float, float]:
    """Return N and N' where the steady-state congestion part of a queue is N(rho) / (1 - rho)."""
    single, many, servers = row[2], row[3], row[4]
    if many == 0.0 or rho == 0.0:
        return single * rho, single
    load = servers * rho
    blocking = erlang_b(servers, load)
    growth = servers * blocking * (servers / load - 1.0 + blocking)
    below = 1.0 - rho + rho * blocking
    waiting = blocking / below
    rise = (growth - waiting * (blocking - 1.0 + rho * growth)) / below
    return single * rho + many * waiting, single + many * rise


@njit(cache=True)
def _utilisation(row: NDArray[np.float64], x: float) -> float:
    """Solve x = rho + 2 W(rho) / period for rho in [0, 1): the coordinate transformation of Kimber and Hollis.

    Multiplied by 1 - rho the equation has no pole, so Newton steps inside a shrinking bracket are safe.
    """
    low, high = 0.0, min(1.0, x)
    rho = 0.5 * high
    for _ in range(80):
        numerator, growth = _wait_numerator(row, rho)
        value = (rho - x) * (1.0 - rho) + row[5] * numerator
        if value > 0.0:
            high = rho
        else:
            low = rho
        slope = 1.0 - 2.0 * rho + x + row[5] * growth
        step = rho - value / slope
        if not low < step < high:
            step = 0.5 * (low + high)
        if abs(step - rho) <= 1e-16 * rho:
            break
        rho = step
    return rho


@njit(cache=True)
def _queue(row: NDArray[np.float64], flow: float) -> tuple[float, float]:
    """Return time and slope of a queue that has been carried past capacity by coordinate transformation."""
    x = flow * row[1]
    if row[3] == 0.0:  # one server: 2 W^2 / T + W (1 + 2k/T - x) - k x = 0, solved without cancellation
        k, s = row[2], row[5]
        z = x - 1.0 - s * k
        root = math.sqrt(z * z + 4.0 * s * k * x)
        wait = 2.0 * k * x / (root - z) if z < 0.0 else (z + root) / (2.0 * s)
        return row[0] + wait, (wait + k) / root * row[1]
    rho = _utilisation(row, x)
    numerator, growth = _wait_numerator(row, rho)
    wait = numerator / (1.0 - rho) if rho < 0.5 else (x - rho) / row[5]  # the same number, without the pole
    # W' = Wc' / (1 + s Wc'), Wc' = (N' (1 - rho) + N) / (1 - rho)^2
    steep = growth * (1.0 - rho) + numerator
    return row[0] + wait, steep / ((1.0 - rho) ** 2 + row[5] * steep) * row[1]


@njit(cache=True)
def _queue_integral(row: NDArray[np.float64], flow: float) -> float:
    """Return the integral of `_queue`: by parts, free part + integral of Wc over rho + Wc^2 / period."""
    x = flow * row[1]
    if x <= 0.0:
        return 0.0
    wait = _queue(row, flow)[0] - row[0]
    single, many, servers = row[2], row[3], row[4]
    total = single + many
    if many == 0.0:
        spare = total / (wait + total) if total > 0.0 else 1.0
        rho = 1.0 - spare
    else:
        rho = _utilisation(row, x)
        spare = 1.0 - rho
    area = -total * math.log(spare) - single * rho
    if many > 0.0:
        inner = 0.0
        for node, weight in zip(_NODES, _WEIGHTS):  # noqa: B905  (numba knows no strict=)
            r = 0.5 * rho * (node + 1.0)
            idle = 1.0 - erlang_b(servers, servers * r)
            inner += weight * idle / (1.0 - r * idle)
        area -= many * 0.5 * rho * inner
    return float(row[0] * flow + (area + 0.5 * row[5] * wait * wait) / row[1])


@njit(cache=True)
def time_and_slope(kind: int, parameters: NDArray[np.float64], arc: int, flow: float) -> tuple[float, float]:
    """Return the time of an arc and its derivative by flow.

    Parameters
    ----------
    kind : int
        `CONSTANT`, `BPR`, `QUEUE` or `DWELL`.
    parameters : ndarray of float, shape (arcs, 6 or more)
        One row an arc, laid out as its kind says.
    arc : int
        Row.
    flow : float
        Flow, 0 or more, in the unit of the capacity.

    Returns
    -------
    tuple of float
        Time, and time per unit of flow.
    """
    if kind == BPR:
        x = flow * parameters[arc, 2]
        power = parameters[arc, 3]
        if power == 4.0:
            y = x * x * x
        elif power == 1.0:
            y = 1.0
        else:
            y = x ** (power - 1.0)
        y *= parameters[arc, 1]
        return parameters[arc, 0] + y * x, power * y * parameters[arc, 2]
    if kind == QUEUE:
        both: tuple[float, float] = _queue(parameters[arc], flow)
        return both
    if kind == DWELL:
        dwell: tuple[float, float] = smooth_time_and_slope(parameters[arc], flow)
        return dwell
    return parameters[arc, 0], 0.0


@njit(cache=True)
def time_integral(kind: int, parameters: NDArray[np.float64], arc: int, flow: float) -> float:
    """Return the integral of the time from no flow to `flow`; parameters as in `time_and_slope`."""
    row = parameters[arc]
    if kind == BPR:
        return float(row[0] * flow + row[1] * flow * (flow * row[2]) ** row[3] / (row[3] + 1.0))
    if kind == QUEUE:
        area: float = _queue_integral(row, flow)
        return area
    if kind == DWELL:
        whole: float = smooth_integral(row, flow)
        return whole
    return float(row[0] * flow)


@njit(cache=True)
def _evaluate(kind, parameters, flow, value, slope, area):  # type: ignore[no-untyped-def]
    for arc in range(kind.size):
        value[arc], slope[arc] = time_and_slope(kind[arc], parameters, arc, flow[arc])
        area[arc] = time_integral(kind[arc], parameters, arc, flow[arc])


@dataclass(frozen=True, eq=False)
class Delay:
    """The link performance function of every arc.

    Build one with `constant`, `bpr`, `queue`, `railway` or `dwell`, and several with `join`.

    Attributes
    ----------
    kind : ndarray of int8, shape (arcs,)
        `CONSTANT`, `BPR`, `QUEUE` or `DWELL`.
    parameters : ndarray of float, shape (arcs, 6 or more)
        One row an arc, laid out as its kind says.
    """

    kind: NDArray[np.int8]
    parameters: NDArray[np.float64]

    def __post_init__(self) -> None:
        kind, parameters = np.asarray(self.kind), np.asarray(self.parameters)
        wide = WIDE if (kind == DWELL).any() else ROW
        good = kind.ndim == 1 and kind.dtype.kind in "iu" and bool(((kind >= CONSTANT) & (kind <= DWELL)).all())
        good = good and parameters.ndim == 2 and parameters.dtype.kind in "iuf"
        if not (good and parameters.shape[0] == kind.size and parameters.shape[1] >= wide):
            raise errors.UsageError(
                "delay: expected one kind and one row of parameters an arc, as `Delay.bpr` and the others make"
            )
        object.__setattr__(self, "kind", np.ascontiguousarray(kind, np.int8))
        object.__setattr__(self, "parameters", np.ascontiguousarray(parameters, np.float64))

    @classmethod
    def constant(cls, time: ArrayLike) -> Delay:
        """Return arcs whose time does not depend on flow.

        Parameters
        ----------
        time : array_like of float
            Time, 0 or more.

        Returns
        -------
        Delay
            One function an element.

        Raises
        ------
        DataError
            Where a time is negative or not finite.
        """
        column = columns_of(time=time)["time"]
        size = column.size
        check("delay", [("time", column, np.isfinite(column) & (column >= 0), "expected 0 or more")])
        parameters = np.zeros((size, ROW))
        parameters[:, 0] = column
        return cls(np.zeros(size, np.int8), parameters)

    @classmethod
    def bpr(cls, free_time: ArrayLike, capacity: ArrayLike, b: ArrayLike = 0.15, power: ArrayLike = 4.0) -> Delay:
        """Return ``free_time * (1 + b * (flow / capacity) ** power)`` (Bureau of Public Roads 1964).

        Parameters
        ----------
        free_time : array_like of float
            Time without flow, 0 or more.
        capacity : array_like of float
            Above 0 where b is not 0.
        b : array_like of float
            0 or more; an arc with b = 0 has a constant time.
        power : array_like of float
            0 (a constant) or 1 or more: between the two the function is not convex.

        Returns
        -------
        Delay
            One function an element.

        Raises
        ------
        DataError
            Lists every arc with a parameter outside these ranges.
        """
        columns = columns_of(free_time=free_time, capacity=capacity, b=b, power=power)
        time, room, rise, exponent = columns.values()
        size, finite = time.size, np.isfinite
        fixed = (rise == 0) | (exponent == 0) | (time == 0)
        check(
            "delay",
            [
                ("free_time", time, finite(time) & (time >= 0), "expected 0 or more"),
                ("b", rise, finite(rise) & (rise >= 0), "expected 0 or more"),
                ("capacity", room, fixed | (finite(room) & (room >= SMALLEST)), "expected above 0 where b is not 0"),
                ("power", exponent, finite(exponent) & ((exponent >= 1) | fixed), "expected 0, or 1 or more"),
            ],
        )
        with np.errstate(over="ignore"):
            steep = time * (1 + rise)
        check("delay", [("b", rise, finite(steep), "expected free time x (1 + b) that doubles can hold")])
        parameters = np.zeros((size, ROW))
        parameters[:, 0] = np.where(exponent == 0, steep, time)
        moving = ~fixed
        parameters[moving, 1] = (time * rise)[moving]
        parameters[moving, 2] = 1 / room[moving]
        parameters[moving, 3] = exponent[moving]
        return cls(np.where(fixed, CONSTANT, BPR).astype(np.int8), parameters)

    @classmethod
    def queue(
        cls,
        free_time: ArrayLike,
        capacity: ArrayLike,
        period: ArrayLike,
        *,
        servers: ArrayLike = 1,
        service_time: ArrayLike | None = None,
        variability: ArrayLike = 1.0,
        train_wait: ArrayLike = 0.0,
    ) -> Delay:
        """Return the mean time through a station, steady-state queue carried past capacity.

        The congestion part of the steady-state wait, Wc(rho) = variability x Erlang-C wait + train_wait x
        rho / (1 - rho), is put through the coordinate transformation of Kimber and Hollis (1979, TRRL LR 909): find
        rho in [0, 1) with flow / capacity = rho + 2 Wc(rho) / period; the wait is Wc(rho). Far past capacity it is
        the deterministic queue of an overload that lasts `period`.

        Parameters
        ----------
        free_time : array_like of float
            Time through the station without congestion, service included.
        capacity : array_like of float
            Flow that keeps all servers busy, above 0.
        period : array_like of float
            How long an overload lasts, in the unit of time, above 0.
        servers : array_like of int
            Servers side by side, 1 to 10,000.
        service_time : array_like of float, optional
            Mean service of one customer, in the unit of time; servers / capacity if absent, which holds when
            the capacity is in customers per unit of time.
        variability : array_like of float
            (ca2 + cs2) / 2, the mean squared coefficient of variation of arrivals and service (Allen-Cunneen).
        train_wait : array_like of float
            Further wait by arrival in batches, multiplies rho / (1 - rho): service x (I - 1) / (2 servers), where
            I is the index of dispersion of the batch size. In the unit of time.

        Returns
        -------
        Delay
            One function an element.

        Raises
        ------
        DataError
            Lists every arc with a parameter outside these ranges.
        """
        known = {} if service_time is None else {"service_time": service_time}
        columns = columns_of(
            free_time=free_time, capacity=capacity, period=period, servers=servers, variability=variability,
            train_wait=train_wait, **known,
        )  # fmt: skip
        if service_time is None:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                service = columns["servers"] / columns["capacity"]
            wrong = ~(columns["capacity"] >= SMALLEST) | ~np.isfinite(columns["servers"])  # told by its own name
            columns["service_time"] = np.where(wrong, 0.0, service)
        size = columns["capacity"].size
        least = {"capacity": SMALLEST, "period": SMALLEST, "servers": 1.0}
        check(
            "delay",
            [
                (
                    name,
                    column,
                    np.isfinite(column) & (column >= least.get(name, 0.0)),
                    "expected 1 or more"
                    if name == "servers"
                    else f"expected {'above 0' if name in least else '0 or more'}",
                )
                for name, column in columns.items()
            ],
        )
        count = columns["servers"]
        good = (count <= MOST_SERVERS) & (count == np.floor(count))
        check("delay", [("servers", count, good, f"expected a whole number, {MOST_SERVERS:,} at most")])
        wait = columns["variability"] * columns["service_time"] / columns["servers"]
        one = columns["servers"] < 2
        parameters = np.zeros((size, ROW))
        parameters[:, 0] = columns["free_time"]
        parameters[:, 1] = 1 / columns["capacity"]
        parameters[:, 2] = columns["train_wait"] + np.where(one, wait, 0.0)
        parameters[:, 3] = np.where(one, 0.0, wait)
        parameters[:, 4] = count
        parameters[:, 5] = 2 / columns["period"]
        idle = (parameters[:, 2] == 0) & (parameters[:, 3] == 0)  # no variation at all: only the overload queues
        parameters[idle, 2] = 1e-9 * columns["period"][idle]
        return cls(np.full(size, QUEUE, np.int8), parameters)

    @classmethod
    def railway(
        cls,
        running_time: ArrayLike,
        capacity: ArrayLike,
        period: ArrayLike,
        *,
        occupation: ArrayLike,
        variability: ArrayLike = 0.5,
    ) -> Delay:
        """Return the time over a railway section: one server, the section itself.

        Parameters
        ----------
        running_time : array_like of float
            Time over the section without other trains.
        capacity : array_like of float
            Trains that fill the timetable, in the unit of the flow.
        period : array_like of float
            How long an overload lasts, in the unit of time.
        occupation : array_like of float
            Time one train holds the limiting section: half the pair period on single track, the headway on
            double track. In the unit of time.
        variability : array_like of float
            (ca2 + cs2) / 2 of headways and occupation.

        Returns
        -------
        Delay
            One function an element.

        Raises
        ------
        DataError
            As `queue`.
        """
        return cls.queue(running_time, capacity, period, service_time=occupation, variability=variability)

    @classmethod
    def dwell(cls, rows: ArrayLike) -> Delay:
        """Return the dwell of declared facilities against flow.

        Parameters
        ----------
        rows : array_like of float, shape (arcs, 37)
            One an arc, as `keruen.network.facility.SmoothDwell.row`.

        Returns
        -------
        Delay
            One function a row.

        Raises
        ------
        DataError
            Where a number is negative or not finite: such a row need not be increasing and convex.
        """
        try:
            parameters = np.array(rows, dtype=np.float64, ndmin=2)
        except (TypeError, ValueError, OverflowError):
            parameters = np.zeros(0)
        if parameters.ndim != 2 or parameters.shape[1] < WIDE:
            expected = f"expected {WIDE} numbers an arc"
            raise errors.DataError([errors.Problem("delay", None, "row", str(rows)[:60], expected)])
        worst = np.where(np.isfinite(parameters), parameters, -np.inf).min(axis=1)
        check("delay", [("row", worst, worst >= 0, "expected numbers of 0 or more")])
        return cls(np.full(len(parameters), DWELL, np.int8), parameters)

    @classmethod
    def join(cls, parts: Sequence[Delay]) -> Delay:
        """Return the functions of several groups of arcs, one group after the other."""
        if not all(isinstance(part, Delay) for part in parts):
            raise errors.UsageError("delay: expected several Delay to join")
        width = max((part.parameters.shape[1] for part in parts), default=ROW)
        if not parts:
            return cls(np.zeros(0, np.int8), np.zeros((0, width)))
        rows = [np.pad(part.parameters, ((0, 0), (0, width - part.parameters.shape[1]))) for part in parts]
        return cls(np.concatenate([part.kind for part in parts]), np.concatenate(rows))

    def take(self, arcs: ArrayLike) -> Delay:
        """Return the functions of the given arcs, in the given order."""
        return Delay(self.kind[np.asarray(arcs)], self.parameters[np.asarray(arcs)])

    def __len__(self) -> int:
        return int(self.kind.size)

    def __repr__(self) -> str:
        names = ((CONSTANT, "constant"), (BPR, "BPR"), (QUEUE, "queue"), (DWELL, "dwell"))
        counts = ((int((self.kind == code).sum()), name) for code, name in names)
        return f"Delay({', '.join(f'{count} {name}' for count, name in counts if count) or 'no arcs'})"

    def time(self, flow: ArrayLike) -> NDArray[np.float64]:
        """Return the time of every arc at the given flows."""
        return self._all(flow)[0]

    def slope(self, flow: ArrayLike) -> NDArray[np.float64]:
        """Return the derivative of the time of every arc by its flow."""
        return self._all(flow)[1]

    def integral(self, flow: ArrayLike) -> NDArray[np.float64]:
        """Return the integral of the time of every arc from no flow to the given flow."""
        return self._all(flow)[2]

    def _all(self, flow: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        size = len(self)
        flows = columns_of(flow=flow)["flow"]
        if flows.size not in (1, size) or not (np.isfinite(flows) & (flows >= 0)).all():
            raise errors.UsageError(f"flow: expected one number of 0 or more an arc ({size}), or one for all")
        flows = np.ascontiguousarray(np.broadcast_to(flows, (size,)))
        value, slope, area = np.empty(size), np.empty(size), np.empty(size)
        _evaluate(self.kind, self.parameters, flows, value, slope, area)
        return value, slope, area
