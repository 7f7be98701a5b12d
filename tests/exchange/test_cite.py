"""`keruen cite`: which source a saved page is, whether its quotes stand there, and whether the rows agree with them."""

import shutil
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

from keruen.cli import app
from keruen.errors import UsageError
from keruen.exchange.citing import addresses, attributed, cite
from keruen.study import open as open_study

pytest.importorskip("trafilatura")
NORTH_SOUTH = Path(__file__).resolve().parents[2] / "examples" / "north-south"
SOURCE = "nova143"

ARTICLE = """<html><head>{head}<title>News</title></head><body>
<nav><a href="/">Home</a> <a href="/sport">Sport and 143 other pages</a></nav>
<article><h1>Partners meet in the capital</h1>
<p>Companies of the two countries carry out 143 joint ventures valued at USD 33.5 billion, the president told the
newspaper in an interview that was published on Wednesday before the meeting of the two leaders.</p>
<p>He added that the two countries trade more every year, and that he expects this to go on for many years.</p>
</article>
<section id="comments"><p>I have read that it is worth 99 billion, and nobody believes a word of it, dear editors.</p></section>
</body></html>"""
QUOTE = "143 joint ventures valued at USD 33.5 billion"


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(NORTH_SOUTH, folder)
    return folder


def quoted(folder, quote, url=None):
    """Give the source a quote; its row of table programme says 143 projects and USD 33,500 million."""
    table = pd.read_csv(folder / "source.csv", dtype=str, keep_default_na=False)
    table.loc[table["source_id"] == SOURCE, "quote"] = quote
    if url is not None:
        table.loc[table["source_id"] == SOURCE, "url"] = url
    table.fillna("").to_csv(folder / "source.csv", index=False)
    return open_study(folder)


def page(head=""):
    return ARTICLE.format(head=head).encode()


def test_the_quote_is_there_and_the_announced_total_agrees(study):
    found = cite(quoted(study, QUOTE), page(), [SOURCE])
    assert found.quotes["verdict"].tolist() == ["there"]
    of_total = found.numbers[found.numbers["row"] == "programme kz-ru-2023-11"]
    assert dict(zip(of_total["column"], of_total["verdict"], strict=True)) == {
        "number": "agrees",
        "value_musd": "agrees",
    }


@pytest.mark.parametrize(
    ("quote", "verdict"),
    [
        ("it is worth 99 billion, and nobody believes a word", "outside the main text"),
        ("Sport and 143 other pages", "outside the main text"),
        ("134 joint ventures valued at USD 33.5 billion", "not there"),
        ("", "no quote"),
    ],
)
def test_what_is_no_quote_of_the_article(study, quote, verdict):
    found = cite(quoted(study, quote), page(), [SOURCE])
    assert found.quotes["verdict"].tolist() == [verdict]
    assert not found.ok


def test_a_number_of_the_study_that_the_page_does_not_say(study):
    text = (study / "programme.csv").read_text(encoding="utf-8")
    assert ",143,,33500," in text
    (study / "programme.csv").write_text(text.replace(",143,,33500,", ",143,,35300,"), encoding="utf-8")
    found = cite(quoted(study, QUOTE), page(), [SOURCE])
    wrong = found.numbers[found.numbers["verdict"] == "not in the quote"]
    assert ("programme kz-ru-2023-11", "value_musd", 35300.0) in wrong[["row", "column", "value"]].itertuples(
        index=False, name=None
    )


@pytest.mark.parametrize(
    "head",
    [
        '<link rel="canonical" href="http://news.example.org/a/143/">',
        "<meta content='https://www.news.example.org/a/143' property='og:url'>",
        "<!-- saved from url=(0031)https://news.example.org/a/143#top -->",
    ],
)
def test_the_page_says_which_source_it_is(study, head):
    opened = quoted(study, QUOTE, "https://news.example.org/a/143")
    assert attributed(opened, page(head)) == [SOURCE]
    assert cite(opened, page(head)).quotes["row"].tolist() == [SOURCE]


def test_a_page_that_no_source_is(study):
    opened = quoted(study, QUOTE, "https://news.example.org/a/143?id=1")
    with pytest.raises(UsageError, match="which names no address: name it with --source"):
        cite(opened, page())
    with pytest.raises(UsageError, match=r"the address of the page, https://news\.example\.org/a/143"):
        cite(opened, page('<link rel="canonical" href="https://news.example.org/a/143">'))
    with pytest.raises(UsageError, match="no source 'nobody'"):
        cite(opened, page(), ["nobody"])
    assert addresses(b"<html>") == []


def test_effects_are_read_by_the_column_that_they_change(study):
    opened = quoted(study, QUOTE)
    source = next(row["source"] for row in opened.records("effect") if row["change"] == row["change"])
    found = cite(opened, page(), [source])
    effects = found.numbers[found.numbers["row"].str.startswith("effect ")]
    assert "flow_t_per_year" in set(effects["column"])
    assert not {"change", "set"} & set(effects["column"])


@pytest.mark.parametrize(("quote", "code"), [(QUOTE, 0), ("143 ventures", 1), ("", 0)])
def test_the_command(study, tmp_path, monkeypatch, quote, code):
    """Without a quote the numbers are still looked for in the page."""
    monkeypatch.setattr(import_module("keruen.cli.cite"), "out", Console(width=200, highlight=False))
    quoted(study, quote)
    (tmp_path / "page.html").write_bytes(page())
    result = CliRunner().invoke(app, ["cite", str(study), str(tmp_path / "page.html"), "--source", SOURCE])
    assert result.exit_code == code, result.output
    assert "programme kz-ru-2023-11" in result.output
    assert "33,500" in result.output
    assert quote in result.output


def test_the_command_says_what_it_cannot_read(study, tmp_path):
    runner = CliRunner()
    result = runner.invoke(app, ["cite", str(study), str(tmp_path / "no.html"), "--source", SOURCE])
    assert result.exit_code == 1
    assert "cannot be read" in " ".join(result.output.split())
    (tmp_path / "empty.html").write_text("<html></html>")
    result = runner.invoke(app, ["cite", str(study), str(tmp_path / "empty.html"), "--source", SOURCE])
    assert result.exit_code == 1
    assert "no main text" in result.output
