"""`keruen projects` as a user meets it: lists, filters, sums, and the reconciliation."""

import shutil
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

from keruen.appraisal.register import Choice, register
from keruen.cli import app
from keruen.errors import UsageError
from keruen.registering import tables as run_tables
from keruen.study import open as open_study

NORTH_SOUTH = Path(__file__).resolve().parent.parent / "examples" / "north-south"


@pytest.fixture
def keruen(monkeypatch):
    monkeypatch.setattr(import_module("keruen.cli.projects"), "out", Console(width=250, highlight=False))
    return lambda *words: CliRunner().invoke(app, ["projects", *(str(word) for word in words)])


@pytest.fixture(scope="module")
def tables():
    return open_study(NORTH_SOUTH).tables


def ids(tables, **choice):
    return register(tables, Choice(**choice)).projects["project_id"].tolist()


def test_the_whole_register_is_listed_and_summed_once(keruen, tables):
    result = keruen(NORTH_SOUTH)
    assert result.exit_code == 0, result.output
    raw = pd.read_csv(NORTH_SOUTH / "project.csv")
    assert all(key in result.output for key in raw["project_id"])
    counted = raw[~raw["umbrella"]]
    said = f"{len(counted)} projects; USD {counted['cost_musd'].sum():,.0f} million published for 9"
    assert said in result.output
    assert "umbrella rows not added: 3" in result.output


@pytest.mark.parametrize(
    ("choice", "rule"),
    [
        ({"programme": ("kz-ru JOINT",)}, lambda t: t["portfolio"] == "KZ-RU joint"),
        ({"sector": ("railway", "port")}, lambda t: t["sector"].isin(["railway", "port"])),
        ({"country": ("Иран",)}, lambda t: t["countries"].str.contains("IR")),
        ({"country": ("ru", "TM")}, lambda t: t["countries"].str.contains("RU|TM")),
        ({"status": ("construction",)}, lambda t: t["status"].str.contains("construction")),
        ({"party": ("Газпром",)}, lambda t: t["parties"].fillna("").str.contains("Gazprom")),
        ({"party": ("nobody",)}, lambda t: t["parties"].isna() & t["parties"].notna()),
        (
            {"programme": ("KZ-RU joint",), "sector": ("power",)},
            lambda t: (t["portfolio"] == "KZ-RU joint") & (t["sector"] == "power"),
        ),
    ],
)
def test_filters_are_the_rows_that_the_file_has(tables, choice, rule):
    raw = pd.read_csv(NORTH_SOUTH / "project.csv")
    assert ids(tables, **choice) == raw.loc[rule(raw), "project_id"].tolist()


def test_stages_part_the_register(tables):
    stages = register(tables).sums("status")
    assert stages[["projects", "umbrellas"]].to_numpy().sum() == len(tables["project"])
    assert "p002" in ids(tables, status=("maintenance",))  # published as operating
    assert not set(ids(tables, status=("identification",))) & set(ids(tables, status=("implementation",)))


@pytest.mark.parametrize("by", ["programme", "sector", "status"])
def test_sums_of_groups_that_do_not_overlap_add_up_to_the_total(tables, by):
    found = register(tables)
    pd.testing.assert_series_equal(found.sums(by).sum(), found.total, check_dtype=False)


def test_a_project_of_two_countries_counts_in_both_and_once_in_the_total(keruen, tables):
    found = register(tables, Choice(sector=("gas transport",)))
    by_country = found.sums("country")["projects"]
    assert by_country["RU"] + by_country["KZ"] > found.total["projects"]
    result = keruen(NORTH_SOUTH, "--by", "country", "--by", "party")
    assert result.exit_code == 0
    assert "92 of 92 rows by party" in result.output


def test_no_sum_holds_an_umbrella(tables):
    project = tables["project"].copy()
    one = project.index[project["cost_musd"].notna()][0]
    before = register(tables).total["musd"]
    project.loc[one, "umbrella"] = True
    after = register({**tables, "project": project})
    assert after.total["musd"] == before - project.loc[one, "cost_musd"]
    assert after.sums("programme")["umbrellas"].sum() == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--sector", "rail"), "no project has the sector 'rail'. Did you mean 'railway'?"),
        (("--programme", "x"), "Known are KZ-RU joint"),
        (("--country", "Atlantis"), "no project has the country 'Atlantis'"),
        (("--status", "never"), "identification, preparation"),
        (("--by", "colour"), "not by 'colour'"),
        (("--reconcile", "--sector", "railway"), "leave the filters and --by out"),
    ],
)
def test_what_nobody_has_is_an_error_with_the_known_names(keruen, words, said):
    result = keruen(NORTH_SOUTH, *words)
    assert result.exit_code == 1
    assert said in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_the_reconciliation_of_the_real_register(keruen):
    result = keruen(NORTH_SOUTH, "--reconcile")
    assert result.exit_code == 0, result.output
    for part in (
        "25 of more than 170 projects itemised (less than 14.7 %)",
        "USD 30.3 bn of more than 50.0 bn (less than 60.6 %), from 6 projects with a cost in USD",
        "16 projects without a cost: p002, p003",
        "Gazprom: none found (elsewhere in the register: p028, p029, p031)",
        "KZT of 2020 at 0.0024213 USD of 2020 (wb-fcrf)",
        "> 170",
        "+28.2",
        "this is no compliance check",
    ):
        assert part in result.output, part
    assert all(name in result.output for name in ("Sibur", "Gazprom", "Lukoil", "EuroChem", "Tatneft", "KAMAZ"))


def test_a_lender_can_leave_projects_out(keruen, tmp_path):
    study = tmp_path / "study"
    shutil.copytree(NORTH_SOUTH, study)
    (study / "restriction.csv").write_text("party,list,since,source\nlukoil,bank's own list,2024-01,assumed\n")
    result = keruen(study, "--reconcile")
    assert "p019: Lukoil on bank's own list since 2024-01 (assumed)" in result.output
    assert "2 projects have a party" in result.output
    kept = ids(open_study(study).tables, unrestricted=True)
    assert len(kept) == 90
    assert not {"p019", "p027"} & set(kept)
    assert "90 of 92 rows" in keruen(study, "--unrestricted").output
    (study / "restriction.csv").write_text("party,list,since,source\nnobody,x,,assumed\n")
    result = keruen(study)
    assert result.exit_code == 1
    assert "restriction.csv, row 2, party = nobody" in result.output


def test_a_study_without_announcements_says_so(keruen, tmp_path):
    study = tmp_path / "study"
    shutil.copytree(NORTH_SOUTH, study)
    for name in ("programme", "party", "exchange_rate"):
        (study / f"{name}.csv").unlink()
    result = keruen(study, "--reconcile")
    assert result.exit_code == 0, result.output
    assert "no total was announced" in result.output
    found = register(open_study(study).tables)
    assert (found.projects["basis"] == "no rate").sum() == 15
    with pytest.raises(UsageError, match="summed by programme"):
        found.sums("name")


def test_the_tables_of_a_run_hold_the_register_and_the_reconciliation(tables):
    found = run_tables(open_study(NORTH_SOUTH))
    assert list(found) == ["register", "announced", "itemised", "announced_parties"]
    assert len(found["register"]) == len(tables["project"])
    assert set(found["itemised"]["portfolio"]) == {"KZ-RU joint"}
    assert set(found["announced_parties"]["party"]) == {"Sibur", "Gazprom", "Lukoil", "EuroChem", "Tatneft", "KAMAZ"}
    assert found["announced"]["number"].max() == 170
