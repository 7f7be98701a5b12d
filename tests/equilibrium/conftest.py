"""Small problems that several tests use."""

import numpy as np
import pytest

from keruen.equilibrium import DemandClass, Problem
from keruen.network.delay import Delay


def grid(side: int = 5, classes: int = 1, seed: int = 0, demand: float = 40.0) -> Problem:
    """Return a grid of two-way arcs with random capacities and demand between all its corners and more."""
    random = np.random.default_rng(seed)
    node = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate(
        [
            np.stack([node[:, :-1].ravel(), node[:, 1:].ravel()]),
            np.stack([node[:-1].ravel(), node[1:].ravel()]),
        ],
        axis=1,
    )
    tail, head = np.concatenate([pairs, pairs[::-1]], axis=1)
    size = tail.size
    ends = random.choice(side * side, (2, 3 * side), replace=True)
    kinds = [
        DemandClass(
            f"class {k}",
            ends[0],
            ends[1],
            random.uniform(0, demand, ends.shape[1]),
            random.uniform(0, 2, size),
            weight=1.0 + k,
        )
        for k in range(classes)
    ]
    delay = Delay.bpr(
        random.uniform(1, 3, size), random.uniform(20, 60, size), 0.3, random.choice([1, 2, 4, 5.5], size)
    )
    return Problem(side * side, tail, head, delay, kinds, attributes={"length": random.uniform(1, 9, size)})


@pytest.fixture
def small() -> Problem:
    return grid()
