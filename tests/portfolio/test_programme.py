"""Projects of a study chosen together: plans against counting them one by one, rules, bound, proof."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

import keruen as kr
from keruen.appraisal.modelled import Base
from keruen.errors import UsageError
from keruen.portfolio.programme import choose_programme, program, searching
from keruen.portfolio.programme.climbing import moves
from keruen.portfolio.programme.enumeration import Enumeration
from keruen.portfolio.programme.screening import screen
from keruen.portfolio.programme.values import OutOfTimeError, SetValues
from tests.appraisal.test_alone import faster, study, write

PERIODS = (2026, 2028, 2032)


@pytest.fixture(scope="module")
def register(tmp_path_factory):
    return study(
        tmp_path_factory.mktemp("programme"),
        {
            "first": ({"cost_musd": "0.4", "start_year": ""}, [faster(-8)]),
            "second": ({"cost_musd": "0.2", "start_year": "", "requires": "first"}, [faster(-4)]),
            "rival": ({"cost_musd": "0.6", "start_year": "", "excludes": "first"}, [faster(-6)]),
            "dear": ({"cost_musd": "900", "start_year": ""}, [faster(-3)]),
            "nothing": ({"cost_musd": "7"}, [faster(0)]),
            "free": ({"cost_musd": "", "price_year": ""}, [faster(-12)]),
            "outside": ({}, [{"table": "", "row": "", "column": "", "note": "a mine"}]),
        },
    )


@pytest.fixture(scope="module")
def appraisals(register):
    return kr.appraise(register)


def chosen(register, appraisals, budget, **terms):
    return choose_programme(register, budget, appraisals=appraisals, **terms)


@pytest.mark.parametrize("budget", [0.0, 0.3, 0.45, 0.6, 2.0, [0.4, 0.1, 0.1], 2000.0])
def test_the_plan_is_the_best_of_all_plans_counted_one_by_one(register, appraisals, budget):
    found = chosen(register, appraisals, budget, periods=PERIODS)
    table = found.timetable
    every = product(*(range(len(some) + 1) for some in table.options))
    worth = {plan: table.npv(plan, found.values.exact) for plan in every if not table.broken(plan)}
    assert found.proven
    assert found.npv_musd == pytest.approx(max(worth.values()), abs=1e-9)
    assert found.bound_musd == found.npv_musd
    assert not table.broken(found.plan)


def test_the_list_of_plans_says_what_each_plan_says_of_itself(register, appraisals):
    found = chosen(register, appraisals, [0.4, 0.1, 0.1], periods=PERIODS, at_most=1, by_country_musd={"IR": 0.55})
    listed, table = Enumeration(found.timetable), found.timetable
    npv, fits = listed.npv(found.values.exact), listed.fits
    for row in range(len(npv)):
        plan = listed.plan(row)
        assert npv[row] == pytest.approx(table.npv(plan, found.values.exact), abs=1e-9)
        assert fits[row] == (not table.broken(plan)), plan


def test_benefits_of_a_set_are_those_of_its_own_equilibrium(register, appraisals):
    found = chosen(register, appraisals, 2000)
    number = found.timetable.number
    base = Base(register, appraisals.years)
    together = SetValues(base, found.timetable.candidates).exact(1 << number["first"] | 1 << number["dear"])
    alone = [SetValues(base, found.timetable.candidates).exact(1 << number[name]) for name in ("first", "dear")]
    # Both shorten one stage on which nothing queues: together they bring the sum.
    assert together == pytest.approx(np.sum(alone, axis=0), rel=1e-6)
    assert found.interactions.at["first", "dear"] == pytest.approx(0.0, abs=1e-6)


def test_more_money_is_never_worth_less(register, appraisals):
    curve = chosen(register, appraisals, 2000, periods=PERIODS).curve
    assert (curve["npv_musd"].diff().dropna() > 0).all()
    assert (curve["budget_musd"].diff().dropna() > 0).all()
    for row in curve.itertuples():
        at = chosen(register, appraisals, row.budget_musd, periods=PERIODS)
        assert at.npv_musd == pytest.approx(row.npv_musd, abs=1e-9)


@pytest.fixture
def searched(monkeypatch):
    """Every register too large to be listed."""
    monkeypatch.setattr(searching, "LISTED", 0)


@pytest.mark.parametrize("budget", [0.0, 0.3, 0.45, 0.7, [0.4, 0.1, 0.1], 2000.0])
def test_a_search_ends_at_the_best_of_all_plans_here_and_claims_no_proof(register, appraisals, budget, monkeypatch):
    best = chosen(register, appraisals, budget, periods=PERIODS)
    monkeypatch.setattr(searching, "LISTED", 0)
    found = chosen(register, appraisals, budget, periods=PERIODS)
    assert (best.reason, found.reason) == ("proven", "not proven")
    assert found.npv_musd == pytest.approx(best.npv_musd, abs=1e-6)
    assert found.bound_musd >= best.npv_musd - 1e-9
    table, value = found.timetable, found.values.exact
    near = [plan for plan in moves(table, found.plan) if not table.broken(plan)]
    assert all(table.npv(plan, value) <= found.npv_musd + 1e-6 for plan in near)


def test_a_search_draws_a_curve_with_a_bound_at_every_step(register, appraisals, searched):
    found = chosen(register, appraisals, 2.0, periods=PERIODS)
    curve = found.curve
    assert len(curve) >= 3
    assert (curve["npv_musd"].diff().dropna() > 0).all()
    assert (curve["bound_musd"].diff().dropna() >= 0).all()
    assert (curve["gap_musd"] == curve["bound_musd"] - curve["npv_musd"]).all()
    for row in curve.itertuples():
        names = [name for name in row.projects.split(";") if name]
        assert row.cost_musd == pytest.approx(sum(found.timetable.cost[found.timetable.number[name]] for name in names))
        assert row.cost_musd <= row.budget_musd + 1e-9
        assert row.npv_musd <= row.bound_musd
    within = curve[curve["budget_musd"] <= 2.0]
    assert within["npv_musd"].max() == pytest.approx(found.npv_musd)
    assert (found.robustness() > 0.5).any()


def test_pairs_that_interact_are_screened_by_groups(register, appraisals):
    """Of many projects that two by two bring the sum, no pair is modelled; of two that compete, that pair is."""
    found = chosen(register, appraisals, 2.0)

    class Known(SetValues):
        """Sixteen projects of which 3 and 12 take from each other."""

        def __init__(self):
            self.candidates, self.years = [None] * 16, found.timetable.years
            self._fitted, self.asked = None, set()

        def alone(self, number):
            return np.full(len(self.years), 1.0 + number)

        def closed(self, members):
            return members

        def exact(self, members):
            self.asked.add(members)
            rival = members >> 3 & members >> 12 & 1
            return np.sum([self.alone(number) for number in self.members(members)], axis=0) - 2.5 * rival

    values = Known()
    assert screen(values, values.exact, lambda: False)
    assert [m for m in values.asked if m.bit_count() == 2 and m == 1 << 3 | 1 << 12]
    assert len(values.asked) < 40  # of 120 pairs
    assert not screen(values, values.exact, lambda: True)


def test_a_pair_counts_nothing_of_what_one_of_them_requires(register, appraisals):
    pairs = chosen(register, appraisals, 2000.0).interactions
    # "second" requires "first": beside "dear" it brings no more than alone, for nothing queues on the stage they shorten.
    assert pairs.at["second", "dear"] == pytest.approx(0.0, abs=1e-6)


def test_demand_of_later_years_moves_what_sets_bring(register, appraisals):
    base = Base(register, appraisals.years)
    same, more = base.at_demand(1.0), base.at_demand(1.5)
    central = [one.users_musd for one in base.together(["first"])]
    assert [one.users_musd for one in same.together(["first"])] == pytest.approx(central, rel=1e-9)
    grown = [one.users_musd for one in more.together(["first"])]
    later = [year > register.settings.base_year or len(appraisals.years) == 1 for year in appraisals.years]
    # Nothing queues here, so every tonne gains the same hours.
    assert grown == pytest.approx(
        [one * (1.5 if is_later else 1) for one, is_later in zip(central, later, strict=True)]
    )


def test_robustness_draws_the_demand(register, appraisals):
    found = chosen(register, appraisals, 2.0, demand=(0.5, 2.0))
    assert found.demand_factors == (0.5, 1.0, 2.0)
    low, central, high = found.stress.benefit_musd[:, 1:]
    assert (low <= central + 1e-9).all()
    assert (central <= high + 1e-9).all()
    assert (low < high).any()
    late = chosen(register, appraisals, 2.0, time_limit=1e-9)
    assert late.demand_factors == (1.0,)


def test_the_bound_without_proof_lies_above_the_plan(register, appraisals):
    proven = chosen(register, appraisals, 2000, periods=PERIODS)
    quick = chosen(register, appraisals, 2000, periods=PERIODS, prove=False)
    late = chosen(register, appraisals, 2000, periods=PERIODS, time_limit=1e-9)
    assert (quick.reason, late.reason) == ("not proven", "time limit")
    for one in (quick, late):
        assert one.npv_musd <= proven.npv_musd + 1e-9 <= one.bound_musd + 1e-9
        assert np.isfinite(one.bound_musd)


def test_prerequisites_exclusions_and_projects_as_asked(register, appraisals):
    plain = chosen(register, appraisals, 2000)
    assert {"first", "second"} <= set(plain.projects)
    assert "rival" not in plain.projects
    assert "second" not in chosen(register, appraisals, 2000, never=["first"]).projects
    assert "rival" in chosen(register, appraisals, 2000, must=["rival"]).projects
    dear = chosen(register, appraisals, 2000, must=["dear"])
    assert "dear" in dear.projects
    assert dear.npv_musd < plain.npv_musd


def test_every_project_left_out_has_its_reason(register, appraisals):
    found = chosen(register, appraisals, 2.0)
    table = found.table.set_index("project")
    assert (table.loc[~table["chosen"].astype(bool), "reason"] != "").all()
    assert "brings" in table.at["dear", "reason"]
    assert "excludes" in table.at["rival", "reason"]
    assert "changes nothing" in table.at["nothing", "reason"]
    assert found.left_out["free"] == "no cost published"
    assert "outside the network" in found.left_out["outside"]
    poor = chosen(register, appraisals, 0.1)
    assert poor.projects == ()
    assert "over the budget by" in poor.table.set_index("project").at["first", "reason"]


def test_a_reason_keeps_its_message_and_what_it_speaks_of(register, appraisals):
    reasons = chosen(register, appraisals, 2.0).reasons
    assert reasons["rival"].message == "{project} excludes {needed}"
    assert reasons["rival"].values == {"project": "rival", "needed": "first"}
    poor = chosen(register, appraisals, 0.1).reasons["first"]
    assert poor.values == pytest.approx({"musd": 0.3})
    assert poor == "over the budget by 0.3 million USD"
    barred = chosen(register, appraisals, 2.0, never=["first"]).left_out["second"]
    assert barred.message.format(**barred.values) == barred


def test_restricted_parties_are_left_out_by_the_list_asked_for(register, tmp_path):
    folder = kr.new(tmp_path / "mini")
    for name in ("project", "effect"):
        write(folder / f"{name}.csv", text_rows(register, name))
    rows = text_rows(register, "project")
    rows[0]["parties"] = "Builders Ltd 60%, State 40%"
    write(folder / "project.csv", rows)
    write(folder / "party.csv", [{"party_id": "builders", "name_en": "Builders Ltd", "source": "assumed"}])
    write(folder / "restriction.csv", [{"party": "builders", "list": "Lender", "since": "2025", "source": "assumed"}])
    barred = choose_programme(kr.open(folder), 2000.0, restricted=["Lender"])
    assert barred.left_out["first"] == "Builders Ltd is restricted"
    assert barred.left_out["second"] == "requires first, which cannot be chosen"
    with pytest.raises(UsageError, match="no restriction list Nobody; the study has Lender"):
        choose_programme(kr.open(folder), 2000.0, restricted=["Nobody"])


def text_rows(register, table):
    import pandas as pd

    frame = pd.read_csv(register.folder / f"{table}.csv", dtype=str, keep_default_na=False)
    return frame.to_dict("records")


def test_a_register_without_candidates_has_the_empty_plan(tmp_path):
    found = choose_programme(study(tmp_path, {"free": ({"cost_musd": "", "price_year": ""}, [faster(-12)])}), 100.0)
    assert (found.projects, found.npv_musd, found.proven, found.by_ranking) == ((), 0.0, True, ((), 0.0))
    assert len(found.table) == len(found.interactions) == len(found.robustness()) == 0
    assert found.curve["npv_musd"].tolist() == [0.0]


def test_robust_choices_are_shares(register, appraisals):
    found = chosen(register, appraisals, 2.0)
    share = found.robustness(seed=1, draws=200)
    assert ((share >= 0) & (share <= 1)).all()
    assert share["first"] > 0.9
    assert share["dear"] == 0.0
    assert share.equals(found.robustness(seed=1, draws=200))


@pytest.mark.parametrize("terms", [{}, {"prove": False}, {"time_limit": 1e-9}])
def test_ranking_is_never_worth_more(register, appraisals, terms):
    found = chosen(register, appraisals, 2.0, periods=PERIODS, **terms)
    names, npv = found.by_ranking
    assert npv <= found.npv_musd + 1e-9
    assert names


def test_ranking_takes_what_waits_for_another_and_what_must_be_built(register, appraisals):
    table = chosen(register, appraisals, 2000.0).timetable
    ratio = {one.project: one.bcr for one in table.candidates}
    assert ratio["second"] > ratio["rival"] > 1
    assert set(chosen(register, appraisals, 2.0).by_ranking[0]) >= {"first", "second"}
    assert "dear" in chosen(register, appraisals, 2000.0, must=["dear"]).by_ranking[0]


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"budget_musd": -1.0}, "not below 0"),
        ({"budget_musd": [1.0, 2.0], "periods": (2026,)}, "2 budgets for 1 periods"),
        ({"budget_musd": 1.0, "periods": (2030, 2026)}, "rising years"),
        ({"budget_musd": 1.0, "must": ["nobody"]}, "no project nobody"),
        ({"budget_musd": 1.0, "must": ["free"]}, "free must be in the plan and cannot be chosen: no cost published"),
        (
            {"budget_musd": 1.0, "must": ["second"], "never": ["first"]},
            "second must be in the plan and cannot be chosen: requires first, .*; first: left out as asked",
        ),
        ({"budget_musd": 1.0, "must": ["dear"], "never": ["dear"]}, "dear must be in the plan and must not"),
        (
            {"budget_musd": 1.0, "must": ["dear"]},
            "no plan keeps the rules: the budget is 1 million USD; dear must be in the plan and costs 900 million USD",
        ),
        ({"budget_musd": 2000.0, "must": ["rival", "first"]}, "first must be.*; rival must be.*; rival excludes first"),
        (
            {"budget_musd": 0.5, "must": ["second"]},
            "the budget is 0.5 .*second must be.*; second needs first, which costs 0.4 million USD, to open first",
        ),
        (
            {"budget_musd": [0.1, 2.0], "periods": (2026, 2030), "must": ["first", "second"], "at_most": 1},
            "at most 1 projects may start in one period|budget to the end of period 1",
        ),
        (
            {"budget_musd": 2000.0, "must": ["first"], "by_country_musd": {"IR": 0.1}},
            "IR may bear 0.1 million USD at most",
        ),
        ({"budget_musd": 1.0, "time_limit": 0.0}, "time limit"),
        ({"budget_musd": 1.0, "at_most": 0}, "at most 0"),
    ],
)
def test_terms_that_make_no_sense_are_refused(register, appraisals, terms, words):
    with pytest.raises(UsageError, match=words):
        choose_programme(register, appraisals=appraisals, **terms)


def test_periods_and_countries_that_mean_nothing_are_refused(register, appraisals):
    with pytest.raises(UsageError, match="period 2060 lies outside the horizon, 2026 to 2050"):
        choose_programme(register, 1.0, periods=(2026, 2060), appraisals=appraisals)
    with pytest.raises(UsageError, match="XX pays for no project that can be chosen; countries that do: IR"):
        choose_programme(register, 1.0, by_country_musd={"XX": 1.0}, appraisals=appraisals)


def test_works_that_have_begun_are_marked_and_charged_in_full(tmp_path):
    begun = {"cost_musd": "0.4", "start_year": "2023", "finish_year": "2027"}
    planned = {"cost_musd": "0.2", "start_year": "", "finish_year": "2027"}
    found = choose_programme(
        study(tmp_path, {"begun": (begun, [faster(-8)]), "new": (planned, [faster(-4)])}), 2.0, periods=(2026, 2030)
    )
    assert found.under_way == {"begun": 2023}
    table = found.table.set_index("project")
    assert table["chosen"].all()
    assert table.at["begun", "under_way_since"] == 2023
    assert np.isnan(table.at["new", "under_way_since"])
    assert (table.at["begun", "planned_opening_year"], table.at["begun", "opening_year"]) == (2028, 2031)
    assert found.cost_musd == pytest.approx(0.6)


def test_a_solver_out_of_time_contradicts_no_rule(register, appraisals, monkeypatch):
    table = chosen(register, appraisals, 2.0).timetable
    late = SimpleNamespace(x=None, status=1, message="Time limit reached. (HiGHS Status 13: Time limit reached)")
    monkeypatch.setattr(program, "milp", lambda *_args, **_kwargs: late)
    every = program.Program(table)
    assert not every.impossible(every.rows)
    assert program.conflict(table) == []
    monkeypatch.setattr(searching, "LISTED", 0)
    with pytest.raises(UsageError, match="was found in time; that there is none is not proven"):
        chosen(register, appraisals, 0.5, must=["second"])
    late.status, late.message = 2, "The problem is infeasible."
    assert every.impossible(every.rows)


@pytest.mark.parametrize("listed", [12, 0])
def test_time_that_is_up_ends_the_modelling_of_a_set(register, appraisals, monkeypatch, listed):
    """Nothing is modelled after the limit but the plan that ranking builds, and a search's first plan."""
    monkeypatch.setattr(searching, "LISTED", listed)
    equilibria = []
    plain = Base.together_in
    monkeypatch.setattr(
        Base, "together_in", lambda base, year, names: equilibria.append(names) or plain(base, year, names)
    )
    late = chosen(register, appraisals, 2000.0, periods=PERIODS, time_limit=1e-9)
    assert late.reason == "time limit"
    assert set(late.by_ranking[0]) >= {"first", "second"}
    known = {frozenset(names) for names in equilibria}
    assert known
    assert len(known) <= (2 if listed else 4)


def test_years_of_a_set_that_are_modelled_are_not_modelled_again(register, appraisals):
    base = Base(register, appraisals.years)
    values = SetValues(base, chosen(register, appraisals, 2.0).timetable.candidates)
    with pytest.raises(OutOfTimeError):
        values.exact(0b11, lambda: True)
    assert not values.is_known(0b11)
    assert values.modelled == 0
    assert values.exact(0b11, lambda: False) == pytest.approx(values.exact(0b11))
    assert values.exact(0b11, lambda: True) is values.exact(0b11)  # known already
