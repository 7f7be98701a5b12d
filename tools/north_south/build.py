"""Build all tables of the study, in order, into a folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shapely import LineString

from tools.north_south import money, network, others, parameters
from tools.north_south.capacities import line_capacities
from tools.north_south.condense import Comparison, calibrate, compare, condense, tidy
from tools.north_south.demand import Demand, demand, zones
from tools.north_south.facilities import facilities
from tools.north_south.institutions import memberships
from tools.north_south.network import Planning
from tools.north_south.observations import observations
from tools.north_south.projects import effects, programmes, projects, wanted_cells
from tools.north_south.rail import RailNetwork, rail_network
from tools.north_south.raw import Raw, given
from tools.north_south.sources import sources
from tools.north_south.study import write_settings
from tools.north_south.tables import Row, number, used_sources, write_table

__all__ = ["Built", "build_study", "planning_network"]


@dataclass(frozen=True)
class Built:
    """The planning network, and how well it keeps the distances of the full one."""

    planning: Planning
    full: RailNetwork
    comparison: Comparison
    calibrated: list[tuple[str, str, float, float]]


def planning_network(raw: Raw, say: Callable[[str], None] = print) -> Built:
    """Build place, link and link_shape."""
    say("rail: reading the raw network")
    full = rail_network(raw)
    calibrated = calibrate(full)
    fixed = set(full.named.values()) | _ends_of_closed(full)
    tidy(full.graph, fixed)
    say(f"rail: condensing {len(full.graph.sections):,} sections")
    condensed = condense(full, fixed)
    comparison = compare(full, condensed)
    planning = Planning()
    network.declare_places(planning, locodes(raw))
    network.add_rail(planning, condensed, full.named, full.off_line_km, raw)
    network.name_lines(planning)
    network.add_extra_rail(planning)
    say("road, sea, pipelines")
    others.add_roads(planning)
    others.add_sea(planning)
    others.add_pipelines(planning, raw)
    network.explain_joins(planning)
    network.put_capacities(planning, line_capacities(raw, network.place_by_name(planning)))
    used = planning.used_places()
    planning.places = {key: row for key, row in planning.places.items() if key in used}
    return Built(planning, full, comparison, calibrated)


def _ends_of_closed(full: RailNetwork) -> set[str]:
    graph = full.graph
    return {n for n in graph.touching if any(s.status != "operating" for _, s in graph.at(n))}


def locodes(raw: Raw) -> dict[str, str]:
    """UN/LOCODE by place id: from the list of ports, else by exact name within the country."""
    found: dict[str, str] = {}
    ports = {row.port: row.unlocode for row in raw.ports().itertuples(index=False) if isinstance(row.unlocode, str)}
    by_name = {
        (row.country, row.name_ascii.split(" (")[0]): f"{row.country}{row.location}"
        for row in raw.locodes.dropna(subset=["name_ascii"]).itertuples(index=False)
    }
    for row in given("places").itertuples(index=False):
        code = ports.get(row.name_en) or by_name.get((row.country, row.name_en)) or ""
        if len(code) == 5:
            found[row.place_id] = code
    return found


def out_tables(folder: Path) -> Path:
    """The folder for tables, made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def build_study(raw: Raw, out: Path, say: Callable[[str], None] = print) -> Built:
    """Write every table of the study.

    Parameters
    ----------
    raw : Raw
        Folder of raw files.
    out : Path
        Folder of the study; its tables are replaced.
    say : callable
        Told what is being done.

    Returns
    -------
    Built
        The planning network and its comparison with the full one.
    """
    built = planning_network(raw, say)
    planning = built.planning
    folder = out_tables(out)
    tables: dict[str, list[Row]] = {
        "place": sorted(planning.places.values(), key=lambda r: r["place_id"]),
        "link": list(planning.links.values()),
        "link_shape": [{"link_id": key, "geometry_wkt": wkt(shape)} for key, shape in planning.shapes.items()],
        "facility": facilities(planning, raw),
        "stage": parameters.stages(),
        "arrival": parameters.copies("arrival"),
        "regime": parameters.copies("regime"),
        "membership": memberships(raw),
        "service": parameters.copies("service"),
        "speed": parameters.speeds(raw),
        "standing": parameters.standings(raw),
        "commodity": parameters.commodities(raw),
        "rate": money.rates(raw),
        "tariff_factor": money.tariff_factors(raw),
        "emission": parameters.emissions(),
        "route": parameters.copies("route"),
        "source": sources(raw),
        "zone": zones(raw),
        "project": projects(raw),
        "portfolio": parameters.copies("portfolio"),
        "programme": programmes(),
        "party": parameters.copies("party"),
        "exchange_rate": parameters.copies("exchange_rate"),
        "price_index": parameters.copies("price_index"),
        "observation": observations(raw),
        "trip": parameters.copies("trip"),
    }
    balanced = demand(raw, wanted_cells(raw))
    tables["demand"], tables["demand_family"] = balanced.cells, balanced.families
    tables["effect"] = effects(raw, planning, tables)
    tables["source"] = used_sources(tables)
    for name, rows in tables.items():
        say(f"{name}: {write_table(folder, name, rows):,} rows")
    write_settings(folder)
    _say_fit(built, balanced, say)
    return built


def _say_fit(built: Built, balanced: Demand, say: Callable[[str], None]) -> None:
    """Say how well the network keeps distances and the demand its margins."""
    fit, worst = built.comparison, " - ".join(built.comparison.worst)
    say(
        f"condensed against full network, {fit.pairs:,} pairs over 100 km: mean {fit.mean_percent:+.2f} %, "
        f"95th percentile {fit.p95_percent:.2f} %, largest {fit.largest_percent:+.1f} % ({worst})"
    )
    for start, end, raw_km, published_km in built.calibrated:
        say(f"length {start} - {end}: raw {raw_km:.0f} km, published {published_km:.0f} km")
    export = balanced.russian_export
    say(
        f"IPF of Russian exports: {export.sweeps} sweeps, margins within {export.largest_error:.0e}, "
        f"{balanced.moved_percent:.2f} % of the tonnes moved against the draft"
    )


def wkt(shape: LineString) -> str:
    """Well-known text with four decimals at most."""
    points = ", ".join(f"{number(lon, 4)} {number(lat, 4)}" for lon, lat in shape.coords)
    return f"LINESTRING ({points})"
