"""AequilibraE as a cross-check, where it is installed: its flows cannot be better than ours."""

import importlib.util
import sys
from pathlib import Path

import pytest
from networks import network

from keruen.equilibrium import solve

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("aequilibrae") is None, reason="aequilibrae is not installed"),
    pytest.mark.filterwarnings("ignore"),  # its own, of the pandas it uses
]

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "equilibrium.py"


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("equilibrium_benchmark", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["SiouxFalls", "Anaheim"])
def test_same_flows_as_far_as_frank_wolfe_comes(name, benchmark):
    problem = network(name)
    assignment = benchmark.assignment_of_aequilibrae(problem, 1e-4)
    assignment.execute()
    theirs = assignment.results()["PCE_tot"].to_numpy()
    flows = solve(problem, 1e-8)
    ours = float(problem.delay.integral(flows.volume).sum())
    objective = float(problem.delay.integral(theirs).sum())
    assert ours <= objective * (1 + 1e-9)
    assert objective == pytest.approx(ours, rel=1e-4)
