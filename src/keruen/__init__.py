"""Keruen plans international freight corridors."""

from keruen._version import __version__

__all__ = ["__version__"]
