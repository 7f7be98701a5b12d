"""Scenarios: patches in order, conflicts, undo, differences."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import keruen as kr
from keruen.study import NewRow
from tests.study.conftest import said


def test_build_applies_from_its_year(mini):
    assert dwell(mini.scenario(2027).build("bogie-shop")) == 24
    assert dwell(mini.scenario(2028).build("bogie-shop")) == 12
    assert dwell(mini.scenario(2028)) == 24


def dwell(scenario):
    return scenario.table("stage").set_index("stage_id").at["gauge", "dwell_h"]


@pytest.mark.parametrize("first", ["build", "delay"])
def test_delay_counts_whenever_it_was_asked(mini, first):
    scenario = mini.scenario(2028)
    steps = [lambda s: s.build("bogie-shop"), lambda s: s.delay("bogie-shop", 2)]
    for step in steps if first == "build" else reversed(steps):
        scenario = step(scenario)
    assert dwell(scenario) == 24
    assert scenario.table("project")["finish_year"].tolist() == [2030]
    assert dwell(mini.scenario(2030).build("bogie-shop").delay("bogie-shop", 2)) == 12


def test_close_facility_link_and_place(mini):
    base = mini.scenario()
    assert closed(base.close("bandar-abbas-port")) == {"bandar-abbas-port"}
    assert closed(base.close("bereket-akyayla")) == {"bereket-akyayla"}
    assert closed(base.close("bereket")) == {"bereket-akyayla", "serhetyaka-bereket"}
    assert closed(base.close("bandar-abbas")) == {
        "bandar-abbas-port", "bandar-abbas-mumbai", "incheh-borun-bandar-abbas",
    }  # fmt: skip
    with pytest.raises(kr.UsageError, match="Did you mean 'bereket'"):
        base.close("berket")


def test_what_is_not_open_cannot_be_closed(folder):
    folder.set("facility", folder.add("facility", 3, facility_id="second"), status="planned")
    base = kr.open(folder.path).scenario()
    said = "facility second is not open, its status is planned; open between its places: akyayla-incheh-borun"
    with pytest.raises(kr.UsageError, match=said):
        base.close("second")
    with pytest.raises(kr.UsageError, match=r"its status is closed$"):
        base.close("bereket-akyayla").close("bereket-akyayla")
    with pytest.raises(kr.UsageError, match="no link or facility at bereket is open"):
        base.close("bereket").close("bereket")
    opened = base.with_patches(kr.Patch("facility", "second", "status", existing="planned", set="operating"))
    assert "second" in closed(opened.close("second"))


def closed(scenario):
    tables = ((scenario.table(name), f"{name}_id") for name in ("link", "facility"))
    return {row for table, key in tables for row in table.loc[table["status"] == "closed", key]}


def test_grow(mini):
    base = mini.scenario()
    assert base.grow(2).table("demand")["flow_t_per_year"].tolist() == [300000, 100000, 100000]
    grain = base.grow(2, commodity="grain", origin="kz-west")
    assert grain.table("demand")["flow_t_per_year"].tolist() == [300000, 50000, 50000]
    with pytest.raises(kr.UsageError, match="Did you mean 'grain'"):
        base.grow(2, commodity="grian")
    with pytest.raises(kr.UsageError, match="0 or more"):
        base.grow(-1)


def test_conflict_names_project_table_row_column_expected_and_found(mini):
    first = kr.Patch("stage", "gauge", "dwell_h", set=20, origin="rival")
    scenario = mini.scenario(2028).with_patches(first).build("bogie-shop")
    with pytest.raises(kr.DataError) as caught:
        scenario.table("stage")
    assert len(caught.value.problems) == 1
    parts = ("effect.csv, row 2", "stage gauge dwell_h = 20", "expected to find 24", "bogie-shop")
    assert said(caught.value.problems[0], *parts)
    assert dwell(mini.scenario(2028).build("bogie-shop").with_patches(first)) == 20


def test_every_conflict_at_once(mini):
    patches = [
        kr.Patch("link", "nowhere", "tracks", set=2, origin="me"),
        kr.Patch("link", "aktobe-bolashak", "tracks", existing=2, set=3, origin="me"),
        kr.Patch("link", "aktobe-bolashak", "length_km", set=-4, origin="me"),
        kr.Patch("link", "aktobe-bolashak", "mode", set="", origin="me"),
    ]
    with pytest.raises(kr.DataError) as caught:
        mini.scenario(patches=patches).table("link")
    texts = [str(p) for p in caught.value.problems]
    assert len(texts) == 4
    wanted = ("a row that exists", "expected to find 2", "between 0 and 30,000", "required")
    assert all(part in text for part, text in zip(wanted, texts, strict=True))


def test_patches_that_no_study_could_take(mini):
    for patch in (
        lambda: kr.Patch("link", "a", "tracks"),
        lambda: kr.Patch("link", "a", "tracks", set=1, change=1),
        lambda: mini.scenario(patches=[kr.Patch("links", "a", "tracks", set=1)]),
        lambda: mini.scenario(patches=[kr.Patch("link", "a", "track", set=1)]),
        lambda: mini.scenario(patches=[kr.Patch("link", "a", "mode", change=1)]),
        lambda: mini.scenario(patches=[kr.Patch("link", "a", "link_id", set="b")]),
        lambda: mini.scenario(1990),
        lambda: mini.scenario().build("bogey-shop"),
        lambda: mini.scenario().undo(),
        lambda: mini.scenario().without("bogie-shop"),
    ):
        with pytest.raises(kr.UsageError):
            patch()


def test_new_rows(mini):
    row = NewRow.of(
        "demand",
        {"origin": "in-west", "destination": "kz-west", "commodity": "grain", "year": 2024, "family": "in-kz",
         "flow_t_per_year": 7, "source": "assumed"},
    )  # fmt: skip
    scenario = mini.scenario(patches=[row])
    assert scenario.table("demand").dtypes.equals(mini.table("demand").dtypes)
    assert scenario.table("demand")["flow_t_per_year"].tolist() == [150000, 50000, 50000, 7]
    key = "in-west|kz-west|grain|2024|in-kz"
    more = scenario.with_patches(kr.Patch("demand", key, "flow_t_per_year", existing=7, change=3))
    assert more.table("demand")["flow_t_per_year"].iloc[-1] == 10
    with pytest.raises(kr.DataError, match="a key that no row has yet"):
        scenario.with_patches(row).table("demand")
    difference = kr.diff(mini.scenario(), scenario)
    assert set(difference["row"]) == {key}
    assert difference["a"].isna().all()


def test_prerequisites_and_exclusions(folder):
    folder.add("project", 2, project_id="b", requires="bogie-shop")
    folder.add("project", 2, project_id="c", excludes="bogie-shop")
    folder.add("project", 2, project_id="d", requires="e")
    folder.add("project", 2, project_id="e", status="operating since 2020")
    base = kr.open(folder.path).scenario(2030)
    with pytest.raises(kr.UsageError, match="b requires bogie-shop"):
        base.build("b")
    assert base.build("bogie-shop").build("b").built == ("bogie-shop", "b")
    for first, second in (("c", "bogie-shop"), ("bogie-shop", "c")):
        with pytest.raises(kr.UsageError, match="exclude each other"):
            base.build(first).build(second)
    assert base.build("d").built == ("d",)


def test_undo_and_without(mini):
    scenario = mini.scenario(2028).close("bereket").build("bogie-shop")
    assert scenario.undo().built == ()
    assert scenario.without("bogie-shop").steps == mini.scenario(2028).close("bereket").steps
    assert scenario.without("close bereket").built == ("bogie-shop",)


def test_diff_names_who(mini):
    a, b = mini.scenario(2028), mini.scenario(2028).build("bogie-shop").close("bandar-abbas-port").grow(2)
    found = kr.diff(a, b)
    assert set(found["by"]) == {"bogie-shop", "close bandar-abbas-port", "grow 2"}
    assert set(found["table"]) == {"facility", "stage", "demand"}
    assert kr.diff(a, mini.scenario(2028)).empty


def test_scenarios_do_not_touch_the_study(mini):
    for table in (mini.scenario().table("link"), mini.link):
        table["length_km"] = 0.0
    assert mini.table("link")["length_km"].min() > 0
    assert mini.scenario().table("link")["length_km"].min() > 0


def test_scenarios_print_well(mini):
    scenario = mini.scenario(2028).build("bogie-shop").delay("bogie-shop", 1).grow(1.5, commodity="grain")
    assert repr(mini.scenario()) == "<Scenario mini 2024: as the tables say>"
    assert repr(scenario).splitlines()[1:] == [
        "  build bogie-shop", "  delay bogie-shop by 1 years", "  demand x 1.5 (commodity grain)",
    ]  # fmt: skip
    assert "<li>build bogie-shop</li>" in scenario._repr_html_()


numbers = st.floats(0, 30000, allow_nan=False)
cells = st.sampled_from(["aktobe-bolashak", "serhetyaka-bereket", "bereket-akyayla", "bandar-abbas-mumbai"])


@settings(deadline=None, max_examples=60)
@given(row=cells, value=numbers)
def test_a_patch_and_its_inverse_restore(mini, row, value):
    old = mini.link.set_index("link_id").at[row, "length_km"]
    patch = kr.Patch("link", row, "length_km", existing=old, set=value)
    there = mini.scenario(patches=[patch])
    assert there.table("link").set_index("link_id").at[row, "length_km"] == value
    back = there.with_patches(patch.inverse())
    assert back.table("link").equals(mini.table("link"))
    assert kr.diff(back, mini.scenario()).empty


@settings(deadline=None, max_examples=60)
@given(row=cells, change=st.floats(-200, 200))
def test_a_change_and_its_inverse_restore(mini, row, change):
    patch = kr.Patch("link", row, "length_km", change=change)
    back = mini.scenario(patches=[patch, patch.inverse()]).table("link")["length_km"]
    assert abs(back - mini.link["length_km"]).max() < 1e-9


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_the_order_of_independent_patches_does_not_matter(mini, data):
    columns = st.sampled_from(["length_km", "tracks", "capacity_trains_per_day", "note", "electrified"])
    where = data.draw(st.lists(st.tuples(cells, columns), unique=True, min_size=1))
    values = {"note": "x", "electrified": True}
    patches = [
        kr.Patch("link", row, column, set=values.get(column, data.draw(st.integers(1, 6)))) for row, column in where
    ]
    turned = data.draw(st.permutations(patches))
    a, b = mini.scenario(patches=patches), mini.scenario(patches=turned)
    assert a.table("link").equals(b.table("link"))
