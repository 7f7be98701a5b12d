"""What a caller gives, checked: the argument is named, with what would be right."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from numbers import Integral, Real
from typing import Any

from keruen import errors

__all__ = ["instance", "is_number", "is_whole", "number", "several", "whole"]


def is_number(value: Any) -> bool:
    """Whether a value is a real number that is finite; true and false are no numbers."""
    try:
        return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)
    except OverflowError:  # a whole number beyond doubles
        return False


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number, of any type of numbers."""
    return is_number(value) and int(value) == value


def number(
    name: str, value: Any, *, above: float | None = None, least: float | None = None, below: float | None = None
) -> float:
    """Return a finite number within bounds.

    Parameters
    ----------
    name : str
        Name of the argument, for the error.
    value : object
        What was given.
    above, least, below : float, optional
        Bounds: more than `above`, `least` or more, less than `below`.

    Returns
    -------
    float
        The number.

    Raises
    ------
    UsageError
        Names the argument, what was given, and what would be right.
    """
    good = is_number(value)
    good = good and (above is None or value > above) and (least is None or value >= least)
    if not (good and (below is None or value < below)):
        raise errors.UsageError(f"{name} = {_shown(value)}: expected a number{_bounds(above, least, below)}")
    return float(value)


def whole(name: str, value: Any, *, least: int | None = None, most: int | None = None) -> int:
    """Return a whole number of `least` or more, `most` or less; UsageError as in `number`."""
    good = not isinstance(value, bool) and isinstance(value, Integral)
    if not (good and (least is None or value >= least)):
        raise errors.UsageError(f"{name} = {_shown(value)}: expected a whole number{_bounds(None, least, None)}")
    if most is not None and value > most:
        raise errors.UsageError(f"{name} = {_shown(value)}: expected {most:,} at most")
    return int(value)


def several(name: str, value: Any, expected: str) -> Any:
    """Return a list of things; UsageError for a text or a single thing."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise errors.UsageError(f"{name} = {_shown(value)}: expected {expected}")
    return value


def instance(name: str, value: Any, kind: type | tuple[type, ...], expected: str) -> Any:
    """Return a value of a kind; UsageError that says what was expected."""
    if not isinstance(value, kind):
        raise errors.UsageError(f"{name} = {_shown(value)}: expected {expected}")
    return value


def _bounds(above: float | None, least: float | None, below: float | None) -> str:
    """Say the bounds in words."""
    said: list[str] = []
    parts: tuple[tuple[float | None, Callable[[str], str]], ...] = (
        (above, lambda x: f"above {x}"), (least, lambda x: f"of {x} or more"), (below, lambda x: f"below {x}"),
    )  # fmt: skip
    for bound, words in parts:
        if bound is not None:
            said.append(words(f"{bound:g}"))
    return " " + " and ".join(said) if said else ""


def _shown(value: object) -> str:
    """Return a value as an error shows it: short, text in quotes."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
