"""The page on the equilibrium: what it shows is what one gets."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "equilibrium.md"


def test_the_page_shows_what_one_gets() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 20
    assert result.failed == 0
