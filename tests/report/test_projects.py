"""What the report says of projects: announced against itemised, the register, who gains, what rests on queues."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import keruen as kr
from keruen.languages import language
from keruen.report.document import _environment
from keruen.report.reading import Reading
from keruen.report.sections import Page, ranking, reconciliation, register

STUDY = Path(__file__).resolve().parents[2] / "examples" / "north-south"
WIDTH = re.compile(r'class="(all|own|own soft|gap)" style="width:([\d.]+)%')


@pytest.fixture(scope="module")
def study():
    return kr.open(STUDY)


@pytest.fixture(scope="module")
def appraised(tmp_path_factory):
    """The miniature with one project that gains."""
    mini = kr.open(kr.new(tmp_path_factory.mktemp("report") / "mini"))
    return mini, kr.appraise(mini)


def page(study, code="en", appraisals=None):
    comparison = SimpleNamespace(study=study, appraisals=appraisals)
    return Page(Reading(comparison, language(code)), _environment())


def changed(study, **tables):
    """The study with tables replaced."""
    held = {**study.tables, **tables}
    return SimpleNamespace(tables=held, table=lambda name: held[name].copy(), settings=study.settings)


def plain(markup):
    return " ".join(re.sub(r"<[^>]+>", " ", str(markup)).split())


def test_the_announced_total_against_the_register(study):
    found = reconciliation.section(page(study))
    assert found.title == "More than 170 projects are announced; 25 can be named with a source"
    assert "November 2025" in found.sub
    text = plain(found.body)
    for part in (
        "145 not itemised",
        "6 costs published in dollars make USD 30.3 billion, less than 61% of the announced value.",
        "Balkhash nuclear power plant 14.0",
        "3 costs in other currencies add USD 0.6 billion.",
        "16 projects have no cost in dollars.",
        "Gazprom none found Elsewhere in the register: Central Asia",
        "more than 170",
        "this is no compliance check",
    ):
        assert part in text, part


def test_bars_are_as_long_as_what_they_stand_for(study):
    widths = WIDTH.findall(str(reconciliation.section(page(study)).body))
    number, value = widths[:3], widths[3:]
    assert [float(width) for _, width in number] == pytest.approx([100, 100 * 25 / 170, 100 * 145 / 170], abs=0.01)
    assert float(value[0][1]) == 100
    assert sum(float(width) for kind, width in value if kind != "all") == pytest.approx(100, abs=0.05)
    own = [float(width) for kind, width in value if kind == "own"]
    assert own == sorted(own, reverse=True)
    assert sum(own) == pytest.approx(100 * 30.3 / 50, abs=0.05)


@pytest.mark.parametrize("code", ["ru", "kk"])
def test_other_languages_say_the_same_numbers(study, code):
    for one in (reconciliation, register):
        english, other = one.section(page(study)), one.section(page(study, code))
        assert sorted(re.findall(r"\d+", other.title)) == sorted(re.findall(r"\d+", english.title))
        assert other.title != english.title
        assert str(other.body).count("<tr") == str(english.body).count("<tr")
        assert "announced" not in plain(other.body)


def test_a_title_claims_no_more_than_was_announced(study):
    told = study.tables["programme"].copy()
    told["number"] = float("nan")
    assert reconciliation.section(page(changed(study, programme=told))).title == "Announced and itemised"
    told = study.tables["programme"].copy()
    told["number_more_than"] = False
    assert reconciliation.section(page(changed(study, programme=told))).title.startswith("170 projects are announced;")
    told.loc[0, "portfolio"] = "INSTC east"
    several = reconciliation.section(page(changed(study, programme=told)))
    assert several.title == "Announced and itemised"
    assert "North–South, east" in plain(several.body) or "North-South, east" in plain(several.body)


def test_more_itemised_than_announced_leaves_no_gap(study):
    told = study.tables["programme"].copy()
    told[["number", "value_musd"]] = [[10.0, 1000.0]] * len(told)
    body = str(reconciliation.section(page(changed(study, programme=told))).body)
    assert "not itemised" not in body
    assert dict(WIDTH.findall(body)[:1]) == {"all": "40.00"}


def test_restrictions_that_the_user_gave(study):
    listed = pd.DataFrame(
        {"party": ["lukoil"], "list": ["own list"], "since": ["2024-01"], "source": ["assumed"], "note": ""}
    )
    text = plain(reconciliation.section(page(changed(study, restriction=listed))).body)
    assert "Kalamkas-Sea and Khazar fields: Lukoil stands on own list, 2024-01." in text
    assert "This is no compliance check." in text
    nobody = listed.assign(party="kamaz")
    projects = study.tables["project"].assign(parties="")
    text = plain(reconciliation.section(page(changed(study, restriction=nobody, project=projects))).body)
    assert "No project has a party" in text


def test_one_square_a_project(study):
    found = register.section(page(study))
    assert found.title == "24 of 89 projects in the register have a published cost"
    body = str(found.body)
    squares = body.split('class="key squares-key"')[0]
    counts = {kind: squares.count(f'<i class="{kind}"></i>') for kind in ("usd", "other", "none")}
    assert counts == {"usd": 9, "other": 15, "none": 65}
    assert sum(counts.values()) == 89
    assert body.count('<tr><th scope="row">') == 92  # umbrellas are listed
    assert plain(body).count(" umbrella") == 4  # three rows, one remark


def test_a_study_without_projects_or_announcements_says_nothing(study):
    none = {name: study.tables[name].iloc[:0] for name in ("project", "programme")}
    assert register.section(page(changed(study, **none))) is None
    assert reconciliation.section(page(changed(study, **none))) is None


def with_queues(found, share):
    """The appraisals as if so much of every gain rested on queues."""
    changed = {
        name: replace(
            one,
            gains=tuple(replace(year, unqueued_musd=(1 - share) * year.users_musd) for year in one.gains),
        )
        for name, one in found.items()
    }
    return replace(found, found=changed)


@pytest.mark.parametrize("code", ["en", "ru", "kk"])
def test_what_rests_on_queues_is_said_and_nothing_else(appraised, code):
    mini, found = appraised
    most = ranking.section(page(mini, code, with_queues(found, 0.8)))
    assert 'class="notice"' in str(most.body)
    assert "80" in plain(most.body)
    few = ranking.section(page(mini, code, with_queues(found, 0.4)))
    assert 'class="notice"' not in str(few.body)
    assert 'class="queued"' not in str(few.body)


def test_who_gains_adds_up_to_the_worth(appraised):
    mini, found = appraised
    (one,) = [one for one in found.values() if one.worth is not None]
    row = ranking._who(page(mini, "en", found).reading, one)
    amounts = {
        part: sum(float(word.replace(",", "")) for word in re.findall(r"[\d,]+(?=,|$)", text))
        for part, text in row.items()
        if part != "name"
    }
    total = amounts["gains"] - amounts["loses"] - amounts["pays"]
    assert total == pytest.approx(one.worth.npv_musd, abs=4)
    assert "Who gains and who pays" in plain(ranking.section(page(mini, "en", found)).body)
