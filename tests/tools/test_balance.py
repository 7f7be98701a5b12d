from __future__ import annotations

import numpy as np
import pytest
from tools.north_south.balance import Margin, ipf, whole_tonnes


def _margins(rows: list[float], columns: list[float]) -> list[Margin]:
    row = np.repeat(np.arange(len(rows)), len(columns))
    column = np.tile(np.arange(len(columns)), len(rows))
    return [Margin(row, np.array(rows)), Margin(column, np.array(columns))]


def test_margins_are_met_and_odds_ratios_of_the_seed_stay() -> None:
    seed = np.array([1.0, 2, 3, 4])
    cells = ipf(seed, _margins([40, 60], [30, 70])).cells.reshape(2, 2)
    assert cells.sum(axis=1) == pytest.approx([40, 60])
    assert cells.sum(axis=0) == pytest.approx([30, 70])
    assert cells[0, 0] * cells[1, 1] / (cells[0, 1] * cells[1, 0]) == pytest.approx(1 * 4 / (2 * 3))


def test_empty_cells_stay_empty() -> None:
    cells = ipf(np.array([0.0, 1, 1, 1]), _margins([10, 30], [20, 20])).cells
    assert cells[0] == 0
    assert cells == pytest.approx([0, 10, 20, 10])


def test_margins_that_disagree_are_refused() -> None:
    with pytest.raises(ValueError, match="disagree"):
        ipf(np.ones(4), _margins([10, 30], [20, 21]))


def test_margin_without_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="every cell is zero"):
        ipf(np.array([0.0, 0, 1, 1]), _margins([10, 30], [20, 20]))


def test_rounding_keeps_the_total() -> None:
    cells = np.random.default_rng(7).uniform(0, 100, 500)
    total = round(cells.sum())
    rounded = whole_tonnes(cells, total)
    assert rounded.sum() == total
    assert np.abs(rounded - cells).max() < 1
