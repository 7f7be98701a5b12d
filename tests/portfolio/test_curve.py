"""Budget curve, interactions and robustness."""

import numpy as np
import pytest

from keruen.errors import UsageError
from keruen.portfolio import Period, budget_curve, choose, interactions, robustness
from keruen.portfolio.evaluation import exact

from .cases import enumerated, ring


def test_curve_holds_the_best_plan_of_every_budget() -> None:
    design = ring(7, projects=4, kind="both")
    curve = budget_curve(design, threads=1)
    assert curve.complete
    assert curve.budgets[0] == 0
    for budget in np.linspace(0, design.costs.sum(), 13):
        at = max(place for place, least in enumerate(curve.budgets) if least <= budget + 1e-6)
        assert curve.plans[at].objective == pytest.approx(enumerated(design, [budget])[0], rel=2e-6)
    table = curve.table
    assert (table["objective"].diff().dropna() < 0).all()
    assert list(table["budget"]) == sorted(table["budget"])


def test_curve_of_two_periods() -> None:
    """The budget grows as a whole; half of it may be spent in the first period."""
    design = ring(7, projects=3, kind="both")
    periods = (Period("a", 1.0, 0.9), Period("b", 0.8, 1.2))
    curve = budget_curve(design, periods=periods, profile=(0.5, 1.0), threads=1)
    assert curve.complete
    for budget in np.linspace(0, 2 * design.costs.sum(), 9):
        at = max(place for place, least in enumerate(curve.budgets) if least <= budget + 1e-6)
        value, _ = enumerated(design, [0.5 * budget, budget], periods)
        assert curve.plans[at].objective == pytest.approx(value, rel=2e-6)
    with pytest.raises(UsageError, match="profile"):
        budget_curve(design, periods=periods, profile=(0.5, 0.4))


def test_robustness_of_two_periods() -> None:
    design = ring(7, projects=3, kind="both")
    periods = (Period("a", 1.0, 0.9), Period("b", 0.8, 1.2))
    budget = [0.4 * design.costs.sum(), 0.8 * design.costs.sum()]
    table = robustness(design, budget=budget, periods=periods, demand=(1.2,), cost_spread=0.0, draws=1, threads=1)
    busier = [Period("a", 1.0, 0.9 * 1.2), Period("b", 0.8, 1.2 * 1.2)]
    _, opens = enumerated(design, budget, busier)
    assert list(table["share"]) == [float(one < 2) for one in opens]


def test_picked_budgets() -> None:
    curve = budget_curve(ring(7, projects=4), steps=3, threads=1)
    assert not curve.complete
    assert len(curve.plans) == 3
    with pytest.raises(UsageError, match="steps 1"):
        budget_curve(ring(7), steps=1)


def test_interactions_add_up() -> None:
    design = ring(7, projects=4, kind="both")
    table = interactions(design)
    saved = exact(design, 0) - exact(design, 0b101)
    assert table.iloc[0, 0] + table.iloc[2, 2] + table.iloc[0, 2] == pytest.approx(saved, rel=1e-6)
    assert np.allclose(table, table.T)
    given = interactions(design, given=["p1"])
    assert given.loc["p1"].isna().all()
    assert given.loc["p0", "p0"] == pytest.approx(exact(design, 0b10) - exact(design, 0b11), rel=1e-6)


def test_two_new_links_in_a_row_are_complements() -> None:
    from keruen.equilibrium import DemandClass, Problem
    from keruen.network.delay import Delay
    from keruen.portfolio import DesignProblem, Project

    delay = Delay.bpr([10.0, 1.0, 1.0], 5.0)
    problem = Problem(
        3, np.array([0, 0, 1]), np.array([2, 1, 2]), delay, [DemandClass("all", *map(np.array, ([0], [2], [4.0])))]
    )
    design = DesignProblem(problem, [Project("first", 1.0, opens=[1]), Project("second", 1.0, opens=[2])])
    table = interactions(design)
    assert table.loc["first", "first"] == pytest.approx(0.0, abs=1e-9)
    assert table.loc["first", "second"] > 1


def test_robustness_counts_scenarios() -> None:
    design = ring(7, projects=4, kind="both")
    budget = 0.5 * design.costs.sum()
    table = robustness(design, budget=budget, demand=(1.0,), cost_spread=0.0, draws=2, threads=1)
    chosen = choose(design, budget=budget, threads=1).chosen
    assert table.set_index("project")["share"].to_dict() == {name: float(name in chosen) for name in design.names}
    spread = robustness(design, budget=budget, draws=2, threads=1)
    assert spread["share"].between(0, 1).all()
