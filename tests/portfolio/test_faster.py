"""Projects that make links faster from no flow on, of every pair of kinds of link performance functions."""

import itertools

import numpy as np
import pytest

from keruen.equilibrium import DemandClass, Problem
from keruen.network.delay import Delay
from keruen.portfolio import DesignProblem, Period, Project, Rules, choose
from keruen.portfolio.evaluation import Workspace, exact

from .cases import enumerated

KINDS = ("constant", "flat", "bpr", "queue")


def corridors(seed: int) -> DesignProblem:
    """Return three two-link corridors for one demand; each project makes a link faster, whatever its flow."""
    random = np.random.default_rng(seed)
    free, room, kinds = random.uniform(1, 4, 6), random.uniform(2, 8, 6), random.choice(KINDS, 6)

    def delay(arc: int, faster: float = 1.0, wider: float = 1.0) -> Delay:
        if kinds[arc] == "constant":
            return Delay.constant([free[arc] * faster])
        if kinds[arc] == "queue":
            return Delay.queue([free[arc] * faster], [room[arc] * wider], 8.0)
        bend, power = (0.0, 4.0) if kinds[arc] == "flat" else (0.5, 1.0 + arc)
        return Delay.bpr([free[arc] * faster], [room[arc] * wider], [bend], [power])

    demand = DemandClass("all", [0, 0], [4, 2], [6.0, 1.0])
    problem = Problem(5, [0, 0, 0, 1, 2, 3], [1, 2, 3, 4, 4, 4], Delay.join([delay(arc) for arc in range(6)]), [demand])
    projects = [
        Project(f"p{arc}", 10.0, changes=[arc], delay=delay(arc, random.uniform(0.5, 0.9), random.choice([1.0, 1.5])))
        for arc in range(5)
    ]
    return DesignProblem(problem, projects)


@pytest.mark.parametrize("seed", range(12))
def test_a_bound_is_never_above_a_design_with_faster_links(seed: int) -> None:
    design = corridors(seed)
    costs = {mask: exact(design, mask, 1.0, 1e-10) for mask in range(32)}
    work = Workspace(design, [Period()])
    for money, price, rho in itertools.product((10.0, 20.0, 50.0), (0.0, 0.01, 0.1, 1.0), (0.0, 0.4, 0.9)):
        within = min(cost for mask, cost in costs.items() if 10.0 * mask.bit_count() <= money)
        z = work.reference(0, 0, 31, [0.5] * 5) if rho else None
        found = work.bound(0, 0, 31, money, price, np.inf, precise=1e-5, iterations=200, reference=z, rho=rho)
        assert found.value <= within * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_optimum_of_two_periods_with_faster_links(seed: int) -> None:
    design = corridors(seed)
    periods = [Period("a", 1.0, 0.5), Period("b", 0.9, 1.3)]
    plan = choose(design, budget=[10.0, 30.0], periods=periods, rules=Rules(most_at_once=1), threads=1)
    value, _ = enumerated(design, [10.0, 30.0], periods, lambda t: t.count(0) <= 1 and t.count(1) <= 1)
    assert plan.proven
    assert plan.objective == pytest.approx(value, rel=2e-6)
    assert plan.bound <= value * (1 + 1e-9)
