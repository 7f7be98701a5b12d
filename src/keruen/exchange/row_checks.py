"""What only several cells of a project's row show together, whatever format the row came in."""

from __future__ import annotations

from collections.abc import Mapping

from keruen.study.attributes import Attribute

__all__ = ["row_faults"]


def row_faults(values: Mapping[str, object], attributes: Mapping[str, Attribute]) -> list[tuple[str, str, str]]:
    """Faults of a row: required cells that are empty, costs without price year or currency, years out of order.

    Parameters
    ----------
    values : mapping of str to object
        Values by column; columns without a value are missing or None.
    attributes : mapping of str to Attribute
        Columns of the study's table.

    Returns
    -------
    list of (str, str, str)
        Column, what was expected there, how to mend it.
    """
    faults = []
    for name, attribute in attributes.items():
        if attribute.required and not attribute.default and values.get(name) is None:
            faults.append((name, f"a value: {attribute.description[0].lower()}{attribute.description[1:]}", ""))
    costs = [name for name in ("cost_musd", "cost_native_million") if values.get(name) is not None]
    if costs and values.get("price_year") is None:
        faults.append((costs[0], "a cost with its price year", "Give price_year, for one row or for all"))
    if "cost_native_million" in costs and values.get("native_currency") is None:
        faults.append(("cost_native_million", "a cost with its currency", "Give native_currency"))
    start, finish = values.get("start_year"), values.get("finish_year")
    if isinstance(start, int) and isinstance(finish, int) and finish < start:
        faults.append(("finish_year", f"a finish in or after the start, {start}", ""))
    return faults
