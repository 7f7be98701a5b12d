"""Gather every message of the package into the catalogues: ``python -m keruen.languages.extract``.

Messages are the first argument of ``say``, the first two of ``count``, and the argument of ``mark``, in Python and in
Jinja templates. Translations that exist are kept; what is new is left empty and the tests name it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

__all__ = ["KEYWORDS", "SPEAKING", "gather", "update"]

SPEAKING = ("report", "portfolio/programme")
"""Packages whose sources hold messages."""

KEYWORDS: dict[str, tuple[int, ...] | None] = {"say": None, "mark": None, "count": (1, 2)}
"""Functions whose arguments are messages."""

_METHODS = [("**.py", "python"), ("**.j2", "jinja2.ext.babel_extract")]
_AUTHORS = "The Keruen developers"
_BEGUN = datetime(2026, 11, 25, tzinfo=UTC)  # fixed, so that a catalogue changes only where its messages do


def gather(package: Path) -> Catalog:
    """Catalogue of every message in the sources of a package, with the files it stands in."""
    catalogue = _catalogue("en")
    places: dict[str | tuple[str, ...], set[str]] = {}
    for folder in SPEAKING:
        for file, _line, message, _comments, _context in extract_from_dir(
            package / folder, _METHODS, keywords=KEYWORDS
        ):
            if message:
                places.setdefault(message, set()).add(f"{folder}/{file}")
    for message in sorted(places, key=str):
        catalogue.add(message, locations=[(file, None) for file in sorted(places[message])])  # type: ignore[misc]
    return catalogue


def _catalogue(code: str) -> Catalog:
    return Catalog(
        locale=code, project="Keruen", version="0", copyright_holder=_AUTHORS, last_translator=_AUTHORS,
        language_team=_AUTHORS, msgid_bugs_address=_AUTHORS, creation_date=_BEGUN, revision_date=_BEGUN, fuzzy=False,
        header_comment=f"# Messages of Keruen, {code}. Under the licence of the package (MIT).",
    )  # fmt: skip


def update(package: Path) -> list[Path]:
    """Write the source catalogue and bring the translations up to date; returns the files written."""
    template = gather(package)
    folder = package / "languages"
    written = []
    for code in ("en", "ru", "kk"):
        path = folder / f"{code}.po"
        catalogue = _catalogue(code)
        known = {}
        if path.exists():
            with path.open("rb") as file:
                known = {message.id: message.string for message in read_po(file, locale=code) if message.id}
        for message in template:
            if message.id:
                catalogue.add(message.id, known.get(message.id), locations=message.locations)
        with path.open("wb") as file:
            write_po(file, catalogue, width=110, sort_output=True, include_lineno=False)
        written.append(path)
    return written


if __name__ == "__main__":
    for path in update(Path(__file__).resolve().parents[1]):
        print(path.name)
