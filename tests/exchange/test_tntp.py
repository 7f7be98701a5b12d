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
