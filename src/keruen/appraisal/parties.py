"""Companies and states among the parties of projects: whose projects are these, and whose are restricted.

Names are compared as whole words, with the other spellings that the table ``party`` gives. An owner, a subsidiary or a
spelling that nobody gave is not found; nothing here is a compliance check.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

__all__ = ["NONE_FOUND", "party_projects", "restricted", "restrictions_met", "spellings", "text_column"]

NONE_FOUND = "none found"
"""What is said of a party without a project."""


def spellings(parties: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Name of each party of the table ``party``, and its names in other languages and other spellings."""
    others = ([part.strip() for part in text.split(";") if part.strip()] for text in text_column(parties, "spellings"))
    names = zip(*(text_column(parties, f"name_{code}") for code in ("en", "ru", "kk")), others, strict=True)
    return {
        own: tuple(name for name in dict.fromkeys([russian, kazakh, *more]) if name and name != own)
        for own, russian, kazakh, more in names
    }


def party_projects(
    projects: pd.DataFrame,
    parties: Sequence[str] | Mapping[str, Sequence[str]],
    *,
    portfolio: str | None = None,
) -> pd.DataFrame:
    """Projects of each party, whole words only: "Gazprom" does not find "Gazpromneft".

    Parameters
    ----------
    projects : pandas.DataFrame
        The table ``project``; parties stand in its column ``parties``.
    parties : sequence of str or mapping of str to sequence of str
        Names, or names with their other spellings.
    portfolio : str, optional
        Tells projects of this portfolio from others.

    Returns
    -------
    pandas.DataFrame
        One row a party and project: party, where ("portfolio", "elsewhere" or "none found"), project_id, name_en,
        parties. A party without a project has one row.
    """
    spellings = parties if isinstance(parties, Mapping) else dict.fromkeys(parties, ())
    text, group = text_column(projects, "parties"), text_column(projects, "portfolio")
    rows: list[tuple[str, str, str, str, str]] = []
    for party, others in spellings.items():
        hit = text.str.contains(_whole_words([party, *others]))
        inside = hit & ((group == portfolio) if portfolio is not None else True)
        for where, chosen in (("portfolio", inside), ("elsewhere", hit & ~inside)):
            found = projects[chosen]
            rows += [
                (party, where, str(key), str(name), said)
                for key, name, said in zip(found["project_id"], found["name_en"], text[chosen], strict=True)
            ]
        if not hit.any():
            rows.append((party, NONE_FOUND, "", "", ""))
    return pd.DataFrame(rows, columns=["party", "where", "project_id", "name_en", "parties"])


def restricted(
    projects: pd.DataFrame, restrictions: pd.DataFrame, parties: Mapping[str, Sequence[str]] | None = None
) -> pd.DataFrame:
    """Projects with a party that the user listed as restricted. This is no compliance check.

    Parameters
    ----------
    projects : pandas.DataFrame
        The table ``project``.
    restrictions : pandas.DataFrame
        Columns party (a name), list, since, source, as the user supplies them.
    parties : mapping of str to sequence of str, optional
        Names with their other spellings; see `spellings`.

    Returns
    -------
    pandas.DataFrame
        project_id, name_en, parties, party, list, since, source: one row for each restriction met. Names are
        compared as words; an owner, a subsidiary or another spelling is not found.
    """
    known = parties or {}
    found = party_projects(projects, {name: known.get(name, ()) for name in dict.fromkeys(restrictions["party"])})
    found = found[found["where"] != NONE_FOUND].drop(columns="where")
    joined = found.merge(restrictions[["party", "list", "since", "source"]], on="party")
    return joined[["project_id", "name_en", "parties", "party", "list", "since", "source"]]


def restrictions_met(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """`restricted` with the study's own tables ``restriction`` and ``party``. This is no compliance check."""
    parties, listed = tables["party"], tables["restriction"]
    names = dict(zip(parties["party_id"], parties["name_en"], strict=True))
    own = listed.assign(party=pd.Series([names.get(key, key) for key in listed["party"]], listed.index, dtype=object))
    return restricted(tables["project"], own, spellings(parties))


def text_column(table: pd.DataFrame, name: str) -> pd.Series[str]:
    """A text column with empty strings for missing values, also where the table lacks it."""
    if name not in table:
        return pd.Series("", index=table.index, dtype=object)
    return table[name].astype(object).where(table[name].notna(), "").astype(str)


def _whole_words(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names if name), re.IGNORECASE)
