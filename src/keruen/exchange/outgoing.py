"""Projects of a study written in a format that others read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from keruen.errors import DataError, UsageError
from keruen.exchange.oc4ids import Package, read_oc4ids, to_oc4ids, write_oc4ids
from keruen.exchange.oc4ids_schema import validate
from keruen.study import Study
from keruen.study.writing import table_csv

__all__ = ["outgoing"]


def outgoing(
    study: Study,
    wanted: Iterable[str],
    path: str | Path,
    *,
    base: str | Path | None = None,
    uri: str = "",
    publisher: str = "",
    published: str = "",
    official: str | Path | None = None,
) -> int:
    """Write projects as a package of OC4IDS (``.json``) or as the table ``project`` (``.csv``).

    Parameters
    ----------
    study : Study
        The study.
    wanted : iterable of str
        Ids of the projects.
    path : path
        File to write.
    base : path, optional
        Package that projects came from; see `keruen.exchange.oc4ids.to_oc4ids`.
    uri, publisher, published : str
        Of the package; needed without `base`.
    official : path, optional
        Folder with the standard's own schema files, which the package is held against as well.

    Returns
    -------
    int
        Number of projects written.

    Raises
    ------
    UsageError
        If there is no project to write, the format is not known, or the package lacks its uri, publisher or date.
    DataError
        If what would be written does not fit the standard.
    """
    path, ids = Path(path), set(wanted)
    projects = study.tables["project"]
    projects = projects[projects["project_id"].isin(ids)]
    if projects.empty:
        raise UsageError(f"no project to write to {path}")
    if path.suffix.lower() == ".csv":
        path.write_text(table_csv("project", projects), encoding="utf-8", newline="")
        return len(projects)
    if path.suffix.lower() != ".json":
        raise UsageError(f"{path.name}: projects are written as .json (OC4IDS) or .csv")
    effects = study.tables["effect"]
    package = None if base is None else read_oc4ids(base)
    document = to_oc4ids(
        projects if package is None else _with_identifiers(projects, package),
        effects[effects["project"].isin(ids)],
        base=package,
        sources=study.tables["source"],
        uri=uri,
        publisher=publisher,
        published=published,
    )
    if official is not None:
        problems = validate(document, official=official, name=path.name)
        if problems:
            raise DataError(problems)
    write_oc4ids(document, path)
    return len(projects)


def _with_identifiers(projects: pd.DataFrame, package: Package) -> pd.DataFrame:
    """The projects with the identifier that the package has for each, none for those it does not have."""
    known = dict(zip(package.projects["project_id"], package.projects["oc4ids_id"], strict=True))
    return projects.assign(oc4ids_id=[known.get(name, "") for name in projects["project_id"]])
