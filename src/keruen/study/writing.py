"""Write a study: the same tables that reading gives."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from keruen.errors import UsageError
from keruen.study._cells import text_of
from keruen.study.attributes import schema
from keruen.study.settings import SETTINGS_FILE, Settings, settings_text

__all__ = ["empty_folder", "table_csv", "write_parquet", "write_study"]


def empty_folder(folder: Path) -> Path:
    """Make a folder, or take an empty one.

    Raises
    ------
    UsageError
        If it holds something or cannot be made.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is not an empty folder; nothing was written")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}") from error
    return folder


def write_study(folder: Path, settings: Settings, tables: Mapping[str, pd.DataFrame], format: str) -> Path:  # noqa: A002
    """Write settings and every table that has rows or is required; see :meth:`Study.save`."""
    if format not in ("csv", "parquet"):
        raise UsageError(f"tables are written as csv or parquet, not {format}")
    empty_folder(folder)
    (folder / SETTINGS_FILE).write_text(settings_text(settings), encoding="utf-8")
    for name, table in tables.items():
        if not len(table) and not schema()[name].required:
            continue
        if format == "csv":
            (folder / f"{name}.csv").write_text(table_csv(name, table), encoding="utf-8", newline="")
        else:
            write_parquet(table, folder / f"{name}.parquet")
    return folder


def table_csv(name: str, table: pd.DataFrame) -> str:
    """A table as CSV; columns without any value are left out unless required."""
    attributes = schema()[name].attributes
    columns = {column: [text_of(value) for value in table[column]] for column in attributes}
    used = [c for c, cells in columns.items() if attributes[c].required or any(cells)]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(used)
    writer.writerows(zip(*(columns[c] for c in used), strict=True))
    return out.getvalue()


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """A table as Parquet; ``geometry_wkt`` becomes the geometry of GeoParquet 1.1."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    metadata = {}
    if "geometry_wkt" in table:
        import shapely

        shapes = shapely.from_wkt(table["geometry_wkt"].to_numpy(dtype=object))
        table = table.drop(columns="geometry_wkt").assign(geometry=list(shapely.to_wkb(shapes)))
        metadata = {"geo": json.dumps(_geo())}
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    pq.write_table(arrow.replace_schema_metadata(metadata), path)


def _geo() -> dict[str, Any]:
    column = {"encoding": "WKB", "geometry_types": ["LineString"]}
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
