"""Quotes against saved pages: what is the article's and what is not, and numbers however they are written."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keruen.errors import UsageError
from keruen.exchange.quoted_numbers import agreement, multiplier, numbers_in, scale_of_column
from keruen.exchange.quotes import check_quotes, normalised, read_page

pytest.importorskip("trafilatura")

PAGE = """<html><head><title>Agency: projects</title><meta property="og:title" content="Joint projects: 170 and more">
<style>.x{width:100px}</style><script>var price = "USD 99 billion";</script></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/cars">Buy a car for 500 dollars</a></li></ul></nav>
<article><h1>More than 170 joint projects</h1>
<p>Kazakhstan and Russia carry out more than 170 joint projects worth over USD&nbsp;50&nbsp;billion, the president
wrote in <a href="/a">his article</a> for the agency on Tuesday, adding that the list is not closed.</p>
<p>Завод «Силлено» обойдётся в 7,7 млрд долларов, а его мощ&shy;ность — 1,25 млн тонн в год, сообщила компания.</p>
<div class="ad-banner"><p>Loans from 9.9 % a year, call now and win 1 000 000 tenge, the bank of your dreams!</p></div>
<table><tr><th>Line</th><th>Length, km</th></tr><tr><td>Dostyk – Moyynty</td><td>836</td></tr></table>
<p>Works on the line began in 2022 and ended in September 2025; the budget was 542 900 million tenge in all.</p>
</article>
<aside class="related"><p>Read also: the price of oil rose by 5 % on Monday after the meeting of ministers</p></aside>
<section id="comments"><div class="comment"><p>I think it costs 900 billion, and nobody will ever see it.</p></div>
<p class="comment-rules">Comments with insults are removed. A comment has no more than 300 characters.</p></section>
<footer>© 2025 Agency, all rights reserved</footer></body></html>"""


def checked(quote, **numbers):
    found = check_quotes(PAGE, [{"source_id": "s", "quote": quote, **numbers}])
    return found.quotes["verdict"].iloc[0], dict(zip(found.numbers["column"], found.numbers["verdict"], strict=True))


@pytest.mark.parametrize(
    "quote",
    [
        "more than 170 joint projects worth over USD 50 billion",
        "wrote in his article for the agency",  # across a link and a line break
        'Завод "Силлено" обойдётся в 7,7 млрд долларов',  # other quotation marks
        "его мощность - 1,25 млн тонн в год",  # soft hyphen in the page, another dash
        "“more than 170 joint projects”.",
        "more than 170 joint projects ... the list is not closed",
        "Works on the line began in 2022 […] the budget was 542 900 million tenge",
        "Dostyk – Moyynty 836",  # from a table
        "Joint projects: 170 and more",  # the headline
    ],
)
def test_what_is_there(quote):
    assert checked(quote)[0] == "there"


@pytest.mark.parametrize(
    "quote",
    [
        "win 1 000 000 tenge",
        "I think it costs 900 billion",
        "Comments with insults are removed",
        "Buy a car for 500 dollars",
        "the price of oil rose by 5 %",
        "all rights reserved",
    ],
)
def test_what_only_stands_beside_the_text(quote):
    assert checked(quote)[0] == "outside the main text"


@pytest.mark.parametrize(
    "quote",
    [
        "more than 180 joint projects worth over USD 50 billion",
        "170 joint projects worth over USD 5",  # a number cut short
        "ore than 170 joint projects",  # a word cut short
        "the list is not closed ... more than 170 joint projects",  # the wrong order
        "USD 99 billion",  # in a script
        "More Than 170 joint projects worth",  # capitals count
    ],
)
def test_what_is_not_there(quote):
    assert checked(quote)[0] == "not there"


def test_the_nearest_passage_is_shown():
    text = str(
        check_quotes(PAGE, [{"source_id": "tass", "quote": "more than 180 joint projects worth over USD 50 billion"}])
    )
    assert "0 of 1 quotes there" in text
    assert "tass: not there" in text
    assert "170 joint projects worth over USD 50 billion" in text


def test_numbers_of_a_row_agree_with_its_quote():
    russian = "обойдётся в 7,7 млрд долларов, а его мощность — 1,25 млн тонн в год"
    verdict, numbers = checked(russian, cost_musd=7700, capacity_after=1250, capacity_unit="kt/y", start_year=2024)
    assert verdict == "there"
    assert numbers == {"cost_musd": "agrees", "capacity_after": "agrees", "start_year": "not in the quote"}
    assert checked(russian, cost_musd=7720)[1] == {"cost_musd": "agrees when rounded"}
    assert checked(russian, cost_musd=7800)[1] == {"cost_musd": "not in the quote"}
    assert checked("budget was 542 900 million tenge", cost_native_million=542_900)[1] == {
        "cost_native_million": "agrees"
    }


def test_a_table_of_rows():
    rows = pd.DataFrame(
        {
            "source_id": ["a", "b", "c"],
            "quote": ["began in 2022 and ended in September 2025", None, "170 joint projects"],
            "start_year": [2022.0, 2020.0, float("nan")],
            "finish_year": [2025.0, 2021.0, float("nan")],
            "umbrella": [False, False, True],
        }
    )
    found = check_quotes(PAGE, rows)
    assert found.quotes["verdict"].tolist() == ["there", "no quote", "there"]
    assert found.numbers[["row", "column", "verdict"]].to_numpy().tolist() == [
        ["a", "start_year", "agrees"],
        ["a", "finish_year", "agrees"],
        ["b", "start_year", "not in the page"],
        ["b", "finish_year", "not in the page"],
    ]
    assert not found.ok
    assert check_quotes(PAGE, rows.iloc[[0]], columns=["start_year"]).ok
    with pytest.raises(UsageError, match="no row has a quote"):
        check_quotes(PAGE, [{"source_id": "a"}])


def test_a_number_elsewhere_in_the_main_text_is_told_from_one_in_the_quote():
    row = {"source_id": "s", "quote": "began in 2022", "start_year": 2022, "length_km": 836, "share": 0.099}
    found = check_quotes(PAGE, [row])
    assert found.numbers["verdict"].tolist() == ["agrees", "elsewhere in the page", "not in the quote"]  # an advert's
    assert "length_km 836 is elsewhere in the page, the quote says 2022" in str(found)
    assert not found.ok


def test_bytes_in_another_encoding():
    page = PAGE.replace("<head>", '<head><meta charset="windows-1251">').replace("©", "(c)")
    found = check_quotes(page.encode("cp1251"), [{"quote": "обойдётся в 7,7 млрд долларов"}])
    assert found.ok
    assert found.quotes["row"].tolist() == ["0"]


@pytest.mark.parametrize("page", ["", "<html></html>", b"\x00\x01", "<html><body><p>x</p></body></html>"])
def test_a_page_without_text(page):
    found = check_quotes(page, [{"quote": "anything at all"}])
    assert found.quotes["verdict"].tolist() == ["not there"]


def test_a_wrapper_called_banner_does_not_hide_the_article():
    page = PAGE.replace("<article>", '<div class="content with-banner">').replace("</article>", "</div>")
    assert "170 joint projects worth" in normalised(read_page(page).text)
    assert "win 1 000 000" not in normalised(read_page(page).text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("33.5 bn", 33.5e9),
        ("33,5 млрд долларов", 33.5e9),
        ("USD 50 billion", 50e9),
        ("$7.7bn", 7.7e9),
        ("1,250 thousand tonnes", 1.25e6),
        ("1 250 тыс. тонн", 1.25e6),
        ("1.250 тыс. тонн", 1.25e6),
        ("1 234 567,8", 1_234_567.8),
        ("1,234,567.8", 1_234_567.8),
        ("1.234.567,8", 1_234_567.8),
        ("1'234'567", 1_234_567),
        ("1\u202f234", 1234),
        ("2.5 Mt a year", 2.5e6),
        ("542.9 млрд тенге", 542.9e9),
        ("9 bcm", 9e9),
        ("12 трлн", 12e12),
        ("EUR 564m", 564e6),
        ("836 km", 836),
        ("240 MW", 240e6),
        ("5 мың", 5e3),
        ("9,5 per cent", 9.5),
        ("9.5%", 9.5),
        ("in 2024.", 2024),
        ("14-15 bn", 14e9),
        ("14-15 bn", 15e9),
        ("от 5 до 6,5 млрд", 5e9),
        ("between 5 and 6.5 billion", 5e9),
        ("0.65 Mt", 650_000),
        ("2023 143 projects", 143),
        ("−5 °C", 5),
    ],
)
def test_numbers_as_people_write_them(text, value):
    assert agreement(value, 1.0, numbers_in(text)) == "agrees"


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.5 bn", 1.5e6), ("7.7", 77), ("170 projects", 17), ("P2024x", 2024), ("3 000", 3e6), ("836 km", 836_000)],
)
def test_numbers_that_are_not_said(text, value):
    assert agreement(value, 1.0, numbers_in(text)) == "not in the quote"


def test_shares_are_per_cents():
    assert agreement(0.095, scale_of_column("standing_share", {}), numbers_in("9.5 per cent")) == "agrees"
    assert scale_of_column("value", {"unit": "thousand TEU"}) == 1e3
    assert [multiplier(unit) for unit in ("kt/y", "Mt oil/y", "GW", "train pairs/day", "m", "")] == [
        1e3,
        1e6,
        1e9,
        1,
        1,
        1,
    ]


@given(st.integers(1, 10**12), st.sampled_from([",", " ", "\u00a0", "\u202f", "."]))
def test_any_grouped_whole_number_is_read(value, mark):
    text = f"cost {value:,} tenge".replace(",", mark)
    assert agreement(value, 1.0, numbers_in(text)) == "agrees"


@given(st.integers(0, 10**7), st.sampled_from([("bn", 1e9), ("млн", 1e6), ("тыс.", 1e3)]), st.booleans())
def test_any_scaled_decimal_is_read(hundredths, scale, comma):
    word, ones = scale
    text = f"{hundredths / 100:.2f} {word}"
    written = numbers_in(text.replace(".", ",", 1) if comma else text)
    assert agreement(hundredths / 100, ones, written) == "agrees"


@given(st.text("0123456789.,%- млнкbm«»\u00ad\u00a0|\u2026\"'½ﬁ"))
def test_no_text_breaks_anything(text):
    numbers_in(text)
    assert normalised(normalised(text)) == normalised(text)
