from __future__ import annotations

import pytest

from keruen.languages import language
from keruen.report.numbers import DASH, Numbers

NAN = float("nan")


@pytest.fixture
def numbers(request):
    return Numbers(language(request.param))


@pytest.mark.parametrize(
    ("code", "thousands", "share", "small"),
    [("en", "1,730", "8%", "3.5"), ("ru", "1\xa0730", "8\xa0%", "3,5"), ("kk", "1\xa0730", "8%", "3,5")],
)
def test_by_language(code, thousands, share, small):
    numbers = Numbers(language(code))
    assert numbers.decimal(1730) == thousands
    assert numbers.percent(0.081) == share
    assert numbers.amount(3.5) == small


def test_span_of_days():
    numbers = Numbers(language("en"))
    assert numbers.span_days(24.1 * 24, 24.4 * 24) == "24\xa0days"
    assert numbers.span_days(24.1 * 24, 24.6 * 24) == "24 to 25 days"


@pytest.mark.parametrize(
    ("value", "said"), [(23.2, "23"), (9.96, "10"), (9.4, "9.4"), (8.0, "8"), (0, "0"), (NAN, DASH)]
)
def test_amounts(value, said):
    assert Numbers(language("en")).amount(value) == said


def test_minus_and_trace():
    numbers = Numbers(language("en"))
    assert numbers.decimal(-6) == "−6"
    assert numbers.decimal(10.5) == "11"
    assert numbers.percent(0.001) == "<1%"
    assert numbers.percent(0) == "0%"


@pytest.mark.parametrize(
    ("hours", "en", "ru"),
    [(24, "1 day", "1 сутки"), (48, "2 days", "2 суток"), (554, "23 days", "23 суток"), (150, "6.3 days", "6,3 суток")],
)
def test_days_take_the_form_of_their_number(hours, en, ru):
    assert Numbers(language("en")).in_days(hours) == en.replace(" ", "\xa0")
    assert Numbers(language("ru")).in_days(hours) == ru.replace(" ", "\xa0")


def test_ranges():
    numbers = Numbers(language("en"))
    assert numbers.to("19", "29") == "19 to 29"
    assert numbers.to("19", "19") == "19"
