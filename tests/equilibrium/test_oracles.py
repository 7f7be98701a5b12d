"""Published optima, and independent checks of the gap."""

from dataclasses import replace

import numpy as np
import pytest
from networks import OBJECTIVE, network, published
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from keruen.equilibrium import Flows, solve
from keruen.exchange import tntp


def cold_gap(flows: Flows) -> float:
    """Return the relative gap by SciPy's Dijkstra, with each zone split in a part that begins and one that ends."""
    problem = flows.problem
    nodes, total, shortest = problem.nodes, 0.0, 0.0
    through = np.ones(nodes, bool) if problem.through is None else problem.through
    for flow, one in zip(flows.arc_flow, problem.classes, strict=True):
        cost = flows.time + one.fixed_cost
        total += one.weight * float(cost @ flow)
        tail = np.where(through[problem.tail], problem.tail, problem.tail + nodes)
        order = np.lexsort((cost, problem.head, tail))
        keep = order[np.r_[True, (np.diff(tail[order]) != 0) | (np.diff(problem.head[order]) != 0)]]
        matrix = csr_array((cost[keep] + 1e-300, (tail[keep], problem.head[keep])), shape=(2 * nodes, 2 * nodes))
        origins = np.unique(one.origin)
        distance = dijkstra(matrix, indices=np.where(through[origins], origins, origins + nodes))
        row = np.searchsorted(origins, one.origin)
        moved = one.origin != one.destination
        shortest += one.weight * float(one.flow[moved] @ distance[row, one.destination][moved])
    return (total - shortest) / shortest


@pytest.mark.parametrize("name", OBJECTIVE)
def test_published_optimum(name: str) -> None:
    flows = solve(network(name), 1e-12)
    assert flows.converged
    assert flows.objective == pytest.approx(OBJECTIVE[name], rel=1e-10)
    assert flows.balance <= 1e-9 * max(1.0, flows.problem.demand)
    assert flows.volume.min() >= 0.0


@pytest.mark.parametrize("name", ["SiouxFalls", "Anaheim", "ChicagoSketch"])
def test_published_link_flows_where_they_are_unique(name: str) -> None:
    flows = solve(network(name), 5e-14)  # the square root of a gap is what flows may be off by
    best = tntp.read_flows(published(name))
    assert np.abs(flows.volume - best[:, 2]).max() < 1e-3


@pytest.mark.parametrize("name", ["SiouxFalls", "Anaheim", "Barcelona", "Winnipeg"])
def test_gap_from_cold(name: str) -> None:
    flows = solve(network(name), 1e-6)
    # cycles of flow that the last gap check met are taken out after it: the flows are no worse than they say
    assert -1e-14 <= cold_gap(flows) <= flows.gap * (1 + 1e-3)


@pytest.mark.parametrize("name", ["SiouxFalls", "ChicagoSketch"])
def test_same_bits_for_any_number_of_threads(name: str) -> None:
    one, two, three = (solve(network(name), 1e-8, threads=threads) for threads in (1, 2, 3))
    assert np.array_equal(one.arc_flow, two.arc_flow)
    assert np.array_equal(one.arc_flow, three.arc_flow)
    assert one.gap == two.gap == three.gap


def test_braess_paradox() -> None:
    flows = solve(network("Braess"), 1e-12)
    assert flows.volume == pytest.approx([4, 2, 2, 2, 4], abs=1e-6)
    assert flows.total_cost == pytest.approx(552, abs=1e-5)
    assert flows.pair_cost[0].max() == pytest.approx(92, abs=1e-6)


def test_equal_classes_with_weights_give_the_one_class_optimum() -> None:
    problem = network("SiouxFalls")
    base = problem.classes[0]
    classes = [
        replace(base, name=str(weight), weight=weight, flow=base.flow * share / weight)
        for weight, share in ((1.0, 0.5), (2.0, 0.3), (5.0, 0.2))
    ]
    flows = solve(replace(problem, classes=classes), 1e-12)
    assert flows.objective == pytest.approx(OBJECTIVE["SiouxFalls"], rel=1e-11)


def test_several_classes_gap_from_cold() -> None:
    problem = network("Anaheim")
    base = problem.classes[0]
    lengths = problem.attributes["length"]
    classes = [
        replace(base, name=str(k), flow=base.flow * share, fixed_cost=lengths * factor)
        for k, (share, factor) in enumerate(((0.5, 1e-4), (0.3, 2e-4), (0.2, 0.0)))
    ]
    flows = solve(replace(problem, classes=classes), 1e-8)
    assert flows.converged
    assert -1e-14 <= cold_gap(flows) <= flows.gap * (1 + 1e-3)
