"""The outer loop: when it ends, and that what it says then is true."""

import time

import numpy as np
import pytest
from conftest import grid
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from keruen.equilibrium import DemandClass, Flows, Problem, Step, engine, loop, solve
from keruen.network.delay import Delay


def crowded(side: int, zones: int, demand: float) -> Problem:
    """Return a grid with demand between all its zones, far past capacity."""
    random = np.random.default_rng(5)
    network = grid(side)
    chosen = random.choice(side * side, zones, replace=False)
    ends = [one.ravel() for one in np.meshgrid(chosen, chosen, indexing="ij")]
    crowd = DemandClass("all", ends[0], ends[1], random.uniform(0, demand, ends[0].size))
    delay = Delay.bpr(random.uniform(1, 2, network.arcs), random.uniform(50, 150, network.arcs), 0.15, 4)
    return Problem(network.nodes, network.tail, network.head, delay, [crowd])


def true_gap(flows: Flows) -> float:
    """Return the gap of flows of one class by Dijkstra's algorithm of another library, at the times of their volume."""
    problem, one = flows.problem, flows.problem.classes[0]
    times = problem.delay.time(flows.volume)
    graph = sparse.csr_array((times, (problem.tail, problem.head)), shape=(problem.nodes, problem.nodes))
    shortest = float(dijkstra(graph)[one.origin, one.destination] @ one.flow)
    return (float(times @ flows.volume) - shortest) / shortest


@pytest.mark.parametrize("threads", [1, 2])
def test_a_time_cap_holds_wherever_it_strikes_and_the_gap_is_that_of_the_flows(threads: int) -> None:
    problem = crowded(28, 150, 5.0)
    solve(problem, 1e-2, threads=threads, max_iterations=2)  # compiled, and in memory
    for cap in (0.02, 0.05, 0.1, 0.2, 0.6):
        begun = time.perf_counter()
        flows = solve(problem, 1e-14, threads=threads, max_seconds=cap)
        assert flows.reason == "time cap"
        assert time.perf_counter() - begun < cap + 1.0
        assert flows.gap == pytest.approx(true_gap(flows), rel=1e-6)


@pytest.mark.parametrize("iterations", [1, 2, 4, 9])
def test_at_an_iteration_cap_the_gap_is_that_of_the_flows(iterations: int) -> None:
    flows = solve(crowded(12, 40, 60.0), 1e-14, max_iterations=iterations)
    assert (flows.reason, len(flows.history)) == ("iteration cap", iterations)
    assert flows.gap == pytest.approx(true_gap(flows), rel=1e-9)


@pytest.mark.parametrize("threads", [1, 2])
def test_who_looks_on_changes_nothing(threads: int) -> None:
    """With a callback Python sees every iteration, without one many at a time."""
    problem = crowded(12, 40, 60.0)
    seen: list[Step] = []
    watched, alone = solve(problem, 1e-9, threads=threads, callback=seen.append), solve(problem, 1e-9, threads=threads)
    assert np.array_equal(watched.arc_flow, alone.arc_flow)
    assert watched.history == tuple(seen)
    assert [(one.iteration, one.gap, one.pairs) for one in seen] == [
        (one.iteration, one.gap, one.pairs) for one in alone.history
    ]
    assert [one.iteration for one in seen] == list(range(1, len(seen) + 1))


def test_more_iterations_than_the_kernel_has_room_to_note(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = crowded(12, 40, 60.0)
    at_once = solve(problem, 1e-9)
    monkeypatch.setattr(engine, "progress", lambda: loop.progress(rows=3))
    by_threes = solve(problem, 1e-9)
    assert len(at_once.history) > 6
    assert [one.gap for one in by_threes.history] == [one.gap for one in at_once.history]
    walls = [one.wall_s for one in by_threes.history]
    assert walls == sorted(walls)
    assert walls[-1] <= by_threes.wall_s


def ended(gaps: list[float], classes: int = 1, wall_s: float = 1.0, seconds: float = 10.0, most: int = 99) -> list[int]:
    """Return what the rules say after each of these gaps."""
    rules, made = loop.Rules(1e-6, most, seconds, 99, classes, 1.0, 0.0), loop.progress()
    said = []
    for iteration, gap in enumerate(gaps, start=1):
        made.iteration[0], made.gap[0] = iteration, gap
        made.state[0] = loop._judge.py_func(rules, made, wall_s, False)
        said.append(int(made.state[0]))
    return said


def test_the_rules() -> None:
    going, careful = loop.GOING, loop.CAREFUL
    met, late, stalled, cap = (
        next(key for key, said in loop.REASONS.items() if said == reason)
        for reason in ("gap met", "time cap", "stalled", "iteration cap")
    )
    assert ended([0.1, 0.01, 1e-7]) == [going, going, met]
    assert ended([1e-7], wall_s=11.0) == [met]
    assert ended([0.1], wall_s=11.0) == [late]
    assert ended([0.1, 0.01], most=2) == [going, cap]
    assert ended([0.1] * 26) == [going] * 8 + [careful] * 17 + [stalled]
    assert ended([0.1, 0.06, 0.01], classes=2) == [going, careful, careful]


def test_flows_keep_nothing_that_only_iterations_need() -> None:
    kept = solve(grid(6, classes=3, demand=200.0), 1e-8).engine
    assert kept is not None
    assert kept.segments.filled[0] > 0
    assert not {"found", "shares", "scratch", "saved"} & set(vars(kept))
