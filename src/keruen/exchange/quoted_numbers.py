"""Numbers as people write them in running text: separators, decimal marks, scale words in three languages."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Agreement", "Written", "agreement", "multiplier", "numbers_in", "scale_of_column"]

Agreement = Literal["agrees", "agrees when rounded", "not in the quote"]

_SCALES = (
    (1e12, r"trillions?|trn|tn|трлн|триллион\w*"),
    (1e9, r"billions?|bln|bn|mlrd|mrd|млрд|миллиард\w*|bcm"),
    (1e6, r"millions?|mln|mn|млн|миллион\w*|mtpa|mt|mw|мвт"),
    (1e3, r"thousands?|thsd|тыс|тысяч\w*|мың|kt|kw|квт|k"),
    (1e9, r"gw|гвт|gt"),
)
_SCALE = "|".join(words for _, words in _SCALES)
_NUMBER = re.compile(
    r"(?<![\w.,])[-+]?(?P<digits>\d{1,3}(?:[ ,.']\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?)"
    rf"(?:[ -]?(?P<scale>{_SCALE}|m)(?![^\W\d_]))?\.?"
    r"(?P<percent> ?(?:%|per ?cents?|процент\w*|пайыз\w*))?",
    re.IGNORECASE,
)
_JOINED = re.compile(r" ?(?:-|to|and|до|и|or|или) ?", re.IGNORECASE)
_UNIT_SCALE = re.compile(rf"(?:{_SCALE})(?![^\W\d_])", re.IGNORECASE)
_SUFFIXES = (("_musd", 1e6), ("_million", 1e6), ("_mt", 1e6), ("_kt", 1e3), ("_bcm", 1e9), ("_share", 100.0))
_UNITS = {"capacity_before": "capacity_unit", "capacity_after": "capacity_unit"}


@dataclass(frozen=True, slots=True)
class Written:
    """One number of a text.

    Attributes
    ----------
    text : str
        As written.
    values : tuple of (float, float)
        What it may mean, in ones, each with half a unit of its last digit. "1,250" may be 1250 or 1.25.
    """

    text: str
    values: tuple[tuple[float, float], ...]


def numbers_in(text: str) -> list[Written]:
    """All numbers of a text, in order.

    Examples
    --------
    >>> [(one.text, [value for value, _ in one.values]) for one in numbers_in("33,5 млрд and 143 projects")]
    [('33,5 млрд', [33500000000.0]), ('143', [143.0])]
    """
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"[\u2010-\u2015\u2212]", "-", plain)
    plain = re.sub(r"[^\S\n]", " ", plain).replace("\u2019", "'")
    matches = list(_NUMBER.finditer(plain))
    found = []
    for index, match in enumerate(matches):
        scales = _scales(match["scale"])
        if match["scale"] is None and index + 1 < len(matches):
            between = plain[match.end() : matches[index + 1].start()]
            if _JOINED.fullmatch(between) or (between == "" and plain[matches[index + 1].start()] == "-"):
                scales = [*scales, *_scales(matches[index + 1]["scale"])]
        values = [
            (value * scale, half * scale)
            for value, half in _readings(match["digits"])
            for scale in dict.fromkeys(scales)
        ]
        found.append(Written(match[0].strip().rstrip("."), tuple(dict.fromkeys(values))))
    return found


def agreement(value: float, scale: float, written: list[Written]) -> Agreement:
    """Whether a number stands in a text.

    Parameters
    ----------
    value : float
        In the unit of its column.
    scale : float
        Ones to that unit, for example 1e6 for million dollars; see `scale_of_column`.
    written : list of Written
        Numbers of the text.

    Returns
    -------
    {"agrees", "agrees when rounded", "not in the quote"}
        "agrees when rounded": the text says less precisely what the number says.

    Examples
    --------
    >>> written = numbers_in("worth USD 7.7 bn, over 1,250 thousand tonnes")
    >>> agreement(7700, 1e6, written), agreement(7740, 1e6, written), agreement(1250, 1e3, written)
    ('agrees', 'agrees when rounded', 'agrees')
    """
    wanted = value * scale
    readings = [reading for one in written for reading in one.values]
    if any(math.isclose(wanted, said, rel_tol=1e-9, abs_tol=1e-12) for said, _ in readings):
        return "agrees"
    if any(abs(wanted - said) <= half * (1 + 1e-9) and _precise(wanted, half) for said, half in readings):
        return "agrees when rounded"
    return "not in the quote"


def scale_of_column(column: str, row: Mapping[str, Any]) -> float:
    """Ones to the unit of a column, from its name or the unit beside it.

    Examples
    --------
    >>> scale_of_column("cost_musd", {}), scale_of_column("capacity_after", {"capacity_unit": "kt/y"})
    (1000000.0, 1000.0)
    """
    for suffix, scale in _SUFFIXES:
        if column.endswith(suffix):
            return scale
    unit = row.get(_UNITS.get(column, "unit"))
    return multiplier(unit) if isinstance(unit, str) else 1.0


def multiplier(unit: str) -> float:
    """What a unit multiplies by: thousand TEU by 1000, Mt by a million, km by one.

    Examples
    --------
    >>> multiplier("Mt/y"), multiplier("million tyres/y"), multiplier("km"), multiplier("bcm/y")
    (1000000.0, 1000000.0, 1.0, 1000000000.0)
    """
    match = _UNIT_SCALE.match(unit.strip())
    return _scales(match[0])[-1] if match else 1.0


def _scales(word: str | None) -> list[float]:
    """What a scale word may multiply by; "m" may be metres."""
    if word is None:
        return [1.0]
    if word.lower() == "m":
        return [1e6, 1.0]
    return [next(scale for scale, words in _SCALES if re.fullmatch(words, word, re.IGNORECASE))]


def _readings(digits: str) -> list[tuple[float, float]]:
    """What digits with marks may mean, each with half a unit of its last digit."""
    parts = re.split(r"[ ,.']", digits)
    marks = re.findall(r"[ ,.']", digits)
    grouped = all(len(part) == 3 for part in parts[1:]) and len(parts[0]) <= 3
    readings: list[tuple[float, float]] = []
    if not marks:
        return [(float(digits), 0.5)]
    decimal = marks[-1] in ",." and (len(marks) == 1 or (marks[-1] != marks[-2] and len(set(marks[:-1])) == 1))
    if grouped and len(set(marks)) == 1:
        readings.append((float("".join(parts)), 0.5))
    if decimal:
        readings.append((float("".join(parts[:-1]) + "." + parts[-1]), 0.5 * 10.0 ** -len(parts[-1])))
    if set(marks) == {" "}:  # two numbers side by side look like one in groups
        readings += [(float(part), 0.5) for part in parts]
    return readings


def _precise(wanted: float, half: float) -> bool:
    """Whether rounding leaves anything of a number: 0.4 is not said by a text that says 0."""
    return abs(wanted) > half
