"""Projects and effects that cannot be."""

import pytest

from tests.study.conftest import said


def test_a_circle_of_prerequisites(folder):
    folder.add("project", 2, project_id="b", requires="c")
    folder.add("project", 2, project_id="c", requires="bogie-shop")
    folder.set("project", 2, requires="b")
    assert said(folder.only(), "project.csv, row 2, requires = bogie-shop -> b -> c -> bogie-shop", "no circle")


def test_requiring_itself(folder):
    folder.set("project", 2, requires="bogie-shop")
    assert said(folder.only(), "requires = bogie-shop -> bogie-shop")


def test_excluding_what_it_requires(folder):
    folder.add("project", 2, project_id="b")
    folder.set("project", 2, requires="b", excludes="b")
    assert said(folder.only(), "project.csv, row 2, excludes = b", "Neither could ever be built")


def test_one_sided_exclusion_is_remarked(folder):
    folder.add("project", 2, project_id="b", excludes="bogie-shop")
    assert said(folder.remarks()[0], "project.csv, row 3, excludes = bogie-shop", "bogie-shop to exclude b too")


@pytest.mark.parametrize(
    ("cells", "column", "value", "parts"),
    [
        ({"existing": "25"}, "existing", "25", ("24", "stage.csv, row 4")),
        ({"table": "stages"}, "table", "stages", ("Did you mean 'stage'",)),
        ({"row": "gauges"}, "row", "gauges", ("Did you mean 'gauge'",)),
        ({"column": "dwell"}, "column", "dwell", ("Did you mean 'dwell_h'",)),
        ({"column": "stage_id"}, "column", "stage_id", ("not part of the key",)),
        ({"change": "3"}, "set", "12", ("either set or change", "change = 3")),
        ({"set": "", "existing": ""}, "set", "", ("a value to set",)),
        ({"set": "soon"}, "set", "soon", ("a number",)),
        ({"set": "9000"}, "set", "9000", ("between 0 and 2,000",)),
        ({"column": "activity", "existing": "gauge", "set": "", "change": "1"}, "change", "1", ("not a number",)),
        ({"column": "activity", "existing": "gauge", "set": "gage"}, "set", "gage", ("one of wait",)),
        ({"column": "source", "existing": "assumed", "set": "me"}, "set", "me", ("table source",)),
        ({"set": "", "change": "-30"}, "change", "-30", ("between 0 and 2,000", "found -6", "stage.dwell_h")),
        ({"table": ""}, "table", "", ("that row gauge belongs to",)),
        ({"project": "bogey-shop"}, "project", "bogey-shop", ("Did you mean 'bogie-shop'",)),
    ],
)
def test_an_effect_that_cannot_be(folder, cells, column, value, parts):
    folder.set("effect", 2, **cells)
    problems = [p for p in folder.problems() if (p.file, p.row, p.column) == ("effect.csv", 2, column)]
    assert len(problems) == 1, folder.problems()
    assert problems[0].value == value
    assert said(problems[0], *parts)


def test_an_effect_after_that_of_a_required_project(folder):
    folder.add("project", 2, project_id="third-shop", requires="bogie-shop")
    folder.add("effect", 2, effect_id="third", project="third-shop", existing=12, set=10)
    assert not folder.problems()
    folder.set("effect", 7, existing=11)
    assert said(folder.only(), "effect.csv, row 7, existing = 11")


def test_rivals_are_remarked(folder):
    folder.add("project", 2, project_id="rival")
    line = folder.add("effect", 2, effect_id="rival-1", project="rival")
    assert said(folder.remarks()[0], f"effect.csv, row {line}, project = rival", "bogie-shop does in row 2")


def test_the_same_effect_twice_is_remarked(folder):
    line = folder.add("effect", 2, effect_id="again")
    assert not folder.problems()
    assert said(folder.remarks()[0], f"effect.csv, row {line}, row = gauge", "row 2", "applied once")


NEW_LINK = {"from_place": "in-west", "to_place": "kz-west", "mode": "road", "length_km": 250, "status": "operating"}


def claim(folder, project):
    """Effects of a project that add one new link."""
    link = folder.rows("link")[0]
    cells = {**{column: value for column, value in link.items() if value and column != "link_id"}, **NEW_LINK}
    for number, (column, value) in enumerate(cells.items()):
        effect = {"effect_id": f"{project}-n{number}", "project": project, "table": "link", "row": "new-road"}
        folder.add("effect", 2, **effect, column=column, existing="", set=value, change="")


def test_two_projects_claim_the_same_new_link(folder):
    folder.add("project", 2, project_id="rival", excludes="")
    claim(folder, "bogie-shop")
    assert not [p for p in folder.problems() if "no other project adds" in p.expected]
    claim(folder, "rival")
    found = [p for p in folder.problems() if "no other project adds" in p.expected]
    assert len(found) == 1
    assert said(found[0], "effect.csv", "row = new-road", "bogie-shop adds link new-road too")
    folder.set("project", 3, requires="bogie-shop")
    assert not [p for p in folder.problems() if "no other project adds" in p.expected]
    folder.set("project", 3, requires="", excludes="bogie-shop")
    assert not [p for p in folder.problems() if "no other project adds" in p.expected]


@pytest.mark.parametrize(
    ("cells", "column", "wanted"),
    [
        ({"cost_musd": 5, "price_year": ""}, "cost_musd", "a price_year beside it"),
        (
            {"cost_musd": "", "cost_native_million": 5, "native_currency": "KZT", "price_year": ""},
            "cost_native_million",
            "a price_year beside it",
        ),
        (
            {"cost_musd": "", "cost_native_million": 5, "native_currency": "", "price_year": 2024},
            "cost_native_million",
            "a native_currency beside it",
        ),
    ],
)
def test_a_cost_without_currency_or_price_year(folder, cells, column, wanted):
    folder.set("project", 2, **cells)
    assert said(folder.only(), f"project.csv, row 2, {column} = 5", wanted)


def test_a_project_that_finishes_before_it_starts(folder):
    folder.set("project", 2, start_year=2030, finish_year=2029)
    assert said(folder.only(), "project.csv, row 2, finish_year = 2029", "start_year 2030 or later")


def test_a_new_row(folder):
    row = "in-west|kz-west|grain|2024|in-kz"
    cells = {"table": "demand", "row": row, "column": "flow_t_per_year", "existing": "", "set": 5}
    folder.add("effect", 2, effect_id="new", **cells)
    assert not folder.problems()
    folder.set("effect", 7, column="source", set="assumed")
    assert said(folder.only(), f"effect.csv, row 7, row = {row}", "A new row needs")


def test_family_without_a_total_for_the_year(folder):
    line = folder.add("demand", 2, year=2030)
    assert said(folder.only(), f"demand.csv, row {line}, year = 2030", "kz-in in 2030")


def test_family_that_misses_its_total_is_remarked(folder):
    folder.set("demand_family", 2, total_t_per_year=300000)
    assert said(folder.remarks()[0], "demand_family.csv, row 2, total_t_per_year = 300000", "200,000")
