"""Run folders appear whole or not at all."""

import json

import pandas as pd
import pytest

from keruen.errors import UsageError
from keruen.runs import MANIFEST, manifest, new_run, started, write_table


def test_a_run_appears_when_it_is_complete(tmp_path):
    out = tmp_path / "runs" / "a"
    with new_run(out) as work:
        (work / MANIFEST).write_text("{}")
        assert not out.exists()
    assert (out / MANIFEST).read_text() == "{}"
    assert [path.name for path in out.parent.iterdir()] == ["a"]


def test_a_failure_leaves_the_earlier_run_untouched(tmp_path):
    out = tmp_path / "a"
    with new_run(out) as work:
        (work / MANIFEST).write_text("old")
    with pytest.raises(ZeroDivisionError), new_run(out):
        raise ZeroDivisionError
    assert (out / MANIFEST).read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    with new_run(out) as work:
        (work / MANIFEST).write_text("newer")
    assert (out / MANIFEST).read_text() == "newer"


@pytest.mark.parametrize("name", ["folder", "file"])
def test_what_is_not_a_run_is_never_replaced(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.txt").write_text("years of work")
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="is not an earlier run"), new_run(tmp_path / name):
        pass
    assert (tmp_path / "folder" / "thesis.txt").read_text() == "years of work"


def test_what_was_put_there_meanwhile_is_kept(tmp_path):
    out = tmp_path / "a"
    run = new_run(out)
    run.__enter__()
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not an earlier run"):
        run.__exit__(None, None, None)
    assert (out / "notes.txt").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_notes_inside_an_earlier_run_are_kept(tmp_path):
    out = tmp_path / "a"
    with new_run(out) as work:
        (work / MANIFEST).write_text("{}")
    (out / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"also holds notes\.txt"), new_run(out):
        pass
    assert (out / "notes.txt").read_text() == "mine"


def written(out):
    """A run with a table and a manifest."""
    with new_run(out) as work:
        write_table(pd.DataFrame({"h": [1.0]}), work / "tables" / "hours.csv")
        manifest(work, "keruen plan x", {}, 7, started(), {})
    return out


@pytest.mark.parametrize("name", ["tables/mynotes.csv", "tables/old/notes.txt", "report.html"])
def test_notes_deep_inside_an_earlier_run_are_kept(tmp_path, name):
    out = written(written(tmp_path / "a"))
    (out / name).parent.mkdir(exist_ok=True)
    (out / name).write_text("mine")
    with pytest.raises(UsageError, match=rf"also holds {name}, which its manifest\.json does not list"):
        written(out)
    assert (out / name).read_text() == "mine"
    (out / name).unlink()
    assert written(out)


def test_a_link_inside_an_earlier_run_is_kept(tmp_path):
    out = written(tmp_path / "a")
    (tmp_path / "thesis").mkdir()
    (out / "tables" / "thesis").symlink_to(tmp_path / "thesis")
    with pytest.raises(UsageError, match="also holds tables/thesis"):
        written(out)


@pytest.mark.parametrize("text", ["{}", "not json", "[1]", '{"files": 3}'])
def test_a_manifest_that_lists_nothing_vouches_for_nothing(tmp_path, text):
    out = written(tmp_path / "a")
    (out / MANIFEST).write_text(text)
    with pytest.raises(UsageError, match=r"also holds tables/hours\.csv"):
        written(out)


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="cannot be written"), new_run(tmp_path / "file" / "run"):
        pass


def test_spreadsheets_do_not_run_what_tables_say(tmp_path):
    write_table(pd.DataFrame({"name": ["=1+1", "-Baku", "ok"], "hours": [-1.0, 2.5, float("nan")]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "name,hours\n'=1+1,-1\n'-Baku,2.5\nok,\n"


def test_the_manifest_says_what_made_the_run(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    (tmp_path / "report.html").write_text("")
    manifest(tmp_path, "keruen plan x", {"b.csv": "2", "a.csv": "1"}, 7, started(), {"open": 0.12345})
    record = json.loads((tmp_path / MANIFEST).read_text())
    assert record["started"] == "1970-01-01 00:00 UTC"
    assert list(record["inputs"]) == ["a.csv", "b.csv"]
    assert record["seed"] == 7
    assert record["packages"]["numpy"] != "absent"
    assert record["files"] == ["manifest.json", "report.html"]
