"""A comparison with made-up but plausible hours, to draw reports from without a network."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import synthetic_loads

_PLACES = [
    # place_id, English, Russian, Kazakh, kind, country, longitude, latitude
    ("moscow", "Moscow", "Москва", "Мәскеу", "city", "RU", 37.62, 55.75),
    ("ryazan", "Ryazan", "Рязань", "Рязань", "station", "RU", 39.72, 54.62),
    ("saratov", "Saratov", "Саратов", "Саратов", "station", "RU", 46.03, 51.53),
    ("voronezh", "Voronezh", "Воронеж", "Воронеж", "station", "RU", 39.2, 51.67),
    ("volgograd", "Volgograd", "Волгоград", "Волгоград", "station", "RU", 44.5, 48.71),
    ("astrakhan", "Astrakhan", "Астрахань", "Астрахан", "port", "RU", 48.06, 46.36),
    ("aksaraiskaya", "Aksaraiskaya", "Аксарайская", "Ақсарай", "border", "RU", 48.02, 46.8),
    ("ganyushkino", "Ganyushkino", "Ганюшкино", "Ганюшкин", "border", "KZ", 49.27, 46.6),
    ("makat", "Makat", "Макат", "Мақат", "junction", "KZ", 53.3, 47.65),
    ("beineu", "Beineu", "Бейнеу", "Бейнеу", "junction", "KZ", 55.2, 45.32),
    ("bolashak", "Bolashak", "Болашак", "Болашақ", "border", "KZ", 53.68, 42.33),
    ("serhetyaka", "Serhetyaka", "Серхетяка", "Серхетяка", "border", "TM", 53.7, 41.8),
    ("bereket", "Bereket", "Берекет", "Берекет", "junction", "TM", 55.52, 39.24),
    ("akyayla", "Akyayla", "Акяйла", "Ақяйла", "border", "TM", 54.7, 37.5),
    ("incheh-borun", "Incheh Borun", "Инче-Бурун", "Инче-Бурун", "border", "IR", 54.61, 37.43),
    ("garmsar", "Garmsar", "Гермсар", "Гармсар", "junction", "IR", 52.34, 35.22),
    ("bafq", "Bafq", "Бафк", "Бафк", "junction", "IR", 55.4, 31.6),
    ("bandar-abbas", "Bandar Abbas", "Бендер-Аббас", "Бендер-Аббас", "port", "IR", 56.2, 27.2),
    ("mumbai", "Mumbai", "Мумбаи", "Мумбаи", "port", "IN", 72.85, 18.95),
    ("zhaisan", "Zhaisan", "Жайсан", "Жайсаң", "border", "KZ", 56.2, 50.85),
    ("aktobe", "Aktobe", "Актобе", "Ақтөбе", "city", "KZ", 57.2, 50.28),
    ("saryagash", "Saryagash", "Сарыагаш", "Сарыағаш", "border", "KZ", 69.15, 41.46),
    ("keles", "Keles", "Келес", "Келес", "border", "UZ", 69.2, 41.4),
    ("farap", "Farap", "Фарап", "Фарап", "border", "TM", 63.6, 39.17),
    ("sarakhs", "Sarakhs", "Серахс", "Серахс", "border", "IR", 61.15, 36.5),
    ("samur", "Samur", "Самур", "Самур", "border", "RU", 48.5, 41.85),
    ("yalama", "Yalama", "Ялама", "Ялама", "border", "AZ", 48.55, 41.75),
    ("astara", "Astara", "Астара", "Астара", "border", "IR", 48.87, 38.43),
    ("rasht", "Rasht", "Решт", "Решт", "city", "IR", 49.58, 37.28),
    ("amirabad", "Amirabad", "Амирабад", "Амирабад", "port", "IR", 53.33, 36.85),
    ("novorossiysk", "Novorossiysk", "Новороссийск", "Новороссийск", "port", "RU", 37.77, 44.73),
    ("suez-canal", "Suez Canal", "Суэцкий канал", "Суэц каналы", "junction", "EG", 32.55, 30.0),
]

_SHAPES = {
    ("moscow", "saratov"): [(37.62, 55.75), (39.72, 54.62), (43.2, 52.7), (46.03, 51.53)],
    ("saratov", "aksaraiskaya"): [(46.03, 51.53), (46.9, 49.9), (47.0, 48.2), (48.02, 46.8)],
    ("aksaraiskaya", "astrakhan"): [(48.02, 46.8), (48.06, 46.36)],
    ("ganyushkino", "bolashak"): [
        (49.27, 46.6), (51.9, 47.1), (53.3, 47.65), (55.2, 45.32), (52.9, 43.4), (52.4, 42.9), (53.68, 42.33),
    ],
    ("serhetyaka", "akyayla"): [(53.7, 41.8), (55.2, 40.4), (55.52, 39.24), (54.6, 38.2), (54.7, 37.5)],
    ("incheh-borun", "bandar-abbas"): [
        (54.61, 37.43), (54.42, 36.85), (53.33, 36.75), (52.9, 36.0), (52.34, 35.22), (50.9, 34.6),
        (53.9, 32.6), (55.4, 31.6), (55.9, 29.4), (56.2, 27.2),
    ],
    ("bandar-abbas", "mumbai"): [
        (56.2, 27.2), (56.6, 26.4), (57.2, 25.3), (60.0, 24.2), (64.0, 23.2), (68.0, 20.6), (71.5, 19.0), (72.85, 18.95),
    ],
    ("moscow", "zhaisan"): [(37.62, 55.75), (45.1, 54.2), (50.1, 53.2), (53.2, 52.4), (55.1, 51.8), (56.2, 50.85)],
    ("zhaisan", "saryagash"): [
        (56.2, 50.85), (57.2, 50.28), (59.0, 48.6), (61.1, 46.9), (63.6, 45.6), (65.5, 44.8), (68.2, 43.3), (69.15, 41.46),
    ],
    ("keles", "farap"): [(69.2, 41.4), (68.8, 40.5), (67.0, 39.7), (64.5, 39.8), (63.6, 39.17)],
    ("farap", "sarakhs"): [(63.6, 39.17), (61.85, 37.6), (60.5, 37.3), (61.15, 36.5)],
    ("sarakhs", "bandar-abbas"): [
        (61.15, 36.5), (59.6, 36.3), (58.5, 34.3), (57.0, 33.4), (55.4, 31.6), (55.9, 29.4), (56.2, 27.2),
    ],
    ("saratov", "samur"): [
        (46.03, 51.53), (46.9, 49.9), (47.0, 48.2), (48.02, 46.8), (46.9, 45.0), (46.7, 43.9), (47.5, 43.0), (48.5, 41.85),
    ],
    ("yalama", "astara"): [(48.55, 41.75), (49.5, 40.5), (48.9, 39.9), (48.87, 38.43)],
    ("astara", "rasht"): [(48.87, 38.43), (49.0, 37.6), (49.58, 37.28)],
    ("rasht", "bandar-abbas"): [
        (49.58, 37.28), (50.0, 36.3), (51.0, 35.6), (50.9, 34.6), (53.9, 32.6), (55.4, 31.6), (55.9, 29.4), (56.2, 27.2),
    ],
    ("astrakhan", "amirabad"): [(48.06, 46.36), (48.5, 45.0), (50.3, 42.5), (51.5, 40.0), (53.0, 37.5), (53.33, 36.85)],
    ("amirabad", "bandar-abbas"): [
        (53.33, 36.85), (53.33, 36.75), (52.9, 36.0), (52.34, 35.22), (50.9, 34.6), (53.9, 32.6), (55.4, 31.6),
        (55.9, 29.4), (56.2, 27.2),
    ],
    ("moscow", "novorossiysk"): [(37.62, 55.75), (39.2, 51.67), (39.7, 47.2), (38.9, 45.1), (37.77, 44.73)],
    ("novorossiysk", "suez-canal"): [
        (37.77, 44.73), (36.0, 44.0), (31.0, 42.6), (29.1, 41.2), (28.2, 40.7), (25.9, 40.0), (25.5, 38.5), (26.5, 36.6),
        (29.5, 34.0), (32.3, 31.3), (32.55, 30.0),
    ],
    ("suez-canal", "mumbai"): [
        (32.55, 30.0), (34.5, 27.0), (38.5, 20.0), (42.8, 13.5), (43.4, 12.5), (48.0, 12.2), (55.0, 14.5), (64.0, 17.0),
        (72.85, 18.95),
    ],
}  # fmt: skip

# route: list of (stop, activities) and (from, to, country, mode, km, hours, wait share, USD)
_Step = tuple[Any, ...]
_ROUTES: dict[str, list[_Step]] = {
    "east": [
        ("stop", "moscow", "RU", {"port": 24}, 4, "moscow-terminal"),
        ("move", "moscow", "saratov", "RU", "rail", 858, 38, 0.38, 13),
        ("move", "saratov", "aksaraiskaya", "RU", "rail", 612, 27, 0.38, 10),
        ("stop", "aksaraiskaya", "KZ", {"border": 8}, 1, "aksaraiskaya-ganyushkino"),
        ("move", "ganyushkino", "bolashak", "KZ", "rail", 1446, 53, 0.32, 18),
        ("stop", "bolashak", "TM", {"border": 14}, 3, "bolashak-serhetyaka"),
        ("move", "serhetyaka", "akyayla", "TM", "rail", 690, 37, 0.5, 12),
        ("stop", "incheh-borun", "IR", {"border": 22, "gauge": 38}, 11, "akyayla-incheh-borun"),
        ("move", "incheh-borun", "bandar-abbas", "IR", "rail", 1954, 90, 0.43, 24),
        ("stop", "bandar-abbas", "IR", {"port": 90}, 9, "bandar-abbas-port"),
        ("move", "bandar-abbas", "mumbai", "XZ", "sea", 2058, 86, 0.0, 9),
        ("stop", "mumbai", "IN", {"port": 36}, 6, "mumbai-port"),
    ],
    "sarakhs": [
        ("stop", "moscow", "RU", {"port": 24}, 4, "moscow-terminal"),
        ("move", "moscow", "zhaisan", "RU", "rail", 1490, 66, 0.38, 24),
        ("stop", "zhaisan", "KZ", {"border": 9}, 1, "zhaisan"),
        ("move", "zhaisan", "saryagash", "KZ", "rail", 1680, 62, 0.32, 22),
        ("stop", "saryagash", "UZ", {"border": 31}, 4, "saryagash-keles"),
        ("move", "keles", "farap", "UZ", "rail", 720, 31, 0.4, 13),
        ("stop", "farap", "TM", {"border": 18}, 3, "farap"),
        ("move", "farap", "sarakhs", "TM", "rail", 480, 25, 0.5, 9),
        ("stop", "sarakhs", "IR", {"border": 20, "gauge": 26}, 9, "sarakhs"),
        ("move", "sarakhs", "bandar-abbas", "IR", "rail", 1627, 76, 0.43, 18),
        ("stop", "bandar-abbas", "IR", {"port": 90}, 9, "bandar-abbas-port"),
        ("move", "bandar-abbas", "mumbai", "XZ", "sea", 2058, 86, 0.0, 9),
        ("stop", "mumbai", "IN", {"port": 36}, 6, "mumbai-port"),
    ],
    "west": [
        ("stop", "moscow", "RU", {"port": 24}, 4, "moscow-terminal"),
        ("move", "moscow", "saratov", "RU", "rail", 858, 38, 0.38, 13),
        ("move", "saratov", "samur", "RU", "rail", 1371, 60, 0.38, 20),
        ("stop", "samur", "AZ", {"border": 19}, 4, "samur-yalama"),
        ("move", "yalama", "astara", "AZ", "rail", 520, 22, 0.3, 12),
        ("stop", "astara", "IR", {"border": 26, "port": 30}, 14, "astara"),
        ("move", "astara", "rasht", "IR", "road", 162, 8, 0.3, 12),
        ("stop", "rasht", "IR", {"port": 24}, 5, "rasht-terminal"),
        ("move", "rasht", "bandar-abbas", "IR", "rail", 1667, 76, 0.43, 22),
        ("stop", "bandar-abbas", "IR", {"port": 90}, 9, "bandar-abbas-port"),
        ("move", "bandar-abbas", "mumbai", "XZ", "sea", 2058, 86, 0.0, 9),
        ("stop", "mumbai", "IN", {"port": 36}, 6, "mumbai-port"),
    ],
    "caspian": [
        ("stop", "moscow", "RU", {"port": 24}, 4, "moscow-terminal"),
        ("move", "moscow", "saratov", "RU", "rail", 858, 38, 0.38, 13),
        ("move", "saratov", "aksaraiskaya", "RU", "rail", 612, 27, 0.38, 10),
        ("move", "aksaraiskaya", "astrakhan", "RU", "rail", 52, 3, 0.38, 1),
        ("stop", "astrakhan", "RU", {"port": 72, "border": 6}, 12, "astrakhan-port"),
        ("move", "astrakhan", "amirabad", "XZ", "sea", 1200, 67, 0.0, 14),
        ("stop", "amirabad", "IR", {"port": 66, "border": 12}, 8, "amirabad-port"),
        ("move", "amirabad", "bandar-abbas", "IR", "rail", 1683, 77, 0.43, 20),
        ("stop", "bandar-abbas", "IR", {"port": 90}, 9, "bandar-abbas-port"),
        ("move", "bandar-abbas", "mumbai", "XZ", "sea", 2058, 86, 0.0, 9),
        ("stop", "mumbai", "IN", {"port": 36}, 6, "mumbai-port"),
    ],
    "suez": [
        ("stop", "moscow", "RU", {"port": 24}, 4, "moscow-terminal"),
        ("move", "moscow", "novorossiysk", "RU", "rail", 1558, 60, 0.38, 24),
        ("stop", "novorossiysk", "RU", {"port": 84, "border": 12}, 12, "novorossiysk-port"),
        ("move", "novorossiysk", "suez-canal", "XZ", "sea", 2700, 113, 0.0, 14),
        ("stop", "suez-canal", "EG", {"wait": 20}, 4, "suez-canal"),
        ("move", "suez-canal", "mumbai", "XZ", "sea", 5275, 220, 0.0, 22),
        ("stop", "mumbai", "IN", {"port": 158}, 13, "mumbai-port"),
    ],
}

_NAMES = {
    "east": ("East, Incheh Borun", "Восток, Инче-Бурун", "Шығыс, Инче-Бурун"),
    "sarakhs": ("East, Sarakhs", "Восток, Серахс", "Шығыс, Серахс"),
    "west": ("West, Astara", "Запад, Астара", "Батыс, Астара"),
    "caspian": ("Trans-Caspian", "Транскаспий", "Транскаспий"),
    "suez": ("Suez, by ship", "Суэц, морем", "Суэц, теңізбен"),
}

_HOURS = ("run", "sea", "wait", "border", "gauge", "port")


def comparison(routes: int = 5, **changes: object) -> SimpleNamespace:
    """Comparison of the first so many routes; keyword arguments replace fields."""
    names = list(_ROUTES)[:routes]
    legs = pd.concat([_legs(name) for name in names], ignore_index=True) if names else pd.DataFrame({"route_id": []})
    made = study()
    fields: dict[str, object] = {
        "study": made,
        "year": 2024,
        "routes": _routes(names, legs),
        "legs": legs,
        "hours": _hours(legs),
        "observations": _observations(),
        "coverage": _coverage(),
        "assumed": _assumed(),
        "crossings": _crossings(),
        "unreached": pd.DataFrame({"place_id": []}),
        "failed": {},
        "appraisals": None,
        "loads": synthetic_loads.years(made.table("link"), made.table("facility")),
        "run": {"version": "0.1.0", "started": "2026-11-25T09:00:00", "seed": "20261125", "inputs": "a41f09c2d7"},
    }
    return SimpleNamespace(**(fields | changes))


def study() -> SimpleNamespace:
    """Study with the tables that a report reads."""
    columns = ["place_id", "name_en", "name_ru", "name_kk", "kind", "country", "lon_deg", "lat_deg"]
    place = pd.DataFrame(_PLACES, columns=columns)
    country = place.set_index("place_id")["country"]
    rows = [step for steps in _ROUTES.values() for step in steps if step[0] == "move"]
    link = pd.DataFrame(
        {
            "link_id": [f"{step[1]}-{step[2]}" for step in rows],
            "mode": [step[4] for step in rows],
            "from_place": [step[1] for step in rows],
            "to_place": [step[2] for step in rows],
            "gauge_mm": [1435 if step[3] == "IR" else 1520 for step in rows],
            "status": "operating",
            "country": [step[3] for step in rows],
        }
    ).drop_duplicates("link_id")
    shape = pd.DataFrame(
        {
            "link_id": [f"{a}-{b}" for a, b in _SHAPES],
            "geometry_wkt": [
                "LINESTRING (" + ", ".join(f"{x} {y}" for x, y in points) + ")" for points in _SHAPES.values()
            ],
        }
    )
    stops = {step[5]: step for steps in _ROUTES.values() for step in steps if step[0] == "stop"}
    names = place.set_index("place_id")
    facility = pd.DataFrame(
        [
            {
                "facility_id": key,
                "kind": "port" if "port" in step[3] and "border" not in step[3] else "border",
                "from_place": step[1],
                "to_place": step[1],
                "name_en": names.at[step[1], "name_en"],
                "name_ru": names.at[step[1], "name_ru"],
                "name_kk": names.at[step[1], "name_kk"],
                "from_gauge_mm": 1520,
                "to_gauge_mm": 1435 if "gauge" in step[3] else 1520,
            }
            for key, step in stops.items()
        ]
    )
    source = pd.DataFrame(
        {
            "source_id": ["cpmm22rail", "cpmm22kz", "cpmm22tm", "turkmenrail24", "pti22", "rg16", "assumed"],
            "publisher": [
                "CAREC Program / ADB", "CAREC Program / ADB", "CAREC Program / ADB", "News Central Asia",
                "PTI via LatestLY", "Railway Gazette", "Keruen",
            ],
            "title": [
                "CPMM 2022 report: rail transport", "CPMM 2022 report: Kazakhstan", "CPMM 2022 report: Turkmenistan",
                "Turkmen Railways Accelerates Cargo Transit Times",
                "First Russian train carrying India-bound cargo via INSTC arrives in Iran",
                "Mumbai to Moscow intermodal freight arrives", "Assumption",
            ],
            "url": ["https://cpmm.carecprogram.org/?p=133", "", "", "", "", "", ""],
            "year": [2023, 2023, 2023, 2024, 2022, 2016, float("nan")],
            "kind": ["measured", "measured", "measured", "reported", "measured", "measured", "assumed"],
        }
    )  # fmt: skip
    link["operator"], link["capacity_trains_per_day"] = link["country"], 12.0
    link["capacity_source"], link["length_km"] = "rg16", [float(step[5]) for step in _moves(link)]
    facility["capacity_t_per_year"] = [
        1.2e6 if key == "akyayla-incheh-borun" else 9e6 for key in facility["facility_id"]
    ]
    facility["capacity_text"] = [
        {"akyayla-incheh-borun": "40-65 wagons a day", "samur-yalama": "20 pairs of trains a day"}.get(key, "")
        for key in facility["facility_id"]
    ]
    facility["capacity_source"] = ["assumed" if key == "samur-yalama" else "rg16" for key in facility["facility_id"]]
    tables = {
        "place": place, "link": link, "link_shape": shape, "facility": facility, "source": source,
        "commodity": synthetic_loads.COMMODITIES, "zone": synthetic_loads.ZONES, "demand": synthetic_loads.DEMAND,
        "programme": pd.DataFrame({"programme_id": []}), "project": pd.DataFrame({"project_id": []}),
        "route": pd.DataFrame([{"route_id": key, **dict(zip(("name_en", "name_ru", "name_kk"), names_, strict=True))}
                               for key, names_ in _NAMES.items()]),
    }  # fmt: skip
    assert country.notna().all()
    settings = SimpleNamespace(
        id="north-south", name_en="North-South corridor", name_ru="Коридор Север – Юг",
        name_kk="Солтүстік – Оңтүстік дәлізі", price_year=2025, currency="USD", seed=1,
        base_year=2024,
    )  # fmt: skip
    return SimpleNamespace(
        settings=settings,
        table=lambda name: tables[name].copy(),
        records=lambda name: tables[name].to_dict("records"),
    )


def _moves(link: pd.DataFrame) -> list[_Step]:
    """Steps of the links, in the order of the table."""
    steps = {f"{step[1]}-{step[2]}": step for steps in _ROUTES.values() for step in steps if step[0] == "move"}
    return [steps[name] for name in link["link_id"]]


def _legs(route: str) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    places = {row[0]: row for row in _PLACES}
    for seq, step in enumerate(_ROUTES[route], start=1):
        row: dict[str, Any] = dict.fromkeys((f"{name}_h" for name in _HOURS), 0.0)
        row |= {"route_id": route, "seq": seq, "kind": step[0], "service": "", "link_id": "", "facility_id": ""}
        if step[0] == "move":
            _, a, b, country, mode, km, hours, wait, usd = step
            row |= {"name_en": f"{places[a][1]} - {places[b][1]}", "place_from": a, "place_to": b, "mode": mode}
            row |= {"country": country, "distance_km": km, "link_id": f"{a}-{b}", "cost_usd_per_t": usd}
            row["sea_h" if mode == "sea" else "run_h"] = hours * (1 - wait)
            row["wait_h"] = hours * wait
            row["emission_kg_per_t"] = km * (0.006 if mode == "sea" else 0.02)
        else:
            _, place, country, hours, usd, facility = step
            row |= {"name_en": places[place][1], "place_from": place, "place_to": place, "mode": "rail"}
            row |= {"country": country, "distance_km": 0.0, "facility_id": facility, "cost_usd_per_t": usd}
            row |= {f"{name}_h": float(value) for name, value in hours.items()}
            row["emission_kg_per_t"] = 0.0
        parts = {name: row[f"{name}_h"] for name in _HOURS}
        row["activity"] = max(parts, key=parts.__getitem__)
        row["time_h"] = sum(parts.values())
        row["time_low_h"], row["time_high_h"] = 0.7 * row["time_h"], 1.5 * row["time_h"]
        rows.append(row)
    table = pd.DataFrame(rows)
    table["at_km"], table["at_h"] = table["distance_km"].cumsum(), table["time_h"].cumsum()
    table["at_usd_per_t"] = table["cost_usd_per_t"].cumsum()
    table["at_low_h"], table["at_high_h"] = 0.84 * table["at_h"], 1.26 * table["at_h"]
    return table


def _routes(names: list[str], legs: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for rank, name in enumerate(names, start=1):
        own = legs[legs["route_id"] == name]
        hours, usd = own["time_h"].sum(), own["cost_usd_per_t"].sum()
        rows.append(
            {
                "route_id": name, "name_en": _NAMES[name][0], "name_ru": _NAMES[name][1], "name_kk": _NAMES[name][2],
                "colour": name, "rank": rank, "origin": "moscow", "destination": "mumbai", "commodity": "containers",
                "distance_km": own["distance_km"].sum(), "time_h": hours, "time_low_h": 0.84 * hours,
                "time_high_h": 1.26 * hours, "moving_h": own["run_h"].sum() + own["sea_h"].sum(),
                "cost_usd_per_t": usd, "cost_low_usd_per_t": 0.85 * usd, "cost_high_usd_per_t": 1.25 * usd,
                "emission_kg_per_t": own["emission_kg_per_t"].sum(), "borders": int((own["border_h"] > 0).sum()),
                "gauge_changes": int((own["gauge_h"] > 0).sum()), "assumed_share": 0.34,
            }
        )  # fmt: skip
    columns = [
        "route_id", "name_en", "name_ru", "name_kk", "colour", "rank", "origin", "destination", "commodity",
        "distance_km", "time_h",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=None if rows else columns).set_index("route_id")


def _hours(legs: pd.DataFrame) -> pd.DataFrame:
    if legs.empty:
        return pd.DataFrame(columns=["route_id", "country", "activity", "hours", "hours_low", "hours_high"])
    columns = [f"{name}_h" for name in _HOURS]
    long = legs.melt(["route_id", "country"], columns, "activity", "hours")
    long["activity"] = long["activity"].str.removesuffix("_h")
    table = long[long["hours"] > 0].groupby(["route_id", "country", "activity"], as_index=False, sort=False).sum()
    return table.assign(hours_low=table["hours"] * 0.7, hours_high=table["hours"] * 1.5)


def _observations() -> pd.DataFrame:
    rows = [
        ("carec-swd", "CAREC rail, speed with all stops, 2022", "speed", "check", "km/h", 12.4, 12.4, 0.1, 11.9, "", "cpmm22rail"),
        ("carec-swod", "CAREC rail, speed moving, 2022", "speed", "fit", "km/h", 53.9, 53.9, 0.1, 51.7, "", "cpmm22rail"),
        ("kz-in", "Kazakhstan, rail border inbound, 2022", "time", "check", "h", 78, 78, 0.1, 61,
         "wagon supply at the Chinese border is not in the model", "cpmm22kz"),
        ("kz-out", "Kazakhstan, rail border outbound, 2022", "time", "input", "h", 6.8, 6.8, 0.1, 7.2, "", "cpmm22kz"),
        ("tm", "Turkmenistan, rail border, 2022", "time", "input", "h", 3.7, 5.7, 0.2, 4.1, "", "cpmm22tm"),
        ("etrek", "Etrek – Serhetyaka, February 2024", "time", "check", "h", 17.75, 17.75, 0.15, 25.6,
         "one month, an operator’s claim; kept as an upper bound", "turkmenrail24"),
        ("chekhov", "Chekhov – Sarakhs, July 2022", "time", "fit", "day", 6, 6, 0.16, 6.4, "", "pti22"),
        ("rg", "Mumbai – Moscow by the west, October 2016", "time", "check", "day", 23, 23, 0.05, 22.3, "", "rg16"),
        ("train", "Chelyabinsk – Bandar Abbas, announced rate", "cost", "check", "USD/t", 32, 32, 0.25, 35, "", "pti22"),
        ("ru-kz", "Russia – Kazakhstan, trains a day, 2025", "load", "check", "trains/day", 75, 75, 0.05, float("nan"),
         "held against the model once freight is assigned to the network", "rg16"),
    ]  # fmt: skip
    columns = [
        "observation_id", "name_en", "subject", "role", "unit", "observed_low", "observed_high", "tolerance",
        "modelled", "reason", "source",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    table["accept_low"] = table["observed_low"] * (1 - table["tolerance"])
    table["accept_high"] = table["observed_high"] * (1 + table["tolerance"])
    table["modelled_low"], table["modelled_high"] = table["modelled"] * 0.9, table["modelled"] * 1.15
    good = table["modelled"].between(table["accept_low"], table["accept_high"])
    table["verdict"] = [
        "unanswered" if pd.isna(m) else "within" if g else "miss" for m, g in zip(table["modelled"], good, strict=True)
    ]
    return table.assign(note="", target_rank=range(1, len(table) + 1))


def _coverage() -> pd.DataFrame:
    rows = [
        ("stage", "measured", 120), ("stage", "assumed", 31), ("speed", "reported", 60), ("speed", "fitted", 8),
        ("rate", "tariff", 34), ("rate", "estimate", 22), ("emission", "published factor", 16), ("link", "derived", 140),
        ("demand", "plan", 39), ("place", "dataset", 64), ("standing", "assumed", 12), ("rate", "general", 3),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["table", "kind", "rows"])


def _assumed() -> pd.DataFrame:
    rows = [
        ("standing", "RU block", "no survey covers Russian block trains; 0.15 to 0.35 is the range of the neighbours"),
        ("stage", "bandar-abbas-port load", "no published dwell; 3 to 6 days said by forwarders"),
        ("stage", "mumbai-port unload", "mean of Indian ports, World Bank"),
    ]
    return pd.DataFrame(rows, columns=["table", "row", "note"])


def _crossings() -> pd.DataFrame:
    rows = [
        ("aksaraiskaya-ganyushkino", "Aksaraiskaya – Ganyushkino", "RU", "KZ", 1520, 1520, "", float("nan"), 8, 9),
        ("bolashak-serhetyaka", "Bolashak – Serhetyaka", "KZ", "TM", 1520, 1520, "", float("nan"), 14, 11),
        ("akyayla-incheh-borun", "Akyayla – Incheh Borun", "TM", "IR", 1520, 1435, "40-65 wagons a day", 1.2e6, 60, 48),
        ("sarakhs", "Serahs – Sarakhs", "TM", "IR", 1520, 1435, "400 wagons a day", 5.5e6, 46, 40),
        ("saryagash-keles", "Saryagash – Keles", "KZ", "UZ", 1520, 1520, "27 Mt a year", 27e6, 31, 26),
        ("samur-yalama", "Samur – Yalama", "RU", "AZ", 1520, 1520, "", float("nan"), 19, 15),
        ("dostyk", "Dostyk – Alashankou", "KZ", "CN", 1520, 1435, "", 2.1e7, 30, float("nan")),
    ]
    columns = [
        "facility_id", "name_en", "country_from", "country_to", "from_gauge_mm", "to_gauge_mm", "capacity_text",
        "capacity_t_per_year", "out_h", "back_h",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
