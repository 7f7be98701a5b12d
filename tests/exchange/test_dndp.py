"""Reader of design instances."""

from pathlib import Path

import numpy as np
import pytest

from keruen.errors import DataError
from keruen.exchange import dndp

NET = """<NUMBER OF ZONES> 2\t\t
<NUMBER OF NODES> 3
<FIRST THRU NODE> 2
<NUMBER OF LINKS> 2
<NUMBER OF NEW LINKS> 1
<END OF METADATA>
~ init term capacity length time B power speed toll type cost ;
\t1\t2\t2000\t1\t5\t0.15\t4\t0\t0\t1\t0\t;
\t2\t3\t1000\t1\t6\t0.15\t4\t0\t0\t1\t0\t;
\t1\t3\t500\t1\t7\t0.5\t2\t0\t0\t1\t750
"""
TRIPS = "<NUMBER OF ZONES> 2\n<END OF METADATA>\nOrigin 1\n 2 : 100.0; 3 : 400.0;\n"


def read(folder: Path, net: str = NET, **options: float) -> dndp.Instance:
    (folder / "net.txt").write_text(net)
    (folder / "trips.txt").write_text(TRIPS)
    return dndp.read(folder / "net.txt", folder / "trips.txt", **options)


def test_candidates_follow_the_links_that_exist(tmp_path: Path) -> None:
    found = read(tmp_path, inflate=2.0)
    assert found.names == ("1-3",)
    assert found.candidates.tolist() == [2]
    assert found.cost.tolist() == [750.0]
    assert found.problem.classes[0].flow.tolist() == [0.2, 0.8]
    assert found.problem.through.tolist() == [False, True, True]
    assert found.problem.delay.time([0.0, 0.0, 0.5]) == pytest.approx(np.array([5, 6, 7 * 1.5]))


def test_every_bad_row_is_listed(tmp_path: Path) -> None:
    bad = NET.replace("\t750", "").replace("2000", "wide")
    with pytest.raises(DataError) as caught:
        read(tmp_path, bad)
    assert [one.row for one in caught.value.problems] == [8, 10]


def test_rows_must_be_as_many_as_promised(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected 3, the rows there are"):
        read(tmp_path, NET.replace("LINKS> 2", "LINKS> 4"))


def test_count_of_candidates_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="NEW LINKS"):
        read(tmp_path, NET.replace("<NUMBER OF NEW LINKS> 1\n", ""))
