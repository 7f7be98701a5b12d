"""Networks that do not hang together."""

from tests.study.conftest import said


def test_longitude_and_latitude_exchanged(folder):
    folder.set("place", 9, lon_deg=18.95, lat_deg=72.85)
    # Said once, not again for the length of every link that ends there.
    assert said(folder.only(), "place.csv, row 9, lon_deg = 18.95 with lat_deg = 72.85", "a point in IN", "exchanged?")


def test_exchanged_inside_the_box_shows_by_lengths(folder):
    # Turned over, this point still lies in the box of Kazakhstan; only the length of its line tells.
    folder.set("place", 2, lon_deg=55.5, lat_deg=48.5)
    folder.set("link", 2, length_km=800)
    assert not folder.problems()
    folder.set("place", 2, lon_deg=48.5, lat_deg=55.5)
    assert said(folder.only(), "link.csv, row 2", "Are longitude and latitude of aktobe exchanged?")


def test_shorter_than_the_great_circle(folder):
    folder.set("link", 5, length_km=170)
    assert said(folder.only(), "link.csv, row 5, length_km = 170", "the great circle")


def test_much_longer_than_the_great_circle_is_remarked(folder):
    folder.set("link", 3, length_km=2500)
    assert not folder.problems()
    assert said(folder.remarks()[0], "link.csv, row 3, length_km = 2500", "great circle")


def test_many_times_longer_than_the_great_circle(folder):
    folder.set("link", 3, length_km=3500)
    assert said(folder.only(), "link.csv, row 3, length_km = 3500", "about 32", "Is the unit right?")
    assert not folder.remarks()


def test_a_short_section_in_metres_or_a_tenth(folder):
    line = folder.add("place", 2, place_id="yard", lat_deg=50.32)
    folder.add("link", 2, link_id="siding", from_place="aktobe", to_place="yard", length_km=5)
    row = folder.add("link", 2, link_id="siding-two", from_place="yard", to_place="aktobe", length_km=4.7)
    assert line == 10
    assert not folder.problems()
    folder.set("link", row, length_km=4700)
    assert said(folder.only(), f"link.csv, row {row}, length_km = 4700", "about 4 km", "Is the unit right?")
    folder.set("link", row, length_km=0.1)
    assert said(folder.only(), f"link.csv, row {row}, length_km = 0.1", "at least 4 km")


def test_rail_without_gauge(folder):
    folder.set("link", 3, gauge_mm="")
    assert any(
        said(p, "link.csv, row 3, gauge_mm", "a gauge, since it is rail") for p in folder.problems() if p.row == 3
    )


def test_a_gauge_that_joins_nothing(folder):
    line = folder.add("link", 3, link_id="stray", from_place="bereket", to_place="serhetyaka", gauge_mm=1435)
    parts = (f"link.csv, row {line}, gauge_mm = 1435", "joins the network", "1520", "changes the gauge")
    assert said(folder.only(), *parts)


def test_a_gauge_mistyped_in_the_middle(folder):
    folder.set("link", 3, gauge_mm=1000)
    found = [(p.file, p.row, p.column, p.value) for p in folder.problems()]
    assert ("link.csv", 3, "gauge_mm", "1000") in found
    assert ("facility.csv", 2, "to_gauge_mm", "1520") in found


def test_facility_on_a_gauge_that_is_not_there(folder):
    folder.set("facility", 3, to_gauge_mm=1520)
    problem = next(p for p in folder.problems() if p.file == "facility.csv")
    assert said(problem, "facility.csv, row 3, to_gauge_mm = 1520", "rail 1520 at incheh-borun", "rail 1435")


def test_an_island(folder):
    line = folder.add("place", 2, place_id="far", lon_deg=58, lat_deg=51)
    other = folder.add("place", 2, place_id="farther", lon_deg=59, lat_deg=51)
    row = folder.add("link", 2, link_id="apart", from_place="far", to_place="farther", length_km=90)
    assert line < other
    assert said(folder.only(), f"link.csv, row {row}, link_id = apart", "1 link of rail 1520 are an island")


def test_an_island_until_a_planned_link_is_built(folder):
    folder.set("link", 3, status="planned")
    assert not folder.problems()
    assert any(said(r, "an island") for r in folder.remarks() if r.file == "link.csv")


def test_a_zone_off_the_network(folder):
    folder.add("place", 2, place_id="lonely", lon_deg=58)
    folder.set("zone", 2, place="lonely")
    assert said(folder.only(), "zone.csv, row 2, place = lonely", "an operating link must touch it")
    assert any(said(r, "place.csv", "lonely") for r in folder.remarks())


def test_a_loop(folder):
    folder.set("link", 3, to_place="serhetyaka")
    assert any(
        said(p, "row 3, to_place = serhetyaka", "another place") for p in folder.problems() if p.column == "to_place"
    )


def test_a_border_inside_a_country_is_remarked(folder):
    folder.set("place", 4, country="KZ")
    assert any(said(r, "facility.csv, row 2", "another country") for r in folder.remarks() if r.file == "facility.csv")


def test_a_link_over_a_border_is_remarked(folder):
    folder.add("link", 2, link_id="shortcut", from_place="bolashak", to_place="serhetyaka", length_km=70)
    assert any(said(r, "KZ and TM", "facility of kind border") for r in folder.remarks())


def test_shapes(folder):
    rows = [
        {"link_id": "aktobe-bolashak", "geometry_wkt": "LINESTRING (57.2 50.28, 53.68 42.33)"},
        {"link_id": "serhetyaka-bereket", "geometry_wkt": "LINESTRING (55.52 39.24, 53.7 41.8)"},
        {"link_id": "bereket-akyayla", "geometry_wkt": "LINESTRING (55.52 39.24, 54.7"},
        {"link_id": "bandar-abbas-mumbai", "geometry_wkt": "POINT (56 27)"},
    ]
    folder.write("link_shape", rows)
    problems = folder.problems()
    assert [(p.row, p.column) for p in problems] == [(4, "geometry_wkt"), (5, "geometry_wkt")]
    assert any(said(r, "link_shape.csv, row 3", "runs the other way") for r in folder.remarks())


def test_two_stages_for_one_case(folder):
    line = folder.add("stage", 3, stage_id="customs-too", dwell_h=8)
    assert said(folder.only(), f"stage.csv, row {line}, stage_id = customs-too", "row 3 (customs)", "selector")


def test_two_stages_that_meet_in_a_corner(folder):
    folder.add("stage", 3, stage_id="customs-ir", country="IR", direction="")
    line = folder.add("stage", 3, stage_id="customs-bogie", direction="", gauge_change="true")
    folder.set("stage", 3, direction="")
    assert said(folder.only(), f"stage.csv, row {line}", "customs-ir", "gauge_change true")
    folder.add("stage", 3, stage_id="customs-both", country="IR", direction="", gauge_change="true")
    assert not folder.problems()


def test_two_speeds_for_one_case(folder):
    line = folder.add("speed", 3, speed_id="kti-too")
    assert said(folder.only(), f"speed.csv, row {line}, speed_id = kti-too", "row 3 (kti)")


def test_rates_of_two_services_on_land_never_meet(folder):
    folder.add("service", 2, service_id="wagonload")
    folder.add("standing", 2, standing_id="wagonload", service="wagonload")
    folder.add("emission", 2, emission_id="wagonload", service="wagonload")
    folder.add("rate", 2, rate_id="wagonload", service="wagonload")
    folder.add("rate", 4, rate_id="border-block", service="block-train")
    folder.add("rate", 4, rate_id="border-wagonload", service="wagonload")
    assert not folder.problems()
