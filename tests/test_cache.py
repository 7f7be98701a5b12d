"""Kernels compile where no cache can be written."""

import os
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
