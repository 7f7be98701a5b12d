"""Projects in and out of OC4IDS 0.9, the Open Contracting for Infrastructure Data Standard.

A package is read into the tables ``project`` and ``effect``, and kept whole: written back unchanged it is the same
document, keys that Keruen does not know included. What the standard has no field for (effects on the network,
prerequisites, exclusions, price year, names in other languages) travels in an object ``keruen`` of each project, and
the sources that they name in one of the package; other readers of the standard ignore both. They are described in
``docs/register.md`` and in ``exchange/schemas/oc4ids-read.json``.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from keruen.errors import DataError, Problem, UsageError
from keruen.exchange.oc4ids_fields import EXTENSION, columns, from_project, into_project
from keruen.exchange.oc4ids_schema import validate
from keruen.exchange.row_checks import row_faults
from keruen.study.attributes import schema

__all__ = ["Package", "plain_row", "read_oc4ids", "to_oc4ids", "write_oc4ids"]

VERSION = "0.9"
_EFFECT = ("table", "row", "column", "existing", "set", "change", "from_year", "basis", "source", "note")
Document = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Package:
    """A project package as read.

    Attributes
    ----------
    projects : pandas.DataFrame
        Columns of table ``project`` and ``oc4ids_id``, the standard's identifier.
    effects : pandas.DataFrame
        Columns of table ``effect``.
    document : dict
        The whole package, for writing it back.
    remarks : tuple of Problem
        What was not clear: a country not known, fields that disagree.
    lacking : tuple of Problem
        What a study requires and the package does not say, for example the price year of a cost.
    sources : pandas.DataFrame
        Columns of table ``source``: what the package tells of the sources it names.
    """

    projects: pd.DataFrame
    effects: pd.DataFrame
    document: Document
    remarks: tuple[Problem, ...] = ()
    lacking: tuple[Problem, ...] = ()
    sources: pd.DataFrame = field(default_factory=pd.DataFrame)


def read_oc4ids(path: str | Path, *, official: str | Path | None = None) -> Package:
    """Read a project package.

    Parameters
    ----------
    path : path
        JSON file.
    official : path, optional
        Folder with the standard's own ``project-package-schema.json`` and ``project-schema.json``, to validate every
        field and not only those that are read.

    Returns
    -------
    Package

    Raises
    ------
    DataError
        If the file is not JSON, or does not fit the schema: every violation, with its path in the document.
    """
    path = Path(path)
    document = _parsed(path)
    problems = validate(document, official=official, name=path.name)
    if problems:
        raise DataError(problems)
    return _package(document, path.name)


def _package(document: Document, name: str) -> Package:
    """Tables of a document that fits the schema."""
    attributes = schema()["project"].attributes
    rows, effects, remarks, lacking = [], [], [], []
    for index, project in enumerate(document["projects"]):
        row, said = from_project(project)
        where = f"$.projects[{index}]"
        remarks += [Problem(name, None, where, project["id"], text) for text in said]
        lacking += [
            Problem(name, None, where, project["id"], f"{column}: {expected}", mend)
            for column, expected, mend in row_faults(row, attributes)
        ]
        rows.append(row)
        effects += [{**one, "project": row["project_id"]} for one in project.get(EXTENSION, {}).get("effects", [])]
    told = document.get(EXTENSION, {}).get("sources", [])
    tables = {"effect": effects, "source": told}
    return Package(
        _typed(pd.DataFrame(rows, columns=columns(), dtype=object), "project"),
        document=document,
        remarks=tuple(remarks),
        lacking=tuple(lacking),
        **{
            f"{table}s": _typed(pd.DataFrame(found, columns=list(schema()[table].attributes), dtype=object), table)
            for table, found in tables.items()
        },
    )


def to_oc4ids(
    projects: pd.DataFrame,
    effects: pd.DataFrame | None = None,
    *,
    base: Package | None = None,
    sources: pd.DataFrame | None = None,
    uri: str = "",
    publisher: str = "",
    published: str = "",
) -> Document:
    """A project package from the tables of a study.

    Parameters
    ----------
    projects, effects : pandas.DataFrame
        Tables ``project`` and ``effect``.
    base : Package, optional
        Package that the tables came from. Its projects keep every key that Keruen does not know, and are the same
        as before where the row is; projects without a row are left out.
    sources : pandas.DataFrame, optional
        Table ``source``; the main source of a new project becomes one of its documents, and the rows that projects
        and effects name go along in the extension of the package.
    uri, publisher, published : str
        Of the package, the last as 2026-01-31T00:00:00Z; required without `base`. There is no default date: the
        same tables give the same document.

    Returns
    -------
    dict
        The package, which fits the standard.

    Raises
    ------
    UsageError
        If the package lacks its uri, publisher or date.
    DataError
        If what would be written does not fit the standard.
    """
    document = _head(base, uri, publisher, published)
    known = {project["id"]: project for project in document.get("projects", [])}
    told: dict[str, Mapping[Any, Any]] = {}
    if sources is not None:
        told = {str(row["source_id"]): row for row in sources.to_dict("records")}
    rows = [plain_row(one) for one in projects.to_dict("records")]
    by_project = _effects_by_project(effects)
    document["projects"] = [_project(row, known, by_project, told) for row in rows]
    if sources is not None:
        own = [one for row in rows for one in (row, *by_project.get(row["project_id"], []))]
        _put_sources(document, {str(one.get("source", "")) for one in own}, told)
    problems = validate(document)
    if problems:
        raise DataError(problems)
    return document


def _head(base: Package | None, uri: str, publisher: str, published: str) -> Document:
    """The package as it was, with what was given of its own fields."""
    document: Document = copy.deepcopy(base.document) if base is not None else {}
    given = {"uri": uri, "publishedDate": published, "publisher": {"name": publisher} if publisher else ""}
    document.update({key: value for key, value in given.items() if value})
    document.setdefault("version", VERSION)
    lacking = [key for key in given if key not in document]
    if lacking:
        raise UsageError(f"a package needs {', '.join(lacking)}: pass uri, publisher and published")
    return document


def _put_sources(document: Document, named: set[str], told: Mapping[str, Mapping[Any, Any]]) -> None:
    """Carry the rows of table ``source`` that are named, in its order, in the extension of the package."""
    rows = [plain_row(row) for name, row in told.items() if name in named]
    extension = {**document.get(EXTENSION, {}), "sources": rows}
    if not rows:
        del extension["sources"]
    document.pop(EXTENSION, None)
    if extension:
        document[EXTENSION] = extension


def write_oc4ids(document: Mapping[str, Any], path: str | Path) -> None:
    """Write a package as JSON, two spaces a level, letters as they are."""
    text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)
    Path(path).write_text(text + "\n", encoding="utf-8")


def _parsed(path: Path) -> Document:
    repeated: list[Problem] = []

    def kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [key for key, _ in pairs]
            twice = sorted({key for key in names if names.count(key) > 1})
            repeated.append(Problem(path.name, None, None, ", ".join(twice), "each key once in an object"))
        return found

    def refused(constant: str) -> None:
        raise ValueError(f"{constant} is not a number of JSON")

    try:
        text = path.read_bytes().decode("utf-8-sig")
        document = json.loads(text, object_pairs_hook=kept, parse_constant=refused)
    except OSError as error:
        raise DataError([Problem(path.name, None, None, None, f"cannot be read: {error.strerror}")]) from error
    except json.JSONDecodeError as error:
        expected = f"JSON: {error.msg} in column {error.colno}"
        mend = "Was the file cut off?" if error.pos >= len(text.rstrip()) else ""
        raise DataError([Problem(path.name, error.lineno, None, None, expected, mend)]) from error
    except (ValueError, RecursionError) as error:
        raise DataError([Problem(path.name, None, None, None, f"not readable JSON: {error}")]) from error
    if repeated:
        raise DataError(repeated)
    return document if isinstance(document, dict) else {"": document}


def _project(
    row: dict[str, Any],
    known: Mapping[str, Document],
    effects: Mapping[str, list[Document]],
    sources: Mapping[str, Mapping[Any, Any]],
) -> Document:
    identifier = row.get("oc4ids_id") or row["project_id"]
    project = known.get(identifier, {"id": identifier})
    before = from_project(project)[0] if identifier in known else {}
    own = effects.get(row["project_id"], [])
    if before == {"oc4ids_id": identifier} | row and project.get(EXTENSION, {}).get("effects", []) == own:
        return project
    into_project(project, row, before)
    extension = project.pop(EXTENSION)
    extension["effects"] = own
    if not own:
        del extension["effects"]
    source = sources.get(str(row.get("source", "")))
    if source is not None and not before:
        project["documents"] = [_as_document(source)]
    if extension:
        project[EXTENSION] = extension
    return project


def _as_document(source: Mapping[Any, Any]) -> Document:
    year = source.get("year")
    fields = {
        "id": source["source_id"],
        "title": source.get("title"),
        "url": source.get("url"),
        "author": source.get("publisher"),
        "datePublished": None if year is None or pd.isna(year) else f"{int(year)}-01-01T00:00:00Z",
    }
    return {key: value for key, value in fields.items() if isinstance(value, str) and value}


def _effects_by_project(effects: pd.DataFrame | None) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {}
    for one in [] if effects is None else effects.to_dict("records"):
        row = plain_row(one)
        kept = {key: row[key] for key in ("effect_id", *_EFFECT) if key in row}
        found.setdefault(str(row.get("project", "")), []).append(kept)
    return found


def plain_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Row of a table without its empty cells, numbers as Python's, whole ones as int; umbrella only where true."""
    found: dict[str, Any] = {}
    for key, value in row.items():
        if value is None or value == "" or pd.isna(value) or (key == "umbrella" and not value):
            continue
        plain = value.item() if hasattr(value, "item") else value
        found[str(key)] = int(plain) if isinstance(plain, float) and plain.is_integer() else plain
    return found


def _typed(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Columns in the types in which a study holds them."""
    for column in table.columns:
        attribute = schema()[name].attributes.get(column)
        if attribute is not None and attribute.is_number:
            table[column] = pd.to_numeric(table[column]).astype("float64")
        elif attribute is not None and attribute.dtype == "bool":
            table[column] = [value is True for value in table[column]]
        else:
            table[column] = table[column].where(table[column].notna(), "")
    return table
