"""Sheets of spreadsheets and delimited files as rows of plain cells, with what a reader would lose noted.

Spreadsheets (xlsx, xlsb, xls, ods) are read by calamine. What it cannot show is looked up beside it: cells that hold
an error, and formulas saved without their result, so that neither passes for an empty cell.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from keruen.errors import DataError, Problem

__all__ = ["Sheet", "column_letters", "read_sheets"]

SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ERROR_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"[^>]*\bt="e"[^>]*>(?:<f.*?(?:/>|</f>))?<v>([^<]*)</v>', re.DOTALL)
_BARE_FORMULA = re.compile(rb'<c r="([A-Z]+)(\d+)"[^>]*><f(?:[^>]*/>|[^>]*>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>')


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet.

    Attributes
    ----------
    name : str
        Name of the sheet; empty for a delimited file.
    rows : list of list
        Cells by row: str, float, bool, datetime values; "" where empty. Rows may differ in length.
    lines : list of int
        Line or row number of each row in the file, the first being 1.
    merged : tuple of (int, int, int, int)
        Merged ranges: first row, first column, last row, last column, from 0, ends included.
    unread : dict of (int, int) to str
        Cells by row and column from 0 whose content cannot be shown, and what they hold.
    """

    name: str
    rows: list[list[object]]
    lines: list[int]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    unread: dict[tuple[int, int], str] = field(default_factory=dict)


def read_sheets(path: Path, *, encoding: str = "", delimiter: str = "") -> list[Sheet]:
    """All sheets of a file.

    Parameters
    ----------
    path : pathlib.Path
        ``.xlsx``, ``.xlsm``, ``.xlsb``, ``.xls``, ``.ods``, or delimited text of any other name.
    encoding : str
        Of a delimited file; UTF-8 (or UTF-16 with its mark) where empty. Others are not guessed.
    delimiter : str
        Of a delimited file; where empty, whichever of tab, semicolon and comma the first line has most of.

    Returns
    -------
    list of Sheet

    Raises
    ------
    DataError
        If the file is not there or not readable.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError([Problem(path.name, None, None, None, f"cannot be read: {error.strerror}")]) from error
    if path.suffix.lower() in SPREADSHEETS:
        return _spreadsheet(path, data)
    return [_delimited(path, data, encoding, delimiter)]


def column_letters(index: int) -> str:
    """Name of a column as a spreadsheet shows it.

    Examples
    --------
    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _spreadsheet(path: Path, data: bytes) -> list[Sheet]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        unread = _unread_cells(data) if path.suffix.lower() in (".xlsx", ".xlsm") else {}
        sheets = []
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            rows: list[list[object]] = [list(row) for row in sheet.to_python(skip_empty_area=False)]
            ranges = tuple((*first, *last) for first, last in sheet.merged_cell_ranges or ())
            sheets.append(Sheet(name, rows, list(range(1, len(rows) + 1)), ranges, unread.get(name, {})))
    except (CalamineError, zipfile.BadZipFile, ElementTree.ParseError, KeyError) as error:
        mend = "Is it a spreadsheet, whole, and without a password?"
        raise DataError([Problem(path.name, None, None, None, f"not a readable spreadsheet: {error}", mend)]) from error
    return sheets


def _unread_cells(data: bytes) -> dict[str, dict[tuple[int, int], str]]:
    """By sheet, cells that hold an error or a formula without its result."""
    found: dict[str, dict[tuple[int, int], str]] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        for name, part in _sheet_parts(book).items():
            xml = book.read(part)
            cells: dict[tuple[int, int], str] = {}
            if b't="e"' in xml:
                for letters, row, code in _ERROR_CELL.findall(xml):
                    cells[int(row) - 1, _column_index(letters)] = f"the error {code.decode()}"
            if b"<f" in xml:
                for letters, row in _BARE_FORMULA.findall(xml):
                    cells[int(row) - 1, _column_index(letters)] = "a formula saved without its result"
            found[name] = cells
    return found


def _sheet_parts(book: zipfile.ZipFile) -> dict[str, str]:
    """Name of each sheet and the part of the archive that holds it."""
    targets = {
        relation.get("Id"): relation.get("Target", "")
        for relation in ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    }
    parts = {}
    for sheet in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{_MAIN}sheet"):  # noqa: S314
        target = targets.get(sheet.get(_RELATION), "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in book.namelist():
            parts[sheet.get("name", "")] = part
    return parts


def _column_index(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = 26 * index + letter - 64
    return index - 1


def _delimited(path: Path, data: bytes, encoding: str, delimiter: str) -> Sheet:
    text = _decoded(path, data, encoding)
    if not delimiter:
        head = text.split("\n", 1)[0]
        delimiter = max("\t;,", key=head.count)
    rows: list[list[object]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        while True:
            first = reader.line_num + 1
            rows.append(list(next(reader)))
            lines.append(first)
    except StopIteration:
        return Sheet("", rows, lines)
    except csv.Error as error:
        mend = "Is a quotation mark left open, or the delimiter another one?"
        raise DataError([Problem(path.name, first, None, None, f"cannot be read: {error}", mend)]) from error


def _decoded(path: Path, data: bytes, encoding: str) -> str:
    if not encoding:
        wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        encoding = "utf-16" if wide else "utf-8-sig"
    try:
        return data.decode(encoding)
    except LookupError as error:
        expected = "a text encoding, for example utf-8 or cp1251"
        raise DataError([Problem(path.name, None, "encoding", encoding, expected)]) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        mend = 'Set its encoding in the mapping, for example encoding = "cp1251"'
        raise DataError([Problem(path.name, line, None, None, f"not text in {encoding}", mend)]) from error
