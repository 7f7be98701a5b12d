"""Kernels compile where no cache can be written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from keruen import _cache


def test_without_a_cache_that_can_be_written_the_process_gets_its_own(monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(os, "access", lambda *_: False)
    _cache.prepare()
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    assert folder.is_dir()
    assert not _cache.kept()
    folder.rmdir()


def test_a_cache_that_the_user_names_or_numba_finds_is_left_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    _cache.prepare()
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path)
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    _cache.prepare()
    assert "NUMBA_CACHE_DIR" not in os.environ
    assert _cache.kept()


PACKAGE = """
from typing import NamedTuple
from numba import njit
class {name}(NamedTuple):
    x: float
@njit(cache=True)
def kernel(point):
    return point.x * {factor}
"""


def test_kernels_of_an_earlier_version_are_compiled_anew(tmp_path):
    """The cache names a type that is gone: numba alone stops with an AttributeError."""
    for name, factor in (("Early", 2.0), ("Late", 3.0)):
        (tmp_path / "kernels.py").write_text(PACKAGE.format(name=name, factor=factor), encoding="utf-8")
        code = f"import keruen, kernels; print(kernels.kernel(kernels.{name}(1.0)))"
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        assert done.stdout.strip() == str(factor), done.stderr[-500:]


def test_a_kernel_is_compiled_anew_when_one_that_it_calls_has_changed(tmp_path):
    """Numba alone looks at the file of the kernel only, and would give the first answer twice."""
    package = tmp_path / "keruen"
    package.mkdir()
    (package / "__init__.py").write_text("from keruen import _cache\n", encoding="utf-8")
    shutil.copy(_cache.__file__, package / "_cache.py")
    outer = "from numba import njit\nfrom keruen.inner import inner\n\n@njit(cache=True)\ndef outer(x):\n    return inner(x)\n"
    (package / "outer.py").write_text(outer, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    code = "import keruen; from keruen.outer import outer; print(outer(1.0))"
    for factor in (2.0, 3.0):
        inner = f"from numba import njit\n\n@njit(cache=True)\ndef inner(x):\n    return {factor} * x\n"
        (package / "inner.py").write_text(inner, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        assert done.stdout.strip() == str(factor), done.stderr[-500:]
