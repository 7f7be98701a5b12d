"""Registers as ministries send them: every fault named with sheet, row and column, and nothing lost."""

import datetime
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keruen.errors import DataError
from keruen.exchange.cells import number
from keruen.exchange.register import read_register
from keruen.exchange.register_mapping import read_mapping
from keruen.exchange.sheets import column_letters, read_sheets

openpyxl = pytest.importorskip("openpyxl")
pytest.importorskip("python_calamine")

MAPPING = """
    decimal = ","
    ignore = ["Remark"]
    empty = ["-", "н/д"]
    [columns]
    project_id = { column = "№", prefix = "mt-" }
    name_en = "Project"
    sector = "Sector"
    countries = "Country"
    cost_native_million = { column = "Cost, bn", factor = 1000 }
    native_currency = "Currency"
    price_year = "Price year"
    status = { column = "State", values = { "строится" = "construction", "план" = "planned" } }
    start_year = "Start"
    finish_year = "Finish"
    [fixed]
    source = "ministry24"
    portfolio = "KZ-RU joint"
"""
HEAD = ["№", "Project", "Sector", "Country", "Cost, bn", "Currency", "Price year", "State", "Start", "Finish"]
HEAD = [*HEAD, "Remark", "Jobs"]
GOOD = [1, "Line", "railway", "Казахстан, Россия", "1 234,5", "KZT", 2024, "строится", 2024, 2027, "no matter", 120]


def row(**changes):
    cells = dict(zip(HEAD, GOOD, strict=True)) | changes
    return [cells[name] for name in HEAD]


@pytest.fixture
def mapping(tmp_path):
    path = tmp_path / "mapping.toml"
    path.write_text(textwrap.dedent(MAPPING), encoding="utf-8")
    return path


@pytest.fixture
def book(tmp_path):
    def write(rows, merged=(), title="Projects"):
        workbook = openpyxl.Workbook()
        sheet = workbook.active
        sheet.title = title
        for cells in [HEAD, *rows]:
            sheet.append(cells)
        for area in merged:
            sheet.merge_cells(area)
        path = tmp_path / "list.xlsx"
        workbook.save(path)
        return path

    return write


def test_a_good_row_is_taken_whole(book, mapping):
    found = read_register(book([row(), row(**{"№": 2, "Cost, bn": None, "Start": datetime.date(2025, 3, 1)})]), mapping)
    assert found.problems == ()
    table = found.table
    assert table["project_id"].tolist() == ["mt-1", "mt-2"]
    assert table["countries"].tolist() == ["KZ;RU"] * 2
    assert table["cost_native_million"].tolist() == pytest.approx([1_234_500, float("nan")], nan_ok=True)
    assert table[["status", "source", "portfolio"]].iloc[0].tolist() == ["construction", "ministry24", "KZ-RU joint"]
    assert table["start_year"].tolist() == [2024, 2025]
    assert found.origin.to_numpy().tolist() == [["Projects", 2], ["Projects", 3]]
    assert found.extra["Jobs"].tolist() == [120, 120]
    assert table["umbrella"].tolist() == [False, False]


@pytest.mark.parametrize(
    ("changes", "column", "says"),
    [
        ({"Cost, bn": "about 5"}, "E (Cost, bn)", "a number with decimal mark"),
        ({"Cost, bn": "1.5"}, "E (Cost, bn)", "a number with decimal mark"),
        ({"Currency": None}, "E (Cost, bn)", "with its currency"),
        ({"Currency": "тенге"}, "F (Currency)", "ISO 4217"),
        ({"Price year": "н/д"}, "E (Cost, bn)", "with its price year"),
        ({"Price year": 2024.5}, "G (Price year)", "whole number"),
        ({"Price year": 24}, "G (Price year)", "1990 to 2100"),
        ({"№": None}, "A (№)", "a value"),
        ({"№": "А-1"}, "A (№)", "small Latin letters"),
        ({"Country": "Атлантида"}, "D (Country)", "a country by its"),
        ({"State": "готово"}, "H (State)", "one of the mapping's values"),
        ({"Finish": 2020}, "J (Finish)", "in or after the start, 2024"),
        ({"Finish": True}, "J (Finish)", "found a bool"),
        ({"Cost, bn": "=1/0"}, "E (Cost, bn)", "a formula saved without its result"),
    ],
)
def test_each_fault_is_named_and_the_row_kept_aside(book, mapping, changes, column, says):
    found = read_register(book([row(), row(**{"№": 2} | changes)]), mapping)
    assert found.table["project_id"].tolist() == ["mt-1"]
    assert found.left["row"].tolist() == [3]
    assert found.left["Jobs"].tolist() == [120]
    problem = next(one for one in found.problems if one.column == column)
    assert (problem.file, problem.row) == ("list.xlsx [Projects]", 3)
    assert says in problem.expected


def test_all_faults_of_a_row_are_listed_together(book, mapping):
    found = read_register(book([row(**{"Cost, bn": "x", "Price year": "y", "State": "z"})]), mapping)
    assert len(found.problems) == 3
    assert "1 not taken" in str(found)
    assert found.report["column"].tolist() == ["E (Cost, bn)", "G (Price year)", "H (State)"]


def test_the_second_of_two_equal_ids_is_not_taken(book, mapping):
    found = read_register(book([row(), row(Project="Other")]), mapping)
    assert found.table["name_en"].tolist() == ["Line"]
    assert "already in list.xlsx [Projects], row 2" in found.problems[0].mend
    assert found.left["Project"].tolist() == ["Other"]


def test_an_error_in_a_cell_is_not_an_empty_cell(tmp_path, book, mapping):
    path = book([row()])
    workbook = openpyxl.load_workbook(path)
    workbook["Projects"]["E2"].value = "#N/A"
    workbook["Projects"]["E2"].data_type = "e"
    workbook.save(path)
    found = read_register(path, mapping)
    assert "the error #N/A" in found.problems[0].expected


def test_merged_cells_are_refused_or_filled(book, mapping):
    rows = [row(), row(**{"№": 2}), row(**{"№": 3}), row(**{"№": 4})]
    path = book(rows, merged=["C2:C3", "E4:E5"])
    found = read_register(path, mapping)
    assert found.table.empty
    assert [(one.row, one.column) for one in found.problems if "merged cells" in one.expected] == [
        (2, "C (Sector)"),
        (3, "C (Sector)"),
        (4, "E (Cost, bn)"),
        (5, "E (Cost, bn)"),
    ]
    mapping.write_text('merged = "fill"\n' + mapping.read_text(encoding="utf-8"), encoding="utf-8")
    filled = read_register(path, mapping)
    assert filled.table["sector"].tolist() == ["railway", "railway"]  # a merged number is never spread
    assert [one.row for one in filled.problems if "E4:E5" in one.expected] == [4, 5]


def test_a_heading_across_the_table_is_not_a_project(book, mapping):
    found = read_register(book([["I. Railways", *[None] * 11], row()], merged=["A2:L2"]), mapping)
    assert len(found.table) == 1
    assert found.left["row"].tolist() == [2]
    assert "A2:L2" in found.problems[0].expected


def test_headings_in_two_rows(tmp_path, mapping):
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["List of projects"])
    sheet.append(["№", "Name", None, "Years", None])
    sheet.append([None, "en", "ru", "from", "to"])
    sheet.append(["1a", "Line", "Линия", 2024, "31.12.2027"])
    for area in ("A1:E1", "A2:A3", "B2:C2", "D2:E2"):
        sheet.merge_cells(area)
    path = tmp_path / "two.xlsx"
    workbook.save(path)
    mapping.write_text(
        'header_rows = [2, 3]\n[columns]\nproject_id = "№"\nname_en = "Name / en"\nname_ru = "Name / ru"\n'
        'start_year = "Years / from"\nfinish_year = "Years / to"\n'
        '[fixed]\nsector = "railway"\ncountries = "KZ"\nstatus = "planned"\nsource = "s"\n',
        encoding="utf-8",
    )
    found = read_register(path, mapping)
    assert found.problems == ()
    assert found.table[["project_id", "name_ru", "finish_year"]].to_numpy().tolist() == [["1a", "Линия", 2027.0]]


def test_delimited_text_in_another_encoding(tmp_path, mapping):
    lines = [";".join(HEAD), ";".join(map(str, row(Country="Иран"))), "", ";".join(map(str, row(**{"№": 2}))) + ";more"]
    path = tmp_path / "list.csv"
    path.write_bytes("\r\n".join(lines).encode("cp1251"))
    with pytest.raises(DataError, match='encoding = "cp1251"'):
        read_register(path, mapping)
    mapping.write_text('encoding = "cp1251"\n' + mapping.read_text(encoding="utf-8"), encoding="utf-8")
    found = read_register(path, mapping)
    assert found.table["countries"].tolist() == ["IR"]
    assert found.empty_rows == 1
    assert (found.problems[0].row, found.problems[0].column) == (4, "M")
    assert "beyond the last heading" in found.problems[0].expected


def test_lines_are_those_of_the_file_where_cells_hold_several(tmp_path, mapping):
    path = tmp_path / "list.csv"
    cells = [str(cell) for cell in row(Project='"A\nB"', Country="KZ", **{"Cost, bn": "5"})]
    bad = [str(cell) for cell in row(**{"№": 2, "Country": "?", "Cost, bn": "5"})]
    path.write_text("\t".join(HEAD) + "\n" + "\t".join(cells) + "\n" + "\t".join(bad) + "\n", encoding="utf-8")
    found = read_register(path, mapping)
    assert found.table["name_en"].tolist() == ["A B"]
    assert found.problems[0].row == 4
    path.write_text("\t".join(HEAD) + '\n"open\tend\n', encoding="utf-8")
    with pytest.raises(DataError, match="quotation mark left open"):
        read_register(path, mapping)


def test_what_is_wrong_with_files_and_headings_is_raised_together(tmp_path, book, mapping):
    with pytest.raises(DataError, match="cannot be read"):
        read_register(tmp_path / "no.xlsx", mapping)
    (tmp_path / "text.xlsx").write_text("no spreadsheet")
    with pytest.raises(DataError, match="not a readable spreadsheet"):
        read_register(tmp_path / "text.xlsx", mapping)
    path = book([row()])
    text = mapping.read_text(encoding="utf-8")
    mapping.write_text(
        text.replace('"Sector"', '"Sectors"').replace('"Start"', '"Nowhere to be found"'), encoding="utf-8"
    )
    with pytest.raises(DataError, match="Did you mean 'Sector'") as caught:
        read_register(path, mapping)
    assert len(caught.value.problems) == 2
    mapping.write_text('sheet = "Other"\n' + text, encoding="utf-8")
    with pytest.raises(DataError, match="The file has: Projects"):
        read_register(path, mapping)


def test_a_mapping_lists_all_its_faults(tmp_path):
    path = tmp_path / "m.toml"
    path.write_text('decimal = ";"\nmergd = "fill"\n[columns]\nname_en = 5\n')
    with pytest.raises(DataError) as caught:
        read_mapping(path)
    assert {one.column for one in caught.value.problems} == {"decimal", "mergd", "columns.name_en"}
    path.write_text('[columns]\nproject_id = "A"\nname_eng = "B"\nstatus = "C"\n[fixed]\nstatus = "planned"\n')
    with pytest.raises(DataError) as caught:
        read_mapping(path)
    text = str(caught.value)
    assert "Did you mean 'name_en'?" in text
    assert "mapped or fixed, not both" in text
    assert "countries: a required column that nothing fills" in text
    path.write_text("= 5")
    with pytest.raises(DataError, match="not TOML"):
        read_mapping(path)


@given(st.floats(-1e12, 1e12), st.sampled_from([".", ","]))
def test_numbers_as_people_write_them(value, decimal):
    text = f"{value:,.3f}"
    grouped = text if decimal == "." else text.translate(str.maketrans(",.", ".,"))
    spaced = text.replace(",", "\u00a0").replace(".", decimal)
    assert number(grouped, decimal) == number(spaced, decimal) == pytest.approx(float(f"{value:.3f}"))


@given(st.text("0123456789.,'+-eE \u00a0\u2009\u2212xinfa"))
def test_no_text_breaks_the_reader_of_numbers(text):
    for decimal in (".", ","):
        try:
            assert number(text, decimal) == number(text, decimal)
        except ValueError as error:
            assert "a number" in str(error)


def test_columns_are_named_as_a_spreadsheet_does():
    assert [column_letters(index) for index in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_empty_sheets_are_passed_over(tmp_path, book, mapping):
    path = book([row()])
    workbook = openpyxl.load_workbook(path)
    workbook.create_sheet("Empty")
    workbook.save(path)
    assert len(read_register(path, mapping).table) == 1
    assert [sheet.name for sheet in read_sheets(path)] == ["Projects", "Empty"]
