"""Words that messages share: near misses, and values shown safely."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["did_you_mean", "listed", "shown"]

_LONGEST = 60
_MOST_LISTED = 8


def did_you_mean(value: str, known: Iterable[str], otherwise: str = "") -> str:
    """A question that names the nearest known word, or ``otherwise`` if none is near.

    Examples
    --------
    >>> did_you_mean("bandar-abas", ["bandar-abbas", "bandar-anzali", "moscow"])
    "Did you mean 'bandar-abbas'?"
    >>> did_you_mean("lisbon", ["moscow"], "Add it to place.csv")
    'Add it to place.csv'
    """
    by_lower = {word.lower(): word for word in known}
    near = get_close_matches(value.lower().strip(), by_lower, n=1, cutoff=0.7)
    return f"Did you mean '{by_lower[near[0]]}'?" if near else otherwise


def listed(words: Iterable[str]) -> str:
    """Words in a row, cut after eight.

    Examples
    --------
    >>> listed(["rail", "road"]), listed("abcdefghij")
    ('rail, road', 'a, b, c, d, e, f, g, h and 2 more')
    """
    words = list(words)
    more = len(words) - _MOST_LISTED
    head = ", ".join(words[:_MOST_LISTED])
    return f"{head} and {more} more" if more > 0 else head


def shown(value: str) -> str:
    r"""A value as it may stand in one line of a terminal: control characters spelled out, long ones cut.

    Examples
    --------
    >>> shown("a\x1b[31mb"), len(shown("x" * 500))
    ('a\\x1b[31mb', 60)
    """
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in value[: _LONGEST + 1])
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 3]}..."
