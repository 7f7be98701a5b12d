"""``keruen appraise`` as a user meets it: ranked, written, refused in words, gone on with where it stopped."""

import csv

import pytest
from typer.testing import CliRunner

import keruen as kr
from keruen.cli import app


@pytest.fixture
def study(tmp_path):
    return kr.new(tmp_path / "mini")


def keruen(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_project_is_valued_and_written(study, tmp_path):
    result = keruen("appraise", study, "bogie-shop", "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    with (tmp_path / "run" / "appraisal.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["project"] == "bogie-shop"
    assert float(row["cost_musd"]) == 30
    assert float(row["users_2024_musd"]) > 0
    worth = kr.appraise(kr.open(study), "bogie-shop")["bogie-shop"].worth
    assert float(row["npv_musd"]) == pytest.approx(worth.npv_musd, rel=1e-5)


def test_a_second_run_gives_the_same_table(study, tmp_path):
    first, again = (
        keruen("appraise", study, "--out", tmp_path / "run").exit_code
        or (tmp_path / "run" / "appraisal.csv").read_bytes()
        for _ in range(2)
    )
    assert first == again


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nowhere",), 1, "nowhere"),
        (("--years", "2050"), 1, "2050"),
        (("--years", "soon"), 2, "years parted by commas"),
    ],
)
def test_nonsense_is_refused_in_words(study, words, code, said):
    result = keruen("appraise", study, *words)
    assert (result.exit_code, "Traceback" in result.output) == (code, False)
    assert said in result.output


def test_a_named_project_that_cannot_be_appraised_says_why_and_exits_1(study):
    path = study / "effect.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    result = keruen("appraise", study, "bogie-shop")
    assert result.exit_code == 1
    assert "outside the network" in result.output


def test_a_damaged_gain_is_modelled_again_and_tables_of_another_run_do_not_stay(study, tmp_path):
    out = tmp_path / "run"
    assert keruen("appraise", study, "--out", out).exit_code == 0
    before = (out / "appraisal.csv").read_bytes()
    next((out / "gains").glob("*.json")).write_text('{"proj', encoding="utf-8")
    result = keruen("appraise", study, "--out", out)
    assert (result.exit_code, "Traceback" in result.output) == (0, False)
    assert (out / "appraisal.csv").read_bytes() == before
    (out / "appraisal_who.csv").write_text("project\nanother\n", encoding="utf-8")
    path = study / "project.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows([{**row, "cost_musd": "", "price_year": ""} for row in rows])
    assert keruen("appraise", study, "--out", out).exit_code == 0
    assert not (out / "appraisal_who.csv").exists()
    assert not (out / "appraisal_yearly.csv").exists()
