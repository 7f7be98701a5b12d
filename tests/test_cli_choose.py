"""``keruen choose`` as a user meets it: the plan said and written, its proof, terms refused in words."""

import csv
from dataclasses import replace

import pytest
from typer.testing import CliRunner

import keruen as kr
from keruen import choosing
from keruen.cli import app
from tests.appraisal.test_alone import faster
from tests.appraisal.test_alone import study as made

PROJECTS = {
    "first": ({"cost_musd": "0.4", "start_year": ""}, [faster(-8)]),
    "second": ({"cost_musd": "0.2", "start_year": "", "requires": "first"}, [faster(-4)]),
    "dear": ({"cost_musd": "900", "start_year": ""}, [faster(-3)]),
    "idle": ({"cost_musd": "7"}, [faster(0)]),
    "free": ({"cost_musd": "", "price_year": ""}, [faster(-12)]),
}


@pytest.fixture(scope="module")
def register(tmp_path_factory):
    return made(tmp_path_factory.mktemp("choose"), PROJECTS)


@pytest.fixture(scope="module")
def appraised(register, tmp_path_factory):
    """A folder in which the single projects are appraised already."""
    folder = tmp_path_factory.mktemp("appraised") / "run"
    assert keruen("choose", register.folder, "--budget", "2", "--out", folder).exit_code == 0
    return folder


def keruen(*words):
    return CliRunner(env={"COLUMNS": "160"}).invoke(app, [str(word) for word in words])


def plain(result):
    """Output without the breaks of its lines."""
    return " ".join(result.output.split())


def rows(folder, table):
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_plan_is_said_and_written(register, appraised):
    result = keruen("choose", register.folder, "--budget", "2", "--periods", "2026,2030", "--out", appraised)
    assert result.exit_code == 0, result.output
    plan = kr.choose(register, 2.0, periods=(2026, 2030))
    written = {row["project"]: row for row in rows(appraised, "plan")}
    assert (
        tuple(name for name, row in written.items() if row["chosen"] == "True") == plan.projects == ("first", "second")
    )
    assert float(written["first"]["marginal_musd"]) == pytest.approx(plan.table["marginal_musd"][0], rel=1e-5)
    (worth,) = rows(appraised, "plan_worth")
    assert float(worth["npv_musd"]) == pytest.approx(plan.npv_musd, rel=1e-5)
    assert (worth["reason"], float(worth["gap_musd"])) == ("proven", 0.0)
    curve = rows(appraised, "budget_curve")
    assert float(curve[-1]["npv_musd"]) == pytest.approx(plan.npv_musd, rel=1e-5)
    assert [row["project"] for row in rows(appraised, "robustness")] == ["first", "second", "dear"]
    assert {row["project"]: row["reason"] for row in rows(appraised, "left_out")} == {"free": "no cost published"}
    pairs = [abs(float(row["interaction_musd"])) for row in rows(appraised, "interactions")]
    assert len(pairs) == 3
    assert pairs == sorted(pairs, reverse=True)
    for said in ("proven, no plan", "dear", "costs more than it brings", "idle", "Ranking by benefit over cost"):
        assert said in result.output


def test_settings_are_the_defaults(register, appraised, tmp_path):
    folder = register.save(tmp_path / "again")
    assert "no budget" in keruen("choose", folder).output
    settings = folder / "keruen.toml"
    text = settings.read_text(encoding="utf-8").partition("[portfolio]")[0]
    settings.write_text(f"{text}\n[portfolio]\nbudget_musd = 0.45\nperiods = [2028]\n", encoding="utf-8")
    result = keruen("choose", folder, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    (first,) = [row for row in rows(tmp_path / "run", "plan") if row["chosen"] == "True"]
    assert (first["project"], float(first["start_year"])) == ("first", 2028)
    assert "over the budget" in result.output


@pytest.mark.parametrize(
    ("words", "project", "is_in"),
    [
        (("--budget", "2000", "--must", "dear"), "dear", True),
        (("--budget", "2000", "--never", "first"), "second", False),
        (("--budget", "2000", "--country", "IR=0.5"), "second", False),
        (("--budget", "0.4,0.1", "--periods", "2026,2030"), "second", False),
        (("--budget", "0.4,0.2", "--periods", "2026,2030", "--at-most", "1"), "second", True),
    ],
)
def test_terms_bind(register, appraised, words, project, is_in):
    result = keruen("choose", register.folder, *words, "--out", appraised)
    assert result.exit_code == 0, result.output
    chosen = {row["project"] for row in rows(appraised, "plan") if row["chosen"] == "True"}
    assert (project in chosen) == is_in


def test_time_that_passes_says_what_is_not_proven_and_exits_2(register, appraised):
    words = ("choose", register.folder, "--budget", "2000", "--out", appraised)
    result = keruen(*words, "--time-limit", "1e-6")
    assert result.exit_code == 2
    assert "the time limit passed before the proof" in result.output
    assert "No plan is worth more than" in result.output
    (worth,) = rows(appraised, "plan_worth")
    assert worth["reason"] == "time limit"
    assert float(worth["bound_musd"]) >= float(worth["npv_musd"])
    quick = keruen(*words, "--no-proof")
    assert (quick.exit_code, "no proof was asked for" in quick.output) == (0, True)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--budget", "much"), 2, "numbers parted by commas"),
        (("--budget", "2", "--periods", "soon"), 2, "numbers parted by commas"),
        (("--budget", "2", "--country", "KZ"), 2, "as KZ=1000"),
        (("--budget", "-1"), 1, "not below 0"),
        (("--budget", "nan"), 1, "not below 0"),
        (("--budget", "2", "--must", "nobody"), 1, "no project nobody"),
        (("--budget", "2", "--must", "dear"), 1, "the budget is 2 million USD; dear must be in the plan and costs 900"),
        (("--budget", "2", "--must", "free"), 1, "free must be in the plan and cannot be chosen: no cost published"),
        (("--budget", "2", "--must", "second", "--never", "first"), 1, "first: left out as asked"),
        (("--budget", "2", "--must", "first", "--never", "first"), 1, "first must be in the plan and must not"),
        (("--budget", "2", "--time-limit", "0"), 1, "time limit 0"),
        (("--budget", "2", "--at-most", "0"), 1, "at most 0 projects"),
        (("--budget", "2", "--restricted", "Lender"), 1, "no restriction list Lender"),
        (("--budget", "1,2", "--periods", "2026"), 1, "2 budgets for 1 periods"),
    ],
)
def test_nonsense_is_refused_in_words(register, appraised, words, code, said):
    result = keruen("choose", register.folder, *words, "--out", appraised)
    assert (result.exit_code, "Traceback" in result.output) == (code, False), result.output
    assert said in plain(result)


def test_a_negative_cost_is_refused_with_its_row_and_a_small_budget_is_told(register, appraised, tmp_path):
    poor = keruen("choose", register.folder, "--budget", "0.1", "--out", appraised)
    assert poor.exit_code == 0
    assert "The budget of 0.1 million USD is below the cheapest candidate, 0.2 million." in plain(poor)
    folder = register.save(tmp_path / "study")
    table = folder / "project.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",900,", ",-900,"), encoding="utf-8")
    wrong = keruen("choose", folder, "--budget", "5")
    assert (wrong.exit_code, "Traceback" in wrong.output) == (1, False)
    assert "project.csv" in wrong.output
    assert "-900" in wrong.output


def test_a_search_says_that_it_is_not_proven_and_why(register, appraised, monkeypatch):
    monkeypatch.setattr("keruen.portfolio.programme.searching.LISTED", 0)
    monkeypatch.setattr("keruen.choosing.LISTED", 0)
    result = keruen("choose", register.folder, "--budget", "2", "--out", appraised)
    assert result.exit_code == 0, result.output
    assert "too many plans to list, so it is not proven" in plain(result)
    assert "No plan is worth more than" in plain(result)
    curve = rows(appraised, "budget_curve")
    assert len(curve) > 2
    assert all(float(row["gap_musd"]) >= 0 for row in curve)


def test_projects_that_cannot_open_in_time_are_named_with_the_reason(tmp_path):
    late = {
        "slow": ({"cost_musd": "1", "start_year": "2030", "finish_year": "2060"}, [faster(-8)]),
        "after": ({"cost_musd": "1", "start_year": "2040", "finish_year": "2042", "requires": "slow"}, [faster(-4)]),
        "waits": ({"cost_musd": "1", "start_year": "2030", "finish_year": "2032"}, [faster(-6)]),
    }
    folder = made(tmp_path, late).folder
    words = ("choose", folder, "--budget", "5", "--periods", "2026")
    result = keruen(*words)
    assert result.exit_code == 0, result.output
    for said in (
        "No project can be chosen",
        "slow opens in 2061, after the horizon ends in 2050",
        "waits starts in 2030 by the register, after the last period, 2026",
    ):
        assert said in plain(result)
    asked = keruen(*words, "--must", "after")
    assert asked.exit_code == 1
    assert "after must be in the plan and cannot be chosen: requires slow" in plain(asked)
    assert "slow: opens in 2061, after the horizon" in plain(asked)


def test_a_plan_with_appraisals_ends_with_what_to_build(register, tmp_path):
    folder = register.save(tmp_path / "study")
    settings = folder / "keruen.toml"
    text = settings.read_text(encoding="utf-8").partition("[portfolio]")[0]
    words = ("plan", folder, "--out", tmp_path / "run", "--appraise")
    settings.write_text(text, encoding="utf-8")
    silent = keruen(*words)
    assert (silent.exit_code, "Recommended plan" in silent.output) == (0, False), silent.output
    assert not (tmp_path / "run" / "tables" / "plan.csv").exists()
    settings.write_text(f"{text}\n[portfolio]\nbudget_musd = 2\nperiods = [2026, 2030]\n", encoding="utf-8")
    result = keruen(*words)
    assert result.exit_code == 0, result.output
    for said in (
        "Recommended plan, 2 million USD: 2 projects for 0.6 million USD, worth",
        "2026 begin first, open 2029: 0.4 million USD, adds",
        "2026 begin second, open 2029: 0.2 million USD, adds",
        "Proven: no plan of these candidates is worth more",
    ):
        assert said in result.output, result.output
    tables = tmp_path / "run" / "tables"
    assert {"first", "second"} == {row["project"] for row in rows(tables, "plan") if row["chosen"] == "True"}
    assert rows(tables, "budget_curve")
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert 'id="programme"' in page
    assert "no plan of these candidates within the budget is worth more" in page  # proven in time


def test_small_money_does_not_vanish():
    from keruen.choosing import _musd

    assert [_musd(value) for value in (0.4, 0.0, 9.96, 12.3, 4378.8)] == ["0.4", "0", "10", "12", "4,379"]
    assert [_musd(value, sign=True) for value in (0.04, -0.5, 1234.0)] == ["+0.04", "-0.5", "+1,234"]


def test_works_that_have_begun_are_said(tmp_path):
    begun = {"cost_musd": "0.4", "start_year": "2023", "finish_year": "2027"}
    dear = {"cost_musd": "900", "start_year": "2022", "finish_year": "2027"}
    folder = made(tmp_path, {"begun": (begun, [faster(-8)]), "dear": (dear, [faster(-4)])}).folder
    result = keruen("choose", folder, "--budget", "2", "--periods", "2026", "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    for said in (
        "what is spent on these already is not known, so the full cost is charged",
        "begun: under way since 2023, its opening moves from 2028 to 2031",
    ):
        assert said in plain(result)
    written = {row["project"]: row for row in rows(tmp_path / "run", "plan")}
    assert (written["begun"]["under_way_since"], written["begun"]["planned_opening_year"]) == ("2023", "2028")
    assert written["begun"]["opening_year"] == "2031"
    assert written["dear"]["under_way_since"] == "2022"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--budget=-5",), "budget -5: expected million USD, not below 0"),
        (("--budget", "nan"), "budget nan: expected"),
        (("--budget", "inf"), "budget inf: expected"),
        (("--budget", "5000,-100", "--periods", "2026,2030"), "budget -100: expected"),
        (("--budget", "5000,100", "--periods", "2026,2030,2035"), "2 budgets for 3 periods"),
        (("--budget", "2", "--must", "nobody"), "no project nobody"),
        (("--budget", "2", "--never", "nobody"), "no project nobody"),
        (("--budget", "2", "--must", "free"), "free must be in the plan and cannot be chosen: no cost published"),
        (
            ("--budget", "2", "--must", "second", "--never", "first"),
            "requires first, which cannot be chosen; first: left out",
        ),
        (("--budget", "2", "--country", "XX=1"), "XX pays for no project that can be chosen; countries that do: IR"),
        (("--budget", "2", "--restricted", "Lender"), "no restriction list Lender"),
        (("--budget", "2", "--time-limit", "0"), "time limit 0"),
    ],
)
def test_terms_are_refused_before_anything_is_modelled(register, monkeypatch, words, said):
    def modelled(*_args, **_kwargs):
        raise AssertionError("modelled before the terms were looked at")

    monkeypatch.setattr("keruen.appraising.appraise_study", modelled)
    monkeypatch.setattr("keruen.choosing.appraise_study", modelled)
    result = keruen("choose", register.folder, *words)
    assert result.exit_code == 1, result.output
    assert said in plain(result)


def test_an_empty_plan_claims_no_more_than_is_known(register, appraised):
    barred = keruen("choose", register.folder, "--budget", "2", "--country", "IR=0.05", "--out", appraised)
    assert barred.exit_code == 0, barred.output
    assert "Nothing that fits the budget and the rules is worth building" in plain(barred)
    useless = keruen("choose", register.folder, "--budget", "2000", "--never", "first", "--out", appraised)
    assert "Nothing is worth building: every candidate costs more than it brings." in plain(useless)
    empty = kr.choose(register, 2.0, by_country_musd={"IR": 0.05})
    late = replace(empty, reason="time limit", bound_musd=1234.0)
    assert choosing._nothing(late) == (
        "No plan worth building was found in the time; that there is none is not proven;"
        " none is worth more than 1,234 million USD."
    )
    assert choosing.ending(late)[0] == choosing._nothing(late)
    assert "proven" in choosing._nothing(replace(empty, reason="not proven", bound_musd=float("inf")))
