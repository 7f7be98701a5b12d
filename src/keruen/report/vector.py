"""From a Vega-Lite specification to an SVG that both themes share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from typing import Any

from keruen.report.tokens import FONT, tokenise

__all__ = ["draw", "inline", "size"]

_FONT = re.compile(r' font-family="[^"]*"')
_HEAD = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_VIEW = re.compile(r'viewBox="([^"]*)"')
_DECIMALS = re.compile(r"(\d+\.\d{2})\d+")


@cache
def _converter() -> Any:
    import vl_convert

    return vl_convert


def draw(spec: Mapping[str, Any]) -> str:
    """Render a Vega-Lite specification to SVG with the light hex values."""
    svg = str(_converter().vegalite_to_svg(dict(spec)))
    return _DECIMALS.sub(r"\1", svg)


def size(svg: str) -> tuple[float, float]:
    """Width and height of an SVG, px."""
    found = _VIEW.search(svg)
    if found is None:
        raise ValueError("an SVG without viewBox")
    _, _, width, height = (float(part) for part in found[1].split())
    return width, height


def inline(svg: str, label: str, name: str = "") -> str:
    """Make an SVG part of the page: colours as tokens, the page's font, a label that states the finding."""
    width, height = size(svg)
    extra = f' class="{name}"' if name else ""
    head = (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img"'
        f' aria-label="{escape(label)}"{extra}>'
    )
    body = _HEAD.sub(lambda _: head, svg, count=1)
    return tokenise(_FONT.sub("", body))


def standalone(svg: str) -> str:
    """An SVG for a file of its own: light hex values, and the family named once."""
    family = FONT.replace('"', "'")
    return svg.replace("<svg ", f'<svg font-family="{family}" ', 1) if "font-family" not in svg else svg
