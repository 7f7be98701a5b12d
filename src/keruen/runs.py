"""Run folders: written beside their final place and renamed when complete, with a manifest of what made them."""

from __future__ import annotations

import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd

from keruen._version import __version__
from keruen.errors import UsageError

__all__ = ["MANIFEST", "manifest", "new_run", "started", "write_table"]

MANIFEST = "manifest.json"
_RECORDED = ("numpy", "scipy", "pandas", "numba", "pyproj", "shapely", "altair", "vl-convert-python", "babel")
_MOST_NAMED = 5
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@contextmanager
def new_run(out: Path) -> Iterator[Path]:
    """Give a temporary folder that becomes ``out`` when the block ends without error.

    Parameters
    ----------
    out : pathlib.Path
        Where the run shall stand. An earlier run there is replaced as a whole; anything else is left alone, and so is
        a run that holds a file, at any depth, which its manifest does not list.

    Yields
    ------
    pathlib.Path
        Folder to write to.

    Raises
    ------
    UsageError
        If ``out`` exists and is not a run folder, or cannot be written.
    """
    out = out.resolve()
    _replaceable(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from error
    try:
        yield work
        work.chmod(0o755)
        _replaceable(out)  # a run takes a while: somebody may have put something there meanwhile
        _put_in_place(work, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _replaceable(out: Path) -> None:
    """Raise an error unless ``out`` is absent, empty, or an earlier run that holds nothing of anybody else."""
    if not out.exists():
        return
    if not out.is_dir() or (any(out.iterdir()) and not (out / MANIFEST).is_file()):
        raise UsageError(f"{out} exists and is not an earlier run (it has no {MANIFEST}); choose another --out")
    strangers = sorted(_files(out) - _listed(out))
    if strangers:
        more = len(strangers) - _MOST_NAMED
        said = ", ".join(strangers[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        raise UsageError(
            f"{out} also holds {said}, which its {MANIFEST} does not list as written by the run; "
            "move what is yours, remove the folder, or choose another --out"
        )


def _files(folder: Path) -> set[str]:
    """Files of a folder at any depth, relative to it; a link to a folder counts as a file and is not followed."""
    found: set[str] = set()
    for at, folders, names in os.walk(folder):
        links = [name for name in folders if (Path(at) / name).is_symlink()]
        found.update((Path(at) / name).relative_to(folder).as_posix() for name in [*names, *links])
    return found


def _listed(out: Path) -> set[str]:
    """Files that the manifest of a run lists; of a manifest that lists none, itself."""
    try:
        record = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        record = None
    files = record.get("files") if isinstance(record, dict) else None
    return {MANIFEST, *map(str, files)} if isinstance(files, list) else {MANIFEST}


def _put_in_place(work: Path, out: Path) -> None:
    """Rename ``work`` to ``out``; an earlier run steps aside first, comes back if that fails, and is removed last."""
    aside = None
    try:
        if out.exists():
            aside = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent)) / out.name
            out.rename(aside)
        work.rename(out)
    except OSError as error:
        if aside is not None and aside.exists() and not out.exists():
            aside.rename(out)
        raise UsageError(f"{out} cannot be written: {error.strerror}; is another run writing there?") from error
    if aside is not None:
        shutil.rmtree(aside.parent, ignore_errors=True)


def started() -> str:
    """Time of the run, UTC; SOURCE_DATE_EPOCH fixes it for reproducible builds."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return now.strftime("%Y-%m-%d %H:%M UTC")


def manifest(
    folder: Path, command: str, inputs: Mapping[str, str], seed: int, when: str, seconds: Mapping[str, float]
) -> None:
    """Write what made a run, and which files it wrote; to be called last.

    Parameters
    ----------
    folder : pathlib.Path
        Run folder.
    command : str
        What was asked.
    inputs : mapping of str to str
        SHA-256 by file of the study.
    seed : int
        Seed of the study.
    when : str
        Start of the run.
    seconds : mapping of str to float
        Wall seconds by step.
    """
    record = {
        "keruen": __version__,
        "command": command,
        "started": when,
        "seed": seed,
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _RECORDED},
        "inputs": dict(sorted(inputs.items())),
        "seconds": {step: round(spent, 3) for step, spent in seconds.items()},
        "files": sorted({MANIFEST, *_files(folder)}),
    }
    (folder / MANIFEST).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV for people: text that a spreadsheet would run as a formula gets a leading apostrophe."""
    safe = table.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]) and not pd.api.types.is_bool_dtype(safe[column]):
            safe[column] = [_harmless(value) for value in safe[column]]
    path.parent.mkdir(parents=True, exist_ok=True)
    safe.to_csv(path, index=False, float_format="%.6g", lineterminator="\n")


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
