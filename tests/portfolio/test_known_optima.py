"""The optima of the shared instances, found by full enumeration or an independent branch and bound."""

import json

import pytest

from keruen.portfolio import Period, choose

from .cases import FOLDER, shared

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the shared instances are not mounted")

KNOWN = json.loads((FOLDER / "known_optima.json").read_text()) if FOLDER.exists() else {"single_period": []}


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(
            one,
            id=f"{one['instance'].split('/')[1][:-4]} {one['budget_fraction']}",
            marks=[pytest.mark.slow] if "_20_" in one["instance"] else [],
        )
        for one in KNOWN["single_period"]
    ],
)
def test_known_optimum(known: dict) -> None:
    design = shared(known["instance"])
    plan = choose(design, budget=known["budget_fraction"] * design.costs.sum(), threads=1)
    assert plan.proven
    assert plan.objective == pytest.approx(known["optimal_tstt"], rel=2e-6)
    assert plan.bound <= plan.objective
    assert plan.gap <= 2e-6
    if "SF_DNDP_10" in known["instance"]:  # the second best is farther than the tolerance
        assert sorted(plan.chosen) == sorted(known["optimal_links"])


def test_three_periods() -> None:
    design = shared("SiouxFalls/SF_DNDP_10_1.txt")
    periods = [Period("1", 1.0, 0.8), Period("2", 0.65, 1.0), Period("3", 0.42, 1.2)]
    plan = choose(design, budget=[2250, 4500, 6750], periods=periods, threads=1)
    assert plan.proven
    assert plan.objective == pytest.approx(11011.067475, rel=1e-6)
    assert [plan.opens.get(name) for name in ("11-15", "15-11")] == ["1", "1"]
    assert [plan.opens.get(name) for name in ("19-22", "22-19", "14-13")] == ["2", "2", "2"]
    assert [plan.opens.get(name) for name in ("9-11", "13-14")] == ["3", "3"]
