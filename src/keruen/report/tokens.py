"""Colours of the report as tokens with a value for each theme; a chart is drawn in light hex, then spoken in tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

__all__ = [
    "ACTIVITIES",
    "COVERAGE_TOKENS",
    "DARK",
    "FONT",
    "LIGHT",
    "ROUTES",
    "ROUTE_DASH",
    "STANDING",
    "hexes",
    "style",
    "text_token",
    "tokenise",
]

FONT = '"Segoe UI","Noto Sans","Helvetica Neue",Arial,"Noto Sans Arabic",sans-serif'
"""One family that holds Latin, Cyrillic and Arabic; never ``system-ui``."""

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "page": "#FBFAF7", "surface": "#FFFFFF", "band": "#F0EDE5",
        "ink": "#15191E", "ink2": "#454E58", "ink3": "#616B76", "rule": "#DEDAD0", "rule2": "#B8B3A7",
        "accent": "#1150C2", "accent-soft": "#E4ECFA", "box": "#C9D9F4",
        "east": "#1251C4", "sarakhs": "#0B9A80", "west": "#B34708", "caspian": "#94398A", "suez": "#24292F",
        "sarakhs-text": "#08745F",
        "run": "#7F98AB", "sea": "#C3D0D9", "wait": "#E3A81C", "border": "#C23B22", "gauge": "#5B1F69",
        "port": "#E8875A", "port-text": "#A8471A", "wait-text": "#7A5700",
        "on-run": "#101316", "on-sea": "#101318", "on-wait": "#101317", "on-port": "#101319",
        "on-border": "#FFFFFE", "on-gauge": "#FFFFFD", "on-route": "#FFFFFC", "on-sarakhs": "#10131A",
        "good": "#0B6E4F", "miss": "#B3261E", "hold": "#6B5300", "hold-soft": "#F8EFD0",
        "map-sea": "#D3E1E8", "map-land": "#F1EDE4", "map-corridor": "#FFFDF8", "map-line": "#CFC8B9",
        "map-rail": "#B9B3A8", "map-water-text": "#4A6575",
        "cover-1": "#1252C5", "cover-2": "#5E8BE6", "cover-3": "#ABC3F4", "cover-4": "#D9B34C",
        "cover-5": "#E9D59B", "cover-6": "#B7B2A6",
    }
)  # fmt: skip
"""Light theme; no two tokens share a value, so that a value names its token."""

DARK: Mapping[str, str] = MappingProxyType(
    {
        "page": "#0F1317", "surface": "#161B20", "band": "#1B2127",
        "ink": "#EEF1F4", "ink2": "#BCC5CE", "ink3": "#929DA8", "rule": "#2A323A", "rule2": "#4A5560",
        "accent": "#7DB4FF", "accent-soft": "#1A2C47", "box": "#24406B",
        "east": "#4F9FF8", "sarakhs": "#2FD8AB", "west": "#E58838", "caspian": "#F0A3E6", "suez": "#8A939E",
        "sarakhs-text": "#2FD8AB",
        "run": "#7C93A6", "sea": "#42515E", "wait": "#F5CB5C", "border": "#F2735C", "gauge": "#B58BE0",
        "port": "#BC7650", "port-text": "#E39A70", "wait-text": "#F5CB5C",
        "on-run": "#0E1216", "on-sea": "#EEF1F4", "on-wait": "#0E1216", "on-port": "#0E1216",
        "on-border": "#0E1216", "on-gauge": "#0E1216", "on-route": "#0E1216", "on-sarakhs": "#0E1216",
        "good": "#5FD3A4", "miss": "#FF8F82", "hold": "#EBC85E", "hold-soft": "#332A10",
        "map-sea": "#0C1319", "map-land": "#1A2026", "map-corridor": "#232A31", "map-line": "#3B4650",
        "map-rail": "#45505A", "map-water-text": "#8FA9B9",
        "cover-1": "#4F9FF8", "cover-2": "#3A74BD", "cover-3": "#284E80", "cover-4": "#D9B34C",
        "cover-5": "#8A7436", "cover-6": "#5A646E",
    }
)  # fmt: skip
"""Dark theme, the same tokens."""

ACTIVITIES = ("run", "sea", "wait", "border", "gauge", "port")
"""Order of the hours in every bar: what moves, then what stands."""

STANDING = ("wait", "border", "gauge", "port")
"""Activities during which nothing moves."""

ROUTES = ("east", "sarakhs", "west", "caspian", "suez")
"""Hues of routes, in order; further routes are thin ``ink3``."""

ROUTE_DASH: Mapping[str, str] = MappingProxyType({"rail": "", "sea": "1.2 5", "ferry": "1.2 5", "road": "7 4"})
"""Dash of a line on the map by mode."""

COVERAGE_TOKENS: Mapping[str, str] = MappingProxyType(
    {
        "measured": "cover-1", "reported": "cover-2", "factor": "cover-3", "plan": "cover-4", "estimate": "cover-5",
        "assumed": "wait", "general": "cover-6",
    }
)  # fmt: skip

_TOKEN_OF = {value.lower(): name for name, value in LIGHT.items()}
_HEX = re.compile(r"#[0-9a-fA-F]{6}\b")


def text_token(token: str) -> str:
    """Token for text in a hue; a few hues are too light to be read and have a darker one."""
    return f"{token}-text" if f"{token}-text" in LIGHT else token


def tokenise(svg: str) -> str:
    """Replace every light hex value by its token.

    Examples
    --------
    >>> tokenise('<path fill="#1251C4"/>')
    '<path fill="var(--east)"/>'
    """
    return _HEX.sub(lambda match: f"var(--{_TOKEN_OF[match[0].lower()]})", svg)


def hexes(svg: str) -> list[str]:
    """Hex colours in a text that are no token's value."""
    return [value for value in _HEX.findall(svg) if value.lower() not in _TOKEN_OF]


def style(theme: Mapping[str, str]) -> str:
    """Declarations of the custom properties of a theme."""
    return ";".join(f"--{name}:{value}" for name, value in theme.items())
