"""The sources of a study held against a saved page: their quotes, and the numbers of every row that names them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from keruen.errors import UsageError
from keruen.exchange.quotes import QuoteCheck, check_quotes
from keruen.study import Study
from keruen.study.attributes import schema

__all__ = ["addresses", "attributed", "cite"]

_NOT_SAID = frozenset({"lon", "lat", "price_year", "rank"})
"""Number columns that no page is quoted for."""

_ADDRESS = re.compile(
    r"""<!--\s*saved\s+from\s+url=\(\d+\)(?P<saved>\S+)\s*-->"""
    r"""|<(?:link|meta)\b(?P<tag>[^>]*(?:canonical|og:url)[^>]*)>""",
    re.IGNORECASE,
)
_VALUE = re.compile(r"""\b(?:href|content)\s*=\s*["']([^"']+)["']""", re.IGNORECASE)


def cite(study: Study, html: bytes, sources: Sequence[str] = ()) -> QuoteCheck:
    """Hold a saved page against the sources of a study.

    Parameters
    ----------
    study : Study
        The study.
    html : bytes
        The saved page.
    sources : sequence of str
        Ids of the sources that the page is; by default those whose address is the page's own.

    Returns
    -------
    QuoteCheck
        Quotes have one row a source, numbers one a number of a row that names it, labelled "table key".

    Raises
    ------
    UsageError
        If no source is named and none has the address of the page, or there is no such source.
    """
    chosen = _known(study, sources) if sources else attributed(study, html)
    quotes = {str(row["source_id"]): str(row["quote"] or "") for row in study.records("source")}
    heads = [{"label": name, "quote": quotes[name]} for name in chosen]
    rows = [{**row, "quote": quotes[name]} for name in chosen for row in _rows(study, name)]
    found = check_quotes(html, [*heads, *rows], label="label")
    return QuoteCheck(found.quotes.head(len(heads)), found.numbers, found.page)


def attributed(study: Study, html: bytes) -> list[str]:
    """Sources whose address is that of a saved page.

    Raises
    ------
    UsageError
        If there is none.
    """
    own = addresses(html)
    plain = {_plain(url) for url in own}
    found = [str(row["source_id"]) for row in study.records("source") if row["url"] and _plain(row["url"]) in plain]
    if not found:
        told = f"has the address of the page, {own[0]}" if own else "can be told from the page, which names no address"
        raise UsageError(f"no source of the study {told}: name it with --source")
    return found


def addresses(html: bytes) -> list[str]:
    """Addresses that a page gives as its own: where it was saved from, its canonical link.

    Examples
    --------
    >>> addresses(b'<!-- saved from url=(0021)https://example.org/a --><link href="https://example.org/b" rel="canonical">')
    ['https://example.org/a', 'https://example.org/b']
    """
    text = html.decode("utf-8", "replace")
    found = []
    for match in _ADDRESS.finditer(text):
        value = _VALUE.search(match["tag"]) if match["tag"] else None
        if match["saved"] or value:
            found.append(match["saved"] or value[1])  # type: ignore[index]
    return list(dict.fromkeys(found))


def _known(study: Study, sources: Sequence[str]) -> list[str]:
    for name in sources:
        if study.row_of("source", name) is None:
            raise UsageError(f"no source '{name}' in table source; keruen sources counts those that rows name")
    return list(dict.fromkeys(sources))


def _plain(url: str) -> str:
    """An address without what does not tell pages apart: scheme, www, fragment, closing slash."""
    parts = urlsplit(url.strip())
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.lower().removeprefix('www.')}{parts.path.rstrip('/')}{query}"


def _rows(study: Study, source: str) -> Iterator[dict[str, Any]]:
    """Numbers of every row that names a source, with the units beside them."""
    for name, table in schema().items():
        naming = [column for column, one in table.attributes.items() if one.dtype == "source"]
        for row in study.records(name) if name != "source" and naming else ():
            if source in (row[column] for column in naming):
                numbers = _numbers(name, row)
                if any(isinstance(value, float) for value in numbers.values()):
                    yield {"label": f"{name} {'|'.join(str(row[part]) for part in table.key)}", **numbers}


def _numbers(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers of a row by column; an effect's by the column that it changes."""
    attributes = schema()[table].attributes
    found: dict[str, Any] = {
        column: float(row[column])
        for column, one in attributes.items()
        if one.is_number and column not in _NOT_SAID and not pd.isna(row[column])
    }
    if table == "effect" and row["table"]:
        change = found.pop("change", None)
        text = pd.to_numeric(pd.Series([row["set"]]), errors="coerce").iloc[0] if row["set"] else change
        if text is not None and not pd.isna(text):
            found[str(row["column"])] = float(text)
    units = {column: row[column] for column in ("unit", "capacity_unit") if column in attributes}
    return found | units
