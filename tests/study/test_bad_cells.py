"""Cells and columns that do not fit the schema: each message names file, row, column and value."""

import pytest

import keruen as kr
from tests.study.conftest import said


def test_unknown_column(folder):
    folder.text("link.csv", folder.text("link.csv").replace("length_km", "lenght_km", 1))
    problems = folder.problems()
    assert any(said(p, "row 1, lenght_km: unknown column", "'length_km'") for p in problems if p.column == "lenght_km")
    assert any(said(p, "row 1, length_km: missing column") for p in problems if p.column == "length_km")


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "parts"),
    [
        ("link", 2, "length_km", "1,5", ("a number (km)", "Write 1.5")),
        ("link", 2, "length_km", "1,170.5", ("Write 1170.5",)),
        ("link", 2, "length_km", "1 170", ("Write 1170",)),
        ("link", 2, "length_km", "1170km", ("the unit stands in the column name",)),
        ("link", 2, "length_km", "far", ("a number",)),
        ("link", 2, "length_km", "nan", ("Leave the cell empty",)),
        ("link", 2, "length_km", "1_170", ("a number",)),
        ("link", 2, "length_km", "1e999", ("larger than any number",)),
        ("link", 2, "length_km", "1.170,5", ("Write 1170.5",)),
        ("link", 2, "length_km", "", ("this column is required",)),
        ("link", 2, "tracks", "1.5", ("a whole number",)),
        ("link", 2, "tracks", "9", ("between 1 and 6",)),
        ("link", 2, "electrified", "yes", ("true or false", "Write true")),
        ("link", 2, "mode", "raill", ("one of rail, road", "Did you mean 'rail'")),
        ("link", 2, "gauge_mm", "152", ("between 600 and 1,676", "Is the unit right")),
        ("place", 2, "country", "kz", ("ISO 3166-1", "Write KZ")),
        ("place", 2, "country", "KAZ", ("ISO 3166-1",)),
        ("place", 2, "lat_deg", "150.28", ("latitude lies between -90 and 90", "longitude and latitude exchanged")),
        ("place", 8, "unlocode", "BND", ("UN/LOCODE",)),
        ("demand", 2, "flow_t_per_year", "-150000", ("not negative", "Correct the sign")),
        ("speed", 2, "speed_low_km_per_h", "50", ("low <= mean <= high",)),
        ("zone", 2, "place", "aktobee", ("a place_id of table place", "Did you mean 'aktobe'")),
        ("link", 2, "source", "", ("this column is required", "assumed")),
        ("link", 2, "source", "nowhere", ("a source_id of table source", "Add it to source.csv")),
        ("commodity", 2, "services", "block-train;shipp", ("a service_id of table service", "'ship'")),
        ("project", 2, "native_currency", "tenge", ("ISO 4217",)),
        ("project", 2, "native_currency", "XXQ", ("ISO 4217",)),
        ("project", 2, "finish_year", "2025", ("start_year 2026 or later",)),
        ("project", 2, "countries", "IR;XX", ("ISO 3166-1",)),
    ],
)
def test_a_cell_that_does_not_fit(folder, table, row, column, value, parts):
    folder.set(table, row, **{column: value})
    problems = [p for p in folder.problems() if (p.file, p.row, p.column) == (f"{table}.csv", row, column)]
    assert problems, folder.problems()
    shown = value.split(";")[-1] if column in ("services", "countries") else value
    assert any(all(part in str(p) for part in (shown, *parts)) for p in problems), problems


def test_mean_above_high_names_the_high_end(folder):
    folder.set("stage", 2, dwell_h=40)
    assert said(folder.only(), "stage.csv, row 2, dwell_high_h = 12", "dwell_h = 40")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "example.org/a", "https://", "http://a b"])
def test_an_address_that_is_not_of_the_web(folder, url):
    folder.set("source", 2, url=url)
    assert said(folder.only(), f"source.csv, row 2, url = {url}", "https://")


def test_freight_within_a_zone(folder):
    folder.set("demand", 2, destination="kz-west")
    assert said(folder.only(), "demand.csv, row 2, destination = kz-west", "another zone", "not carried by this model")


def test_id_that_is_not_one(folder):
    folder.set("project", 2, project_id="Bogie Shop")
    assert any(said(p, "project.csv, row 2", "bogie-shop") for p in folder.problems() if p.value == "Bogie Shop")


def test_duplicate_key(folder):
    line = folder.add("link", 2, length_km=1200)
    assert said(folder.only(), f"link.csv, row {line}, link_id = aktobe-bolashak", "Row 2 has it already")


def test_duplicate_compound_key(folder):
    line = folder.add("demand", 2, flow_t_per_year=0)
    parts = ("origin|destination|commodity|year|family = kz-west|in-west|grain|2024|kz-in", "Row 2")
    assert said(folder.only(), f"demand.csv, row {line}", *parts)


def test_assumed_without_a_note(folder):
    folder.set("speed", 3, note="")
    assert said(folder.only(), "speed.csv, row 3, source = assumed", "a note")


def test_capacity_without_source(folder):
    folder.set("link", 2, capacity_source="")
    assert said(folder.only(), "link.csv, row 2, capacity_trains_per_day = 18", "capacity_source")


def test_cost_without_currency(folder):
    folder.set("project", 2, cost_native_million=12)
    assert said(folder.only(), "project.csv, row 2, cost_native_million = 12", "native_currency")


@pytest.mark.parametrize("evil", ["Ak\x1b[31mtobe", "Ak\u202etobe", "Ak\ntobe", "Ak\x00tobe"])
def test_control_characters_in_a_name(folder, evil):
    folder.set("place", 2, name_en=evil)
    assert said(folder.only(), "place.csv, row 2, name_en = ", "without control characters")
    assert str(folder.only()).isprintable()


def test_a_formula_is_text_like_any_other(folder):
    folder.set("place", 2, name_en='=HYPERLINK("http://example.org")<script>')
    study = kr.open(folder.path)
    assert study.label("aktobe").startswith("=HYPERLINK")
    assert "<script>" not in study._repr_html_()


def test_rate_without_its_amount(folder):
    folder.set("rate", 2, rate_usd_per_tkm="", rate_low_usd_per_tkm="", rate_high_usd_per_tkm="")
    assert {p.column for p in folder.problems()} == {
        "rate_usd_per_tkm", "rate_low_usd_per_tkm", "rate_high_usd_per_tkm",
    }  # fmt: skip


def test_everything_is_listed_at_once(folder):
    folder.set("place", 2, country="ZZ")
    folder.set("link", 2, length_km="-1")
    folder.set("demand", 3, flow_t_per_year="many")
    with pytest.raises(kr.DataError) as caught:
        kr.open(folder.path)
    assert [p.file for p in caught.value.problems] == ["place.csv", "link.csv", "demand.csv"]
    assert "3 problems" in str(caught.value)
