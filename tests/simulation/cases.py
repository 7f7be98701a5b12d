"""Facilities whose long-run dwell is known exactly, and by what."""

from __future__ import annotations

from dataclasses import dataclass

from keruen.network.facility import (
    Arrivals,
    Batch,
    Facility,
    Law,
    Shifts,
    Slots,
    Stage,
    deterministic,
    erlang,
    exponential,
    geometric,
    hyperexponential,
    lognormal,
    queues,
    series,
    uniform,
)
from tests.network.facility import exact


@dataclass(frozen=True)
class Case:
    """A facility and its exact mean dwell; by class, or the share turned away, where these are what is asked."""

    name: str
    facility: Facility
    dwell: float
    sd: float | None = None
    by_class: tuple[float, ...] = ()
    lost: float | None = None


def poisson(rate: float, **more: object) -> Arrivals:
    """Poisson trains."""
    return Arrivals(exponential(1 / rate), **more)


def _m_m_c(rate: float, servers: int) -> Case:
    wait, variance = queues.m_m_c(rate, 1.0, servers)
    line = series(exponential(1 / rate), (exponential(1.0), servers))
    return Case(f"M/M/{servers}", line, wait + 1, (variance + 1) ** 0.5)


def _m_g_1(name: str, law: Law) -> Case:
    wait, variance = queues.m_g_1(0.7, law)
    sd = (variance + law.scv * law.mean**2) ** 0.5
    return Case(f"M/{name}/1", series(exponential(1 / 0.7), law), wait + law.mean, sd)


def _gi_m_c(name: str, law: Law, servers: int) -> Case:
    wait, variance = queues.gi_m_c(law, 1.0, servers)
    return Case(f"{name}/M/{servers}", series(law, (exponential(1.0), servers)), wait + 1, (variance + 1) ** 0.5)


def _priorities() -> Case:
    rates = (0.2, 0.3, 0.25)
    come = [poisson(rate, klass=f"class {k}", priority=k) for k, rate in enumerate(rates)]
    waits = queues.cobham(rates, erlang(2, 1.0))
    mean = float(sum(r * w for r, w in zip(rates, waits, strict=True))) / sum(rates) + 1
    return Case("Cobham", series(come, erlang(2, 1.0)), mean, by_class=tuple(waits + 1))


def _loss() -> Case:
    wait, lost = queues.m_m_c_k(3.0, 1.0, 2, 6)
    line = series(exponential(1 / 3.0), Stage("s", exponential(1.0), 2, room=6), when_full="leave")
    return Case("M/M/2/6", line, wait + 1, lost=lost)


def _shifts(at_end: str) -> Case:
    hours, servers, rate = (0, 12), (6, 2), 3.0
    wait = exact.periodic_mmc(rate, 1.0, hours, servers, at_end, room=120)
    return Case(
        f"M/M/c(t) {at_end}",
        series(exponential(1 / rate), (exponential(1.0), Shifts(hours, servers, at_end))),
        wait + 1,
    )


def _feedback() -> Case:
    stages = (Stage("a", exponential(1.0)), Stage("b", exponential(0.8), 2, then={"a": 0.2}))
    _, sojourn = queues.jackson([0.5, 0.0], [[0, 1.0], [0.2, 0]], [1.0, 0.8], [1, 2])
    return Case("Jackson with feedback", series(exponential(2.0), *stages), sojourn)


def _split() -> Case:
    stages = (Stage("a", exponential(1.0), 2), Stage("b", exponential(2.0), visit=0.3), Stage("c", exponential(0.5)))
    ways = [[0, 0.3, 0.7], [0, 0, 1.0], [0, 0, 0]]
    _, sojourn = queues.jackson([1.2, 0.0, 0.0], ways, [1.0, 2.0, 0.5], [2, 1, 1])
    return Case("Jackson with a split", series(exponential(1 / 1.2), *stages), sojourn)


def cases() -> list[Case]:
    """Return all cases; a few seconds go into the Kolmogorov equations of the shifts."""
    tandem = series(exponential(1 / 0.7), *[exponential(1.0)] * 5)
    blocking = (Stage("a", exponential(1.0)), Stage("b", exponential(0.8), room=2))
    e2, h2 = exact.erlang(2, 0.625), exact.hyper(1.0, 2.0)
    return [
        _m_m_c(0.8, 1),
        _m_m_c(3.2, 4),
        _m_g_1("LN", lognormal(1.0, 1.5)),
        _m_g_1("H2", hyperexponential(1.0, 4.0)),
        _m_g_1("U", uniform(0.2, 1.8)),
        Case("M/D/4", series(exponential(1 / 3.2), (deterministic(1.0), 4)), queues.m_d_c(3.2, 1.0, 4) + 1),
        _gi_m_c("D", deterministic(1.25), 1),
        _gi_m_c("E3", erlang(3, 1 / 3.2), 4),
        _gi_m_c("H2", hyperexponential(0.625, 2.0), 2),
        Case(
            "E2/H2/2",
            series(erlang(2, 0.625), (hyperexponential(1.0, 2.0), 2)),
            exact.ph_ph_c(e2, h2, 2) + 1,
        ),
        _loss(),
        Case("tandem of 5", tandem, 5 / 0.3, 5**0.5 / 0.3),
        _feedback(),
        _split(),
        Case("M^20/M/1", series(poisson(0.035, size=deterministic(20)), exponential(1.0)),
             queues.batch_g1(0.035, deterministic(20), exponential(1.0)) + 1),
        Case("M^geom/M/4", series(poisson(0.3, size=geometric(10.0)), (exponential(1.0), 4)),
             queues.batch_mmc(0.3, geometric(10.0), 1.0, 4) + 1),
        _priorities(),
        Case("blocking", series(exponential(2.0), *blocking), exact.tandem_blocking(0.5, 1.0, 1.25, 2, most=200)),
        _shifts("finish"),
        _shifts("suspend"),
        # gathering ten Poisson customers, a slot every 3 h that takes all, a slot every hour that takes one
        Case("gathering", series(exponential(0.5), Stage("g", None, batch=Batch(10, 10))), 9 / 4),
        Case("slots for all", series(exponential(0.5), Stage("p", None, slots=Slots(1000, every_h=3.0))), 1.5, 0.75**0.5),
        Case("slots of one", series(exponential(1 / 0.7), Stage("p", None, slots=Slots(1, every_h=1.0))), 0.5 + 0.7 / 0.6),
    ]  # fmt: skip
