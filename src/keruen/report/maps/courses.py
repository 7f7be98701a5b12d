"""Courses of the routes on paper: where several share a track they run side by side, as on a transport diagram."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from keruen.report.maps.frame import Frame
from keruen.report.reading import Reading, records
from keruen.report.tokens import LIGHT, ROUTE_DASH

__all__ = ["Course", "courses", "lines"]

OFFSET_PX = 3.4
"""Distance of lines that share a track."""

_STEP_PX = 3.0
_SMOOTH = 9  # samples on each side over which an offset changes
_ROUTE_PX, _CASING_PX = 2.7, 5.4


@dataclass(frozen=True)
class Course:
    """A route as it is drawn.

    Attributes
    ----------
    route : str
        Route id.
    points : ndarray, shape (n, 2)
        Points a few pixels apart, px.
    mode : ndarray of str, shape (n,)
        Mode in which each point is reached.
    shared : ndarray of int, shape (n,)
        Routes that run there.
    """

    route: str
    points: NDArray[np.float64]
    mode: NDArray[np.str_]
    shared: NDArray[np.int64]

    def runs(self) -> list[tuple[str, NDArray[np.float64]]]:
        """Stretches of one mode."""
        cuts = np.flatnonzero(self.mode[1:] != self.mode[:-1]) + 1
        starts, ends = [0, *cuts], [*cuts, len(self.mode)]
        found = []
        for start, end in zip(starts, ends, strict=True):
            # A stretch begins where the one before it ends, so that no gap is seen.
            points = self.points[max(start - 1, 0) : end]
            if len(points) > 1:
                found.append((str(self.mode[start]), points))
        return found


def courses(reading: Reading, frame: Frame) -> list[Course]:
    """Courses of all routes by rank."""
    users: dict[str, list[str]] = {}
    for name in reading.order:
        for link in reading.legs(name)["link_id"]:
            if link and name not in users.setdefault(str(link), []):
                users[str(link)].append(name)
    shapes = _shapes(reading, frame)
    return [course for name in reading.order if (course := _course(reading, name, users, shapes, frame)) is not None]


def _shapes(reading: Reading, frame: Frame) -> dict[str, NDArray[np.float64]]:
    table = reading.comparison.study.table("link_shape")
    wanted = table[table["link_id"].isin(set(reading.comparison.legs["link_id"]))]
    lines = shapely.from_wkt(wanted["geometry_wkt"].to_numpy(dtype=object))
    return {
        str(link): frame.px(shapely.get_coordinates(line)) for link, line in zip(wanted["link_id"], lines, strict=True)
    }


def _course(
    reading: Reading, name: str, users: dict[str, list[str]], shapes: dict[str, NDArray[np.float64]], frame: Frame
) -> Course | None:
    places = reading.places
    pieces: list[NDArray[np.float64]] = []
    modes: list[str] = []
    ranks: list[float] = []
    counts: list[int] = []
    for leg in records(reading.legs(name)):
        if leg["kind"] != "move":
            continue
        ends = places.loc[[leg["place_from"], leg["place_to"]], ["lon_deg", "lat_deg"]].to_numpy(dtype=float)
        link = str(leg["link_id"])
        sampled = _densified(_oriented(shapes.get(link), frame.px(ends)))
        sharing = users.get(link, [name])
        pieces.append(sampled)
        modes += [str(leg["mode"])] * len(sampled)
        ranks += [sharing.index(name) - (len(sharing) - 1) / 2] * len(sampled)
        counts += [len(sharing)] * len(sampled)
    if not pieces:
        return None
    points = _side_by_side(np.vstack(pieces), np.array(ranks))
    return Course(name, points, np.array(modes), np.array(counts))


def _oriented(points: NDArray[np.float64] | None, ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points of a link from the first end to the second; a straight line where the shape is not known."""
    if points is None or len(points) < 2:
        return ends
    along = np.hypot(*(points[0] - ends[0])) + np.hypot(*(points[-1] - ends[1]))
    against = np.hypot(*(points[-1] - ends[0])) + np.hypot(*(points[0] - ends[1]))
    return points if along <= against else points[::-1]


def _densified(points: NDArray[np.float64]) -> NDArray[np.float64]:
    at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    count = max(2, int(np.ceil(at[-1] / _STEP_PX)) + 1)
    wanted = np.linspace(0, at[-1], count)
    return np.column_stack([np.interp(wanted, at, points[:, axis]) for axis in (0, 1)])


def _smoothed(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Moving average that keeps the ends."""
    reach = min(reach, (len(values) - 1) // 2)
    if reach < 1:
        return values
    padded = np.concatenate([np.repeat(values[:1], reach, axis=0), values, np.repeat(values[-1:], reach, axis=0)])
    sums = np.cumsum(np.concatenate([np.zeros((1, *values.shape[1:])), padded]), axis=0)
    window = 2 * reach + 1
    return np.asarray((sums[window:] - sums[:-window]) / window)


def _side_by_side(points: NDArray[np.float64], rank: NDArray[np.float64]) -> NDArray[np.float64]:
    course = _smoothed(points, 2)
    direction = np.gradient(_smoothed(course, 4), axis=0)
    length = np.hypot(direction[:, 0], direction[:, 1])
    length[length == 0] = 1.0
    normal = np.column_stack([-direction[:, 1], direction[:, 0]]) / length[:, None]
    offset = _smoothed(_smoothed(rank, _SMOOTH), _SMOOTH // 2) * OFFSET_PX
    return np.asarray(course + normal * offset[:, None])


def lines(drawn: list[Course], reading: Reading) -> str:
    """Routes as SVG: all casings below, then the lines, the front route last."""
    casing: list[str] = []
    line: list[str] = []
    for course in reversed(drawn):
        color = LIGHT[reading.hue(course.route)]
        for mode, points in course.runs():
            thin = shapely.get_coordinates(shapely.simplify(shapely.LineString(points), 0.25))
            d = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in thin)
            dash = ROUTE_DASH.get(mode, "")
            extra = f' stroke-dasharray="{dash}"' if dash else ""
            cap = "round" if mode != "road" else "butt"
            casing.append(f'<path d="{d}"/>')
            line.append(f'<path d="{d}" stroke="{color}" stroke-linecap="{cap}"{extra}/>')
    return (
        f'<g fill="none" stroke="{LIGHT["map-corridor"]}" stroke-width="{_CASING_PX}" stroke-linejoin="round"'
        f' stroke-opacity="0.85">{"".join(casing)}</g>'
        f'<g fill="none" stroke-width="{_ROUTE_PX}" stroke-linejoin="round">{"".join(line)}</g>'
    )
