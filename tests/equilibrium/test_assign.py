"""``keruen assign`` as a user meets it: flows and skims that add up, exit codes, refusals in words."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import keruen as kr
from keruen.cli import app

NORTH_SOUTH = Path(__file__).resolve().parents[2] / "examples" / "north-south"


@pytest.fixture
def study(tmp_path):
    return kr.new(tmp_path / "mini")


def assign(*words):
    return CliRunner().invoke(app, ["assign", *(str(word) for word in words)])


def test_flows_and_skims_are_written_and_carry_the_demand(tmp_path):
    result = assign(NORTH_SOUTH, "--out", tmp_path / "run", "--gap", "1e-6", "--year", 2030)
    assert result.exit_code == 0, result.output
    tables = {
        path.stem: pd.read_csv(path) for path in (tmp_path / "run" / "tables").glob("*.csv") if path.stat().st_size > 1
    }
    demand = pd.read_csv(NORTH_SOUTH / "demand.csv")
    asked = demand.loc[demand["year"] == 2030, "flow_t_per_year"].sum()
    lost = tables["unserved_demand_2030"]["flow_t_per_year"].sum() if "unserved_demand_2030" in tables else 0.0
    skims = tables["skims_2030"]
    assert skims["flow_t_per_year"].sum() + lost == pytest.approx(asked, rel=1e-4)
    # by two roads to one figure: tonnes x kilometres by pair, and by section
    links = tables["link_flows_2030"]
    by_pair = (skims["flow_t_per_year"] * skims["distance_km"]).sum()
    assert links["tkm_per_year"].sum() == pytest.approx(by_pair, rel=1e-4)
    fall = tables["convergence_2030"]["gap"]
    assert fall.iloc[-1] <= 1e-6 < fall.iloc[0]
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["command"].startswith("keruen assign")


def test_a_gap_that_is_not_met_exits_2_and_still_writes(tmp_path):
    result = assign(NORTH_SOUTH, "--out", tmp_path / "run", "--gap", "1e-12", "--seconds", "1e-9")
    assert result.exit_code == 2
    assert "the gap 1e-12 was not met" in result.output
    assert "time cap" in result.output
    assert (tmp_path / "run" / "tables" / "link_flows_2024.csv").exists()


def test_same_flows_on_one_thread_and_on_two(tmp_path):
    for threads in (1, 2):
        assert assign(NORTH_SOUTH, "--out", tmp_path / str(threads), "--threads", threads).exit_code == 0
    one, two = ((tmp_path / str(n) / "tables" / "link_flows_2024.csv").read_bytes() for n in (1, 2))
    assert one == two


def test_a_project_is_built_where_the_scenario_says_so(study, tmp_path):
    for name in ("demand", "demand_family"):  # the project ends in 2028
        table = study / f"{name}.csv"
        table.write_text(table.read_text(encoding="utf-8").replace(",2024,", ",2030,"), encoding="utf-8")
    for name, words in (("base", ()), ("built", ("--scenario", "bogie-shop"))):
        result = assign(study, "--out", tmp_path / name, "--year", 2030, *words)
        assert result.exit_code == 0, result.output
    base, built = (pd.read_csv(tmp_path / name / "tables" / "facility_flows_2030.csv") for name in ("base", "built"))
    before, after = (table.set_index("facility_id").loc["akyayla-incheh-borun"] for table in (base, built))
    assert after["capacity_t_per_year"] == before["capacity_t_per_year"] + 1_000_000
    assert after["delay_h"] < before["delay_h"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--scenario", "nowhere"), 1, "nowhere"),
        (("--year", "1850"), 1, "1850"),
        (("--gap", "1e-20"), 1, "gap = 1e-20"),
        (("--gap", "0"), 1, "gap = 0.0"),
        (("--threads", "0"), 1, "threads = 0"),
        (("--gap", "small"), 2, "--gap"),
    ],
)
def test_nonsense_is_refused_in_words(study, words, code, said):
    result = assign(study, *words)
    assert (result.exit_code, "Traceback" in result.output) == (code, False)
    assert said in result.output
