"""How kernels of this package are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

__all__ = ["entry", "hot", "kernel"]

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    # Kernels make no arrays, so they need no reference counts; counting every record they touch took 20 times the rest.
    "_nrt": False,
}
_INNER = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def entry(function: F) -> F:
    """Compile a function that Python calls and that makes no arrays."""
    compiled: F = njit(**_OPTIONS)(function)
    return compiled


def kernel(function: F) -> F:
    """Compile a function that only kernels call."""
    compiled: F = njit(**_OPTIONS, **_INNER)(function)
    return compiled


def hot(function: F) -> F:
    """Compile a function of the inner loop into its callers: a call would pass a hundred words."""
    compiled: F = njit(forceinline=True, **_OPTIONS, **_INNER)(function)
    return compiled
