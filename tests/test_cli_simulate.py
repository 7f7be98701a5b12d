"""``keruen simulate`` as a user meets it: formula beside simulation, written, refused in words."""

import csv
import json

import pytest
from typer.testing import CliRunner

import keruen as kr
from keruen.cli import app
from tests.study.conftest import Folder

GAUGE = "akyayla-incheh-borun"


@pytest.fixture
def study(tmp_path):
    return kr.new(tmp_path / "mini")


@pytest.fixture
def keruen(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    return lambda *words: CliRunner().invoke(app, ["simulate", *(str(word) for word in words)])


def test_formula_and_simulation_over_a_grid(keruen, study, tmp_path):
    run = tmp_path / "run"
    result = keruen(study, "--facility", GAUGE, "--flow", 1e6, "--most", 20, "--out", run)
    assert result.exit_code == 0, result.output
    for part in ("capacity", "1.50 Mt a year", "passage binds", "p95", "values assumed"):
        assert part in result.output
    with (run / "tables" / "dwell.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    flows = [float(row["flow_t_per_year"]) for row in rows]
    assert flows == sorted(flows)
    assert any(flow == pytest.approx(1e6) for flow in flows)
    for row in rows:
        gap = abs(float(row["formula_h"]) - float(row["simulation_h"]))
        assert gap < 0.15 * float(row["simulation_h"]) + float(row["half_width_h"])
        assert float(row["simulation_p50_h"]) <= float(row["simulation_p90_h"]) <= float(row["simulation_p95_h"])
        assert row["binding"] == "passage"
    assert (run / "figures" / "dwell.svg").read_text(encoding="utf-8").startswith("<svg")
    made = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    assert made["command"].startswith("keruen simulate --facility akyayla-incheh-borun")


def test_the_same_seed_gives_the_same_table(keruen, study, tmp_path):
    tables = []
    for threads in (1, 2):
        out = tmp_path / f"run{threads}"
        words = ("--facility", GAUGE, "--flow", 1e6, "--most", 4, "--seed", 9, "--threads", threads, "--out", out)
        assert keruen(study, *words).exit_code == 0
        tables.append((out / "tables" / "dwell.csv").read_bytes())
    assert tables[0] == tables[1]


def test_a_flow_beyond_capacity_is_flagged_with_the_stage(keruen, study):
    result = keruen(study, "--facility", GAUGE, "--flow", 3e6, "--most", 4)
    assert result.exit_code == 0
    assert "3,000,000 t a year is beyond the capacity of passage" in result.output


def test_a_facility_that_nothing_limits(keruen, study):
    result = keruen(study, "--facility", "bolashak-serhetyaka", "--flow", 1e6, "--most", 4)
    assert result.exit_code == 0, result.output
    assert "nothing limits this facility" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--facility", "nowhere", "--flow", 1), "no facility 'nowhere'"),
        (("--facility", GAUGE, "--flow", -1), "flow = -1"),
        (("--facility", GAUGE, "--flow", 0), "flow = 0"),
        (("--facility", GAUGE, "--flow", "nan"), "flow = nan"),
        (("--facility", GAUGE, "--flow", 1, "--span", 0), "span = 0"),
        (("--facility", GAUGE, "--flow", 1, "--commodity", "gold"), "no commodity 'gold'"),
        (("--facility", GAUGE, "--flow", 1e5, "--most", 2, "--figure", "gif", "--out", "x"), "gif"),
    ],
)
def test_what_cannot_be_simulated_is_refused(keruen, study, words, said):
    result = keruen(study, *words)
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"servers": 2, "service_h": 0}, "service_h = 0"),
        ({"shifts": "8:0", "shift_end": "finish"}, "a server on some hour"),
        ({"servers": 1, "batch_least": 20, "batch_most": 20, "room": 5}, "nobody could leave"),
        ({"servers": 2, "room": 10}, "border_control TM, room = 10: smaller than a train"),
    ],
)
def test_a_stage_that_cannot_be_served_is_named(keruen, study, cells, said):
    Folder(study).set("stage", 2, **cells)
    result = keruen(study, "--facility", GAUGE, "--flow", 1e5)
    assert result.exit_code == 1
    assert said in result.output


def test_a_study_answers_from_python(study):
    opened = kr.open(study)
    table = kr.compare_formula(opened, facility=GAUGE, target=0.1, most_replications=4)
    assert list(table["load"]) == [0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.3]
    run = kr.simulate(opened.scenario(), facility=GAUGE, t_per_year=5e5, target=0.05)
    assert run.facility.flow_per_day == pytest.approx(5e5 / 365 / 51)
    with pytest.raises(kr.UsageError, match="which facility"):
        kr.simulate(opened)
    with pytest.raises(kr.UsageError, match="not with a Facility"):
        kr.simulate(run.facility, facility=GAUGE)
    with pytest.raises(kr.UsageError, match="t_per_year = -1"):
        kr.simulate(opened, facility=GAUGE, t_per_year=-1)
