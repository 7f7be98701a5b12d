"""``keruen.toml``: what holds for the whole study."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from keruen.errors import Problem
from keruen.study._said import did_you_mean, shown

__all__ = ["SETTINGS_FILE", "ReportSettings", "Settings", "read_settings", "settings_text"]

SETTINGS_FILE = "keruen.toml"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class ReportSettings(_Strict):
    """What the report shows: the ``[report]`` table of ``keruen.toml``."""

    comparison: str = Field("", description="value of route.comparison whose routes the report sets side by side")
    box_t: float = Field(21.0, gt=0, le=40, description="net tonnes in a forty-foot container")


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
        return self

    @property
    def comparison(self) -> str:
        """Comparison that the report shows."""
        return self.report.comparison

    def name(self, language: str = "en") -> str:
        """Name of the study in a language, English where there is none."""
        return str(getattr(self, f"name_{language}", "")) or self.name_en


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
    extra = [name for name in raw if name not in ("study", "report")]
    problems += [_unknown(text, name, ["study", "report"]) for name in extra]
    try:
        report = {"report": raw["report"]} if "report" in raw else {}
        return Settings.model_validate({**raw["study"], **report})
    except ValidationError as error:
        problems += [_problem(text, mistake) for mistake in error.errors(include_url=False)]
        return None


def settings_text(settings: Settings) -> str:
    """Settings as TOML."""
    values = settings.model_dump()
    report = values.pop("report")
    return f"[study]\n{_lines(values)}\n[report]\n{_lines(report)}"


def _lines(values: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_toml(value)}\n" for key, value in values.items() if value != "")


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(v) for v in value)}]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{escaped}"'
    return str(value)


def _problem(text: str, mistake: Any) -> Problem:
    where = [str(part) for part in mistake["loc"]]
    name = ".".join(where)
    if mistake["type"] == "extra_forbidden":
        known = ReportSettings.model_fields if where[0] == "report" else Settings.model_fields
        return _unknown(text, name, list(known))
    if mistake["type"] == "missing":
        meaning = Settings.model_fields[where[0]].description
        return Problem(SETTINGS_FILE, None, name, None, f"missing setting: {meaning}", f"Add {name} = ...")
    expected = str(mistake["msg"]).removeprefix("Value error, ")
    value = shown(str(mistake["input"])) if where else None
    field = Settings.model_fields.get(where[0]) if where else None
    meaning = f"{name}: {field.description}" if field is not None and field.description else ""
    return Problem(SETTINGS_FILE, _line_of(text, where[-1] if where else ""), name or None, value, expected, meaning)


def _unknown(text: str, name: str, known: list[str]) -> Problem:
    last = name.rsplit(".", 1)[-1]
    mend = did_you_mean(last, known, f"Known are {', '.join(known)}")
    return Problem(SETTINGS_FILE, _line_of(text, last), shown(name), None, "unknown setting", mend)


def _line_of(text: str, key: str) -> int | None:
    """Line in which a key is set, None if it is not found."""
    pattern = re.compile(rf"\s*\[?\s*\"?{re.escape(key)}\"?\s*[=\]]")
    return next((i for i, line in enumerate(text.splitlines(), 1) if key and pattern.match(line)), None)
