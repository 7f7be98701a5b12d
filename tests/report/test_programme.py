"""What the report says of projects chosen together: the curve, the years, reasons, pairs, in three languages."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pytest
from drawn import collisions, texts
from hypothesis import given
from hypothesis import strategies as st
from tests.appraisal.test_alone import faster
from tests.appraisal.test_alone import study as made

import keruen as kr
from keruen.languages import language
from keruen.portfolio.programme.reasons import Reason
from keruen.report.charts import as_altair, budget_chart, timeline_chart
from keruen.report.charts.budget import Curve, money_ticks
from keruen.report.charts.timeline import Work
from keruen.report.document import _environment
from keruen.report.maps.sites import Site
from keruen.report.reading import Reading
from keruen.report.sections import Page, programme
from keruen.report.tokens import hexes
from keruen.report.vector import draw, inline, size

WIDTHS = (340, 600, 1072)
SAID = (
    (0, 0, ""), (180, 1040, "Incheh Borun exchange"), (400, 1650, "Sarakhs exchange"), (640, 2170, "Auto-block Shalkar–Beineu"),
    (1050, 2730, "Beineu–Mangystau modernisation"), (1660, 3370, "Uzen–Bolashak–Bereket capacity"), (2010, 3700, "Saryagash bypass"),
    (3310, 4390, "Garmsar–Incheh Borun electrification"), (3360, 4410, "Volga–Caspian canal dredging"), (5090, 4950, "Rasht–Astara"),
)  # fmt: skip
CURVES = {
    "many": Curve(SAID, 2000.0, 3370.0, 3900.0),
    "first": Curve(SAID, 30.0, 0.0, 600.0),
    "all": Curve(SAID, 9000.0, 4950.0, 4950.0),
    "far bound": Curve(SAID, 3400.0, 4410.0, 90_000.0),
    "no bound": Curve(SAID, 3400.0, 4410.0, float("inf")),
    "small": Curve(((0, 0, ""), (0.4, 3.1, "First"), (0.6, 3.7, "Second")), 2.0, 3.7, 3.7),
}
WORKS = [
    Work("Uzen–Bolashak–Bereket capacity and the yards on both sides of it", 2028, 2031, 2061, 610),
    Work("Incheh Borun exchange", 2026, 2028, 2058, 180),
    Work("Sarakhs exchange", 2027, 2029, 2032, 220),
    Work("Rasht–Astara railway", 2035, 2041, 2071, 1730),
]
PROJECTS = {
    "first": ({"name_en": "First", "name_ru": "Первый", "name_kk": "Бірінші", "cost_musd": "0.4", "start_year": ""}, [faster(-8)]),
    "second": ({"cost_musd": "0.2", "start_year": "", "requires": "first"}, [faster(-4)]),
    "rival": ({"cost_musd": "0.6", "start_year": "", "excludes": "first"}, [faster(-6)]),
    "dear": ({"cost_musd": "900", "start_year": ""}, [faster(-3)]),
    "idle": ({"cost_musd": "7"}, [faster(0)]),
    "free": ({"cost_musd": "", "price_year": ""}, [faster(-12)]),
}  # fmt: skip


@pytest.fixture(scope="module")
def register(tmp_path_factory):
    return made(tmp_path_factory.mktemp("programme"), PROJECTS)


@pytest.fixture(scope="module")
def appraisals(register):
    return kr.appraise(register)


@pytest.fixture(scope="module")
def plan(register, appraisals):
    return kr.choose(register, 2.0, periods=(2026, 2030), appraisals=appraisals)


def spoken(code):
    return Reading(SimpleNamespace(), language(code))


def section(study, found, code="en"):
    return programme.section(Page(Reading(SimpleNamespace(study=study), language(code)), _environment(), found))


def plain(markup):
    return " ".join(re.sub(r"<[^>]+>", " ", str(markup)).split())


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("code", ["en", "ru", "kk"])
@pytest.mark.parametrize("name", [*CURVES, "works"])
def test_texts_fit_and_do_not_collide(name, code, width):
    reading = spoken(code)
    spec = timeline_chart(reading, WORKS, width) if name == "works" else budget_chart(reading, CURVES[name], width)
    svg = draw(spec)
    assert collisions(svg) == []
    assert size(svg)[0] == width
    for said, points, box in texts(svg):
        assert points >= 11, said
        assert box.left >= -1, said
        assert box.right <= width + 1, said
    assert hexes(svg) == []
    assert "#" not in inline(svg, "finding")


@pytest.mark.parametrize("name", CURVES)
def test_specification_is_valid(name):
    as_altair(budget_chart(spoken("en"), CURVES[name], 600))
    as_altair(timeline_chart(spoken("en"), WORKS, 600))


def test_a_plan_above_the_bound_is_refused():
    with pytest.raises(ValueError, match="above the bound"):
        Curve(SAID, 2000.0, 3370.0, 3000.0)
    assert Curve(SAID, 2000.0, 3370.0, 3370.0).bound_musd == 3370.0  # what more money buys may lie above


def line(spec, width=2.4):
    (layer,) = [
        one for one in spec["layer"] if one["mark"].get("strokeWidth") == width and one["mark"]["type"] == "line"
    ]
    return [(row["budget_musd"], row["npv_musd"]) for row in layer["data"]["values"]]


def test_the_step_is_the_curve_and_never_above_the_dashes():
    spec = budget_chart(spoken("en"), CURVES["many"], 1072)
    corners = line(spec)
    assert [corner for corner in corners if corner in {(x, y) for x, y, _ in SAID}] == [(x, y) for x, y, _ in SAID]
    assert all(x2 >= x and y2 >= y and (x == x2 or y == y2) for (x, y), (x2, y2) in pairwise(corners))
    (dashes,) = [one["data"]["values"][0] for one in spec["layer"] if one["mark"].get("strokeDash") == [4, 3]]
    assert dashes["npv_musd"] == dashes["npv_musd2"] == pytest.approx(3900, abs=0.01)
    assert dashes["budget_musd2"] == pytest.approx(2000, abs=0.01)
    assert all(y <= 3900 for x, y in corners if x <= 2000)


@pytest.mark.parametrize("name", ["far bound", "no bound"])
def test_a_bound_that_is_far_or_none_is_not_drawn(name):
    assert not any("strokeDash" in one["mark"] for one in budget_chart(spoken("en"), CURVES[name], 600)["layer"])


def test_units_stand_at_the_ends_and_steps_have_names():
    wide = {said for said, _, _ in texts(draw(budget_chart(spoken("en"), CURVES["many"], 1072)))}
    assert {
        "USD\xa06\xa0bn net present value",
        "USD\xa05\xa0bn budget",
        "budget USD 2,000 m",
        "worth USD 3,370 m",
    } <= wide
    assert {"Incheh Borun exchange", "Rasht–Astara", "Uzen–Bolashak–Bereket capacity"} <= wide
    small = {said for said, _, _ in texts(draw(budget_chart(spoken("en"), CURVES["small"], 600)))}
    assert {"USD\xa04\xa0m net present value", "USD\xa02.0\xa0m budget"} <= small


@given(st.floats(1e-3, 1e7), st.integers(2, 8))
def test_ticks_are_even_few_and_cover(top, most):
    ticks = money_ticks(top, most)
    assert ticks[0] == 0
    assert ticks[-1] >= top * (1 - 1e-9)
    assert len(ticks) <= most + 1
    assert ticks[-1] - top < ticks[1] * (1 + 1e-9)


def test_years_are_where_they_belong_the_first_to_open_on_top():
    svg = draw(timeline_chart(spoken("en"), WORKS, 1072))
    at = {said: box for said, _, box in texts(svg)}
    rows = [at[name].top for name in ("Incheh Borun exchange", "Sarakhs exchange", "Rasht–Astara railway")]
    assert rows == sorted(rows)
    middle = {year: (at[year].left + at[year].right) / 2 for year in ("2030", "2040")}
    year_px = (middle["2040"] - middle["2030"]) / 10
    spec = timeline_chart(spoken("en"), WORKS, 1072)
    boxes = [row for one in spec["layer"] if one["mark"]["type"] == "rect" for row in one["data"]["values"]][1:]
    assert [(row["year"], row["year2"]) for row in boxes] == [
        (pytest.approx(work.start, abs=0.01), pytest.approx(work.opening, abs=0.01))
        for work in sorted(WORKS, key=lambda work: work.opening)
    ]
    lines = [row for one in spec["layer"] if one["mark"].get("strokeWidth") == 2.4 for row in one["data"]["values"]]
    assert [round(row["year2"]) for row in lines] == [2046, 2032, 2046, 2046]  # one wears out before the end
    assert year_px > 20


def test_the_section_says_the_plan(register, plan):
    found = section(register, plan)
    assert found.title == "Of USD 2 million, 0.6 million are worth spending: First and second"
    assert "Proven: no plan" in found.sub
    assert "Works may start in 2026 and 2030." in found.sub
    text = plain(found.body)
    for part in (
        "In the plan, 2",
        "Left out, 3",
        "costs more than it brings beside the plan",
        "“rival” excludes “First”",
        "changes nothing on the network",
        "builds the same with this money",
        "1 other project of the register is no candidate",
        "of 1,000 draws",
    ):
        assert part in text, part
    assert str(found.body).count("<svg") == 6


@pytest.mark.parametrize("code", ["ru", "kk"])
def test_reasons_are_in_the_readers_language(register, plan, code):
    found = section(register, plan, code)
    text = plain(found.body)
    for english in ("costs more", "excludes", "changes nothing", "compete", "USD", "million"):
        assert english not in text + found.title + str(found.sub), english
    assert {"ru": "Первый", "kk": "Бірінші"}[code] in found.title


def test_titles_claim_no_more_than_was_found(register, appraisals, plan):
    quick = kr.choose(register, 2.0, appraisals=appraisals, prove=False)
    found = section(register, quick)
    assert found.title.startswith("The best plan found for USD 2 million: First")
    assert "Not proven: a better plan may exist" in found.sub
    nothing = kr.choose(register, 0.1, appraisals=appraisals)
    assert section(register, nothing).title == "Nothing that fits USD 0.1 million and the rules is worth building"
    assert "over the budget by 0.3 million USD" in plain(section(register, nothing).body)
    unsure = replace(nothing, reason="not proven", bound_musd=float("inf"))
    assert section(register, unsure).title == "No plan worth building was found within USD 0.1 million"
    assert "no bound holds" in section(register, unsure).sub


def test_what_interaction_is_worth_is_said(register, appraisals, plan):
    ranked = replace(plan)
    ranked.__dict__["by_ranking"] = (("rival",), plan.npv_musd - 1.5)
    assert "would build rival with the same money" in plain(section(register, ranked).body)
    assert "1.5 million less" in plain(section(register, ranked).body)


def with_pairs(plan):
    """The plan with one pair that helps, one that competes, and one that hardly does either."""
    told = replace(plan)
    table = plan.interactions.copy()
    table.loc["first", "second"] = table.loc["second", "first"] = 2.0
    table.loc["first", "dear"] = table.loc["dear", "first"] = -30.0
    table.loc["second", "dear"] = table.loc["dear", "second"] = 0.2
    told.__dict__["interactions"] = table
    return told


def test_pairs_are_said_in_words_the_largest_first(register, plan):
    told = with_pairs(plan)
    text = plain(section(register, told).body)
    assert text.index("First and dear compete −30") < text.index("First and second help each other +2")
    assert "second and dear" not in text


def test_pairs_stand_in_a_matrix_signed_as_on_the_map(register, plan):
    told = with_pairs(plan)
    body = str(section(register, told).body)
    matrix = body[body.index('<table class="matrix">') :]
    matrix = matrix[: matrix.index("</table>")]
    head, *rows = re.findall(r"<tr>(.*?)</tr>", matrix, re.DOTALL)
    assert re.findall(r'<i class="(\w+)">(\w+)</i>', head) == [("disc", "1"), ("disc", "2"), ("ring", "A")]
    looks = [re.findall(r'<td class="n (\w+)" style="--tint:(\d+)%">(.*?)</td>', row) for row in rows]
    assert [[look for look, _, _ in row] for row in looks] == [
        ["self", "helps", "competes"],
        ["helps", "self", "none"],
        ["competes", "none", "self"],
    ]
    assert looks[0][1][2] == "+2"
    assert looks[0][2] == ("competes", "60", "−30")
    assert int(looks[0][1][1]) < 20
    assert '<table class="matrix">' not in str(section(register, plan).body)  # nothing interacts in this register


def test_the_plan_is_on_a_map_with_a_list_beside_it(register, plan, monkeypatch):
    place = register.table("place")["place_id"][0]
    monkeypatch.setattr(
        programme, "site", lambda study, project: Site((), (), () if project == "idle" else (str(place),))
    )
    body = str(section(register, plan).body)
    assert body.count("<svg") == 9
    shown = body[body.index('class="map-and-list"') : body.index("</ul>\n</div>")]
    assert re.findall(r'<i class="disc">(\d)</i>(\w+)', shown) == [("1", "First"), ("2", "second")]
    assert shown.count('<i class="hollow">') == 3
    assert "Without a place on the map: idle." in plain(body)


def test_what_the_draws_vary_is_said(register, appraisals, plan):
    assert "from 80% to 120% of the central one (assumed)" in plain(section(register, plan).body)
    late = kr.choose(register, 2.0, appraisals=appraisals, time_limit=1e-9)
    assert "no time to model it" in plain(section(register, late).body)


def test_without_a_plan_there_is_no_section(register):
    assert section(register, None) is None


@pytest.mark.parametrize("code", ["en", "ru", "kk"])
def test_every_reason_has_its_words(code):
    reading, names = spoken(code), {"a": "A", "b": "B"}
    values = {
        "musd": 1234.0,
        "limit_musd": 5.0,
        "country": "KZ",
        "number": 2,
        "project": "a",
        "needed": "b",
        "party": "P",
    }
    for message in (
        "over the budget by {musd} million USD",
        "{country} would bear {musd} million USD of at most {limit_musd}",
        "more than {number} projects would start in one period",
        "{project} needs {needed} to open first",
        "{project} excludes {needed}",
        "requires {needed}, which cannot be chosen",
        "{party} is restricted",
    ):
        wanted = {name: values[name] for name in re.findall(r"{(\w+)}", message)}
        said = programme._said(reading, Reason(message, **wanted), names)
        assert "{" not in said
        assert (said == Reason(message, **wanted)) is False or code == "en"


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A plan with works under way, one of them left out."""
    rows = {
        "first": ({**PROJECTS["first"][0], "start_year": "2023", "finish_year": "2027"}, [faster(-8)]),
        "dear": ({"cost_musd": "900", "start_year": "2022", "finish_year": "2027"}, [faster(-3)]),
    }
    study = made(tmp_path_factory.mktemp("begun"), rows)
    return study, kr.choose(study, 2.0, periods=(2026, 2030))


@pytest.mark.parametrize(
    ("code", "moved", "left"),
    [
        ("en", "under way since 2023: what is spent already is not known and is charged in full; the opening moves from 2028 to 2031", "under way since 2022"),
        ("ru", "работы идут с 2023 года: сколько уже потрачено, неизвестно, стоимость учтена полностью; открытие сдвигается с 2028 на 2031 год", "работы идут с 2022 года"),
        ("kk", "жұмыс 2023 жылдан бері жүріп жатыр: осы уақытқа дейінгі шығын белгісіз, құны толық есептелген; ашылуы 2028 жылдан 2031 жылға жылжиды", "жұмыс 2022 жылдан бері"),
    ],
)  # fmt: skip
def test_works_that_have_begun_are_said_in_the_readers_language(begun, code, moved, left):
    text = plain(section(*begun, code).body)
    assert moved in text
    assert left in text
