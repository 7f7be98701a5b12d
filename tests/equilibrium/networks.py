"""Published networks for oracle tests: read where they are, never shipped."""

from functools import cache
from pathlib import Path

import pytest

from keruen.equilibrium import Problem
from keruen.exchange import tntp

FOLDER = Path(__file__).parents[3] / "shared" / "benchmarks" / "tntp"

FACTORS = {"ChicagoSketch": (0.02, 0.04)}

OBJECTIVE = {
    "Braess": 386.00000008,
    "SiouxFalls": 4231335.28710744,
    "Anaheim": 1286032.171096032,
    "Barcelona": 1265654.92203176,
    "Winnipeg": 827911.494629963,
    "ChicagoSketch": 17313018.7387477,
}
"""Best known Beckmann objectives; sources in the README beside the networks."""


@cache
def network(name: str) -> Problem:
    """Read a published network, or skip the test where it is absent."""
    folder = FOLDER / name
    if not folder.is_dir():
        pytest.skip(f"network {name} is not at {FOLDER.parent.name}/{FOLDER.name}")
    toll, distance = FACTORS.get(name, (0.0, 0.0))
    return tntp.read(
        folder / f"{name}_net.tntp", folder / f"{name}_trips.tntp", toll_factor=toll, distance_factor=distance
    )


def published(name: str) -> Path:
    """Return the file of best-known flows."""
    return FOLDER / name / f"{name}_flow.tntp"
