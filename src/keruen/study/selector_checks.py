"""No two parameter rows fit the same case equally well.

A row that names one thing (a facility, a line) outranks one that describes many; of rows of the same rank the one
with most selectors filled applies. Two rows of equal rank and number are ambiguous if a case can exist that both
fit, unless a third row outranks them in every such case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Any

import pandas as pd

from keruen.errors import Problem
from keruen.study._cells import members
from keruen.study.attributes import schema
from keruen.study.cell_checks import Check, needs
from keruen.study.reading import Draft
from keruen.study.words import AFLOAT

__all__ = ["PROBLEMS"]

_COMPETING = ("stage", "arrival", "speed", "standing", "rate", "emission")
"""Tables of which one row applies; the rows of tariff_factor that fit all multiply."""

_FACTS = (
    "place", "place.place_id", "place.country", "link", "link.line", "link.operator", "service", "service.service_id",
    "service.mode", "commodity", "commodity.commodity_id", "commodity.services", "facility", "facility.facility_id",
    "facility.kind", "facility.from_place", "facility.to_place", "facility.from_mode", "facility.to_mode",
    "facility.from_gauge_mm", "facility.to_gauge_mm",
)  # fmt: skip
"""What one selector says of another is looked up in these."""

_Values = frozenset[str]


@dataclass(frozen=True)
class _Row:
    """One parameter row: what it selects, and what follows from that."""

    position: int
    wanted: Mapping[str, _Values]
    names_a_thing: bool
    implied: Mapping[str, _Values] = field(default_factory=dict)

    @cached_property
    def rank(self) -> tuple[bool, int]:
        return self.names_a_thing, len(self.wanted)


@needs(*_FACTS)
def ambiguous(draft: Draft) -> Iterator[Problem]:
    """Two rows that fit the same case equally well."""
    facts = _Facts(draft)
    for table in _COMPETING:
        same, columns = schema()[table].selecting("parted", "required"), schema()[table].selecting("kind", "thing")
        if not draft.has(table, *(f"{table}.{column}" for column in (*same, *columns))):
            continue
        naming = set(schema()[table].selecting("thing"))
        groups: dict[tuple[str, ...], list[_Row]] = {}
        for position, row in enumerate(draft.tables[table].to_dict("records")):
            wanted = {c: _values(row[c]) for c in columns if _values(row[c])}
            implied = facts.of(table, {c: _values(row[c]) for c in (*same, *columns)})
            groups.setdefault(tuple(str(row[c]) for c in same), []).append(
                _Row(position, wanted, bool(naming & set(wanted)), implied)
            )
        for rows in groups.values():
            yield from _clashes(draft, table, rows, facts)


def _clashes(draft: Draft, table: str, rows: list[_Row], facts: _Facts) -> Iterator[Problem]:
    by_rank: dict[tuple[bool, int], list[_Row]] = {}
    for row in rows:
        by_rank.setdefault(row.rank, []).append(row)
    for equal in by_rank.values():
        for a, b in combinations(equal, 2):
            if _can_meet(a, b, facts) and not any(_decides(c, a, b) for c in rows if c.rank > a.rank):
                yield _clash(draft, table, a, b)


def _can_meet(a: _Row, b: _Row, facts: _Facts) -> bool:
    """Whether a case may exist that both rows fit."""
    for column in {*a.wanted, *a.implied} & {*b.wanted, *b.implied}:
        left, right = _narrow(a, column), _narrow(b, column)
        if not left & right and not (column in ("mode", "service") and facts.together(column, a, b)):
            return False
    return True


def _narrow(row: _Row, column: str) -> _Values:
    wanted, implied = row.wanted.get(column), row.implied.get(column)
    if wanted is None or implied is None:
        return wanted or implied or frozenset()
    return wanted & implied or wanted


def _decides(c: _Row, a: _Row, b: _Row) -> bool:
    """Whether row ``c`` fits every case that both ``a`` and ``b`` fit."""
    for column, values in c.wanted.items():
        asked = [known for row in (a, b) if (known := _narrow(row, column))]
        if not asked or not any(known <= values for known in asked):
            return False
    return True


def _clash(draft: Draft, table: str, a: _Row, b: _Row) -> Problem:
    key = schema()[table].key[0]
    line = draft.line(table, a.position)
    names = draft.tables[table][key]
    said = ", ".join(f"{column} {'/'.join(sorted(values))}" for column, values in sorted(b.wanted.items()))
    other = f"row {line} ({names.iloc[a.position]})"
    expected = f"one row for each case; {other} fits the same with as many selectors ({said or 'none'})"
    mend = "Fill one selector more, add a row for the case both fit, or remove one"
    return draft.at(table, b.position, key, names.iloc[b.position], expected, mend)


def _values(cell: Any) -> _Values:
    if isinstance(cell, str):
        return frozenset(members(cell))
    return frozenset() if cell is None or cell != cell else frozenset([str(bool(cell)).lower()])


class _Facts:
    """What follows from one selector for another: a facility has a kind, a line its operators, a service a mode."""

    def __init__(self, draft: Draft) -> None:
        self._facility = {row["facility_id"]: row for row in draft.tables["facility"].to_dict("records")}
        place, service, link = (draft.tables[name] for name in ("place", "service", "link"))
        self._country = dict(zip(place["place_id"], place["country"], strict=True))
        self._mode = dict(zip(service["service_id"], service["mode"], strict=True))
        self._operators = _grouped(link, "line", "operator")
        commodity = draft.tables["commodity"]
        self._services = {
            name: frozenset(members(cell))
            for name, cell in zip(commodity["commodity_id"], commodity["services"], strict=True)
        }

        self._pairs: dict[str, set[_Values]] = {}
        for row in self._facility.values():
            modes = frozenset([row["from_mode"], row["to_mode"]])
            self._pairs.setdefault(row["kind"], set()).add(modes)

    def of(self, table: str, row: Mapping[str, _Values]) -> dict[str, _Values]:
        """Values that a row implies by column."""
        found: dict[str, _Values] = {}
        if facility := row.get("facility"):
            found |= self._at(facility)
        if line := row.get("line"):
            found["operator"] = frozenset().union(*(self._operators.get(name, frozenset()) for name in line))
        if table == "rate" and row["item"] <= {"border", "port", "terminal"}:
            found["kind"] = row["item"]
        if table in ("speed", "standing", "emission") or row.get("item") == frozenset(["line_haul"]):
            found["kind"] = frozenset(["a link"])
        if commodity := row.get("commodity"):
            found["service"] = frozenset().union(*(self._services.get(name, frozenset()) for name in commodity))
        return found

    def together(self, column: str, a: _Row, b: _Row) -> bool:
        """Whether one facility may see the modes, or services, of both rows at once."""
        kinds = [frozenset(self._pairs), *(known for row in (a, b) if (known := _narrow(row, "kind")))]
        pairs = {pair for kind in frozenset.intersection(*kinds) for pair in self._pairs.get(kind, ())}
        left, right = _narrow(a, column), _narrow(b, column)
        if column == "mode":
            return any(pair & left and pair & right for pair in pairs)
        allowed = [row.implied["service"] for row in (a, b) if row.implied.get("service")]
        return any(
            self._seen({self._mode.get(one, ""), self._mode.get(other, "")}, pairs)
            for one in left
            for other in right
            if all({one, other} <= known for known in allowed)
        )

    @staticmethod
    def _seen(modes: set[str], pairs: set[_Values]) -> bool:
        if len(modes) == 1 and not modes & set(AFLOAT):
            return False
        return any(modes <= pair for pair in pairs)

    def _at(self, names: _Values) -> dict[str, _Values]:
        rows = [self._facility[name] for name in names if name in self._facility]
        modes = frozenset(str(row[end]) for row in rows for end in ("from_mode", "to_mode"))
        countries = frozenset(self._country.get(row[end], "") for row in rows for end in ("from_place", "to_place"))
        changes = frozenset(str(_changes(row)).lower() for row in rows)
        found = {"kind": frozenset(str(row["kind"]) for row in rows), "mode": modes}
        found |= {"country": countries, "neighbour": countries, "gauge_change": changes}
        return {column: values for column, values in found.items() if values}


def _changes(facility: Mapping[Any, Any]) -> bool:
    a, b = facility["from_gauge_mm"], facility["to_gauge_mm"]
    return bool(a == a and b == b and a != b)


def _grouped(frame: pd.DataFrame, key: str, value: str) -> dict[str, _Values]:
    found: dict[str, set[str]] = {}
    for name, one in zip(frame[key], frame[value], strict=True):
        if name:
            found.setdefault(name, set()).add(one)
    return {name: frozenset(values) for name, values in found.items()}


PROBLEMS: tuple[Check, ...] = (ambiguous,)
"""Checks whose findings are problems."""
