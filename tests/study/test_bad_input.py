"""Every kind of bad input is named with file, row, column, value and a way to mend it; all at once, never a traceback."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import keruen as kr
from keruen.errors import DataError

NORTH_SOUTH = Path(__file__).resolve().parents[2] / "examples" / "north-south"


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(NORTH_SOUTH, folder)
    return folder


def edit(folder, table, column, row, value):
    """Set one cell of a table; rows count from 0."""
    import pandas as pd

    path = folder / f"{table}.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.loc[row, column] = value
    frame.to_csv(path, index=False)


def said(folder):
    with pytest.raises(DataError) as caught:
        kr.open(folder)
    return [str(problem) for problem in caught.value.problems]


def test_the_shipped_study_is_sound():
    report = kr.check(NORTH_SOUTH)
    assert not report.problems


@pytest.mark.parametrize(
    ("table", "column", "row", "value", "expected"),
    [
        ("place", "lat_deg", 3, "91.2", ("place.csv, row 5", "lat_deg", "91.2", "atitude")),
        ("place", "place_id", 4, "Bad Name", ("place.csv, row 6", "place_id", "Bad Name")),
        ("link", "length_km", 0, "-5", ("link.csv, row 2", "length_km", "-5")),
        ("link", "length_km", 1, "1,5 km", ("link.csv, row 3", "length_km", "1,5 km")),
        ("link", "mode", 2, "rial", ("link.csv, row 4", "mode", "rial", "rail")),
        ("link", "from_place", 2, "atlantis", ("link.csv, row 4", "from_place", "atlantis")),
        ("demand", "flow_t_per_year", 7, "-100", ("demand.csv, row 9", "flow_t_per_year", "-100")),
        ("facility", "from_gauge_mm", 0, "1067", ("facility.csv, row 2", "1067")),
        ("stage", "source", 0, "", ("stage.csv, row 2", "source")),
        ("project", "requires", 0, "p001", ("project.csv, row 2", "requires", "p001")),
        ("zone", "place", 0, "nowhere", ("zone.csv, row 2", "place", "nowhere")),
    ],
)
def test_one_wrong_cell_is_named(study, table, column, row, value, expected):
    edit(study, table, column, row, value)
    problems = said(study)
    assert any(all(part in problem for part in expected) for problem in problems), problems[:5]


def test_exchanged_longitude_and_latitude_are_seen(study):
    import pandas as pd

    path = study / "place.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    row = int(np.flatnonzero(frame["place_id"] == "ashgabat")[0])
    frame.loc[row, ["lon_deg", "lat_deg"]] = frame.loc[row, ["lat_deg", "lon_deg"]].to_numpy()
    frame.to_csv(path, index=False)
    assert any(f"row {row + 2}" in problem and "xchange" in problem for problem in said(study))


def test_a_duplicate_key_and_an_unknown_column_are_named(study):
    path = study / "service.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n", encoding="utf-8")
    (study / "regime.csv").write_text(
        (study / "regime.csv").read_text(encoding="utf-8").replace("organisation", "organistaion", 1), encoding="utf-8"
    )
    problems = said(study)
    assert any("service.csv" in problem and f"row {len(lines) + 1}" in problem for problem in problems)
    assert any(
        "regime.csv" in problem and "organistaion" in problem and "organisation" in problem for problem in problems
    )


@pytest.mark.parametrize("content", [b"\xff\xfe\x00bad", b"", b'place_id,name_en\n"half', b"\x00\x00"])
def test_an_unreadable_file_is_a_problem_not_a_traceback(study, content):
    (study / "place.csv").write_bytes(content)
    assert any("place.csv" in problem for problem in said(study))


def test_a_file_cut_off_anywhere_never_gives_another_error(study):
    whole = (study / "stage.csv").read_bytes()
    rng = np.random.default_rng(5)
    for cut in rng.integers(0, len(whole), 12):
        (study / "stage.csv").write_bytes(whole[:cut])
        try:
            kr.open(study)
        except DataError as error:
            assert any("stage" in str(problem) or "rate" in str(problem) for problem in error.problems)


def test_a_missing_table_and_a_missing_folder(study, tmp_path):
    (study / "link.csv").unlink()
    assert any("link.csv" in problem for problem in said(study))
    assert said(tmp_path / "absent")


def test_parquet_stands_for_csv(study):
    import pandas as pd

    whole = kr.open(NORTH_SOUTH)
    pd.read_csv(study / "demand.csv", dtype={"source": str}).to_parquet(study / "demand.parquet")
    (study / "demand.csv").unlink()
    again = kr.open(study)
    pd.testing.assert_frame_equal(whole.table("demand"), again.table("demand"), check_dtype=False)
