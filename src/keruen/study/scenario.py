"""A scenario: the tables of a study in one year with patches applied.

What was asked (build this, close that) is kept in order as *steps*; patches follow from them when a table is first
wanted, so a delay counts whether it was asked for before or after the project was built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from operator import index
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from keruen.errors import UsageError
from keruen.study._said import did_you_mean
from keruen.study.attributes import schema
from keruen.study.patches import AnyPatch, Growth, NewRow, Patch, Target, applied, check_columns
from keruen.study.projects import DONE, prerequisites, project_patches

if TYPE_CHECKING:
    from keruen.study.study import Study

__all__ = ["Built", "Delayed", "Opened", "Scenario", "Step", "diff"]


@dataclass(frozen=True)
class Built:
    """A project that is built."""

    project: str

    def __str__(self) -> str:
        return f"build {self.project}"


@dataclass(frozen=True)
class Opened(Built):
    """A project that opened after the base year, so that it stands without being asked for."""

    def __str__(self) -> str:
        return f"opened since the base year: {self.project}"


@dataclass(frozen=True)
class Delayed:
    """A project that comes later by some years."""

    project: str
    years: int

    def __str__(self) -> str:
        return f"delay {self.project} by {self.years} years"


Step: TypeAlias = Patch | NewRow | Growth | Built | Delayed
"""What a scenario is made of."""


@dataclass(frozen=True, eq=False, repr=False)
class Scenario:
    """A study in one year, and what differs from its tables.

    Attributes
    ----------
    study : Study
        The study.
    year : int
        The year.
    steps : tuple of Step
        What differs, in the order in which it was asked.
    """

    study: Study
    year: int
    steps: tuple[Step, ...] = ()
    _memory: dict[str, pd.DataFrame] = field(default_factory=dict, init=False)
    _patches: dict[str, tuple[AnyPatch, ...]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for step in self.steps:
            if isinstance(step, Built | Delayed):
                self._project(step.project)
            else:
                check_columns(step)

    @property
    def settings(self) -> Any:
        """Settings of the study."""
        return self.study.settings

    @property
    def patches(self) -> tuple[AnyPatch, ...]:
        """Every patch of the scenario, those of built projects among them, in order."""
        if "" not in self._patches:
            self._patches[""] = self._listed()
        return self._patches[""]

    def _listed(self) -> tuple[AnyPatch, ...]:
        late = self._delays()
        found: list[AnyPatch] = []
        for step in self.steps:
            if isinstance(step, Built):
                found += project_patches(self.study, step.project, self.year, late.get(step.project, 0))
            elif isinstance(step, Delayed):
                found += _later(self.study, step)
            else:
                found.append(step)
        return tuple(found)

    @property
    def built(self) -> tuple[str, ...]:
        """Projects built, in order."""
        return tuple(step.project for step in self.steps if isinstance(step, Built))

    def table(self, name: str) -> pd.DataFrame:
        """A copy of one table with the patches applied.

        Parameters
        ----------
        name : str
            Name of the table.

        Raises
        ------
        DataError
            If a patch does not find the value it expects, or its row; names every one.
        UsageError
            If there is no such table.
        """
        if name not in self._memory:
            base = self.study.table(name)
            wanted = [patch for patch in self.patches if patch.table == name]
            target = Target(schema()[name], base, lambda key: self.study.row_of(name, key))
            self._memory[name] = applied(target, wanted) if wanted else base
        return self._memory[name].copy()

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """All tables with the patches applied."""
        return {name: self.table(name) for name in schema()}

    def with_patches(self, *patches: Step) -> Scenario:
        """The scenario with further patches, applied after those it has.

        Parameters
        ----------
        *patches : Patch, NewRow or Growth
            What else differs.
        """
        return replace(self, steps=self.steps + patches)

    def build(self, project: str) -> Scenario:
        """The scenario with a project built: its effects that begin by this year apply.

        Parameters
        ----------
        project : str
            Id of the project.

        Raises
        ------
        UsageError
            If there is no such project, if one it requires is not built, or one it excludes is.
        """
        row = self._project(project)
        if project in self.built:
            return self
        for needed in prerequisites(row):
            if needed not in self.built and not DONE.match(str(self._project(needed)["status"])):
                raise UsageError(f"{project} requires {needed}: build that first")
        for other in self.built:
            if other in prerequisites(row, "excludes") or project in prerequisites(self._project(other), "excludes"):
                raise UsageError(f"{project} and {other} exclude each other")
        return self.with_patches(Built(project))

    def delay(self, project: str, years: int) -> Scenario:
        """The scenario with a project later: its years and those of its effects move.

        Parameters
        ----------
        project : str
            Id of the project.
        years : int
            Years by which it is late; negative for early.

        Raises
        ------
        UsageError
            If there is no such project, or the years are no whole number.
        """
        self._project(project)
        try:
            late = index(years)
        except TypeError:
            raise UsageError(f"years {years!r}: a whole number of years expected") from None
        return self.with_patches(Delayed(project, late))

    def close(self, name: str) -> Scenario:
        """The scenario with a facility, link or place closed.

        Parameters
        ----------
        name : str
            Id of a facility; failing that of a link; failing that of a place, all of whose links and facilities
            close.

        Raises
        ------
        UsageError
            If nothing has this id, or if it is not open in this scenario: closing it would change nothing.
        """
        for table in ("facility", "link"):
            rows = self.table(table)
            found = rows[rows[f"{table}_id"] == name]
            if len(found):
                if found["status"].iloc[0] != "operating":
                    raise UsageError(_not_open(table, rows, found.iloc[0]))
                return self.with_patches(Patch(table, name, "status", set="closed", origin=f"close {name}"))
        return self.with_patches(*self._closing_place(name))

    def grow(self, factor: float, **which: Any) -> Scenario:
        """The scenario with more (or less) demand.

        Parameters
        ----------
        factor : float
            Factor on the tonnes.
        **which : str or int
            Which rows of ``demand``: ``commodity``, ``origin``, ``destination``, ``family`` or ``year``; all that
            are given must agree. All rows by default.

        Raises
        ------
        UsageError
            If the factor is negative, a name stands for nothing in the demand table, or no row fits all of them.
        """
        demand = self.study.tables["demand"]
        for column, value in which.items():
            if column not in ("commodity", "origin", "destination", "family", "year"):
                raise UsageError(
                    f"demand is not selected by '{column}', but by commodity, origin, destination, family or year"
                )
            if not demand[column].eq(value).any():
                known = sorted({str(v) for v in demand[column]})
                raise UsageError(f"no demand with {column} '{value}'. {did_you_mean(str(value), known)}".rstrip())
        if which and not demand[list(which)].eq(pd.Series(which)).all(axis=1).any():
            said = ", ".join(f"{column} '{value}'" for column, value in which.items())
            raise UsageError(f"no row of demand has all of {said}: nothing would grow")
        return self.with_patches(Growth(factor, tuple(sorted(which.items())), origin=f"grow {factor:g}"))

    def undo(self) -> Scenario:
        """The scenario without the last step that was asked for.

        Raises
        ------
        UsageError
            If it has none.
        """
        if not self.steps or isinstance(self.steps[-1], Opened):
            raise UsageError("nothing to undo: the scenario has no step")
        return replace(self, steps=self.steps[:-1])

    def without(self, name: str) -> Scenario:
        """The scenario without the steps of one project or origin.

        Parameters
        ----------
        name : str
            A project that is built, delayed or opened since the base year, or the origin of patches, for example ``close astara``.

        Raises
        ------
        UsageError
            If no step is of that name.
        """
        kept = tuple(step for step in self.steps if name not in _names_of(step))
        if kept == self.steps:
            raise UsageError(f"no step of '{name}' in this scenario")
        return replace(self, steps=kept)

    def label(self, place_id: str, language: str = "en") -> str:
        """Name in a language; see :meth:`Study.label`."""
        return self.study.label(place_id, language)

    def _project(self, name: str) -> Mapping[str, Any]:
        position = self.study.row_of("project", name)
        if position is None:
            known = self.study.tables["project"]["project_id"]
            raise UsageError(f"no project '{name}'. {did_you_mean(name, known)}".rstrip())
        return self.study.records("project")[position]

    def _delays(self) -> dict[str, int]:
        late: dict[str, int] = {}
        for step in self.steps:
            if isinstance(step, Delayed):
                late[step.project] = late.get(step.project, 0) + step.years
        return late

    def _closing_place(self, name: str) -> list[Patch]:
        if self.study.row_of("place", name) is None:
            known = [i for t in ("facility", "link", "place") for i in self.study.tables[t][f"{t}_id"]]
            raise UsageError(f"no facility, link or place '{name}'. {did_you_mean(name, known)}".rstrip())
        found = []
        for table in ("link", "facility"):
            rows = self.table(table)
            touching = rows[
                ((rows["from_place"] == name) | (rows["to_place"] == name)) & rows["status"].eq("operating")
            ]
            found += [
                Patch(table, str(key), "status", set="closed", origin=f"close {name}")
                for key in touching[f"{table}_id"]
            ]
        if not found:
            raise UsageError(f"no link or facility at {name} is open: closing it would change nothing")
        return found

    def __repr__(self) -> str:
        count = {0: "as the tables say", 1: "1 step"}.get(len(self.steps), f"{len(self.steps)} steps")
        return "\n  ".join([f"<Scenario {self.study.settings.id} {self.year}: {count}>", *map(str, self.steps)])

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{escape(str(step))}</li>" for step in self.steps)
        return f"<p><b>{escape(self.study.settings.name_en)}</b>, {self.year}</p><ol>{items}</ol>"


def _not_open(table: str, rows: pd.DataFrame, row: pd.Series[Any]) -> str:
    """Why a facility or link cannot be closed, and which one is open between its places."""
    ends = {row["from_place"], row["to_place"]}
    columns = (rows[column] for column in (f"{table}_id", "from_place", "to_place", "status"))
    there = [name for name, a, b, status in zip(*columns, strict=True) if {a, b} == ends and status == "operating"]
    known = f"; open between its places: {', '.join(there)}" if there else ""
    return f"{table} {row[f'{table}_id']} is not open, its status is {row['status']}{known}"


def _names_of(step: Step) -> tuple[str, ...]:
    return (step.project, str(step)) if isinstance(step, Built | Delayed) else (step.origin,)


def _later(study: Study, step: Delayed) -> list[Patch]:
    """Patches that move the years of a project and of its effects."""
    origin = str(step)
    project = study.records("project")[study.row_of("project", step.project) or 0]
    found = [
        Patch("project", step.project, column, change=step.years, origin=origin)
        for column in ("start_year", "finish_year")
        if project[column] == project[column]
    ]
    for row in study.records("effect"):
        if row["project"] != step.project:
            continue
        if row["from_year"] == row["from_year"]:
            found.append(Patch("effect", row["effect_id"], "from_year", change=step.years, origin=origin))
    return found


def diff(a: Scenario, b: Scenario, tables: Sequence[str] | None = None) -> pd.DataFrame:
    """What differs between two scenarios, cell by cell.

    Parameters
    ----------
    a, b : Scenario
        Two scenarios of one study.
    tables : sequence of str, optional
        Tables to compare, all by default.

    Returns
    -------
    pandas.DataFrame
        table, row (its key), column, a, b, by (who changed it). A row that only one of them has is one line
        a column, None where it is absent.
    """
    found: list[dict[str, object]] = []
    authors = {(p.table, *p.cell()): p.origin for p in (*a.patches, *b.patches)}
    patched = {p.table for p in (*a.patches, *b.patches)}
    for name in tables or schema():
        # Scenarios of one study share every table that neither of them patches.
        if a.study is b.study and name not in patched:
            continue
        for row, column, before, after in _differences(name, a.table(name), b.table(name)):
            by = authors.get((name, row, column)) or authors.get((name, row, "")) or authors.get((name, "", column), "")
            found.append({"table": name, "row": row, "column": column, "a": before, "b": after, "by": by})
    return pd.DataFrame(found, columns=["table", "row", "column", "a", "b", "by"])


def _differences(name: str, a: pd.DataFrame, b: pd.DataFrame) -> list[tuple[str, str, object, object]]:
    from keruen.study.study import positions

    key = schema()[name].key
    here, there = positions(a, key), positions(b, key)
    old, new = a.astype(object).to_dict("list"), b.astype(object).to_dict("list")
    found = []
    for row in dict.fromkeys([*here, *there]):
        i, j = here.get(row), there.get(row)
        for column in schema()[name].attributes:
            before = old[column][i] if i is not None else None
            after = new[column][j] if j is not None else None
            if not _same(before, after):
                found.append((row, column, before, after))
    return found


def _same(a: Any, b: Any) -> bool:
    missing = [value is None or value != value for value in (a, b)]
    return all(missing) if any(missing) else bool(a == b)
