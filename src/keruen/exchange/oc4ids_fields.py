"""Field by field: a project of the Open Contracting for Infrastructure Data Standard and a row of the register.

Where the standard is coarser than the register (a status code for a status text) both are written: the code in the
standard's field, the text in the extension. When the two no longer agree, somebody changed the standard's field, and
that field counts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from keruen.exchange.cells import country_code, country_name
from keruen.study.attributes import schema

__all__ = ["EXTENSION", "from_project", "into_project", "party_names", "status_code"]

EXTENSION = "keruen"
"""Key of the extension in a project; described in ``exchange/schemas/oc4ids-read.json``."""

Project = dict[str, Any]
Row = dict[str, Any]

_STATUSES = (
    ("cancelled", r"cancel|dropped|abandoned"),
    ("maintenance", r"^operati|^opened|in service|^completed|^finished"),
    ("identification", r"propos|announced|studied|discussion|memorandum|offered|^target|reserved|surveys"),
    ("implementation", r"construction|progress|running|track laid|drilling|\d ?%|finishing|stage \d from|implementing"),
    ("preparation", r"plan|preparation|contract|agreed|prepared|investment phase"),
)
_SECTORS = {
    "railway": "transport.rail",
    "railway engineering": "economy",
    "road": "transport.road",
    "port": "transport.water",
    "shipping": "transport.water",
    "waterway": "transport.water",
    "logistics": "transport",
    "power": "energy",
    "gas transport": "energy",
    "oil transport": "energy",
    "oil upstream": "naturalResources",
    "mining": "naturalResources",
}
_BACK = {"transport.rail": "railway", "transport.road": "road", "transport.water": "port", "energy": "power"}
_PLAIN = ("name_ru", "name_kk", "portfolio", "capacity_before", "capacity_after", "capacity_unit", "umbrella", "source")
_LISTS = ("requires", "excludes")
_COSTS = ("cost_musd", "cost_native_million", "native_currency", "price_year")
_OWN = (*_PLAIN, "status", "sector", "parties", "countries", "location", *_COSTS, *_LISTS)
_MILLION = 1e6


def status_code(text: str) -> str | None:
    """Code of the standard for a status text; None where no code is clear.

    Examples
    --------
    >>> status_code("construction from 04/2021"), status_code("opened 12/2025"), status_code("in doubt")
    ('implementation', 'maintenance', None)
    """
    return next((code for code, words in _STATUSES if code == text or re.search(words, text, re.IGNORECASE)), None)


def party_names(text: str) -> list[str]:
    """Names in a list of parties, without shares and remarks in brackets.

    Examples
    --------
    >>> party_names("KMG 49.5%, Sibur 40%, KAMAZ (left 2022, sold)")
    ['KMG', 'Sibur', 'KAMAZ']
    """
    bare = re.sub(r"\([^()]*\)", "", text)
    names = [re.sub(r"\s*\d+(\.\d+)?\s*%.*", "", part).strip() for part in re.split(r"[,;]|\s/\s", bare)]
    return list(dict.fromkeys(name for name in names if name))


def from_project(project: Project) -> tuple[Row, list[str]]:
    """Row of the register for a project, and remarks on what was not clear.

    Parameters
    ----------
    project : dict
        A project that passed the schema.

    Returns
    -------
    row : dict
        Columns of table ``project``; columns without a value are missing.
    remarks : list of str
        What the standard's fields did not say, or said differently from the extension.
    """
    own = project.get(EXTENSION, {})
    remarks: list[str] = []
    row: Row = {column: own[column] for column in _PLAIN if column in own}
    row |= {column: ";".join(own[column]) for column in _LISTS if own.get(column)}
    row["project_id"] = own.get("project_id") or project_id(project["id"])
    row["oc4ids_id"] = project["id"]
    row["name_en"], row["note"] = project.get("title"), project.get("description")
    row["status"] = _finer(own, "status", status_code, project.get("status"), remarks)
    sectors = project.get("sector") or []
    row["sector"] = _finer(own, "sector", _sector_code, sectors[-1] if sectors else None, remarks)
    if "sector" not in own and sectors:
        row["sector"] = _BACK.get(sectors[-1], sectors[-1])
    names = [one["name"] for one in project.get("parties", []) if "name" in one]
    row["parties"] = _finer(own, "parties", lambda text: party_names(text), names or None, remarks)
    if isinstance(row["parties"], list):
        row["parties"] = ", ".join(row["parties"])
    row |= _place(project, own, remarks)
    row |= _money(project, own, remarks)
    row |= _years(project)
    return {column: value for column, value in row.items() if value is not None and value != ""}, remarks


def into_project(project: Project, row: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Put into a project what differs between a row and the row the project gave.

    Parameters
    ----------
    project : dict
        Changed in place; its other keys stay as they are.
    row : mapping
        Row of the register as it shall be.
    before : mapping
        Row that `from_project` gives for the project; empty for a new one.
    """
    changed = {name for name in {*row, *before} if row.get(name) != before.get(name)}
    for column, key in (("name_en", "title"), ("note", "description")):
        if column in changed:
            _put(project, key, row.get(column))
    if "status" in changed:
        _put(project, "status", status_code(row.get("status") or ""))
    if "sector" in changed:
        _put(project, "sector", _sectors(row.get("sector")))
    if "parties" in changed:
        _put_parties(project, party_names(row.get("parties") or ""))
    if changed & {"countries", "location"}:
        _put_places(project, row, new=not before)
    if changed & set(_COSTS):
        _put_budget(project, row)
    for column, key, day in (("start_year", "startDate", "01-01"), ("finish_year", "endDate", "12-31")):
        if column in changed:
            period = project.setdefault("period", {})
            _put(period, key, None if row.get(column) is None else f"{int(row[column])}-{day}T00:00:00Z")
    if not project.get("period", True):
        del project["period"]
    own = project.get(EXTENSION, {})
    costs = _COSTS if changed & set(_COSTS) else ()  # the budget holds one of them, so all go along
    for column in _OWN:
        if column in changed or column in costs:
            several = column in (*_LISTS, "countries")
            _put(own, column, _list(row.get(column)) if several else row.get(column))
    if row.get("project_id") != project_id(project["id"]):
        own["project_id"] = row["project_id"]
    project[EXTENSION] = own


def project_id(identifier: str) -> str:
    """Short name for the register from an identifier of the standard.

    Examples
    --------
    >>> project_id("oc4ids-bu3kcz-M75/SM 4")
    'oc4ids-bu3kcz-m75-sm-4'
    """
    return re.sub(r"[^a-z0-9._-]+", "-", identifier.lower()).strip("-._") or "project"


def _finer(own: Project, column: str, coarse: Any, standard: Any, remarks: list[str]) -> Any:
    """Value of the extension while it agrees with the standard's field, else that field."""
    fine = own.get(column)
    if fine is None:
        return standard
    if standard is None or coarse(fine) == standard:
        return fine
    remarks.append(f"{column} of the extension, {fine!r}, disagrees with the standard's {standard!r}, which counts")
    return standard


def _sector_code(text: str) -> str:
    return _SECTORS.get(text, "economy")


def _sectors(text: str | None) -> list[str] | None:
    """Codes of a sector, the general one before the particular."""
    if not text:
        return None
    code = _SECTORS.get(text, text if "." in text else "economy")
    return [code.split(".")[0], code] if "." in code else [code]


def _place(project: Project, own: Project, remarks: list[str]) -> Row:
    places = project.get("locations", [])
    codes: list[str] = []
    for one in places:
        name = one.get("address", {}).get("countryName")
        code = None if name is None else country_code(name)
        if name is not None and code is None:
            remarks.append(f"country {name!r} is not known by this name")
        elif code is not None and code not in codes:
            codes.append(code)
    told = [one["description"] for one in places if "description" in one]
    countries = _finer(own, "countries", lambda given: given, codes or None, remarks)
    location = _finer(own, "location", lambda given: given, told[0] if told else None, remarks)
    return {"countries": ";".join(countries) if countries else None, "location": location}


def _money(project: Project, own: Project, remarks: list[str]) -> Row:
    amount = project.get("budget", {}).get("amount", {})
    value, currency = amount.get("amount"), amount.get("currency")
    fine = {column: own[column] for column in _COSTS if column in own}
    wanted = _budget(fine)
    if value is None or (
        wanted is not None and wanted["currency"] == currency and math.isclose(wanted["amount"], value, rel_tol=1e-12)
    ):
        return fine
    if wanted is not None:
        remarks.append(f"cost of the extension disagrees with the budget of {value} {currency}, which counts")
    if currency is None:
        remarks.append(f"budget of {value} without a currency is not taken")
        return {}
    if currency == "USD":
        return {"cost_musd": value / _MILLION}
    return {"cost_native_million": value / _MILLION, "native_currency": currency}


def _years(project: Project) -> Row:
    row: Row = {}
    for column, key in (("start_year", "startDate"), ("finish_year", "endDate")):
        for period in ("period", "implementationPeriod"):
            date = project.get(period, {}).get(key)
            if date is not None:
                row[column] = int(date[:4])
                break
    return row


def _budget(row: Mapping[str, Any]) -> Project | None:
    """The standard's amount for a cost: in dollars where there is one, else in the native currency."""
    if row.get("cost_musd") is not None:
        return {"amount": _plain(row["cost_musd"] * _MILLION), "currency": "USD"}
    if row.get("cost_native_million") is not None and row.get("native_currency"):
        return {"amount": _plain(row["cost_native_million"] * _MILLION), "currency": row["native_currency"]}
    return None


def _put_budget(project: Project, row: Mapping[str, Any]) -> None:
    amount = _budget(row)
    if amount is not None:
        project.setdefault("budget", {})["amount"] = amount
    elif "amount" in project.get("budget", {}):
        del project["budget"]["amount"]
        if not project["budget"]:
            del project["budget"]


def _put_parties(project: Project, names: list[str]) -> None:
    """Parties by name: those known keep all their fields, new ones are added, others go."""
    known = {one.get("name"): one for one in project.get("parties", [])}
    taken = {one.get("id") for one in known.values()}
    parties = []
    for number, name in enumerate(names, 1):
        key = f"party-{number}"
        while key in taken:
            key += "-"
        parties.append(known.get(name, {"id": key, "name": name}))
    _put(project, "parties", parties)


def _put_places(project: Project, row: Mapping[str, Any], *, new: bool) -> None:
    """Locations of a new project, one a country; those of another publisher are left as they are."""
    if not new and project.get("locations"):
        return
    places: list[Project] = []
    for number, code in enumerate(_list(row.get("countries")) or [""], 1):
        place: Project = {"id": str(number)}
        if row.get("location"):
            place["description"] = row["location"]
        if code:
            place["address"] = {"countryName": country_name(code)}
        if len(place) > 1:
            places.append(place)
    _put(project, "locations", places)


def _put(where: Project, key: str, value: Any) -> None:
    """Set a key, or take it away where there is no value."""
    if value is None or value in ("", []):
        where.pop(key, None)
    else:
        where[key] = _plain(value)


def _plain(value: Any) -> Any:
    """Whole numbers without a decimal point."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _list(text: str | None) -> list[str]:
    return [part for part in (text or "").split(";") if part]


def columns() -> list[str]:
    """Columns of the register, and the standard's identifier."""
    return [*schema()["project"].attributes, "oc4ids_id"]
