"""How the engine's kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

__all__ = ["inner", "kernel", "once"]

F = TypeVar("F", bound=Callable[..., object])


_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False, "error_model": "numpy"}


def kernel(function: F) -> F:
    """Compile a function that works on arrays it is given and makes none; cached, and free of Python's lock.

    Without Numba's runtime no references are counted: with it, every access to an array of a tuple in a loop costs
    two locked additions, a quarter of the time of a solve. The caller keeps the arrays alive. A division by zero
    raises no error: a thread that left would leave the others waiting.

    Parameters
    ----------
    function : callable
        Python function.

    Returns
    -------
    callable
        The compiled function.
    """
    compiled: F = njit(no_cfunc_wrapper=True, **_OPTIONS)(function)
    return compiled


def inner(function: F) -> F:
    """Compile a function that only kernels call: without what Python would call it by, a third of the compilation.

    Parameters
    ----------
    function : callable
        Python function.

    Returns
    -------
    callable
        The compiled function.
    """
    compiled: F = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **_OPTIONS)(function)
    return compiled


def once(function: F) -> F:
    """Make a function part of the one kernel that calls it, in one place: there is no function of its own to compile.

    LLVM works through a function again wherever it is called from, and again where the caller is called from. The outer
    levels of a deep kernel would cost more than all that is at the bottom.

    Parameters
    ----------
    function : callable
        Python function.

    Returns
    -------
    callable
        The function to call.
    """
    compiled: F = njit(inline="always", no_cpython_wrapper=True, no_cfunc_wrapper=True, **_OPTIONS)(function)
    return compiled
