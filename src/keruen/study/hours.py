"""Small texts in cells of the stage and arrival tables: servers by the hour, hours of the day, resources needed."""

from __future__ import annotations

from itertools import pairwise

from keruen.study._cells import members

__all__ = ["hours_of", "needs_of", "shifts_of"]

DAY_H = 24.0


def shifts_of(text: str) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Hours at which the number of servers changes, and the servers from then on.

    Parameters
    ----------
    text : str
        Pairs ``hour:servers`` parted by ``;``.

    Returns
    -------
    tuple of tuples
        Hours, rising, and servers.

    Raises
    ------
    ValueError
        With what was expected.

    Examples
    --------
    >>> shifts_of("8:4; 20:1")
    ((8.0, 20.0), (4, 1))
    """
    pairs = [_pair(part, "hour:servers, as 8:4; 20:1") for part in members(text)]
    hours = tuple(_hour(hour) for hour, _ in pairs)
    if any(a >= b for a, b in pairwise(hours)):
        raise ValueError("hours that rise, each from 0 and below 24")
    servers = tuple(_count(count, 0) for _, count in pairs)
    if not any(servers):
        raise ValueError("a server on some hour: with none, nobody could leave this stage")
    return hours, servers


def hours_of(text: str) -> tuple[float, ...]:
    """Hours of a day, parted by ``;``.

    Parameters
    ----------
    text : str
        The cell.

    Returns
    -------
    tuple of float
        Hours, in order.

    Raises
    ------
    ValueError
        With what was expected.

    Examples
    --------
    >>> hours_of("18.5; 6")
    (6.0, 18.5)
    """
    return tuple(sorted(_hour(part) for part in members(text)))


def needs_of(text: str) -> dict[str, int]:
    """Units of each resource that one service holds.

    Parameters
    ----------
    text : str
        Pairs ``resource:units`` parted by ``;``; units are 1 where they are left out.

    Returns
    -------
    dict of str to int
        Units by resource.

    Raises
    ------
    ValueError
        With what was expected.

    Examples
    --------
    >>> needs_of("crane; empty-wagon:2")
    {'crane': 1, 'empty-wagon': 2}
    """
    found: dict[str, int] = {}
    for part in members(text):
        name, count = _pair(part if ":" in part else f"{part}:1", "resource:units, as crane:1; empty-wagon:2")
        if name in found:
            raise ValueError(f"each resource once, {name} stands twice")
        found[name] = _count(count, 1)
    return found


def _pair(text: str, expected: str) -> tuple[str, str]:
    name, colon, value = (part.strip() for part in text.partition(":"))
    if not (name and colon and value):
        raise ValueError(f"pairs {expected}")
    return name, value


def _hour(text: str) -> float:
    try:
        hour = float(text)
    except ValueError:
        raise ValueError("hours of the day in figures, as 8 or 20.5") from None
    if not 0 <= hour < DAY_H:
        raise ValueError("hours of the day from 0, below 24")
    return hour


def _count(text: str, least: int) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise ValueError(f"whole numbers of {least} or more after the colon")
    return int(text)
