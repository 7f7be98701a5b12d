"""Registers of projects as ministries send them: CSV or spreadsheet in, rows taken and rows not taken out.

Nothing is guessed and nothing is lost: a row that does not fit is not taken, every reason is named with sheet, row
and column, its cells are kept, and columns that nobody asked for are kept beside the rows they belong to.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from keruen.errors import DataError, Problem
from keruen.exchange.cells import converter
from keruen.exchange.register_mapping import ColumnMapping, read_mapping
from keruen.exchange.row_checks import row_faults
from keruen.exchange.sheets import Sheet, column_letters, read_sheets
from keruen.study.attributes import Attribute, schema

__all__ = ["Imported", "read_register"]

_MISSING = object()


@dataclass(frozen=True, eq=False)
class Imported:
    """What came of a list.

    Attributes
    ----------
    table : pandas.DataFrame
        Rows taken, with the columns of the study's table.
    origin : pandas.DataFrame
        Sheet and row of each row taken, on the same index.
    extra : pandas.DataFrame
        Cells of columns that are neither mapped nor ignored, on the same index, by heading.
    problems : tuple of Problem
        Every reason for which a row was not taken.
    left : pandas.DataFrame
        Every row not taken: sheet, row, and its cells by heading, as they were.
    empty_rows : int
        Rows without any content.
    """

    table: pd.DataFrame
    origin: pd.DataFrame
    extra: pd.DataFrame
    problems: tuple[Problem, ...]
    left: pd.DataFrame
    empty_rows: int

    @property
    def report(self) -> pd.DataFrame:
        """Reasons as a table: file, row, column, value, expected, mend."""
        names = ["file", "row", "column", "value", "expected", "mend"]
        return pd.DataFrame([[getattr(one, name) for name in names] for one in self.problems], columns=names)

    def __str__(self) -> str:
        lines = [f"{len(self.table)} rows taken, {len(self.left)} not taken, {self.empty_rows} empty"]
        if len(self.extra.columns):
            lines.append(f"columns kept aside: {', '.join(map(str, self.extra.columns))}")
        return "\n".join([*lines, *(f"  {problem}" for problem in self.problems)])


@dataclass
class _Gathered:
    """Rows while sheets are read."""

    taken: list[dict[str, object]] = field(default_factory=list)
    origin: list[tuple[str, int]] = field(default_factory=list)
    extra: list[dict[str, object]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left: list[dict[str, object]] = field(default_factory=list)
    first_seen: dict[str, str] = field(default_factory=dict)
    empty_rows: int = 0


def read_register(path: str | Path, mapping: str | Path | ColumnMapping, *, table: str = "project") -> Imported:
    """Read a list of projects.

    Parameters
    ----------
    path : path
        Spreadsheet (xlsx, xlsm, xlsb, xls, ods) or delimited text.
    mapping : path or ColumnMapping
        Column mapping file (TOML); its keys are in `keruen.exchange.register_mapping`.
    table : str
        Table of the study that is filled.

    Returns
    -------
    Imported
        Rows taken, and every row not taken with the reasons.

    Raises
    ------
    DataError
        If a file cannot be read, the mapping is wrong, or a heading or sheet it names is not there. Faults of single
        rows do not raise: they are in `Imported.problems`.
    """
    path = Path(path)
    rules = mapping if isinstance(mapping, ColumnMapping) else read_mapping(Path(mapping), table)
    sheets = _chosen(path, read_sheets(path, encoding=rules.encoding, delimiter=rules.delimiter), rules)
    gathered = _Gathered()
    faults: list[Problem] = []
    for sheet in sheets:
        faults += _read_sheet(path.name, sheet, rules, table, gathered)
    if faults:
        raise DataError(faults)
    columns = list(schema()[table].attributes)
    origin = pd.DataFrame(gathered.origin, columns=["sheet", "row"])
    return Imported(
        table=_typed(pd.DataFrame(gathered.taken, columns=columns), table),
        origin=origin,
        extra=pd.DataFrame(gathered.extra, index=origin.index),
        problems=tuple(gathered.problems),
        left=pd.DataFrame(gathered.left, columns=_headings_of(gathered.left)),
        empty_rows=gathered.empty_rows,
    )


def _chosen(path: Path, sheets: list[Sheet], rules: ColumnMapping) -> list[Sheet]:
    if not rules.sheet:
        return [sheet for sheet in sheets if any(cell != "" for row in sheet.rows for cell in row)]
    by_name = {sheet.name: sheet for sheet in sheets}
    problems = []
    for name in rules.sheet:
        if name not in by_name:
            mend = f"The file has: {', '.join(by_name)}"
            problems.append(Problem(path.name, None, "sheet", name, "a sheet of the file", mend))
    if problems:
        raise DataError(problems)
    return [by_name[name] for name in rules.sheet]


def _read_sheet(file: str, sheet: Sheet, rules: ColumnMapping, table: str, gathered: _Gathered) -> list[Problem]:
    """Gather the rows of a sheet; return what is wrong with its headings."""
    where = f"{file} [{sheet.name}]" if sheet.name else file
    headings = _headings(sheet, rules)
    faults = _heading_faults(where, headings, rules)
    if faults:
        return faults
    attributes = schema()[table].attributes
    place = {name: headings.index(one.column) for name, one in rules.columns.items()}
    convert = {name: converter(attributes[name], one, rules) for name, one in rules.columns.items()}
    aside = {
        index: heading
        for index, heading in enumerate(headings)
        if heading and index not in place.values() and heading not in rules.ignore
    }
    merged = _merged_cells(sheet)
    first = rules.first_row or max(rules.header_rows) + 1
    key = schema()[table].key[0]
    for index, line in enumerate(sheet.lines):
        if line < first:
            continue
        cells = sheet.rows[index]
        if all(cell == "" or cell is None for cell in cells) and not _covered(index, sheet, merged):
            gathered.empty_rows += 1
            continue
        reader = _Row(where, sheet, index, headings, merged, rules)
        values = reader.values(place, convert, attributes)
        values.update({name: value for name, value in rules.fixed.items() if name not in values})
        problems = reader.problems or [
            reader.problem(place.get(name), values.get(name), expected, mend)
            for name, expected, mend in row_faults(values, attributes)
        ]
        name = str(values.get(key) or "")
        if not problems and name in gathered.first_seen:
            mend = f"It is already in {gathered.first_seen[name]}; give each project its own"
            problems = [reader.problem(place.get(key), name, "an id of its own", mend)]
        if problems:
            gathered.problems += problems
            gathered.left.append({"sheet": sheet.name, "row": line, **reader.by_heading()})
            continue
        gathered.first_seen[name] = f"{where}, row {line}"
        gathered.taken.append(values)
        gathered.origin.append((sheet.name, line))
        gathered.extra.append({heading: cells[at] if at < len(cells) else "" for at, heading in aside.items()})
    return []


@dataclass
class _Row:
    """One row of a sheet being read."""

    where: str
    sheet: Sheet
    index: int
    headings: list[str]
    merged: dict[tuple[int, int], tuple[int, int, int, int]]
    rules: ColumnMapping
    problems: list[Problem] = field(default_factory=list)

    @property
    def line(self) -> int:
        """Row number in the file."""
        return self.sheet.lines[self.index]

    def cell(self, column: int) -> object:
        """Content of a cell, "" beyond the end of the row."""
        cells = self.sheet.rows[self.index]
        return cells[column] if column < len(cells) else ""

    def problem(self, column: int | None, value: object, expected: str, mend: str = "") -> Problem:
        """A problem of this row; the column is shown by its letters and heading."""
        named = None if column is None else f"{column_letters(column)} ({self.headings[column]})"
        return Problem(self.where, self.line, named, None if value is None else str(value), expected, mend)

    def by_heading(self) -> dict[str, object]:
        """All cells by heading, as they were; cells beyond the headings by their letters."""
        cells = self.sheet.rows[self.index]
        names = [
            self.headings[at] if at < len(self.headings) and self.headings[at] else column_letters(at)
            for at in range(len(cells))
        ]
        return dict(zip(names, cells, strict=True))

    def values(
        self,
        place: dict[str, int],
        convert: dict[str, Callable[[object], object]],
        attributes: Mapping[str, Attribute],
    ) -> dict[str, object]:
        """Values of the mapped columns; what does not fit is noted."""
        found: dict[str, object] = {}
        beyond = [at for at in range(len(self.headings), len(self.sheet.rows[self.index])) if self.cell(at) != ""]
        if beyond:
            value = self.cell(beyond[0])
            self.problems.append(
                Problem(self.where, self.line, column_letters(beyond[0]), str(value), "no cell beyond the last heading")
            )
        for name, column in place.items():
            value = self._content(column, attributes[name].is_number)
            if value is _MISSING:
                continue
            try:
                found[name] = convert[name](value)
            except ValueError as error:
                self.problems.append(self.problem(column, value, str(error)))
        return found

    def _content(self, column: int, is_number: bool) -> object:
        """Content of a mapped cell; `_MISSING` once a problem was noted."""
        hidden = self.sheet.unread.get((self.index, column))
        if hidden:
            self.problems.append(self.problem(column, None, f"expected a value, found {hidden}", "Type the value in"))
            return _MISSING
        bounds = self.merged.get((self.index, column))
        if bounds is None:
            return self.cell(column)
        top, left, bottom, right = bounds
        value = self.sheet.rows[top][left] if left < len(self.sheet.rows[top]) else ""
        if self.rules.merged == "fill" and not is_number and left == right:
            return value
        span = f"{column_letters(left)}{top + 1}:{column_letters(right)}{bottom + 1}"
        mend = "Unmerge it and give each row its own value"
        if not is_number and left == right:
            mend += ', or set merged = "fill" in the mapping'
        self.problems.append(self.problem(column, value, f"one cell, found merged cells {span}", mend))
        return _MISSING


def _headings(sheet: Sheet, rules: ColumnMapping) -> list[str]:
    """Headings by column; those of several rows joined by " / ", merged ones spread over their columns."""
    merged = _merged_cells(sheet)
    by_line = {line: index for index, line in enumerate(sheet.lines)}
    indices = [by_line[line] for line in rules.header_rows if line in by_line]
    width = max((len(sheet.rows[index]) for index in indices), default=0)
    headings = []
    for column in range(width):
        parts: list[str] = []
        for index in indices:
            top, left, *_ = merged.get((index, column), (index, column))
            row = sheet.rows[top]
            part = " ".join(str(row[left]).split()) if left < len(row) else ""
            if part and part not in parts:
                parts.append(part)
        headings.append(" / ".join(parts))
    while headings and not headings[-1]:
        headings.pop()
    return headings


def _heading_faults(where: str, headings: list[str], rules: ColumnMapping) -> list[Problem]:
    row = rules.header_rows[0]
    problems = []
    wanted = {one.column: name for name, one in rules.columns.items()}
    for heading in [*wanted, *rules.ignore]:
        count = headings.count(heading)
        if count == 0:
            near = difflib.get_close_matches(heading, headings, n=1, cutoff=0.5)
            mend = f"Did you mean {near[0]!r}?" if near else f"Found: {', '.join(filter(None, headings)) or 'nothing'}"
            problems.append(Problem(where, row, wanted.get(heading, "ignore"), heading, "a heading of the list", mend))
        elif count > 1 and heading in wanted:
            at = [column_letters(index) for index, found in enumerate(headings) if found == heading]
            mend = "Give each column a heading of its own"
            problems.append(Problem(where, row, wanted[heading], heading, f"one column, found {', '.join(at)}", mend))
    return problems


def _merged_cells(sheet: Sheet) -> dict[tuple[int, int], tuple[int, int, int, int]]:
    """Bounds of the merged range of every cell in one, within the part of the sheet that holds something."""
    height = len(sheet.rows)
    width = max((len(row) for row in sheet.rows), default=0)
    return {
        (row, column): bounds
        for bounds in sheet.merged
        for row in range(bounds[0], min(bounds[2] + 1, height))
        for column in range(bounds[1], min(bounds[3] + 1, width))
    }


def _covered(index: int, sheet: Sheet, merged: dict[tuple[int, int], tuple[int, int, int, int]]) -> bool:
    """Whether an empty row is covered by a merged cell that has content."""
    width = len(sheet.rows[index])
    bounds = (merged.get((index, column)) for column in range(width))
    return any(one is not None and sheet.rows[one[0]][one[1]] != "" for one in bounds)


def _typed(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Columns in the types in which a study holds them."""
    for column, attribute in schema()[name].attributes.items():
        if attribute.is_number:
            table[column] = pd.to_numeric(table[column]).astype("float64")
        elif attribute.dtype == "bool":
            default = attribute.default == "true"
            table[column] = [default if pd.isna(value) else bool(value) for value in table[column]]
        else:
            table[column] = pd.Series(
                ["" if pd.isna(value) else str(value) for value in table[column]], index=table.index, dtype=object
            )
    return table


def _headings_of(rows: list[dict[str, object]]) -> list[str]:
    return list(dict.fromkeys(["sheet", "row", *(name for row in rows for name in row)]))
