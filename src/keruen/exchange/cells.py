"""Cells of other people's lists turned into values of a study's column; what does not fit says what was expected."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable
from functools import cache

from keruen.exchange.register_mapping import Column, ColumnMapping
from keruen.study.attributes import Attribute
from keruen.study.cell_checks import CURRENCY

__all__ = ["converter", "country_code", "country_name", "number"]

_ID = re.compile(r"[a-z0-9][a-z0-9._-]*")
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f']+")
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_GROUPED = {
    mark: re.compile(rf"[+-]?\d{{1,3}}(\{other}\d{{3}})+(\{mark}\d*)?") for mark, other in ((".", ","), (",", "."))
}
_DATES = (re.compile(r"\d{1,2}[./]\d{1,2}[./](\d{4})"), re.compile(r"(\d{4})-\d{1,2}-\d{1,2}.*"))
_TRUE, _FALSE = ("true", "yes", "1", "да", "иә"), ("false", "no", "0", "нет", "жоқ")


def converter(attribute: Attribute, column: Column, rules: ColumnMapping) -> Callable[[object], object]:
    """A function from a cell to the value of a column.

    Parameters
    ----------
    attribute : Attribute
        The column of the study.
    column : Column
        How the mapping finds it.
    rules : ColumnMapping
        Decimal mark and words for empty cells.

    Returns
    -------
    callable
        Gives None for an empty cell; raises ValueError that says what was expected.
    """
    kinds: dict[str, Callable[[object], object]] = {
        "int": lambda cell: _bounded(_whole(_number_or_year(cell, attribute, rules.decimal, column.factor)), attribute),
        "float": lambda cell: _bounded(number(cell, rules.decimal) * column.factor, attribute),
        "bool": _truth,
        "id": lambda cell: _identifier(column.prefix + _text(cell)),
        "source": lambda cell: _identifier(column.prefix + _text(cell)),
        "ids": lambda cell: ";".join(_identifier(column.prefix + part) for part in _parts(_text(cell))),
        "country": lambda cell: _country(_text(cell)),
        "countries": lambda cell: ";".join(_country(part) for part in _parts(_text(cell))),
        "choice": lambda cell: _choice(_text(cell), attribute),
    }

    def plain(cell: object) -> object:
        return _currency(_text(cell), attribute, column.prefix)

    convert = kinds.get(attribute.dtype, plain)
    empty = {"", *rules.empty}

    def one(cell: object) -> object:
        if cell is None or (isinstance(cell, str) and cell.strip() in empty):
            return None
        if column.values:
            return convert(_looked_up(_text(cell), column.values, attribute.dtype))
        return convert(cell)

    return one


def number(cell: object, decimal: str = ".") -> float:
    """Number in a cell: a number, or text with spaces or marks between thousands.

    Examples
    --------
    >>> number("1 234,5", ","), number("1,234.5"), number(7)
    (1234.5, 1234.5, 7.0)
    """
    if isinstance(cell, bool | datetime.date | datetime.time | datetime.timedelta):
        raise ValueError(f"a number, found a {type(cell).__name__}")
    if isinstance(cell, int | float):
        return float(cell)
    text = _SPACES.sub("", str(cell)).replace("\u2212", "-")
    if _GROUPED[decimal].fullmatch(text):
        text = text.replace("," if decimal == "." else ".", "")
    other = "," if decimal == "." else "."
    text = "" if other in text else text.replace(decimal, ".")
    if not _PLAIN.fullmatch(text):
        raise ValueError(f'a number with decimal mark "{decimal}", found text')
    if not math.isfinite(float(text)):
        raise ValueError("a number that a computer can hold")
    return float(text)


def _number_or_year(cell: object, attribute: Attribute, decimal: str, factor: float) -> float:
    if attribute.unit == "year":
        if isinstance(cell, datetime.date):
            return float(cell.year)
        for pattern in _DATES:
            found = pattern.fullmatch(str(cell).strip())
            if found:
                return float(found[1])
    return number(cell, decimal) * factor


def _whole(value: float) -> int:
    if value != int(value):
        raise ValueError("a whole number")
    return int(value)


def _bounded(value: float, attribute: Attribute) -> float:
    low, high = attribute.low, attribute.high
    if (low is not None and value < low) or (high is not None and value > high) or value != value:
        unit = f" {attribute.unit}" if attribute.unit else ""
        raise ValueError(f"{'any' if low is None else f'{low:g}'} to {'any' if high is None else f'{high:g}'}{unit}")
    return value


def _text(cell: object) -> str:
    """Text of a cell in one line; a whole number without its decimals, as a spreadsheet shows it."""
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    return " ".join(str(cell).split())


def _truth(cell: object) -> bool:
    word = _text(cell).casefold()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError("yes or no")


def _identifier(text: str) -> str:
    name = "-".join(text.lower().split())
    if not _ID.fullmatch(name):
        raise ValueError("an id of small Latin letters, digits, dots and dashes; set a prefix or values in the mapping")
    return name


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;,/\n]", text) if part.strip()]


def _choice(text: str, attribute: Attribute) -> str:
    if text not in attribute.choices:
        raise ValueError(f"one of {', '.join(attribute.choices)}")
    return text


def _currency(text: str, attribute: Attribute, prefix: str) -> str:
    if attribute.column == "native_currency" and not CURRENCY.fullmatch(text):
        raise ValueError("an ISO 4217 code, for example KZT; set values in the mapping")
    return prefix + text


def _looked_up(text: str, values: dict[str, str], dtype: str) -> str:
    if text in values:
        return values[text]
    if dtype in ("ids", "countries"):
        return ";".join(values.get(part, part) for part in _parts(text))
    raise ValueError(f"one of the mapping's values: {', '.join(values)}")


def _country(text: str) -> str:
    code = country_code(text)
    if code is None:
        raise ValueError("a country by its ISO 3166-1 code or name; set values in the mapping")
    return code


def country_code(text: str) -> str | None:
    """ISO 3166-1 alpha-2 code of a country given by it or by its name in English, Russian or Kazakh.

    Examples
    --------
    >>> country_code("KZ"), country_code("Иран"), country_code("Atlantis")
    ('KZ', 'IR', None)
    """
    return text if re.fullmatch(r"[A-Z]{2}", text) else _country_codes().get(text.casefold())


def country_name(code: str) -> str:
    """English name of a country, from CLDR; the code itself where it is not known."""
    return str(_territories("en").get(code, code))


@cache
def _country_codes() -> dict[str, str]:
    """Countries by their names in English, Russian and Kazakh, from CLDR."""
    names: dict[str, str] = {}
    for language in ("kk", "ru", "en"):
        names |= {name.casefold(): code for code, name in _territories(language).items()}
    return names


@cache
def _territories(language: str) -> dict[str, str]:
    from babel import Locale

    return {code: name for code, name in Locale.parse(language).territories.items() if re.fullmatch("[A-Z]{2}", code)}
