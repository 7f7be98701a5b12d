"""Laws of service times, headways and train sizes: what the formula reads of them and the simulation draws from."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from keruen import errors
from keruen.network.facility.arguments import is_number, is_whole, number, several

__all__ = [
    "DETERMINISTIC",
    "EMPIRICAL",
    "ERLANG",
    "EXPONENTIAL",
    "GAMMA",
    "GEOMETRIC",
    "HYPEREXPONENTIAL",
    "LOGNORMAL",
    "UNIFORM",
    "WEIBULL",
    "Law",
    "deterministic",
    "empirical",
    "erlang",
    "exponential",
    "fitted",
    "gamma",
    "geometric",
    "hyperexponential",
    "lognormal",
    "uniform",
    "weibull",
]

DETERMINISTIC, EXPONENTIAL, ERLANG, HYPEREXPONENTIAL, GAMMA, LOGNORMAL, UNIFORM, WEIBULL, GEOMETRIC, EMPIRICAL = range(
    10
)

_NAMES = (
    "deterministic",
    "exponential",
    "erlang",
    "hyperexponential",
    "gamma",
    "lognormal",
    "uniform",
    "weibull",
    "geometric",
    "empirical",
)
_NEEDED = (1, 1, 2, 3, 2, 2, 2, 2, 1, 0)
"""Parameters of each kind."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)


@dataclass(frozen=True)
class Law:
    """A law of nonnegative numbers: hours, or wagons of a train.

    Build one with `exponential`, `deterministic`, `erlang`, `hyperexponential`, `gamma`, `lognormal`, `uniform`,
    `weibull`, `geometric` or `empirical`, or with `Law.of` from Kendall's letters.

    Attributes
    ----------
    kind : int
        One of the codes of this module.
    parameters : tuple of float
        What the kind needs, see the constructors.
    values, weights : tuple of float
        Support and probabilities of an empirical law.
    """

    kind: int
    parameters: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a law made by hand that lacks what its kind needs."""
        if self.kind not in range(len(_NAMES)):
            raise errors.UsageError(f"kind = {self.kind!r}: expected 0 to {len(_NAMES) - 1}; Law.of takes letters")
        if len(self.parameters) < _NEEDED[self.kind] or (self.kind == EMPIRICAL and not self.values):
            raise errors.UsageError(
                f"parameters = {self.parameters!r}: a law that is {_NAMES[self.kind]} needs more; "
                f"{_NAMES[self.kind]}(...) makes one"
            )

    @classmethod
    def of(cls, letters: str, mean: float, scv: float | None = None) -> Law:
        """Return a law by Kendall's letters: M, D, E2, E3 ..., H2, G (gamma), LN.

        Parameters
        ----------
        letters : str
            The letters, either case.
        mean : float
            Mean, above 0.
        scv : float, optional
            Squared coefficient of variation, for H2, G and LN; M, D and E have their own.

        Returns
        -------
        Law
            The law.

        Raises
        ------
        UsageError
            For letters that are not known, a missing scv, or one that the law does not have.

        Examples
        --------
        >>> Law.of("E4", mean=2.0).scv
        0.25
        """
        name = letters.upper() if isinstance(letters, str) else ""
        fixed = None
        if name in ("M", "D"):
            fixed = exponential(mean) if name == "M" else deterministic(mean)
        elif name.startswith("E") and name[1:].isdigit() and int(name[1:]) > 0:
            fixed = erlang(int(name[1:]), mean)
        if fixed is not None:
            if scv is not None and not (is_number(scv) and math.isclose(scv, fixed.scv, abs_tol=1e-12)):
                raise errors.UsageError(
                    f"scv = {scv!r}: law {letters} has {fixed.scv:.4g}, so leave it out, or take H2, G or LN"
                )
            return fixed
        makers = {"H2": hyperexponential, "G": gamma, "LN": lognormal}
        if name not in makers:
            raise errors.UsageError(f"Unknown law {letters!r}: expected M, D, E followed by a number, H2, G or LN")
        if scv is None:
            raise errors.UsageError(f"Law {letters!r} needs scv, the squared coefficient of variation")
        return makers[name](mean, scv)

    @property
    def mean(self) -> float:
        """Mean."""
        return self.moment(1)

    @property
    def scv(self) -> float:
        """Squared coefficient of variation: variance over the square of the mean."""
        mean = self.moment(1)
        return max(self.moment(2) / mean**2 - 1.0, 0.0) if mean > 0 else 0.0

    def moment(self, order: int) -> float:
        """Return the raw moment of order 1, 2 or 3."""
        p = self.parameters
        if self.kind == DETERMINISTIC:
            return p[0] ** order
        if self.kind == EXPONENTIAL:
            return p[0] ** order * math.factorial(order)
        if self.kind in (ERLANG, GAMMA):
            shape = p[1]
            return math.prod(p[0] / shape * (shape + i) for i in range(order))
        if self.kind == HYPEREXPONENTIAL:
            return math.factorial(order) * (p[0] * p[1] ** order + (1 - p[0]) * p[2] ** order)
        if self.kind == LOGNORMAL:
            return math.exp(order * p[0] + order**2 * p[1] ** 2 / 2)
        if self.kind == UNIFORM:
            if p[1] == p[0]:
                return p[0] ** order
            return (p[1] ** (order + 1) - p[0] ** (order + 1)) / ((order + 1) * (p[1] - p[0]))
        if self.kind == WEIBULL:
            return p[0] ** order * math.gamma(1 + order / p[1])
        if self.kind == GEOMETRIC:
            q = 1 / p[0]
            return (1 / q, (2 - q) / q**2, (6 + q * (q - 6)) / q**3)[order - 1]
        return sum(w * v**order for v, w in zip(self.values, self.weights, strict=True))

    def transform(self, s: float) -> float:
        """Return the Laplace-Stieltjes transform E[exp(-s X)], s >= 0; quadrature (1e-10) for lognormal and Weibull."""
        p = self.parameters
        if self.kind == DETERMINISTIC:
            return math.exp(-s * p[0])
        if self.kind == EXPONENTIAL:
            return 1 / (1 + s * p[0])
        if self.kind in (ERLANG, GAMMA):
            return float((1 + s * p[0] / p[1]) ** -p[1])
        if self.kind == HYPEREXPONENTIAL:
            return p[0] / (1 + s * p[1]) + (1 - p[0]) / (1 + s * p[2])
        if self.kind == UNIFORM and s * (p[1] - p[0]) > 1e-12:
            return (math.exp(-s * p[0]) - math.exp(-s * p[1])) / (s * (p[1] - p[0]))
        if self.kind == UNIFORM:
            return math.exp(-s * (p[0] + p[1]) / 2)
        if self.kind == GEOMETRIC:
            q = 1 / p[0]
            return q / (math.exp(s) - 1 + q)
        if self.kind == EMPIRICAL:
            return sum(w * math.exp(-s * v) for v, w in zip(self.values, self.weights, strict=True))
        return self._quadrature(s)

    def _quadrature(self, s: float) -> float:
        """Integrate exp(-s x) over the standard normal (lognormal) or exponential (Weibull) variable behind x."""
        p = self.parameters
        cuts = np.linspace(-9.0, 9.0, 9) if self.kind == LOGNORMAL else np.linspace(-36.0, 4.0, 11)
        total = 0.0
        for low, high in itertools.pairwise(cuts):
            z = 0.5 * (high - low) * _NODES + 0.5 * (high + low)
            if self.kind == LOGNORMAL:
                x, density = np.exp(p[0] + p[1] * z), np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
            else:  # z is the logarithm of a standard exponential variable
                x, density = p[0] * np.exp(z / p[1]), np.exp(z - np.exp(z))
            total += 0.5 * (high - low) * float(np.sum(_WEIGHTS * np.exp(-s * x) * density))
        return total

    def probabilities(self) -> tuple[np.ndarray, np.ndarray]:
        """Return sizes and probabilities of a law of whole numbers (deterministic, geometric, empirical)."""
        if self.kind == EMPIRICAL:
            return np.asarray(self.values), np.asarray(self.weights)
        if self.kind == GEOMETRIC:
            q = 1 / self.parameters[0]
            count = 1 if q == 1 else int(min(math.ceil(-37 / math.log1p(-q)), 100_000))
            sizes = np.arange(1, count + 1, dtype=float)
            weights = q * (1 - q) ** (sizes - 1)
            return sizes, weights / weights.sum()
        return np.array([float(round(self.mean))]), np.array([1.0])

    def largest(self) -> float:
        """Return the largest value; infinite where the law has no bound."""
        if self.kind == DETERMINISTIC:
            return self.parameters[0]
        if self.kind == UNIFORM:
            return self.parameters[1]
        return max(self.values) if self.kind == EMPIRICAL else math.inf

    def scaled(self, factor: float) -> Law:
        """Return the law of `factor` times the variable; a geometric law keeps its kind and changes its mean."""
        number("factor", factor, above=0)
        p = self.parameters
        if self.kind == EMPIRICAL:
            return replace(self, values=tuple(v * factor for v in self.values))
        if self.kind == HYPEREXPONENTIAL:
            return replace(self, parameters=(p[0], p[1] * factor, p[2] * factor))
        if self.kind == LOGNORMAL:
            return replace(self, parameters=(p[0] + math.log(factor), p[1]))
        if self.kind == UNIFORM:
            return replace(self, parameters=(p[0] * factor, p[1] * factor))
        return replace(self, parameters=(p[0] * factor, *p[1:]))

    def __repr__(self) -> str:
        return f"Law({_NAMES[self.kind]}, mean={self.mean:.6g}, scv={self.scv:.4g})"


def _positive(**named: float) -> None:
    """Raise where a parameter is not a number above 0."""
    for name, value in named.items():
        number(name, value, above=0)


def deterministic(mean: float) -> Law:
    """Return the law of a constant, 0 or more."""
    number("mean", mean, least=0)
    return Law(DETERMINISTIC, (float(mean),))


def exponential(mean: float) -> Law:
    """Return the exponential law (M)."""
    _positive(mean=mean)
    return Law(EXPONENTIAL, (float(mean),))


def erlang(k: int, mean: float) -> Law:
    """Return the Erlang law of k stages (E_k), SCV 1 / k."""
    _positive(k=k, mean=mean)
    if not is_whole(k):
        raise errors.UsageError(f"k = {k}: expected a whole number; gamma takes any SCV")
    return Law(ERLANG, (float(mean), float(k)))


def hyperexponential(
    mean: float, scv: float | None = None, *, p: float | None = None, ratio: float | None = None
) -> Law:
    """Return a two-phase hyperexponential law (H2).

    Parameters
    ----------
    mean : float
        Mean.
    scv : float, optional
        Squared coefficient of variation, 1 or more; gives balanced means, p = (1 + sqrt((scv - 1)/(scv + 1))) / 2.
    p, ratio : float, optional
        In place of scv: probability of the first phase, and mean of the first phase over that of the second.

    Returns
    -------
    Law
        The law.

    Raises
    ------
    UsageError
        Where scv is below 1, or neither scv nor p and ratio are given.
    """
    _positive(mean=mean)
    if scv is not None:
        if not (is_number(scv) and scv >= 1):
            raise errors.UsageError(f"scv = {scv!r}: a hyperexponential law needs 1 or more")
        first = (1 + math.sqrt((scv - 1) / (scv + 1))) / 2
        return Law(HYPEREXPONENTIAL, (first, mean / (2 * first), mean / (2 * (1 - first))))
    if p is None or ratio is None or not (is_number(p) and 0 < p < 1):
        raise errors.UsageError("A hyperexponential law needs scv, or p between 0 and 1 and ratio")
    _positive(ratio=ratio)
    second = mean / (p * ratio + 1 - p)
    return Law(HYPEREXPONENTIAL, (p, second * ratio, second))


def gamma(mean: float, scv: float) -> Law:
    """Return the gamma law of given mean and SCV."""
    _positive(mean=mean, scv=scv)
    return Law(GAMMA, (float(mean), 1 / scv))


def lognormal(mean: float, scv: float) -> Law:
    """Return the lognormal law of given mean and SCV."""
    _positive(mean=mean, scv=scv)
    variance = math.log1p(scv)
    return Law(LOGNORMAL, (math.log(mean) - variance / 2, math.sqrt(variance)))


def uniform(low: float, high: float) -> Law:
    """Return the uniform law between two bounds."""
    if not (is_number(low) and is_number(high) and 0 <= low <= high):
        raise errors.UsageError(f"low = {low!r}, high = {high!r}: expected 0 <= low <= high")
    return Law(UNIFORM, (float(low), float(high)))


def weibull(mean: float, shape: float) -> Law:
    """Return the Weibull law of given mean and shape."""
    _positive(mean=mean, shape=shape)
    return Law(WEIBULL, (mean / math.gamma(1 + 1 / shape), float(shape)))


def geometric(mean: float) -> Law:
    """Return the geometric law on 1, 2, 3 ...: sizes of trains."""
    if not (is_number(mean) and mean >= 1):
        raise errors.UsageError(f"mean = {mean!r}: a geometric size needs 1 or more")
    return Law(GEOMETRIC, (float(mean),))


def empirical(values: Sequence[float], weights: Sequence[float] | None = None) -> Law:
    """Return the law of observed values, each drawn by its weight (equal weights if none are given)."""
    seen = _numbers("values", values)
    shares = [1.0] * len(seen) if weights is None else _numbers("weights", weights)
    if not seen or len(seen) != len(shares):
        raise errors.UsageError(f"{len(seen)} values and {len(shares)} weights: expected as many of each, one or more")
    total = sum(shares)
    if total <= 0:
        raise errors.UsageError("weights: all are 0, expected one above 0 at least")
    return Law(EMPIRICAL, (), tuple(seen), tuple(w / total for w in shares))


def _numbers(name: str, given: Sequence[float]) -> list[float]:
    """Return numbers of 0 or more; say which is none."""
    listed = several(name, given, "a list of numbers")
    return [number(f"{name}[{place}]", one, least=0) for place, one in enumerate(listed)]


def fitted(mean: float, scv: float) -> Law:
    """Return a law by mean and SCV alone: constant at 0, exponential at 1, H2 above, gamma below.

    An SCV is what a table usually knows of a service; this is the choice the formula's accuracy was measured with.
    """
    number("scv", scv, least=0)
    if scv == 0:
        return deterministic(mean)
    if scv == 1:
        return exponential(mean)
    return hyperexponential(mean, scv) if scv > 1 else gamma(mean, scv)
