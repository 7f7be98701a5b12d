"""What is read is what was written, whatever the format; nothing corrupt gets through with a traceback."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import keruen as kr
from keruen.study import check, schema, schema_markdown, schema_table, share_assumed
from keruen.study._cells import column_of, text_of
from keruen.study._files import read_csv, read_parquet
from keruen.study.writing import table_csv
from tests.study.conftest import said


def same(a, b):
    return all(a.tables[name].equals(b.tables[name]) for name in schema())


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_saved_studies_read_the_same(mini, tmp_path, suffix):
    again = kr.open(mini.save(tmp_path / "again", format=suffix))
    assert same(mini, again)
    assert again.settings == mini.settings


@pytest.mark.parametrize(
    ("written", "budget", "periods"),
    [
        ("budget_musd = 5000\nperiods = [2026, 2030]", (5000.0,), (2026, 2030)),
        ("budget_musd = [10, 2.5]\nperiods = [2026, 2030]", (10.0, 2.5), (2026, 2030)),
        ("budget_musd = 7", (7.0,), ()),
        ("", (), ()),
    ],
)
def test_budget_and_periods_read_and_saved(folder, tmp_path, written, budget, periods):
    folder.text("keruen.toml", f"{folder.text('keruen.toml')}\n[portfolio]\n{written}\n")
    study = kr.open(folder.path)
    again = kr.open(study.save(tmp_path / "again"))
    for one in (study, again):
        assert (one.settings.portfolio.budget_musd, one.settings.portfolio.periods) == (budget, periods)


def test_shapes_as_geoparquet(folder, tmp_path):
    rows = [{"link_id": "aktobe-bolashak", "geometry_wkt": "LINESTRING (57.2 50.28, 53.123456789 42.33)"}]
    folder.write("link_shape", rows)
    study = kr.open(folder.path)
    again = kr.open(study.save(tmp_path / "geo", format="parquet"))
    assert again.link_shape["geometry_wkt"].tolist() == [rows[0]["geometry_wkt"]]


def test_types(mini):
    link = mini.link
    assert link["length_km"].dtype == np.float64
    assert link["gauge_mm"].isna().tolist() == [False, False, False, False, True]
    assert link["one_way"].dtype == np.bool_
    assert link["electrified"].tolist() == [False, False, False, False, None]
    assert link["status"].tolist() == ["operating"] * 5
    assert link["line"].tolist() == ["", "kti", "kti", "", ""]
    assert mini.demand["year"].dtype == np.int64
    assert mini.stage["scv"].tolist() == [1, 1, 1, 1]
    assert list(mini.observation.columns) == list(schema()["observation"].attributes)
    assert len(mini.observation) == 0


def test_a_study_prints_well(mini):
    assert repr(mini).splitlines()[0] == "<Study mini: Mini, 2024>"
    assert "link" in repr(mini)
    assert "<table>" in mini._repr_html_()
    assert "link" in dir(mini)
    with pytest.raises(AttributeError, match="its tables are place"):
        _ = mini.links
    with pytest.raises(kr.UsageError, match="Did you mean 'link'"):
        mini.table("links")


def test_labels_fall_back_to_english(mini):
    assert mini.label("aktobe", "kk") == "Ақтөбе"
    assert mini.label("aktobe", "fa") == "Aktobe"
    assert mini.label("ship", "ru") == "Судно"
    with pytest.raises(kr.UsageError, match="Did you mean 'aktobe'"):
        mini.label("aktobee")


def test_inputs_are_hashed(folder):
    before = kr.open(folder.path).inputs
    folder.set("link", 2, length_km=1200)
    after = kr.open(folder.path).inputs
    assert {name for name in before if before[name] != after[name]} == {"link.csv"}
    assert "keruen.toml" in before


def test_new_overwrites_nothing(folder):
    with pytest.raises(kr.UsageError, match="not an empty folder"):
        kr.new(folder.path)
    (folder.path.parent / "file").write_text("x")
    with pytest.raises(kr.UsageError):
        kr.new(folder.path.parent / "file")
    study = kr.open(kr.new(folder.path.parent / "other", name='A "quoted" \\ name'))
    assert (study.settings.name_en, study.settings.id) == ('A "quoted" \\ name', "a-quoted-name")


def test_save_overwrites_nothing(mini, folder):
    with pytest.raises(kr.UsageError, match="not an empty folder"):
        mini.save(folder.path)
    with pytest.raises(kr.UsageError, match="csv or parquet"):
        mini.save(folder.path.parent / "x", format="xlsx")


def test_sources(folder):
    folder.add("source", 2, source_id="survey", kind="measured")
    folder.add("source", 2, source_id="unread", kind="measured")
    folder.set("link", 2, source="survey")
    study = kr.open(folder.path)
    coverage = kr.sources(study)
    rows, assumed = coverage
    link = rows[rows["table"] == "link"].set_index("kind")["rows"]
    assert link.to_dict() == {"measured": 1, "assumed": 4}
    assert rows["rows"].sum() == len(assumed) + 1
    assert (assumed["note"] != "").mean() > 0.9
    assert "bereket-akyayla" in set(assumed.loc[assumed["table"] == "link capacity", "row"])
    assert share_assumed(coverage) == pytest.approx(len(assumed) / (len(assumed) + 1))
    assert any(said(r, "unread", "1 sources are not used") for r in folder.remarks())


def test_schema_is_whole():
    tables = schema()
    for table in tables.values():
        assert table.key, table.name
        assert not table.figures or "source" in table.attributes, table.name
        for attribute in table.attributes.values():
            assert attribute.references in ("", *tables), attribute
            assert (attribute.dtype == "choice") == bool(attribute.choices), attribute
            assert attribute.description, attribute
            if attribute.dtype == "source":
                assert attribute.references == "source", attribute


def test_schema_shows_every_column():
    text = schema_markdown()
    for table in schema().values():
        assert f"## {table.name}\n" in text
        for column in table.attributes:
            assert f"| `{column}` |" in text
    assert schema_table("link")
    assert schema_table()
    with pytest.raises(kr.UsageError, match="Did you mean 'link'"):
        schema_table("links")


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)


def column(dtype, attribute):
    if attribute.dtype == "int":
        return st.integers(-(10**9), 10**9).map(float)
    if attribute.is_number:
        return st.floats(allow_infinity=False) if not attribute.default else st.floats(-1e300, 1e300)
    if attribute.dtype == "bool":
        return st.booleans() if attribute.default else st.sampled_from([True, False, None])
    if attribute.choices:
        return st.sampled_from(attribute.choices)
    return texts if dtype == "text" else st.sampled_from(["a", "b-c", "d.e_1"])


@st.composite
def tables(draw):
    name = draw(st.sampled_from(["link", "stage", "source", "effect"]))
    size = draw(st.integers(1, 5))
    attributes = schema()[name].attributes
    values = {
        c: draw(st.lists(column(a.dtype, a), min_size=size, max_size=size))
        for c, a in attributes.items()
        if a.dtype not in ("country", "wkt")
    }
    return name, {c: [text_of(v) for v in values.get(c, [""] * size)] for c in attributes}


@settings(deadline=None, max_examples=60)
@given(tables())
def test_reading_what_was_written_gives_the_same(drawn):
    name, cells = drawn
    attributes = schema()[name].attributes
    frame = pd.DataFrame({c: column_of(a, cells[c], []) for c, a in attributes.items()})
    for read in (csv_again(name, frame), parquet_again(frame)):
        again = pd.DataFrame({c: column_of(a, read.get(c, [""] * len(frame)), []) for c, a in attributes.items()})
        pd.testing.assert_frame_equal(again, frame)


def csv_again(name, frame):
    problems = []
    raw = read_csv("t.csv", table_csv(name, frame).encode(), problems)
    assert raw is not None
    assert problems == []
    return raw.columns


def parquet_again(frame):
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), out)
    return read_parquet("t.parquet", out.getvalue(), []).columns


@st.composite
def corruption(draw):
    kind = draw(st.sampled_from(["cut", "flip", "insert", "delete", "double"]))
    at, length = draw(st.floats(0, 1)), draw(st.integers(1, 40))
    return kind, at, length, draw(st.binary(min_size=1, max_size=6))


def corrupted(data, how):
    kind, at, length, extra = how
    i = int(at * len(data))
    if kind == "cut":
        return data[:i]
    if kind == "flip":
        return data[:i] + bytes(b ^ extra[0] for b in data[i : i + length]) + data[i + length :]
    if kind == "insert":
        return data[:i] + extra + data[i:]
    if kind == "delete":
        return data[:i] + data[i + length :]
    return data[:i] + data[i : i + length] * 2 + data[i + length :]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_corruption_never_ends_in_a_traceback(mini, tmp_path_factory, suffix, data):
    whole = broken_study(mini, tmp_path_factory, suffix)
    name = data.draw(st.sampled_from(sorted(whole)))
    path = whole[name]
    good = path.read_bytes()
    try:
        path.write_bytes(corrupted(good, data.draw(corruption())))
        whole_check, tables = kr.check(path.parent), check(path.parent)
        for problem in (*whole_check.problems, *whole_check.remarks):
            assert str(problem).isprintable()
        assert set(tables.problems) <= set(whole_check.problems)
        if tables.problems:
            with pytest.raises(kr.DataError):
                kr.open(path.parent)
        else:
            kr.open(path.parent).scenario(2028).build("bogie-shop")
    except kr.KeruenError:
        pass
    finally:
        path.write_bytes(good)


_made = {}


def broken_study(mini, factory, suffix):
    if suffix not in _made:
        _made[suffix] = mini.save(factory.mktemp("broken") / suffix, format=suffix)
    return {path.name: path for path in _made[suffix].iterdir()}


@example(b"place_id\x00\n\x00")
@example(b"\xff\xfeplace_id")
@example(b'"')
@example(b"\n\n\n")
@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=80))
def test_any_bytes_are_a_table_or_a_problem(data):
    for read in (read_csv, read_parquet):
        problems = []
        assert read("x", data, problems) is not None or problems
