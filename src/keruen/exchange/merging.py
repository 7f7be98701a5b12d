"""Projects that came in added to the tables of a study: all that were taken, or nothing where the study then is unsound.

Rows that stand in the study keep their text: new rows are added below, so that a comparison of versions shows them and
nothing else.
"""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from keruen.errors import DataError, Problem, UsageError
from keruen.exchange.incoming import Incoming
from keruen.network import check
from keruen.study import Study
from keruen.study import open as open_study
from keruen.study.attributes import schema
from keruen.study.writing import table_csv

__all__ = ["Merged", "merge"]

Rows = list[dict[str, str]]


@dataclass(frozen=True, eq=False)
class Merged:
    """What a study gained.

    Attributes
    ----------
    added, replaced : tuple of str
        Ids of projects.
    effects, sources : int
        Rows added to tables ``effect`` and ``source``.
    problems : tuple of Problem
        Reasons for which projects that came in were not taken, those of the study included.
    left : pandas.DataFrame
        Every row not taken, with column ``why``.
    written : tuple of str
        Files that were changed; none in a dry run.
    """

    added: tuple[str, ...]
    replaced: tuple[str, ...]
    effects: int
    sources: int
    problems: tuple[Problem, ...]
    left: pd.DataFrame
    written: tuple[str, ...]


def merge(folder: str | Path, found: Incoming, *, replace: bool = False, dry_run: bool = False) -> Merged:
    """Add projects to a study.

    Parameters
    ----------
    folder : path
        Folder of the study.
    found : Incoming
        What came in.
    replace : bool
        Put a project in the place of the one of the same id; its effects are replaced where it brings effects.
        Without it such a project is not taken.
    dry_run : bool
        Check and count, write nothing.

    Returns
    -------
    Merged

    Raises
    ------
    DataError
        If the study is unsound, before or with the new rows: every problem, and nothing is written.
    UsageError
        If a table that would change is a Parquet file.
    """
    folder = Path(folder)
    study = open_study(folder)
    clashes = _clashes(study, found, replace)
    taken = found.projects[~found.projects["project_id"].isin(clashes)]
    ids = taken["project_id"].astype(str).tolist()
    effects = found.effects[found.effects["project"].isin(ids)]
    sources = _new_sources(study, found, taken, effects)
    old = {str(name) for name in study.tables["project"]["project_id"]}
    texts = {
        "project": _with(study, "project", "project_id", _texts("project", taken)),
        "effect": _with(study, "effect", "project", _texts("effect", effects)),
        "source": _with(study, "source", "source_id", _texts("source", sources)),
    }
    changed = {name: text for name, text in texts.items() if text is not None}
    _check(folder, changed)
    if not dry_run:
        _write(folder, changed)
    named = [one for problems in clashes.values() for one in problems]
    again = found.projects[found.projects["project_id"].isin(clashes)]
    why = ["; ".join(one.expected for one in clashes[name]) for name in again["project_id"]]
    return Merged(
        tuple(name for name in ids if name not in old),
        tuple(name for name in ids if name in old),
        len(effects),
        len(sources),
        (*found.problems, *named),
        pd.concat([found.left, again.assign(why=why)], ignore_index=True) if len(again) else found.left,
        () if dry_run else tuple(f"{name}.csv" for name in changed),
    )


def _clashes(study: Study, found: Incoming, replace: bool) -> dict[str, list[Problem]]:
    """Projects that the study has already, and those whose effects have the id of another project's effect."""
    clashes: dict[str, list[Problem]] = {}
    file = study.files.get("project", "project.csv")
    for name in found.projects["project_id"]:
        row = study.row_of("project", str(name))
        if not replace and row is not None:
            line, expected = study.lines["project"][row], "stands in the study already"
            problem = Problem(file, line, "project_id", str(name), expected, "Import with --replace to put it in place")
            clashes.setdefault(str(name), []).append(problem)
    owner = dict(zip(study.tables["effect"]["effect_id"], study.tables["effect"]["project"], strict=True))
    for effect, project in found.effects[["effect_id", "project"]].itertuples(index=False):
        if owner.get(effect, project) != project:
            expected = f"an effect id of its own; {effect} is that of project {owner[effect]}"
            clashes.setdefault(project, []).append(Problem("effect.csv", None, "effect_id", effect, expected))
    return clashes


def _new_sources(study: Study, found: Incoming, taken: pd.DataFrame, effects: pd.DataFrame) -> pd.DataFrame:
    """Sources that the new rows name, the study lacks and the package tells of."""
    named = {*taken["source"], *effects["source"]} - set(study.tables["source"]["source_id"])
    return found.sources[found.sources["source_id"].isin(named)]


def _texts(table: str, rows: pd.DataFrame) -> Rows:
    """Cells of new rows as text, empty ones left out."""
    text = table_csv(table, rows.reindex(columns=list(schema()[table].attributes)))
    return [{name: cell for name, cell in row.items() if cell} for row in csv.DictReader(io.StringIO(text))]


def _with(study: Study, table: str, key: str, rows: Rows) -> str | None:
    """Text of a table with new rows in the place of those of the same key, the others below; None where none is new."""
    if not rows:
        return None
    file = study.files.get(table, f"{table}.csv")
    if not file.endswith(".csv"):
        raise UsageError(f"{file}: projects are added to tables in CSV; save the study as CSV first")
    path = study.folder / file
    text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    head = list(reader.fieldnames or [])
    wanted = {name for row in rows for name in row}
    head += [name for name in schema()[table].attributes if name in wanted and name not in head]
    new: dict[str, Rows] = {}
    for row in rows:
        new.setdefault(row[key], []).append(row)
    placed: dict[str, Rows] = {}
    kept: Rows = []
    for row in reader:
        if row[key] not in new:
            kept.append(row)
        elif row[key] not in placed:
            placed[row[key]] = new[row[key]]
            kept += placed[row[key]]
    kept += [row for name, group in new.items() if name not in placed for row in group]
    return _csv(head, kept)


def _csv(head: list[str], rows: Rows) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, head, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _check(folder: Path, changed: dict[str, str]) -> None:
    """Check a copy of the study with the new texts; raise what is wrong with it."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for path in folder.iterdir():
            if path.is_file():
                shutil.copyfile(path, copy / path.name)
        for table, text in changed.items():
            (copy / f"{table}.csv").write_text(text, encoding="utf-8", newline="")
        problems = check(copy).problems
    if problems:
        raise DataError(problems)


def _write(folder: Path, changed: dict[str, str]) -> None:
    """Write all tables beside their places, then put them in place."""
    pairs = []
    for table, text in changed.items():
        work = folder / f".{table}.csv.new"
        work.write_text(text, encoding="utf-8", newline="")
        pairs.append((work, folder / f"{table}.csv"))
    for work, place in pairs:
        work.replace(place)
