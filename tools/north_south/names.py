"""Names of junctions that no list gives: from the nearest station of OpenStreetMap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from babel import Locale

from tools.north_south.tables import slug

__all__ = ["Name", "StationNames", "country_name"]

NEAR_KM = 3.0
KAZAKH_LETTERS = set("ӘәҒғҚқҢңӨөҰұҮүҺһІі")
STOPS = ("km", "км", "halt", "raz'ezd", "р-д")

CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяәғқңөұүһі",
        [
            "a", "b", "v", "g", "d", "e", "yo", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u",
            "f", "kh", "ts", "ch", "sh", "shch", "", "y", "", "e", "yu", "ya", "a", "g", "k", "ng", "o", "u", "u", "h",
            "i",
        ],
        strict=True,
    )
)  # fmt: skip


def country_name(code: str, language: str) -> str:
    """Country name from CLDR."""
    return str(Locale.parse(language).territories[code])


@dataclass(frozen=True)
class Name:
    """A name in the languages that the source gives."""

    english: str
    russian: str = ""
    kazakh: str = ""


def latin(text: str) -> str:
    """Cyrillic letters in Latin ones; others stay."""
    letters = [CYRILLIC.get(c.lower(), c) for c in text]
    return "".join(x.capitalize() if c.isupper() else x for c, x in zip(text, letters, strict=True))


def is_cyrillic(text: str) -> bool:
    """True if any letter is Cyrillic."""
    return any("Ѐ" <= c <= "ӿ" for c in text)


class StationNames:
    """Stations by position; each gives its name once."""

    def __init__(self, stations: pd.DataFrame) -> None:
        kept = stations[(stations["type"] == "station") & stations["name"].notna()]
        self.rows = [row for row in kept.itertuples(index=False) if not self._is_stop(str(row.name))]
        self.where = np.array([[row.lon, row.lat] for row in self.rows])
        self.taken: set[int] = set()

    @staticmethod
    def _is_stop(name: str) -> bool:
        return any(c.isdigit() for c in name) or any(word in name.lower().split() for word in STOPS)

    def nearest(self, lon: float, lat: float, country: str) -> Name | None:
        """The free station of a country nearest to a point, within 3 km."""
        for i in self._by_distance(lon, lat):
            row = self.rows[i]
            if i not in self.taken and row.iso2 == country:
                self.taken.add(i)
                return name_of(str(row.name), "" if pd.isna(row.name_local) else str(row.name_local), country)
        return None

    def _by_distance(self, lon: float, lat: float) -> Iterator[int]:
        step = (self.where - [lon, lat]) * [np.cos(np.radians(lat)), 1.0]
        km = np.hypot(step[:, 0], step[:, 1]) * 111.195
        for i in np.argsort(km, kind="stable"):
            if km[i] > NEAR_KM:
                return
            yield int(i)


def name_of(name: str, local: str, country: str) -> Name:
    """Sort the names of a station into languages by their letters."""
    both = [text for text in (local, name) if is_cyrillic(text)]
    kazakh = next((t for t in both if country == "KZ" and set(t) & KAZAKH_LETTERS), "")
    russian = next((t for t in both if t != kazakh and country in ("RU", "BY", "KZ", "KG")), "")
    if country == "KZ" and not kazakh and russian:
        # Without a letter of its own Kazakh alphabet the name reads the same in both languages.
        kazakh = russian
    english = name if name.isascii() or not is_cyrillic(name) else latin(name)
    return Name(_plain(english), russian, kazakh)


def _plain(text: str) -> str:
    cleaned = text.replace("’", "'").replace("Railway Station", "").replace("Stansiyası", "").strip(" -")
    return cleaned or text


def place_id(name: Name, country: str, used: set[str], counter: dict[str, int]) -> tuple[str, Name]:
    """A free id made of a name, or junction-<cc>-<n>; a name already taken becomes that of a junction beside it."""
    wanted = slug(latin(name.english)) if name.english else ""
    beside = Name(
        f"{name.english} junction",
        f"{name.russian}, узел" if name.russian else "",
        f"{name.kazakh} торабы" if name.kazakh else "",
    )
    for candidate, called in ((wanted, name), (f"{wanted}-junction", beside)):
        if len(wanted) > 1 and candidate not in used:
            used.add(candidate)
            return candidate, called
    counter[country] = counter.get(country, 0) + 1
    made = f"junction-{country.lower()}-{counter[country]}"
    used.add(made)
    return made, Name("")
