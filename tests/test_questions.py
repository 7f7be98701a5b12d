"""Each question as a user may get it wrong."""

import pytest

import keruen as kr


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
