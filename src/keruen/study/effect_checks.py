"""Checks of effects: the patches that projects make, held against the tables they change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from keruen.errors import Problem
from keruen.study._cells import members, text_of, value_of
from keruen.study._said import did_you_mean, listed
from keruen.study.attributes import Attribute, schema
from keruen.study.cell_checks import Check, needs
from keruen.study.patches import NewRow, matches
from keruen.study.project_checks import all_needed, named
from keruen.study.projects import new_rows, same_patch
from keruen.study.reading import Draft
from keruen.study.study import positions

__all__ = ["PROBLEMS", "REMARKS"]

_MOST_VALUES = 64
"""Values that a cell may come to by the order in which required projects are built; more are not followed up."""

_Row: TypeAlias = Mapping[Any, Any]


def effects(draft: Draft) -> Iterator[Problem]:
    """An effect changes one column of a row that exists and finds there what it expects."""
    rows = [{str(k): v for k, v in row.items()} for row in draft.tables["effect"].to_dict("records")]
    book = _Book(draft, rows)
    for position, row in enumerate(rows):
        for column, value, expected, mend in book.faults(row):
            yield draft.at("effect", position, column, value, expected, mend)


_Fault = tuple[str, str, str, str]


class _Book:
    """What effects are held against: keys of every table, and the values other effects give to a cell."""

    def __init__(self, draft: Draft, effects: Sequence[_Row]) -> None:
        self.draft = draft
        self.effects = effects
        self.requires = named(draft, "requires")
        self._positions: dict[str, dict[str, int]] = {}
        self._columns: dict[tuple[str, str], list[Any]] = {}
        self._by_cell: dict[tuple[str, str, str], dict[str, list[_Row]]] = {}
        for row in effects:
            cell = self._by_cell.setdefault((row["table"], row["row"], row["column"]), {})
            cell.setdefault(row["project"], []).append(row)
        self.new = self._new_rows()

    def faults(self, row: _Row) -> Iterator[_Fault]:
        """What is wrong with one effect."""
        if not row["table"]:
            stray = [c for c in ("row", "column", "existing", "set") if row[c]]
            if stray:
                yield "table", "", f"the table that {stray[0]} {row[stray[0]]} belongs to", "Name it"
            return
        if row["table"] not in schema():
            yield "table", row["table"], "a table of the schema", did_you_mean(row["table"], schema())
            return
        if not self.draft.has(row["table"], *_keys(row["table"])):
            return
        attributes = schema()[row["table"]].attributes
        if row["column"] not in attributes:
            known = did_you_mean(row["column"], attributes, f"Columns are {listed(attributes)}")
            yield "column", row["column"], f"a column of table {row['table']}", known
            return
        if attributes[row["column"]].key:
            yield "column", row["column"], "a column that is not part of the key", "Add a new row instead"
            return
        yield from self._value_faults(row)
        yield from self._row_faults(row)

    def _value_faults(self, row: _Row) -> Iterator[_Fault]:
        if not self.draft.has("effect.set", "effect.change"):
            return
        attribute = schema()[row["table"]].attributes[row["column"]]
        by = row["change"] == row["change"]
        if by and row["set"]:
            yield "set", row["set"], f"either set or change, found change = {text_of(row['change'])} too", "Empty one"
        elif not by and not row["set"] and not (row["existing"] and not attribute.required):
            yield "set", "", "a value to set, or a change", "Fill one of the two"
        elif by and not attribute.is_number:
            yield "change", text_of(row["change"]), f"no change, since {row['column']} is not a number", "Use set"
        elif row["set"]:
            _, wrong = value_of(attribute, row["set"])
            if not wrong and attribute.references and self.draft.has(attribute.references):
                wrong = self._unresolved(attribute.references, row["set"], several=attribute.dtype == "ids")
            if wrong:
                yield "set", row["set"], wrong, f"It is set in {row['table']}.{row['column']}"

    def _unresolved(self, target: str, cell: str, *, several: bool) -> str:
        known = set(self.draft.tables[target][schema()[target].key[0]])
        lost = [name for name in (members(cell) if several else [cell]) if name not in known]
        return f"a row of table {target}, which has no {lost[0]}" if lost else ""

    def _row_faults(self, row: _Row) -> Iterator[_Fault]:
        if not self.draft.has("effect", "project"):
            return  # another effect of the project, or of one it requires, may be among the rows not read
        table, key, column = row["table"], row["row"], row["column"]
        position = self._positions_of(table).get(key)
        if position is None:
            yield from self._new_faults(row)
            return
        draft = self.draft
        if (table, column, position) in draft.bad or f"{table}.{column}" in draft.lost:
            return
        attribute = schema()[table].attributes[column]
        found = self._cells(table, column)[position]
        before = self._possible(row, found)
        if row["change"] == row["change"] and attribute.is_number:
            yield from self._change_faults(row, attribute, before)
        if row["existing"] and not any(matches(attribute, value, row["existing"]) for value in before):
            if twin := self._twin(row):
                line = draft.line("effect", next(i for i, one in enumerate(self.effects) if one is twin))
                expected = f"what this project's effect in row {line} leaves, {twin['set'] or text_of(twin['change'])}"
                yield "existing", row["existing"], expected, f"{table} {key} {column} is patched twice: remove one"
                return
            line = draft.line(table, position)
            expected = f"what the table holds: {text_of(found) or 'nothing'} ({draft.file(table)}, row {line})"
            yield "existing", row["existing"], expected, f"{table} {key} {column}: correct one of the two"

    def _change_faults(self, row: _Row, attribute: Attribute, before: list[Any]) -> Iterator[_Fault]:
        """A change leaves a value that the column may hold, in some order of the projects at least."""
        left = [(0.0 if value != value else float(value)) + float(row["change"]) for value in before]
        wrong = [value_of(attribute, text_of(value))[1] for value in left]
        if all(wrong):
            expected = f"{wrong[0]} after the change, found {text_of(left[0])}"
            yield "change", text_of(row["change"]), expected, f"It changes {row['table']}.{row['column']}"

    def _new_faults(self, row: _Row) -> Iterator[_Fault]:
        table, key = row["table"], row["row"]
        added = self.new.get((row["project"], table, key))
        if added is None:
            parts = schema()[table].key
            known = did_you_mean(key, self._positions_of(table))
            mend = f"{known} A new row needs effects that set all its required columns".lstrip()
            shape = f" ({' | '.join(parts)})" if len(parts) > 1 else ""
            yield "row", key, f"the key of a row of table {table}{shape}", mend
        elif row["existing"]:
            yield "existing", row["existing"], "nothing, since this effect adds a new row", "Leave it empty"

    def _possible(self, row: _Row, found: Any) -> list[Any]:
        """Values that the cell may hold when the effect applies: the table's, or what earlier effects leave."""
        attribute = schema()[row["table"]].attributes[row["column"]]
        cell = self._by_cell[row["table"], row["row"], row["column"]]
        values = [found]
        for name in sorted(all_needed(row["project"], self.requires) & cell.keys()):
            for other in cell[name]:
                # Required projects may be built before or after one another: every order is allowed for.
                values = list(dict.fromkeys([*values, *_left(attribute, other, values)]))[:_MOST_VALUES]
        for other in self._own_earlier(row):
            values = _left(attribute, other, values)
        return values

    def _own_earlier(self, row: _Row) -> list[_Row]:
        """Effects of the same project on the same cell that come before."""
        own = self._by_cell[row["table"], row["row"], row["column"]][row["project"]]
        # A comparison with a missing year is false: such an effect is always in force.
        before = own[: next(i for i, other in enumerate(own) if other is row)]
        return [other for other in before if not other["from_year"] > row["from_year"] and not same_patch(other, row)]

    def _twin(self, row: _Row) -> _Row | None:
        earlier = self._own_earlier(row)
        return earlier[-1] if earlier else None

    def _new_rows(self) -> dict[tuple[str, str, str], NewRow]:
        by_project: dict[str, list[_Row]] = {}
        for row in self.effects:
            known = row["table"] in schema() and self.draft.has(row["table"], *_keys(row["table"]))
            if known and row["column"] in schema()[row["table"]].attributes:
                by_project.setdefault(row["project"], []).append(row)
        return {
            (project, table, key): row
            for project, rows in by_project.items()
            for (table, key), row in new_rows(rows, self._exists).items()
        }

    def _exists(self, table: str, key: str) -> bool:
        return key in self._positions_of(table)

    def _positions_of(self, table: str) -> dict[str, int]:
        if table not in self._positions:
            self._positions[table] = positions(self.draft.tables[table], schema()[table].key)
        return self._positions[table]

    def _cells(self, table: str, column: str) -> list[Any]:
        if (table, column) not in self._columns:
            self._columns[table, column] = self.draft.tables[table][column].tolist()
        return self._columns[table, column]


_PATCH = tuple(f"effect.{column}" for column in ("project", "table", "row", "column", "set", "change", "from_year"))


def _keys(table: str) -> list[str]:
    return [f"{table}.{column}" for column in schema()[table].key]


def _left(attribute: Attribute, effect: _Row, values: list[Any]) -> list[Any]:
    """Values that an effect leaves in a cell that held one of ``values``."""
    if effect["change"] == effect["change"]:
        return [float(value) + effect["change"] for value in values if not isinstance(value, str)]
    return [value_of(attribute, effect["set"])[0]]


@needs("effect", "project", *_PATCH)
def claims(draft: Draft) -> Iterator[Problem]:
    """A new row is added by one project, unless the projects that add it exclude or require one another."""
    requires, excludes = named(draft, "requires"), named(draft, "excludes")
    rows = [{str(k): v for k, v in row.items()} for row in draft.tables["effect"].to_dict("records")]
    owners: dict[tuple[str, str], list[str]] = {}
    for name, table, key in _Book(draft, rows).new:
        for other in owners.setdefault((table, key), []):
            apart = name in excludes.get(other, ()) or other in excludes.get(name, ())
            if not apart and name not in all_needed(other, requires) and other not in all_needed(name, requires):
                mine = (
                    i for i, row in enumerate(rows) if (row["project"], row["table"], row["row"]) == (name, table, key)
                )
                expected = f"a new row that no other project adds; {other} adds {table} {key} too"
                mend = "Let one require the other, or let them exclude each other on both sides"
                yield draft.at("effect", next(mine), "row", key, expected, mend)
        owners[table, key].append(name)


@needs("effect.table")
def silent_projects(draft: Draft) -> Iterator[Problem]:
    """An effect without a table says why the project changes nothing."""
    effect = draft.tables["effect"]
    for row in np.flatnonzero(((effect["table"] == "") & (effect["note"] == "")).to_numpy()):
        mend = "Say why the project changes nothing on the network"
        yield draft.at("effect", int(row), "note", "", "a reason, since table is empty", mend)


@needs(*_PATCH)
def twice(draft: Draft) -> Iterator[Problem]:
    """A project does not state one effect twice."""
    first: dict[tuple[str, str, str, str], tuple[int, _Row]] = {}
    for position, row in enumerate(draft.tables["effect"].to_dict("records")):
        cell = (row["project"], row["table"], row["row"], row["column"])
        if row["table"] and cell in first and same_patch(first[cell][1], row):
            expected = f"another effect than that of row {draft.line('effect', first[cell][0])}"
            yield draft.at("effect", position, "row", row["row"], expected, "It is applied once: remove one")
        first.setdefault(cell, (position, row))


@needs("project", *_PATCH)
def rivals(draft: Draft) -> Iterator[Problem]:
    """Two projects that set the same cell exclude each other, or one requires the other."""
    requires, excludes = named(draft, "requires"), named(draft, "excludes")
    first: dict[tuple[str, str, str], list[tuple[int, str]]] = {}
    for position, row in enumerate(draft.tables["effect"].to_dict("records")):
        if not row["table"] or not row["set"]:
            continue
        name = row["project"]
        for line, other in first.setdefault((row["table"], row["row"], row["column"]), []):
            apart = name in excludes.get(other, ()) or other in excludes.get(name, ())
            in_order = name in all_needed(other, requires) or other in all_needed(name, requires)
            if other != name and not apart and not in_order:
                expected = (
                    f"one project that sets {row['table']} {row['row']} {row['column']}; {other} does in row {line}"
                )
                mend = "Both cannot be built as they stand: let one require or exclude the other, or use change"
                yield draft.at("effect", position, "project", name, expected, mend)
        first[row["table"], row["row"], row["column"]].append((draft.line("effect", position), name))


PROBLEMS: tuple[Check, ...] = (effects, claims)
"""Checks whose findings are problems."""

REMARKS: tuple[Check, ...] = (silent_projects, twice, rivals)
"""Checks whose findings are remarks."""
