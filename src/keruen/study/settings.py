"""``keruen.toml``: what holds for the whole study."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from keruen.errors import Problem
from keruen.study._said import did_you_mean, shown

__all__ = [
    "SETTINGS_FILE",
    "AppraisalSettings",
    "PortfolioSettings",
    "ReportSettings",
    "Settings",
    "read_settings",
    "settings_text",
]

SETTINGS_FILE = "keruen.toml"
_TABLES = ("study", "report", "appraisal", "portfolio")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class ReportSettings(_Strict):
    """What the report shows: the ``[report]`` table of ``keruen.toml``."""

    comparison: str = Field("", description="value of route.comparison whose routes the report sets side by side")
    box_t: float = Field(21.0, gt=0, le=40, description="net tonnes in a forty-foot container")


class AppraisalSettings(_Strict):
    """Conventions of appraisal: the ``[appraisal]`` table of ``keruen.toml``.

    The rate and the horizon (``discount_rate``, ``first_year``, ``last_year``) stand in ``[study]``.

    Notes
    -----
    Sources of the defaults: carbon price and its growth, ADB (2017), Guidelines for the Economic Analysis of Projects
    (36.3 USD per t CO2e of 2016, 2 per cent a year; prices of 2016, not inflated; recalled). Everything else is
    assumed, and each can be varied.
    """

    residual: Literal["none", "straight-line", "remaining-benefits"] = Field(
        "straight-line", description="what is left after the last year"
    )
    growth_after: float = Field(0.0, ge=-0.2, le=0.2, description="growth of benefits a year after the last modelled")
    carbon_usd_per_t: float = Field(
        36.3, ge=0, le=10_000, description="price of a tonne of CO2e in prices of carbon_year"
    )
    carbon_year: int = Field(2016, ge=1990, le=2200, description="year for which the price of carbon holds")
    carbon_growth: float = Field(0.02, ge=-0.2, le=0.2, description="real growth of the price of carbon a year")
    elasticity: float = Field(
        0.0, ge=0, le=5, description="elasticity of demand to generalised cost; 0 is fixed demand"
    )
    operator_margin: float = Field(0.0, ge=0, le=1, description="share of tariff revenue that is no cost of carriage")
    life_years: int = Field(30, ge=1, le=200, description="economic life from opening, years")
    upkeep_share: float = Field(0.0, ge=0, le=0.5, description="further upkeep a year as a share of the cost")
    usd_per_unit: dict[str, float] = Field(
        default_factory=dict, description="USD for a unit of another currency, by its ISO 4217 code, of the price year"
    )
    building_years: int = Field(3, ge=1, le=30, description="years of building where a project names no start")


class PortfolioSettings(_Strict):
    """Budget from which projects are chosen: the ``[portfolio]`` table of ``keruen.toml``."""

    budget_musd: tuple[Annotated[float, Field(ge=0)], ...] = Field(
        (), description="cost of the projects that may start, million USD: one number in all, or a list by period"
    )
    periods: tuple[int, ...] = Field((), description="years in which works may start; as planned if none")
    demand_factors: tuple[Annotated[float, Field(gt=0, le=1)], Annotated[float, Field(ge=1)]] = Field(
        default=(0.8, 1.2), description="low and high factor on the demand after the base year, for robustness; assumed"
    )

    @field_validator("budget_musd", "periods", "demand_factors", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """TOML has lists, and one budget needs none."""
        if isinstance(value, list):
            return tuple(value)
        return value if isinstance(value, tuple) else (value,)

    @model_validator(mode="after")
    def _budgets_fit_periods(self) -> Self:
        if list(self.periods) != sorted(set(self.periods)):
            raise ValueError(f"periods {list(self.periods)}: rising years expected")
        if len(self.budget_musd) > 1 and len(self.budget_musd) != len(self.periods):
            raise ValueError(f"{len(self.budget_musd)} budgets for {len(self.periods)} periods")
        if self.periods and not self.budget_musd:
            raise ValueError("periods without budget_musd")
        return self


class Settings(_Strict):
    """What holds for the whole study: the ``[study]`` table of ``keruen.toml``.

    Examples
    --------
    >>> settings = Settings(id="north-south", name_en="North-South corridor", price_year=2024, base_year=2024)
    >>> settings.years, settings.currency, settings.seed
    ((2024,), 'USD', 0)
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", description="short name in lower case")
    name_en: str = Field(min_length=1, description="English name")
    name_ru: str = Field("", description="Russian name")
    name_kk: str = Field("", description="Kazakh name")
    price_year: int = Field(ge=1990, le=2100, description="year of prices")
    currency: str = Field("USD", pattern=r"^USD$", description="currency of all money columns; USD")
    base_year: int = Field(ge=1990, le=2100, description="year of scenarios unless another is asked for")
    years: tuple[int, ...] = Field((), strict=False, description="years that have demand; the base year by default")
    seed: int = Field(0, ge=0, le=2**63 - 1, description="seed of every random draw")
    languages: tuple[str, ...] = Field(("en",), strict=False, min_length=1, description="languages of names")
    discount_rate: float = Field(0.09, ge=0, lt=1, description="real discount rate a year")
    first_year: int = Field(2026, ge=1990, le=2200, description="first year of appraisal")
    last_year: int = Field(2050, ge=1990, le=2200, description="last year of appraisal")
    report: ReportSettings = Field(default_factory=lambda: ReportSettings(comparison="", box_t=21.0))
    appraisal: AppraisalSettings = Field(default_factory=lambda: AppraisalSettings.model_validate({}))
    portfolio: PortfolioSettings = Field(default_factory=lambda: PortfolioSettings(budget_musd=(), periods=()))

    @model_validator(mode="before")
    @classmethod
    def _years_default_to_base(cls, values: Any) -> Any:
        if isinstance(values, dict) and "base_year" in values:
            return {"years": (values["base_year"],), **values}
        return values

    @model_validator(mode="after")
    def _years_in_order(self) -> Self:
        if self.first_year > self.last_year:
            raise ValueError(f"first_year {self.first_year} is later than last_year {self.last_year}")
        if self.base_year not in self.years:
            raise ValueError(f"base_year {self.base_year} is not among years {list(self.years)}")
        if len(set(self.years)) < len(self.years):
            raise ValueError(f"each of years once, found {list(self.years)}")
        late = [year for year in self.portfolio.periods if not self.first_year <= year <= self.last_year]
        if late:
            raise ValueError(f"portfolio.periods {late} lie outside {self.first_year} to {self.last_year}")
        return self

    @property
    def comparison(self) -> str:
        """Comparison that the report shows."""
        return self.report.comparison

    def name(self, language: str = "en") -> str:
        """Name of the study in a language, English where there is none."""
        return str(getattr(self, f"name_{language}", "")) or self.name_en


_MODELS: dict[str, type[_Strict]] = {
    "report": ReportSettings,
    "appraisal": AppraisalSettings,
    "portfolio": PortfolioSettings,
}


def read_settings(data: bytes, problems: list[Problem]) -> Settings | None:
    """Read ``keruen.toml``, or note what is wrong and return None.

    Parameters
    ----------
    data : bytes
        Content of the file.
    problems : list of Problem
        Where to note what is wrong.
    """
    try:
        text = data.decode("utf-8-sig")
        raw = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        expected = f"invalid UTF-8 at byte {error.start:,} (0x{data[error.start : error.start + 1].hex()})"
        problems.append(Problem(SETTINGS_FILE, line, None, None, expected, "Save the file as UTF-8"))
        return None
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        at = re.search(r"at line (\d+)", str(error))
        said = str(error).split(" (at")[0]
        expected = f"not valid TOML: {said}"
        where = int(at[1]) if at else None
        problems.append(Problem(SETTINGS_FILE, where, None, None, expected, "Mend this line"))
        return None
    if not isinstance(raw.get("study"), dict):
        problems.append(Problem(SETTINGS_FILE, None, "[study]", None, "missing table", "Begin the file with [study]"))
        return None
    extra = [name for name in raw if name not in _TABLES]
    problems += [_unknown(text, name, list(_TABLES)) for name in extra]
    try:
        parts = {name: raw[name] for name in _TABLES[1:] if name in raw}
        return Settings.model_validate({**raw["study"], **parts})
    except ValidationError as error:
        problems += [_problem(text, mistake) for mistake in error.errors(include_url=False)]
        return None


def settings_text(settings: Settings) -> str:
    """Settings as TOML."""
    values = settings.model_dump()
    parts = {name: values.pop(name) for name in _TABLES[1:]}
    return f"[study]\n{_lines(values)}" + "".join(f"\n[{name}]\n{_lines(part)}" for name, part in parts.items())


def _lines(values: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_toml(value)}\n" for key, value in values.items() if value != "")


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(v)}" for key, v in value.items()) + "}"
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(v) for v in value)}]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{escaped}"'
    return str(value)


_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a number that is not infinite",
    "string_type": "a text in quotation marks",
    "bool_type": "true or false",
    "tuple_type": "a list, as in [2024, 2030]",
    "dict_type": "a table, as in { EUR = 1.08 }",
}
"""What the library's kinds of mistake mean to who writes the file."""


def _problem(text: str, mistake: Any) -> Problem:
    where = [str(part) for part in mistake["loc"]]
    name = ".".join(where)
    if mistake["type"] == "extra_forbidden":
        model: type[_Strict] = _MODELS.get(where[0], Settings)
        known = model.model_fields
        return _unknown(text, name, list(known))
    if mistake["type"] == "missing":
        meaning = Settings.model_fields[where[0]].description
        return Problem(SETTINGS_FILE, None, name, None, f"missing setting: {meaning}", f"Add {name} = ...")
    expected = _EXPECTED.get(mistake["type"]) or str(mistake["msg"]).removeprefix("Value error, ").removeprefix(
        "Input should be "
    )
    value = shown(str(mistake["input"])) if where else None
    fields = _MODELS[where[0]].model_fields if where[1:] and where[0] in _MODELS else Settings.model_fields
    field = fields.get(where[0] if fields is Settings.model_fields else where[1]) if where else None
    meaning = f"{name}: {field.description}" if field is not None and field.description else ""
    key = next((part for part in reversed(where) if not part.isdigit()), "")  # not the place in a list
    return Problem(SETTINGS_FILE, _line_of(text, key), name or None, value, expected, meaning)


def _unknown(text: str, name: str, known: list[str]) -> Problem:
    last = name.rsplit(".", 1)[-1]
    mend = did_you_mean(last, known, f"Known are {', '.join(known)}")
    return Problem(SETTINGS_FILE, _line_of(text, last), shown(name), None, "unknown setting", mend)


def _line_of(text: str, key: str) -> int | None:
    """Line in which a key is set, None if it is not found."""
    pattern = re.compile(rf"\s*\[?\s*\"?{re.escape(key)}\"?\s*[=\]]")
    return next((i for i, line in enumerate(text.splitlines(), 1) if key and pattern.match(line)), None)
