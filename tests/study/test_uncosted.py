"""A check finds what a plan would stumble on: an arc no parameter row fits, a facility that costs nothing."""

import pytest
from typer.testing import CliRunner

import keruen as kr
from keruen.cli import app
from tests.study.conftest import said


def test_the_miniature_has_a_row_for_every_arc(folder):
    assert not folder.problems()


@pytest.mark.parametrize("table", ["speed", "rate", "emission"])
def test_an_arc_that_no_row_fits_is_a_problem_of_the_check_as_of_the_plan(folder, tmp_path, table):
    key = {"speed": "mode", "rate": "item", "emission": "service"}[table]
    freight = {"rail", "line_haul", "block-train"}
    folder.write(table, [row for row in folder.rows(table) if row[key] not in freight])
    problems = folder.problems()
    assert problems
    said(problems[0], f"{table}.csv", "no row fits", "Add a row")
    checked = CliRunner().invoke(app, ["check", str(folder.path)])
    planned = CliRunner().invoke(app, ["plan", str(folder.path), "--out", str(tmp_path / "run")])
    assert (checked.exit_code, planned.exit_code) == (1, 1)


def test_a_new_line_of_a_project_needs_rows_too(folder):
    """The effect adds a road; no speed, rate or emission row is for roads."""
    line = folder.add(
        "service", 2, service_id="lorry", mode="road", net_load_t=20, net_load_low_t=15, net_load_high_t=22
    )
    folder.set("commodity", 2, services=f"{folder.rows('commodity')[0]['services']};lorry")
    assert line
    new = {"mode": "road", "from_place": "bolashak", "to_place": "incheh-borun", "length_km": "700", "country": "TM",
           "operator": "TM", "source": "assumed"}  # fmt: skip
    for i, (column, value) in enumerate(new.items()):
        folder.add("effect", 2, effect_id=f"road-{i}", table="link", row="new-road", column=column, existing="",
                   set=value, change="")  # fmt: skip
    problems = folder.problems()
    assert problems
    said(problems[0], "no row fits", "road")


def test_a_facility_without_stage_or_rate_is_remarked_not_silently_free(folder):
    for table, key, gone in (
        ("stage", "stage_id", "port"),
        ("rate", "rate_id", "port-fee"),
        ("standing", "standing_id", "block-train"),
    ):
        folder.write(table, [row for row in folder.rows(table) if row[key] != gone])
    assert not folder.problems()
    text = "\n".join(map(str, folder.remarks()))
    for part in ("stage.csv: no row fits facility bandar-abbas-port", "rate.csv: no row fits facility bandar-abbas-port",
                 "standing.csv: no row fits service block-train"):  # fmt: skip
        assert part in text


def test_a_country_is_no_member_before_it_joins(folder):
    """Iran joins the union in 2030: from then no customs stage and no fee stand at its border."""
    folder.set("membership", 2, country="TM")
    folder.set("membership", 3, status="member", since=2030)
    folder.set("membership", 3, organisation="EAEU")
    study = kr.open(folder.path)
    hours = [
        kr.route(study.scenario(year=year), "bolashak", "bandar-abbas", commodity="containers").time_h
        for year in (2029, 2030)
    ]
    assert hours[0] - hours[1] == pytest.approx(6)


def test_a_service_runs_no_faster_than_its_ceiling(folder):
    before = kr.route(kr.open(folder.path).scenario(), "bolashak", "bandar-abbas", commodity="containers")
    folder.set("service", 2, max_speed_km_per_h=10)
    after = kr.route(kr.open(folder.path).scenario(), "bolashak", "bandar-abbas", commodity="containers")
    rail_km = before.distance_km
    assert after.time_h - before.time_h > rail_km * (1 / 10 - 1 / 45)
