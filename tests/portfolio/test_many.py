"""The search for many projects, on problems small enough to be enumerated."""

import itertools

import numpy as np
import pytest

from keruen.portfolio import Limit, Period, Progress, Rules, chains, choose
from keruen.portfolio.climbing import Climb
from keruen.portfolio.designs import standing
from keruen.portfolio.domains import Domains
from keruen.portfolio.evaluation import exact
from keruen.portfolio.surrogate import promised
from keruen.portfolio.trials import Trials

from .cases import enumerated, ring

PERIODS = (Period("a", 1.0, 0.9), Period("b", 0.8, 1.2))


@pytest.mark.parametrize("kind", ["new", "better", "both"])
def test_plan_and_bound(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "_MANY", 0)
    for seed in range(4):
        design = ring(seed, projects=4, kind=kind)
        budget = [0.4 * design.costs.sum(), 0.7 * design.costs.sum()]
        plan = choose(design, budget=budget, periods=PERIODS, threads=2)
        value, _ = enumerated(design, budget, PERIODS)
        assert plan.bound <= value * (1 + 1e-9)
        assert plan.objective >= value * (1 - 1e-9)
        assert all(spent <= allowed * (1 + 1e-8) for spent, allowed in zip(plan.spent, budget, strict=True))


def test_no_single_change_or_exchange_improves_what_the_climb_ends_with() -> None:
    for seed in range(4):
        design = ring(seed, projects=5, kind="both")
        domains = Domains(design, [0.4 * design.costs.sum(), 0.7 * design.costs.sum()], PERIODS, Rules())
        climb = Climb(design, domains, PERIODS, 2)
        cost, sets = climb.run((4,) * 5, float("inf"))
        assert climb.local.ended
        for one, other in itertools.product(range(5), repeat=2):
            for bit, second in itertools.product((1, 2, 4), repeat=2):
                plan = list(sets)
                plan[one], plan[other] = bit, second
                if domains.allows(tuple(plan)):
                    assert climb.cost(tuple(plan)) >= cost * (1 - 1e-8)


def test_same_climb_for_any_number_of_threads() -> None:
    design = ring(3, projects=6, kind="both", nodes=8)
    domains = Domains(design, [0.4 * design.costs.sum(), 0.7 * design.costs.sum()], PERIODS, Rules())
    assert len({Climb(design, domains, PERIODS, threads).run((4,) * 6, float("inf")) for threads in (1, 2, 3)}) == 1


def test_the_plan_says_whether_its_neighbours_were_all_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checked against equilibria solved cold: every change of one project, every exchange of two."""
    monkeypatch.setattr(chains, "_MANY", 0)
    monkeypatch.setattr(chains.Tree, "run", lambda *rest: None)  # no proof, so that the climb must speak for the plan
    design = ring(2, projects=6, kind="both", nodes=8)
    budget = [0.4 * design.costs.sum(), 0.7 * design.costs.sum()]
    plan = choose(design, budget=budget, periods=PERIODS, threads=1)
    assert not plan.proven
    assert plan.local is not None
    assert plan.local.ended
    domains = plan.domains
    near, exchanges = 0, 0
    for count in (1, 2):
        for projects in itertools.combinations(range(6), count):
            for bits in itertools.product((1, 2, 4), repeat=count):
                other = list(plan.sets)
                for project, bit in zip(projects, bits, strict=True):
                    other[project] = bit
                moved = [bit - plan.sets[project] for project, bit in zip(projects, bits, strict=True)]
                if 0 in moved or not domains.allows(tuple(other)) or (count == 2 and moved[0] * moved[1] > 0):
                    continue
                cost = sum(
                    period.weight * exact(design, mask, period.demand)
                    for period, mask in zip(PERIODS, standing(other, 2), strict=True)
                )
                assert cost >= plan.objective * (1 - 1e-7)
                near, exchanges = near + (count == 1), exchanges + (count == 2)
    assert (plan.local.changes, plan.local.exchanges, plan.local.left) == (near, exchanges, 0)
    assert str(plan.local) in repr(plan)
    hurried = choose(design, budget=budget, periods=PERIODS, threads=1, time_limit=1e-6)
    assert hurried.local is not None
    assert not hurried.local.ended
    assert "cut by time" in repr(hurried)


@pytest.mark.parametrize("most", [0, 10**6])
def test_the_search_tells_the_best_plan_and_the_bound_as_they_come(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "_MANY", most)
    design = ring(2, projects=6, kind="both", nodes=8)
    for periods in (PERIODS, PERIODS[:1]):
        seen: list[Progress] = []
        plan = choose(design, budget=0.5 * design.costs.sum(), periods=periods, threads=1, callback=seen.append)
        assert seen
        assert all(later.objective <= sooner.objective for sooner, later in itertools.pairwise(seen))
        assert all(step.bound <= plan.objective * (1 + 1e-9) <= step.objective * (1 + 1e-6) for step in seen)


def test_trials_are_the_equilibria_of_their_designs() -> None:
    for queues in (False, True):
        design = ring(4, kind="both", queues=queues)
        trials = Trials(design, PERIODS, 2)
        trials.settle([0b101, 0b111])
        wanted = [(period, mask) for period in range(2) for mask in range(32)]
        assert trials.fill(wanted, float("inf"), rough=True)
        for period, mask in wanted:
            cold = exact(design, mask, PERIODS[period].demand)
            rough = trials.rough.get((period, mask), trials.exact.get((period, mask)))
            assert rough == pytest.approx(cold, rel=1e-5)
            assert trials.cost((period, mask)) == pytest.approx(cold, rel=1e-8)
        assert not Trials(design, PERIODS, 2).fill(wanted, 0.0)


@pytest.mark.parametrize("seed", range(4))
def test_surrogate_counts_what_two_projects_do_to_each_other(seed: int) -> None:
    random = np.random.default_rng(seed)
    design = ring(3, projects=4)
    domains = Domains(design, [0.5 * design.costs.sum(), 0.8 * design.costs.sum()], PERIODS, Rules())
    present = (4, 2, 4, 4)
    effects = random.normal(size=(4, 2))
    joint = [
        (one, other, period, float(random.normal()))
        for one, other in itertools.combinations(range(4), 2)
        for period in range(2)
    ]

    def promise(plan: tuple[int, ...]) -> float:
        before, after = standing(present, 2), standing(plan, 2)
        moved = [[(before[t] ^ after[t]) >> project & 1 for t in range(2)] for project in range(4)]
        return float((effects * moved).sum()) + sum(
            more * moved[one][t] * moved[other][t] for one, other, t, more in joint
        )

    within = [plan for plan in itertools.product((1, 2, 4), repeat=4) if domains.allows(plan)]
    found = promised(domains, present, effects, 4, joint)
    assert found is not None
    assert promise(found) == pytest.approx(min(map(promise, within)), abs=1e-6)


@pytest.mark.parametrize(
    "rules",
    [
        Rules(),
        Rules(prerequisites=[("p0", "p1")], exclusive=[("p2", "p3")]),
        Rules(together=[("p1", "p2")], most_at_once=2, latest={"p0": 0}),
        Rules(required=["p3"], limits=[Limit("party", 30.0, {"p0": 20.0, "p1": 20.0, "p2": 5.0})]),
    ],
)
def test_surrogate_finds_the_plan_that_promises_most(rules: Rules) -> None:
    design = ring(3, projects=4)
    domains = Domains(design, [0.5 * design.costs.sum(), 0.8 * design.costs.sum()], PERIODS, rules)
    present = next(plan for plan in itertools.product((4, 2, 1), repeat=4) if domains.allows(plan))
    effects = np.random.default_rng(5).normal(size=(4, 2))

    def promise(plan: tuple[int, ...]) -> float:
        now, new = ([bit.bit_length() - 1 for bit in one] for one in (present, plan))
        return sum(effects[p, min(a, b) : max(a, b)].sum() for p, (a, b) in enumerate(zip(now, new, strict=True)))

    for changes in (1, 2, 4):
        within = [
            plan
            for plan in itertools.product((1, 2, 4), repeat=4)
            if domains.allows(plan) and sum(a != b for a, b in zip(plan, present, strict=True)) <= changes
        ]
        found = promised(domains, present, effects, changes)
        assert found in within
        assert promise(found) == pytest.approx(min(map(promise, within)), abs=1e-6)
