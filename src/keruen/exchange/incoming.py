"""Projects that come in, from whatever format: rows taken, rows not taken with the reasons, what was kept aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from keruen.errors import Problem, UsageError
from keruen.exchange.cells import converter
from keruen.exchange.oc4ids import plain_row, read_oc4ids
from keruen.exchange.register import read_register
from keruen.exchange.register_mapping import Column, ColumnMapping
from keruen.exchange.row_checks import row_faults
from keruen.study.attributes import schema

__all__ = ["Incoming", "incoming"]


@dataclass(frozen=True, eq=False)
class Incoming:
    """What came of a file.

    Attributes
    ----------
    projects : pandas.DataFrame
        Rows taken, with the columns of table ``project``.
    effects, sources : pandas.DataFrame
        Rows of tables ``effect`` and ``source`` that belong to them; none from a list.
    problems : tuple of Problem
        Every reason for which a row was not taken.
    left : pandas.DataFrame
        Every row not taken, its cells as they were, with column ``why``.
    aside : pandas.DataFrame
        Cells of columns that nobody asked for, beside project_id; none from a package, which keeps them itself.
    remarks : tuple of Problem
        What was not clear in rows that were taken.
    """

    projects: pd.DataFrame
    effects: pd.DataFrame
    sources: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    left: pd.DataFrame = field(default_factory=pd.DataFrame)
    aside: pd.DataFrame = field(default_factory=pd.DataFrame)
    remarks: tuple[Problem, ...] = ()


def incoming(
    path: str | Path,
    mapping: str | Path | None = None,
    *,
    fill: Mapping[str, str] | None = None,
    official: str | Path | None = None,
) -> Incoming:
    """Read a package of OC4IDS (``.json``) or, with a mapping, a list of projects (spreadsheet or delimited text).

    Parameters
    ----------
    path : path
        The file.
    mapping : path, optional
        Column mapping file; needed for a list, and of no use for a package.
    fill : mapping of str to str, optional
        Values for columns of table ``project`` that a package leaves empty, for example its price year. A list has
        them in its mapping.
    official : path, optional
        Folder with the standard's own schema files; see `keruen.exchange.oc4ids.read_oc4ids`.

    Returns
    -------
    Incoming

    Raises
    ------
    DataError
        If the file cannot be read at all: each problem with its place.
    UsageError
        If mapping and format do not go together, or a value to fill in does not fit its column.
    """
    path = Path(path)
    if path.suffix.lower() == ".json":
        if mapping is not None:
            raise UsageError(f"{path.name} is a package of OC4IDS, whose fields need no mapping")
        return _from_package(path, fill or {}, official)
    if mapping is None:
        raise UsageError(f"{path.name} is a list: say with --mapping which of its columns is which")
    if fill:
        raise UsageError(f"give values for all rows of {path.name} under [fixed] in its mapping")
    return _from_list(path, Path(mapping))


def _from_list(path: Path, mapping: Path) -> Incoming:
    found = read_register(path, mapping)
    aside = found.extra.assign(project_id=found.table["project_id"].to_numpy()) if len(found.extra.columns) else None
    why: dict[tuple[str, int | None], list[str]] = {}
    for one in found.problems:
        told = f"{one.column}: {one.expected}" if one.column else one.expected
        why.setdefault((one.file, one.row), []).append(told)
    sheets = (f"{path.name} [{sheet}]" if sheet else path.name for sheet in found.left.get("sheet", ()))
    rows = zip(sheets, found.left.get("row", ()), strict=True)
    return Incoming(
        found.table,
        _none("effect"),
        _none("source"),
        found.problems,
        found.left.assign(why=["; ".join(why.get(at, [])) for at in rows]),
        pd.DataFrame() if aside is None else aside,
    )


def _from_package(path: Path, fill: Mapping[str, str], official: str | Path | None) -> Incoming:
    package = read_oc4ids(path, official=official)
    values = {name: _value(name, text) for name, text in fill.items()}
    attributes = schema()["project"].attributes
    taken, problems, left = [], [], []
    seen: dict[str, str] = {}
    for index, given in enumerate(package.projects.to_dict("records")):
        row = values | plain_row(given)
        where, key, name = f"$.projects[{index}]", str(given["oc4ids_id"]), str(row["project_id"])
        faults = [f"{column}: {expected}" for column, expected, _ in row_faults(row, attributes)]
        if name in seen:
            faults.append(f"the short name {name} is that of {seen[name]} already")
        problems += [Problem(path.name, None, where, key, text, _MEND) for text in faults]
        if faults:
            left.append({**row, "why": "; ".join(faults)})
        else:
            seen[name] = where
            taken.append(row)
    mine = {row["project_id"] for row in taken}
    places = {seen[name] for name in mine}
    projects = pd.DataFrame([{**row, "umbrella": bool(row.get("umbrella"))} for row in taken], columns=list(attributes))
    return Incoming(
        projects.reset_index(drop=True),
        package.effects[package.effects["project"].isin(mine)].reset_index(drop=True),
        package.sources,
        tuple(problems),
        pd.DataFrame(left),
        remarks=tuple(one for one in package.remarks if one.column in places),
    )


_MEND = "Fill it in for all with --fill COLUMN=VALUE, or in the package"


def _value(name: str, text: str) -> Any:
    """A value to fill in, in the type of its column."""
    attributes = schema()["project"].attributes
    if name not in attributes:
        raise UsageError(f"--fill {name}={text}: table project has no column {name!r}; see keruen schema project")
    column = Column(column=name)
    try:
        return converter(attributes[name], column, ColumnMapping(columns={name: column}))(text)
    except ValueError as error:
        raise UsageError(f"--fill {name}={text}: expected {error}") from error


def _none(table: str) -> pd.DataFrame:
    return pd.DataFrame(columns=list(schema()[table].attributes))
