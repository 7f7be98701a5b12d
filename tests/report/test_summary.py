"""Results in a terminal are told by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

import keruen as kr
from keruen.network import Router
from keruen.summary import legs_table, routes_table

STUDY = Path(__file__).resolve().parents[2] / "examples" / "north-south"


@pytest.fixture(scope="module")
def router() -> Router:
    return Router(kr.open(STUDY).scenario(year=2024))


def said(table) -> list[str]:
    console = Console(width=160, no_color=True)
    with console.capture() as capture:
        console.print(table)
    return capture.get().splitlines()


def test_routes_are_told_by_name(router):
    study = router.scenario.study
    found = router.alternatives("moscow", "bandar-abbas", "containers", 2)
    assert said(routes_table(found, study))[0].strip() == "Moscow - Bandar Abbas, containers and manufactures"
    lines = said(legs_table(found[0], study))
    text = "\n".join(lines)
    assert {"Moscow", "Bandar Abbas", "Kazakhstan", "Iran"} <= {
        name for name in ("Moscow", "Bandar Abbas", "Kazakhstan", "Iran") if name in text
    }
    ids = set(study.table("place")["place_id"]) | set(study.table("service")["service_id"])
    words = {word for line in lines[2:] for word in line.split()}
    assert words & {name for name in ids if "-" in name or "_" in name} == set()
