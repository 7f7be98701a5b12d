"""The register of projects: rows chosen by programme, sector, country, stage or party, and summed.

A sum counts each project once and adds nothing that contains something else: umbrella rows are shown and left out. A
project of two countries counts in each, and a cost in another currency is converted by a dated rate and kept apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import pandas as pd

from keruen.appraisal.economics.conversion import dollars
from keruen.appraisal.parties import NONE_FOUND, party_projects, restrictions_met, spellings
from keruen.errors import UsageError
from keruen.exchange.cells import country_code
from keruen.exchange.oc4ids_fields import party_names, status_code

__all__ = ["GROUPS", "STAGES", "Choice", "Register", "register"]

STAGES = (
    *("identification", "preparation", "implementation", "completion", "maintenance", "decommissioning"),
    *("decommissioned", "cancelled", "not clear"),
)
"""Project statuses of OC4IDS 0.9, and one for a published status in which none of them can be read."""

GROUPS = ("programme", "sector", "country", "status", "party")
"""By what the register is chosen and summed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which projects are wanted; an empty part wants all, several values of a part any of them.

    Attributes
    ----------
    programme, sector : tuple of str
        Values of ``project.portfolio`` and ``project.sector``, capitals aside.
    country : tuple of str
        ISO codes, or names in English, Russian or Kazakh.
    status : tuple of str
        Stages (see `STAGES`) or statuses as published.
    party : tuple of str
        Companies and states, as whole words.
    unrestricted : bool
        Leave out projects of a party on which the table ``restriction`` has a row.
    """

    programme: tuple[str, ...] = ()
    sector: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    party: tuple[str, ...] = ()
    unrestricted: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Register:
    """Projects of a register.

    Attributes
    ----------
    projects : pandas.DataFrame
        Columns of table ``project``, and stage (see `STAGES`), value_musd (million USD, NaN where unknown), basis
        ("published in USD", "converted", "no cost", "no rate", "umbrella") and basis_note.
    of : int
        Rows of the whole register.
    """

    projects: pd.DataFrame
    of: int

    def sums(self, by: str) -> pd.DataFrame:
        """Number and value by group.

        Parameters
        ----------
        by : {"programme", "sector", "country", "status", "party"}
            What is grouped; a project of several countries or parties counts in each of them.

        Returns
        -------
        pandas.DataFrame
            Indexed by group, the most projects first: projects, umbrellas (not in the other columns), in_usd and
            musd (costs published in dollars), converted and converted_musd, without_cost.
        """
        rows = self.projects.assign(group=self._groups(by)).explode("group")
        return _summed(rows, "group").sort_values(["projects", "umbrellas"], ascending=False, kind="stable")

    @property
    def total(self) -> pd.Series[float]:
        """The columns of `sums` over all projects, each counted once."""
        return _summed(self.projects.assign(group="all"), "group").sum()

    def _groups(self, by: str) -> list[list[str]]:
        """Groups of each project."""
        text = {"programme": "portfolio", "sector": "sector", "status": "stage"}
        if by in text:
            return [[str(cell) or "none"] for cell in self.projects[text[by]]]
        if by == "country":
            return [[code for code in str(cell).split(";") if code] or ["none"] for cell in self.projects["countries"]]
        if by == "party":
            return [party_names(str(cell)) or ["none"] for cell in self.projects["parties"]]
        raise UsageError(f"a register is summed by {', '.join(GROUPS)}, not by {by!r}")


def register(tables: Mapping[str, pd.DataFrame], choice: Choice | None = None) -> Register:
    """Choose projects of a study.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        The study's tables; project, exchange_rate, party and restriction are read.
    choice : Choice, optional
        Which projects; all if absent.

    Returns
    -------
    Register

    Raises
    ------
    UsageError
        If a programme, sector, country or status is asked for that no project has. A party without a project is an
        answer: no rows.
    """
    wanted = choice or Choice()
    projects = tables["project"]
    stage = pd.Series([status_code(str(text)) or STAGES[-1] for text in projects["status"]], index=projects.index)
    valued = dollars(projects, tables["exchange_rate"])
    valued.loc[projects["umbrella"].eq(True), ["basis", "basis_note"]] = ["umbrella", "contains other rows"]
    rows = pd.concat([projects.assign(stage=stage.astype(object)), valued], axis=1)
    keep = pd.Series(True, index=rows.index)
    for column, values in (("portfolio", wanted.programme), ("sector", wanted.sector)):
        if values:
            keep &= _among(rows[column], values, {"portfolio": "programme"}.get(column, column))
    if wanted.country:
        keep &= _in_countries(rows["countries"], wanted.country)
    if wanted.status:
        keep &= _at_stage(rows, wanted.status)
    if wanted.party:
        keep &= rows["project_id"].isin(_of_parties(rows, wanted.party, tables["party"]))
    if wanted.unrestricted:
        keep &= ~rows["project_id"].isin(restrictions_met(tables)["project_id"])
    return Register(rows[keep].reset_index(drop=True), len(rows))


def _among(column: pd.Series[str], values: Sequence[str], what: str) -> pd.Series[bool]:
    """Rows with one of the values, capitals aside."""
    folded = column.str.casefold()
    for value in values:
        if value.casefold() not in set(folded):
            raise UsageError(_unknown(what, value, [name for name in dict.fromkeys(column) if name]))
    return folded.isin([value.casefold() for value in values])


def _in_countries(column: pd.Series[str], values: Sequence[str]) -> pd.Series[bool]:
    codes = {value: country_code(value.upper() if len(value) == 2 else value) for value in values}
    known = sorted({code for cell in column for code in cell.split(";") if code})
    for value, code in codes.items():
        if code not in known:
            raise UsageError(_unknown("country", value, known))
    return pd.Series([bool(set(codes.values()) & set(cell.split(";"))) for cell in column], index=column.index)


def _at_stage(rows: pd.DataFrame, values: Sequence[str]) -> pd.Series[bool]:
    """Rows at a stage, or with a published status that is the value or holds it as words."""
    hit = pd.Series(False, index=rows.index)
    for value in values:
        if value.casefold() in STAGES:
            hit |= rows["stage"] == value.casefold()
            continue
        found = rows["status"].str.contains(rf"(?<!\w){re.escape(value)}(?!\w)", case=False, regex=True)
        if not found.any():
            raise UsageError(_unknown("status", value, list(STAGES)))
        hit |= found
    return hit


def _of_parties(rows: pd.DataFrame, values: Sequence[str], parties: pd.DataFrame) -> set[str]:
    """Ids of the projects of any of the parties, given by name, other spelling or id."""
    known = spellings(parties)
    names = dict(zip(parties["party_id"], parties["name_en"], strict=True))
    asked: dict[str, Sequence[str]] = {}
    for value in values:
        name = names.get(value.casefold(), value)
        of = next((own for own, others in known.items() if name.casefold() in _folded([own, *others])), name)
        asked[of] = known.get(of, ())
    found = party_projects(rows, asked)
    return set(found.loc[found["where"] != NONE_FOUND, "project_id"])


def _folded(names: Sequence[str]) -> list[str]:
    return [name.casefold() for name in names]


def _unknown(what: str, value: str, known: list[str]) -> str:
    near = get_close_matches(value, known, n=1)
    mend = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(known) or 'none'}"
    return f"no project has the {what} {value!r}. {mend}"


def _summed(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """Number and value by a column, umbrella rows apart."""
    basis = rows["basis"]
    parts = rows.assign(
        umbrellas=basis == "umbrella",
        projects=basis != "umbrella",
        in_usd=basis == "published in USD",
        musd=rows["value_musd"].where(basis == "published in USD", 0.0),
        converted=basis == "converted",
        converted_musd=rows["value_musd"].where(basis == "converted", 0.0),
        without_cost=basis.isin(["no cost", "no rate"]),
    )
    columns = ["projects", "umbrellas", "in_usd", "musd", "converted", "converted_musd", "without_cost"]
    return parts.groupby(by, sort=False)[columns].sum()
