"""What cannot be asked, and what has a plain answer."""

import pytest

from keruen.equilibrium import DemandClass, Problem
from keruen.errors import DataError, NoPathError, UsageError
from keruen.network.delay import Delay
from keruen.portfolio import DesignProblem, Limit, Period, Project, Rules, choose
from keruen.portfolio.problem import slower

from .cases import ring


def test_budget_below_the_cheapest_builds_nothing_and_says_so() -> None:
    plan = choose(ring(1), budget=1.0)
    assert plan.proven
    assert plan.chosen == []
    assert plan.saving == 0
    assert {one.reason for one in plan.rejected} == {"dearer than the budget"}


def test_rules_that_no_plan_meets() -> None:
    rules = Rules(required=["p0"], prerequisites=[("p0", "p1")], exclusive=[("p0", "p1")])
    with pytest.raises(UsageError, match="no plan meets the rules"):
        choose(ring(1), budget=1000.0, rules=rules)


def test_unknown_project_in_a_rule() -> None:
    with pytest.raises(UsageError, match="no project 'elsewhere'"):
        choose(ring(1), budget=10.0, rules=Rules(required=["elsewhere"]))


@pytest.mark.parametrize("budget", [-1.0, float("nan"), float("inf"), [1.0, 2.0], [], [[1.0]], "5", None])
def test_budget_out_of_range(budget: float) -> None:
    with pytest.raises(UsageError, match="budget"):
        choose(ring(1), budget=budget)


def test_falling_budget() -> None:
    with pytest.raises(UsageError, match="never falling"):
        choose(ring(1), budget=[2.0, 1.0], periods=[Period("a"), Period("b")])


def test_negative_cost_and_arcs_of_two_projects() -> None:
    base = ring(1).problem
    with pytest.raises(DataError, match="cost = -1") as caught:
        DesignProblem(base, [Project("a", -1.0, opens=[3]), Project("b", 1.0, opens=[3]), Project("c", 1.0)])
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"cost": float("nan")}, "cost = nan"),
        ({"cost": "x"}, "cost = 'x': expected a number"),
        ({"cost": None}, "cost = None: expected a number"),
        ({"opens": [1.5]}, "expected numbers of arcs"),
        ({"opens": 12}, "expected numbers of arcs"),
        ({"spending": (float("nan"),)}, "shares that add up to 1"),
        ({"spending": ()}, "shares that add up to 1"),
    ],
)
def test_project_of_another_kind(wrong: dict, words: str) -> None:
    base = ring(1).problem
    with pytest.raises(DataError, match=words):
        DesignProblem(base, [Project(**{"name": "a", "cost": 1.0, "opens": [12], **wrong})])


def test_what_is_no_project_and_no_problem() -> None:
    with pytest.raises(DataError, match="expected a Project"):
        DesignProblem(ring(1).problem, ["a"])
    with pytest.raises(DataError, match="expected a Problem"):
        DesignProblem(None, [Project("a", 1.0, opens=[0])])


def test_demand_that_nothing_can_carry_is_named() -> None:
    problem = Problem(3, [0], [1], Delay.bpr([1.0], 1.0), [DemandClass("all", [0], [2], [1.0])])
    with pytest.raises(NoPathError, match="no path: all: 0 to 2"):
        choose(DesignProblem(problem, [Project("a", 1.0, opens=[0])]), budget=1.0)


def test_project_that_makes_an_arc_slower() -> None:
    base = ring(1).problem
    with pytest.raises(DataError, match="no slower"):
        DesignProblem(base, [Project("a", 1.0, changes=[0], delay=Delay.constant(1000.0))])


def test_project_that_never_finishes() -> None:
    base = ring(1)
    projects = [Project("slow", 1.0, opens=base.projects[0].opens, spending=(0.2, 0.3, 0.5)), *base.projects[1:]]
    plan = choose(DesignProblem(base.problem, projects), budget=1e6, periods=[Period("a"), Period("b")])
    assert "slow" not in plan.chosen
    assert [one.reason for one in plan.rejected if one.project == "slow"] == ["never finishes within the periods"]


def test_candidate_without_congestion() -> None:
    """A connector that takes no time has no congestion term at all."""
    delay = Delay.join([Delay.bpr([5, 5], 3.0, 1.0, 4.0), Delay.constant([0.0, 0.0])])
    problem = Problem(3, [0, 1, 0, 1], [1, 2, 1, 2], delay, [DemandClass("all", [0], [2], [4.0])])
    design = DesignProblem(problem, [Project("first", 2.0, opens=[2]), Project("second", 1.0, opens=[3])])
    plan = choose(design, budget=2.0)
    assert plan.proven
    assert len(plan.chosen) == 1
    assert choose(design, budget=3.0).objective == pytest.approx(0.0, abs=1e-9)


def test_demand_without_a_path_until_something_is_built() -> None:
    problem = Problem(3, [0, 1, 0], [1, 2, 2], Delay.constant([1.0, 1.0, 5.0]), [DemandClass("all", [0], [2], [4.0])])
    design = DesignProblem(problem, [Project("near", 2.0, opens=[1]), Project("far", 1.0, opens=[2])])
    assert choose(design, budget=2.0).chosen == ["near"]
    plan = choose(design, budget=1.0)
    assert plan.chosen == ["far"]
    assert plan.without == float("inf")


def test_time_limit_says_what_is_proven() -> None:
    design = ring(2, projects=10, nodes=12)
    plan = choose(design, budget=0.5 * design.costs.sum(), time_limit=1e-6)
    assert plan.reason == "time limit"
    assert plan.bound <= choose(design, budget=0.5 * design.costs.sum()).objective <= plan.objective


@pytest.mark.parametrize(
    "options",
    [
        {"time_limit": 0},
        {"time_limit": float("nan")},
        {"time_limit": "x"},
        {"threads": 0},
        {"threads": 1.5},
        {"threads": "2"},
        {"periods": []},
        {"periods": 3},
        {"periods": Period()},
        {"periods": [Period("a", float("inf"))]},
        {"periods": [Period("a", 1.0, float("nan"))]},
        {"rules": {"required": ["p0"]}},
        {"callback": "x"},
    ],
)
def test_options_out_of_range(options: dict) -> None:
    with pytest.raises(UsageError, match="expected"):
        choose(ring(1), budget=10.0, **options)


def test_no_projects_and_years_in_place_of_periods_are_refused_in_words() -> None:
    design = ring(1)
    with pytest.raises(UsageError, match="expected Period objects, got 2026"):
        choose(design, budget=1.0, periods=(2026, 2030))
    with pytest.raises(UsageError, match="one or more to choose from"):
        choose(DesignProblem(design.problem, []), budget=1.0)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (Rules(together=[[]]), "together: expected different names, one or more"),
        (Rules(exclusive=[["p0", "p0"]]), "exclusive: expected different names, one or more"),
        (Rules(limits=[Limit("x", 1.0, {"p0": float("inf")})]), "costs to x: expected 0 or more"),
        (Rules(earliest={"p0": 7}), "p0: earliest period 7, there are 0 to 0"),
        (Rules(latest={"p0": -1}), "p0: latest period -1"),
        (Rules(prerequisites=[("p0", "p0")]), "p0: cannot wait for itself"),
        (Rules(prerequisites=[("p0", "p1", "p2")]), "expected pairs"),
        (Rules(earliest={"p0": 0.5}), "p0: earliest period 0.5"),
        (Rules(exclusive=["p0", "p1"]), "exclusive: expected groups"),
        (Rules(required="p0"), "expected groups of names, got the text 'p0'"),
        (Rules(most_at_once=-1), "most_at_once -1: expected 0 or more"),
        (Rules(limits=[Limit("x", 10.0, {"p0": float("nan")})]), "costs to x: expected 0 or more"),
        (Rules(limits=[Limit("x", -1.0, {"p0": 1.0})]), "budget of x: expected 0 or more"),
    ],
)
def test_rules_that_mean_nothing_are_refused(rules: Rules, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        choose(ring(1), budget=1000.0, rules=rules)


def test_periods_of_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match="a name of its own"):
        choose(ring(1), budget=1.0, periods=[Period("a"), Period("a", 0.5)])


@pytest.mark.parametrize(
    ("rules", "count", "words"),
    [
        ({"required": ["p0"], "parties": ["KZ"]}, 1, "p0 is required, but RU may not take part"),
        ({"required": ["p0"], "parties": ["KZ"]}, 2, "p0 is required, but RU may not take part"),
        ({"required": ["p0"], "parties": [], "prerequisites": [("p1", "p0")]}, 1, "p0 is required, but RU may not"),
        ({"required": ["p1"]}, 1, "p1 is required, but takes 2 periods of 1"),
        (
            {"required": ["p0"], "earliest": {"p0": 1}, "latest": {"p0": 0}},
            2,
            "p0 is required, but may open in period 1 at",
        ),
        (
            {"required": ["p2"], "limits": [Limit("KZ", 0.5, {"p2": 1.0})]},
            1,
            "p2: required, but dearer than the budget of KZ",
        ),
        (
            {"required": ["p2", "p3"], "limits": [Limit("KZ", 1.5, {"p2": 1.0, "p3": 1.0})]},
            1,
            "required projects cost 2, more than the budget of KZ, 1.5",
        ),
        ({"required": ["p2", "p3"], "most_at_once": 1}, 1, "2 projects are required, but at most 1"),
    ],
)
def test_why_no_plan_meets_the_rules(rules: dict, count: int, words: str) -> None:
    base = ring(1)
    kinds = [{"parties": ("RU",)}, {"spending": (0.5, 0.5)}, {}, {}]
    projects = [
        Project(one.name, one.cost, opens=one.opens, **kind) for one, kind in zip(base.projects, kinds, strict=False)
    ]
    periods = [Period(str(at)) for at in range(count)]
    with pytest.raises(UsageError, match=words):
        choose(DesignProblem(base.problem, projects), budget=1000.0, periods=periods, rules=Rules(**rules))


@pytest.mark.parametrize("count", [1, 2])
def test_network_that_takes_no_time(count: int) -> None:
    problem = Problem(2, [0, 0], [1, 1], Delay.constant([0.0, 0.0]), [DemandClass("a", [0], [1], [1.0])])
    design = DesignProblem(problem, [Project("n", 1.0, opens=[1])])
    plan = choose(design, budget=1.0, periods=[Period(str(at)) for at in range(count)], threads=1)
    assert plan.proven
    assert plan.objective == plan.bound == 0.0


def test_project_that_is_slower_at_the_demand_of_a_later_period() -> None:
    def design(power: float, b: float) -> DesignProblem:
        problem = Problem(2, [0, 0], [1, 1], Delay.bpr([1, 2], 1.0, 1.0, 1.0), [DemandClass("a", [0], [1], [1.0])])
        return DesignProblem(problem, [Project("u", 1.0, changes=[0], delay=Delay.bpr([0.9], [1.0], b, power))])

    later = [Period("a"), Period("b", 1.0, 4.0)]
    assert choose(design(4.0, 1.1), budget=1.0).chosen == ["u"]
    with pytest.raises(DataError, match=r"no slower than without the project \(at a flow of 4\)"):
        choose(design(4.0, 1.1), budget=1.0, periods=later)


def test_functions_that_cross_twice_between_flows_are_found_out() -> None:
    """A straight line against a power 1.5 is slower only near one flow, where their difference turns."""
    turn, power = 0.5, 1.5
    rise = turn ** (1 - power) / power  # the slopes are equal at the turn
    gap = turn - rise * turn**power  # how far the first is above the second there
    problem = Problem(2, [0], [1], Delay.bpr([1.0], 1.0, rise, power), [DemandClass("a", [0], [1], [1.0])])
    for more, wrong in ((-1e-6, False), (1e-6, True)):
        free = 1.0 - gap + more
        project = Project("u", 1.0, changes=[0], delay=Delay.bpr([free], 1.0, 1.0 / free, 1.0))
        assert bool(list(slower(problem, project))) == wrong
