"""The TNTP reader."""

from pathlib import Path

import numpy as np
import pytest

from keruen import errors
from keruen.equilibrium import solve
from keruen.exchange import tntp

NET = """<NUMBER OF ZONES> 2
<NUMBER OF NODES> 4
<FIRST THRU NODE> 3
<NUMBER OF LINKS> 6
<END OF METADATA>

~ init term capacity length time b power speed toll type ;
\t1\t3\t10\t1\t1\t0\t0\t0\t0\t1\t;
 1 4 10 1 1 0 0 0 0 1;
 3 2 10 2 5 0.15 4 0 3 1 ;
 3 2 20 2 5 0.15 4 0 0 1 ;
 4 2 10 2 0 0.15 4 0 0 1 ;
 2 1 10 2 5 0.15 4 0 0 1 ;
"""
TRIPS = """<NUMBER OF ZONES> 2
<TOTAL OD FLOW> 30
<END OF METADATA>

Origin \t1
    1 :   5.0;   2 : 20.0;
Origin 2
1:5;  2 :0.0;
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    net, trips = tmp_path / "a_net.tntp", tmp_path / "a_trips.tntp"
    net.write_text(NET)
    trips.write_text(TRIPS)
    return net, trips


def test_rows_keep_their_order_and_cost_convention(files: tuple[Path, Path]) -> None:
    problem = tntp.read(*files, toll_factor=2.0, distance_factor=0.5)
    assert problem.nodes == 4
    assert problem.tail.tolist() == [0, 0, 2, 2, 3, 1]
    assert problem.classes[0].fixed_cost[2] == 2.0 * 3 + 0.5 * 2
    assert problem.delay.time(10.0)[2] == pytest.approx(5 * 1.15)
    assert problem.through is not None
    assert problem.through.tolist() == [False, False, True, True]
    assert problem.demand == 25.0


def test_duplicate_zero_time_and_intrazonal_are_survived(files: tuple[Path, Path]) -> None:
    flows = solve(tntp.read(*files), 1e-10)
    assert flows.converged
    assert flows.volume.sum() == pytest.approx(20 * 2 + 5)
    assert flows.volume[3] == 0.0


def test_zone_without_path_is_named(files: tuple[Path, Path]) -> None:
    net, trips = files
    net.write_text(NET.replace(" 2 1 10 2 5", " 2 2 10 2 5"))
    with pytest.raises(errors.NoPathError, match="all: 2 to 1"):
        solve(tntp.read(net, trips))


def test_bad_rows_are_all_listed(files: tuple[Path, Path]) -> None:
    net, trips = files
    net.write_text(NET.replace(" 4 2 10 2 0", " 4 x 10 2 0").replace("LINKS> 6", "LINKS> 7"))
    with pytest.raises(errors.DataError) as caught:
        tntp.read(net, trips)
    assert {problem.row for problem in caught.value.problems} == {12, None}
    trips.write_text(TRIPS.replace("1:5;", "1=5;"))
    net.write_text(NET)
    with pytest.raises(errors.DataError, match="1=5"):
        tntp.read(net, trips)
    with pytest.raises(errors.DataError, match="readable"):
        tntp.read(net.parent / "absent", trips)


def test_negative_demand_is_refused(files: tuple[Path, Path]) -> None:
    net, trips = files
    trips.write_text(TRIPS.replace("20.0", "-20.0"))
    with pytest.raises(errors.DataError, match="expected 0 or more"):
        tntp.read(net, trips)


def test_flow_file(tmp_path: Path) -> None:
    path = tmp_path / "f.tntp"
    path.write_text("From \tTo \tVolume \tCost \n1 \t2 \t4494.5 \t6.1 \n")
    assert np.array_equal(tntp.read_flows(path), [[1, 2, 4494.5, 6.1]])


def test_a_flow_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "f.tntp"
    path.write_text("From To Volume Cost\n1 2 3 4\n1 2 x 4\n")
    with pytest.raises(errors.DataError, match=r"f\.tntp, row 3 = 1 2 x 4: expected four numbers"):
        tntp.read_flows(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (" 1 4 10", " 1.5 4 10", "row 9, init_node = 1.5: expected a node from 1 to 4"),
        (" 1 4 10", " 1 9 10", "row 9, term_node = 9: expected a node from 1 to 4"),
        (" 1 4 10", " 0 4 10", "row 9, init_node = 0: expected a node"),
        (" 3 2 20 2 5", " 3 2 0 2 5", "row 11, capacity = 0.0: expected above 0"),
        (" 3 2 20 2 5", " 3 2 20 2 -5", "row 11, free_time = -5.0: expected 0 or more"),
        (" 3 2 20 2 5", " 3 2 20 2 nan", "row 11 = 3 2 20 2 nan.*: expected a link"),
        (" 3 2 20 2 5", " 3 2 2_0 2 5", "row 11 = 3 2 2_0.*: expected a link"),
        (" 3 2 20 2 5 0.15 4", " 3 2 20 2 5 0.15 0.5", "row 11, power = 0.5: expected 0, or 1 or more"),
        (" 3 2 20 2 5 0.15 4 0 0 1 ;", " 3 2 20 2 5 0.15", "row 11 = .*: expected a link"),
        ("<NUMBER OF NODES> 4", "", "<NUMBER OF NODES>: expected a whole number"),
        ("NODES> 4", "NODES> four", "<NUMBER OF NODES> = four: expected a whole number"),
        ("ZONES> 2", "ZONES> 5", "<NUMBER OF ZONES> = 5: expected 4 at most, with 4 nodes"),
        ("ZONES> 2", "ZONES> x", "<NUMBER OF ZONES> = x: expected a whole number"),
        ("THRU NODE> 3", "THRU NODE> x", "<FIRST THRU NODE> = x: expected a whole number"),
        ("THRU NODE> 3", "THRU NODE> 9", "<FIRST THRU NODE> = 9: expected 5 at most"),
        ("LINKS> 6", "LINKS> 5", "<NUMBER OF LINKS> = 5: expected 6, the links there are"),
    ],
)
def test_what_is_wrong_with_a_network_is_named_by_file_and_line(
    files: tuple[Path, Path], old: str, new: str, said: str
) -> None:
    assert old in NET
    files[0].write_text(NET.replace(old, new))
    with pytest.raises(errors.DataError, match=f"a_net.tntp, {said}"):
        tntp.read(*files)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("1:5;", "1:-5;", "row 8, flow = -5: expected 0 or more"),
        ("1:5;", "7:5;", "row 8, destination = 7: expected a node from 1 to 4"),
        ("Origin 2", "Origin 9", "row 8, origin = 9: expected a node from 1 to 4"),
        ("Origin 2", "Origin x", "row 7 = Origin x: expected 'Origin n'"),
        ("Origin 2", "Origin 2.5", "row 7 = .5: expected 'Origin n'"),
        ("1:5;", "1.5:5;", "row 8 = 1.*: expected 'Origin n'"),
        ("1:5;", "1:five;", "row 8 = 1:five: expected 'Origin n'"),
        ("Origin \t1", "", "row 6.*: expected 'Origin n' first"),
        (TRIPS, "<TOTAL OD FLOW> 0\n<END OF METADATA>\n", "expected demand: no trips lead from one node to another"),
        (TRIPS, "", "expected demand"),
        (TRIPS, "Origin 1\n1 : 5;", "expected demand"),
    ],
)
def test_what_is_wrong_with_trips_is_named_by_file_and_line(
    files: tuple[Path, Path], old: str, new: str, said: str
) -> None:
    assert old in TRIPS
    files[1].write_text(TRIPS.replace(old, new))
    with pytest.raises(errors.DataError, match=rf"a_trips.tntp[:,] {said}"):
        tntp.read(*files)


def same(one: object, other: object) -> bool:
    a, b = solve(one, 1e-10), solve(other, 1e-10)  # type: ignore[arg-type]
    return np.array_equal(a.volume, b.volume) and np.array_equal(a.pair_cost[0], b.pair_cost[0])


@pytest.mark.parametrize(
    "changed",
    [
        NET.replace("\n", "\r\n"),
        "\ufeff" + NET,
        NET.replace(" ;", ""),
        NET.replace(";", "; "),
        NET.replace("<NUMBER OF NODES> 4", "< number  of Nodes >\t\t4\t\t"),
        NET.replace("<NUMBER OF NODES> 4", "<NUMBER OF NODES> 4.0 ~ all of them"),
        NET.replace("~ init", "init"),
        NET.replace("<NUMBER OF ZONES> 2\n", ""),
        NET.replace(" 3 2 20", " 3.000 2.0E+00 2.0e1"),
        NET.replace("0 0 1 ;", "0 0 1 7 8 9 ;"),
        NET.replace("\t1\t3\t10", "\t1\t3\t0"),  # b = 0: its capacity tells nothing
        NET.replace("<END OF METADATA>", "<END OF METADATA>\n~ 1 2 3 4\n\n   \t\n~"),
        NET.replace(" 3 2 20", "~ old link\n 3 2 20"),
    ],
)
def test_what_networks_of_the_field_look_like(files: tuple[Path, Path], changed: str) -> None:
    assert changed != NET
    plain = tntp.read(*files)
    files[0].write_text(changed, newline="")
    assert same(tntp.read(*files), plain)


@pytest.mark.parametrize(
    "changed",
    [
        TRIPS.replace("\n", "\r"),
        TRIPS.replace(";", ""),
        TRIPS.replace("Origin 2", "ORIGIN2"),
        TRIPS.replace("Origin 2\n1:5;", "origin  2  1   :5.000E+00 ;"),
        TRIPS.replace("2 : 20.0;", "2 : 12.0;\n\n  2:8;"),
        TRIPS + "\nOrigin 1\n1 : 0;",
    ],
)
def test_what_trip_tables_of_the_field_look_like(files: tuple[Path, Path], changed: str) -> None:
    plain = tntp.read(*files)
    files[1].write_text(changed, newline="")
    read = tntp.read(*files)
    assert read.demand == plain.demand
    assert np.array_equal(solve(read, 1e-10).volume, solve(plain, 1e-10).volume)


def test_origins_in_any_order_and_comments_of_windows(files: tuple[Path, Path]) -> None:
    plain = tntp.read(*files)
    head, one, two = TRIPS.partition("Origin \t1")[0], *TRIPS.partition("Origin \t1")[2].split("Origin 2")
    files[1].write_bytes((head + "Origin 2" + two + "~ Z\u00fcrich \x96\nOrigin 1" + one).encode("latin-1"))
    assert np.array_equal(solve(tntp.read(*files), 1e-10).volume, solve(plain, 1e-10).volume)


def test_headers_that_tell_of_other_trips_are_a_warning(files: tuple[Path, Path]) -> None:
    files[1].write_text(TRIPS.replace("FLOW> 30", "FLOW> 31"))
    with pytest.warns(UserWarning, match=r"a_trips.tntp: <TOTAL OD FLOW> 31, but the trips add up to 30"):
        tntp.read(*files)
    files[1].write_text(TRIPS.replace("2 :0.0", "3 :1.0").replace("FLOW> 30", "FLOW> 31"))
    with pytest.warns(UserWarning, match="trips of zone 3, but <NUMBER OF ZONES> 2"):
        tntp.read(*files)


def test_files_in_each_others_place_and_tolls_that_are_not_there(files: tuple[Path, Path]) -> None:
    net, trips = files
    with pytest.raises(errors.DataError, match="are the two files in each other's place"):
        tntp.read(trips, net)
    net.write_text("\n".join(row.replace("\t;", ";").removesuffix(" 0 1 ;") for row in NET.splitlines()))
    with pytest.raises(errors.DataError, match="numbers from init node to toll"):
        tntp.read(net, trips, toll_factor=1.0)
    for options in ({"toll_factor": "x"}, {"toll_factor": -1.0}, {"distance_factor": float("nan")}):
        with pytest.raises(errors.UsageError, match="_factor = "):
            tntp.read(net, trips, **options)  # type: ignore[arg-type]
    with pytest.raises(errors.UsageError, match="net = 3: expected the path of a file"):
        tntp.read(3, trips)  # type: ignore[arg-type]


def test_power_0_with_b_is_a_constant(files: tuple[Path, Path]) -> None:
    files[0].write_text(NET.replace(" 3 2 10 2 5 0.15 4", " 3 2 10 2 5 0.15 0"))
    assert tntp.read(*files).delay.time(99.0)[2] == pytest.approx(5 * 1.15)
