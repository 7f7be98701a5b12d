from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keruen.report.labels import Box, clash, spread, text_box, text_width


@given(st.lists(st.floats(0, 300), max_size=12))
def test_spread_keeps_order_and_gap(wanted):
    placed = spread(wanted, 15, 0, 300)
    order = np.argsort(wanted, kind="stable")
    steps = np.diff(np.array(placed)[order])
    assert (steps >= 15 - 1e-9).all()
    assert all(place >= -1e-9 for place in placed)


@given(st.lists(st.floats(0, 300), max_size=12))
def test_spread_stays_within_a_column_that_holds_all(wanted):
    placed = spread(wanted, 15, 0, 300)
    assert all(-1e-9 <= place <= 300 + 1e-9 for place in placed)


def test_spread_leaves_what_is_apart():
    assert spread([100, 10, 55], 15, 0, 300) == [100, 10, 55]


def test_spread_centres_a_heap_on_its_marks():
    assert spread([50, 50, 50], 10, 0, 100) == pytest.approx([40, 50, 60])


def test_spread_of_nothing():
    assert spread([], 15, 0, 100) == []


def test_bold_and_cyrillic_are_wider():
    assert text_width("Incheh Borun", 12, bold=True) > text_width("Incheh Borun", 12)
    assert text_width("Щ", 12) > text_width("i", 12)
    assert text_width("Ақтөбе", 12) == pytest.approx(12 / 11 * text_width("Ақтөбе", 11))


def test_boxes():
    box = text_box("km", 100, 50, 12, anchor="end")
    assert box.right == 100
    assert clash(box, [Box(90, 40, 95, 60)])
    assert not clash(box, [Box(101.5, 40, 120, 60)])
    assert box.inside(Box(0, 0, 200, 200))
