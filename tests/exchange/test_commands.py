"""`keruen import` and `keruen export` as a user meets them: what comes in, what does not and why, what is left alone."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from keruen.cli import app
from tests.exchange.test_oc4ids import FOREIGN

NORTH_SOUTH = Path(__file__).resolve().parents[2] / "examples" / "north-south"
META = ("--uri", "https://example.org/p.json", "--publisher", "Keruen", "--published", "2026-01-31T00:00:00Z")
LIST = """No;Project;Kind;Where;Cost, bn;Year;Start;Finish;Jobs
1;Dry port at Aktau;port;Казахстан;1 234,5;2024;2025;2027;120
2;Second track;railway;Казахстан;about 5;2024;2025;2027;80
3;Bridge;road;Атлантида;3;2024;2025;2027;10
4;Berth;port;KZ;4;;2025;2027;10
5;Depot;railway;KZ;5;2024;2027;2025;10
1;Dry port again;port;KZ;1;2024;2025;2027;1
"""
MAPPING = """decimal = ","
[columns]
project_id = { column = "No", prefix = "mt-" }
name_en = "Project"
sector = "Kind"
countries = "Where"
cost_native_million = { column = "Cost, bn", factor = 1000 }
price_year = "Year"
start_year = "Start"
finish_year = "Finish"
[fixed]
native_currency = "KZT"
status = "planned"
source = "tass170"
"""


@pytest.fixture
def keruen():
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(NORTH_SOUTH, folder)
    return folder


@pytest.fixture
def listed(tmp_path):
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    (tmp_path / "map.toml").write_text(MAPPING, encoding="utf-8")
    return tmp_path / "list.csv", "--mapping", tmp_path / "map.toml"


@pytest.fixture
def package(tmp_path):
    def write(document):
        path = tmp_path / "package.json"
        path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        return path

    return write


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def said(result):
    return " ".join(result.output.split())


def test_a_study_goes_out_and_comes_back_as_it_was(keruen, study, tmp_path):
    before = contents(study)
    result = keruen("export", study, tmp_path / "out.json", *META)
    assert result.exit_code == 0, result.output
    assert "92 projects" in result.output
    result = keruen("import", study, tmp_path / "out.json", "--replace")
    assert result.exit_code == 0, result.output
    assert "0 projects added, 92 replaced, 0 not taken" in result.output
    assert contents(study) == before


def test_into_a_study_that_knows_none_of_it(keruen, study, tmp_path):
    """Projects, effects and the sources they name come from the package alone."""
    names = ("project", "effect", "source")
    before = {name: (study / f"{name}.csv").read_text(encoding="utf-8") for name in names}
    assert keruen("export", study, tmp_path / "out.json", "--sector", "port", *META).exit_code == 0
    gone = {row["project_id"] for row in rows(study, "project") if row["sector"] == "port"}
    assert gone
    keep(study, "effect", lambda row: row["project"] not in gone)
    keep(study, "project", lambda row: row["project_id"] not in gone)
    told = {row["source"] for name in names[:2] for row in csv.DictReader(before[name].splitlines())}
    left = {row["source"] for name in names[:2] for row in rows(study, name)}
    others = "".join(
        path.read_text(encoding="utf-8") for path in study.glob("*.csv") if path.stem not in ("source", *names)
    )
    lost = {name for name in told - left if f",{name}," not in others and f",{name}\n" not in others}
    assert lost
    keep(study, "source", lambda row: row["source_id"] not in lost)
    result = keruen("import", study, tmp_path / "out.json")
    assert result.exit_code == 0, result.output
    assert f"{len(gone)} projects added" in result.output
    for name in names:
        assert sorted((study / f"{name}.csv").read_text(encoding="utf-8").splitlines()) == sorted(
            before[name].splitlines()
        )


def rows(folder, table):
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def keep(folder, table, wanted):
    kept = [row for row in rows(folder, table) if wanted(row)]
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(kept[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)


def test_a_list_comes_in_and_every_row_not_taken_says_why(keruen, study, listed, tmp_path):
    before = contents(study)
    result = keruen("import", study, *listed, "--report", tmp_path / "report")
    assert result.exit_code == 1
    for part in (
        "list.csv, row 3, E (Cost, bn) = about 5: a number with decimal mark",
        "list.csv, row 4, D (Where) = Атлантида: a country by its ISO 3166-1 code or name",
        "list.csv, row 5, E (Cost, bn) = 4000.0: a cost with its price year",
        "list.csv, row 6, H (Finish) = 2025: a finish in or after the start, 2027",
        "list.csv, row 7, A (No) = mt-1: an id of its own",
        "columns kept aside: Jobs",
        "1 projects added, 0 replaced, 5 not taken; 0 effects, 0 sources; written: project.csv",
    ):
        assert part in said(result), part
    after = contents(study)
    assert {name for name in after if after[name] != before[name]} == {"project.csv"}
    assert after["project.csv"].startswith(before["project.csv"])
    (new,) = [row for row in rows(study, "project") if row["project_id"].startswith("mt-")]
    assert (new["name_en"], new["countries"], new["cost_native_million"]) == ("Dry port at Aktau", "KZ", "1234500")
    left = rows(tmp_path / "report", "not_taken")
    assert [row["Project"] for row in left] == ["Second track", "Bridge", "Berth", "Depot", "Dry port again"]
    assert "price year" in left[2]["why"]
    assert len(rows(tmp_path / "report", "reasons")) == 5
    assert rows(tmp_path / "report", "kept_aside") == [{"Jobs": "120", "project_id": "mt-1"}]


def test_a_dry_run_writes_nothing(keruen, study, listed):
    before = contents(study)
    result = keruen("import", study, *listed, "--dry-run")
    assert "1 projects added" in result.output
    assert "nothing written" in result.output
    assert contents(study) == before


def test_another_publishers_package_keeps_what_keruen_does_not_know(keruen, study, package, tmp_path):
    path = package(FOREIGN)
    result = keruen("import", study, path)
    assert result.exit_code == 1
    assert "$.projects[0] = oc4ids-abc123-Bridge/7: cost_native_million: a cost with its price year" in said(result)
    assert "$.projects[1] = oc4ids-abc123-2: name_en: a value" in said(result)
    assert "nothing written" in result.output
    filled = ("--fill", "price_year=2023", "--fill", "source=tass170", "--fill", "portfolio=bridges")
    result = keruen("import", study, path, *filled)
    assert "1 projects added, 0 replaced, 1 not taken" in said(result)
    out = tmp_path / "again.json"
    result = keruen("export", study, out, "--programme", "bridges", "--base", path)
    assert result.exit_code == 0, result.output
    (project,) = json.loads(out.read_text(encoding="utf-8"))["projects"]
    own = project.pop("keruen")
    assert project == FOREIGN["projects"][0]
    assert (own["price_year"], own["source"]) == (2023, "tass170")


def test_a_package_that_makes_the_study_unsound_is_refused_whole(keruen, study, package, tmp_path):
    assert keruen("export", study, tmp_path / "out.json", "--sector", "port", *META).exit_code == 0
    document = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    effects = [one for project in document["projects"] for one in project["keruen"]["effects"] if "table" in one]
    effects[0]["row"] = "no-such-row"
    document["projects"][0]["keruen"]["requires"] = ["nobody"]
    before = contents(study)
    result = keruen("import", study, package(document), "--replace")
    assert result.exit_code == 1
    assert "no-such-row" in result.output
    assert "requires = nobody" in result.output
    assert "2 problems" in result.output
    assert contents(study) == before


def test_an_effect_id_of_another_project_is_not_taken(keruen, study, package, tmp_path):
    assert keruen("export", study, tmp_path / "out.json", "--sector", "port", *META).exit_code == 0
    document = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    document["projects"][0]["keruen"]["effects"][0]["effect_id"] = "p001-1"
    result = keruen("import", study, package(document), "--replace")
    assert result.exit_code == 1
    assert "p001-1 is that of project p001" in said(result)
    assert "1 not taken" in result.output


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('{"uri": "x",\n "projects": [', "package.json, row 2: JSON: Expecting value"),
        ('{"projects": [{"id": 5}]}', "'publisher' is a required property"),
    ],
)
def test_broken_packages_change_nothing(keruen, study, tmp_path, text, part):
    before = contents(study)
    (tmp_path / "package.json").write_text(text, encoding="utf-8")
    result = keruen("import", study, tmp_path / "package.json")
    assert result.exit_code == 1
    assert part in said(result)
    assert "Traceback" not in result.output
    assert contents(study) == before


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("import", "study", "list.csv"), "say with --mapping"),
        (("import", "study", "list.csv", "--mapping", "map.toml", "--fill", "sector=x"), "under [fixed]"),
        (("import", "study", "out.json", "--mapping", "map.toml"), "need no mapping"),
        (("import", "study", "out.json", "--fill", "sector"), "COLUMN=VALUE"),
        (("import", "study", "out.json", "--fill", "secter=x"), "no column 'secter'"),
        (("import", "study", "out.json", "--fill", "price_year=soon"), "expected a number"),
        (("import", "study", "no.json"), "cannot be read"),
        (("export", "study", "out.json"), "needs uri, publishedDate, publisher"),
        (("export", "study", "out.txt"), "written as .json (OC4IDS) or .csv"),
        (("export", "study", "out.json", "--party", "nobody"), "no project to write"),
    ],
)
def test_what_cannot_be_done_is_said(keruen, study, listed, package, tmp_path, monkeypatch, words, part):
    monkeypatch.chdir(tmp_path)
    package(FOREIGN).rename(tmp_path / "out.json")
    before = contents(tmp_path / "study")
    result = keruen(*words)
    assert result.exit_code == 1
    assert part in said(result)
    assert contents(tmp_path / "study") == before


def test_a_table_is_what_the_study_holds(keruen, study, tmp_path):
    assert keruen("export", study, tmp_path / "out.csv").exit_code == 0
    assert (tmp_path / "out.csv").read_bytes() == (study / "project.csv").read_bytes()
