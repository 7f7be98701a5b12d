"""Start a study: a small worked example that passes its checks, to be replaced row by row."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from keruen.errors import UsageError
from keruen.study.settings import SETTINGS_FILE
from keruen.study.writing import empty_folder

__all__ = ["new"]


def new(folder: str | Path, name: str | None = None) -> Path:
    """Write a small study: Aktobe - Bolashak - Incheh Borun - Bandar Abbas - Mumbai, with one change of gauge.

    Parameters
    ----------
    folder : path
        Folder to make; an empty one will do.
    name : str, optional
        English name of the study, by default made from the folder's name.

    Returns
    -------
    pathlib.Path
        The folder. Every figure in it is marked ``assumed``, with a note.

    Raises
    ------
    UsageError
        If the folder holds something or cannot be made; nothing is overwritten.
    """
    target = empty_folder(Path(folder))
    title = name or target.resolve().name.replace("-", " ").replace("_", " ").strip().capitalize() or "My study"
    for file in sorted(files("keruen.study").joinpath("miniature").iterdir(), key=lambda f: f.name):
        text = file.read_text(encoding="utf-8")
        if file.name == SETTINGS_FILE:
            text = text.replace('"my-study"', f'"{_short(title)}"').replace('"My study"', _quoted(title))
        _write(target / file.name, text)
    return target


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def _short(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "study"


def _quoted(title: str) -> str:
    plain = "".join(c for c in title if c.isprintable())
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
