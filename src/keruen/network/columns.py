"""Parameters of arcs as a caller gives them: columns of numbers of one length, each in its range."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keruen import errors

__all__ = ["check", "columns_of"]


def columns_of(**given: ArrayLike) -> dict[str, NDArray[np.float64]]:
    """Return one column of numbers a name, all of the length of the longest."""
    made = {}
    for name, values in given.items():
        try:
            array = np.atleast_1d(np.asarray(values))
            if array.dtype == object:
                array = array.astype(np.float64)
            good = array.ndim == 1 and (array.dtype.kind in "iuf" or not array.size)
        except (TypeError, ValueError, OverflowError):
            good = False
        if not good:
            raise errors.DataError([errors.Problem("delay", None, name, str(values)[:60], "expected numbers")])
        made[name] = array.astype(np.float64)
    sizes = {column.size for column in made.values()} - {1}
    if len(sizes) > 1:
        lengths = ", ".join(f"{name} {column.size}" for name, column in made.items() if column.size != 1)
        raise errors.DataError([errors.Problem("delay", None, None, None, f"expected one length, not {lengths}")])
    size = sizes.pop() if sizes else 1
    return {name: np.broadcast_to(column, (size,)) for name, column in made.items()}


def check(what: str, named: Sequence[tuple[str, NDArray[np.float64], NDArray[np.bool_], str]]) -> None:
    """Raise one error that lists every arc whose parameter is not what it should be."""
    found = [
        errors.Problem(what, int(arc), name, str(values[arc]), expected)
        for name, values, good, expected in named
        for arc in np.flatnonzero(~good)
    ]
    if found:
        raise errors.DataError(found)
