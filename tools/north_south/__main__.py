"""``python -m tools.north_south --raw DIR --out DIR``."""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.north_south.build import build_study
from tools.north_south.raw import Raw


def main() -> None:
    """Read the command line and build the study."""
    parser = argparse.ArgumentParser(prog="python -m tools.north_south", description=__doc__)
    parser.add_argument("--raw", type=Path, required=True, help="folder of raw files")
    parser.add_argument("--out", type=Path, required=True, help="folder of the study")
    options = parser.parse_args()
    build_study(Raw(options.raw), options.out)


if __name__ == "__main__":
    main()
