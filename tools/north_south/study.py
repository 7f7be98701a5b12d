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

[appraisal]  # docs/appraisal.md says where each comes from
residual = "straight-line"  # assumed
growth_after = 0.0  # assumed: level after the last modelled year
carbon_usd_per_t = 36.3  # ADB (2017), recalled; prices of 2016
carbon_year = 2016
carbon_growth = 0.02  # ADB (2017), recalled
elasticity = 0.0  # assumed: demand is fixed
operator_margin = 0.0  # assumed: tariffs are what carriage costs
life_years = 30  # assumed, European practice for railways
upkeep_share = 0.01  # assumed
usd_per_unit = { EUR = 1.082, KZT = 0.00213, RUB = 0.0108 }  # means of 2024, recalled
building_years = 3  # assumed, where a project names no start

[portfolio]
budget_musd = 5000  # assumed: no common budget of the corridor is published
periods = [2026, 2030, 2035]  # assumed
"""


def write_settings(folder: Path) -> None:
    """Write keruen.toml."""
    (folder / "keruen.toml").write_text(SETTINGS, encoding="utf-8")
