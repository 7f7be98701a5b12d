"""Membership of countries in unions and conventions."""

from __future__ import annotations

from tools.north_south.raw import Raw
from tools.north_south.tables import Row

__all__ = ["memberships"]


def memberships(raw: Raw) -> list[Row]:
    """Membership of EAEU, CSTO, TIR, SMGS, CIM and WTO by country."""
    columns = {"eaeu": "EAEU", "csto": "CSTO", "tir": "TIR", "smgs": "SMGS", "cim_otif": "CIM", "wto": "WTO"}
    rows = []
    for row in raw.facts("memberships").to_dict("records"):
        for column, organisation in columns.items():
            text = row[column]
            sourced = (column == "eaeu" and row["certainty"] == "mixed") or (column, row["iso2"]) == ("tir", "TM")
            year = "".join(c if c.isdigit() else " " for c in text).split()
            since = next((int(y) for y in year if "since" in text), None)
            rows.append(
                {
                    "country": row["iso2"], "organisation": organisation, "status": _standing(text), "since": since,
                    "source": row["source_id"] if sourced else "general",
                    "note": text if text not in ("yes", "no", "member", "none", "observer") else "",
                }
            )  # fmt: skip
    return sorted(rows + _further_members(), key=lambda r: (r["country"], r["organisation"]))


def _standing(text: str) -> str:
    if text.startswith(("yes", "member")):
        return "member"
    if text.startswith("observer"):
        return "observer"
    return "partner" if text.startswith("partly") else "none"


def _further_members() -> list[Row]:
    """Countries of the network that the facts do not list: professional knowledge."""
    standing = {
        "GE": "TIR SMGS CIM WTO", "TR": "TIR CIM WTO", "TJ": "CSTO TIR SMGS WTO", "AF": "TIR SMGS WTO",
        "PL": "TIR SMGS CIM WTO", "DE": "TIR CIM WTO", "PK": "TIR CIM WTO", "AE": "TIR WTO", "RO": "TIR CIM WTO",
        "NL": "TIR CIM WTO",
    }  # fmt: skip
    return [
        {"country": country, "organisation": organisation, "status": "member", "source": "general"}
        for country, text in standing.items()
        for organisation in text.split()
    ]
