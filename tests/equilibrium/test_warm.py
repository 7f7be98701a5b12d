"""Warm starts: the answer of a cold start after any change, proven from outside, and nothing left behind."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from conftest import grid
from networks import network
from numba import njit
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from keruen.equilibrium import DemandClass, Flows, Problem, solve
from keruen.equilibrium.labels import label
from keruen.equilibrium.search import workspace
from keruen.equilibrium.trees import label_kept
from keruen.errors import NoPathError
from keruen.network.delay import Delay

Change = Callable[[Problem, np.random.Generator], Problem]


def gap_from_outside(flows: Flows) -> float:
    """Return the relative gap by SciPy's Dijkstra, on networks whose nodes may all be passed."""
    problem, total, least = flows.problem, 0.0, 0.0
    volume = sum(one.weight * flow for one, flow in zip(problem.classes, flows.arc_flow, strict=True))
    for one, fixed, flow in zip(problem.classes, problem.fixed_costs(), flows.arc_flow, strict=True):
        cost = problem.delay.time(np.asarray(volume)) + fixed
        table = np.full((problem.nodes, problem.nodes), np.inf)
        np.minimum.at(table, (problem.tail, problem.head), np.maximum(cost, 1e-300))
        ends = np.nonzero(np.isfinite(table))
        shortest = dijkstra(csr_matrix((table[ends], ends), shape=table.shape))
        moved = one.origin != one.destination
        least += one.weight * float((shortest[one.origin, one.destination] * one.flow)[moved].sum())
        used = flow > 0
        total += one.weight * float(cost[used] @ flow[used])
    return total / least - 1.0


def by_arc(problem: Problem, of_class: Callable[[DemandClass], DemandClass]) -> Problem:
    """Return the problem with every class changed."""
    return replace(problem, classes=[of_class(one) for one in problem.classes])


def slower(problem: Problem, random: np.random.Generator) -> Problem:
    parameters = problem.delay.parameters.copy()
    parameters[random.integers(0, problem.arcs, 4)] *= 1.5
    return replace(problem, delay=Delay(problem.delay.kind, parameters))


def dearer_and_cheaper(problem: Problem, random: np.random.Generator) -> Problem:
    factor = np.ones(problem.arcs)
    factor[random.integers(0, problem.arcs, 6)] = [0.0, 0.5, 0.9, 1.2, 3.0, 5.0]
    return by_arc(problem, lambda one: replace(one, fixed_cost=one.fixed_cost * factor))


def closed(problem: Problem, random: np.random.Generator) -> Problem:
    open_ = np.ones(problem.arcs, bool)
    open_[random.integers(0, problem.arcs, 2)] = False
    return replace(problem, classes=[replace(problem.classes[0], permitted=open_), *problem.classes[1:]])


def opened(problem: Problem, random: np.random.Generator) -> Problem:
    return by_arc(problem, lambda one: replace(one, permitted=None))


def other_demand(problem: Problem, random: np.random.Generator) -> Problem:
    def changed(one: DemandClass) -> DemandClass:
        factor = np.where(random.random(one.flow.size) < 0.4, random.uniform(0, 2, one.flow.size), 1.0)
        return replace(one, flow=one.flow * factor)

    return by_arc(problem, changed)


def other_pairs(problem: Problem, random: np.random.Generator) -> Problem:
    def changed(one: DemandClass) -> DemandClass:
        new = random.integers(0, problem.nodes, (2, 3))
        kept = slice(2, None)
        return replace(
            one,
            origin=np.r_[one.origin[kept], new[0]],
            destination=np.r_[one.destination[kept], new[1]],
            flow=np.r_[one.flow[kept], 1.0, 2.0, 3.0],
        )

    return by_arc(problem, changed)


def heavier(problem: Problem, random: np.random.Generator) -> Problem:
    return replace(problem, classes=[replace(problem.classes[0], weight=1.5), *problem.classes[1:]])


def other_order(problem: Problem, random: np.random.Generator) -> Problem:
    return replace(problem, classes=list(problem.classes)[::-1])


def fewer_classes(problem: Problem, random: np.random.Generator) -> Problem:
    return replace(problem, classes=list(problem.classes)[1:])


def one_class_more(problem: Problem, random: np.random.Generator) -> Problem:
    first = problem.classes[0]
    return replace(problem, classes=[replace(first, name="new", flow=0.3 * first.flow), *problem.classes])


def arcs_taken(problem: Problem, kept: np.ndarray) -> Problem:
    return replace(
        problem,
        tail=problem.tail[kept],
        head=problem.head[kept],
        delay=problem.delay.take(kept),
        classes=[
            replace(
                one,
                fixed_cost=np.asarray(one.fixed_cost)[kept],
                permitted=None if one.permitted is None else one.permitted[kept],
            )
            for one in problem.classes
        ],
        attributes={},
    )


def arcs_removed(problem: Problem, random: np.random.Generator) -> Problem:
    return arcs_taken(problem, np.setdiff1d(np.arange(problem.arcs), random.integers(0, problem.arcs, 2)))


def arcs_and_node_added(problem: Problem, random: np.random.Generator) -> Problem:
    ends, new = random.integers(0, problem.nodes, (2, 2)), problem.nodes
    return Problem(
        new + 1,
        np.r_[ends[0], new, new, problem.tail],
        np.r_[new, new, ends[1], problem.head],
        Delay.join([Delay.bpr([0.5] * 4, [40.0] * 4, [0.15] * 4, [4.0] * 4), problem.delay]),
        [replace(one, fixed_cost=np.r_[np.zeros(4), one.fixed_cost]) for one in problem.classes],
    )


CHANGES: list[Change] = [
    slower, dearer_and_cheaper, closed, opened, other_demand, other_pairs, heavier, other_order, fewer_classes,
    one_class_more, arcs_removed, arcs_and_node_added,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("seed", range(3))
def test_a_warm_start_is_a_cold_start_proven_from_outside(change: Change, seed: int) -> None:
    random = np.random.default_rng(seed)
    base = grid(5, 3, seed, 20.0)
    if change is opened:
        base = closed(base, random)
    before, changed = solve(base, 1e-10), change(base, random)
    left = [array.copy() for part in (before.engine.flows, before.engine.segments) for array in part]
    cold, warm = solve(changed, 1e-10, threads=1), solve(changed, 1e-10, threads=1, start=before)
    assert warm.converged
    assert warm.objective == pytest.approx(cold.objective, rel=1e-9)
    assert gap_from_outside(warm) == pytest.approx(warm.gap, abs=2e-12)
    assert np.array_equal(warm.arc_flow, solve(changed, 1e-10, threads=2, start=before).arc_flow)
    now = [array for part in (before.engine.flows, before.engine.segments) for array in part]
    assert all(np.array_equal(one, other, equal_nan=True) for one, other in zip(left, now, strict=True))


def test_the_same_problem_is_done_after_one_pass_with_the_flows_it_had(small: Problem) -> None:
    before = solve(small, 1e-8)
    again = solve(small, 1e-8, start=before)
    assert len(again.history) == 1
    assert np.array_equal(again.arc_flow, before.arc_flow)


def test_nodes_and_arcs_in_another_order_are_known_by_name(small: Problem) -> None:
    random = np.random.default_rng(5)
    moved, order = random.permutation(small.nodes), random.permutation(small.arcs)
    names = [f"place {node}" for node in range(small.nodes)]
    before = solve(replace(small, node_names=names), 1e-8)
    other = arcs_taken(small, order)
    other = replace(
        other,
        tail=moved[other.tail],
        head=moved[other.head],
        node_names=[names[node] for node in np.argsort(moved)],
        classes=[replace(one, origin=moved[one.origin], destination=moved[one.destination]) for one in other.classes],
    )
    again = solve(other, 1e-8, start=before)
    assert len(again.history) == 1
    assert again.arc_flow == pytest.approx(before.arc_flow[:, order], rel=1e-12, abs=1e-9)


def test_an_arc_of_the_same_name_that_leads_elsewhere_takes_no_flow_along(small: Problem) -> None:
    names = [f"arc {arc}" for arc in range(small.arcs)]
    named = replace(small, arc_names=names)
    before = solve(named, 1e-10)
    busiest = int(np.argmax(before.volume))
    head = small.head.copy()
    head[busiest] = (head[busiest] + 7) % small.nodes
    changed = replace(named, head=head)
    warm = solve(changed, 1e-10, start=before)
    assert warm.objective == pytest.approx(solve(changed, 1e-10).objective, rel=1e-9)


def test_a_chain_of_warm_starts_drifts_nowhere() -> None:
    random = np.random.default_rng(11)
    problem = grid(5, 2, 11, 20.0)
    flows = solve(problem, 1e-9)
    for change in (slower, closed, other_demand, arcs_removed, other_pairs, dearer_and_cheaper):
        problem = change(problem, random)
        flows = solve(problem, 1e-9, start=flows)
    assert flows.objective == pytest.approx(solve(problem, 1e-9).objective, rel=1e-8)
    assert flows.balance < 1e-9


def test_demand_that_lost_its_path_is_named_after_a_warm_start(small: Problem) -> None:
    before = solve(small, 1e-6)
    origin = int(small.classes[0].origin[np.flatnonzero(small.classes[0].origin != small.classes[0].destination)[0]])
    cut = replace(small.classes[0], permitted=small.tail != origin)
    with pytest.raises(NoPathError, match=f"{origin} to"):
        solve(replace(small, classes=[cut]), 1e-6, start=before)


def test_elastic_demand_ends_where_a_cold_start_ends(small: Problem) -> None:
    one = small.classes[0]
    moved = one.origin != one.destination
    cost = np.where(moved, solve(small, 1e-10).pair_cost[0], 1.0)
    elastic = replace(small, classes=[replace(one, elasticity=0.8, base_cost=cost)])
    changed = slower(elastic, np.random.default_rng(2))
    warm = solve(changed, 1e-9, start=solve(elastic, 1e-9))
    assert warm.converged
    assert warm.problem.classes[0].flow == pytest.approx(solve(changed, 1e-9).problem.classes[0].flow, rel=1e-6)


@pytest.mark.parametrize(("name", "gap"), [("Winnipeg", 1e-6), ("Winnipeg", 1e-10), ("ChicagoSketch", 1e-6)])
def test_half_the_capacity_of_a_busy_link_takes_fewer_iterations_than_a_cold_start(name: str, gap: float) -> None:
    problem = network(name)
    before = solve(problem, gap)
    parameters = problem.delay.parameters.copy()
    parameters[int(np.argmax(before.volume)), 2] *= 2.0  # one over the capacity
    changed = replace(problem, delay=Delay(problem.delay.kind, parameters))
    cold, warm = solve(changed, gap), solve(changed, gap, start=before)
    assert warm.objective == pytest.approx(cold.objective, rel=gap)
    assert len(warm.history) < len(cold.history)


@njit
def _labelled(g, b, batch, cost, w, kept):  # type: ignore[no-untyped-def]
    label_kept(g, b, batch, cost, w.labels, w.trees, w.dirty, w.visited, kept)


@pytest.mark.parametrize("seed", range(3))
def test_trees_that_were_kept_give_the_labels_of_a_new_start(seed: int) -> None:
    random = np.random.default_rng(seed)
    engine = solve(grid(14, 1, seed, 5.0), 1e-9, threads=1).engine
    assert engine.trees.known.any()  # its origins lie far apart
    w, cold, b = engine.workspaces[0], workspace(196, engine.links.total.size), engine.batches
    for _ in range(10):
        cost = engine.cost[0] * random.choice([0.0, 0.3, 1.0, 1.0, 2.0, np.inf], engine.cost.shape[1])
        for batch in np.flatnonzero(engine.trees.known).tolist():
            _labelled(engine.graph, b, batch, cost, w, engine.trees)
            label(engine.graph, b, batch, cost, cold.labels, cold.trees, cold.dirty)
            assert np.array_equal(w.labels, cold.labels)
            assert np.array_equal(w.trees < 0, cold.trees < 0)
            links, lanes = np.maximum(w.trees, 0), np.arange(8)
            along = np.where(w.trees < 0, w.labels, w.labels[engine.graph.tail[links], lanes] + cost[links])
            assert np.array_equal(along, w.labels)
