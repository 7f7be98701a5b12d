"""Facilities that bind: what has opened since the base year shortens their queue."""

from pathlib import Path

import pytest

import keruen as kr
from keruen.appraisal.dwelling import _declared
from keruen.network import Router

NORTH_SOUTH = Path(__file__).resolve().parents[2] / "examples" / "north-south"
INCHEH, SEEN = "akyayla-incheh-borun", 980_000


def test_a_second_workshop_shortens_the_hours_and_nothing_fills_the_gap():
    study = kr.open(NORTH_SOUTH)
    base = Router(study.scenario(year=2024))
    patch = kr.Patch("stage", "rail-ir-tm-gauge", "servers", set=2)
    later = study.scenario(year=2030).with_patches(patch)
    was = _declared(INCHEH, "coal_ores", None, base, Router(study.scenario(year=2024)))
    now = _declared(INCHEH, "coal_ores", None, base, Router(later))
    assert was.dwell(SEEN).mean_h == pytest.approx(was.stated_h["forward"], rel=0.01)
    assert now.dwell(SEEN).mean_h < was.dwell(SEEN).mean_h - 10
    assert {key: one.unqueued_h for key, one in now.met.items()} == pytest.approx(
        {key: one.unqueued_h for key, one in was.met.items()}
    )
