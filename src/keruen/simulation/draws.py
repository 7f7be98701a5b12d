"""Counter-based random numbers: the n-th draw of a stream needs no draw before it.

A stream belongs to one purpose (headway, size, service, route) of one source or stage of one replication. Its key comes
from the seed and the *name* of the stage, and draws are numbered by the customer, so a change of one stage moves no
draw of another (common random numbers), and replications may run in any order on any number of threads.

The generator is the finaliser of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
generators", variant 13 of Stafford) applied to key + counter x golden ratio: 2 multiplications a draw.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np

from keruen.network.facility import laws
from keruen.simulation.kernels import hot, kernel

__all__ = ["LAW", "draw", "laws_table", "stream", "uniform"]

LAW = np.dtype([("kind", "i8"), ("a", "f8"), ("b", "f8"), ("c", "f8"), ("first", "i8"), ("count", "i8")], align=True)
"""One law: kind, parameters, and where the values of an empirical law stand."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_PART = np.uint64(0xD1342543DE82EF95)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 2.0**-53

_D, _M, _ERLANG, _H2, _GAMMA = laws.DETERMINISTIC, laws.EXPONENTIAL, laws.ERLANG, laws.HYPEREXPONENTIAL, laws.GAMMA
_LOGNORMAL, _UNIFORM, _WEIBULL, _GEOMETRIC = laws.LOGNORMAL, laws.UNIFORM, laws.WEIBULL, laws.GEOMETRIC


def stream(seed: int, replication: int, *names: object) -> int:
    """Return the key of a stream, 64 bits that depend on everything given and nothing else."""
    text = "\x1f".join(str(part) for part in (seed, replication, *names))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


@hot
def uniform(key: Any, counter: Any, part: Any) -> Any:
    """Return draw number `counter`, part `part`, of the stream `key`: above 0, below 1."""
    z = key + np.uint64(counter) * _GOLDEN + np.uint64(part) * _PART
    z = (z ^ (z >> _S30)) * _FIRST
    z = (z ^ (z >> _S27)) * _SECOND
    z = z ^ (z >> _S31)
    return (np.float64(z >> _S11) + 0.5) * _UNIT


@kernel
def normal(u: Any) -> Any:
    """Return the standard normal quantile of u, to 1e-15 (Wichura 1988, algorithm AS 241)."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        top = (((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
               + 4.5921953931549871457e4) * r + 1.3731693765509461125e4  # fmt: skip
        top = ((top * r + 1.9715909503065514427e3) * r + 1.3314166789178437745e2) * r + 3.3871328727963666080e0
        low = (((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
               + 2.1213794301586595867e4) * r + 5.3941960214247511077e3  # fmt: skip
        low = ((low * r + 6.8718700749205790830e2) * r + 4.2313330701600911252e1) * r + 1.0
        return q * top / low
    r = math.sqrt(-math.log(u if q < 0.0 else 1.0 - u))
    if r <= 5.0:
        r -= 1.6
        top = (((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
               + 1.27045825245236838258e0) * r + 3.64784832476320460504e0  # fmt: skip
        top = ((top * r + 5.76949722146069140550e0) * r + 4.63033784615654529590e0) * r + 1.42343711074968357734e0
        low = (((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r
               + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1  # fmt: skip
        low = ((low * r + 1.67638483018380384940e0) * r + 2.05319162663775882187e0) * r + 1.0
    else:
        r -= 5.0
        top = (((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r
               + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1  # fmt: skip
        top = ((top * r + 1.78482653991729133580e0) * r + 5.46378491116411436990e0) * r + 6.65790464350110377720e0
        low = (((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r
               + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2  # fmt: skip
        low = ((low * r + 1.36929880922735805310e-1) * r + 5.99832206555887937690e-1) * r + 1.0
    return -top / low if q < 0.0 else top / low


MOST_STAGES = 64
"""Stages of an Erlang law that are drawn one by one."""


@kernel
def _erlang(k: Any, key: Any, counter: Any) -> Any:
    """Return a sum of k standard exponential draws."""
    total, product = 0.0, 1.0
    for part in range(int(k)):
        product *= uniform(key, counter, part)
        if part & 15 == 15:  # 16 factors of 2^-54 do not underflow
            total -= math.log(product)
            product = 1.0
    return total - math.log(product)


@kernel
def _gamma(shape: Any, key: Any, counter: Any) -> Any:
    """Return a standard gamma draw (Marsaglia and Tsang 2000; below shape 1 with their power of a uniform)."""
    boost = 1.0
    if shape < 1.0:
        boost = uniform(key, counter, 0) ** (1.0 / shape)
        shape += 1.0
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    part = 1
    while True:
        x = normal(uniform(key, counter, part))
        v = 1.0 + c * x
        v = v * v * v
        if v > 0.0 and math.log(uniform(key, counter, part + 1)) < 0.5 * x * x + d - d * v + d * math.log(v):
            return boost * d * v
        part += 2


@kernel
def _rare(law: Any, values: Any, below: Any, key: Any, counter: Any) -> Any:
    """Return a draw of the laws that are slow to draw anyway."""
    kind = law.kind
    if kind == _ERLANG:
        return law.a / law.b * _erlang(law.b, key, counter)
    if kind == _GAMMA:
        return law.a / law.b * _gamma(law.b, key, counter)
    u = uniform(key, counter, 0)
    if kind == _H2:
        second = uniform(key, counter, 1)
        return -(law.b if u < law.a else law.c) * math.log(second)
    if kind == _LOGNORMAL:
        return math.exp(law.a + law.b * normal(u))
    if kind == _UNIFORM:
        return law.a + (law.b - law.a) * u
    if kind == _WEIBULL:
        return law.a * (-math.log(u)) ** (1.0 / law.b)
    if kind == _GEOMETRIC:
        return 1.0 if law.a == 1.0 else 1.0 + math.floor(math.log(u) / math.log1p(-1.0 / law.a))
    low, high = law.first, law.first + law.count - 1
    while low < high:
        middle = (low + high) // 2
        if u < below[middle]:
            high = middle
        else:
            low = middle + 1
    return values[low]


@hot
def draw(law: Any, values: Any, below: Any, key: Any, counter: Any) -> Any:
    """Return draw number `counter` of a law.

    Parameters
    ----------
    law : LAW
        One row of the table of laws.
    values, below : ndarray of float
        Values of the empirical laws and, for each, the probability up to and with it.
    key, counter : uint64, int
        Stream, and number of the draw in it.

    Returns
    -------
    float
        The draw.
    """
    if law.kind == _M:
        return -law.a * math.log(uniform(key, counter, 0))
    if law.kind == _D:
        return law.a
    return _rare(law, values, below, key, counter)


def laws_table(given: list[laws.Law]) -> tuple[Any, Any, Any]:
    """Return laws as the table, values and cumulative probabilities that `draw` reads."""
    table = np.zeros(len(given), LAW)
    values: list[float] = []
    below: list[float] = []
    for row, law in zip(table, given, strict=True):
        row["kind"] = law.kind
        row["a"], row["b"], row["c"] = (*law.parameters, 0.0, 0.0, 0.0)[:3]
        if law.kind == _ERLANG and law.parameters[1] > MOST_STAGES:
            row["kind"] = _GAMMA  # the same law, drawn at once
        row["first"], row["count"] = len(values), len(law.values)
        values += law.values
        below += list(np.cumsum(law.weights))
    return table, np.array(values or [0.0]), np.array(below or [1.0])
