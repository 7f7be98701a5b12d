from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
from drawn import collisions, texts
from synthetic import comparison

import keruen as kr
from keruen.languages import language
from keruen.report.loads import Loads
from keruen.report.maps import Drawn, flow_map, plan_map, route_map, site
from keruen.report.maps.courses import OFFSET_PX, courses
from keruen.report.maps.frame import Frame, project
from keruen.report.reading import Reading
from keruen.report.tokens import hexes
from keruen.report.vector import inline, size


@pytest.mark.parametrize("width", [340, 600, 720])
def test_names_do_not_collide_and_stay_on_the_map(reading, width):
    svg = route_map(reading, width)
    assert collisions(svg) == []
    wide, high = size(svg)
    assert wide == width
    for said, points, box in texts(svg):
        assert points >= 11, said
        assert box.left >= 0, said
        assert box.right <= wide, said
        assert box.bottom <= high, said


def test_the_longest_stops_are_named(english):
    said = " ".join(text for text, _, _ in texts(route_map(english, 720)))
    for name in ("Moscow", "Bandar Abbas 90\xa0h", "Incheh Borun 60\xa0h", "Mumbai", "KAZAKHSTAN", "500 km at"):
        assert name in said


def test_colours_are_tokens(english):
    svg = route_map(english, 600)
    assert hexes(svg) == []
    assert "#" not in inline(svg, "finding")


@pytest.mark.parametrize("routes", [1, 2])
def test_few_routes(routes):
    assert collisions(route_map(Reading.of(comparison(routes), "en"), 600)) == []


def test_projection_is_conformal_on_its_parallels():
    for lat in (22, 50):
        a, east, north = project([(54, lat), (54.1, lat), (54, lat + 0.1)])
        km_east, km_north = np.hypot(*(east - a)) / 1000, np.hypot(*(north - a)) / 1000
        assert km_north == pytest.approx(11.1, abs=0.05)
        assert km_east == pytest.approx(11.13 * np.cos(np.radians(lat)), rel=0.005)


def test_lines_that_share_a_track_run_side_by_side(english):
    drawn = {course.route: course for course in courses(english, Frame.around(english, 720))}
    east, west = drawn["east"], drawn["west"]
    gaps = [np.hypot(*(west.points - point).T).min() for point in east.points[20:40]]
    assert np.mean(gaps) == pytest.approx(OFFSET_PX, rel=0.2)
    assert np.abs(np.diff(east.points, axis=0)).max() < 8  # no jump


def test_a_name_from_the_tables_is_escaped():
    data = comparison()
    place = data.study.table("place")
    tables = data.study.table

    def table(name):
        if name == "place":
            return place.assign(name_en=place["name_en"].str.replace("Moscow", "<b>M</b>"))
        return tables(name)

    data.study.table = table
    svg = route_map(Reading.of(data, "en"), 600)
    assert "<b>" not in svg
    assert "&lt;b&gt;" in svg


def test_a_map_that_stands_alone_carries_its_credits(english):
    svg = route_map(english, 600, credits_below=True)
    assert "© OpenStreetMap contributors (ODbL)" in " ".join(text for text, _, _ in texts(svg))
    assert size(svg)[1] > size(route_map(english, 600))[1]
    assert collisions(svg) == []


@pytest.mark.parametrize("width", [340, 600, 720])
def test_names_of_the_flow_map_do_not_collide(reading, width):
    svg = flow_map(Loads(reading), width)
    assert collisions(svg) == []
    assert hexes(svg) == []
    wide, high = size(svg)
    assert wide == width
    for said, points, box in texts(svg):
        assert points >= 11, said
        assert box.left >= 0, said
        assert box.right <= wide, said
        assert box.bottom <= high, said


def test_flow_map_marks_the_full_crossing_and_says_how_wide(english):
    said = " ".join(text for text, _, _ in texts(flow_map(Loads(english), 720)))
    assert "Incheh Borun 93%" in said
    assert "Million tonnes a year" in said


@pytest.mark.parametrize("width", [340, 600, 720])
@pytest.mark.parametrize("code", ["en", "ru", "kk"])
def test_the_plan_is_on_the_map_and_no_name_covers_a_circle_or_another_name(code, width):
    study = kr.open("examples/north-south")
    reading = Reading(SimpleNamespace(study=study), language(code))
    rows = {row["project_id"]: row for row in study.records("project")}
    taken = ("p065", "p054", "p068")
    projects = [
        Drawn(number if name in taken else 0, reading.named(rows[name], name), "2031", site(study, name))
        for number, name in enumerate((*taken, "p050", "p033", "p037", "p047", "p034", "p035", "p069"), 1)
    ]
    svg = plan_map(reading, projects, width)
    assert hexes(svg) == []
    wide, high = size(svg)
    drawn = texts(svg)
    said = [text for text, _, _ in drawn]
    assert {"1", "2", "3"} <= set(said)
    assert sum("2031" in text for text in said) >= 2
    named = [(text, box) for text, points, box in drawn if not text.isdigit()]
    assert all(box.left >= 0 and box.right <= wide and box.bottom <= high for _, box in named)
    assert collisions(svg) == []
    circles = [
        tuple(map(float, found)) for found in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', svg)
    ]
    assert len(circles) == len(projects)
    for text, box in named:
        for x, y, radius in circles:
            dx, dy = max(box.left - x, x - box.right, 0.0), max(box.top - y, y - box.bottom, 0.0)
            assert np.hypot(dx, dy) > 0.7 * radius, text


def test_a_site_is_what_the_effects_name():
    study = kr.open("examples/north-south")
    assert site(study, "p054").links == ("rail-ayagoz-bakhty",)  # a new railway
    assert site(study, "p065").places == ("aktau",)  # hours of a stage at one port
    rehabilitated = site(study, "p035").links  # the speed of a line
    line = study.table("link").set_index("link_id")["line"]
    assert set(line[list(rehabilitated)]) == {"karabogaz-road"}
    assert not site(study, "p001")  # a plant that adds freight
