"""The one rule of selection."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from keruen.network.selectors import Selector

VALUES = st.sampled_from(["", "a", "b"])


@given(st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=12), st.tuples(*[st.sampled_from("ab")] * 3))
def test_the_best_row_fits_and_no_fitting_row_is_more_selective(rows, asked):
    columns = ["x", "y", "z"]
    selector = Selector(pd.DataFrame(rows, columns=columns), columns)
    case = dict(zip(columns, asked, strict=True))
    fitting = [i for i, row in enumerate(rows) if all(value in ("", a) for value, a in zip(row, asked, strict=True))]
    best = selector.best(case)
    if not fitting:
        assert best is None
    else:
        assert best in fitting
        assert sum(map(bool, rows[best])) == max(sum(map(bool, rows[i])) for i in fitting)


def test_a_set_fits_a_row_that_names_any_member_and_false_is_a_value():
    table = pd.DataFrame({"mode": ["sea", "rail"], "gauge_change": [None, False]})
    selector = Selector(table, ["mode", "gauge_change"])
    assert selector.fitting({"mode": frozenset({"rail", "sea"}), "gauge_change": False}) == (1, 0)
    assert selector.fitting({"mode": frozenset({"rail", "sea"}), "gauge_change": True}) == (0,)
    assert selector.best({"mode": "road"}) is None


def test_a_row_that_names_the_facility_outranks_any_description():
    rows = [("port", "IR", "sea", ""), ("", "", "", "quay")]
    columns = ["kind", "country", "mode", "facility"]
    selector = Selector(pd.DataFrame(rows, columns=columns), columns, naming=["facility"])
    asked = {"kind": "port", "country": "IR", "mode": "sea"}
    assert selector.best(asked | {"facility": "quay"}) == 1
    assert selector.best(asked | {"facility": "other"}) == 0
