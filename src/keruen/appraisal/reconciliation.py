"""Announced totals held against the itemised projects: how many, what share of the value, what is missing.

An announcement says "more than 170 projects worth over USD 50 billion". The register lists what could be found. This
module counts the one against the other and adds nothing up that contains something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from keruen.appraisal.economics.conversion import dollars
from keruen.appraisal.parties import NONE_FOUND, party_projects, spellings, text_column
from keruen.errors import UsageError

__all__ = ["Announcement", "Reconciliation", "of_study", "reconcile"]

_SHOWN = (
    *("project_id", "name_en", "name_ru", "name_kk", "status", "price_year", "cost_native_million", "native_currency"),
)


@dataclass(frozen=True, slots=True)
class Announcement:
    """One announced total.

    Attributes
    ----------
    name : str
        What was announced.
    period : str
        Date, for example 2025-11.
    number, value_musd : float or None
        Projects and million US dollars; None where not stated.
    number_more_than, value_more_than : bool
        Announced as "more than".
    source : str
        Id of the source.
    """

    name: str
    period: str
    number: float | None
    number_more_than: bool
    value_musd: float | None
    value_more_than: bool
    source: str

    def number_text(self) -> str:
        """The number as announced, for example "more than 170"."""
        if self.number is None:
            return "an unstated number of"
        return f"{'more than ' if self.number_more_than else ''}{self.number:,.0f}"

    def value_text(self) -> str:
        """The value as announced, in billion dollars."""
        if self.value_musd is None:
            return "an unstated value"
        return f"{'more than ' if self.value_more_than else ''}{self.value_musd / 1e3:,.1f} bn"


@dataclass(frozen=True, slots=True, eq=False)
class Reconciliation:
    """A portfolio as announced against the same portfolio as itemised.

    Attributes
    ----------
    portfolio : str
        Value of ``project.portfolio``.
    announced : Announcement
        The latest total of the portfolio as a whole.
    items : pandas.DataFrame
        Every row of the portfolio: project_id, names, status, price_year, cost_native_million, native_currency,
        value_musd (million USD; NaN where unknown) and basis ("published in USD", "converted", "no cost", "no rate",
        "umbrella"), with basis_note, usd_per_unit, rate_date and rate_source.
    over_time : pandas.DataFrame
        Every announcement about the portfolio in order of date: period, name_en, number, number_more_than, value_musd,
        value_more_than, source, musd_per_project, and more_projects and more_musd against the one before of the same
        name; other names where the table has them.
    parties : pandas.DataFrame
        Parties named in the announcement, each with its projects or "none found"; see `keruen.appraisal.parties.party_projects`.
    """

    portfolio: str
    announced: Announcement
    items: pd.DataFrame
    over_time: pd.DataFrame
    parties: pd.DataFrame = field(default_factory=pd.DataFrame)

    def _of(self, *basis: str) -> pd.DataFrame:
        return self.items[self.items["basis"].isin(basis)]

    @property
    def number(self) -> int:
        """Itemised projects, umbrella rows not counted."""
        return int((self.items["basis"] != "umbrella").sum())

    @property
    def published(self) -> pd.DataFrame:
        """Projects whose cost was published in US dollars."""
        return self._of("published in USD")

    @property
    def converted(self) -> pd.DataFrame:
        """Projects whose cost was converted by a dated rate."""
        return self._of("converted")

    @property
    def without_value(self) -> pd.DataFrame:
        """Projects with no cost, or with one that no rate converts."""
        return self._of("no cost", "no rate")

    @property
    def umbrellas(self) -> pd.DataFrame:
        """Rows that contain others and are not added."""
        return self._of("umbrella")

    @property
    def value_musd(self) -> float:
        """Sum of the costs published in US dollars, million USD."""
        return float(self.published["value_musd"].sum())

    @property
    def converted_musd(self) -> float:
        """Sum of the converted costs, million USD."""
        return float(self.converted["value_musd"].sum())

    @property
    def share_of_number(self) -> float:
        """Itemised over announced number; NaN where none was announced."""
        return self.number / self.announced.number if self.announced.number else float("nan")

    @property
    def share_of_value(self) -> float:
        """Sum of published dollar costs over the announced value; NaN where none was announced."""
        return self.value_musd / self.announced.value_musd if self.announced.value_musd else float("nan")

    def __str__(self) -> str:
        told = self.announced
        number_share = _share(self.share_of_number, told.number_more_than)
        value_share = _share(self.share_of_value, told.value_more_than)
        costed = f"from {_count(self.published, 'project')} with a cost in USD"
        changed = _count(self.converted, "cost")
        lines = [
            f"{self.portfolio}, announced {told.period} ({told.source})",
            f"  {self.number} of {told.number_text()} projects itemised{number_share}",
            f"  USD {self.value_musd / 1e3:.1f} bn of {told.value_text()}{value_share}, {costed}",
        ]
        if len(self.converted):
            lines.append(f"  USD {self.converted_musd / 1e3:.1f} bn more from {changed} converted by a dated rate")
        no_rate, no_cost = self._of("no rate"), self._of("no cost")
        if len(no_rate):
            lines.append(f"  {_count(no_rate, 'cost')} not converted: {'; '.join(sorted(set(no_rate['basis_note'])))}")
        lines.append(f"  {_count(no_cost, 'project')} without a cost{_ids(no_cost)}")
        if len(self.umbrellas):
            lines.append(f"  {_count(self.umbrellas, 'umbrella row')} not added{_ids(self.umbrellas)}")
        years = self.published["price_year"].dropna()
        if years.min() < years.max():
            lines.append(
                f"  published costs are of {years.min():.0f}-{years.max():.0f} and not brought to one price year"
            )
        for party, rows in self.parties.groupby("party", sort=False) if len(self.parties) else ():
            lines.append(f"  {party}: {_party_text(rows)}")
        return "\n".join(lines)


def reconcile(
    projects: pd.DataFrame,
    programmes: pd.DataFrame,
    portfolio: str,
    *,
    rates: pd.DataFrame | None = None,
    parties: Sequence[str] | Mapping[str, Sequence[str]] = (),
) -> Reconciliation:
    """Hold the announced totals of a portfolio against its itemised projects.

    Parameters
    ----------
    projects, programmes : pandas.DataFrame
        The study's tables ``project`` and ``programme``.
    portfolio : str
        Value of the column ``portfolio`` of both.
    rates : pandas.DataFrame, optional
        Columns currency, date (a year, year-month or date), usd_per_unit, source. A cost in another currency is
        converted by the rate nearest to the middle of its price year, at most two years away.
    parties : sequence of str or mapping of str to sequence of str
        Parties named in the announcement; a mapping gives other spellings of each.

    Returns
    -------
    Reconciliation

    Raises
    ------
    UsageError
        If the portfolio was not announced.
    DataError
        Lists every row of `rates` that is not a rate.

    Examples
    --------
    >>> projects = pd.DataFrame({
    ...     "project_id": ["a", "b", "all"], "name_en": ["Mill", "Mine", "Programme"], "portfolio": "KZ-RU",
    ...     "parties": ["Sibur 40%", "KTZ", ""], "status": "planned", "cost_musd": [800.0, None, 5000.0],
    ...     "umbrella": [False, False, True]})
    >>> told = pd.DataFrame({
    ...     "programme_id": ["t"], "name_en": ["Joint projects"], "portfolio": ["KZ-RU"], "number": [10.0],
    ...     "number_more_than": [True], "value_musd": [2000.0], "period": ["2025-11"], "source": ["tass"]})
    >>> print(reconcile(projects, told, "KZ-RU", parties=["Sibur", "KAMAZ"]))
    KZ-RU, announced 2025-11 (tass)
      2 of more than 10 projects itemised (less than 20.0 %)
      USD 0.8 bn of 2.0 bn (40.0 %), from 1 project with a cost in USD
      1 project without a cost: b
      1 umbrella row not added: all
      Sibur: a
      KAMAZ: none found
    """
    told = programmes[text_column(programmes, "portfolio") == portfolio]
    if told.empty:
        known = sorted({str(name) for name in text_column(programmes, "portfolio") if name})
        raise UsageError(
            f"no announced total speaks of portfolio {portfolio!r}; announced: {', '.join(known) or 'none'}"
        )
    own = projects[text_column(projects, "portfolio") == portfolio]
    valued = dollars(own, rates)
    valued.loc[_true(own, "umbrella"), ["basis", "basis_note"]] = ["umbrella", "contains other rows"]
    shown = [name for name in _SHOWN if name in own]
    items = pd.concat([own[shown], valued], axis=1).reset_index(drop=True)
    if "price_year" not in items:
        items["price_year"] = float("nan")
    over_time = _over_time(told)
    return Reconciliation(
        portfolio, _headline(told), items, over_time, party_projects(projects, parties, portfolio=portfolio)
    )


def of_study(tables: Mapping[str, pd.DataFrame]) -> tuple[Reconciliation, ...]:
    """`reconcile` for every portfolio that was announced, with the study's own rates and parties.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        The study's tables; project, programme, exchange_rate and party are read.

    Returns
    -------
    tuple of Reconciliation
        In order of the programme table; the parties of each are those whose ``named_in`` is its portfolio.
    """
    projects, programmes, parties = tables["project"], tables["programme"], tables["party"]
    return tuple(
        reconcile(
            projects,
            programmes,
            name,
            rates=tables["exchange_rate"],
            parties=spellings(parties[text_column(parties, "named_in") == name]),
        )
        for name in dict.fromkeys(str(one) for one in text_column(programmes, "portfolio") if one)
    )


def _headline(told: pd.DataFrame) -> Announcement:
    """Latest announcement; of several in one month the one of most projects, since the others are parts of it."""
    order = told.assign(_number=pd.to_numeric(told["number"], errors="coerce").fillna(-1.0))
    last = order.sort_values(["period", "_number"], kind="stable").iloc[[-1]]
    row = last.iloc[0]
    return Announcement(
        name=str(row["name_en"]),
        period=str(row["period"]),
        number=_maybe(row.get("number")),
        number_more_than=bool(_true(last, "number_more_than").iloc[0]),
        value_musd=_maybe(row.get("value_musd")),
        value_more_than=bool(_true(last, "value_more_than").iloc[0]),
        source=str(row.get("source", "")),
    )


def _over_time(told: pd.DataFrame) -> pd.DataFrame:
    names = [name for name in ("name_ru", "name_kk") if name in told]
    table = told.reindex(columns=["period", "name_en", *names, "number", "value_musd", "source"])
    for name in ("number_more_than", "value_more_than"):
        table[name] = _true(told, name)
    table = table.sort_values(["name_en", "period"], kind="stable")
    for name in ("number", "value_musd"):
        table[name] = pd.to_numeric(table[name], errors="coerce")
    table["musd_per_project"] = table["value_musd"] / table["number"]
    steps = table.groupby("name_en")[["number", "value_musd"]].diff()
    table["more_projects"], table["more_musd"] = steps["number"], steps["value_musd"]
    return table.sort_values(["period", "name_en"], kind="stable").reset_index(drop=True)


def _true(table: pd.DataFrame, name: str) -> pd.Series[bool]:
    return text_column(table, name).str.casefold().isin(["true", "1", "1.0", "yes"])


def _maybe(value: object) -> float | None:
    number = pd.to_numeric(pd.Series([value]), errors="coerce").iloc[0]
    return None if pd.isna(number) else float(number)


def _share(share: float, more_than: bool) -> str:
    return "" if pd.isna(share) else f" ({'less than ' if more_than else ''}{share:.1%})".replace("%", " %")


def _ids(rows: pd.DataFrame) -> str:
    return f": {', '.join(map(str, rows['project_id']))}" if len(rows) else ""


def _count(rows: pd.DataFrame, noun: str) -> str:
    return f"{len(rows)} {noun}{'' if len(rows) == 1 else 's'}"


def _party_text(rows: pd.DataFrame) -> str:
    inside = ", ".join(rows.loc[rows["where"] == "portfolio", "project_id"]) or NONE_FOUND
    elsewhere = ", ".join(rows.loc[rows["where"] == "elsewhere", "project_id"])
    return f"{inside} (elsewhere in the register: {elsewhere})" if elsewhere else inside
