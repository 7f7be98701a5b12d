"""The committed tables of examples/north-south: whole, joined up, and near what is published."""

from __future__ import annotations

import heapq
from collections import defaultdict
from itertools import pairwise

import pandas as pd
import pytest

import keruen as kr
from tests.tools.conftest import STUDY, Tables

RAIL_CROSSINGS_WANTED = 25
SIZE_MB = 10

PUBLISHED_KM = [
    (("uzen", "bolashak"), 146, "kazinf11"),
    (("serhetyaka", "bereket", "akyayla"), 700, "azvision"),
    (("incheh-borun", "gorgan"), 88, "mehr18"),
    (("garmsar", "sari", "gorgan", "incheh-borun"), 495, "gib18"),
    (("beyneu", "mangystau"), 404, "mang404"),
    (("dostyk", "moyynty"), 836, "dm25"),
    (("sarakhs", "bandar-abbas"), 1600, "pti22"),
    (("bafq", "bandar-abbas"), 626, "rogerfarnworth.com"),
    (("qazvin", "rasht"), 175, "eastweststream.com"),
    (("canbaz", "kars"), 105, "general"),
    (("novosibirsk", "krasnoyarsk"), 762, "kilometre posts"),
    (("irkutsk", "ulan-ude"), 456, "kilometre posts"),
    (("chita", "karymskaya", "zabaikalsk"), 461, "kilometre posts"),
    (("khabarovsk", "ussuriysk", "vladivostok"), 767, "kilometre posts"),
]

RUSSIAN_EXPORT = "ru-export-over-ru-kz-crossings"


def _parts(cells: pd.Series) -> list[str]:
    return sorted({part for cell in cells for part in cell.split(";") if part})


def _numbers(frame: pd.DataFrame, column: str) -> pd.Series:
    return pd.to_numeric(frame[column], errors="coerce")


def _rail_km(tables: Tables, stops: tuple[str, ...]) -> float:
    links = tables["link"]
    links = links[(links["mode"] == "rail") & (links["status"] == "operating")]
    around: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for row in links.itertuples():
        around[row.from_place].append((row.to_place, float(row.length_km)))
        around[row.to_place].append((row.from_place, float(row.length_km)))
    return sum(_shortest(around, a, b) for a, b in pairwise(stops))


def _shortest(around: dict[str, list[tuple[str, float]]], start: str, end: str) -> float:
    done: set[str] = set()
    queue = [(0.0, start)]
    while queue:
        km, place = heapq.heappop(queue)
        if place == end:
            return km
        if place not in done:
            done.add(place)
            for ahead, step in around[place]:
                heapq.heappush(queue, (km + step, ahead))
    raise AssertionError(f"no railway from {start} to {end}")


def test_every_column_is_in_the_schema_and_required_cells_are_filled(tables: Tables, schema: pd.DataFrame) -> None:
    for name in sorted(path.stem for path in STUDY.glob("*.csv")):
        known = schema[schema["table"] == name].set_index("column")
        assert set(tables[name].columns) <= set(known.index), name
        required = known.index[known["required"] == "yes"]
        empty = [c for c in required if c not in tables[name] or (tables[name][c] == "").any()]
        assert not empty, f"{name}: {empty}"


def test_keys_are_unique(tables: Tables, schema: pd.DataFrame) -> None:
    for name in sorted(path.stem for path in STUDY.glob("*.csv")):
        key = list(schema.loc[(schema["table"] == name) & (schema["key"] == "yes"), "column"])
        assert not tables[name].duplicated(key).any(), name


def test_references_resolve(tables: Tables, schema: pd.DataFrame) -> None:
    for row in schema[schema["references"] != ""].itertuples():
        if row.table not in tables and not (STUDY / f"{row.table}.csv").exists():
            continue
        if row.column in tables[row.table]:
            key = schema.loc[(schema["table"] == row.references) & (schema["key"] == "yes"), "column"].iloc[0]
            missing = set(_parts(tables[row.table][row.column])) - set(tables[row.references][key])
            assert not missing, f"{row.table}.{row.column}: {sorted(missing)[:5]}"


def test_ranges_hold_their_mean(tables: Tables) -> None:
    found = {
        "stage": ("dwell_low_h", "dwell_h", "dwell_high_h"),
        "speed": ("speed_low_km_per_h", "speed_km_per_h", "speed_high_km_per_h"),
        "standing": ("share_low", "share", "share_high"),
        "tariff_factor": ("factor_low", "factor", "factor_high"),
        "emission": ("emission_low_g_per_tkm", "emission_g_per_tkm", "emission_high_g_per_tkm"),
    }
    for name, columns in found.items():
        low, mean, high = (_numbers(tables[name], c) for c in columns)
        assert ((low <= mean) & (mean <= high)).all(), name


@pytest.mark.parametrize(("stops", "published", "source"), PUBLISHED_KM, ids=lambda value: str(value))
def test_known_sections_are_within_five_percent(
    tables: Tables, stops: tuple[str, ...], published: float, source: str
) -> None:
    assert _rail_km(tables, stops) == pytest.approx(published, rel=0.05)


def test_places_of_the_study_are_joined(tables: Tables) -> None:
    links, facilities = tables["link"], tables["facility"]
    around: dict[tuple[str, str, str], set[tuple[str, str, str]]] = defaultdict(set)
    for row in links[(links["status"] == "operating") & (links["mode"] != "pipeline")].itertuples():
        a, b = ((place, row.mode, row.gauge_mm) for place in (row.from_place, row.to_place))
        around[a].add(b)
        around[b].add(a)
    for row in facilities[facilities["status"] == "operating"].itertuples():
        a = (row.from_place, row.from_mode, row.from_gauge_mm)
        b = (row.to_place, row.to_mode, row.to_gauge_mm)
        assert a in around, f"{row.facility_id} joins nothing at {a}"
        assert b in around, f"{row.facility_id} joins nothing at {b}"
        around[a].add(b)
        around[b].add(a)
    reached, waiting = set(), [("moscow", "rail", "1520")]
    while waiting:
        layer = waiting.pop()
        if layer not in reached:
            reached.add(layer)
            waiting += around[layer]
    places = {place for place, _, _ in reached}
    wanted = {*tables["zone"]["place"], *_parts(tables["route"]["via"]), *tables["route"]["destination"]}
    wanted |= {"vladivostok", "vostochny", "novorossiysk", "bandar-abbas", "xian", "poti", "kars", "mersin"}
    assert not wanted - places
    assert ("bandar-abbas", "rail", "1435") in reached
    assert ("vladivostok", "rail", "1520") in reached


def test_one_administration_runs_all_railways_at_a_place(tables: Tables) -> None:
    links = tables["link"][tables["link"]["mode"] == "rail"]
    ends = pd.concat([links[["from_place", "operator"]].set_axis(["place", "operator"], axis=1),
                      links[["to_place", "operator"]].set_axis(["place", "operator"], axis=1)])  # fmt: skip
    # Constanta - Hamburg stands for many railways.
    mixed = ends.groupby("place")["operator"].nunique().drop(["hamburg", "constanta"])
    assert not list(mixed.index[mixed > 1])


def test_sides_of_rail_crossings_belong_to_the_railway_that_runs_them(tables: Tables) -> None:
    country = tables["place"].set_index("place_id")["country"]
    links = tables["link"][tables["link"]["mode"] == "rail"]
    runs = {**dict(zip(links["from_place"], links["operator"], strict=True)),
            **dict(zip(links["to_place"], links["operator"], strict=True))}  # fmt: skip
    crossings = tables["facility"].query("kind == 'border' and from_mode == 'rail'")
    for row in crossings.itertuples():
        assert country[row.from_place] != country[row.to_place], row.facility_id
        for place in (row.from_place, row.to_place):
            assert country[place] == runs[place], row.facility_id


def test_rail_crossings_have_a_gauge_on_both_sides(tables: Tables) -> None:
    crossings = tables["facility"].query("kind == 'border' and from_mode == 'rail' and status == 'operating'")
    assert len(crossings) >= RAIL_CROSSINGS_WANTED
    assert (crossings["from_gauge_mm"] != "").all()
    assert (crossings["to_gauge_mm"] != "").all()
    breaks = crossings[crossings["from_gauge_mm"] != crossings["to_gauge_mm"]]["facility_id"]
    assert {"akyayla-incheh-borun", "sarahs-sarakhs", "dostyk-alashankou", "altynkol-khorgos"} <= set(breaks)


def test_families_add_up_to_their_totals(tables: Tables) -> None:
    demand = tables["demand"].assign(t=_numbers(tables["demand"], "flow_t_per_year"))
    sums = demand.groupby(["family", "year"])["t"].sum()
    families = tables["demand_family"].set_index(["family", "year"])
    totals = _numbers(families, "total_t_per_year")
    assert (sums.reindex(totals.index, fill_value=0) == totals).all()
    assert set(sums.index) <= set(totals.index)


def test_russian_exports_meet_the_published_margins(tables: Tables) -> None:
    demand = tables["demand"].query("family == @RUSSIAN_EXPORT and year == '2024'")
    tonnes = _numbers(demand, "flow_t_per_year") / 1e6
    goods = tonnes.groupby(demand["commodity"]).sum()
    # Jan-Oct 2025 less the published growth, times 12/10 (ruexp25).
    published = {"oil_products": 6.2 / 1.26 * 1.2, "metals": 5.0 / 1.28 * 1.2, "timber": 2.8 / 0.96 * 1.2}
    for commodity, value in published.items():
        assert goods[commodity] == pytest.approx(value, rel=1e-4)
    group = demand["destination"].str.split("-").str[0]
    groups = tonnes.groupby(group).sum()
    assert groups["kz"] == pytest.approx(11.5, rel=1e-4)
    assert groups["ir"] == pytest.approx(2.0, rel=1e-4)
    assert groups["cn"] == pytest.approx(2.0, rel=1e-4)
    assert tonnes.sum() == pytest.approx(28.5, rel=1e-4)


def test_effects_find_the_values_they_expect(tables: Tables, schema: pd.DataFrame) -> None:
    effects = tables["effect"]
    assert set(effects["project"]) == set(tables["project"]["project_id"])
    for row in effects[effects["table"] != ""].itertuples():
        key = list(schema.loc[(schema["table"] == row.table) & (schema["key"] == "yes"), "column"])
        frame = tables[row.table]
        match = (frame[key] == row.row.split("|")).all(axis=1)
        assert match.sum() == 1, f"{row.effect_id}: {row.row}"
        assert bool(row.set) != bool(row.change), row.effect_id
        if row.existing:
            column = frame[row.column] if row.column in frame else pd.Series("", index=frame.index)
            assert column[match].iloc[0] == row.existing, row.effect_id


def test_lines_that_parameters_name_exist(tables: Tables) -> None:
    lines = set(tables["link"]["line"])
    for name in ("speed", "tariff_factor"):
        assert set(tables[name]["line"]) <= lines


def test_shapes_run_from_end_to_end(tables: Tables) -> None:
    place = tables["place"].set_index("place_id")[["lon_deg", "lat_deg"]].astype(float)
    shapes = tables["link_shape"].set_index("link_id")["geometry_wkt"]
    for row in tables["link"].itertuples():
        points = shapes[row.link_id].removeprefix("LINESTRING (").removesuffix(")").split(", ")
        for point, end in ((points[0], row.from_place), (points[-1], row.to_place)):
            lon, lat = map(float, point.split())
            assert abs(lon - place.at[end, "lon_deg"]) < 0.01, row.link_id
            assert abs(lat - place.at[end, "lat_deg"]) < 0.01, row.link_id


def test_study_is_small_and_names_no_machine_path() -> None:
    files = [path for path in STUDY.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < SIZE_MB * 1e6
    assert not [path.name for path in files if str(STUDY.resolve().parents[1]) in path.read_text(encoding="utf-8")]


def test_every_assumption_of_the_study_gives_its_reason() -> None:
    assumed = kr.sources(kr.open(STUDY)).assumed
    assert len(assumed) > 1000
    assert not list(assumed.loc[assumed["note"].fillna("").str.strip() == "", "row"])
