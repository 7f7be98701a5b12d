"""Kernels compile where no cache can be written."""

import os
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
