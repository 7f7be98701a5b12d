"""Start a study."""

from __future__ import annotations

from pathlib import Path

__all__ = ["new"]


def new(folder: str | Path, name: str | None = None) -> Path:
    """Write a small valid study."""
    raise NotImplementedError
