"""Each question as a user may get it wrong."""

import pytest

import keruen as kr
from keruen.portfolio import choose
from tests.portfolio.cases import ring


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    return kr.open(kr.new(tmp_path_factory.mktemp("study") / "mini")).scenario()


def test_a_comparison_that_is_not_declared_is_refused_with_those_that_are(scenario):
    with pytest.raises(kr.UsageError, match=r"no comparison 'nowhere'; this study has \S+"):
        kr.compare(scenario, "nowhere")


def test_indicators_need_a_route():
    with pytest.raises(kr.UsageError, match="at least one route"):
        kr.cpmm([])


def test_no_route_at_all_is_no_question(scenario):
    with pytest.raises(kr.UsageError, match="at least 1"):
        kr.routes(scenario, "aktobe", "mumbai", "grain", k=0)


@pytest.mark.parametrize("year", [2024.5, 1900])
def test_a_scenario_is_of_a_whole_year_of_the_study(scenario, year):
    with pytest.raises(kr.UsageError, match="year"):
        scenario.study.scenario(year=year)


def test_projects_are_chosen_for_a_study_and_for_a_network(scenario):
    programme = kr.choose(scenario.study, 40.0, periods=(2026, 2030))
    assert isinstance(programme, kr.Programme)
    assert programme.table["reason"].tolist() == ["costs more than it brings beside the plan"]
    assert programme.proven
    plan = kr.choose(ring(1), 60.0)
    assert plan.proven
    assert plan.objective == pytest.approx(choose(ring(1), budget=60.0).objective, rel=1e-9)
    with pytest.raises(TypeError, match="rules"):
        kr.choose(scenario.study, 40.0, rules=None)


@pytest.mark.parametrize(
    "ask", [kr.equilibrium, lambda what: kr.choose(what, 1.0), lambda what: kr.route(what, "a", "b", "grain")]
)
def test_what_is_neither_study_nor_scenario_is_refused_in_words(ask):
    with pytest.raises(kr.errors.UsageError, match="expected a"):
        ask("examples/north-south")
