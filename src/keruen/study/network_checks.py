"""Checks of what the tables of the network mean together: positions, lengths, gauges, layers, connection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keruen.errors import Problem
from keruen.study._cells import HIGH_SEAS, countries, text_of
from keruen.study._said import listed
from keruen.study.cell_checks import Check, needs
from keruen.study.reading import Draft

__all__ = ["PROBLEMS", "REMARKS", "great_circle_km"]

_LINK_LAYERS = ("link", "link.from_place", "link.to_place", "link.mode", "link.gauge_mm")
_FACILITY_LAYERS = tuple(f"facility.{end}_{what}" for end in ("from", "to") for what in ("place", "mode", "gauge_mm"))

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""

SHORTEST_SHARE = 0.95
"""A link may be this much shorter than the great circle between its places, which are points in wide cities."""

SLACK_KM = 15.0
"""Kilometres that any link may fall short of the great circle for the same reason."""

LEAST_SHARE, LEAST_KM = 0.5, 2.0
"""No link is shorter than this share of the great circle, if that is this long: in the reference study none is below 0.79."""

LONGEST_SHARE, LONGEST_SLACK_KM = 3.0, 50.0
"""A land link longer than this share of the great circle, and more, is worth a look."""

FARTHEST_SHARE, FARTHEST_SLACK_KM = 10.0, 100.0
"""A land link longer than this share of the great circle, and by this much, has a wrong length."""

NEAR_DEG, FAR_DEG = 0.5, 5.0
"""Degrees beyond the box of a country that still count as in it, and that are worth a look."""

SHAPE_SLACK_DEG = 0.5
"""Degrees between the end of a shape and its place that are worth a look."""


class Layer(NamedTuple):
    """A place on one mode and gauge; gauge 0 where there is none."""

    place: str
    mode: str
    gauge_mm: int

    def __str__(self) -> str:
        return f"{self.mode} {self.gauge_mm}" if self.gauge_mm else self.mode


def great_circle_km(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Great-circle distance by the haversine formula.

    Parameters
    ----------
    a, b : ndarray of float64, shape (n, 2)
        Longitude and latitude, degrees.

    Returns
    -------
    ndarray of float64, shape (n,)
        Kilometres on a sphere of mean radius.

    Examples
    --------
    >>> float(great_circle_km(np.array([[0.0, 0.0]]), np.array([[0.0, 90.0]]))[0].round())
    10008.0
    """
    (x, y), (u, v) = np.radians(a).T, np.radians(b).T
    across = np.sin((v - y) / 2) ** 2 + np.cos(y) * np.cos(v) * np.sin((u - x) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(across, 0, 1))))


def exchanged(draft: Draft) -> Iterator[Problem]:
    """A place outside its country that would lie in it with longitude and latitude exchanged."""
    for row, country, lon, lat in _outside(draft, NEAR_DEG):
        if _inside(countries().get(country), lat, lon, NEAR_DEG):
            mend = f"With longitude and latitude exchanged it would lie in {country}: are they exchanged?"
            value = f"{text_of(lon)} with lat_deg = {text_of(lat)}"
            yield draft.at("place", row, "lon_deg", value, f"a point in {country}", mend)


def elsewhere(draft: Draft) -> Iterator[Problem]:
    """A place far outside its country."""
    for row, country, lon, lat in _outside(draft, FAR_DEG):
        box = countries()[country]
        if box is not None and not _inside(box, lat, lon, NEAR_DEG):
            west, south, east, north = box
            mend = f"{country} lies between {west:g} and {east:g} E, {south:g} and {north:g} N"
            value = f"{text_of(lon)} with lat_deg = {text_of(lat)}"
            yield draft.at("place", row, "lon_deg", value, f"a point in or near {country}", mend)


def _outside(draft: Draft, slack: float) -> Iterator[tuple[int, str, float, float]]:
    place = draft.tables["place"]
    for row, (country, lon, lat) in enumerate(zip(place["country"], place["lon_deg"], place["lat_deg"], strict=True)):
        box = countries().get(country)
        if box is not None and lon == lon and lat == lat and not _inside(box, lon, lat, slack):
            yield row, country, lon, lat


def _inside(box: tuple[float, float, float, float] | None, lon: float, lat: float, slack: float) -> bool:
    if box is None:
        return False
    west, south, east, north = box
    across = lon >= west - slack or lon <= east + slack if west > east else west - slack <= lon <= east + slack
    return across and south - slack <= lat <= north + slack


def ends_apart(draft: Draft) -> Iterator[Problem]:
    """A link joins two places."""
    link = draft.tables["link"]
    for row in np.flatnonzero(((link["from_place"] == link["to_place"]) & (link["from_place"] != "")).to_numpy()):
        place = link["to_place"].iloc[row]
        yield draft.at("link", int(row), "to_place", place, "another place than from_place", "Remove the link")


def too_short(draft: Draft) -> Iterator[Problem]:
    """A link is not shorter than the great circle between its places."""
    link = draft.tables["link"]
    a, b = _ends(draft)
    straight = great_circle_km(a, b)
    length = link["length_km"].to_numpy(dtype=float)
    place = draft.tables["place"]["place_id"]
    reported = {place.iloc[row] for row, *_ in _outside(draft, NEAR_DEG)}
    # A place outside its country is a problem of its own; what follows from it is not said again for every link.
    known = ~(link["from_place"].isin(reported) | link["to_place"].isin(reported)).to_numpy()
    short = length < SHORTEST_SHARE * straight - SLACK_KM
    short |= (length < LEAST_SHARE * straight) & (straight >= LEAST_KM)
    for row in np.flatnonzero(known & short):
        mend = _culprit(draft, int(row)) or "Is it in km? Are the places where they should be?"
        expected = f"at least {straight[row]:,.0f} km, the great circle between its places"
        yield draft.at("link", int(row), "length_km", text_of(float(length[row])), expected, mend)


def _culprit(draft: Draft, row: int) -> str:
    """The end of a link whose coordinates, if exchanged, would explain a length that is too short."""
    link = draft.tables["link"]
    a, b = _ends(draft)
    length = float(link["length_km"].iloc[row])
    for end, here, there in (("from_place", a, b), ("to_place", b, a)):
        if abs(here[row, 0]) > 90:
            continue
        turned = great_circle_km(here[row : row + 1, ::-1], there[row : row + 1])[0]
        if SHORTEST_SHARE * turned - SLACK_KM <= length <= LONGEST_SHARE * turned:
            return f"Are longitude and latitude of {link[end].iloc[row]} exchanged?"
    return ""


def far_too_long(draft: Draft) -> Iterator[Problem]:
    """A land link is not many times as long as the great circle between its places."""
    length, straight = _land(draft)
    for row in np.flatnonzero(_beyond(length, straight)):
        expected = f"about {straight[row]:,.0f} km, the great circle between its places"
        mend = "Is the unit right? Are the places where they should be?"
        yield draft.at("link", int(row), "length_km", text_of(float(length[row])), expected, mend)


def too_long(draft: Draft) -> Iterator[Problem]:
    """A land link is not much longer than the great circle between its places."""
    length, straight = _land(draft)
    long = (length > LONGEST_SHARE * straight + LONGEST_SLACK_KM) & ~_beyond(length, straight)
    for row in np.flatnonzero(long):
        expected = f"not much more than {straight[row]:,.0f} km, the great circle between its places"
        yield draft.at("link", int(row), "length_km", text_of(float(length[row])), expected, "Is it in km?")


def _land(draft: Draft) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Length of every link, NaN where it is not on land, and the great circle between its places."""
    link = draft.tables["link"]
    land = link["mode"].isin(["rail", "road"]).to_numpy()
    return np.where(land, link["length_km"].to_numpy(dtype=float), np.nan), great_circle_km(*_ends(draft))


def _beyond(length: NDArray[np.float64], straight: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (length > FARTHEST_SHARE * straight) & (length > straight + FARTHEST_SLACK_KM)


def _ends(draft: Draft) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude of both ends of every link, NaN where the place is not known."""
    place = draft.tables["place"].drop_duplicates("place_id").set_index("place_id")[["lon_deg", "lat_deg"]]
    link = draft.tables["link"]
    a, b = (place.reindex(link[end]).to_numpy(dtype=float) for end in ("from_place", "to_place"))
    return a, b


def gauges(draft: Draft) -> Iterator[Problem]:
    """Rail has a gauge; road, sea and pipeline have none."""
    for table, mode, gauge in _GAUGES:
        frame = draft.tables[table]
        blank = frame[gauge].isna()
        for row in np.flatnonzero(((frame[mode] == "rail") & blank).to_numpy()):
            if (table, gauge, int(row)) not in draft.bad:
                yield draft.at(
                    table, int(row), gauge, "", "a gauge, since it is rail", "For example 1520, 1435 or 1676"
                )
        for row in np.flatnonzero((frame[mode].isin(["road", "sea", "pipeline"]) & ~blank).to_numpy()):
            value = text_of(frame[gauge].iloc[row])
            expected = f"no gauge, since it is {frame[mode].iloc[row]}"
            yield draft.at(table, int(row), gauge, value, expected, "Leave it empty")


_GAUGES = (
    ("link", "mode", "gauge_mm"),
    ("facility", "from_mode", "from_gauge_mm"),
    ("facility", "to_mode", "to_gauge_mm"),
)
_LINK_ENDS = (("from_place", "mode", "gauge_mm"), ("to_place", "mode", "gauge_mm"))
_FACILITY_ENDS = (("from_place", "from_mode", "from_gauge_mm"), ("to_place", "to_mode", "to_gauge_mm"))


def _layers(frame: pd.DataFrame, columns: tuple[str, str, str]) -> list[Layer]:
    return [
        Layer(place, mode, 0 if gauge != gauge else int(gauge))
        for place, mode, gauge in zip(*(frame[column].tolist() for column in columns), strict=True)
    ]


@needs(*_LINK_LAYERS, *_FACILITY_LAYERS)
def facility_layers(draft: Draft) -> Iterator[Problem]:
    """Each side of an operating facility stands on a link of its mode and gauge."""
    yield from _bare_sides(draft, operating=True)


@needs(*_LINK_LAYERS, *_FACILITY_LAYERS)
def idle_layers(draft: Draft) -> Iterator[Problem]:
    """The same of a facility that does not operate yet."""
    yield from _bare_sides(draft, operating=False)


def _bare_sides(draft: Draft, *, operating: bool) -> Iterator[Problem]:
    there = {layer for ends in _LINK_ENDS for layer in _layers(draft.tables["link"], ends)}
    by_place: dict[str, set[str]] = {}
    for layer in there:
        by_place.setdefault(layer.place, set()).add(str(layer))
    facility = draft.tables["facility"]
    chosen = (facility["status"] == "operating").to_numpy() == operating
    for columns in _FACILITY_ENDS:
        for row, layer in enumerate(_layers(facility, columns)):
            if not chosen[row] or layer in there or not layer.place:
                continue
            kinds = sorted(by_place.get(layer.place, ()))
            same = [kind for kind in kinds if kind.split()[0] == layer.mode]
            column = columns[2] if same else columns[1] if kinds else columns[0]
            value = facility[column].iloc[row]
            mend = f"Links there are {listed(kinds)}" if kinds else "No link touches that place"
            expected = f"a link of {layer} at {layer.place} for it to join"
            yield draft.at("facility", row, column, text_of(value) or "none", expected, mend)


def facility_kinds(draft: Draft) -> Iterator[Problem]:
    """A border joins two places; a change of gauge has two gauges."""
    for row, one in enumerate(draft.tables["facility"].to_dict("records")):
        if one["kind"] == "border" and one["from_place"] == one["to_place"]:
            expected = "a place on the other side of the border"
            yield draft.at("facility", row, "to_place", one["to_place"], expected)
        gauge = one["from_gauge_mm"]
        if one["kind"] == "gauge_change" and gauge == one["to_gauge_mm"]:
            mend = f"Both sides have {text_of(gauge)}"
            yield draft.at("facility", row, "to_gauge_mm", text_of(gauge), "another gauge than from_gauge_mm", mend)


def border_countries(draft: Draft) -> Iterator[Problem]:
    """A border crossing joins two countries."""
    place = draft.tables["place"].drop_duplicates("place_id").set_index("place_id")["country"]
    facility = draft.tables["facility"]
    a, b = (place.reindex(facility[end]).fillna("").tolist() for end in ("from_place", "to_place"))
    for row in np.flatnonzero((facility["kind"] == "border").to_numpy()):
        if a[row] != b[row] or not a[row]:
            continue
        mend = f"Both sides are in {a[row]}"
        value = facility["to_place"].iloc[row]
        yield draft.at("facility", int(row), "to_place", value, "a place in another country", mend)


@needs("place", "place.place_id", "place.country", "link.mode")
def unwatched_borders(draft: Draft) -> Iterator[Problem]:
    """A land link that crosses from one country to another skips the border."""
    place = draft.tables["place"].drop_duplicates("place_id").set_index("place_id")["country"]
    link = draft.tables["link"]
    a, b = (place.reindex(link[end]) for end in ("from_place", "to_place"))
    land = link["mode"].isin(["rail", "road"]).to_numpy() & a.notna().to_numpy() & b.notna().to_numpy()
    for row in np.flatnonzero(land & (a.to_numpy() != b.to_numpy())):
        value = link["to_place"].iloc[row]
        expected = f"both ends in one country, found {a.iloc[row]} and {b.iloc[row]}"
        yield draft.at("link", int(row), "to_place", value, expected, "A crossing is a facility of kind border")


@needs("facility", *_LINK_LAYERS, *_FACILITY_LAYERS)
def islands(draft: Draft) -> Iterator[Problem]:
    """A part of the network that nothing joins to the rest, whatever is built: a gauge that joins nothing."""
    yield from _apart(draft, for_good=True)


@needs("facility", "facility.status", "link.status", *_LINK_LAYERS, *_FACILITY_LAYERS)
def islands_for_now(draft: Draft) -> Iterator[Problem]:
    """A part that only closed or unfinished links and facilities join to the rest."""
    yield from _apart(draft, for_good=False)


def _apart(draft: Draft, *, for_good: bool) -> Iterator[Problem]:
    link = draft.tables["link"]
    rows = np.flatnonzero(
        (link["mode"].isin(CARRYING) & link["from_place"].ne("") & link["to_place"].ne("")).to_numpy()
    )
    ends = list(zip(*(_layers(link.iloc[rows], columns) for columns in _LINK_ENDS), strict=True))
    whole = _Joined(draft, operating_only=False)
    today = whole if for_good else _Joined(draft, operating_only=True)
    told: set[Layer] = set()
    main, main_today = whole.largest(), today.largest()
    for row, (a, _) in zip(rows, ends, strict=True):
        lasting = whole.root(a) != main
        if lasting != for_good:
            continue
        if not lasting and (link["status"].iloc[row] != "operating" or today.root(a) == main_today):
            continue
        parts = whole if for_good else today
        if parts.root(a) in told:
            continue
        told.add(parts.root(a))
        yield _island(draft, int(row), a, parts, ends)


def _island(draft: Draft, row: int, layer: Layer, parts: _Joined, ends: list[tuple[Layer, Layer]]) -> Problem:
    island = parts.root(layer)
    count = sum(parts.root(a) == island for a, _ in ends)
    places = {end.place for pair in ends for end in pair if parts.root(end) == island}
    others = {end for pair in ends for end in pair if end.place in places and parts.root(end) != island}
    same = sorted({end.gauge_mm for end in others if end.mode == layer.mode})
    links = "1 link" if count == 1 else f"{count} links"
    if layer.gauge_mm and same:
        met = listed(map(str, same))
        expected = f"a gauge that joins the network; {links} of {layer} join nothing, the lines met are {met}"
        value, column = str(layer.gauge_mm), "gauge_mm"
        mend = "Add a facility that changes the gauge, or correct the gauge"
    else:
        expected = f"joined to the main network; {links} of {layer} are an island"
        value, column = draft.tables["link"]["link_id"].iloc[row], "link_id"
        place = min((end.place for end in others), default="")
        mend = f"Add the facility at {place} that joins it" if place else "Add the link that is missing"
    return draft.at("link", row, column, value, expected, mend)


CARRYING = ("rail", "road", "sea", "ferry")
"""Modes that carry the freight of the demand table."""


class _Joined:
    """Layers joined by links and facilities, whatever the direction: a disjoint-set forest."""

    def __init__(self, draft: Draft, *, operating_only: bool) -> None:
        self._above: dict[Layer, Layer] = {}
        link = draft.tables["link"]
        link = link[link["mode"].isin(CARRYING)]
        for frame, columns in ((link, _LINK_ENDS), (draft.tables["facility"], _FACILITY_ENDS)):
            used = frame[frame["status"] == "operating"] if operating_only else frame
            for a, b in zip(*(_layers(used, ends) for ends in columns), strict=True):
                self._above[self.root(a)] = self.root(b)

    def root(self, layer: Layer) -> Layer:
        """The layer that stands for all that are joined to this one."""
        while (above := self._above.get(layer, layer)) != layer:
            # Halving the path keeps it short.
            self._above[layer] = self._above.get(above, above)
            layer = above
        return layer

    def largest(self) -> Layer | None:
        """Root of the largest part."""
        size: dict[Layer, int] = {}
        for layer in list(self._above):
            root = self.root(layer)
            size[root] = size.get(root, 0) + 1
        return max(size, key=lambda root: size[root], default=None)


@needs("link", "place", "place.place_id", "link.from_place", "link.to_place", "link.mode", "link.status")
def off_network(draft: Draft) -> Iterator[Problem]:
    """A zone joins the network at a place that an operating link touches; so do the ends of a route."""
    touched, known = _touched(draft), set(draft.tables["place"]["place_id"])
    for table, column in (("zone", "place"), ("route", "origin"), ("route", "destination")):
        if not draft.has(table):
            continue
        for row, place in enumerate(draft.tables[table][column]):
            if place in known and place not in touched:
                expected = "a place on the network: an operating link must touch it"
                yield draft.at(table, row, column, place, expected, "Choose a place that a link touches")


@needs("place.place_id", "link", "link.from_place", "link.to_place")
def lonely_places(draft: Draft) -> Iterator[Problem]:
    """A place that no link touches."""
    link = draft.tables["link"]
    touched = set(link["from_place"]) | set(link["to_place"])
    for row, place in enumerate(draft.tables["place"]["place_id"]):
        if place and place not in touched:
            yield draft.at("place", row, "place_id", place, "a link that touches the place", "Remove it, or add one")


def _touched(draft: Draft) -> set[str]:
    link = draft.tables["link"]
    link = link[(link["status"] == "operating") & link["mode"].isin(CARRYING)]
    return set(link["from_place"]) | set(link["to_place"])


def shapes(draft: Draft) -> Iterator[Problem]:
    """A shape is a line of longitudes and latitudes."""
    texts = draft.tables["link_shape"]["geometry_wkt"]
    if not len(texts):
        return
    for row, (text, geometry) in enumerate(zip(texts, _geometries(texts), strict=True)):
        expected = ""
        if geometry is None:
            expected = "LINESTRING (longitude latitude, ...)" if text else ""
        elif geometry.geom_type != "LineString" or geometry.is_empty:
            expected = f"a LINESTRING, found {geometry.geom_type}"
        else:
            west, south, east, north = geometry.bounds
            if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
                expected = "longitude between -180 and 180, latitude between -90 and 90"
        if expected:
            yield draft.at("link_shape", row, "geometry_wkt", text, expected, "Is it whole, longitude before latitude?")


@needs("link", "place")
def shape_ends(draft: Draft) -> Iterator[Problem]:
    """A shape begins and ends at the places of its link."""
    shape, link = draft.tables["link_shape"], draft.tables["link"]
    row_of = {name: row for row, name in enumerate(link["link_id"])}
    a, b = _ends(draft)
    for row, (name, geometry) in enumerate(zip(shape["link_id"], _geometries(shape["geometry_wkt"]), strict=True)):
        at = row_of.get(name)
        if at is None or geometry is None or geometry.geom_type != "LineString" or geometry.is_empty:
            continue
        first, last = geometry.coords[0][:2], geometry.coords[-1][:2]
        for place, here, there in ((a[at], first, last), (b[at], last, first)):
            if _far(place, here):
                turned = "the line runs the other way" if not _far(place, there) else "it ends elsewhere"
                yield draft.at(
                    "link_shape", row, "geometry_wkt", None, f"from from_place to to_place of {name}; {turned}"
                )
                break


def _far(place: NDArray[np.float64], point: Iterable[float]) -> bool:
    return bool(np.abs(place - np.array(list(point))).max() > SHAPE_SLACK_DEG)


def _geometries(texts: pd.Series[str]) -> NDArray[np.object_]:
    if not len(texts):
        return np.array([], dtype=object)
    import shapely

    with np.errstate(invalid="ignore"):
        return np.asarray(shapely.from_wkt(texts.to_numpy(dtype=object), on_invalid="ignore"))


def seas(draft: Draft) -> Iterator[Problem]:
    """Only links at sea lie on the high seas."""
    link = draft.tables["link"]
    wrong = (link["country"] == HIGH_SEAS) & link["mode"].isin(["rail", "road"])
    for row in np.flatnonzero(wrong.to_numpy()):
        yield draft.at("link", int(row), "country", HIGH_SEAS, f"a country, since it is {link['mode'].iloc[row]}")


PROBLEMS: tuple[Check, ...] = (
    exchanged, ends_apart, too_short, far_too_long, gauges, facility_layers, facility_kinds, islands, off_network,
    shapes, seas,
)  # fmt: skip
"""Checks whose findings are problems."""

REMARKS: tuple[Check, ...] = (
    elsewhere, too_long, idle_layers, border_countries, unwatched_borders, islands_for_now, lonely_places, shape_ends,
)  # fmt: skip
"""Checks whose findings are remarks."""
