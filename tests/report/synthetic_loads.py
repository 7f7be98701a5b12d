"""Freight on the made-up corridor: two years, three commodities, one crossing full in the later."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
from by_hand import loads

COMMODITIES = pd.DataFrame(
    {
        "commodity_id": ["containers", "grain", "metals"],
        "name_en": ["Containers", "Grain", "Metals"],
        "name_ru": ["Контейнеры", "Зерно", "Металлы"],
        "name_kk": ["Контейнерлер", "Астық", "Металдар"],
        "vot_usd_per_t_h": [0.75, 0.01, 0.03],
    }
)
ZONES = pd.DataFrame(
    [("ru", "moscow", "RU"), ("kz", "aktobe", "KZ"), ("kz-west", "makat", "KZ"), ("ir", "bandar-abbas", "IR"), ("in", "mumbai", "IN")],
    columns=["zone_id", "place", "country"],
)  # fmt: skip
DEMAND = pd.DataFrame(
    [("ru", "in", "containers", 3e6), ("in", "ru", "containers", 1e6), ("ru", "ir", "grain", 9e6), ("kz", "kz-west", "metals", 4e5)],
    columns=["origin", "destination", "commodity", "flow_t_per_year"],
).assign(year=2024)  # fmt: skip

_EAST = [
    "moscow-saratov", "saratov-aksaraiskaya", "aksaraiskaya-ganyushkino", "ganyushkino-bolashak", "bolashak-serhetyaka",
    "serhetyaka-akyayla", "akyayla-incheh-borun", "incheh-borun-bandar-abbas", "bandar-abbas-port", "bandar-abbas-mumbai",
]  # fmt: skip
_CASPIAN = [
    "moscow-saratov", "saratov-aksaraiskaya", "aksaraiskaya-astrakhan", "astrakhan-port", "astrakhan-amirabad",
    "amirabad-port", "amirabad-bandar-abbas",
]  # fmt: skip
_WEST = [
    "moscow-saratov",
    "saratov-samur",
    "samur-yalama",
    "yalama-astara",
    "astara",
    "astara-rasht",
    "rasht-bandar-abbas",
]
_SUEZ = ["moscow-novorossiysk", "novorossiysk-port", "novorossiysk-suez-canal", "suez-canal", "suez-canal-mumbai"]


def years(link: pd.DataFrame, facility: pd.DataFrame) -> dict[int, SimpleNamespace]:
    """Assigned freight of 2024 and 2030."""
    return {2024: _year(link, facility, 1.0, 0.0), 2030: _year(link, facility, 1.7, 0.12)}


def _year(link: pd.DataFrame, facility: pd.DataFrame, growth: float, fuller: float) -> SimpleNamespace:
    back = [f"-{name}" for name in reversed(_SUEZ)]
    trips = [
        ("containers", "ru", "in", [(8e5 * growth, _EAST), (2.2e6 * growth, _SUEZ)]),
        ("containers", "in", "ru", [(1e6 * growth, back)]),
        ("grain", "ru", "ir", [(6e6 * growth, _CASPIAN), (3e6 * growth, _WEST)]),
        ("metals", "kz", "kz-west", [(4e5, ["zhaisan-saryagash"])]),
    ]
    queues = {"akyayla-incheh-borun": 12 + 400 * fuller, "aksaraiskaya-ganyushkino": 5.0, "serhetyaka-akyayla": 3.0}
    uses = {
        "akyayla-incheh-borun": 0.93 + fuller, "aksaraiskaya-ganyushkino": 0.7 + fuller, "samur-yalama": 0.41 + fuller,
        "serhetyaka-akyayla": 0.82 + fuller, "yalama-astara": 0.6 + fuller, "moscow-saratov": 1.4,
    }  # fmt: skip
    return loads(link, facility, COMMODITIES, trips, queues, uses)
