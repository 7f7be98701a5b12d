"""A miniature corridor as plain frames: Alma (KZ) - border - Ash (TM) - gauge change - Teh (IR), and a ship."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

_LINK = {
    "one_way": False, "line": "", "service": "", "gauge_mm": float("nan"), "electrified": None, "status": "operating",
}  # fmt: skip
_FACILITY = {"one_way": False, "status": "operating", "from_gauge_mm": float("nan"), "to_gauge_mm": float("nan")}
_STAGE = dict.fromkeys(
    ("facility", "kind", "mode", "country", "neighbour", "direction", "service", "commodity", "regime"), ""
) | {"gauge_change": None, "role": "input", "source": "s"}


class Tables:
    """What the network floor needs of a scenario."""

    def __init__(self, tables, year=2024):
        self.tables, self.year = tables, year
        self.settings = SimpleNamespace(seed=7)

    def table(self, name):
        return self.tables[name]

    def replaced(self, **tables):
        return Tables(self.tables | tables, self.year)


def link(link_id, a, b, km, country, mode="rail", gauge=1520.0, **more):
    row = {"link_id": link_id, "from_place": a, "to_place": b, "length_km": km, "mode": mode, "gauge_mm": gauge}
    return _LINK | row | {"country": country, "operator": country} | more


def facility(facility_id, kind, a, b, modes, gauges=(float("nan"),) * 2, **more):
    row = {"facility_id": facility_id, "name_en": facility_id.title(), "kind": kind, "from_place": a, "to_place": b}
    ends = {"from_mode": modes[0], "to_mode": modes[1], "from_gauge_mm": gauges[0], "to_gauge_mm": gauges[1]}
    return _FACILITY | row | ends | more


def stage(stage_id, name, activity, hours, **more):
    low, mean, high = hours
    return _STAGE | {
        "stage_id": stage_id, "stage": name, "activity": activity, "dwell_h": mean, "dwell_low_h": low,
        "dwell_high_h": high,
    } | more  # fmt: skip


def rate(rate_id, item, amount, **more):
    row = dict.fromkeys(("service", "country", "direction", "commodity", "regime", "facility"), "")
    unit = "usd_per_tkm" if item == "line_haul" else "usd_per_t"
    ends = {f"rate{end}_{unit}": amount * factor for end, factor in (("", 1), ("_low", 0.8), ("_high", 1.5))}
    return row | {"rate_id": rate_id, "item": item, "role": "assumed", "source": "assumed"} | ends | more


def frame(rows):
    return pd.DataFrame(list(rows))


def corridor() -> Tables:
    places = [
        ("rus", "RU"), ("rus-kz", "RU"), ("kz-rus", "KZ"), ("alma", "KZ"), ("bol", "KZ"), ("ser", "TM"),
        ("ash", "TM"), ("aky", "TM"), ("inc", "IR"), ("teh", "IR"), ("port", "IR"), ("bom", "IN"), ("lost", "UZ"),
    ]  # fmt: skip
    nan = float("nan")
    return Tables(
        {
            "place": pd.DataFrame(places, columns=["place_id", "country"]).assign(
                name_en=lambda t: t["place_id"].str.title()
            ),
            "link": frame(
                [
                    link("l1", "rus", "rus-kz", 400, "RU"),
                    link("l2", "kz-rus", "alma", 500, "KZ", electrified=True),
                    link("l3", "alma", "bol", 600, "KZ"),
                    link("l4", "ser", "aky", 700, "TM", line="kti"),
                    link("l5", "ser", "ash", 300, "TM"),
                    link("l6", "inc", "teh", 500, "IR", gauge=1435.0),
                    link("l7", "teh", "port", 1000, "IR", gauge=1435.0),
                    link("s1", "port", "bom", 1800, "XZ", mode="sea", gauge=nan, service="ship"),
                    link("l8", "teh", "lost", 900, "UZ", gauge=1435.0, status="planned"),
                ]
            ),
            "facility": frame(
                [
                    facility("rus-kaz", "border", "rus-kz", "kz-rus", ("rail", "rail"), (1520, 1520)),
                    facility("bol-ser", "border", "bol", "ser", ("rail", "rail"), (1520, 1520)),
                    facility("aky-inc", "border", "aky", "inc", ("rail", "rail"), (1520, 1435)),
                    facility("quay", "port", "port", "port", ("rail", "sea"), (1435, nan)),
                    facility("nowhere", "port", "ash", "ash", ("rail", "sea"), (1520, nan)),
                ]
            ),
            "regime": pd.DataFrame(
                {"regime_id": ["customs", "union"], "rank": [9, 1], "organisation": ["", "EAEU"], "source": "s"}
            ),
            "membership": pd.DataFrame(
                {"country": ["RU", "KZ", "IR"], "organisation": "EAEU", "status": ["member", "member", "observer"], "since": nan}
            ),
            "service": pd.DataFrame({"service_id": ["block", "wagon", "ship"], "mode": ["rail", "rail", "sea"], "max_speed_km_per_h": 100.0}),
            "commodity": pd.DataFrame(
                {
                    "commodity_id": ["boxes", "grain"],
                    "services": ["block;wagon;ship", "wagon"],
                    "vot_usd_per_t_h": [0.75, 0.01],
                    "box_t": [21.0, nan],
                }
            ),
            "speed": pd.DataFrame(
                [
                    ("all", "rail", "", "", "", 40.0, 35.0, 50.0), ("kz", "rail", "", "KZ", "", 50.0, 45.0, 60.0),
                    ("kti", "rail", "", "TM", "kti", 70.0, 60.0, 75.0), ("ship", "sea", "", "", "", 25.0, 20.0, 28.0),
                ],
                columns=["speed_id", "mode", "service", "operator", "line", "speed_km_per_h", "speed_low_km_per_h",
                         "speed_high_km_per_h"],
            ).assign(role="input", source="s"),
            "standing": pd.DataFrame(
                [("block", "block", "", 0.2, 0.1, 0.4), ("wagon", "wagon", "", 0.5, 0.4, 0.6)],
                columns=["standing_id", "service", "operator", "share", "share_low", "share_high"],
            ).assign(role="assumed", source="assumed"),
            "stage": frame(
                [
                    stage("hand", "handover", "border", (2, 3, 5), kind="border"),
                    stage("cust", "customs", "border", (4, 6, 12), kind="border", regime="customs", direction="inbound"),
                    stage("cust-ir", "customs", "border", (8, 10, 20), kind="border", regime="customs",
                          direction="inbound", country="IR"),
                    stage("bogie", "gauge_change", "gauge", (10, 20, 40), gauge_change=True, direction="inbound"),
                    stage("quay", "yard", "port", (48, 72, 120), kind="port", role="assumed"),
                ]
            ),
            "rate": frame(
                [
                    rate("haul", "line_haul", 0.01), rate("haul-ship", "line_haul", 0.005, service="ship"),
                    rate("fee", "border", 2.0, regime="customs"), rate("bogie", "gauge_change", 5.0),
                    rate("quay", "port", 9.0),
                ]
            ),
            "tariff_factor": pd.DataFrame(
                [("tm", "", "TM", "", "", 1.4, 1.2, 1.6), ("kti", "", "TM", "kti", "boxes;coal", 0.5, 0.5, 1.0)],
                columns=["factor_id", "service", "operator", "line", "commodity", "factor", "factor_low",
                         "factor_high"],
            ).assign(role="input", source="s"),
            "emission": pd.DataFrame(
                [
                    ("d", "block", None, 30.0), ("e", "block", True, 20.0), ("s", "ship", None, 10.0),
                    ("w", "wagon", None, 31.0),
                ],
                columns=["emission_id", "service", "electrified", "emission_g_per_tkm"],
            ).assign(operator="", source="s"),
            "zone": pd.DataFrame({"zone_id": ["r", "i", "u"], "place": ["rus", "bom", "lost"]}),
            "demand": pd.DataFrame(
                {"origin": ["r", "r", "r"], "destination": ["i", "u", "i"], "commodity": ["boxes", "boxes", "grain"],
                 "year": 2024, "flow_t_per_year": [1e5, 2e5, 3e5]}
            ),
        }
    )  # fmt: skip


@pytest.fixture
def tables() -> Tables:
    return corridor()
