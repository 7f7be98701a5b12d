"""A study to break: the miniature that ``keruen new`` writes, and tools to edit it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

import keruen as kr


class Folder:
    """A study folder whose cells can be edited."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self, table):
        with (self.path / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def write(self, table, rows):
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        (self.path / f"{table}.csv").write_text(out.getvalue(), encoding="utf-8", newline="")

    def set(self, table, row, /, **cells):
        """Set cells of the row at line ``row`` of the file."""
        rows = self.rows(table)
        for other in rows:
            other.update({column: other.get(column, "") for column in cells})
        rows[row - 2].update({column: str(value) for column, value in cells.items()})
        self.write(table, rows)

    def add(self, table, like, /, **cells):
        """Add a copy of the row at line ``like`` with cells changed; gives its line."""
        rows = self.rows(table)
        rows.append({**rows[like - 2], **{column: str(value) for column, value in cells.items()}})
        self.write(table, rows)
        return len(rows) + 1

    def text(self, name, text=None):
        path = self.path / name
        if text is None:
            return path.read_text(encoding="utf-8")
        path.write_text(text, encoding="utf-8", newline="")
        return text

    def problems(self):
        return kr.check(self.path).problems

    def remarks(self):
        return kr.check(self.path).remarks

    def only(self):
        """The one problem that there is."""
        problems = self.problems()
        assert len(problems) == 1, "\n".join(map(str, problems))
        return problems[0]


@pytest.fixture
def folder(tmp_path):
    kr.new(tmp_path / "mini")
    return Folder(tmp_path / "mini")


@pytest.fixture(scope="session")
def mini(tmp_path_factory):
    return kr.open(kr.new(tmp_path_factory.mktemp("study") / "mini"))


def said(problem, *parts):
    """Assert that a problem names all this."""
    text = str(problem)
    for part in parts:
        assert str(part) in text, f"{part!r} not in: {text}"
    return True
