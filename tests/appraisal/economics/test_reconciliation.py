"""Announced totals against the register: the real one, and every way a cost can be missing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from keruen.appraisal.economics.conversion import dollars
from keruen.appraisal.parties import party_projects, restricted, restrictions_met, spellings
from keruen.appraisal.reconciliation import of_study, reconcile
from keruen.errors import DataError, UsageError
from keruen.study import open as open_study

STUDY = Path(__file__).parents[3] / "examples" / "north-south"
NAMED = ["Sibur", "Gazprom", "Lukoil", "EuroChem", "Tatneft", "KAMAZ"]


@pytest.fixture(scope="module")
def register():
    return pd.read_csv(STUDY / "project.csv"), pd.read_csv(STUDY / "programme.csv")


@pytest.fixture
def small():
    projects = pd.DataFrame(
        {
            "project_id": list("abcdef"),
            "name_en": list("ABCDEF"),
            "portfolio": ["joint"] * 5 + ["other"],
            "parties": ["Sibur 40%, KMG", "Gazpromneft", None, "Gazprom", "", "GAZPROM"],
            "cost_musd": [100.0, np.nan, np.nan, np.nan, 900.0, 7.0],
            "cost_native_million": [np.nan, 1000.0, 5.0, np.nan, np.nan, np.nan],
            "native_currency": ["", "KZT", "EUR", "", "", ""],
            "price_year": [2021, 2022, np.nan, np.nan, 2024, 2024],
            "umbrella": [False, False, False, False, True, False],
        }
    )
    programmes = pd.DataFrame(
        {
            "programme_id": ["all", "part", "before"],
            "name_en": ["joint", "new ones", "joint"],
            "portfolio": ["joint"] * 3,
            "number": [10, 4, 5],
            "number_more_than": [True, None, None],
            "value_musd": [1000.0, 300.0, 400.0],
            "value_more_than": [None, None, None],
            "period": ["2025-11", "2025-11", "2023"],
            "source": ["s1", "s2", "s3"],
        }
    )
    return projects, programmes


def test_the_real_register(register):
    found = reconcile(*register, "KZ-RU joint", parties=NAMED)
    assert (found.number, found.announced.number_text()) == (25, "more than 170")
    assert found.value_musd == pytest.approx(30_300)
    assert len(found.published) == 6
    assert found.announced.value_text() == "more than 50.0 bn"
    text = str(found)
    assert "25 of more than 170 projects itemised (less than 14.7 %)" in text
    assert "USD 30.3 bn of more than 50.0 bn (less than 60.6 %), from 6 projects with a cost in USD" in text
    assert "Gazprom: none found (elsewhere in the register: p028, p029, p031)" in text
    assert len(found.published) + len(found.without_value) + len(found.umbrellas) == 25


def test_totals_over_time(register):
    over_time = reconcile(*register, "KZ-RU joint").over_time
    whole = over_time[over_time["name_en"] == "Kazakhstan-Russia joint projects"].set_index("period")
    assert whole["number"].to_dict() == {"2021-08": 30, "2023-11": 143, "2025-11": 170}
    assert whole["more_projects"].tolist()[1:] == [113, 27]
    assert whole["more_musd"]["2025-11"] == pytest.approx(16_500)


def test_every_cost_says_how_it_was_come_by(small):
    rates = pd.DataFrame({"currency": ["KZT"], "date": ["2022-06"], "usd_per_unit": [0.002], "source": ["bank"]})
    found = reconcile(*small, "joint", rates=rates)
    basis = found.items.set_index("project_id")["basis"].to_dict()
    assert basis == {"a": "published in USD", "b": "converted", "c": "no rate", "d": "no cost", "e": "umbrella"}
    assert (found.number, found.value_musd, found.converted_musd) == (4, 100.0, 2.0)
    assert found.share_of_number == pytest.approx(0.4)
    assert found.share_of_value == pytest.approx(0.1)
    note = found.items.set_index("project_id")["basis_note"]
    assert note["b"] == "KZT of 2022 at 0.002 USD of 2022-06 (bank)"
    assert note["c"] == "EUR without a price year"
    assert found.announced.name == "joint"  # of two in one month, the one that holds the other


@pytest.mark.parametrize(
    ("date", "value"),
    [
        ("2021", 1.0),
        ("2022-12-31", 2.0),
        ("2024", 3.0),  # just two years
        ("2020", 4.0),
        ("2019", np.nan),
        ("2030", np.nan),
        (2021.0, 1.0),
        (pd.Timestamp("2021-02-03"), 1.0),
    ],
)
def test_the_nearest_rate_is_used_and_none_that_is_far(date, value):
    projects = pd.DataFrame({"cost_native_million": [1.0], "native_currency": ["KZT"], "price_year": [2022]})
    rates = pd.DataFrame({"currency": ["KZT"], "date": [date], "usd_per_unit": [value], "source": ["bank"]})
    if np.isnan(value):
        rates["usd_per_unit"] = 1.0
    found = dollars(projects, rates)
    assert found["value_musd"].tolist() == pytest.approx([value], nan_ok=True)
    both = pd.concat([rates, rates.assign(date="2022-07", usd_per_unit=9.0)], ignore_index=True)
    assert dollars(projects, both)["value_musd"].tolist() == [9.0]


def test_bad_rates_are_listed_together():
    bad = {
        "currency": ["KZT"] * 3,
        "date": ["June", "2022-13", "2022"],
        "usd_per_unit": [1.0, "x", -1.0],
        "source": "s",
    }
    with pytest.raises(DataError) as caught:
        dollars(pd.DataFrame({"cost_musd": [1.0]}), pd.DataFrame(bad))
    assert [(p.row, p.column) for p in caught.value.problems] == [
        (2, "date"),
        (3, "usd_per_unit"),
        (3, "date"),
        (4, "usd_per_unit"),
    ]
    with pytest.raises(DataError, match="column is missing"):
        dollars(pd.DataFrame({"cost_musd": [1.0]}), pd.DataFrame({"currency": ["KZT"]}))


def test_parties_are_whole_words(small):
    found = party_projects(small[0], {"Gazprom": ["Газпром"], "KMG": [], "Lukoil": []}, portfolio="joint")
    assert found[["party", "where", "project_id"]].to_numpy().tolist() == [
        ["Gazprom", "portfolio", "d"],
        ["Gazprom", "elsewhere", "f"],
        ["KMG", "portfolio", "a"],
        ["Lukoil", "none found", ""],
    ]


def test_restricted_projects_can_be_left_out(small):
    listed = pd.DataFrame(
        {"party": ["KMG", "Nobody"], "list": ["bank's own"] * 2, "since": ["2024-01"] * 2, "source": "x"}
    )
    assert restricted(small[0], listed)[["project_id", "list"]].to_numpy().tolist() == [["a", "bank's own"]]


def test_other_spellings_of_a_restricted_party_are_found(small):
    projects, _ = small
    tables = {
        "project": projects.assign(parties=["КМГ 60%", "", "", "", "", ""]),
        "party": pd.DataFrame(
            {"party_id": ["kmg"], "name_en": ["KMG"], "name_ru": ["КМГ"], "spellings": ["KazMunayGas; "]}
        ),
        "restriction": pd.DataFrame({"party": ["kmg"], "list": ["own"], "since": ["2024"], "source": ["x"]}),
    }
    assert spellings(tables["party"]) == {"KMG": ("КМГ", "KazMunayGas")}
    assert restrictions_met(tables)[["project_id", "party"]].to_numpy().tolist() == [["a", "KMG"]]


def test_an_unknown_portfolio_names_the_known_ones(small, register):
    with pytest.raises(UsageError, match="announced: joint"):
        reconcile(*small, "nothing")
    assert [one.portfolio for one in of_study(open_study(STUDY).tables)] == ["KZ-RU joint"]


def test_an_announcement_without_numbers(small):
    projects, programmes = small
    bare = programmes.iloc[[0]].assign(number=np.nan, value_musd=np.nan)
    text = str(reconcile(projects, bare, "joint"))
    assert "4 of an unstated number of projects itemised\n" in text
    assert "USD 0.1 bn of an unstated value, from 1 project" in text
