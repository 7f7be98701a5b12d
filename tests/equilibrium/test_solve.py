"""The solver on small problems: properties, warm starts, variants, bad input."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import grid
from hypothesis import given, settings
from hypothesis import strategies as st

from keruen import errors
from keruen.equilibrium import DemandClass, Problem, Step, engine, solve
from keruen.network.delay import Delay


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from([(1, 1.0), (1, 400.0), (2, 40.0), (3, 1.0), (3, 40.0), (5, 40.0)]),
)
def test_balance_sign_and_gap(seed: int, case: tuple[int, float]) -> None:
    classes, demand = case
    flows = solve(grid(4, classes, seed, demand), 1e-8, max_iterations=200)
    assert flows.converged
    assert 0 <= flows.gap <= 1e-8
    assert flows.arc_flow.min() >= 0
    assert flows.balance <= 1e-9 * max(1.0, flows.problem.demand)


@pytest.mark.parametrize("seed", [57, 74, 75])
def test_three_classes_far_past_capacity_no_longer_stall(seed: int) -> None:
    flows = solve(grid(4, 3, seed, 40.0), 1e-8)
    assert flows.converged
    assert np.array_equal(flows.arc_flow, solve(grid(4, 3, seed, 40.0), 1e-8, threads=2).arc_flow)


@pytest.mark.parametrize("seed", [1, 22])
def test_fifty_times_capacity_stops_and_says_so(seed: int) -> None:
    # Path costs of 1e8 hours: money differences of classes lie below 1e-8 of them (docs/benchmarks.md).
    flows = solve(grid(4, 3, seed, 400.0), 1e-8)
    assert flows.gap <= 1e-5
    assert flows.converged or flows.reason == "stalled"


def test_skims_select_link_and_paths_agree(small: Problem) -> None:
    flows = solve(small, 1e-10)
    skims = flows.skims()
    moved = skims[skims["origin"] != skims["destination"]]
    cost = moved["time"] + flows.mean(small.classes[0].fixed_cost)[moved.index]
    assert cost.to_numpy() == pytest.approx(moved["cost"].to_numpy(), rel=1e-4)
    assert float(skims["flow"] @ skims["length"]) == pytest.approx(
        float(flows.volume @ small.attributes["length"]), rel=1e-9
    )
    busiest = int(np.argmax(flows.volume))
    assert flows.select_link(busiest)["flow"].sum() == pytest.approx(flows.volume[busiest], rel=1e-9)
    first = moved.iloc[0]
    routes = flows.paths(int(first["origin"]), int(first["destination"]), least=1e-9)
    same = moved[(moved["origin"] == first["origin"]) & (moved["destination"] == first["destination"])]
    assert sum(route.flow for route in routes) == pytest.approx(same["flow"].sum(), rel=1e-6)
    for route in routes:
        assert small.tail[route.arcs[0]] == first["origin"]
        assert small.head[route.arcs[-1]] == first["destination"]
    assert flows.paths(int(first["origin"]), int(first["origin"])) == []


def test_table_and_repr(small: Problem) -> None:
    flows = solve(small)
    assert list(flows.table()) == ["tail", "head", "volume", "time", "class 0"]
    assert repr(flows).startswith("Flows(gap met: gap ")
    assert repr(small).startswith("Problem(25 nodes, 80 arcs, 1 class, 15 pairs, demand ")
    with pytest.raises(errors.UsageError, match="class 0"):
        flows.skims("absent")


def test_same_answer_from_a_warm_start(small: Problem) -> None:
    before = solve(small, 1e-10)
    dearer = replace(small, delay=Delay(small.delay.kind, small.delay.parameters * 1.1))
    cold, warm = solve(dearer, 1e-10), solve(dearer, 1e-10, start=before)
    assert warm.objective == pytest.approx(cold.objective, rel=1e-9)
    assert len(warm.history) <= len(cold.history)
    more = replace(small, classes=[replace(small.classes[0], flow=small.classes[0].flow * 1.2)])
    assert solve(more, 1e-10, start=before).objective == pytest.approx(solve(more, 1e-10).objective, rel=1e-9)


def test_warm_start_after_an_arc_is_closed_and_another_built(small: Problem) -> None:
    before = solve(small, 1e-10)
    kept = np.arange(small.arcs) != int(np.argmax(before.volume))
    changed = Problem(
        small.nodes,
        np.r_[small.tail[kept], 0],
        np.r_[small.head[kept], small.nodes - 1],
        Delay.join([small.delay.take(np.flatnonzero(kept)), Delay.bpr(2.0, 30.0)]),
        [replace(small.classes[0], fixed_cost=np.r_[np.asarray(small.classes[0].fixed_cost)[kept], 0.0])],
    )
    cold, warm = solve(changed, 1e-10), solve(changed, 1e-10, start=before)
    assert warm.objective == pytest.approx(cold.objective, rel=1e-9)
    opened = replace(small, classes=[replace(small.classes[0], permitted=kept)])
    assert solve(opened, 1e-10, start=before).volume[~kept].tolist() == [0.0]


def test_elastic_demand_meets_its_curve(small: Problem) -> None:
    fixed = solve(small, 1e-10)
    one = small.classes[0]
    moved = one.origin != one.destination
    elastic = replace(one, elasticity=0.8, base_cost=np.where(moved, fixed.pair_cost[0], 1.0))
    same = solve(replace(small, classes=[elastic]), 1e-8)
    assert same.problem.classes[0].flow == pytest.approx(one.flow, rel=1e-6)
    dear = replace(elastic, base_cost=elastic.base_cost * 0.7)
    flows = solve(replace(small, classes=[dear]), 1e-8)
    assert flows.converged
    wanted = one.flow * np.where(moved, (flows.pair_cost[0] / dear.base_cost), 1.0) ** -0.8
    assert flows.problem.classes[0].flow == pytest.approx(wanted, rel=1e-5)


def two_routes(scale_flow: float = 10.0) -> Problem:
    """Return two separate routes of constant cost 1 and 2."""
    return Problem(
        4,
        np.array([0, 1, 0, 2]),
        np.array([1, 3, 2, 3]),
        Delay.bpr([0.5, 0.5, 1.0, 1.0], 10.0, [0.15, 0.15, 0.15, 0.15], 1.0),
        [DemandClass("all", np.array([0]), np.array([3]), np.array([scale_flow]))],
    )


def test_logit_shares_and_its_limits() -> None:
    problem = two_routes()
    flows = solve(problem, 1e-9, model="logit", scale=1.0)
    assert flows.converged
    upper, lower = flows.volume[0], flows.volume[2]
    cost = flows.time[0] + flows.time[1], flows.time[2] + flows.time[3]
    assert upper / lower == pytest.approx(np.exp(cost[1] - cost[0]), rel=1e-6)
    sharp = solve(problem, 1e-7, model="logit", scale=200.0)
    assert sharp.volume == pytest.approx(solve(problem, 1e-10).volume, abs=0.05)
    assert flows.select_link(0)["flow"].sum() == pytest.approx(upper)
    assert [route.arcs for route in flows.paths(0, 3)] == [(0, 1), (2, 3)]


def test_callback_and_caps(small: Problem) -> None:
    seen: list[Step] = []
    flows = solve(small, 1e-14, max_iterations=2, callback=seen.append)
    assert [step.iteration for step in seen] == [1, 2]
    assert flows.reason == "iteration cap"
    with pytest.raises(errors.ConvergenceError, match="gap was not met"):
        flows.require()
    assert solve(small, 1e-14, max_seconds=1e-9).reason == "time cap"


def test_bad_options_are_all_listed(small: Problem) -> None:
    with pytest.raises(errors.UsageError, match=r"gap = 1e-20.*threads = 0.*model = 'x'"):
        solve(small, 1e-20, threads=0, model="x")


def test_bad_problem_lists_everything(small: Problem) -> None:
    one = small.classes[0]
    flow = one.flow.copy()
    flow[:2] = [-1.0, np.nan]
    with pytest.raises(errors.DataError) as caught:
        replace(
            small,
            tail=np.where(np.arange(small.arcs) == 3, 99, small.tail),
            classes=[replace(one, flow=flow, weight=0.0)],
        )
    assert [problem.column for problem in caught.value.problems] == ["tail", "flow", "flow", "weight"]


def test_class_without_a_permitted_route_is_named(small: Problem) -> None:
    shut = replace(small.classes[0], name="gas", permitted=np.zeros(small.arcs, bool))
    with pytest.raises(errors.NoPathError, match="gas: "):
        solve(replace(small, classes=[shut]))


def test_no_demand_is_solved_at_once(small: Problem) -> None:
    none = replace(small.classes[0], flow=np.zeros_like(small.classes[0].flow))
    flows = solve(replace(small, classes=[none]))
    assert flows.gap == 0.0
    assert flows.volume.sum() == 0.0


def test_nodes_that_may_not_be_passed(small: Problem) -> None:
    centre = np.arange(small.nodes) != 12
    flows = solve(replace(small, through=centre), 1e-8)
    ends = set(small.classes[0].origin) | set(small.classes[0].destination)
    if 12 not in ends:
        assert flows.volume[(small.tail == 12) | (small.head == 12)].sum() == 0.0


def test_zero_cost_cycles_are_survived() -> None:
    arcs = np.array([[0, 1], [1, 2], [2, 1], [1, 0], [2, 3], [3, 2], [0, 2]])
    delay = Delay.join([Delay.constant(np.zeros(6)), Delay.bpr(1.0, 1.0)])
    demand = DemandClass("all", np.array([0, 3]), np.array([3, 0]), np.array([5.0, 4.0]))
    flows = solve(Problem(4, arcs[:, 0], arcs[:, 1], delay, [demand]), 1e-12)
    assert flows.total_cost == 0.0


def test_lists_do_as_well_as_arrays_and_one_class_as_a_list_of_one() -> None:
    delay = Delay.bpr([1.0, 3.0, 1.0], 10.0, 0.15, 4.0)
    arrays = Problem(
        3,
        np.array([0, 0, 1]),
        np.array([1, 2, 2]),
        delay,
        [DemandClass("all", np.array([0]), np.array([2]), np.array([50.0]))],
    )
    lists = Problem(3, [0.0, 0, 1], [1, 2, 2], delay, DemandClass("all", [0], [2], [50]))  # type: ignore[arg-type]
    assert solve(lists, 1e-10).volume == pytest.approx(solve(arrays, 1e-10).volume)
    matrix = DemandClass.from_matrix("all", [[0, 50], [0, 0]], zones=[0, 2])
    assert solve(Problem(3, [0, 0, 1], [1, 2, 2], delay, [matrix]), 1e-10).volume == pytest.approx(  # type: ignore[arg-type]
        solve(arrays, 1e-10).volume
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tail": [0.5, 0, 1]}, "tail = .*whole numbers"),
        ({"tail": "abc"}, "tail = abc: expected one row of whole numbers"),
        ({"through": [[True]]}, "through"),
        ({"delay": 3.0}, "delay: expected a Delay, not 3.0"),
        ({"classes": [7]}, "classes: expected a DemandClass, not 7"),
    ],
)
def test_what_is_of_the_wrong_kind_is_named(small: Problem, change: dict[str, object], said: str) -> None:
    with pytest.raises(errors.KeruenError, match=said):
        replace(small, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"gap": "a"}, "gap = 'a': expected a number"),
        ({"gap": 1e-16}, "what doubles can tell"),
        ({"threads": 1.5}, "threads = 1.5: expected a whole number of 1 or more"),
        ({"max_iterations": 0}, "max_iterations"),
        ({"max_seconds": -1}, "max_seconds"),
        ({"start": 3}, "start = 3: expected flows"),
        ({"scale": float("nan")}, "scale"),
    ],
)
def test_an_option_of_the_wrong_kind_is_named(small: Problem, options: dict[str, Any], said: str) -> None:
    with pytest.raises(errors.UsageError, match=said):
        solve(small, **options)


def test_pairs_without_a_path_are_named_and_no_others() -> None:
    """Loading stops at the first of them; origins that it has not come to yet have no order of nodes."""
    problem = grid(12)
    target = int(problem.classes[0].destination[0])
    closed = replace(problem, classes=[replace(problem.classes[0], permitted=np.asarray(problem.head) != target)])
    one = closed.classes[0]
    count = int(((one.destination == target) & (one.origin != target) & (one.flow > 0)).sum())
    junk = [np.full((400, problem.nodes), 7_000_000, np.int32) for _ in range(3)]
    del junk  # memory that is used again does not hold zeros
    with pytest.raises(errors.NoPathError, match=f"^{count} pairs with demand have no path"):
        solve(closed, 1e-6, threads=1)


def test_nodes_closed_to_passing_are_not_passed_after_a_warm_start() -> None:
    problem = grid(6)
    free = solve(problem, 1e-10, threads=1)
    used = np.bincount(problem.head, free.volume, problem.nodes)
    ends = set(problem.classes[0].origin.tolist()) | set(problem.classes[0].destination.tolist())
    through = np.ones(problem.nodes, bool)
    through[max(set(range(problem.nodes)) - ends, key=lambda node: used[node], default=0)] = False
    narrow = replace(problem, through=through)
    cold, warm = solve(narrow, 1e-10, threads=1), solve(narrow, 1e-10, threads=1, start=free)
    assert warm.objective == pytest.approx(cold.objective, rel=1e-9)


def test_elastic_demand_grows_again_from_nothing(small: Problem) -> None:
    one = small.classes[0]
    elastic = replace(one, elasticity=0.5, base_cost=np.full(one.flow.size, 5.0))
    none = solve(
        replace(small, classes=[replace(one, flow=np.where(np.arange(one.flow.size) < 3, 0.0, one.flow))]), 1e-8
    )
    cold = solve(replace(small, classes=[elastic]), 1e-8)
    warm = solve(replace(small, classes=[elastic]), 1e-8, start=none)
    assert warm.problem.classes[0].flow == pytest.approx(cold.problem.classes[0].flow, rel=1e-5)


def test_threads_go_on_where_the_store_of_pairs_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that read the place of a block after another had moved it left the rest at a barrier for ever."""
    random = np.random.default_rng(0)
    zones = random.choice(196, 60, replace=False)
    ends = [one.ravel() for one in np.meshgrid(zones, zones, indexing="ij")]
    network = grid(14)
    crowd = DemandClass("all", ends[0], ends[1], random.uniform(0, 15, ends[0].size))
    delay = Delay.bpr(random.uniform(1, 2, network.arcs), random.uniform(50, 150, network.arcs), 0.15, 4)
    problem = replace(network, delay=delay, classes=[crowd])
    alone = solve(problem, 1e-8, threads=1, max_iterations=25)
    late, enter = [], engine.iterate

    def tardy(*given: Any) -> int:
        if given[4] == engine.PAIRS and given[-2] > 0:
            late.append(given[-2])
            time.sleep(0.05)
        return int(enter(*given))

    monkeypatch.setattr(engine, "iterate", tardy)
    assert np.array_equal(solve(problem, 1e-8, threads=2, max_iterations=25).volume, alone.volume)
    assert late, "the store did not grow: the case is too easy"


INTERRUPTED = """
import faulthandler, os, signal, sys, threading, time
sys.path.insert(0, {folder!r})
from conftest import grid
from keruen.equilibrium import solve
problem = grid(6)
solve(problem, 1e-6, threads=2)
faulthandler.dump_traceback_later(60, exit=True)
came = 0
for turn in range(40):
    try:  # on a busy machine the interrupt may come before the thread's start returns
        wait = 0.001 + 0.0003 * turn
        threading.Thread(target=lambda: (time.sleep(wait), os.kill(os.getpid(), signal.SIGINT))).start()
        while True:
            solve(problem, 1e-13, threads=2, max_iterations=15)
    except KeyboardInterrupt:
        came += 1
print(came)
"""


def test_an_interrupt_leaves_no_thread_at_a_barrier() -> None:
    code = INTERRUPTED.format(folder=str(Path(__file__).parent))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=500, check=False)
    assert done.stdout.strip() == "40", done.stderr[-800:]
