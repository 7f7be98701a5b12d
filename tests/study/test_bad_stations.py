"""Stages, arrivals and resources that cannot be served: refused with row, column and what to do."""

import pytest

from tests.study.conftest import said


@pytest.mark.parametrize(
    ("cells", "parts"),
    [
        ({"service_h": 0, "servers": 2}, ("service_h = 0", "between 0.0001")),
        ({"dwell_h": 0, "dwell_low_h": 0, "servers": 2}, ("service_h", "service mean would be zero")),
        ({"shifts": "8:0", "shift_end": "finish"}, ("shifts = 8:0", "a server on some hour")),
        ({"shifts": "8:4; 6:1", "shift_end": "finish"}, ("shifts", "hours that rise")),
        ({"shifts": "8:4; 25:1", "shift_end": "finish"}, ("shifts", "below 24")),
        ({"shifts": "8:four", "shift_end": "finish"}, ("shifts", "whole numbers")),
        ({"shifts": "8:4; 20:1"}, ("shift_end", "finish or suspend beside shifts")),
        ({"shift_end": "finish"}, ("shift_end = finish", "shifts beside a rule")),
        ({"servers": 2, "shifts": "8:4", "shift_end": "finish"}, ("servers = 2", "not both")),
        ({"servers": 0}, ("servers = 0", "between 1 and 100,000")),
        ({"batch_least": 20, "batch_most": 10, "servers": 1}, ("batch_least = 20", "at most batch_most = 10")),
        ({"batch_least": 5}, ("batch_most", "the most units")),
        ({"batch_most": 20, "batch_least": 20, "room": 10, "servers": 1}, ("room = 10", "nobody could leave")),
        ({"slot_takes": 1, "slot_every_h": 2, "slot_hours": "6"}, ("slot_hours = 6", "not both")),
        ({"slot_every_h": 2}, ("slot_takes", "units that leave on a path")),
        ({"slot_takes": 1, "slot_every_h": 2, "servers": 1}, ("slot_takes = 1", "departure paths alone")),
        ({"visit": 1.2}, ("visit = 1.2", "between 0 and 1")),
        ({"needs": "crane:1", "servers": 1}, ("needs = crane", "a resource_id")),
        ({"needs": "crane"}, ("needs = crane", "a resource_id")),
    ],
)
def test_a_stage_that_cannot_be_served(folder, cells, parts):
    folder.set("stage", 2, **cells)
    assert any(said_all(problem, "stage.csv, row 2", *parts) for problem in folder.problems())


def said_all(problem, *parts):
    return all(part in str(problem) for part in parts)


_ARRIVAL = {
    "arrival_id": "rail", "kind": "border", "unit": "train", "unit_t": "1000", "train_units": "1", "headway_scv": "0.5",
    "timetable": "", "late_h": "", "role": "assumed", "source": "assumed", "note": "a guess",
}  # fmt: skip


def test_late_on_no_timetable(folder):
    folder.write("arrival", [_ARRIVAL | {"late_h": "2"}])
    assert said(folder.only(), "arrival.csv, row 2, late_h = 2", "a timetable")


def test_hours_of_a_timetable(folder):
    folder.write("arrival", [_ARRIVAL | {"timetable": "6; 24"}])
    assert said(folder.only(), "arrival.csv, row 2, timetable = 6; 24", "below 24")


def test_two_arrivals_for_one_case(folder):
    folder.write("arrival", [_ARRIVAL, _ARRIVAL | {"arrival_id": "other"}])
    assert said(folder.only(), "arrival.csv", "one row for each case")


def test_a_need_beyond_what_there_is(folder):
    resource = {"resource_id": "crane", "units": "2", "role": "assumed", "source": "assumed", "note": "a guess"}
    folder.write("resource", [resource])
    folder.set("stage", 2, servers=3, needs="crane:2")
    assert not folder.problems()
    folder.set("stage", 2, servers=3, needs="crane:3")
    assert said(folder.only(), "stage.csv, row 2, needs = crane:3", "at most the 2 units")


def test_a_flow_seen_names_its_source(folder):
    folder.set("facility", 2, seen_t_per_year=1e6)
    assert said(folder.only(), "facility.csv, row 2, seen_t_per_year", "a seen_source")
    folder.set("facility", 2, seen_t_per_year=1e6, seen_source="assumed")
    assert not folder.problems()
