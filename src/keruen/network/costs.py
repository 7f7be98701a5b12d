"""Hours, money and emissions of every arc for one class of freight.

Hours on a link: running at the free speed of line and service, capped by the service's ceiling, plus standing inside the network, which is the share
of the time in network that the country's railway loses (``wait = run x share / (1 - share)``).
Hours at a facility: the stages that fit the side, the direction, the service, the border regime and the gauge; of
the stages of one name, the most selective row.
Money: line haul by t-km times the tariff factors that fit; at a border each country's payments, at a port or
terminal its handling, at a change of gauge its fee.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keruen.errors import DataError, Problem
from keruen.network.carriage import Carriage
from keruen.network.components import ACTIVITIES, PAYMENTS, Entries, Ledger, Triple, joined
from keruen.network.parameters import Parameters
from keruen.network.supernetwork import Supernetwork
from keruen.study.words import AFLOAT

__all__ = ["ArcCosts", "Side", "arc_costs", "facility_case", "gaps", "passing", "recosted", "sides", "stage_rows"]

_Case: TypeAlias = dict[str, str | bool | frozenset[str]]
_Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class ArcCosts:
    """What each arc costs a tonne of one class of freight.

    Attributes
    ----------
    carriage : Carriage
        The class.
    permitted : ndarray of bool, shape (arcs,)
        Arcs it may use.
    hours, money : Entries
        Hours and USD a tonne, by component.
    time_h, money_usd_per_t : ndarray of float64, shape (arcs,)
        Mean hours and money; infinite where not permitted.
    emission_kg_per_t : ndarray of float64, shape (arcs,)
        Well-to-wheel emissions of a tonne, kg CO2e.
    service : tuple of str
        Service that runs on each arc, empty on facility arcs.
    """

    carriage: Carriage
    permitted: NDArray[np.bool_]
    hours: Entries
    money: Entries
    time_h: NDArray[np.float64]
    money_usd_per_t: NDArray[np.float64]
    emission_kg_per_t: NDArray[np.float64]
    service: tuple[str, ...]

    @property
    def generalised_usd_per_t(self) -> NDArray[np.float64]:
        """Generalised cost of each arc, USD a tonne: money plus value of time times hours."""
        return self.money_usd_per_t + self.carriage.vot_usd_per_t_h * self.time_h


@dataclass(frozen=True)
class Side:
    """One country's side of a facility, as freight passes it.

    Attributes
    ----------
    country, neighbour : str
        Country of the side, and of the other side (empty inside one country).
    direction : str
        ``outbound`` when leaving the country or the land, ``inbound`` when entering.
    """

    country: str
    neighbour: str
    direction: str


def sides(network: Supernetwork, arc: int) -> tuple[Side, ...]:
    """Sides that freight passes on a facility arc, in order.

    A border has two: the country left and the country entered. A port, terminal, yard or change of gauge inside one
    country has one, inbound where freight comes from the sea and outbound elsewhere.
    """
    here, there = network.tail[arc], network.head[arc]
    a, b = network.country[here], network.country[there]
    if network.facility_kind[int(network.facility[arc])][1] == "border":
        return Side(a, b, "outbound"), Side(b, a, "inbound")
    return (Side(a, "", "inbound" if network.layers[here].mode in AFLOAT else "outbound"),)


def facility_case(network: Supernetwork, arc: int, carriage: Carriage) -> _Case | None:
    """Return what a facility arc is to the selectors of stages; None if this freight may not pass it."""
    here, there = network.layers[network.tail[arc]], network.layers[network.head[arc]]
    modes = frozenset((here.mode, there.mode))
    if not modes <= set(carriage.modes):
        return None
    name, kind = network.facility_kind[int(network.facility[arc])]
    return {
        "facility": name,
        "kind": kind,
        "mode": modes,
        "service": frozenset(s for m in modes for s in carriage.services_of(m)),
        "commodity": carriage.commodity,
        "gauge_change": bool(here.gauge_mm and there.gauge_mm and here.gauge_mm != there.gauge_mm),
    }


def passing(known: Parameters, network: Supernetwork, arc: int, case: _Case) -> list[tuple[Side, _Case]]:
    """Return the sides of a facility arc in order, each with the case its stages are selected by."""
    found = []
    for side in sides(network, arc):
        more: _Case = {"country": side.country, "neighbour": side.neighbour, "direction": side.direction}
        if side.neighbour:
            more["regime"] = known.regimes.between(side.country, side.neighbour)
        found.append((side, case | more))
    return found


def stage_rows(known: Parameters, case: _Case) -> list[dict[str, Any]]:
    """Return the stages of a side: of those of one name, the row that fits the case best."""
    best: dict[str, dict[str, Any]] = {}
    for row in known.stage.fitting(case):
        best.setdefault(row["stage"], row)
    return list(best.values())


def arc_costs(known: Parameters, network: Supernetwork, carriage: Carriage) -> ArcCosts:
    """Put hours, money and emissions on every arc.

    Parameters
    ----------
    known : Parameters
        Parameter tables of the scenario.
    network : Supernetwork
        The graph of the same scenario.
    carriage : Carriage
        The class of freight.

    Returns
    -------
    ArcCosts
        Costs by arc.

    Raises
    ------
    DataError
        If a service runs on a link for which no speed, line-haul rate or emission row fits; names every case.
    """
    costing = _Costing(known, network, carriage)
    costing.pass_over(range(len(network.tail)))
    return costing.close()


def recosted(
    known: Parameters, network: Supernetwork, old: ArcCosts, carriage: Carriage, before: NDArray[np.int64]
) -> ArcCosts:
    """Costs of a network that differs little from one already costed.

    Parameters
    ----------
    known, network, carriage
        As for :func:`arc_costs`.
    old : ArcCosts
        Costs of the other network.
    before : ndarray of int, shape (arcs,)
        Arc of the other network that costs the same, -1 for an arc to be costed.

    Returns
    -------
    ArcCosts
        The same as :func:`arc_costs` gives.
    """
    costing = _Costing(known, network, carriage)
    kept = np.flatnonzero(before >= 0)
    costing.pass_over(np.flatnonzero(before < 0))
    costing.permitted[kept] = old.permitted[before[kept]]
    costing.emission[kept] = old.emission_kg_per_t[before[kept]]
    for arc in kept:
        costing.service[arc] = old.service[before[arc]]
    after = np.full(len(old.permitted), -1)
    after[before[kept]] = kept
    return costing.close([_moved(old.hours, after), _moved(old.money, after)])


def _moved(entries: Entries, after: NDArray[np.int64]) -> Entries:
    """Entries of arcs that stay, at their new numbers."""
    stay = after[entries.arc] >= 0
    columns = ("component", "heading", "mean", "low", "high", "country")
    chosen = {name: getattr(entries, name)[stay] for name in columns}
    return replace(entries, arc=after[entries.arc[stay]].astype(np.int32), **chosen)


def _rows(table: pd.DataFrame, numbers: NDArray[np.int32]) -> dict[int, Any]:
    """Rows of a table by position: only those asked for, since a project touches few."""
    wanted = np.unique(numbers[numbers >= 0])
    if not wanted.size:
        return {}
    return dict(zip(wanted.tolist(), table.iloc[wanted].itertuples(index=False), strict=True))


def gaps(known: Parameters, network: Supernetwork, carriage: Carriage) -> tuple[list[Problem], list[Problem]]:
    """What the parameter tables leave out for one class of freight.

    Parameters
    ----------
    known, network, carriage
        As for :func:`arc_costs`.

    Returns
    -------
    tuple of two lists of Problem
        Cases that cannot be costed, for which :func:`arc_costs` raises; and cases that nothing fits and that therefore
        cost no time, or no money.
    """
    costing = _Costing(known, network, carriage)
    alike = network.links[["mode", "service", "operator", "line", "electrified"]].astype("string").fillna("")
    first = alike.drop_duplicates().index  # links that differ in nothing a row selects by meet the same rows
    costing.pass_over(np.flatnonzero((network.link < 0) | np.isin(network.link, first)))
    return list(costing.problems.values()), list(costing.free.values())


class _Costing:
    """One pass over the arcs, and what it has gathered so far."""

    def __init__(self, known: Parameters, network: Supernetwork, carriage: Carriage) -> None:
        self.parameters = known
        self.network = network
        self.carriage = carriage
        size = len(network.tail)
        self.hours = Ledger(ACTIVITIES)
        self.money = Ledger(PAYMENTS)
        self.emission = np.zeros(size)
        self.service = [""] * size
        self.permitted = np.zeros(size, dtype=np.bool_)
        self.problems: dict[str, Problem] = {}
        self.free: dict[str, Problem] = {}

    def pass_over(self, arcs: Iterable[int]) -> None:
        """Cost these arcs."""
        chosen = np.fromiter(arcs, dtype=np.int64)
        links = _rows(self.network.links, self.network.link[chosen])
        facilities = _rows(self.network.facilities, self.network.facility[chosen])
        for arc in chosen.tolist():
            link = int(self.network.link[arc])
            if link >= 0:
                self.move(arc, links[link])
            else:
                self.stop(arc, facilities[int(self.network.facility[arc])])

    def move(self, arc: int, link: Any) -> None:
        """Cost a running arc."""
        service = self.carriage.service_on(link.mode, _text(link.service))
        if service is None:
            return
        self.permitted[arc] = True
        self.service[arc] = service
        length_km = float(self.network.length_km[arc])
        self._run_and_wait(arc, link, service, length_km)
        self._line_haul(arc, link, service, length_km)
        self._emit(arc, link, service, length_km)

    def stop(self, arc: int, facility: Any) -> None:
        """Cost a facility arc."""
        case = facility_case(self.network, arc, self.carriage)
        if case is None:
            return
        self.permitted[arc] = True
        passed = passing(self.parameters, self.network, arc, case)
        if not sum(self._stages(arc, side, side_case) for side, side_case in passed):
            self._nothing("stage", case, "passed in no time")
        for item, side, side_case in _payments(str(facility.kind), passed, change=bool(case["gauge_change"])):
            self._pay(arc, item, side, side_case)

    def close(self, kept: Sequence[Entries] = ()) -> ArcCosts:
        """Return the costs, those of arcs costed before among them, or raise what was missing."""
        if self.problems:
            raise DataError(self.problems.values())
        hours, money = self.hours.close(), self.money.close()
        if kept:
            hours, money = joined(kept[0], hours), joined(kept[1], money)
        barred = np.where(self.permitted, 0.0, np.inf)
        size = len(self.permitted)
        return ArcCosts(
            carriage=self.carriage,
            permitted=self.permitted,
            hours=hours,
            money=money,
            time_h=hours.by_arc(size).sum(axis=1) + barred,
            money_usd_per_t=money.by_arc(size).sum(axis=1) + barred,
            emission_kg_per_t=self.emission,
            service=tuple(self.service),
        )

    def _run_and_wait(self, arc: int, link: Any, service: str, length_km: float) -> None:
        case = {"mode": link.mode, "service": service, "operator": link.operator, "line": _text(link.line)}
        row = self.parameters.speed.best(case)
        if row is None:
            self._missing("speed", case)
            return
        ceiling = self.parameters.ceiling_km_per_h[service]
        speed, slow, fast = (min(value, ceiling) for value in _triple(row, "speed", "km_per_h"))
        run: Triple = (length_km / speed, length_km / fast, length_km / slow)
        activity = "sea" if link.mode in AFLOAT else "run"
        self.hours.add(arc, f"speed:{row['speed_id']}", activity, run, link.country, assumed=_assumed(row))
        standing = self.parameters.standing.best({"service": service, "operator": link.operator})
        if standing is None and link.mode == "rail":
            self._nothing("standing", {"service": service, "operator": link.operator}, "standing counted as none")
        if standing is not None:
            shares = _triple(standing, "share")
            wait: Triple = tuple(run[0] * share / (1 - share) for share in shares)  # type: ignore[assignment]
            name = f"standing:{standing['standing_id']}"
            self.hours.add(arc, name, "wait", wait, link.country, assumed=_assumed(standing))

    def _line_haul(self, arc: int, link: Any, service: str, length_km: float) -> None:
        case = {
            "item": "line_haul", "service": service, "country": link.operator,
            "commodity": self.carriage.commodity,
        }  # fmt: skip
        row = self.parameters.rate.best(case)
        if row is None:
            self._missing("rate", case)
            return
        rate = np.array(_triple(row, "rate", "usd_per_tkm"))
        selected = {
            "service": service, "operator": link.operator, "line": _text(link.line),
            "commodity": self.carriage.commodity,
        }  # fmt: skip
        for factor in self.parameters.tariff_factor.fitting(selected):
            rate = rate * np.array(_triple(factor, "factor"))
        amount: Triple = tuple(float(usd) for usd in rate * length_km)  # type: ignore[assignment]
        self.money.add(arc, f"rate:{row['rate_id']}", "line_haul", amount, link.country, assumed=_assumed(row))

    def _emit(self, arc: int, link: Any, service: str, length_km: float) -> None:
        case: _Case = {"service": service, "operator": link.operator}
        if isinstance(link.electrified, bool | np.bool_):
            case["electrified"] = bool(link.electrified)
        row = self.parameters.emission.best(case)
        if row is None:
            self._missing("emission", case)
            return
        self.emission[arc] = float(row["emission_g_per_tkm"]) / 1000 * length_km

    def _stages(self, arc: int, side: Side, case: _Case) -> int:
        rows = stage_rows(self.parameters, case)
        for row in rows:
            name = f"stage:{row['stage_id']}@{case['facility']}:{side.direction}"
            amount = _triple(row, "dwell", "h")
            self.hours.add(arc, name, row["activity"], amount, side.country, assumed=_assumed(row))
        return len(rows)

    def _pay(self, arc: int, item: str, side: Side, case: _Case) -> None:
        row = self.parameters.rate.best(case | {"item": item})
        if row is None:
            self._nothing("rate", {"facility": case["facility"], "item": item, "country": side.country}, "paid nothing")
        else:
            name = f"rate:{row['rate_id']}@{case['facility']}:{side.direction}"
            amount = _triple(row, "rate", "usd_per_t")
            self.money.add(arc, name, item, amount, side.country, assumed=_assumed(row))

    def _missing(self, table: str, case: Mapping[str, object]) -> None:
        said = _said(case)
        self.problems[f"{table} {said}"] = Problem(f"{table}.csv", None, None, None, f"no row fits {said}", _ADD)

    def _nothing(self, table: str, case: Mapping[str, object], so: str) -> None:
        said = _said(case)
        self.free[f"{table} {said}"] = Problem(f"{table}.csv", None, None, None, f"no row fits {said}: {so}", _ADD)


_ADD = "Add a row, or leave its selectors empty so that it fits any case"


def _said(case: Mapping[str, object]) -> str:
    """A case in words, members of sets in order."""
    values = {column: "/".join(sorted(v)) if isinstance(v, frozenset) else v for column, v in case.items()}
    return ", ".join(f"{column} {value}" for column, value in values.items() if value != "")


def _payments(kind: str, passed: list[tuple[Side, _Case]], *, change: bool) -> Iterator[tuple[str, Side, _Case]]:
    """What is paid at a facility: each side of a border, a port or terminal once, a change of gauge on entry."""
    if kind == "border":
        for side, case in passed:
            yield "border", side, case
    elif kind in ("port", "terminal"):
        yield kind, *passed[0]
    if change:
        yield "gauge_change", *passed[-1]


def _triple(row: _Row, stem: str, unit: str = "") -> Triple:
    tail = f"_{unit}" if unit else ""
    return float(row[f"{stem}{tail}"]), float(row[f"{stem}_low{tail}"]), float(row[f"{stem}_high{tail}"])


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _assumed(row: _Row) -> bool:
    return bool(row["role"] == "assumed")
