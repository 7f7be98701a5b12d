"""Patches: small changes of tables that say what they expect to find."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd

from keruen.errors import DataError, Problem, UsageError
from keruen.study._cells import text_of, typed, value_of
from keruen.study._said import did_you_mean, shown
from keruen.study.attributes import Attribute, TableSchema, schema

__all__ = ["AnyPatch", "Growth", "NewRow", "Patch", "Target", "applied", "check_columns", "matches"]

Value: TypeAlias = str | float | int | bool


@dataclass(frozen=True)
class Patch:
    """One cell set or changed.

    Attributes
    ----------
    table, row, column : str
        Where; ``row`` is the key of the row, parts of a compound key parted by ``|``.
    existing : str, number, bool or None
        Value it expects to find; None for no expectation.
    set : str, number, bool or None
        Value it sets, ``""`` for missing; exclusive with ``change``.
    change : float or None
        Amount it adds.
    origin : str
        Who makes it: a project, or what was asked.
    where : str
        File and line that state it, for messages.

    Examples
    --------
    >>> print(Patch("link", "bolashak-bereket", "tracks", existing=1, set=2))
    link bolashak-bereket tracks: 1 -> 2
    >>> print(Patch("link", "bolashak-bereket", "tracks", existing=1, set=2).inverse())
    link bolashak-bereket tracks: 2 -> 1
    """

    table: str
    row: str
    column: str
    existing: Value | None = None
    set: Value | None = None
    change: float | None = None
    origin: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        if (self.set is None) == (self.change is None):
            raise UsageError(f"{self.table} {self.row} {self.column}: give either set or change")

    def inverse(self) -> Patch:
        """The patch that takes this one back.

        Raises
        ------
        UsageError
            If it sets a value without saying which it replaces.
        """
        origin = f"undo {self.origin}".strip()
        if self.change is not None:
            after = None
            if self.existing is not None:
                after = float(text_of(self.existing) or 0) + self.change
            return Patch(self.table, self.row, self.column, existing=after, change=-self.change, origin=origin)
        if self.existing is None:
            raise UsageError(f"{self}: cannot be taken back, it does not say what it replaces")
        return Patch(self.table, self.row, self.column, existing=self.set, set=self.existing, origin=origin)

    def cell(self) -> tuple[str, str]:
        """Row and column."""
        return self.row, self.column

    def __str__(self) -> str:
        if self.change is not None:
            return f"{self.table} {self.row} {self.column}: {self.change:+,.10g}"
        old = "" if self.existing is None else f"{text_of(self.existing) or 'nothing'} "
        return f"{self.table} {self.row} {self.column}: {old}-> {text_of(self.set) or 'nothing'}"


@dataclass(frozen=True)
class NewRow:
    """A row that is added.

    Attributes
    ----------
    table : str
        The table.
    values : tuple of (str, value)
        Cells by column; :meth:`of` takes a mapping.
    origin, where : str
        Who adds it; file and line that state it.
    """

    table: str
    values: tuple[tuple[str, Value], ...]
    origin: str = ""
    where: str = ""

    @classmethod
    def of(cls, table: str, values: Mapping[str, Value], origin: str = "") -> NewRow:
        """A new row from a mapping of cells.

        Examples
        --------
        >>> print(NewRow.of("membership", {"country": "IR", "organisation": "EAEU", "status": "observer"}))
        membership IR|EAEU: new row
        """
        return cls(table, tuple(values.items()), origin)

    @property
    def row(self) -> str:
        """Key of the row."""
        cells = dict(self.values)
        return "|".join(text_of(cells.get(column, "")) for column in schema()[self.table].key)

    def cell(self) -> tuple[str, str]:
        """Row, and no column."""
        return self.row, ""

    def __str__(self) -> str:
        return f"{self.table} {self.row}: new row"


@dataclass(frozen=True)
class Growth:
    """Tonnes of the demand table by a factor.

    Attributes
    ----------
    factor : float
        The factor.
    which : tuple of (str, str or int)
        Column and value that a row must have.
    origin : str
        What was asked.
    """

    factor: float
    which: tuple[tuple[str, Any], ...] = ()
    origin: str = ""

    table = "demand"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.factor) and self.factor >= 0):
            raise UsageError(f"demand grows by a factor of 0 or more, not {self.factor}")

    def cell(self) -> tuple[str, str]:
        """No row, the column of tonnes."""
        return "", "flow_t_per_year"

    def __str__(self) -> str:
        which = ", ".join(f"{column} {value}" for column, value in self.which)
        return f"demand x {self.factor:g}{f' ({which})' if which else ''}"


AnyPatch: TypeAlias = Patch | NewRow | Growth


@dataclass(frozen=True)
class Target:
    """A table to be patched.

    Attributes
    ----------
    schema : TableSchema
        What it may hold.
    table : pandas.DataFrame
        Its rows.
    row_of : callable
        Position of a row by its key, None if there is none.
    """

    schema: TableSchema
    table: pd.DataFrame
    row_of: Callable[[str], int | None]


def check_columns(patch: AnyPatch) -> None:
    """Refuse a patch of a table or column that no study has.

    Raises
    ------
    UsageError
        If there is no such table or column, or the column is part of the key.
    """
    if patch.table not in schema():
        raise UsageError(f"no table '{patch.table}'. {did_you_mean(patch.table, schema())}".rstrip())
    attributes = schema()[patch.table].attributes
    columns = [patch.column] if isinstance(patch, Patch) else [c for c, _ in getattr(patch, "values", ())]
    for column in columns:
        if column not in attributes:
            raise UsageError(
                f"table {patch.table} has no column '{column}'. {did_you_mean(column, attributes)}".rstrip()
            )
        if isinstance(patch, Patch) and attributes[column].key:
            raise UsageError(f"{patch}: the key of a row cannot be patched; add a new row")
        if isinstance(patch, Patch) and patch.change is not None and not attributes[column].is_number:
            raise UsageError(f"{patch}: {column} is not a number; use set")


def applied(target: Target, patches: Sequence[AnyPatch]) -> pd.DataFrame:
    """Apply patches in order.

    Parameters
    ----------
    target : Target
        The table.
    patches : sequence of Patch, NewRow or Growth
        What changes.

    Returns
    -------
    pandas.DataFrame
        The table after them.

    Raises
    ------
    DataError
        If a row is missing or doubled, a value does not fit, or is not the expected one; names every one.
    """
    work = _Work(target)
    for patch in patches:
        if isinstance(patch, Patch):
            work.cell(patch)
        elif isinstance(patch, NewRow):
            work.row(patch)
        else:
            work.grow(patch)
    if work.problems:
        raise DataError(work.problems)
    return work.close()


def matches(attribute: Attribute, found: Any, expected: Any) -> bool:
    """Whether a cell holds what a patch expects; numbers agree to nine digits."""
    text = text_of(expected)
    if attribute.is_number:
        wanted, wrong = value_of(attribute, text)
        if wrong or math.isnan(float(wanted)):
            return not wrong and math.isnan(float(found))
        return math.isclose(float(found), float(wanted), rel_tol=1e-9, abs_tol=1e-12)
    return text_of(found) == (text or attribute.default)


class _Work:
    """Columns as lists while patches are applied."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.columns: dict[str, list[Any]] = {}
        self.new: dict[str, int] = {}
        self.size = len(target.table)
        self.problems: list[Problem] = []

    def cell(self, patch: Patch) -> None:
        position = self._position(patch.row)
        attribute = self.target.schema.attributes[patch.column]
        if position is None:
            mend = did_you_mean(patch.row, _keys(self.target), "A new row needs all its required columns")
            self._note(patch, patch.row, "a row that exists", mend)
            return
        cells = self._column(patch.column)
        found = cells[position]
        if patch.existing is not None and not matches(attribute, found, patch.existing):
            expected = f"expected to find {text_of(patch.existing) or 'nothing'}"
            maker = patch.origin or "A patch"
            mend = f"{maker} would make it {_outcome(patch)}; correct existing, or the order of patches"
            self._note(patch, text_of(found) or "nothing", expected, mend)
            return
        if patch.change is not None:
            text = text_of((0.0 if found != found else float(found)) + float(patch.change))
        else:
            text = text_of(patch.set)
        value, wrong = value_of(attribute, text)
        if not wrong and attribute.required and text == "":
            wrong = "a value: this column is required"
        if wrong:
            self._note(patch, text, wrong, f"Correct the patch{f' of {patch.origin}' if patch.origin else ''}")
            return
        cells[position] = value

    def row(self, patch: NewRow) -> None:
        cells = dict(patch.values)
        if self._position(patch.row) is not None:
            self._note(patch, patch.row, "a key that no row has yet", "Patch that row instead")
            return
        for column, attribute in self.target.schema.attributes.items():
            value, wrong = value_of(attribute, text_of(cells.get(column, "")))
            if attribute.required and text_of(cells.get(column, "")) == "":
                wrong = "a value: this column is required"
            if wrong:
                said = f"{patch.row}: {shown(text_of(cells.get(column, '')))}"
                mend = f"Correct the new row{f' of {patch.origin}' if patch.origin else ''}"
                where = Problem(self._file(patch), self._line(patch), column, said, wrong, mend)
                self.problems.append(where)
            self._column(column).append(value)
        self.new[patch.row] = self.size
        self.size += 1

    def grow(self, patch: Growth) -> None:
        tonnes = self._column("flow_t_per_year")
        chosen = [self._column(column) for column, _ in patch.which]
        values = [value for _, value in patch.which]
        for i in range(self.size):
            if all(cells[i] == value for cells, value in zip(chosen, values, strict=True)):
                tonnes[i] = tonnes[i] * patch.factor

    def close(self) -> pd.DataFrame:
        attributes = self.target.schema.attributes
        changed = {name: typed(attributes[name], cells) for name, cells in self.columns.items()}
        if self.new:
            return pd.DataFrame({name: changed[name] for name in attributes})
        return self.target.table.assign(**changed)

    def _position(self, key: str) -> int | None:
        return self.new[key] if key in self.new else self.target.row_of(key)

    def _column(self, name: str) -> list[Any]:
        if name not in self.columns:
            cells = self.target.table[name].astype(object).tolist()
            missing = self.size - len(cells)
            self.columns[name] = cells + [""] * missing
        return self.columns[name]

    def _note(self, patch: Patch | NewRow, found: str, expected: str, mend: str) -> None:
        column = patch.column if isinstance(patch, Patch) else None
        where = f"{patch.row} {column}" if column else patch.row
        origin = f" ({patch.origin})" if patch.origin else ""
        problem = Problem(
            self._file(patch),
            self._line(patch),
            f"{self.target.schema.name} {where}",
            shown(found),
            f"{expected}{origin}",
            mend,
        )
        self.problems.append(problem)

    def _file(self, patch: Patch | NewRow) -> str:
        return patch.where.split(":")[0] or f"{self.target.schema.name}.csv"

    def _line(self, patch: Patch | NewRow) -> int | None:
        line = patch.where.partition(":")[2]
        return int(line) if line else None


def _outcome(patch: Patch) -> str:
    return f"{patch.change:+,.10g}" if patch.change is not None else text_of(patch.set) or "nothing"


def _keys(target: Target) -> list[str]:
    key = target.schema.key
    return ["|".join(text_of(v) for v in row) for row in target.table[list(key)].itertuples(index=False, name=None)]
