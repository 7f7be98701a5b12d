"""The report of the study that is shipped: the real names, lengths and hours."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from drawn import apart, collisions, drawn_circles, texts
from test_document import OUTSIDE, outline

import keruen as kr
from keruen.appraisal import Comparison, compare_routes
from keruen.network import Router
from keruen.report import render
from keruen.report.charts import country_hours_chart, model_chart, route_hours_chart, time_cost_chart
from keruen.report.maps import route_map
from keruen.report.maps.frame import Frame
from keruen.report.maps.furniture import at_place
from keruen.report.reading import Reading
from keruen.report.vector import draw, size

STUDY = Path(__file__).resolve().parents[2] / "examples" / "north-south"
RUN = {"version": "0", "started": "2026-11-25 09:00 UTC", "seed": "1", "inputs": "0123456789ab"}


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    study = kr.open(STUDY)
    router = Router(study.scenario(year=study.settings.base_year))
    return compare_routes(router, study, study.settings.comparison, RUN)


@pytest.mark.parametrize("code", ["en", "ru", "kk"])
def test_page(comparison, code):
    report = render(comparison, code)
    found = outline(report.html)
    assert OUTSIDE.findall(report.html) == []
    assert len(found.ids) == len(set(found.ids))
    assert {link[1:] for link in found.links if link.startswith("#")} <= set(found.ids)
    assert len(report.html) < 2_000_000


def test_front_route_is_named_below_the_answer(comparison):
    report = render(comparison)
    assert report.title.startswith("Moscow to Mumbai takes")
    assert "On the route “East, Incheh Borun”" in report.html


@pytest.mark.parametrize("code", ["en", "ru", "kk"])
@pytest.mark.parametrize("width", [340, 600, 1080])
def test_charts_and_map(comparison, code, width):
    reading = Reading.of(comparison, code)
    drawings = [draw(chart(reading, width)) for chart in (time_cost_chart, route_hours_chart, country_hours_chart)]
    drawings += [draw(model_chart(reading, width)), route_map(reading, width)]
    for svg in drawings:
        assert collisions(svg) == []
        assert size(svg)[0] == width
        assert all(points >= 11 for _, points, _ in texts(svg))


@pytest.mark.parametrize("code", ["en", "ru", "kk"])
@pytest.mark.parametrize("width", [340, 390, 600, 1080])
def test_a_stop_is_named_beside_its_own_circle(comparison, code, width):
    reading = Reading.of(comparison, code)
    svg = route_map(reading, width)
    frame = Frame.around(reading, width)
    spots = {
        stop.name: at_place(reading, frame, stop.place) for route in reading.order for stop in reading.stops(route)
    }
    circles = drawn_circles(svg)
    named = 0
    for said, _, box in texts(svg):
        name = next((name for name in spots if said.startswith(f"{name} ")), None)
        if name is None:
            continue
        named += 1
        nearest = min(circles, key=lambda circle: apart(box, *circle))
        assert math.dist(nearest[:2], spots[name]) < 1, f"{said} stands nearest to the circle at {nearest}"
    assert named >= 5
