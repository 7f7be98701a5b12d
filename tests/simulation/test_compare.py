"""Formula and simulation side by side."""

import numpy as np
import pytest

import keruen as kr
from keruen.network.facility import Arrivals, Shifts, Stage, exponential, fitted, geometric, series
from keruen.simulation import compare_formula

POST = series(
    Arrivals.renewal(100, 0.5, geometric(20.0)),
    Stage("customs", fitted(0.5, 0.5), 4),
    Stage("gauge", fitted(0.4, 0.25), 3),
    name="post",
    unit="wagon",
)
COLUMNS = {
    "flow_per_day", "load", "formula_h", "simulation_h", "half_width_h", "replications", "gap", "formula_sd_h", "simulation_sd_h",
    "simulation_p50_h", "simulation_p90_h", "simulation_p95_h", "binding", "utilisation", "simulation_utilisation", "trusted", "notes",
}  # fmt: skip


def test_one_row_a_flow_with_everything_in_it():
    table = compare_formula(POST, [60.0, 120.0, 200.0], target=0.05)
    assert set(table) == COLUMNS
    assert table["flow_per_day"].tolist() == [60.0, 120.0, 200.0]
    assert (table["half_width_h"] <= 0.05 * table["simulation_h"]).all()
    assert (table["simulation_p50_h"] < table["simulation_p90_h"]).all()
    assert (table["simulation_p90_h"] < table["simulation_p95_h"]).all()
    assert (table["binding"] == "gauge").all()
    assert table["gap"].to_numpy() == pytest.approx((table["formula_h"] / table["simulation_h"] - 1).to_numpy())


def test_the_grid_goes_past_capacity_and_the_formula_follows():
    table = compare_formula(POST, target=0.04)
    assert table["load"].max() == pytest.approx(1.3)
    assert (np.diff(table["simulation_h"]) > 0).all()
    assert table["gap"].abs().mean() < 0.08
    assert table["gap"].abs().max() < 0.2
    assert "past the capacity of gauge" in table["notes"].iloc[-1]


def test_what_blocking_does_is_flagged():
    tight = series(exponential(24 / 80), Stage("a", exponential(0.2)), Stage("b", exponential(0.2), room=1))
    table = compare_formula(tight, [70.0], target=0.05)
    assert not table["trusted"].iloc[0]
    assert "a is blocked" in table["notes"].iloc[0]


def test_everything_is_reached_from_the_top():
    line = kr.series(
        kr.Arrivals(kr.facility.exponential(0.5)),
        kr.Stage("desk", kr.Law.of("LN", 1.0, scv=0.5), kr.Shifts((0, 12), (4, 3), at_end="finish")),
        kr.Law.of("D", 0.1),
    )
    run = kr.simulate(line, target=0.05)
    assert isinstance(run, kr.Simulation)
    assert set(kr.compare_formula(line, [30.0], target=0.1)) == COLUMNS
    paired = kr.compare_designs(
        line, line.change("desk", servers=kr.Shifts((0, 12), (5, 4), at_end="finish")), replications=10
    )
    assert paired.difference.value < 0


def test_series_takes_laws_pairs_and_stages():
    shifts = Shifts((0, 12), (2, 1), "suspend")
    line = series(
        exponential(1.0),
        exponential(0.5),
        (exponential(0.4), 2),
        (exponential(0.3), shifts),
        Stage("x", exponential(0.1)),
    )
    assert [stage.name for stage in line.stages] == ["1", "2", "3", "x"]
    assert [stage.servers for stage in line.stages] == [1, 2, shifts, 1]
    assert line.flow_per_day == pytest.approx(24)
