"""Gather every message of the package into the catalogues: ``python -m keruen.languages.extract``.

Messages are the first argument of ``say``, the first two of ``count``, and the argument of ``mark``, in Python and in
Jinja templates. Translations that exist are kept; what is new is left empty and the tests name it.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

__all__ = ["KEYWORDS", "gather", "update"]

KEYWORDS: dict[str, tuple[int, ...] | None] = {"say": None, "mark": None, "count": (1, 2)}
"""Functions whose arguments are messages."""

_METHODS = [("**.py", "python"), ("**.j2", "jinja2.ext.babel_extract")]


def gather(package: Path) -> Catalog:
    """Catalogue of every message in the sources of a package, with the files it stands in."""
    catalogue = Catalog(project="Keruen", locale="en", fuzzy=False)
    found = extract_from_dir(package, _METHODS, keywords=KEYWORDS)
    places: dict[str | tuple[str, ...], set[str]] = {}
    for file, _line, message, _comments, _context in found:
        if message:
            places.setdefault(message, set()).add(file)
    for message in sorted(places, key=str):
        catalogue.add(message, locations=[(file, None) for file in sorted(places[message])])  # type: ignore[misc]
    return catalogue


def update(package: Path) -> list[Path]:
    """Write the source catalogue and bring the translations up to date; returns the files written."""
    template = gather(package)
    folder = package / "languages"
    written = []
    for code in ("en", "ru", "kk"):
        path = folder / f"{code}.po"
        catalogue = Catalog(project="Keruen", locale=code, fuzzy=False)
        if path.exists():
            with path.open("rb") as file:
                catalogue = read_po(file, locale=code)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalogue, width=110, sort_output=True, omit_header=False, include_lineno=False)
        written.append(path)
    return written


if __name__ == "__main__":
    for path in update(Path(__file__).resolve().parents[1]):
        print(path.name)
