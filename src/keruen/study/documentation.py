"""The schema shown: in a terminal for ``keruen schema``, in Markdown for ``docs/tables.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keruen.errors import UsageError
from keruen.study._said import did_you_mean
from keruen.study.attributes import Attribute, TableSchema, schema

if TYPE_CHECKING:
    from rich.console import Group

__all__ = ["schema_markdown", "schema_table"]


def schema_table(name: str | None = None) -> Group:
    """Tables and their columns for a terminal.

    Parameters
    ----------
    name : str, optional
        One table; by default a list of all.

    Returns
    -------
    rich.console.Group
        What to print.

    Raises
    ------
    UsageError
        If there is no such table.
    """
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    if name is not None and name not in schema():
        raise UsageError(f"no table '{name}'. {did_you_mean(name, schema())}".rstrip())
    if name is None:
        view = Table("table", "columns", "required", "one row is", box=None, pad_edge=False, title="Tables of a study")
        view.title_justify = "left"
        for table in schema().values():
            needed = "yes" if table.required else ""
            view.add_row(table.name, str(len(table.attributes)), needed, Text(table.description))
        return Group(view, Text("keruen schema TABLE lists the columns of one"))
    table = schema()[name]
    view = Table("column", "type", "unit", "required", "meaning", box=None, pad_edge=False, title=name)
    view.title_justify = "left"
    for attribute in table.attributes.values():
        cells = (attribute.column, attribute.dtype, attribute.unit, _need(attribute), _meaning(attribute))
        view.add_row(*(Text(cell) for cell in cells))
    return Group(Text(table.description), view)


def schema_markdown() -> str:
    """Content of ``docs/tables.md``.

    Examples
    --------
    >>> print(schema_markdown().splitlines()[0])
    # Tables of a study
    """
    parts = [_HEAD, *(_table_markdown(table) for table in schema().values())]
    return "\n".join(parts)


_HEAD = """\
# Tables of a study

A study is a folder with `keruen.toml` and one file a table, `.csv` (UTF-8, commas) or `.parquet`. This page is made
from `src/keruen/study/schema/` by `make docs`; the same files drive reading, checking and `keruen schema`.

Empty cells are missing values or the default. Numbers have a point before decimals and nothing between thousands;
units are fixed and stand in the column name. Cells of type `ids` and `countries` hold several values parted by `;`.
Longitude and latitude are in WGS 84. A row that bears figures names its `source`; `assumed` is a legal one, with a note
that says why.

Effects of a project apply in the order of their table. Effects on a row that does not exist, which together give all
its required columns, add it; its source is theirs unless one is set.
"""


def _table_markdown(table: TableSchema) -> str:
    said = ", ".join(words for words, true in (("required", table.required), ("bears figures", table.figures)) if true)
    lines = [
        f"## {table.name}\n",
        f"{table.description}.{f' ({said})' if said else ''}\n",
        "| column | type | unit | required | meaning |",
        "|---|---|---|---|---|",
    ]
    for attribute in table.attributes.values():
        cells = (f"`{attribute.column}`", attribute.dtype, attribute.unit, _need(attribute), _meaning(attribute))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _need(attribute: Attribute) -> str:
    if attribute.key:
        return "key"
    return "yes" if attribute.required else ""


def _meaning(attribute: Attribute) -> str:
    parts = [attribute.description]
    if attribute.choices:
        parts.append(f"One of {', '.join(attribute.choices)}")
    if attribute.low is not None and attribute.high is not None:
        parts.append(f"{attribute.low:,.10g} to {attribute.high:,.10g}")
    elif attribute.low is not None:
        parts.append(f"{attribute.low:,.10g} or more")
    if attribute.default:
        parts.append(f"Default {attribute.default}")
    if attribute.references and attribute.dtype != "source":
        parts.append(f"In table {attribute.references}")
    return ". ".join(parts)
