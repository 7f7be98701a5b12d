"""Quotes held against the saved page they are attributed to, and the numbers of a row against its quote.

The main text of the page is found by trafilatura; adverts, menus, comments and their rules are left out, so that a
sentence from there does not pass for the article's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import pandas as pd

from keruen.errors import UsageError
from keruen.exchange.quoted_numbers import agreement, numbers_in, scale_of_column

__all__ = ["Page", "QuoteCheck", "check_quotes", "normalised", "read_page"]

_BESIDE = (
    *("ad", "ads", "advert", "adverts", "advertisement", "advertising", "adv", "banner", "banners", "promo", "sponsor"),
    *("sponsored", "teaser", "comment", "comments", "discussion", "disqus", "related", "recommended", "readmore"),
    *("menu", "nav", "navbar", "navigation", "breadcrumb", "breadcrumbs", "sidebar", "share", "social", "subscribe"),
    *("subscription", "newsletter", "cookie", "cookies", "consent", "popup", "footer", "copyright"),
)
"""Words of class or id by which pages mark what is not their text."""
_LARGEST_SHARE = 0.4
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_DOUBLE, _SINGLE = re.compile("[«»„“”‟″〝〞]|<<|>>|''|``"), re.compile("[‘’‚‛′`´]")
_DASH = re.compile("[\u2010-\u2015\u2212]")
_GAP = re.compile(r"\s*(?:\[\s*\.{3,}\s*\]|\(\s*\.{3,}\s*\)|\.{3,})\s*")


_WHERE = {
    "elsewhere in the page": "elsewhere in the page, the quote says {said}",
    "not in the quote": "not in the quote, which says {said}",
    "not in the page": "not in the page",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A saved page.

    Attributes
    ----------
    title : str
        Headline.
    text : str
        Main text.
    everything : str
        All visible text, menus and adverts included.
    """

    title: str
    text: str
    everything: str


@dataclass(frozen=True, slots=True, eq=False)
class QuoteCheck:
    """What came of the rows.

    Attributes
    ----------
    quotes : pandas.DataFrame
        One row each: row (its label), quote, verdict ("there", "outside the main text", "not there", "no quote") and
        nearest, what the page says where the quote is not there.
    numbers : pandas.DataFrame
        One row a number: row, column, value, verdict ("agrees", "agrees when rounded", "elsewhere in the page"; nowhere
        in the main text: "not in the quote" or, without a quote, "not in the page") and said, the numbers of the quote.
    page : Page
        The page as read.
    """

    quotes: pd.DataFrame
    numbers: pd.DataFrame
    page: Page

    @property
    def ok(self) -> bool:
        """Whether every quote is there and every number agrees with it, or stands elsewhere in the main text."""
        absent = self.numbers["verdict"].isin(["not in the quote", "not in the page"])
        return bool((self.quotes["verdict"] == "there").all() and not absent.any())

    def __str__(self) -> str:
        there = int((self.quotes["verdict"] == "there").sum())
        agree = int(self.numbers["verdict"].str.startswith("agrees").sum())
        lines = [f"{there} of {len(self.quotes)} quotes there, {agree} of {len(self.numbers)} numbers agree"]
        if not self.page.text:
            lines.append("  no main text was found in the page")
        absent = self.quotes[self.quotes["verdict"] != "there"]
        lines += [
            f"  {name}: {verdict}: {quote!r}" + (f"; nearest: {nearest!r}" if nearest else "")
            for name, quote, verdict, nearest in absent.itertuples(index=False)
        ]
        unsaid = self.numbers[~self.numbers["verdict"].str.startswith("agrees")]
        lines += [
            f"  {name}: {column} {value:,.10g} is {_WHERE[verdict].format(said=said)}"
            for name, column, value, verdict, said in unsaid.itertuples(index=False)
        ]
        return "\n".join(lines)


def check_quotes(
    html: bytes | str,
    rows: pd.DataFrame | Iterable[Mapping[str, Any]],
    *,
    columns: Sequence[str] | None = None,
    label: str = "source_id",
) -> QuoteCheck:
    """Check that quotes stand in a page, and that numbers stand in their quotes.

    Parameters
    ----------
    html : bytes or str
        The saved page.
    rows : pandas.DataFrame or iterable of mappings
        Each with ``quote`` and any numbers attributed to it. Units are read from column names (``cost_musd``) and
        from ``capacity_unit`` or ``unit`` beside them.
    columns : sequence of str, optional
        Columns whose numbers are checked; all with numbers where None.
    label : str
        Column that names a row in the result; its position where the column is absent.

    Returns
    -------
    QuoteCheck

    Raises
    ------
    UsageError
        If trafilatura is not installed, or no row has a column ``quote``.

    Notes
    -----
    Spaces, soft hyphens, kinds of dash and of quotation mark do not count; capitals do. A quote may leave words out
    with ``...`` or ``[...]``: its parts must follow one another.

    Examples
    --------
    >>> page = "<html><body><p>The line of 836 km cost KZT 542.9 bn, the ministry said on Tuesday.</p></body></html>"
    >>> rows = [{"source_id": "line", "quote": "836 km cost KZT 542.9 bn", "length_km": 863}]
    >>> print(check_quotes(page, rows))
    1 of 1 quotes there, 0 of 1 numbers agree
      line: length_km 863 is not in the quote, which says 836, 542.9 bn
    """
    given = rows.to_dict("records") if isinstance(rows, pd.DataFrame) else rows
    records: list[Mapping[Any, Any]] = [*given]
    if not any("quote" in row for row in records):
        raise UsageError("no row has a quote: give each row a column 'quote'")
    page = read_page(html)
    main, beside = normalised(f"{page.title}\n{page.text}"), normalised(page.everything)
    anywhere = numbers_in(f"{page.title}\n{page.text}")
    quotes, numbers = [], []
    for index, row in enumerate(records):
        name = str(row.get(label, index))
        quote = row.get("quote")
        text = "" if quote is None or pd.isna(quote) else str(quote).strip()
        quotes.append((name, text, *_verdict(text, main, beside)))
        written = numbers_in(text)
        said = ", ".join(one.text for one in written) or "none"
        for column, value in _numbers(row, columns):
            scale = scale_of_column(column, row)
            verdict: str = agreement(value, scale, written)
            if verdict == "not in the quote" and agreement(value, scale, anywhere) != verdict:
                verdict = "elsewhere in the page"
            elif not text:
                verdict = "not in the page"
            numbers.append((name, column, value, verdict, said))
    return QuoteCheck(
        pd.DataFrame(quotes, columns=["row", "quote", "verdict", "nearest"]),
        pd.DataFrame(numbers, columns=["row", "column", "value", "verdict", "said"]),
        page,
    )


def read_page(html: bytes | str) -> Page:
    """Headline, main text and all text of a saved page.

    Raises
    ------
    UsageError
        If trafilatura is not installed.
    """
    try:
        import trafilatura
    except ImportError as error:
        raise UsageError("reading a page needs trafilatura: pip install 'keruen[cite]'") from error
    tree = trafilatura.load_html(html)
    if tree is None:
        return Page("", "", "")
    headings = [" ".join(part.text_content().split()) for part in tree.iter("h1")]
    headings += [part.get("content", "") for part in tree.iter("meta") if part.get("property") == "og:title"]
    for part in list(tree.iter("script", "style", "noscript", "template")):
        part.drop_tree()
    everything = "\n".join(text for text in tree.itertext() if text.strip())
    text = trafilatura.extract(tree, include_comments=False, include_tables=True, prune_xpath=_beside_paths())
    return Page("\n".join(dict.fromkeys(headings)), text or "", everything)


def normalised(text: str) -> str:
    """Text in which only words count: one kind of space, dash and quotation mark, no invisible characters.

    Examples
    --------
    >>> normalised("«Сил\u00adлено» –\u00a0 завод")
    '"Силлено" - завод'
    """
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    text = _DASH.sub("-", _SINGLE.sub("'", _DOUBLE.sub('"', text)))
    return " ".join(re.sub(r"\|(?:-{3,}\|)*", " ", text).split())


def _beside_paths() -> list[str]:
    """XPath of what pages mark as not their text, unless it holds much of the page."""
    spaced = (
        "translate(concat(' ', @class, ' ', @id, ' '), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ-_', 'abcdefghijklmnopqrstuvwxyz  ')"
    )
    words = " or ".join(f"contains({spaced}, ' {word} ')" for word in _BESIDE)
    small = f"string-length(normalize-space(.)) < {_LARGEST_SHARE} * string-length(normalize-space(//body))"
    return [f"//*[not(self::html or self::body or self::main or self::article)][{words}][{small}]", "//nav", "//aside"]


def _verdict(quote: str, main: str, everything: str) -> tuple[str, str]:
    wanted = normalised(quote)
    parts = [part.strip(" \"'.,;:") for part in _GAP.split(wanted)]
    parts = [part for part in parts if part]
    if not parts:
        return "no quote", ""
    if _in_order(parts, main):
        return "there", ""
    if _in_order(parts, everything):
        return "outside the main text", ""
    return "not there", _nearest(max(parts, key=len), main)


def _in_order(parts: list[str], text: str) -> bool:
    """Whether the parts follow one another, none beginning or ending inside a word or number."""
    at = 0
    for part in parts:
        found = re.compile(rf"(?<!\w){re.escape(part)}(?!\w|[.,]\d)").search(text, at)
        if found is None:
            return False
        at = found.end()
    return True


def _nearest(part: str, text: str) -> str:
    """Passage of the text that shares the longest run with the quote, where that is a good part of it."""
    match = SequenceMatcher(None, part, text, autojunk=False).find_longest_match()
    if match.size < max(8, len(part) // 3):
        return ""
    first = max(0, match.b - match.a)
    return text[first : first + len(part)].strip()


def _numbers(row: Mapping[Any, Any], columns: Sequence[str] | None) -> list[tuple[str, float]]:
    found = []
    for column, value in row.items():
        wanted = columns is None or column in columns
        if wanted and isinstance(value, int | float) and not isinstance(value, bool) and not pd.isna(value):
            found.append((str(column), float(value)))
    return found
