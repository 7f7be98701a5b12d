"""Projects and the patches they make."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from keruen.study._cells import members, text_of
from keruen.study.attributes import schema
from keruen.study.patches import NewRow, Patch

if TYPE_CHECKING:
    from keruen.study.study import Study

__all__ = [
    "DONE",
    "OPENED",
    "effect_patch",
    "new_rows",
    "opened_since",
    "prerequisites",
    "project_patches",
    "same_patch",
]

DONE = re.compile(r"(operating|completed|in service|finished)", re.IGNORECASE)
"""Statuses of a project whose effects the tables already hold."""

OPENED = re.compile(r"opened", re.IGNORECASE)
"""Status of a project that opened while the study was made; see `opened_since`."""

_Row: TypeAlias = Mapping[Any, Any]


def prerequisites(project: _Row, column: str = "requires") -> list[str]:
    """Projects that a row of the project table names."""
    return members(str(project[column]))


def opened_since(study: Study, year: int) -> list[str]:
    """Projects that opened after the base year, by this year.

    They stand in every scenario of the year, because nobody can decide about them any more. Those that opened by the
    base year are in its tables.

    Parameters
    ----------
    study : Study
        The study.
    year : int
        Year of the scenario.
    """
    return [
        str(row["project_id"])
        for row in study.records("project")
        if OPENED.match(str(row["status"])) and study.settings.base_year < row["finish_year"] <= year
    ]


def project_patches(study: Study, project: str, year: int, late: int = 0) -> list[Patch | NewRow]:
    """Patches that a project makes in a year.

    Parameters
    ----------
    study : Study
        The study.
    project : str
        Id of the project.
    year : int
        Year of the scenario; effects that begin later do not apply.
    late : int
        Years by which the project is late. An effect without ``from_year`` then counts from the project's
        finish.

    Returns
    -------
    list of Patch or NewRow
        In the order of the effect table. Effects on a row that does not exist and that together give all its
        required columns become one new row.
    """
    finish = study.records("project")[study.row_of("project", project) or 0]["finish_year"]
    rows = [
        {**row, "where": f"{study.files['effect']}:{line}"}
        for row, line in zip(study.records("effect"), study.lines.get("effect", ()), strict=True)
        if row["project"] == project and row["table"] and _begun(row, finish, year, late)
    ]
    missing = new_rows(rows, lambda table, key: study.row_of(table, key) is not None)
    found: list[Patch | NewRow] = []
    for i, row in enumerate(rows):
        added = missing.get((row["table"], row["row"]))
        if added is None and not any(same_patch(row, other) for other in rows[:i]):
            found.append(effect_patch(row))
        elif added is not None and added not in found:
            found.append(added)
    return found


def same_patch(a: _Row, b: _Row) -> bool:
    """Whether two effects of one project set the same cell to the same value."""
    return bool(a["set"]) and all(a[column] == b[column] for column in ("table", "row", "column", "existing", "set"))


def effect_patch(row: _Row) -> Patch:
    """The patch of one row of the effect table."""
    change = float(row["change"])
    by = change == change
    return Patch(
        table=row["table"],
        row=row["row"],
        column=row["column"],
        existing=row["existing"] or None,
        set=None if by else row["set"],
        change=change if by else None,
        origin=row["project"],
        where=row.get("where", ""),
    )


def new_rows(effects: Sequence[_Row], exists: Callable[[str, str], bool]) -> dict[tuple[str, str], NewRow]:
    """New rows that effects of one project add, by table and key.

    Parameters
    ----------
    effects : sequence of mapping
        Rows of the effect table.
    exists : callable
        Whether a table has a row with a key.

    Returns
    -------
    dict
        A NewRow where effects give every required column of a row that does not exist; its source is that of the
        first effect unless one is set.
    """
    groups: dict[tuple[str, str], list[_Row]] = {}
    for row in effects:
        if not exists(row["table"], row["row"]):
            groups.setdefault((row["table"], row["row"]), []).append(row)
    found: dict[tuple[str, str], NewRow] = {}
    for (table, key), rows in groups.items():
        values = _new_values(table, key, rows)
        required = [c for c, a in schema()[table].attributes.items() if a.required]
        if all(values.get(column) for column in required):
            found[table, key] = NewRow(table, tuple(values.items()), rows[0]["project"], rows[0].get("where", ""))
    return found


def _new_values(table: str, key: str, rows: list[_Row]) -> dict[str, str]:
    columns = schema()[table].key
    parts = key.split("|")
    if len(parts) != len(columns):
        return {}
    values = dict(zip(columns, parts, strict=True))
    for row in rows:
        values[row["column"]] = row["set"] or text_of(row["change"])
    for column in ("source", "note"):
        if column in schema()[table].attributes:
            values.setdefault(column, rows[0][column])
    return values


def _begun(row: _Row, finish: float, year: int, late: int) -> bool:
    begins = row["from_year"]
    if begins == begins:
        return bool(begins + late <= year)
    return not late or finish != finish or bool(finish + late <= year)
