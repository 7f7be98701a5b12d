from __future__ import annotations

import pytest
from synthetic import comparison

from keruen.report.reading import Reading

LANGUAGES = ("en", "ru", "kk")


@pytest.fixture(params=LANGUAGES)
def reading(request: pytest.FixtureRequest) -> Reading:
    return Reading.of(comparison(), request.param)


@pytest.fixture
def english() -> Reading:
    return Reading.of(comparison(), "en")
