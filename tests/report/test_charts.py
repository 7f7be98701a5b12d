from __future__ import annotations

import pytest
from drawn import collisions, texts
from synthetic import comparison

from keruen.report.charts import (
    as_altair,
    capacity_chart,
    country_hours_chart,
    model_chart,
    route_hours_chart,
    split_chart,
    time_cost_chart,
)
from keruen.report.loads import Loads
from keruen.report.reading import Reading
from keruen.report.tokens import DARK, LIGHT, hexes, text_token, tokenise
from keruen.report.vector import draw, inline, size


def capacity(reading, width):
    return capacity_chart(Loads(reading), width)


def split(reading, width):
    return split_chart(Loads(reading), width)


CHARTS = (time_cost_chart, route_hours_chart, country_hours_chart, model_chart, capacity, split)
WIDTHS = (340, 600, 1080)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("chart", CHARTS)
def test_texts_do_not_collide(reading, chart, width):
    assert collisions(draw(chart(reading, width))) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("chart", CHARTS)
def test_picture_is_as_wide_as_asked_and_holds_its_text(reading, chart, width):
    svg = draw(chart(reading, width))
    assert size(svg)[0] == width
    for said, points, box in texts(svg):
        assert points >= 11, said
        assert box.left >= -1, said
        assert box.right <= width + 1, said


@pytest.mark.parametrize("chart", CHARTS)
def test_specification_is_valid_and_all_colours_are_tokens(english, chart):
    spec = chart(english, 600)
    as_altair(spec)
    svg = draw(spec)
    assert hexes(svg) == []
    assert "#" not in inline(svg, "finding")


@pytest.mark.parametrize("routes", [1, 2])
@pytest.mark.parametrize("chart", CHARTS)
def test_few_routes(chart, routes):
    svg = draw(chart(Reading.of(comparison(routes), "en"), 600))
    assert collisions(svg) == []


def test_step_carries_its_hours_and_stops_are_named(english):
    said = {text for text, _, _ in texts(draw(time_cost_chart(english, 1080)))}
    assert {
        "Bandar Abbas",
        "port 90\xa0h",
        "Incheh Borun",
        "border + gauge 60\xa0h",
        "30 days",
        "USD 150 a tonne",
    } <= said
    assert any("East, Incheh Borun" in text and "23\xa0days" in text for text in said)


def test_narrow_means_fewer_labels(english):
    narrow, wide = (len(texts(draw(time_cost_chart(english, width)))) for width in (340, 1080))
    assert narrow < wide


def test_hours_add_up(english):
    for name in english.order:
        assert sum(english.hours(name).values()) == pytest.approx(english.routes.at[name, "time_h"])


def test_no_two_tokens_share_a_value():
    assert len({value.lower() for value in LIGHT.values()}) == len(LIGHT)
    assert set(DARK) == set(LIGHT)


def test_tokens():
    assert tokenise('fill="#1251c4"') == 'fill="var(--east)"'
    assert text_token("sarakhs") == "sarakhs-text"
    assert text_token("west") == "west"
    assert hexes('fill="#123456"') == ["#123456"]


def test_capacity_names_pair_share_and_queue(english):
    said = {text for text, _, _ in texts(draw(capacity(english, 1080)))}
    assert {"Incheh Borun", "49 of 40 to 65 wagons a day", "105%", "100% of capacity", "2024", "2030"} <= said
