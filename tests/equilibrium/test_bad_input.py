"""What a caller may give wrong: an error that names it and says what is wanted, never a raw one, never a silent answer."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from keruen import errors
from keruen.equilibrium import DemandClass, Problem, solve
from keruen.network.delay import Delay


def one(**changes: Any) -> DemandClass:
    return DemandClass(**({"name": "grain", "origin": [0], "destination": [2], "flow": [50.0]} | changes))


def problem(**changes: Any) -> Problem:
    delay = Delay.bpr([1.0, 3.0, 1.0], 10.0, 0.15, 4.0)
    given = {"nodes": 3, "tail": [0, 0, 1], "head": [1, 2, 2], "delay": delay, "classes": [one()]}
    return Problem(**(given | changes))


RIGHT = solve(problem(), 1e-10).volume


@pytest.mark.parametrize("name", ["weight", "elasticity"])
@pytest.mark.parametrize("value", ["x", None, True, [1.0], [1.0, 2.0], 10**400, "2", float("nan"), float("inf"), -1])
def test_a_number_of_a_class_is_a_number(name: str, value: Any) -> None:
    with pytest.raises(errors.DataError, match=f"class grain, {name} = .*: expected"):
        problem(classes=[one(**{name: value}, base_cost=[3.0])])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"flow": None}, "flow = None: expected one row of numbers"),
        ({"flow": ["50"]}, "flow = .*: expected one row of numbers"),
        ({"flow": [1j]}, "flow = .*: expected one row of numbers"),
        ({"flow": [True]}, "flow = .*: expected one row of numbers"),
        ({"flow": [[50.0]]}, "flow = .*: expected one row of numbers"),
        ({"flow": [[50.0], [1.0, 2.0]]}, "flow = .*: expected one row of numbers"),
        ({"flow": [10**400]}, "flow = .*: expected one row of numbers"),
        ({"flow": [None]}, "row 0, flow = nan: expected 0 or more"),
        ({"origin": [True]}, "origin = .*: expected one row of whole numbers"),
        ({"destination": [7]}, "row 0, destination = 7: expected a node from 0 to 2"),
        ({"fixed_cost": "x"}, "fixed_cost = x: expected one row of numbers"),
        ({"fixed_cost": None}, "fixed_cost = None: expected one row of numbers"),
        ({"fixed_cost": True}, "fixed_cost = True: expected one row of numbers"),
        ({"fixed_cost": 10**400}, "fixed_cost = 1.*: expected one row of numbers"),
        ({"permitted": ["False"] * 3}, "permitted = .*: expected one row of true or false"),
        ({"permitted": [np.nan] * 3}, "permitted = .*: expected one row of true or false"),
        ({"permitted": [2, 3, 4]}, "permitted = .*: expected one row of true or false"),
        ({"elasticity": 1e300, "base_cost": [3.0]}, "elasticity = 1e.300: expected 0 or more, 100 at most"),
    ],
)
def test_what_is_wrong_with_a_class_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(errors.DataError, match=f"class grain, {said}"):
        problem(classes=[one(**changes)])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nodes": 3.5}, "nodes = 3.5: expected a whole number of 0 or more"),
        ({"nodes": -1}, "nodes = -1: expected a whole number of 0 or more"),
        ({"nodes": "x"}, "nodes = 'x': expected a whole number"),
        ({"nodes": True}, "nodes = True: expected a whole number"),
        ({"nodes": 10**20}, "nodes = .*: expected 2,147,483,647 at most"),
        ({"tail": None}, "tail = None: expected one row of whole numbers"),
        ({"tail": [True, False, True]}, "tail = .*: expected one row of whole numbers"),
        ({"node_names": ["a", "b"]}, "node_names = 2: expected one .* \\(3\\)"),
        ({"node_names": "abc"}, "node_names = 'abc': expected a list of names"),
        ({"node_names": 3}, "node_names = 3: expected a list of names"),
        ({"arc_names": ["a"]}, "arc_names = 1: expected one an arc \\(3\\)"),
        ({"classes": None}, "classes = None: expected a DemandClass, or several"),
        ({"classes": 3}, "classes = 3: expected a DemandClass, or several"),
        ({"classes": []}, "classes = none: expected one class or more"),
        ({"attributes": None}, "attributes = None: expected a table"),
        ({"attributes": {"km": [None] * 3}}, "km: expected one finite value an arc"),
        ({"attributes": {"km": [[1.0, 2.0, 3.0]]}}, "km = .*: expected one row of numbers"),
        ({"attributes": {"cost": [1.0, 2.0, 3.0]}}, "cost: expected another name"),
        ({"through": ["a"] * 3}, "through = .*: expected one row of true or false"),
        ({"delay": Delay(np.zeros(3, np.int8), -np.ones((3, 6)))}, "delay: expected finite parameters of 0 or more"),
    ],
)
def test_what_is_wrong_with_a_problem_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(errors.KeruenError, match=f"problem, {said}"):
        problem(**changes)


def test_the_name_of_a_class_is_a_text() -> None:
    with pytest.raises(errors.UsageError, match="name = 3: expected a text"):
        one(name=3)


@pytest.mark.parametrize(
    "changes",
    [
        {"tail": pd.Series([0, 0, 1], index=[5, 6, 7])},
        {"tail": pd.array([0, 0, 1], dtype="Int64")},
        {"tail": np.array([0, 0, 1], ">i8")},
        {"tail": np.array([0, 0, 1], object)},
        {"tail": np.arange(12).reshape(3, 4)[:, 0] // 8},
        {"nodes": np.int64(3), "classes": (each for each in [one()])},
        {"classes": [one(flow=np.array([50.0], np.float32), weight=np.float32(1))]},
        {"classes": [one(fixed_cost=np.zeros((3, 4))[:, 1])]},
        {"delay": Delay([1] * 3, np.asfortranarray(problem().delay.parameters))},  # type: ignore[arg-type]
    ],
)
def test_numbers_of_any_kind_and_order_do_as_well(changes: dict[str, Any]) -> None:
    given = problem(**changes)
    for array in (given.tail, given.delay.parameters):
        array.flags.writeable = False
    assert solve(given, 1e-10).volume == pytest.approx(RIGHT, rel=1e-6)


@pytest.mark.parametrize("unit", [1e-300, 1e-12, 1e12, 1e150])
def test_tiny_and_huge_units(unit: float) -> None:
    dear = problem(delay=Delay.bpr(np.array([1.0, 3.0, 1.0]) * unit, 10.0))
    assert solve(dear, 1e-10).volume == pytest.approx(RIGHT, rel=1e-6)
    wide = problem(classes=[one(flow=[50.0 * unit])], delay=Delay.bpr([1.0, 3.0, 1.0], 10.0 * unit))
    assert solve(wide, 1e-10).volume / unit == pytest.approx(RIGHT, rel=1e-6)


def test_what_doubles_cannot_hold_is_said_before_it_is_solved() -> None:
    with pytest.raises(errors.DataError, match=r"arc, row 0, delay: with all demand \(1e\+80\).*would pass 1e\+300"):
        problem(classes=[one(flow=[1e80])])
    with pytest.raises(errors.DataError, match=r"class grain, flow = 50: expected flow x weight x fixed cost"):
        problem(classes=[one(fixed_cost=1e300, weight=1.0)])
    steep = Delay.bpr([1.0, 1.0, 1.0], 1.0, 0.15, 16)
    assert np.isfinite(solve(problem(classes=[one(flow=[1e6])], delay=steep), 1e-6).objective)


def test_loops_and_nothing_at_all() -> None:
    loop = problem(tail=[0, 1, 1], head=[1, 1, 2], delay=Delay.constant([1.0, 0.0, 1.0]))
    assert solve(loop).volume.tolist() == [50.0, 0.0, 50.0]
    empty = Problem(0, [], [], Delay.constant([]), [DemandClass("all", [], [], [])])  # type: ignore[arg-type]
    assert solve(empty).skims().empty
    with pytest.raises(errors.NoPathError, match="grain: 2 to 0"):
        solve(problem(classes=[one(origin=[2], destination=[0])]))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"callback": "x"}, "callback = 'x': expected a function"),
        ({"gap": 10**400}, "gap = "),
        ({"scale": 10**400, "model": "logit"}, "scale = "),
    ],
)
def test_options(options: dict[str, Any], said: str) -> None:
    with pytest.raises(errors.UsageError, match=said):
        solve(problem(), **options)
    with pytest.raises(errors.UsageError, match="problem = 3: expected a Problem"):
        solve(3)  # type: ignore[arg-type]


def test_caps_may_be_as_large_as_one_likes() -> None:
    many = solve(problem(), 1e-10, threads=10**30, max_iterations=10**30, max_seconds=10**30)
    assert np.array_equal(many.volume, RIGHT)


def test_a_start_of_another_problem_gives_the_same_answer() -> None:
    other = Problem(2, [0], [1], Delay.constant([1.0]), [DemandClass("b", [0], [1], [3.0])])  # type: ignore[arg-type]
    for start in (solve(other), solve(replace(other, node_names=["p", "q"])), solve(problem(), model="logit")):
        assert solve(problem(), 1e-10, start=start).volume == pytest.approx(RIGHT, rel=1e-6)


@pytest.mark.parametrize(
    ("method", "given", "said"),
    [
        ("select_link", (True,), "there is no arc True"),
        ("select_link", (1.5,), "there is no arc 1.5"),
        ("select_link", ("x",), "there is no arc 'x'"),
        ("select_link", (3,), "there is no arc 3"),
        ("paths", (5, 1), "origin = 5: expected a node from 0 to 2"),
        ("paths", (0, 99), "destination = 99: expected a node"),
        ("paths", (-1, 2), "origin = -1: expected a node"),
        ("paths", ("a", 2), "origin = 'a': expected a node"),
        ("paths", (0, 2, 0, 0.0), "least = 0.0: expected a share above 0"),
        ("paths", (0, 2, 0, float("nan")), "least = nan: expected a share above 0"),
        ("mean", ([1.0, 2.0],), "expected one number an arc"),
        ("mean", ("x",), "expected one number an arc"),
        ("skims", (True,), "there is no class True"),
    ],
)
def test_questions_to_the_answer(method: str, given: tuple[Any, ...], said: str) -> None:
    with pytest.raises(errors.UsageError, match=said):
        getattr(solve(problem()), method)(*given)


@pytest.mark.parametrize(
    ("matrix", "zones", "said"),
    [
        ("x", None, "matrix = x: expected a square table"),
        ([1.0, 2.0], None, "expected a square table"),
        ([[0, 1.0, 2.0]], None, "expected a square table"),
        ([[0, 1.0], [1.0]], None, "expected a square table"),
        ([[0, 1.0], [0, 0]], [0], "zones = 1: expected one node a row"),
        ([[0, 1.0], [0, 0]], [0.5, 1], "zones = .*expected one row of whole numbers"),
    ],
)
def test_a_matrix_is_square(matrix: Any, zones: Any, said: str) -> None:
    with pytest.raises(errors.DataError, match=said):
        DemandClass.from_matrix("all", matrix, zones)
