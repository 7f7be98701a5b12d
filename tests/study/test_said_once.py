"""One mistake is said once: what follows from a row, column or cell that could not be read is not said again."""

import csv
import io
import shutil

import numpy as np
import pytest

import keruen as kr
from keruen.study import schema
from tests.study.conftest import said
from tests.study.test_bad_input import NORTH_SOUTH

TABLES = [name for name in schema() if (NORTH_SOUTH / f"{name}.csv").exists()]
CUT = ("link", "place", "facility", "stage", "effect", "project", "demand", "demand_family", "source", "service")


@pytest.fixture(scope="module")
def shipped():
    return {str(remark) for remark in kr.check(NORTH_SOUTH).remarks}


@pytest.fixture
def study(tmp_path):
    return shutil.copytree(NORTH_SOUTH, tmp_path / "study")


def only(study, shipped):
    """The one problem; no remark that the study as shipped does not have."""
    found = kr.check(study)
    assert len(found.problems) == 1, found
    assert {str(remark) for remark in found.remarks} <= shipped
    return found.problems[0]


@pytest.mark.parametrize("table", CUT)
def test_a_table_cut_off_in_a_line(study, shipped, table):
    path = study / f"{table}.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    half = len(lines) // 2
    path.write_text("".join(lines[:half]) + lines[half][:5], encoding="utf-8")
    assert said(only(study, shipped), f"{table}.csv, row ", "cells as in the header", "cut off")


@pytest.mark.parametrize("table", CUT)
def test_a_bad_quote(study, shipped, table):
    path = study / f"{table}.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    half = len(lines) // 2
    lines[half] = '"a" b' + lines[half]
    path.write_text("".join(lines), encoding="utf-8")
    assert said(only(study, shipped), f"{table}.csv, row ", "not valid CSV")


@pytest.mark.parametrize(
    ("table", "column"),
    [("link", "length_km"), ("speed", "speed_km_per_h"), ("link", "mode"), ("stage", "stage_id"), ("effect", "change"),
     ("effect", "row"), ("facility", "from_place"), ("facility", "status"), ("service", "mode"), ("demand", "source"),
     ("emission", "electrified"), ("facility", "seen_source")],
)  # fmt: skip
def test_a_misspelt_column(study, shipped, table, column):
    path = study / f"{table}.csv"
    head, rest = path.read_text(encoding="utf-8").split("\n", 1)
    path.write_text(f"{head.replace(column, f'x{column[::-1]}', 1)}\n{rest}", encoding="utf-8")
    found = kr.check(study)
    assert {(p.file, p.row) for p in found.problems} == {(f"{table}.csv", 1)}, found
    assert {str(remark) for remark in found.remarks} <= shipped


@pytest.mark.slow
def test_any_misspelt_column_of_the_miniature(folder):
    for name in schema():
        if not (folder.path / f"{name}.csv").exists():
            continue
        whole = folder.text(f"{name}.csv")
        head, rest = whole.split("\n", 1)
        for column in head.split(","):
            names = [f"x{c[::-1]}" if c == column else c for c in head.split(",")]
            folder.text(f"{name}.csv", ",".join(names) + "\n" + rest)
            report = kr.check(folder.path)
            assert {(p.file, p.row) for p in report.problems} == {(f"{name}.csv", 1)}, (name, column, str(report))
            assert not report.remarks, (name, column, str(report))
        folder.text(f"{name}.csv", whole)


def evil(attribute):
    """Cells that cannot be right."""
    if attribute.is_number:
        yield from ("?", "-1e9", "1e12")
    elif attribute.dtype in ("id", "ids", "choice", "country", "countries", "bool", "source"):
        yield "?!"
    if attribute.required:
        yield ""


@pytest.mark.slow
def test_any_bad_cell_of_the_miniature(folder):
    tried = 0
    for name, table in schema().items():
        if name == "effect" or not (folder.path / f"{name}.csv").exists():
            continue
        whole = folder.text(f"{name}.csv")
        rows = list(csv.reader(io.StringIO(whole)))
        for i, column in enumerate(rows[0]):
            for value in evil(table.attributes[column]):
                changed = [[*row[:i], value, *row[i + 1 :]] if at == 1 else row for at, row in enumerate(rows)]
                out = io.StringIO(newline="")
                csv.writer(out, lineterminator="\n").writerows(changed)
                folder.text(f"{name}.csv", out.getvalue())
                report = kr.check(folder.path)
                place = [(p.file, p.row, p.column) for p in report.problems]
                assert place == [(f"{name}.csv", 2, column)], (value, str(report))
                assert not report.remarks, (value, str(report))
                tried += 1
        folder.text(f"{name}.csv", whole)
    assert tried > 150


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [("standing", "share", "25"), ("speed", "speed_km_per_h", "0"), ("stage", "dwell_h", "-3"),
     ("commodity", "vot_usd_per_t_h", "-1"), ("demand", "flow_t_per_year", "-100"), ("demand", "flow_t_per_year", "a lot")],
)  # fmt: skip
def test_one_bad_number(study, shipped, table, column, value):
    path = study / f"{table}.csv"
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    rows[1][rows[0].index(column)] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    assert said(only(study, shipped), f"{table}.csv, row 2, {column} = {value}")


def test_a_file_cut_off_anywhere_says_one_thing_about_another_file_never(study):
    whole = (study / "facility.csv").read_bytes()
    for cut in np.random.default_rng(7).integers(4000, len(whole), 6):
        (study / "facility.csv").write_bytes(whole[:cut])
        assert {p.file for p in kr.check(study).problems} <= {"facility.csv"}
