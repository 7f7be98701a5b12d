from __future__ import annotations

import numpy as np
import pytest
from drawn import collisions, texts
from synthetic import comparison

from keruen.report.loads import Loads
from keruen.report.maps import flow_map, route_map
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
