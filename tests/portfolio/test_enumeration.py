"""Small random problems against every plan there is."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keruen.equilibrium import DemandClass, Problem
from keruen.network.delay import Delay
from keruen.portfolio import DesignProblem, Limit, Period, Project, Rules, choose
from keruen.portfolio.evaluation import Workspace, exact

from .cases import crossings, enumerated, ring

KINDS = st.sampled_from(["new", "better", "both"])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), kind=KINDS, share=st.floats(0.1, 0.9), queues=st.booleans())
def test_optimum_of_one_period(seed: int, kind: str, share: float, queues: bool) -> None:
    design = ring(seed, kind=kind, queues=queues)
    budget = share * design.costs.sum()
    plan = choose(design, budget=budget, threads=1)
    value, _ = enumerated(design, [budget])
    assert plan.proven
    assert plan.objective == pytest.approx(value, rel=2e-6)
    assert plan.spent[0] <= budget * (1 + 1e-8)
    assert plan.bound <= value * (1 + 1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.1, 0.9))
def test_optimum_where_crossings_are_past_capacity(seed: int, share: float) -> None:
    """Servers and service rates are bought, and queues are carried past capacity."""
    design = crossings(seed)
    plan = choose(design, budget=share * design.costs.sum(), threads=1)
    value, _ = enumerated(design, [share * design.costs.sum()])
    assert plan.proven
    assert plan.objective == pytest.approx(value, rel=2e-6)
    assert plan.bound <= value * (1 + 1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), price=st.floats(0.0, 3.0), rho=st.floats(0.05, 0.97))
def test_the_cut_is_valid_for_crossings(seed: int, price: float, rho: float) -> None:
    """No bound, at any weight of the cut, is above any design of its node; and the cut is worth something."""
    design = crossings(seed)
    count = len(design.projects)
    costs = {mask: exact(design, mask, 1.0, 1e-10) for mask in range(1 << count)}
    assert design.problem.classes[0].flow[0] > 1.2 * (1 / design.problem.delay.parameters[4:7, 1]).sum()
    work = Workspace(design, [Period()])
    for built, free in ((0, 31), (2, 29), (8, 23), (9, 6), (0, 7), (31, 0)):
        left = 0.6 * sum(design.costs[at] for at in range(count) if free >> at & 1)
        within = [
            costs[built | mask]
            for mask in range(1 << count)
            if mask & free == mask and sum(design.costs[at] for at in range(count) if mask >> at & 1) <= left + 1e-9
        ]
        for shares in (0.0, 0.5, 1.0):
            z = work.reference(0, built, free, [shares] * count)
            for iterations in (1, 4, 80):
                found = work.bound(
                    0, built, free, left, price, np.inf, unit=1.0, iterations=iterations, reference=z, rho=rho
                )
                assert found.value <= min(within) * (1 + 1e-9)
    plain = work.bound(0, 31, 0, 0.0, 0.0, np.inf, precise=1e-6, iterations=300).value
    z = work.reference(0, 31, 0, [1.0] * count)
    pulled = work.bound(0, 31, 0, 0.0, 0.0, np.inf, precise=1e-6, iterations=600, reference=z, rho=0.97).value
    assert costs[31] - pulled <= 0.3 * (costs[31] - plain) + 1e-6 * costs[31]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), kind=KINDS, price=st.floats(0.0, 3.0), queues=st.booleans())
def test_a_bound_is_never_above_a_design_of_its_node(seed: int, kind: str, price: float, queues: bool) -> None:
    design = ring(seed, kind=kind, queues=queues)
    count = len(design.projects)
    budget = 0.5 * design.costs.sum()
    costs = {mask: exact(design, mask, 1.0, 1e-10) for mask in range(1 << count)}
    spent = {mask: sum(design.costs[at] for at in range(count) if mask >> at & 1) for mask in costs}
    work = Workspace(design, [Period()])
    for built, free in ((0, 31), (1, 30), (4, 9), (0, 6), (8, 0), (16, 15)):
        left = budget - spent[built]
        within = [
            costs[built | mask]
            for mask in (m for m in range(1 << count) if m & free == m)
            if spent[mask] <= left + 1e-9
        ]
        if not within:
            continue
        for iterations in (1, 3, 40):
            found = work.bound(0, built, free, left, price, np.inf, unit=1.0, iterations=iterations)
            assert found.value <= min(within) * (1 + 1e-9)
        for rho, shares in ((0.3, 0.0), (0.75, 0.5), (0.95, 1.0), (0.9, found.built)):
            z = work.reference(0, built, free, np.broadcast_to(shares, count).tolist())
            for iterations in (2, 60):
                pulled = work.bound(
                    0, built, free, left, price, np.inf, unit=1.0, iterations=iterations, reference=z, rho=rho
                )
                assert pulled.value <= min(within) * (1 + 1e-9)


def test_the_variational_inequality_removes_the_floor_under_the_bound() -> None:
    """Decided designs are bounded by user equilibrium, not by system optimum."""
    for queues in (False, True):
        design = ring(8, kind="better", queues=queues)
        work = Workspace(design, [Period()])
        cost = exact(design, 5, 1.0, 1e-10)
        plain = work.bound(0, 5, 0, 0.0, 0.0, np.inf, precise=1e-6, iterations=200).value
        z = work.reference(0, 5, 0, [0.0] * 5)
        pulled = work.bound(0, 5, 0, 0.0, 0.0, np.inf, precise=1e-6, iterations=400, reference=z, rho=0.97).value
        assert plain < cost * (1 - 0.05)
        assert cost - pulled < 0.1 * (cost - plain)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), kind=KINDS)
def test_optimum_of_three_periods(seed: int, kind: str) -> None:
    design = ring(seed, projects=4, kind=kind)
    periods = [Period("a", 1.0, 0.8), Period("b", 0.7, 1.1), Period("c", 0.5, 1.4)]
    budget = [part * design.costs.sum() for part in (0.3, 0.5, 0.8)]
    plan = choose(design, budget=budget, periods=periods, threads=1)
    value, _ = enumerated(design, budget, periods)
    assert plan.proven
    assert plan.objective == pytest.approx(value, rel=2e-6)
    assert all(spent <= allowed * (1 + 1e-8) for spent, allowed in zip(plan.spent, budget, strict=True))


RULES = {
    "prerequisite": (Rules(prerequisites=[("p0", "p1"), ("p1", "p2")]), lambda t: t[0] >= t[1] >= t[2]),
    "exclusive": (Rules(exclusive=[("p0", "p1", "p3")]), lambda t: sum(t[i] < 2 for i in (0, 1, 3)) <= 1),
    "together": (Rules(together=[("p1", "p3")]), lambda t: t[1] == t[3]),
    "earliest": (Rules(earliest={"p0": 1, "p1": 1}), lambda t: t[0] >= 1 and t[1] >= 1),
    "latest": (Rules(latest={"p2": 0}), lambda t: t[2] != 1),
    "required": (Rules(required=["p3"]), lambda t: t[3] < 2),
    "at once": (Rules(most_at_once=1), lambda t: t.count(0) <= 1 and t.count(1) <= 1),
}


@pytest.mark.parametrize("name", RULES)
def test_rules(name: str) -> None:
    rules, allowed = RULES[name]
    different = 0
    for seed in range(6):
        design = ring(seed, projects=4, kind="both")
        periods = [Period("a", 1.0, 0.9), Period("b", 0.8, 1.2)]
        budget = [0.6 * design.costs.sum(), 0.8 * design.costs.sum()]
        plan = choose(design, budget=budget, periods=periods, rules=rules, threads=1)
        value, _ = enumerated(design, budget, periods, allowed)
        assert plan.proven
        assert plan.objective == pytest.approx(value, rel=2e-6)
        different += value > enumerated(design, budget, periods)[0] * (1 + 1e-9)
    assert different  # the rule bound somewhere


def test_budget_of_a_party() -> None:
    design = ring(3, kind="new")
    half = {one.name: one.cost / 2 for one in design.projects[:3]}
    limit = Limit("the party", 0.4 * sum(half.values()), half)
    budget = 0.8 * design.costs.sum()
    plan = choose(design, budget=budget, rules=Rules(limits=[limit]), threads=1)
    value, _ = enumerated(
        design, [budget], allowed=lambda t: sum(half[f"p{i}"] for i in range(3) if t[i] == 0) <= limit.budget
    )
    assert plan.proven
    assert plan.objective == pytest.approx(value, rel=2e-6)


def test_spending_before_opening() -> None:
    base = ring(5, projects=3, kind="new")
    slow = [Project(one.name, one.cost, opens=one.opens, spending=(0.5, 0.5)) for one in base.projects]
    design = DesignProblem(base.problem, slow)
    periods = [Period("a"), Period("b"), Period("c")]
    budget = [0.2 * design.costs.sum(), 0.5 * design.costs.sum(), design.costs.sum()]
    plan = choose(design, budget=budget, periods=periods, threads=1)

    def allowed(opens: tuple[int, ...]) -> bool:
        for period in range(3):
            shares = [0.0 if t == 3 else min(1.0, max(0.0, 0.5 * (period - t + 2))) for t in opens]
            if np.dot(shares, design.costs) > budget[period] + 1e-9:
                return False
        return all(t >= 1 for t in opens)

    value, _ = enumerated(design, [np.inf] * 3, periods, allowed)
    assert plan.proven
    assert plan.objective == pytest.approx(value, rel=2e-6)
    assert plan.spent[0] <= budget[0] + 1e-6


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), kind=KINDS)
def test_more_money_is_never_worse_and_no_exchange_is_better(seed: int, kind: str) -> None:
    design = ring(seed, kind=kind)
    plans = [choose(design, budget=share * design.costs.sum(), threads=1) for share in (0.2, 0.4, 0.6, 0.8, 1.0)]
    for poorer, richer in itertools.pairwise(plans):
        assert richer.objective <= poorer.objective * (1 + 2e-6)
    plan = plans[2]
    mask = sum(1 << design.number(name) for name in plan.chosen)
    for out, into in itertools.product(range(5), range(5)):
        swapped = (mask & ~(1 << out)) | 1 << into
        if sum(design.costs[at] for at in range(5) if swapped >> at & 1) <= 0.6 * design.costs.sum():
            assert plan.objective <= exact(design, swapped, 1.0, 1e-10) * (1 + 2e-6)


def test_braess() -> None:
    """The bridge is affordable and makes everybody worse off (Braess 1968), so it is not built."""
    delay = Delay.join(
        [Delay.bpr([1e-9, 50, 50, 1e-9], 1.0, [1e10, 0.02, 0.02, 1e10], 1.0), Delay.bpr([10], 1, 0.1, 1)]
    )
    problem = Problem(4, [0, 0, 1, 2, 1], [1, 2, 3, 3, 2], delay, [DemandClass("all", [0], [3], [6.0])])
    design = DesignProblem(problem, [Project("bridge", 1.0, opens=[4])])
    plan = choose(design, budget=10.0, threads=1)
    assert plan.proven
    assert plan.chosen == []
    assert plan.objective == pytest.approx(6 * 83, rel=1e-6)  # 92 with the bridge
    assert plan.rejected[0].reason == "users would be worse off"
    assert plan.rejected[0].marginal == pytest.approx(6 * (83 - 92), rel=1e-6)


def test_same_plan_for_any_number_of_threads() -> None:
    design = ring(11, projects=8, kind="new", nodes=8)
    plans = [choose(design, budget=0.5 * design.costs.sum(), threads=threads) for threads in (1, 2, 4)]
    assert len({(plan.objective, plan.bound, plan.nodes, tuple(plan.chosen)) for plan in plans}) == 1
