"""Cells of one column from text to values, and what is wrong with those that do not fit.

Decided once: missing text is ``""``; a missing number is NaN, so a whole-number column is ``int64`` where it is
required or has a default and ``float64`` where cells may be missing; a truth column is ``bool`` where it has a
default and holds True, False or None where it has none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keruen.study._files import Column
from keruen.study._said import did_you_mean
from keruen.study.attributes import Attribute

__all__ = [
    "HIGH_SEAS",
    "ID",
    "Fault",
    "column_of",
    "countries",
    "members",
    "number_text",
    "text_of",
    "typed",
    "value_of",
]

Fault: TypeAlias = tuple[int, str, str, str]
"""Position of a cell, its value, what was expected and how to mend it."""

HIGH_SEAS = "XZ"
ID = re.compile(r"[a-z0-9][a-z0-9._-]*")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_LINE_BREAK = re.compile("[\t\n\r\x85\u2028\u2029]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_TRUTH = {"true": True, "false": False}
_TRUTH_MEANT = {
    **dict.fromkeys(("yes", "y", "1", "t", "true"), "true"),
    **dict.fromkeys(("no", "n", "0", "f", "false"), "false"),
}


def members(cell: str) -> list[str]:
    """Values of a cell that holds several parted by ``;``.

    Examples
    --------
    >>> members("ship; ferry"), members("")
    (['ship', 'ferry'], [])
    """
    return [part.strip() for part in cell.split(";") if part.strip()]


@cache
def countries() -> dict[str, tuple[float, float, float, float] | None]:
    """ISO 3166-1 alpha-2 codes with the box (west, south, east, north) of the land; west > east where it wraps."""
    text = files("keruen.study").joinpath("schema", "countries.csv").read_text(encoding="utf-8")
    found: dict[str, tuple[float, float, float, float] | None] = {}
    for line in text.splitlines()[1:]:
        code, *box = line.split(",")
        found[code] = (float(box[0]), float(box[1]), float(box[2]), float(box[3])) if box[0] else None
    return found


def column_of(attribute: Attribute, cells: Column, faults: list[Fault]) -> pd.Series[Any]:
    """Values of one column.

    Parameters
    ----------
    attribute : Attribute
        What the column may hold.
    cells : list of str or ndarray
        Its cells as read.
    faults : list of Fault
        Where to note the cells that do not fit; they become missing values.

    Returns
    -------
    pandas.Series
        The column, typed.
    """
    if attribute.is_number:
        return typed(attribute, _numbers(attribute, cells, faults))
    if attribute.dtype == "bool":
        return typed(attribute, _truths(attribute, cells, faults))
    texts = cells if isinstance(cells, list) else [text_of(value) for value in cells]
    faults.extend(_text_faults(attribute, texts))
    return typed(attribute, [text or attribute.default for text in texts] if attribute.default else texts)


def typed(attribute: Attribute, values: Sequence[Any] | NDArray[np.float64]) -> pd.Series[Any]:
    """Values as a series of the column's type; NaN, None and ``""`` are missing."""
    if attribute.dtype == "bool":
        if attribute.default:
            return pd.Series(values, dtype="bool")
        return pd.Series([None if pd.isna(value) else bool(value) for value in values], dtype=object)
    if not attribute.is_number:
        # str() of numpy: pandas 3 infers its string type, pandas 2 keeps objects.
        return pd.Series(list(values), dtype=None if len(values) else _text_dtype())
    numbers = np.asarray(values, dtype=np.float64)
    whole = attribute.dtype == "int" and (attribute.required or attribute.default) and bool(np.isfinite(numbers).all())
    return pd.Series(numbers.astype(np.int64) if whole else numbers)


@cache
def _text_dtype() -> Any:
    return pd.Series(["a"]).dtype


def value_of(attribute: Attribute, text: str) -> tuple[Any, str]:
    """One value from text, and what was expected if it does not fit (else ``""``)."""
    faults: list[Fault] = []
    low, high = attribute.low, attribute.high
    value: Any = text or attribute.default
    if attribute.is_number:
        value = _numbers(attribute, [text], faults)[0]
    elif attribute.dtype == "bool":
        value = _truths(attribute, [text], faults)[0]
    else:
        faults.extend(_text_faults(attribute, [text]))
    if faults:
        return value, faults[0][2]
    outside = attribute.is_number and ((low is not None and value < low) or (high is not None and value > high))
    if outside:
        return value, f"{_range(low, high)}{_unit(attribute)}"
    return value, ""


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"a number between {low:,.10g} and {high:,.10g}"
    return f"a number from {low:,.10g}" if low is not None else f"a number up to {high:,.10g}"


def _unit(attribute: Attribute) -> str:
    return "" if attribute.unit in ("", "1", "year") else f" ({attribute.unit})"


def text_of(value: Any) -> str:
    """A value as it stands in a CSV file.

    Examples
    --------
    >>> [text_of(value) for value in (True, 12.0, 0.1, float("nan"), None, pd.NA, "kti")]
    ['true', '12', '0.1', '', '', '', 'kti']
    """
    if value is None or value is pd.NA:
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | int | np.number):
        return number_text(float(value))
    return str(value)


def number_text(value: float) -> str:
    """The shortest text that reads back as the same number; ``""`` for NaN."""
    if math.isnan(value):
        return ""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def _numbers(attribute: Attribute, cells: Column, faults: list[Fault]) -> Sequence[float] | NDArray[np.float64]:
    default = float(attribute.default) if attribute.default else math.nan
    if not isinstance(cells, list):
        if cells.dtype == np.float64:
            return _from_parquet(attribute, cells, default, faults)
        cells = [text_of(value) for value in cells]
    values = []
    whole = attribute.dtype == "int"
    for i, cell in enumerate(cells):
        if not cell:
            values.append(default)
            continue
        value = float(cell) if _NUMBER.fullmatch(cell) else math.nan
        if not math.isfinite(value):
            faults.append((i, cell, _number_expected(attribute), _number_mend(cell)))
            value = math.nan
        elif whole and not value.is_integer():
            faults.append((i, cell, _number_expected(attribute), "Round it"))
            value = math.nan
        values.append(value)
    return values


def _from_parquet(
    attribute: Attribute, cells: NDArray[Any], default: float, faults: list[Fault]
) -> NDArray[np.float64]:
    bad = np.isinf(cells)
    if attribute.dtype == "int":
        bad |= np.isfinite(cells) & (cells != np.floor(cells))
    faults.extend((int(i), str(cells[i]), _number_expected(attribute), "") for i in np.flatnonzero(bad))
    return np.where(bad, math.nan, np.where(np.isnan(cells), default, cells))


def _number_expected(attribute: Attribute) -> str:
    kind = "a whole number" if attribute.dtype == "int" else "a number"
    return f"{kind}{_unit(attribute)}"


def _number_mend(cell: str) -> str:
    plain = cell.strip().replace("\xa0", "").replace("\u202f", "").replace(" ", "").replace("_", "")
    if _NUMBER.fullmatch(plain) and math.isinf(float(plain)):
        return "It is larger than any number can be here: are there digits too many?"
    if _NUMBER.fullmatch(plain):
        return f"Write {plain}, without spaces"
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", plain):
        return f"Write {plain.replace(',', '')}: no comma between thousands, a point before decimals"
    if re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+,\d+", plain):
        return f"Write {plain.replace('.', '').replace(',', '.')}: no point between thousands, a point before decimals"
    if _NUMBER.fullmatch(plain.replace(",", ".", 1)):
        return f"Write {plain.replace(',', '.', 1)}: a point, not a comma, stands before decimals"
    if plain.lower() in ("nan", "na", "n/a", "null", "none", "-", "?", "inf", "-inf"):
        return "Leave the cell empty if the number is not known"
    leading = re.match(r"[+-]?\d+(\.\d+)?(?=[A-Za-z%°])", plain)
    if leading:
        return f"Write {leading[0]}: the unit stands in the column name"
    return ""


def _truths(attribute: Attribute, cells: Column, faults: list[Fault]) -> list[bool | None]:
    default = _TRUTH.get(attribute.default)
    values: list[bool | None] = []
    for i, cell in enumerate(cells):
        if isinstance(cell, bool | np.bool_):
            values.append(bool(cell))
            continue
        text = cell if isinstance(cell, str) else text_of(cell)
        if text not in _TRUTH and text:
            mend = _TRUTH_MEANT.get(text.strip().lower())
            faults.append((i, text, "true or false", f"Write {mend}" if mend else ""))
        values.append(_TRUTH.get(text, default))
    return values


def _text_faults(attribute: Attribute, texts: list[str]) -> Iterator[Fault]:
    if attribute.dtype == "choice":
        yield from _choice_faults(attribute, texts)
    elif attribute.dtype in ("id", "source", "ids"):
        yield from _id_faults(attribute, texts)
    elif attribute.dtype in ("country", "countries"):
        yield from _country_faults(attribute, texts)
    elif attribute.dtype == "text":
        yield from _control_faults(attribute, texts)


def _choice_faults(attribute: Attribute, texts: list[str]) -> Iterator[Fault]:
    allowed = set(attribute.choices) | {""}
    for i, text in enumerate(texts):
        if text not in allowed:
            yield i, text, f"one of {', '.join(attribute.choices)}", did_you_mean(text, attribute.choices)


def _id_faults(attribute: Attribute, texts: list[str]) -> Iterator[Fault]:
    several = attribute.dtype == "ids"
    for i, text in enumerate(texts):
        if not text or (not several and ID.fullmatch(text)):
            continue
        for part in members(text) if several else [text]:
            if not ID.fullmatch(part):
                plain = "".join(c if ID.fullmatch(c) or c in "._-" else "-" for c in part.lower().strip()).strip("-._")
                expected = "a short name of lower-case letters a-z, digits, hyphens, dots or underscores"
                yield i, part, expected, f"For example {plain}" if plain else ""


def _country_faults(attribute: Attribute, texts: list[str]) -> Iterator[Fault]:
    known = countries()
    for i, text in enumerate(texts):
        if not text or text in known:
            continue
        for part in members(text) if attribute.dtype == "countries" else [text]:
            if part not in known:
                upper = part.strip().upper()
                mend = f"Write {upper}" if upper in known else f"{HIGH_SEAS} stands for the high seas"
                yield i, part, "an ISO 3166-1 alpha-2 country code such as KZ", mend


def _control_faults(attribute: Attribute, texts: list[str]) -> Iterator[Fault]:
    name = attribute.column.startswith("name_")
    for i, text in enumerate(texts):
        if text.isprintable():
            continue
        if _CONTROL.search(text) or (name and _LINE_BREAK.search(text)):
            yield i, text, "text without control characters", "Remove them; they may hide what a name says"
