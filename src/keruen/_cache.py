"""Where compiled kernels are kept.

Numba refuses to compile at all where it can write to no cache, and stops at a cache that an earlier version of the
package left behind, where that names a type that is gone; neither need stop us.
"""

from __future__ import annotations

import atexit
import os
import pickle
import shutil
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["forgive", "kept", "prepare"]

_VARIABLE = "NUMBA_CACHE_DIR"


def prepare() -> None:
    """Give numba a folder for this process if it may write neither beside the package nor in the user's cache."""
    if not os.environ.get(_VARIABLE) and not _numba_finds_one():
        folder = tempfile.mkdtemp(prefix="keruen-kernels-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ[_VARIABLE] = folder


def kept() -> bool:
    """Whether kernels compiled now are there next time."""
    return not Path(os.environ.get(_VARIABLE, "")).name.startswith("keruen-kernels-")


def _numba_finds_one() -> bool:
    """Whether a folder that numba tries by itself can be written: beside the package, or the user's cache."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path(os.path.expanduser("~")) / ".cache")  # noqa: PTH111
    return _writable(Path(__file__).parent / "network" / "__pycache__") or _writable(home / "numba")


def _writable(folder: Path) -> bool:
    """Whether files can be made in a folder, or in the first folder above it that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def forgive() -> None:
    """Have numba compile anew what it cannot read from its cache."""
    from numba.core import caching

    file: Any = caching.IndexDataCacheFile
    read_index, load = file._load_index, file.load
    unreadable = (AttributeError, EOFError, ImportError, TypeError, pickle.UnpicklingError)

    def index(self: Any) -> Any:
        try:
            return read_index(self)
        except unreadable:
            return {}

    def loaded(self: Any, key: Any) -> Any:
        try:
            return load(self, key)
        except unreadable:
            return None

    file._load_index, file.load = index, loaded


prepare()
forgive()
