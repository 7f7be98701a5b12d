"""Routes side by side on the study that is shipped and on the one that `keruen new` starts."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import keruen as kr
from keruen.appraisal import Comparison, compare_routes
from keruen.network import Router
from keruen.network.legs import hours_by_country
from keruen.planning import alternatives, plan

STUDY = Path(__file__).resolve().parents[2] / "examples" / "north-south"
MINIATURE = Path(kr.__file__).parent / "study" / "miniature"


@pytest.fixture(scope="module")
def router() -> Router:
    return Router(kr.open(STUDY).scenario(year=2024))


@pytest.fixture(scope="module")
def compared(router) -> Comparison:
    return compare_routes(router, router.scenario.study, "", {})


def without_setting(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    shutil.copytree(MINIATURE, folder)
    settings = folder / "keruen.toml"
    text = settings.read_text()
    settings.write_text("\n".join(line for line in text.splitlines() if not line.startswith("comparison")))
    return folder


def test_first_comparison_is_the_reports_where_none_is_set(tmp_path, compared):
    assert compared.routes.index.tolist() == ["east", "sarakhs", "west", "caspian", "suez"]
    run = plan(without_setting(tmp_path), tmp_path / "run")
    assert run.comparison.routes.index.tolist() == ["east"]
    assert len(pd.read_csv(tmp_path / "run" / "tables" / "alternatives.csv"))


def test_water_between_two_countries_is_one_border(compared):
    # By the map: RU-KZ-TM-IR and by sea to IN; RU-AZ-IR-IN; RU by ship to IR and on to IN; RU by ship to IN.
    expected = {"east": 4, "sarakhs": 4, "west": 3, "caspian": 2, "suez": 1}
    assert compared.routes["borders"].to_dict() == expected


def test_hours_by_country_are_drawn_together(router):
    route = router.route("moscow", "mumbai", "containers", via=("bolashak", "incheh-borun", "bandar-abbas"))
    table = hours_by_country(route).set_index(["country", "activity"])
    entries = route.costs.hours
    on_route = np.isin(entries.arc, list(route.arcs))
    rows = pd.DataFrame(
        {
            "country": entries.country[on_route], "activity": np.array(entries.headings)[entries.heading[on_route]],
            "component": entries.component[on_route], "low": entries.low[on_route], "high": entries.high[on_route],
            "mean": entries.mean[on_route],
        }
    ).groupby(["country", "activity"])  # fmt: skip
    several = alone = 0
    for key, part in rows:
        low, high = table.loc[key, ["hours_low", "hours_high"]]
        ends = part["low"].sum(), part["high"].sum()
        if ends[0] == ends[1]:
            continue
        if len(set(part["component"])) > 1:
            assert 0.9 * ends[0] <= low < high <= 1.1 * ends[1]  # a tail is a tenth of its end
            several += ends[0] < 0.99 * low and high < 0.99 * ends[1]
        elif 0.2 < (part["mean"].sum() - ends[0]) / (ends[1] - ends[0]) < 0.8:
            alone += 1
            assert (low, high) == pytest.approx(ends, rel=0.01)  # the row's own declared percentiles
    assert several >= 1
    assert alone >= 2


def test_alternatives_tell_neighbouring_ports_apart(router):
    table = alternatives(router, router.scenario.study)
    grain = table[table["commodity"] == "grain"]
    assert "Hamburg" in grain.loc[grain["by"].str.contains("Ust-Luga"), "calls"].item()
    assert "Hamburg" not in grain.loc[grain["by"].str.contains("St Petersburg"), "calls"].item()
    assert (table["borders"] >= 1).all()


def test_every_table_of_a_run_has_its_header(tmp_path):
    folder = without_setting(tmp_path)
    for name in ("route", "observation"):
        path = folder / f"{name}.csv"
        if path.exists():
            path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    plan(folder, tmp_path / "run")
    heads = {path.name: path.read_text().partition("\n")[0] for path in (tmp_path / "run" / "tables").glob("*.csv")}
    assert heads["alternatives.csv"].startswith("origin,destination,commodity,rank")
    assert [name for name, head in heads.items() if "," not in head] == []
