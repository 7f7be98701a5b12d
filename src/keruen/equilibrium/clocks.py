"""Clocks that kernels read, without Python and its lock."""

from __future__ import annotations

import os
import time
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from keruen.equilibrium.kernels import inner

__all__ = ["TICKING", "cpu", "wall"]

TICKING = os.name == "posix"
"""Whether kernels have clocks on this system. Where they have none the clocks stand at 0, and Python looks at its own
after every iteration."""

_WALL = int(getattr(time, "CLOCK_MONOTONIC", 0))
_CPU = int(getattr(time, "CLOCK_PROCESS_CPUTIME_ID", 0))


@intrinsic
def _read(typing: Any, which: Any) -> Any:
    """Return the nanoseconds of a clock of the system: ``clock_gettime``."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        long = ir.IntType(64)
        if not TICKING:
            return ir.Constant(long, 0)
        both = cgutils.alloca_once(builder, ir.ArrayType(long, 2))  # seconds and nanoseconds
        kind = ir.FunctionType(ir.IntType(32), [ir.IntType(32), both.type])
        look = cgutils.get_or_insert_function(builder.module, kind, "clock_gettime")
        builder.call(look, [builder.trunc(args[0], ir.IntType(32)), both])
        seconds, rest = (builder.extract_value(builder.load(both), at) for at in range(2))
        return builder.add(builder.mul(seconds, ir.Constant(long, 1_000_000_000)), rest)

    return types.int64(types.int64), generate


@inner
def wall() -> int:
    """Return nanoseconds of a clock that only goes forward."""
    return int(_read(_WALL))


@inner
def cpu() -> int:
    """Return nanoseconds of processor time of all threads of the process."""
    return int(_read(_CPU))
