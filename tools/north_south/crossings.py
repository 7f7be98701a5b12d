"""``python -m tools.north_south.crossings STUDY``: crossings as modelled against what is published, as Markdown."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import keruen as kr
from keruen.network import Router
from keruen.network.facility import Declared, read
from keruen.study import Scenario

__all__ = ["Line", "against_published", "main"]

TARGET = 0.02
REPLICATIONS = 2000

_HOURS = (
    ("dostyk-alashankou", "KZ", "inbound", "78.0 (2022; 54.4 in 2020)", 78.0, "cpmm22kz"),
    ("altynkol-khorgos", "KZ", "inbound", "78.0 (2022; 54.4 in 2020)", 78.0, "cpmm22kz"),
    ("dostyk-alashankou", "KZ", "outbound", "6.8 (2022; 11.4 in 2021)", 6.8, "cpmm22kz"),
    ("dostyk-alashankou", "CN", "outbound", "30.5 (32.65 with Horgos)", 32.65, "cpmm22rail"),
    ("sarahs-sarakhs", "TM", "inbound", "3.7 to 5.7", 3.7, "cpmm22tm"),
)
"""Facility, side and direction, hours as published in words and as the study takes them, source."""

_BOTH = (
    ("bolashak-serhetyaka", "grain", "6.8 + 3.7", "cpmm22kz, cpmm22tm"),
    ("saryagash-keles", "grain", "6.8 + 6.8", "cpmm22kz, cpmm22uz"),
    ("farap-khojadavlet", "grain", "3.7 + 6.8", "cpmm22tm, cpmm22uz"),
    ("sarahs-sarakhs", "containers", "3.7 + 32, fitted", "cpmm22tm, nca24cost"),
    ("akyayla-incheh-borun", "containers", "3.7 + 32, fitted", "cpmm22tm, nca24cost"),
)
"""Facility, freight, hours of both sides as published, sources."""

_WAGONS = (
    ("akyayla-incheh-borun", "40 to 65 (record)", 65.0, "inche22"),
    ("sarahs-sarakhs", "200, 400 possible", 400.0, "sarahs22"),
)


@dataclass(frozen=True)
class Line:
    """One published figure against the model.

    Attributes
    ----------
    what, published : str
        What is measured, and the figure in the publisher's words.
    aimed : float
        The figure that the study takes from it.
    model : float
        What the model gives: capacity, or simulated hours at the flow at which they were seen.
    of_it_queue : float
        Share of the hours that is queue; not a number for a capacity.
    source : str
        Source.
    """

    what: str
    published: str
    aimed: float
    model: float
    of_it_queue: float
    source: str


def against_published(scenario: Scenario) -> Iterator[Line]:
    """Yield every published figure of the crossings with what the model gives."""
    network = Router(scenario).network
    facilities = network.facilities.set_index("facility_id")
    for facility, published, aimed, source in _WAGONS:
        found = read(scenario, facility, "grain", network=network)
        what = f"{found.facility.name}, capacity, wagons a day"
        yield Line(what, published, aimed, found.limits.total_per_day, float("nan"), source)
    pairs = sum(
        read(scenario, str(name), "grain", network=network).limits.total_per_day / 2
        for name, row in facilities.iterrows()
        if _joins(scenario, row, {"RU", "KZ"})
    )
    yield Line(
        "RU-KZ rail crossings, capacity, pairs of trains a day",
        "75 (norm), 77 (record)",
        77.0,
        pairs,
        float("nan"),
        "rzdktz25",
    )
    runs: dict[tuple[str, str], tuple[Declared, kr.Simulation]] = {}
    for facility, country, direction, published, aimed, source in _HOURS:
        found, run = _simulated(runs, scenario, facility, "grain", network)
        table = found.stations
        side = table[(table["country"] == country) & (table["direction"] == direction)]
        names = [name for name in run.stages.index if name.removesuffix(", rest") in set(side["station"])]
        stay, wait = (float(run.stages.loc[names, column].fillna(0).sum()) for column in ("stay_h", "wait_h"))
        yield Line(f"{found.facility.name}, {country} {direction}, h", published, aimed, stay, wait / stay, source)
    for facility, commodity, published, source in _BOTH:
        found, run = _simulated(runs, scenario, facility, commodity, network)
        aimed = found.stated_h["forward"]
        visited = run.stages.loc[list(found.facility.paths["forward"]), "wait_h"].fillna(0).sum()
        hours = float(run.by_class.at["forward", "dwell_h"])
        what = f"{found.facility.name}, both sides, {commodity}, h"
        yield Line(what, published, aimed, hours, float(visited) / hours, source)


def _joins(scenario: Scenario, row: object, countries: set[str]) -> bool:
    places = scenario.table("place").set_index("place_id")["country"]
    ends = {places[row["from_place"]], places[row["to_place"]]}  # type: ignore[index]
    return row["from_mode"] == row["to_mode"] == "rail" and row["kind"] == "border" and ends == countries  # type: ignore[index]


def _simulated(runs, scenario, facility, commodity, network):  # type: ignore[no-untyped-def]
    if (facility, commodity) not in runs:
        found = read(scenario, facility, commodity, network=network)
        run = kr.simulate(
            found,
            target=TARGET,
            most_replications=REPLICATIONS,
            steady=False,
            length_h=found.facility.overload_h,
            samples=0,
        )  # as long from empty as the formula that sets the hours takes it
        runs[facility, commodity] = found, run
    return runs[facility, commodity]


def main(folder: str) -> None:
    """Print the table."""
    print("| what | published | taken | model | of it queue | source |\n|---|---|--:|--:|--:|---|")
    for one in against_published(kr.open(folder).scenario()):
        queue = "" if one.of_it_queue != one.of_it_queue else f"{one.of_it_queue:.0%}"
        print(f"| {one.what} | {one.published} | {one.aimed:,.4g} | {one.model:,.3g} | {queue} | {one.source} |")


if __name__ == "__main__":
    main(sys.argv[1])
