"""OC4IDS: round trips that lose nothing, the standard's own schema, and every violation with its path."""

import copy
import json
import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keruen.errors import DataError, UsageError
from keruen.exchange.oc4ids import Package, read_oc4ids, to_oc4ids, write_oc4ids
from keruen.exchange.oc4ids_fields import from_project, into_project, party_names, project_id, status_code
from keruen.exchange.oc4ids_schema import validate

STUDY = Path(__file__).parents[2] / "examples" / "north-south"
OFFICIAL = os.environ.get("KERUEN_OC4IDS_SCHEMA")
"""Folder with the two schema files of the standard (Apache-2.0); they are not part of this package."""
needs_official = pytest.mark.skipif(
    not OFFICIAL, reason="set KERUEN_OC4IDS_SCHEMA to the folder of the standard's schema"
)
META = {"uri": "https://example.org/projects.json", "publisher": "Keruen", "published": "2026-01-31T00:00:00Z"}

FOREIGN = {
    "version": "0.9",
    "uri": "https://example.org/bridges.json",
    "publishedDate": "2025-05-01T00:00:00Z",
    "publisher": {"name": "Ministry", "uid": "77"},
    "license": "https://example.org/licence",
    "projects": [
        {
            "id": "oc4ids-abc123-Bridge/7",
            "title": "Bridge over the Ural",
            "status": "implementation",
            "type": "rehabilitation",
            "sector": ["transport", "transport.road"],
            "implementationPeriod": {"startDate": "2024-03-01T00:00:00Z", "endDate": "2026-10-31T00:00:00Z"},
            "locations": [
                {
                    "id": "1",
                    "description": "Uralsk",
                    "address": {"countryName": "Kazakhstan", "postalCode": "090000"},
                    "geometry": {"type": "Point", "coordinates": [51.2, 51.37]},
                }
            ],
            "budget": {"amount": {"amount": 12500000000, "currency": "KZT"}, "approvalDate": "2023-12-01T00:00:00Z"},
            "parties": [
                {
                    "id": "KZ-BIN-1",
                    "name": "KazAvtoZhol",
                    "roles": ["buyer"],
                    "identifier": {"id": "1", "scheme": "BIN"},
                },
                {"id": "KZ-BIN-2", "name": "Builder", "roles": ["supplier"]},
            ],
            "forecasts": [{"id": "1", "observations": [{"id": "1", "measure": 0.1, "unit": {"name": "Mt"}}]}],
            "somebodysOwn": {"keys": [1, 2.5, None, True, "ключ"]},
        },
        {"id": "oc4ids-abc123-2"},
    ],
}


@pytest.fixture
def foreign(tmp_path):
    path = tmp_path / "bridges.json"
    path.write_text(json.dumps(FOREIGN, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def study():
    text = {"existing": str, "set": str, "row": str}
    return tuple(pd.read_csv(STUDY / f"{name}.csv", dtype=text) for name in ("project", "effect", "source"))


def same(one, two, columns):
    for column in columns:
        a, b = (table[column].astype(object).where(table[column].notna(), "").tolist() for table in (one, two))
        assert a == b, column


def test_the_real_register_comes_back_as_it_was(study, tmp_path):
    projects, effects, sources = study
    document = to_oc4ids(projects, effects, sources=sources, **META)
    write_oc4ids(document, tmp_path / "out.json")
    found = read_oc4ids(tmp_path / "out.json")
    assert found.remarks == found.lacking == ()
    same(projects, found.projects, projects.columns)
    order = ["project", "effect_id"]
    same(effects.sort_values(order), found.effects.sort_values(order), effects.columns)
    named = sources["source_id"].isin({*projects["source"], *effects["source"]})
    same(sources[named], found.sources, sources.columns)
    assert to_oc4ids(found.projects, found.effects, base=found) == document


@needs_official
def test_the_real_register_fits_the_schema_of_the_standard(study):
    document = to_oc4ids(study[0], study[1], sources=study[2], **META)
    assert validate(document, official=OFFICIAL) == []
    assert validate(FOREIGN, official=OFFICIAL) == []


@needs_official
def test_the_example_of_the_standard_fits_and_comes_back_as_it_was():
    path = Path(OFFICIAL) / "example.json"
    if not path.exists():
        pytest.skip("put the standard's docs/examples/example.json beside its schema")
    found = read_oc4ids(path, official=OFFICIAL)
    assert found.document == json.loads(path.read_text(encoding="utf-8"))
    assert to_oc4ids(found.projects, found.effects, base=found) == found.document
    assert found.projects["countries"].tolist() == ["GB"]


@needs_official
def test_what_we_validate_is_no_looser_in_type_than_the_standard():
    own = json.loads((Path(__file__).parents[2] / "src/keruen/exchange/schemas/oc4ids-read.json").read_text("utf-8"))
    theirs = json.loads((Path(OFFICIAL) / "project-schema.json").read_text("utf-8"))["properties"]
    mine = {key: value for key, value in own["definitions"]["project"]["properties"].items() if key != "keruen"}
    assert mine.keys() <= theirs.keys()
    assert "keruen" not in theirs  # nor does the standard use the extension's key
    assert mine["status"]["enum"] == theirs["status"]["enum"]
    for key, value in mine.items():
        if "type" in value and "type" in theirs[key]:
            assert value["type"] == theirs[key]["type"], key


def test_another_publishers_package(foreign):
    found = read_oc4ids(foreign)
    row = found.projects.iloc[0]
    assert row["project_id"] == "oc4ids-abc123-bridge-7"
    assert row["oc4ids_id"] == "oc4ids-abc123-Bridge/7"
    assert row[["sector", "countries", "status", "native_currency"]].tolist() == ["road", "KZ", "implementation", "KZT"]
    assert row[["cost_native_million", "start_year", "finish_year"]].tolist() == [12_500, 2024, 2026]
    assert row["parties"] == "KazAvtoZhol, Builder"
    assert found.remarks == ()
    said = [(one.column, one.expected) for one in found.lacking]
    assert ("$.projects[0]", "cost_native_million: a cost with its price year") in said
    assert ("$.projects[1]", "name_en: a value: english name") in said


def test_unchanged_it_is_the_same_document(foreign, tmp_path):
    found = read_oc4ids(foreign)
    again = to_oc4ids(found.projects, found.effects, base=found)
    assert again == FOREIGN
    assert json.dumps(again) == json.dumps(FOREIGN)  # order of keys, whole numbers
    assert found.document == FOREIGN  # and what was read is not touched


def test_a_change_touches_what_was_changed_and_nothing_else(foreign, tmp_path):
    found = read_oc4ids(foreign)
    table = found.projects.copy()
    table.loc[0, ["status", "parties", "finish_year"]] = ["operating since spring", "KazAvtoZhol 60%, Others", 2027]
    table.loc[0, "price_year"] = 2023
    effect = {
        "effect_id": "e1",
        "project": "oc4ids-abc123-bridge-7",
        "table": "link",
        "row": "ural",
        "basis": "assumed",
    }
    effects = pd.DataFrame([{**effect, "column": "lanes", "set": "4", "existing": "2", "from_year": 2027}])
    document = to_oc4ids(table, effects, base=found)
    project, before = document["projects"][0], copy.deepcopy(FOREIGN["projects"][0])
    assert document["projects"][1] == FOREIGN["projects"][1]
    assert project["status"] == "maintenance"
    assert project["parties"] == [before["parties"][0], {"id": "party-2", "name": "Others"}]
    assert project["keruen"]["effects"][0]["from_year"] == 2027
    untouched = before.keys() - {"status", "parties", "keruen"}
    assert {key: project[key] for key in untouched} == {key: before[key] for key in untouched}
    assert project["period"] == {"endDate": "2027-12-31T00:00:00Z"}
    write_oc4ids(document, tmp_path / "changed.json")
    again = read_oc4ids(tmp_path / "changed.json")
    columns = [name for name in table.columns if name != "start_year"]
    same(table, again.projects, columns)
    assert again.effects["set"].tolist() == ["4"]
    if OFFICIAL:
        assert validate(document, official=OFFICIAL) == []


def test_a_field_changed_by_others_counts_and_is_said(study, tmp_path):
    document = to_oc4ids(study[0].head(1), **META)
    project = document["projects"][0]
    project["status"] = "cancelled"
    project["budget"]["amount"]["amount"] = 8_000_000_000
    project["parties"] = project["parties"][:1]
    write_oc4ids(document, tmp_path / "edited.json")
    found = read_oc4ids(tmp_path / "edited.json")
    row = found.projects.iloc[0]
    assert row[["status", "cost_musd", "parties"]].tolist() == ["cancelled", 8000, "KazMunayGas"]
    assert sum("which counts" in one.expected for one in found.remarks) == 3


def test_every_violation_is_listed_with_its_path(tmp_path):
    bad = copy.deepcopy(FOREIGN)
    del bad["publisher"]
    bad["projects"][0]["status"] = "finished"
    bad["projects"][0]["budget"]["amount"]["amount"] = "a lot"
    bad["projects"][0]["implementationPeriod"]["endDate"] = "next spring"
    bad["projects"][0]["keruen"] = {"requires": "x", "effects": [{"effect_id": "e"}]}
    del bad["projects"][1]["id"]
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(bad))
    with pytest.raises(DataError) as caught:
        read_oc4ids(path)
    assert {one.column for one in caught.value.problems} == {
        "$",
        "$.projects[0].status",
        "$.projects[0].budget.amount.amount",
        "$.projects[0].implementationPeriod.endDate",
        "$.projects[0].keruen.requires",
        "$.projects[0].keruen.effects[0]",
        "$.projects[1]",
    }
    assert '"a lot"' in str(caught.value)


@pytest.mark.parametrize(
    ("text", "row", "says"),
    [
        ('{"uri": "x",\n "projects": [', 2, "Was the file cut off"),
        ('{"uri": "x",\n "projects" []}', 2, "JSON: Expecting ':' delimiter in column 13"),
        ('{"uri": NaN}', None, "NaN is not a number of JSON"),
        ('{"uri": "x", "uri": "y"}', None, "each key once"),
        ("[]", None, "'uri' is a required property"),
        ("[" * 100_000, None, "not readable JSON"),
    ],
)
def test_broken_json_says_where(tmp_path, text, row, says):
    path = tmp_path / "broken.json"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_oc4ids(path)
    assert says in str(caught.value)
    assert caught.value.problems[0].row == row


def test_what_no_schema_can_tell(tmp_path):
    twice = FOREIGN | {"projects": [{"id": "a"}, {"id": "b"}, {"id": "a", "title": "other"}]}
    (problem,) = validate(twice)
    assert (problem.column, problem.value) == ("$.projects[2].id", "a")
    with pytest.raises(UsageError, match="uri, publishedDate, publisher"):
        to_oc4ids(pd.DataFrame({"project_id": ["a"]}))
    with pytest.raises(UsageError, match="cannot be read"):
        validate(FOREIGN, official=tmp_path)
    with pytest.raises(DataError, match="cannot be read"):
        read_oc4ids(tmp_path / "no.json")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=3).map(lambda key: f"x_{key}"), JSON, max_size=5))
def test_unknown_keys_pass_through(extra):
    document = copy.deepcopy(FOREIGN)
    document["projects"][0] |= extra
    row, _ = from_project(document["projects"][0])
    table = pd.DataFrame([row])
    base = Package(table, pd.DataFrame(), document)
    table["status"] = "cancelled"
    again = to_oc4ids(table, base=base)["projects"][0]
    assert {key: again[key] for key in extra} == extra


TEXT = st.text("abcдем 5%,()/", min_size=1).map(str.strip).filter(bool)


@given(
    st.fixed_dictionaries(
        {"project_id": st.just("a")},
        optional={
            "name_en": TEXT,
            "note": TEXT,
            "status": st.sampled_from(["planned", "operating", "in doubt", "cancelled"]),
            "sector": st.sampled_from(["railway", "power", "tourism"]),
            "parties": TEXT,
            "countries": st.sampled_from(["KZ", "KZ;RU", "TM"]),
            "location": TEXT,
            "cost_musd": st.integers(0, 10**6),
            "start_year": st.integers(1990, 2100),
            "requires": st.sampled_from(["b", "b;c"]),
            "umbrella": st.just(True),
        },
    )
)
def test_any_row_comes_back(row):
    project = {"id": "a"}
    into_project(project, row, {})
    found, remarks = from_project(json.loads(json.dumps(project)))
    assert found == {"oc4ids_id": "a"} | row
    assert remarks == []


def test_words():
    assert party_names("Rosatom-led consortium; RZD / KTZ, KMG (feed, 5%) 25%") == [
        "Rosatom-led consortium",
        "RZD",
        "KTZ",
        "KMG",
    ]
    assert [status_code(text) for text in ("planned 2022", "84% 10/2025", "")] == [
        "preparation",
        "implementation",
        None,
    ]
    assert project_id("###") == "project"
