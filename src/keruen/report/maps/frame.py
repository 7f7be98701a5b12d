"""Where the map lies: the projection, the window around the corridor, and pixels in it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer

from keruen.report.reading import Reading

__all__ = ["Frame", "project"]

_LAMBERT = "+proj=lcc +lat_1=22 +lat_2=50 +lat_0=36 +lon_0=54 +datum=WGS84 +units=m"
_ASPECTS = (0.72, 1.18)  # height by width: a map is neither a strip nor a tower
_MARGIN = 0.055


@cache
def _transformer(inverse: bool = False) -> Transformer:
    ends = ("EPSG:4326", _LAMBERT)
    return Transformer.from_crs(*(ends[::-1] if inverse else ends), always_xy=True)


def project(points: ArrayLike) -> NDArray[np.float64]:
    """Metres of longitude, latitude pairs; Lambert conformal conic, parallels 22 and 50, meridian 54.

    Parameters
    ----------
    points : array_like, shape (n, 2)
        Degrees on WGS 84.

    Returns
    -------
    ndarray, shape (n, 2)
        Easting and northing, m.
    """
    degrees = np.asarray(points, dtype=float).reshape(-1, 2)
    return np.column_stack(_transformer().transform(degrees[:, 0], degrees[:, 1]))


@dataclass(frozen=True)
class Frame:
    """A window of the projected plane and its size on paper.

    Attributes
    ----------
    left, top : float
        Corner, m.
    metres : float
        Metres a pixel.
    width, height : float
        Size, px.
    """

    left: float
    top: float
    metres: float
    width: float
    height: float

    @classmethod
    def around(cls, reading: Reading, width: float, places: Sequence[str] = ()) -> Frame:
        """Window that holds the stops of all routes and their tracks on land, and some places; sea lanes may leave it."""
        return cls.holding(np.vstack([*_held(reading), *([_at(reading, places)] if places else [])]), width)

    @classmethod
    def holding(cls, metres: NDArray[np.float64], width: float) -> Frame:
        """Window that holds some projected points, shape (n, 2)."""
        (x0, y0), (x1, y1) = metres.min(axis=0), metres.max(axis=0)
        pad = _MARGIN * max(x1 - x0, y1 - y0)
        x0, x1, y0, y1 = x0 - pad, x1 + pad, y0 - pad, y1 + pad
        across, down = max(x1 - x0, 1e5), max(y1 - y0, 1e5)
        if down / across < _ASPECTS[0]:
            y0, y1, down = y0 - (_ASPECTS[0] * across - down) / 2, y1 + (_ASPECTS[0] * across - down) / 2, 0.0
        elif down / across > _ASPECTS[1]:
            more = down / _ASPECTS[1] - across
            x0, x1 = x0 - more / 2, x1 + more / 2
        scale = (x1 - x0) / width
        return cls(float(x0), float(y1), float(scale), float(width), float(round((y1 - y0) / scale)))

    def px(self, points: ArrayLike) -> NDArray[np.float64]:
        """Pixels of longitude, latitude pairs."""
        return self.of_metres(project(points))

    def of_metres(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pixels of projected points."""
        return np.column_stack([(metres[:, 0] - self.left) / self.metres, (self.top - metres[:, 1]) / self.metres])

    def box(self, margin: float = 0.0) -> shapely.Polygon:
        """The window in pixels, with a margin around it."""
        return shapely.box(-margin, -margin, self.width + margin, self.height + margin)

    def degrees(self, x: float, y: float) -> tuple[float, float]:
        """Longitude and latitude of a pixel."""
        lon, lat = _transformer(True).transform(self.left + x * self.metres, self.top - y * self.metres)
        return float(lon), float(lat)

    def px_of_km(self, km: float, x: float, y: float) -> float:
        """Length on paper of a distance along the parallel through a pixel."""
        lon, lat = self.degrees(x, y)
        degrees = km / (111.32 * math.cos(math.radians(lat)))
        a, b = self.px([(lon, lat), (lon + degrees, lat)])
        return float(np.hypot(*(b - a)))


def _held(reading: Reading) -> Iterable[NDArray[np.float64]]:
    for name in reading.order:
        ids = [stop.place for stop in reading.stops(name)]
        row = reading.record(name)
        ids += [str(row["origin"]), str(row["destination"])]
        legs = reading.legs(name)
        ids += [str(place) for place in legs.loc[legs["mode"].isin(["rail", "road"]), "place_from"]]
        yield _at(reading, ids)


def _at(reading: Reading, ids: Iterable[str]) -> NDArray[np.float64]:
    places = reading.places
    known = places.loc[[place for place in dict.fromkeys(ids) if place in places.index]]
    return project(known[["lon_deg", "lat_deg"]].to_numpy(dtype=float))
