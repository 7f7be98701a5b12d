"""Projects appraised alone: identities that hold through the whole chain, from tables to NPV."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

import keruen as kr
from keruen.appraisal.economics import npv
from keruen.appraisal.gains import surplus
from keruen.appraising import appraise_study
from keruen.equilibrium.calibration import Calibration
from keruen.equilibrium.freight import assign, freight
from keruen.equilibrium.unloaded import unloaded
from keruen.network import Router
from keruen.network.like import LikeRouter

PLAIN = {"name_ru": "x", "name_kk": "x", "portfolio": "", "sector": "railway", "parties": "", "countries": "IR",
         "cost_musd": "30", "price_year": "2024", "status": "planned", "start_year": "2026", "finish_year": "2028",
         "requires": "", "excludes": "", "source": "assumed", "note": "made up"}  # fmt: skip
EFFECT = {"existing": "", "set": "", "change": "", "from_year": "2028", "basis": "assumed", "source": "assumed",
          "note": "made up"}  # fmt: skip


def write(path, rows):
    columns = list(dict.fromkeys(column for row in rows for column in row))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8")


def study(folder, projects):
    """The miniature with these projects: name to (cells of the project, list of effects)."""
    path = kr.new(folder / "mini")
    rows = [{"project_id": n, "name_en": n, **PLAIN, **cells} for n, (cells, _) in projects.items()]
    effects = [
        {"effect_id": f"{n}-{i}", "project": n, **EFFECT, **one}
        for n, (_, several) in projects.items()
        for i, one in enumerate(several)
    ]
    write(path / "project.csv", rows)
    write(path / "effect.csv", effects)
    return kr.open(path)


def faster(change, stage="gauge"):
    return {"table": "stage", "row": stage, "column": "dwell_h", "change": str(change)}


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    return study(
        tmp_path_factory.mktemp("alone"),
        {
            "whole": ({"cost_musd": "30"}, [faster(-12)]),
            "first": ({"cost_musd": "20"}, [faster(-8)]),
            "second": ({"cost_musd": "10"}, [faster(-4)]),
            "nothing": ({"cost_musd": "7"}, [faster(0)]),
            "umbrella": ({"umbrella": "true"}, []),
            "free": ({"cost_musd": "", "price_year": ""}, [faster(-12)]),
            "outside": ({}, [{"table": "", "row": "", "column": "", "note": "a mine"}]),
        },
    )


@pytest.fixture(scope="module")
def found(several):
    return kr.appraise(several)


def test_a_project_without_effect_is_worth_minus_its_cost(found):
    one = found["nothing"]
    outlay = [7 / 3, 7 / 3, 7 / 3]  # 2026 to 2028, opened in 2029
    assert one.worth.npv_musd == pytest.approx(-npv(0.09, outlay), rel=1e-9)
    assert one.worth.eirr.rate is None
    assert one.worth.eirr.reason


def test_a_project_split_in_two_that_do_not_interact_is_worth_the_same(found):
    parts = found["first"].worth.npv_musd + found["second"].worth.npv_musd
    assert parts == pytest.approx(found["whole"].worth.npv_musd, rel=1e-6)
    assert found["whole"].gains[0].users_musd > 0


def test_npv_is_zero_at_the_eirr_and_at_the_break_even_cost(found):
    one = found["whole"]
    flows = one.case.cash_flows(one.conventions)
    if one.worth.eirr.rate is not None:
        assert npv(one.worth.eirr.rate, flows.total()) == pytest.approx(0.0, abs=1e-6)
    case = replace(one.case, cost_musd=one.breakeven_musd, upkeep_musd=0.0)
    total = case.cash_flows(one.conventions).total()
    assert npv(0.09, total) == pytest.approx(0.0, abs=1e-9)


def test_a_switching_value_makes_the_npv_zero(found):
    one = found["whole"]
    table = one.switching_values().set_index("assumption")
    flows = one.case.cash_flows(one.conventions).scaled(benefit=1 + table.at["benefit", "change"])
    assert npv(0.09, flows.total()) == pytest.approx(0.0, abs=1e-9)


def test_hours_saved_are_those_of_the_gauge_change_by_hand(several, found):
    tonnes = several.tables["demand"].groupby("commodity")["flow_t_per_year"].sum()
    worth = several.tables["commodity"].set_index("commodity_id")["vot_usd_per_t_h"]
    by_hand = 12 * sum(tonnes[name] * worth[name] for name in tonnes.index) / 1e6
    assert sum(found["whole"].gains[0].hours_musd.values()) == pytest.approx(by_hand, rel=1e-6)
    assert found["whole"].gains[0].saved_t_h == pytest.approx(12 * tonnes.sum(), rel=1e-6)


def test_a_dated_rate_of_exchange_goes_before_that_of_the_settings(tmp_path):
    native = {"cost_musd": "", "cost_native_million": "1000", "native_currency": "KZT", "price_year": "2014"}
    opened = study(tmp_path, {"dear": (native, [faster(-8)])})
    refused = kr.appraise(opened)["dear"]
    assert "no rate for KZT, nor in the settings" in refused.reason
    settings = (opened.folder / "keruen.toml").read_text(encoding="utf-8")
    settings += "" if "[appraisal]" in settings else "\n[appraisal]\n"
    (opened.folder / "keruen.toml").write_text(settings + "usd_per_unit = { KZT = 0.002 }\n", encoding="utf-8")
    undated = kr.appraise(kr.open(opened.folder))["dear"]
    assert undated.case.cost_musd == pytest.approx(2.0)
    rate = {"currency": "KZT", "date": "2014", "usd_per_unit": "0.005", "source": "assumed", "note": "made up"}
    write(opened.folder / "exchange_rate.csv", [rate])
    dated = kr.appraise(kr.open(opened.folder))["dear"]
    assert dated.case.cost_musd == pytest.approx(5.0)
    assert any("KZT of 2014 at 0.005 USD of 2014" in text for text in dated.assumed)


def test_costs_and_the_carbon_price_are_brought_to_the_prices_of_the_study(tmp_path):
    cells = {"cost_musd": "30", "price_year": "2014"}
    opened = study(tmp_path, {"old": (cells, [faster(-8)])})
    as_published = kr.appraise(opened)["old"]
    assert as_published.case.cost_musd == pytest.approx(30.0)
    assert any("not brought to those of 2024" in text for text in as_published.assumed)
    levels = {"2014": "80", "2016": "90", "2024": "100"}
    rows = [{"year": year, "index": index, "source": "assumed", "note": "made up"} for year, index in levels.items()]
    write(opened.folder / "price_index.csv", rows)
    brought = kr.appraise(kr.open(opened.folder))["old"]
    assert brought.case.cost_musd == pytest.approx(30.0 * 100 / 80)
    assert any("brought to those of 2024 by 1.250" in text for text in brought.assumed)
    carbon = [one.by("name").set_index("name").loc["emissions", "benefit_musd"] for one in (as_published, brought)]
    assert carbon[1] == pytest.approx(carbon[0] * 100 / 90)  # 36.3 USD is a price of 2016


def test_a_gain_of_free_hours_does_not_rest_on_queues(found):
    for one in (found["whole"], found["first"]):
        for year in one.gains:
            assert year.unqueued_musd == pytest.approx(year.users_musd, rel=1e-6)
            assert year.queue_share == pytest.approx(0.0, abs=1e-6)
    assert np.isnan(found["nothing"].gains[0].queue_share)


def test_a_gain_of_capacity_alone_rests_on_queues_wholly(tmp_path):
    link = kr.open(kr.new(tmp_path / "plain")).tables["link"]["link_id"].iloc[0]
    wider = {"table": "link", "row": link, "column": "capacity_trains_per_day"}
    opened = study(tmp_path, {"wider": ({}, [{**wider, "set": "24"}])})
    folder = opened.folder
    rows = list(csv.DictReader(io.StringIO((folder / "link.csv").read_text(encoding="utf-8"))))
    for row in rows:
        if row["link_id"] == link:
            row |= {"capacity_low_trains_per_day": "0.5", "capacity_trains_per_day": "0.6"}
    write(folder / "link.csv", rows)
    for year in kr.appraise(kr.open(folder))["wider"].gains:
        assert year.users_musd > 0
        assert year.unqueued_musd == pytest.approx(0.0, abs=1e-9)
        assert year.queue_share == pytest.approx(1.0)


def test_unloaded_costs_are_those_of_the_cheapest_route(several):
    """Against the router's own search, which knows nothing of the equilibrium."""
    router = Router(several.scenario())
    table = unloaded(freight(router, Calibration()))
    zones = several.tables["zone"].set_index("zone_id")["place"]
    worth = several.tables["commodity"].set_index("commodity_id")["vot_usd_per_t_h"]
    assert len(table)
    for (origin, destination, commodity), row in table.iterrows():
        route = router.route(zones[origin], zones[destination], commodity)
        assert row["unloaded_h"] * worth[commodity] == pytest.approx(route.generalised_usd_per_t, rel=1e-9)


def test_what_cannot_be_appraised_says_why_and_is_not_dropped(found):
    assert len(found) == 7
    assert "umbrella" in found["umbrella"].reason
    assert "a mine" in found["outside"].reason
    assert "no cost" in found["free"].reason
    assert found["free"].breakeven_musd == pytest.approx(found["whole"].breakeven_musd)
    assert list(found)[-2:] == ["outside", "umbrella"]
    with pytest.raises(kr.UsageError, match="no cost"):
        found["free"].sensitivity()


def test_nothing_is_gained_where_nothing_changes(several):
    base = assign(Router(several.scenario(year=2024)), 1e-8)
    assert surplus(base, base)[["hours_usd", "money_usd"]].to_numpy() == pytest.approx(0.0)


def test_unknown_project_and_year_are_refused(several):
    with pytest.raises(kr.UsageError, match="no project 'whol'"):
        kr.appraise(several, "whol")
    with pytest.raises(kr.UsageError, match="no demand for 2031"):
        kr.appraise(several, "whole", years=[2031])


def test_a_run_cut_short_goes_on_and_gives_the_same(several, found, tmp_path):
    out = tmp_path / "run"

    def cut(name):
        if name == "second":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        appraise_study(several, out=out, progress=cut)
    done = {path.stat().st_mtime_ns for path in (out / "gains").glob("*.json")}
    assert len(done) == 2
    again = appraise_study(several, out=out)
    assert done <= {path.stat().st_mtime_ns for path in (out / "gains").glob("*.json")}
    assert again.table.drop(columns="assumed").equals(found.table.drop(columns="assumed"))


def test_a_folder_of_something_else_is_left_alone(several, tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(kr.UsageError, match="no appraisal"):
        appraise_study(several, out=tmp_path)


@pytest.mark.parametrize("effects", [[faster(-12)], [{"table": "link", "row": "bereket-akyayla", "column": "status",
                                                      "set": "closed"}],
                                     [{"table": "commodity", "row": "grain", "column": "vot_usd_per_t_h", "set": "9"}]])  # fmt: skip
def test_costing_only_what_changed_gives_the_same_bits(tmp_path, effects):
    opened = study(tmp_path, {"one": ({}, effects)})
    base = opened.scenario(year=2024)
    router = Router(base)
    later = opened.scenario(year=2024).with_patches(*base.build("one").delay("one", -10).patches)
    assert later.patches
    fresh, like = Router(later), LikeRouter(later, router)
    for commodity in ("grain", "containers"):
        router.costs(commodity)
        assert like.carriage(commodity) == fresh.carriage(commodity)
        for name in ("permitted", "time_h", "money_usd_per_t", "emission_kg_per_t"):
            assert np.array_equal(getattr(fresh.costs(commodity), name), getattr(like.costs(commodity), name))


def test_no_money_is_assumed_spent_before_the_appraisal_begins_and_other_prices_are_said(tmp_path):
    early = study(
        tmp_path,
        {
            "soon": (
                {"start_year": "", "finish_year": "", "price_year": "2017"},
                [faster(-12) | {"from_year": "2027"}],
            ),
            "open": ({"status": "opened 30 Sep 2025", "start_year": "2022", "finish_year": "2025"}, [faster(-6)]),
        },
    )
    found = kr.appraise(early)
    assert found["soon"].case.start_year == 2026
    assert any("prices of 2017, not brought to those of 2024" in text for text in found["soon"].assumed)
    assert any("no decision is left" in text for text in found["open"].assumed)
    assert not any("no decision" in text for text in found["soon"].assumed)


def test_an_open_project_is_worth_the_base_less_the_base_without_it(tmp_path):
    """Opened or planned, a stage made faster by the same hours gains the same; the open one stands in the base."""
    study(
        tmp_path,
        {
            "opened": ({"status": "opened 2026", "finish_year": "2026"}, [{**faster(-4), "from_year": "2026"}]),
            "planned": ({}, [faster(-4)]),
        },
    )
    folder = tmp_path / "mini"
    text = (folder / "keruen.toml").read_text(encoding="utf-8")
    (folder / "keruen.toml").write_text(text.replace("years = [2024]", "years = [2024, 2030]"), encoding="utf-8")
    for name in ("demand.csv", "demand_family.csv"):
        head, *rows = (folder / name).read_text(encoding="utf-8").splitlines()
        later = [row.replace("2024", "2030") for row in rows]
        (folder / name).write_text("\n".join([head, *rows, *later, ""]), encoding="utf-8")
    found = kr.open(folder)
    assert found.scenario(year=2030).built == ("opened",)
    answer = kr.appraise(found, years=[2030])
    opened, planned = (answer[name].gains[0].users_musd for name in ("opened", "planned"))
    assert opened > 0
    assert planned == pytest.approx(opened, rel=1e-6)
