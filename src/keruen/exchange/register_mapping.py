"""The column mapping file: which column of somebody's list is which column of the register.

::

    sheet = "Projects"            # or a list; every sheet where absent
    header_rows = [3, 4]          # rows of the headings, counted from 1; 1 where absent
    first_row = 6                 # first row of data; the one after the headings where absent
    decimal = ","                 # decimal mark of numbers written as text; "." where absent
    encoding = "cp1251"           # of a delimited file; UTF-8 where absent
    delimiter = ";"               # of a delimited file; seen from its first line where absent
    merged = "fill"               # fill merged text cells down; "refuse" where absent
    empty = ["-", "n/a"]          # what stands for an empty cell, besides nothing
    ignore = ["Remark 2"]         # columns that are not wanted

    [columns]
    project_id = { column = "No.", prefix = "mt-" }
    name_en = "Project"
    cost_native_million = { column = "Cost, bn", factor = 1000 }
    status = { column = "State", values = { "under way" = "construction" } }

    [fixed]
    native_currency = "KZT"
    source = "ministry24"
"""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from keruen.errors import DataError, Problem
from keruen.study.attributes import schema

__all__ = ["Column", "ColumnMapping", "read_mapping"]


class Column(BaseModel):
    """How one column of the register is found.

    Attributes
    ----------
    column : str
        Heading in the list.
    factor : float
        What a number is multiplied by, to arrive at the unit of the register.
    prefix : str
        Put before a text, for ids that are bare numbers.
    values : dict of str to str
        Words of the list and what they are in the register; where given, other words are refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    column: str
    factor: Annotated[float, Field(gt=0, strict=False)] = 1.0
    prefix: str = ""
    values: dict[str, str] = Field(default_factory=dict)


def _column(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


def _several(value: object) -> object:
    return value if isinstance(value, list) else [value]


class ColumnMapping(BaseModel):
    """A mapping file as read; see the module for its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    sheet: Annotated[list[str], BeforeValidator(_several)] = Field(default_factory=list)
    header_rows: Annotated[list[Annotated[int, Field(ge=1)]], BeforeValidator(_several)] = [1]
    first_row: Annotated[int, Field(ge=1)] | None = None
    decimal: Literal[".", ","] = "."
    encoding: str = ""
    delimiter: Annotated[str, Field(max_length=1)] = ""
    merged: Literal["refuse", "fill"] = "refuse"
    empty: list[str] = ["-", "–", "—"]
    ignore: list[str] = []
    columns: dict[str, Annotated[Column, BeforeValidator(_column)]]
    fixed: dict[str, str | int | float | bool] = Field(default_factory=dict)


def read_mapping(path: Path, table: str = "project") -> ColumnMapping:
    """Read and check a mapping file.

    Parameters
    ----------
    path : pathlib.Path
        TOML file.
    table : str
        Table of the study that is filled.

    Returns
    -------
    ColumnMapping

    Raises
    ------
    DataError
        Lists every key that is unknown, missing or of the wrong kind, and every required column that is neither
        mapped nor fixed.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError([Problem(path.name, None, None, None, f"cannot be read: {error.strerror}")]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError([Problem(path.name, None, None, None, f"not TOML: {error}")]) from error
    try:
        mapping = ColumnMapping.model_validate(given)
    except ValidationError as error:
        raise DataError([_told(path.name, one["loc"], one["msg"], one["input"]) for one in error.errors()]) from error
    problems = _columns_fit(path.name, mapping, table)
    if problems:
        raise DataError(problems)
    return mapping


def _columns_fit(file: str, mapping: ColumnMapping, table: str) -> list[Problem]:
    known = schema()[table].attributes
    problems = []
    for part, names in (("columns", list(mapping.columns)), ("fixed", list(mapping.fixed))):
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                mend = f"Did you mean {near[0]!r}?" if near else f"See keruen schema {table}"
                problems.append(Problem(file, None, part, name, f"a column of table {table}", mend))
    both = sorted(mapping.columns.keys() & mapping.fixed.keys())
    problems += [Problem(file, None, "fixed", name, "mapped or fixed, not both", "Remove one") for name in both]
    for name, attribute in known.items():
        given = name in mapping.columns or name in mapping.fixed
        if attribute.required and not attribute.default and not given:
            mend = f'Map it in [columns] or give one value for all in [fixed], for example {name} = "..."'
            problems.append(Problem(file, None, name, None, "a required column that nothing fills", mend))
    return problems


def _told(file: str, where: tuple[int | str, ...], message: str, value: object) -> Problem:
    path = ".".join(str(part) for part in where)
    shown = None if isinstance(value, dict | list) else str(value)
    return Problem(file, None, path, shown, message[0].lower() + message[1:])
