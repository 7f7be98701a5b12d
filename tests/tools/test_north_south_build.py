"""The script builds the tables that are committed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.conftest import ROOT, STUDY

RAW = ROOT.parent / "shared" / "data"


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_build_reproduces_the_committed_tables(tmp_path: Path) -> None:
    if not RAW.exists():
        pytest.skip("the raw files are not beside this checkout; see examples/north-south/README.md")
    for package in ("geopandas", "searoute"):
        pytest.importorskip(package, reason=f"rebuilding the study needs the build extra: {package}")
    from tools.north_south.build import build_study
    from tools.north_south.raw import Raw

    build_study(Raw(RAW), tmp_path, say=lambda _: None)
    built = {path.name: path.read_text(encoding="utf-8") for path in sorted(tmp_path.iterdir())}
    kept = {name: (STUDY / name).read_text(encoding="utf-8") for name in built}
    assert [name for name in built if built[name] != kept[name]] == []
    assert {path.stem for path in STUDY.glob("*.csv")} == {Path(name).stem for name in built if name.endswith(".csv")}
