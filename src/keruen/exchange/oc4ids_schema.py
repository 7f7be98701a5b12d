"""Packages of OC4IDS held against a JSON Schema: ours, of the fields that are read, and the standard's own."""

from __future__ import annotations

import datetime
import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from keruen.errors import Problem, UsageError

__all__ = ["validate"]


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
    try:
        _quick_check()(document)
    except ValueError:  # that of a date, and the package's own error, which is one
        return False
    return True


@cache
def _quick_check() -> Any:
    """The schema compiled to Python."""
    import fastjsonschema

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
