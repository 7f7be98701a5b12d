"""Files of a study as raw columns of text, with the line every row stands in."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keruen.errors import Problem
from keruen.study._said import shown

__all__ = ["Column", "RawTable", "read_csv", "read_parquet", "read_raw"]

Column = list[str] | NDArray[Any]
"""Cells of a column: text as read, or an array where a Parquet file holds numbers or truth values."""


@dataclass(frozen=True)
class RawTable:
    """One table as read.

    Attributes
    ----------
    file : str
        Name of the file.
    columns : dict of str to Column
        Cells by column, in the order of the file.
    lines : sequence of int
        Line of the file in which each row begins, the header being line 1.
    sha256 : str
        Hash of the file's bytes.
    ends_whole : bool
        False if the last line has no end, as in a file that was cut off.
    whole : bool
        False if rows of the file could not be read and are left out.
    """

    file: str
    columns: dict[str, Column]
    lines: Sequence[int]
    sha256: str
    ends_whole: bool = True
    whole: bool = True

    def __len__(self) -> int:
        return len(self.lines)


def read_raw(path: Path, problems: list[Problem]) -> RawTable | None:
    """Read a ``.csv`` or ``.parquet`` file, or note why it cannot be read and return None."""
    try:
        data = path.read_bytes()
    except OSError as error:
        problems.append(Problem(path.name, None, None, None, f"cannot be read: {error.strerror or error}"))
        return None
    reader = read_csv if path.suffix == ".csv" else read_parquet
    return reader(path.name, data, problems)


def read_csv(file: str, data: bytes, problems: list[Problem]) -> RawTable | None:
    """Read comma-separated text in UTF-8, every cell as text.

    Parameters
    ----------
    file : str
        Name for messages.
    data : bytes
        Content; a byte order mark is accepted.
    problems : list of Problem
        Where to note what is wrong.

    Returns
    -------
    RawTable or None
        The table without rows of the wrong length, each of which is noted; None if nothing could be read.
    """
    text = _decoded(file, data, problems)
    if text is None:
        return None
    if not text.strip():
        problems.append(Problem(file, None, None, None, "empty file", "Write a header line with the column names"))
        return None
    noted = len(problems)
    rows, lines = _split(file, text, problems)
    if not rows or not _header_is_sound(file, rows[0], problems):
        return None
    header = rows[0]
    kept = [i for i in range(1, len(rows)) if _is_whole(file, rows[i], lines[i], len(header), problems)]
    whole = len(problems) == noted
    cells = list(zip(*(rows[i] for i in kept), strict=True)) or [()] * len(header)
    return RawTable(
        file=file,
        columns={name: list(column) for name, column in zip(header, cells, strict=True)},
        lines=[lines[i] for i in kept],
        sha256=hashlib.sha256(data).hexdigest(),
        ends_whole=text.endswith(("\n", "\r")),
        whole=whole,
    )


def _decoded(file: str, data: bytes, problems: list[Problem]) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # With utf-8-sig the offset counts from behind the mark.
        start = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
        line = data[:start].count(b"\n") + 1
        bad = data[start : start + 1].hex()
        expected = f"invalid UTF-8 at byte {start:,} (0x{bad})"
        problems.append(Problem(file, line, None, None, expected, "Save the file as UTF-8"))
        return None


def _split(file: str, text: str, problems: list[Problem]) -> tuple[list[list[str]], list[int]]:
    """Rows and the line in which each begins; stops at the first row that cannot be parsed."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    begins = 1
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(begins)
            begins = reader.line_num + 1
    except csv.Error as error:
        said = str(error)
        if "unexpected end of data" in said:
            expected, mend = "a quote that opens in this row is never closed", "Close it, or double it"
        elif "field larger" in said:
            expected, mend = "a cell longer than 131,072 characters", "Is a quote left open?"
        else:
            expected, mend = f"not valid CSV: {said}", "Double a quote inside a quoted cell"
        problems.append(Problem(file, begins, None, None, expected, mend))
    return rows, lines


def _header_is_sound(file: str, header: list[str], problems: list[Problem]) -> bool:
    if len(header) == 1 and ";" in header[0]:
        expected = "columns parted by commas, found semicolons"
        problems.append(Problem(file, 1, None, shown(header[0]), expected, "Save the file as comma-separated CSV"))
        return False
    doubled = sorted({name for name in header if header.count(name) > 1})
    for name in doubled:
        expected = "every column has a name" if not name else "a column name stands once in the header"
        problems.append(Problem(file, 1, shown(name) or None, None, expected, "Rename or remove one of them"))
    return not doubled


def _is_whole(file: str, row: list[str], line: int, width: int, problems: list[Problem]) -> bool:
    if len(row) == width:
        return True
    expected = f"{width} cells as in the header, found {len(row)}"
    mend = "Was the file cut off here?" if len(row) < width else "Quote cells that contain a comma"
    problems.append(Problem(file, line, None, shown(",".join(row)), expected, mend))
    return False


def read_parquet(file: str, data: bytes, problems: list[Problem]) -> RawTable | None:
    """Read a Parquet file; rows count from 2, as the lines of the same table in CSV would.

    Parameters
    ----------
    file : str
        Name for messages.
    data : bytes
        Content. A binary ``geometry`` column (GeoParquet) is read as ``geometry_wkt``.
    problems : list of Problem
        Where to note what is wrong.

    Returns
    -------
    RawTable or None
        The table, or None if it could not be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not data:
        problems.append(Problem(file, None, None, None, "empty file", "Write the table again"))
        return None
    try:
        table = pq.read_table(pa.BufferReader(data), partitioning=None)
        table.validate(full=True)
        columns = {name: _parquet_column(table.column(name)) for name in table.column_names}
    except (pa.ArrowException, OSError, ValueError, UnicodeDecodeError, TypeError, OverflowError) as error:
        said = shown(str(error).split("\n", maxsplit=1)[0])
        expected = f"not a whole Parquet file ({said})"
        problems.append(Problem(file, None, None, None, expected, "Was it cut off? Write the table again"))
        return None
    if not _header_is_sound(file, list(table.column_names), problems):
        return None
    if "geometry" in columns and "geometry_wkt" not in columns:
        columns["geometry_wkt"] = columns.pop("geometry")
    return RawTable(file, columns, range(2, len(table) + 2), hashlib.sha256(data).hexdigest())


def _parquet_column(column: Any) -> Column:
    """Cells as an array of numbers or nullable truth values, else as text."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = kind.value_type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
    if pa.types.is_boolean(kind):
        return np.array(column.to_pylist(), dtype=object)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return _well_known_text(column.to_pylist())
    return ["" if value is None else str(value) for value in column.to_pylist()]


def _well_known_text(blobs: list[bytes | None]) -> list[str]:
    import shapely

    shapes = shapely.from_wkb(blobs, on_invalid="ignore")
    texts = shapely.to_wkt(shapes, rounding_precision=-1, trim=True)
    return ["" if blob is None else text or "not a geometry" for blob, text in zip(blobs, texts, strict=True)]
