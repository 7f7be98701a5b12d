"""The source table: published facts, data sets, and what the words assumed, derived and fitted mean here."""

from __future__ import annotations

from tools.north_south.raw import Raw, given
from tools.north_south.tables import Row

__all__ = ["sources"]

KIND_BY_VALUE = {
    "measured": "measured", "reported": "reported", "plan": "plan", "estimate": "estimate", "tariff": "tariff",
    "published factor": "published factor", "recommended": "estimate", "derived": "derived", "recalled": "general",
    "not obtained": "general",
}  # fmt: skip
STRENGTH = ("measured", "tariff", "published factor", "reported", "estimate", "plan", "derived", "general")


def sources(raw: Raw) -> list[Row]:
    """All rows of the source table."""
    kinds = _kinds(raw)
    rows: list[Row] = []
    for row in raw.facts("sources").itertuples(index=False):
        kind = "general" if row.source_id == "gk" else kinds.get(row.source_id, "reported")
        rows.append(
            {
                "source_id": row.source_id.lower(), "publisher": row.publisher, "title": row.title, "url": row.url,
                "year": row.year, "kind": kind,
                "note": "read in excerpts" if row.url else "",
            }
        )  # fmt: skip
    return rows + [dict(row) for row in given("source").to_dict("records")]


def _kinds(raw: Raw) -> dict[str, str]:
    """The strongest kind of statement that the facts take from each source."""
    found: dict[str, str] = {}
    tables = ("crossings_performance", "corridor_routes", "rail_sections", "rail_operations", "flows", "unit_costs",
              "emissions", "validation_targets", "portfolio_aggregates")  # fmt: skip
    for name in tables:
        for row in raw.facts(name).to_dict("records"):
            kind = KIND_BY_VALUE.get(row.get("value_kind", ""), "reported")
            key = row["source_id"]
            best = found.get(key, kind)
            found[key] = min(best, kind, key=STRENGTH.index)
    return found
