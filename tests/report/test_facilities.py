"""The section on crossings that bind: what its title says, what its table holds, where its labels stand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from drawn import collisions, texts
from synthetic import comparison
from tests.study.conftest import Folder

import keruen as kr
from keruen.appraisal.dwelling import binding, hours_of_facilities
from keruen.languages import language
from keruen.planning import assign_years
from keruen.report.charts.dwell import Curve, Dot, dwell_chart
from keruen.report.document import _environment
from keruen.report.numbers import Numbers
from keruen.report.reading import Reading
from keruen.report.sections import Page, facilities
from keruen.report.vector import draw

GAUGE = "akyayla-incheh-borun"


@pytest.fixture(scope="module")
def dwells(tmp_path_factory):
    folder = Folder(kr.new(tmp_path_factory.mktemp("study") / "mini"))
    folder.set("facility", 3, capacity_t_per_year=280_000, capacity_low_t_per_year=200_000)
    folder.set("effect", 5, existing=280_000)
    folder.set("stage", 4, service_h=4, service_scv=0.3, batch_most=10)
    study = kr.open(folder.path)
    loads = assign_years(study, kr.Router(study.scenario()))
    assert binding(loads, 3) == [GAUGE]
    return study, loads, hours_of_facilities(loads, seed=1)


def made(dwells, code):
    study, loads, found = dwells
    read = SimpleNamespace(**vars(comparison()) | {"study": study, "loads": loads, "dwells": found})
    return facilities.section(Page(Reading.of(read, code), _environment()))


def test_a_crossing_that_binds_is_computed_and_simulated(dwells):
    _, loads, (one,) = dwells
    last = one.years[max(loads)]
    assert one.declared.facility_id == GAUGE
    assert last.use == pytest.approx(float(loads[max(loads)].facilities.set_index("facility_id").at[GAUGE, "use"]))
    assert last.formula.mean_h == pytest.approx(last.run.dwell.value, rel=0.25)
    assert one.stages["stay_h"].sum() == pytest.approx(last.run.dwell.value, rel=0.1)
    assert one.stages.loc[one.stages["binding"], "word"].tolist() == ["gauge_change"] * one.stages["binding"].sum()
    assert (one.relief["saved_h"] > one.relief["half_width_h"]).all()
    assert (one.low_h <= one.mean_h).all()
    assert (one.mean_h <= one.high_h).all()


@pytest.mark.parametrize("code", ["en", "ru", "kk"])
def test_the_section_in_three_languages(dwells, code):
    section = made(dwells, code)
    text = str(section.body)
    assert "{" not in section.title
    assert "±" in text
    assert text.count("<tbody>") == 3
    solved = dwells[1][max(dwells[1])].declared
    assert len(solved)
    last = text.split("<tbody>")[-1]
    numbers = Numbers(language(code))
    for row in solved.itertuples():
        assert numbers.amount(row.equilibrium_h) in last
        assert row.equilibrium_h == pytest.approx(row.formula_h, rel=0.03)
    if code == "en":
        assert "one more track, crane or brigade" in text
        assert "gauge change, Iran" in text


def test_the_title_follows_the_result(dwells):
    study, loads, (one,) = dwells
    saving = made(dwells, "en").title
    assert "would save" in saving
    idle = replace(one, relief=one.relief.iloc[:0])
    assert "hours in" in made((study, loads, (idle,)), "en").title
    free = replace(idle, stages=one.stages.assign(wait_h=0.0))
    assert made((study, loads, (free,)), "en").title == "Hours at the crossings that bind, by flow"


def test_without_a_crossing_near_its_capacity_there_is_no_section(dwells):
    study, loads, _ = dwells
    assert made((study, loads, ()), "en") is None


@pytest.mark.parametrize("width", [340, 600, 1072])
@pytest.mark.parametrize("code", ["en", "ru", "kk"])
def test_labels_do_not_meet(width, code):
    words = language(code)
    uses, hours = [0.1 * k for k in range(13)], [30 + 5 * k * k * 0.4 for k in range(13)]
    dots = [Dot(0.9, 190, "2024"), Dot(0.93, 200, "2030", later=True)]
    near = [Dot(0.02, 4, "2024"), Dot(0.02, 4, "2030", later=True)]
    curves = [
        Curve("A very long name of a crossing – and of its other side, longer", "65 wagons a day", uses, hours,
              [0.3 * h for h in hours], [2.2 * h for h in hours], dots=dots),
        Curve("Short", "16 trains a day", uses, [0.04 * h for h in hours], dots=near),
    ]  # fmt: skip
    svg = draw(dwell_chart(curves, words.say, Numbers(words), width))
    drawn = texts(svg)
    assert collisions(svg) == []
    assert len([text for text, _, _ in drawn if text.startswith(("2024", "2030"))]) == 4
    assert all(box.left >= 0 and box.right <= width + 1 for _, _, box in drawn)
