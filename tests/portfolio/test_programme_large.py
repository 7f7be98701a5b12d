"""The reference register with costs made up for the projects that have none: too many candidates to list."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest

import keruen as kr

SEARCH_CPU_S = 300.0


def costed(folder):
    """The North-South study with an assumed cost for every project that changes the network and has none."""
    shutil.copytree("examples/north-south", folder)
    project, effect = (
        pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False) for name in ("project", "effect")
    )
    changing = set(effect.loc[~effect["table"].isin(["", "demand"]), "project"])
    none = (project["cost_musd"] == "") & (project["cost_native_million"] == "") & project["project_id"].isin(changing)
    none &= ~project["status"].str.contains("operating|completed|in service|finished|opened", case=False)
    none &= project["umbrella"] != "true"
    project.loc[none, "cost_musd"] = [str(40 + 97 * number % 460) for number in range(none.sum())]
    project.loc[none, "price_year"] = "2024"
    project.loc[none, "note"] += "; cost assumed for a test"
    project.to_csv(folder / "project.csv", index=False)
    return kr.open(folder)


@pytest.mark.slow
def test_forty_costed_projects_have_a_plan_a_curve_with_bounds_and_robustness_in_five_minutes(tmp_path):
    study = costed(tmp_path / "study")
    plan = kr.choose(study, 5000.0, periods=(2026, 2030, 2035), time_limit=SEARCH_CPU_S)
    assert len(plan.timetable.candidates) + len(plan.idle) >= 40
    assert len(plan.timetable.candidates) > 12
    assert plan.cpu_s < SEARCH_CPU_S
    assert not plan.proven
    assert plan.cost_musd <= 5000.0
    assert plan.npv_musd >= plan.by_ranking[1] - 1e-6
    curve = plan.curve
    assert len(curve) > 5
    assert np.isfinite(curve["bound_musd"]).all()
    assert (curve["gap_musd"] >= 0).all()
    assert (curve["npv_musd"].diff().dropna() > 0).all()
    assert curve.loc[curve["budget_musd"] <= 5000.0, "npv_musd"].max() == pytest.approx(plan.npv_musd)
    assert plan.demand_factors == (0.8, 1.0, 1.2)
    assert (plan.interactions.abs().to_numpy() > 1.0).sum() > len(plan.timetable.candidates)
