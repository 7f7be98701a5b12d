"""What an installation has, and whether it works: ``keruen doctor``."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import requires, version
from pathlib import Path

import numpy as np

from keruen._cache import kept

__all__ = ["Finding", "diagnosis"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes
    ----------
    what, found : str
        What was looked at, and what was there.
    good : bool
        Whether it will do.
    mend : str
        What to do if not.
    """

    what: str
    found: str
    good: bool
    mend: str = ""


def diagnosis() -> list[Finding]:
    """Look at packages, kernels, fonts and the browser-less renderer."""
    looks: list[tuple[str, Callable[[], list[Finding]]]] = [
        ("packages", _packages),
        ("kernels", _kernels),
        ("charts", _charts),
        ("fonts", _fonts),
    ]
    found: list[Finding] = []
    for what, look in looks:
        try:
            found += look()
        except Exception as error:  # a doctor reports whatever it meets
            found.append(Finding(what, f"{type(error).__name__}: {error}", good=False, mend="install again: make env"))
    return found


def _packages() -> list[Finding]:
    from packaging.requirements import Requirement

    found = []
    for line in requires("keruen") or []:
        needed = Requirement(line)
        if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
            continue
        have = version(needed.name)
        good = needed.specifier.contains(have, prereleases=True)
        found.append(Finding(needed.name, have, good, f"needs {needed.specifier}"))
    return found


def _kernels() -> list[Finding]:
    from keruen.network.paths import graph, tree

    begun = time.perf_counter()
    line = graph(2, np.array([0], np.int32), np.array([1], np.int32))
    distance, _ = tree(line, np.array([1.0]), np.array([0.0, np.inf]))
    spent = time.perf_counter() - begun
    cached = "compiled now, cached for next time" if spent > 0.5 else "cached"
    if not kept():
        cached = "compiled at every start: neither the package nor the user's cache can be written; set NUMBA_CACHE_DIR"
    return [Finding("kernels", f"{cached}, {spent:.2f} s", bool(distance[1] == 1.0), "remove __pycache__ folders")]


def _charts() -> list[Finding]:
    import vl_convert

    svg = vl_convert.vegalite_to_svg({"data": {"values": [{"a": 1}]}, "mark": "point"})
    return [Finding("charts", "rendered offline", "<svg" in svg, "install again: make env")]


def _fonts() -> list[Finding]:
    fonts = [Path("/usr/share/fonts"), Path("/Library/Fonts"), Path("C:/Windows/Fonts")]
    names = ("NotoSans-Regular", "segoeui", "Arial")
    good = any(next(folder.rglob(f"{name}.*"), None) for folder in fonts if folder.is_dir() for name in names)
    how = "apt install fonts-noto-core" if shutil.which("apt") else "install Noto Sans"
    found = "found" if good else "Noto Sans, Segoe UI, Arial: none"
    return [Finding("fonts", found, good, f"labels are measured in another font; {how}")]
