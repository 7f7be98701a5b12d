"""The committed study, read with nothing but pandas."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
STUDY = ROOT / "examples" / "north-south"


class Tables(dict[str, pd.DataFrame]):
    """Tables of the study by name; all cells are text, a missing one is empty."""

    def __missing__(self, name: str) -> pd.DataFrame:
        self[name] = pd.read_csv(STUDY / f"{name}.csv", keep_default_na=False, dtype=str)
        return self[name]


@pytest.fixture(scope="session")
def tables() -> Tables:
    return Tables()


@pytest.fixture(scope="session")
def schema() -> pd.DataFrame:
    path = ROOT / "src" / "keruen" / "study" / "schema" / "attributes.csv"
    return pd.read_csv(path, keep_default_na=False, dtype=str)
