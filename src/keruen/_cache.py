"""Where compiled kernels are kept.

Numba refuses to compile at all where it can write to no cache, and stops at a cache that an earlier version of the
package left behind, where that names a type that is gone; neither need stop us. And it takes a kernel from its cache
when the kernel's own file is unchanged, though a kernel of another file that is compiled into it has changed: the
numbers would be those of the old one. So a kernel is kept for as long as no file that it imports changes.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import pickle
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["follow", "forgive", "kept", "prepare"]

_VARIABLE = "NUMBA_CACHE_DIR"
_PACKAGE = Path(__file__).parent
_IMPORT = re.compile(r"^(?:from|import) (keruen[\w.]*)(?: import (\([^)]*\)|[^\n]*))?", re.MULTILINE)
"""Imports when a module is loaded; those inside functions and for types only reach no kernel."""


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


def follow() -> None:
    """Have numba compile a kernel anew when a file of the package that its own file imports has changed."""
    from numba.core import caching

    mixin: Any = caching._SourceFileBackedLocatorMixin
    own = mixin.get_source_stamp

    def stamp(self: Any) -> Any:
        file = Path(self._py_file)
        return (own(self), _digest(file)) if _PACKAGE in file.parents else own(self)

    mixin.get_source_stamp = stamp


@cache
def _digest(file: Path) -> str:
    """What a module and all it imports from the package hold."""
    found, waiting = {file}, [file]
    while waiting:
        fresh = _imported(waiting.pop()) - found
        found |= fresh
        waiting += fresh
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(found))).hexdigest()


@cache
def _imported(file: Path) -> frozenset[Path]:
    """Files of the package that a module imports."""
    found = set()
    for module, names in _IMPORT.findall(file.read_text(encoding="utf-8")):
        base = _PACKAGE.parent.joinpath(*module.split("."))
        for name in re.findall(r"\w+", names) or [""]:
            tried = (base / f"{name}.py", base / name / "__init__.py", base.with_suffix(".py"), base / "__init__.py")
            found.update([path for path in tried if path.is_file()][:1])
    return frozenset(found)


prepare()
forgive()
follow()
