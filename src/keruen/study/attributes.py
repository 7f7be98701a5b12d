"""The schema as data: what every table and column may hold, read once from two small CSV files."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

__all__ = ["Attribute", "Schema", "TableSchema", "schema"]


@dataclass(frozen=True)
class Attribute:
    """One column of one table.

    Attributes
    ----------
    table, column : str
        Where it stands.
    dtype : str
        id, ids, text, choice, int, float, bool, country, countries, source or wkt; ``ids`` and ``countries`` hold
        several values parted by ``;``.
    unit : str
        Unit of a number, empty for others.
    required, key : bool
        Whether a value must be given; whether the column is part of the table's key.
    default : str
        Value of an empty cell, empty for none.
    low, high : float or None
        Range of a number, ends included.
    choices : tuple of str
        Values of a choice.
    selects : str
        How the column chooses a parameter row: ``kind`` if it describes many cases, ``thing`` if it names one facility
        or line, ``required`` if it describes and is never empty, ``parted`` if rows with different values all apply;
        empty if it does not choose.
    references : str
        Table whose key the value must be, empty for none.
    description : str
        Meaning, in a sentence.
    """

    table: str
    column: str
    dtype: str
    unit: str
    required: bool
    key: bool
    default: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    selects: str
    references: str
    description: str

    @property
    def is_number(self) -> bool:
        """Whether the column holds numbers."""
        return self.dtype in ("int", "float")


@dataclass(frozen=True)
class TableSchema:
    """One table.

    Attributes
    ----------
    name, description : str
        Name, and what one row is.
    required : bool
        Whether a study must have it.
    figures : bool
        Whether its rows bear figures, so that each must name a source.
    attributes : mapping of str to Attribute
        Columns in order.
    """

    name: str
    description: str
    required: bool
    figures: bool
    attributes: Mapping[str, Attribute]

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that together name a row."""
        return tuple(column for column, attribute in self.attributes.items() if attribute.key)

    def selecting(self, *how: str) -> tuple[str, ...]:
        """Columns that choose a parameter row, all or those that do so in one of the ways named."""
        wanted = how or ("required", "kind", "thing")
        return tuple(column for column, attribute in self.attributes.items() if attribute.selects in wanted)


Schema = Mapping[str, TableSchema]
"""Tables by name, in the order in which a reader meets them."""


@cache
def schema() -> Schema:
    """All tables a study may have.

    Returns
    -------
    mapping of str to TableSchema
        Tables by name.

    Examples
    --------
    >>> schema()["link"].attributes["length_km"].unit
    'km'
    >>> schema()["demand"].key
    ('origin', 'destination', 'commodity', 'year', 'family')
    """
    attributes: dict[str, dict[str, Attribute]] = {}
    for row in _rows("attributes.csv"):
        attributes.setdefault(row["table"], {})[row["column"]] = _attribute(row)
    tables = {
        row["table"]: TableSchema(
            name=row["table"],
            description=row["description"],
            required=row["required"] == "yes",
            figures=row["figures"] == "yes",
            attributes=MappingProxyType(attributes[row["table"]]),
        )
        for row in _rows("tables.csv")
    }
    return MappingProxyType(tables)


def _rows(name: str) -> list[dict[str, str]]:
    text = files("keruen.study").joinpath("schema", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _attribute(row: dict[str, str]) -> Attribute:
    return Attribute(
        table=row["table"],
        column=row["column"],
        dtype=row["dtype"],
        unit=row["unit"],
        required=row["required"] == "yes",
        key=row["key"] == "yes",
        default=row["default"],
        low=float(row["low"]) if row["low"] else None,
        high=float(row["high"]) if row["high"] else None,
        choices=tuple(row["choices"].split("|")) if row["choices"] else (),
        selects=row["selects"],
        references=row["references"],
        description=row["description"],
    )
