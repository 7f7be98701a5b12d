"""Projects in and out of OC4IDS 0.9, the Open Contracting for Infrastructure Data Standard.

A package is read into the tables ``project`` and ``effect``, and kept whole: written back unchanged it is the same
document, keys that Keruen does not know included. What the standard has no field for (effects on the network,
prerequisites, exclusions, price year, names in other languages) travels in an object ``keruen`` of each project, and
the sources that they name in one of the package; other readers of the standard ignore both. They are described in
``docs/register.md`` and in ``exchange/schemas/oc4ids-read.json``.
"""

from __future__ import annotations

import copy
import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from keruen.errors import DataError, Problem, UsageError
from keruen.exchange.oc4ids_fields import EXTENSION, columns, from_project, into_project
from keruen.exchange.row_checks import row_faults
from keruen.study.attributes import schema

__all__ = ["Package", "plain_row", "read_oc4ids", "to_oc4ids", "validate", "write_oc4ids"]

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


def validate(document: Any, *, official: str | Path | None = None, name: str = "package") -> list[Problem]:
    """Everything in a package that does not fit, with its JSON path.

    Parameters
    ----------
    document : object
        Parsed JSON.
    official : path, optional
        Folder with the standard's own two schema files, which are held against it as well.
    name : str
        Name of the file, for the problems.

    Returns
    -------
    list of Problem
        Empty where everything fits; `column` holds the JSON path.
    """
    from jsonschema import Draft4Validator

    validators = [] if _fits(document) else [Draft4Validator(_schema(), format_checker=_formats())]
    if official is not None:
        validators.append(_official(Path(official)))
    problems: dict[tuple[str, str], Problem] = {}
    for validator in validators:
        for error in validator.iter_errors(document):
            shown = None if isinstance(error.instance, dict | list) else json.dumps(error.instance, ensure_ascii=False)
            problems.setdefault(
                (error.json_path, error.message), Problem(name, None, error.json_path, shown, error.message)
            )
    return [*problems.values(), *_repeated(document, name)]


def _repeated(document: Any, name: str) -> list[Problem]:
    """Projects that share an identifier, which a JSON Schema cannot tell."""
    projects = document.get("projects") if isinstance(document, dict) else None
    first: dict[str, int] = {}
    problems = []
    for index, project in enumerate(projects if isinstance(projects, list) else []):
        key = project.get("id") if isinstance(project, dict) else None
        if isinstance(key, str) and first.setdefault(key, index) != index:
            expected = f"an identifier of its own, $.projects[{first[key]}] has it already"
            problems.append(Problem(name, None, f"$.projects[{index}].id", key, expected))
    return problems


@cache
def _schema() -> dict[str, Any]:
    text = files("keruen.exchange").joinpath("schemas", "oc4ids-read.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _is_date_time(value: object) -> bool:
    """Whether a text is a date with its time; raises ValueError where it is no date."""
    return not isinstance(value, str) or ("T" in value and datetime.datetime.fromisoformat(value) is not None)


@cache
def _formats() -> Any:
    """Checks dates with their time; jsonschema alone does so only where a further package is installed."""
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    checker.checks("date-time", raises=ValueError)(_is_date_time)
    return checker


def _fits(document: Any) -> bool:
    """A quick look, twenty times as fast as a list of what is wrong: only a document that fails it is gone through."""
    check = _quick_check()
    if check is None:
        return False
    try:
        check(document)
    except ValueError:  # that of a date, and the package's own error, which is one
        return False
    return True


@cache
def _quick_check() -> Any:
    """The schema compiled to Python, or None where fastjsonschema is not installed."""
    try:
        import fastjsonschema
    except ImportError:
        return None
    return fastjsonschema.compile(_schema(), formats={"date-time": _is_date_time})


def _official(folder: Path) -> Any:
    """Validator of the standard's own schema; the two files know each other by their ids."""
    from jsonschema import Draft4Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT4

    try:
        parts = [
            json.loads((folder / name).read_text(encoding="utf-8"))
            for name in ("project-package-schema.json", "project-schema.json")
        ]
    except (OSError, json.JSONDecodeError) as error:
        raise UsageError(f"the schema of the standard in {folder} cannot be read: {error}") from error
    registry: Any = Registry().with_resources((part["id"], DRAFT4.create_resource(part)) for part in parts)
    return Draft4Validator(parts[0], registry=registry, format_checker=_formats())


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
