"""keruen.toml of the study."""

from __future__ import annotations

from pathlib import Path

__all__ = ["write_settings"]

SETTINGS = """\
[study]
id = "north-south"
name_en = "North-South corridor"
name_ru = "Коридор «Север – Юг»"
name_kk = "«Солтүстік – Оңтүстік» дәлізі"
price_year = 2024
currency = "USD"
base_year = 2024
years = [2024, 2030]
seed = 20240101
languages = ["en", "ru", "kk"]
discount_rate = 0.09
first_year = 2026
last_year = 2050

[report]
comparison = "moscow-mumbai"
box_t = 21
"""


def write_settings(folder: Path) -> None:
    """Write keruen.toml."""
    (folder / "keruen.toml").write_text(SETTINGS, encoding="utf-8")
