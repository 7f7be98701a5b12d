from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from synthetic import comparison

from keruen.errors import UsageError
from keruen.report import export_figures, render

OUTSIDE = re.compile(
    r"""(?:\bsrc\s*=|\bsrcset\s*=|\bposter\s*=|url\(|@import|<link\b|<iframe\b|<object\b|fetch\(|XMLHttp)"""
)


SECTIONS = ["map", "time", "hours", "routes", "flows", "capacity", "split", "crossings", "model", "sources"]


class Outline(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.ids, self.links = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name == "href":
                self.links.append(value)


def outline(html):
    parser = Outline()
    parser.feed(html)
    return parser


@pytest.mark.parametrize("code", ["en", "ru", "kk"])
def test_page_asks_for_nothing_from_outside(code):
    html = render(comparison(), code).html
    assert OUTSIDE.findall(html) == []
    assert f'<html lang="{code}">' in html


def test_page_is_well_built():
    found = outline(render(comparison()).html)
    assert found.tags.count("h1") == 1
    assert len(found.ids) == len(set(found.ids))
    inner = {link[1:] for link in found.links if link.startswith("#")}
    assert inner <= set(found.ids)
    assert [name for name in found.ids if name in SECTIONS] == SECTIONS


def test_no_colour_is_left_outside_the_tokens():
    body = render(comparison()).html.split("<body>")[1]
    assert re.findall(r"#[0-9a-fA-F]{6}\b", body) == []


def test_names_from_data_are_escaped():
    evil = '<script>alert("x")</script>'
    data = comparison()
    data.routes["name_en"] = evil
    data.observations["name_en"] = evil
    data.observations["reason"] = evil
    data.assumed["note"] = evil
    data.crossings["name_en"] = evil
    data.study.settings.name_en = evil
    html = render(data).html
    assert evil not in html
    assert "&lt;script&gt;" in html
    assert outline(html).tags.count("script") == 2  # our own two


def test_link_of_a_source_is_http_or_none():
    data = comparison()
    source = data.study.table("source").assign(url="javascript:alert(1)")
    tables = data.study.table
    data.study.table = lambda name: source if name == "source" else tables(name)
    assert "javascript:" not in render(data).html


def test_without_freight_its_sections_are_left_out(tmp_path):
    data = comparison(loads={})
    found = outline(render(data).html)
    assert [name for name in found.ids if name in SECTIONS] == [
        name for name in SECTIONS if name not in ("flows", "capacity", "split")
    ]
    assert len(export_figures(data, tmp_path)) == 5


def test_one_year_of_freight():
    data = comparison()
    data.loads = {2024: data.loads[2024]}
    found = outline(render(data).html)
    assert [name for name in found.ids if name in SECTIONS] == SECTIONS


def test_freight_is_said_with_what_is_not_shown():
    html = render(comparison()).html
    assert "13 million tonnes in 2024" in html
    assert "pass none and are not shown" in html
    assert "Sections of Russia are left out" in html


def test_head_without_a_date_has_no_dash():
    html = render(comparison(run={"version": "0.1.0", "seed": "1", "inputs": "a41f09c2d7"})).html
    assert "Run of" not in html
    assert "prices of 2025 · inputs a41f09c" in html
    assert "Run of November 25, 2026" in render(comparison()).html


def test_every_miss_is_shown_with_its_reason():
    html = render(comparison()).html
    assert html.count("✕ miss") == 2
    assert "wagon supply at the Chinese border is not in the model" in html
    assert "3 of 5 within" in html


def test_one_route():
    report = render(comparison(1))
    assert "One route" in report.html
    assert report.title.startswith("Moscow to Mumbai")


def test_no_route_says_so_and_what_to_do():
    report = render(comparison(0, failed={"east": "no route joins Moscow and Mumbai"}))
    assert report.title == "No route of this comparison exists in this scenario"
    assert "no route joins Moscow and Mumbai" in report.html
    assert "run the plan again" in report.html
    assert 'id="sources"' in report.html
    empty = render(comparison(0))
    assert "Add a row to the table" in empty.html


def test_twelve_routes():
    data = comparison()
    data.routes = data.routes.loc[[*data.routes.index]]
    import pandas as pd

    parts, legs = [data.routes], [data.legs]
    for number in range(7):
        parts.append(data.routes.iloc[[number % 5]].rename(lambda name, n=number: f"{name}-{n}").assign(colour=None))
        name = data.routes.index[number % 5]
        legs.append(data.legs[data.legs["route_id"] == name].assign(route_id=f"{name}-{number}"))
    data.routes, data.legs = pd.concat(parts), pd.concat(legs, ignore_index=True)
    assert "Twelve ways" in render(data).html


def test_language_and_same_bits():
    data = comparison()
    assert render(data, "ru").title.startswith("Москва — Мумбаи")
    assert render(data, "kk").html == render(data, "kk").html
    with pytest.raises(UsageError):
        render(data, "xx")


def test_save_and_print(tmp_path):
    report = render(comparison())
    path = report.save(tmp_path / "deep" / "report.html")
    assert path.read_text(encoding="utf-8") == report.html
    assert "Moscow" in repr(report)
    assert "&lt;html" in report._repr_html_()


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<svg"), ("pdf", b"%PDF")])
def test_figures(tmp_path, kind, start):
    files = export_figures(comparison(), tmp_path, format=kind)
    assert len(files) == 8
    for file in files:
        assert file.read_bytes().startswith(start)
        assert b"var(--" not in file.read_bytes()
    with pytest.raises(UsageError, match="png, svg, pdf"):
        export_figures(comparison(), tmp_path, format="gif")
    assert export_figures(comparison(0), tmp_path / "none") == []
