"""The command line as a user meets it: what it says, how it ends, what it leaves alone."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from keruen.cli import app

NORTH_SOUTH = Path(__file__).resolve().parent.parent / "examples" / "north-south"


@pytest.fixture
def keruen(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(NORTH_SOUTH, folder)
    return folder


def edited(folder, table, old, new):
    path = folder / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_version(keruen):
    result = keruen("--version")
    assert (result.exit_code, result.output.startswith("keruen ")) == (0, True)


def test_a_sound_study_passes(keruen):
    result = keruen("check", NORTH_SOUTH)
    assert result.exit_code == 0, result.output
    assert "no problems" in result.output


def test_every_problem_is_listed_at_once_and_nothing_is_written(keruen, study, tmp_path):
    edited(study, "place", "moscow,", "Moscow,")
    edited(study, "facility", ",border,", ",boarder,")
    (study / "rate.csv").unlink()
    for words in (("check", study), ("plan", study, "--out", tmp_path / "run"), ("sources", study)):
        result = keruen(*words)
        assert result.exit_code == 1
        assert "Traceback" not in result.output
        for part in ("place.csv, row", "= Moscow", "= boarder", "rate.csv", "problems"):
            assert part in result.output
    assert not (tmp_path / "run").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


def test_plan_writes_a_whole_run(keruen, tmp_path):
    out = tmp_path / "runs" / "one"
    result = keruen("plan", NORTH_SOUTH, "--out", out, "--figures", "svg")
    assert result.exit_code == 0, result.output
    assert "Model against published observations" in result.output
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert {"place.csv", "link.csv", "keruen.toml"} <= set(manifest["inputs"])
    assert manifest["seed"] >= 0
    written = {path.stem for path in (out / "tables").glob("*.csv")}
    assert {"routes", "legs", "hours", "observations", "alternatives", "unreached_places", "assumed"} <= written
    assert list((out / "figures").glob("*.svg"))
    assert [path.name for path in out.parent.iterdir()] == ["one"]


def test_plan_does_not_replace_what_is_not_a_run(keruen, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    result = keruen("plan", NORTH_SOUTH, "--out", tmp_path)
    assert result.exit_code == 1
    assert "is not an earlier run" in result.output
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_routes_are_found_and_their_absence_is_explained(keruen):
    result = keruen("routes", NORTH_SOUTH, "moscow", "bandar-abbas", "-k", "2")
    assert result.exit_code == 0, result.output
    assert "leg by leg" in result.output
    missing = keruen("routes", NORTH_SOUTH, "moscow", "atlantis")
    assert (missing.exit_code, "no place 'atlantis'" in missing.output) == (1, True)
    barred = keruen("routes", NORTH_SOUTH, "moscow", "bandar-abbas", "--commodity", "gold")
    assert (barred.exit_code, "no commodity 'gold'" in barred.output) == (1, True)


@pytest.mark.parametrize("words", [("schema",), ("schema", "stage"), ("sources", NORTH_SOUTH), ("doctor",)])
def test_what_only_tells_ends_well(keruen, words):
    result = keruen(*words)
    assert result.exit_code == 0, result.output


def test_an_unknown_language_or_format_is_refused(keruen, tmp_path):
    for words in (("--language", "xx"), ("--figures", "gif"), ("--year", "1850")):
        result = keruen("plan", NORTH_SOUTH, "--out", tmp_path / "run", *words)
        assert result.exit_code in (1, 2), words
        assert "Traceback" not in result.output
    assert not (tmp_path / "run").exists()


def test_a_new_study_is_sound_and_can_be_planned(keruen, tmp_path):
    folder = tmp_path / "mine"
    assert keruen("new", folder).exit_code == 0
    assert keruen("check", folder).exit_code == 0
    result = keruen("plan", folder, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    again = keruen("new", folder)
    assert again.exit_code == 1


def test_a_study_without_demand_is_planned_and_says_why_nothing_is_appraised(keruen, tmp_path):
    folder, out = tmp_path / "mine", tmp_path / "run"
    keruen("new", folder)
    for name in ("demand", "demand_family"):
        table = folder / f"{name}.csv"
        table.write_text(table.read_text(encoding="utf-8").split("\n")[0] + "\n", encoding="utf-8")
    assert keruen("check", folder).exit_code == 0
    result = keruen("plan", folder, "--out", out, "--appraise")
    assert result.exit_code == 0, result.output
    assert "No project is appraised: no demand for any year of the study" in result.output
    assert (out / "report.html").exists()
    assert not list((out / "tables").glob("apprais*"))


def test_a_study_without_observations_counts_none(keruen, tmp_path):
    keruen("new", tmp_path / "mine")
    result = keruen("plan", tmp_path / "mine", "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert "Model against published" not in result.output
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "no observation in this study" in page
    assert "of 0" not in page


def test_a_run_that_is_terminated_leaves_nothing(tmp_path):
    command = [sys.executable, "-m", "keruen", "plan", str(NORTH_SOUTH), "--out", str(tmp_path / "run")]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not any(tmp_path.iterdir()) and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert any(tmp_path.iterdir()), "the run never began to write"
    running.terminate()
    assert running.wait(60) == 128 + signal.SIGTERM
    assert not any(tmp_path.iterdir())
