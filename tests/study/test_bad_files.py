"""Files that are missing, cut off, wrongly encoded or not tables at all."""

import pytest

import keruen as kr
from tests.study.conftest import said


def test_the_miniature_is_sound(folder):
    report = kr.check(folder.path)
    assert (report.problems, report.remarks) == ((), ())


def test_missing_folder(tmp_path):
    with pytest.raises(kr.DataError, match="keruen new") as caught:
        kr.open(tmp_path / "nowhere")
    assert len(caught.value.problems) == 1


def test_missing_settings(folder):
    (folder.path / "keruen.toml").unlink()
    assert said(folder.only(), "keruen.toml: missing file")


def test_missing_table_alone(folder):
    (folder.path / "rate.csv").unlink()
    assert said(folder.only(), "rate.csv: missing table", "Add rate.csv")


def test_missing_table_is_not_held_against_others(folder):
    (folder.path / "place.csv").unlink()
    assert said(folder.only(), "place.csv: missing table")


def test_misnamed_table_is_remarked(folder):
    (folder.path / "demand.csv").rename(folder.path / "demnd.csv")
    assert any("demnd.csv" in str(r) and "Did you mean 'demand'" in str(r) for r in folder.remarks())


def test_two_formats_of_one_table(folder):
    kr.open(folder.path).save(folder.path.parent / "other", format="parquet")
    (folder.path.parent / "other" / "rate.parquet").rename(folder.path / "rate.parquet")
    assert said(folder.only(), "rate.csv", "rate.parquet", "one file")


def test_empty_file(folder):
    folder.text("link.csv", "")
    assert said(folder.only(), "link.csv: empty file")


def test_header_alone(folder):
    folder.text("source.csv", folder.text("source.csv").splitlines()[0] + "\n")
    assert any(said(p, "one row at least") for p in folder.problems() if p.file == "source.csv")


def test_short_row(folder):
    lines = folder.text("speed.csv").splitlines()
    lines[2] = "kti,rail,,"
    folder.text("speed.csv", "\n".join(lines) + "\n")
    assert said(folder.only(), "speed.csv, row 3", "kti,rail", "found 4", "cut off")


def test_long_row(folder):
    lines = folder.text("speed.csv").splitlines()
    lines[1] += ", fast, and more"
    folder.text("speed.csv", "\n".join(lines) + "\n")
    assert said(folder.only(), "speed.csv, row 2", "11 cells", "Quote cells")


def test_half_written_table(folder):
    text = folder.text("stage.csv")
    folder.text("stage.csv", text[: text.index("port,port")] + "port,po")
    assert said(folder.only(), "stage.csv, row 5", "found 2", "cut off")
    assert not folder.remarks()


def test_unclosed_quote_names_the_line_where_it_opens(folder):
    text = folder.text("stage.csv").replace("customs on entry", '"customs on entry', 1)
    folder.text("stage.csv", text)
    assert said(folder.problems()[0], "stage.csv, row 3", "quote", "never closed")


def test_line_breaks_inside_quotes_keep_the_count(folder):
    text = folder.text("speed.csv").replace("free running speed of a freight train", '"free running\nspeed"')
    folder.text("speed.csv", text.replace(",28,24,33", ",28,24,fast"))
    assert said(folder.only(), "speed.csv, row 5, speed_high_km_per_h = fast")


def test_invalid_utf8_names_offset_and_line(folder):
    data = (folder.path / "place.csv").read_bytes()
    at = data.index("Ақтөбе".encode())
    (folder.path / "place.csv").write_bytes(data[:at] + b"\xff" + data[at:])
    assert said(folder.only(), "place.csv, row 2", f"invalid UTF-8 at byte {at:,}", "0xff")


def test_byte_order_mark_is_accepted(folder):
    data = (folder.path / "place.csv").read_bytes()
    (folder.path / "place.csv").write_bytes(b"\xef\xbb\xbf" + data)
    assert not folder.problems()


def test_windows_line_ends_are_accepted(folder):
    folder.text("link.csv", folder.text("link.csv").replace("\n", "\r\n"))
    assert not folder.problems()


def test_semicolons_between_cells(folder):
    folder.text("speed.csv", folder.text("speed.csv").replace(",", ";"))
    assert said(folder.only(), "speed.csv, row 1", "semicolons")


def test_doubled_column(folder):
    folder.text("speed.csv", folder.text("speed.csv").replace("speed_id,mode", "speed_id,speed_id", 1))
    assert said(folder.only(), "speed.csv, row 1, speed_id", "once")


def test_folder_in_place_of_a_table(folder):
    (folder.path / "rate.csv").unlink()
    (folder.path / "rate.csv").mkdir()
    assert said(folder.only(), "rate.csv: cannot be read")


def test_truncated_parquet(folder):
    other = kr.open(folder.path).save(folder.path.parent / "other", format="parquet")
    data = (other / "link.parquet").read_bytes()
    (other / "link.parquet").write_bytes(data[: len(data) // 2])
    problems = kr.check(other).problems
    assert len(problems) == 1
    assert said(problems[0], "link.parquet", "not a whole Parquet file")


def test_broken_toml(folder):
    folder.text("keruen.toml", folder.text("keruen.toml").replace("base_year = 2024", "base_year = = 2024"))
    assert said(folder.only(), "keruen.toml, line 6", "not valid TOML")


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("price_year = 2024 ", "price_yeer = 2024 ", ("price_yeer", "Did you mean 'price_year'")),
        ("base_year = 2024 ", 'base_year = "2024" ', ("base_year = 2024", "a whole number")),
        ("discount_rate = 0.09", "discount_rate = 9", ("discount_rate = 9", "less than 1", "line 10")),
        ("last_year = 2050", "last_year = 2020", ("later than last_year",)),
        ("years = [2024]", "years = [2030]", ("base_year 2024 is not among years",)),
        ("years = [2024]", "years = [2024, 2024]", ("each of years once", "[2024, 2024]")),
        ('comparison = "aktobe-mumbai"', 'comparison = "aktobe-mumbay"', ("aktobe-mumbay", "Did you mean")),
        ("[report]", "[reprot]", ("reprot", "Did you mean 'report'")),
        (
            "[report]",
            "[portfolio]\nbudget_musd = -3\n[report]",
            ("portfolio.budget_musd", "-3", "greater than", "line"),
        ),
        ("[report]", '[portfolio]\nbudget_musd = "3"\n[report]', ("portfolio.budget_musd", "a number")),
        ("[report]", "[portfolio]\nbudget = 3\n[report]", ("portfolio.budget", "Did you mean 'budget_musd'")),
        ("[report]", "[portfolio]\nbudget_musd = [3, 4]\n[report]", ("2 budgets for 0 periods",)),
        ("[report]", "[portfolio]\nbudget_musd = 3\nperiods = [2035, 2030]\n[report]", ("rising years",)),
        ("[report]", "[portfolio]\nbudget_musd = 3\nperiods = [2035, 2080]\n[report]", ("2080", "lie outside 2026")),
        ("[report]", "[portfolio]\nperiods = [2035]\n[report]", ("periods without budget_musd",)),
    ],
)
def test_settings_that_do_not_fit(folder, old, new, parts):
    text = folder.text("keruen.toml")
    folder.text("keruen.toml", text.replace(old, new))
    assert any(all(part in str(p) for part in parts) for p in folder.problems()), folder.problems()
    assert all(p.file == "keruen.toml" for p in folder.problems())
