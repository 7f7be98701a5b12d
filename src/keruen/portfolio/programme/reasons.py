"""Why a project is not in a plan: a message that can be said in other languages, and what it speaks of."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["Reason"]


class Reason(str):
    """A reason in English that keeps its message and values.

    Parameters
    ----------
    message : str
        English message with ``{name}`` placeholders; none where the values are empty.
    **values : str, int or float
        What stands in the placeholders: ids of projects (``project``, ``needed``), a code (``country``), a name
        (``party``), money (``musd``, ``limit_musd``, million USD), a whole ``number``.

    Examples
    --------
    >>> Reason("over the budget by {musd} million USD", musd=1234.5)
    'over the budget by 1,234 million USD'
    """

    __slots__ = ("message", "values")

    message: str
    values: Mapping[str, str | int | float]

    def __new__(cls, message: str = "", **values: str | int | float) -> Reason:
        """Fill the message."""
        shown = {name: _money(float(value)) if name.endswith("musd") else value for name, value in values.items()}
        made = super().__new__(cls, message.format(**shown) if values else message)
        made.message, made.values = message, values
        return made


def _money(musd: float) -> str:
    return f"{musd:,.0f}" if musd >= 10 else f"{musd:.2g}"  # two figures of what is small
