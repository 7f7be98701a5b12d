"""Projects, what they change, and the announced totals."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tools.north_south.demand import LATER_YEAR, NEW_PLANTS
from tools.north_south.network import Planning
from tools.north_south.parameters import joined, split_source
from tools.north_south.raw import Raw, given
from tools.north_south.tables import Row, number, slug

__all__ = ["effects", "programmes", "projects", "wanted_cells"]

REQUIRES = {"P001": "p003", "P025": "p051", "P050": "p049"}
EXCLUDES = {"P053": "p059", "P059": "p053"}


def projects(raw: Raw) -> list[Row]:
    """All rows of the project table."""
    translated = {row.project: row for row in given("project_names").itertuples(index=False)}
    umbrellas = set(_drafted(raw, "umbrella")["project_id"])
    rows = []
    for row in raw.facts("projects").to_dict("records"):
        key = row["project_id"]
        names = translated.get(key)
        rows.append(
            {
                "project_id": key.lower(), "name_en": row["name"], "name_ru": names.name_ru if names else "",
                "name_kk": names.name_kk if names else "", "portfolio": row["portfolio"], "sector": row["sector"],
                "parties": row["parties"], "countries": row["country"].replace("-", ";"),
                "location": row["location"], "cost_musd": row["cost_usd_million"],
                "cost_native_million": row["cost_native_million"], "native_currency": row["native_currency"],
                "price_year": row["source_year"] if row["cost_usd_million"] or row["cost_native_million"] else "",
                "capacity_before": row["capacity_before"], "capacity_after": row["capacity_after"],
                "capacity_unit": row["capacity_unit"], "status": row["status"], "start_year": row["start_year"],
                "finish_year": row["finish_year"], "umbrella": key in umbrellas,
                "requires": REQUIRES.get(key, ""), "excludes": EXCLUDES.get(key, ""),
                "source": row["source_id"].lower(), "note": row["note"],
            }
        )  # fmt: skip
    return rows


def _drafted(raw: Raw, kind: str) -> pd.DataFrame:
    table = raw.draft("project_effects")
    return table[table["effect_kind"] == kind]


def wanted_cells(raw: Raw) -> list[tuple[str, str, str]]:
    """Cells of the demand table that projects fill, each once."""
    table = _drafted(raw, "demand")
    cells = {_cell(row.row) for row in table.itertuples(index=False) if float(row.set_to)}
    return sorted(cells)


def _cell(text: str) -> tuple[str, str, str]:
    """Origin, destination and commodity of a text like ``KZ-ATY > CN-INL petrochemicals``."""
    origin, rest = text.split(" > ")
    destination, commodity = rest.split(" ")
    return slug(origin), slug(destination), commodity.replace("containers_manufactures", "containers")


def effects(raw: Raw, planning: Planning, tables: Mapping[str, list[Row]]) -> list[Row]:
    """All rows of the effect table: one or more for every project.

    Parameters
    ----------
    raw : Raw
        Raw files.
    planning : Planning
        The network, to find the links of a stretch.
    tables : mapping
        Finished tables, to read the values that the patches expect to find.
    """
    rows = [*_demand_effects(raw), *_network_effects(planning, tables)]
    done = {row["project"] for row in rows}
    rows += [row for row in _without_effect(raw) if row["project"] not in done]
    rows.sort(key=lambda r: r["project"])
    count: dict[str, int] = {}
    for row in rows:
        count[row["project"]] = count.get(row["project"], 0) + 1
        row["effect_id"] = f"{row['project']}-{count[row['project']]}"
    return rows


def _demand_effects(raw: Raw) -> list[Row]:
    rows = []
    for row in _drafted(raw, "demand").itertuples(index=False):
        tonnes = float(row.set_to)
        source, also = split_source(row.source)
        base: Row = {
            "project": row.project_id.lower(), "from_year": row.from_year, "basis": row.basis,
            "source": source.lower(), "note": joined(row.note, also),
        }  # fmt: skip
        if tonnes:
            key = (*_cell(row.row), str(LATER_YEAR), NEW_PLANTS)
            base |= {"table": "demand", "row": "|".join(key), "column": "flow_t_per_year", "change": tonnes}
        rows.append(base)
    return rows


def _network_effects(planning: Planning, tables: Mapping[str, list[Row]]) -> list[Row]:
    keys = {name: next(iter(rows[0])) for name, rows in tables.items()}
    index = {name: {str(row[keys[name]]): row for row in rows} for name, rows in tables.items()}
    found = []
    for row in given("effects").itertuples(index=False):
        for target in _targets(row.rows, planning, index[row.table]):
            old = _as_text(index[row.table][target].get(row.column))
            value = number(round(float(old) * float(row.set[1:]), -4)) if row.set.startswith("x") else row.set
            if value and value == old:
                continue
            found.append(
                {
                    "project": row.project.lower(), "table": row.table, "row": target, "column": row.column,
                    "existing": old if value else "", "set": value, "change": row.change,
                    "from_year": row.from_year, "basis": row.basis, "source": row.source, "note": row.note,
                }
            )  # fmt: skip
    return found


def _targets(text: str, planning: Planning, rows: Mapping[str, Row]) -> list[str]:
    """Keys of the rows that an effect names: one key, all RU-KZ rail crossings, or the links of a stretch."""
    if text == "ru-kz":
        return [key for key, row in rows.items() if _is_rukz_crossing(planning, row)]
    mode, _, stops = text.partition("path:")
    if stops:
        passed = planning.path(tuple(stops.split(";")), mode or "rail", operating_only=False)
        return list(dict.fromkeys(passed))  # a spur to a stop is passed there and back
    if text not in rows:
        raise LookupError(f"no row {text} for an effect")
    return [text]


def _is_rukz_crossing(planning: Planning, row: Row) -> bool:
    sides = {planning.places[row[end]]["country"] for end in ("from_place", "to_place")}
    return row["from_mode"] == "rail" and sides == {"RU", "KZ"} and bool(row.get("capacity_t_per_year"))


def _as_text(value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(float(value)) if isinstance(value, int | float) else str(value)


def _without_effect(raw: Raw) -> list[Row]:
    """A row with the reason for each project that changes nothing in the network."""
    reasons = {row.project: row.note for row in given("no_effect").itertuples(index=False)}
    rows = []
    for row in raw.draft("project_effects").drop_duplicates("project_id").itertuples(index=False):
        source = split_source(row.source)[0].lower()
        rows.append(
            {
                "project": row.project_id.lower(), "basis": row.basis, "source": source,
                "note": reasons.get(row.project_id, row.note) or "no effect on the network",
            }
        )  # fmt: skip
    return rows


def programmes() -> list[Row]:
    """All rows of the programme table."""
    return [dict(row) for row in given("programme").to_dict("records")]
