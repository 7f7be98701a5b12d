"""The conventions of an appraisal: rate, horizon, price year, residual value. Each is a setting, none is hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from keruen.errors import UsageError

__all__ = ["ADB", "Conventions", "Residual"]

Residual = Literal["none", "straight-line", "remaining-benefits"]
"""What is left at the end of the horizon: nothing, the unused part of the life, or the benefits still to come."""


@dataclass(frozen=True, slots=True)
class Conventions:
    """How money of different years is made comparable.

    Attributes
    ----------
    base_year : int
        Year 0 of discounting. It is not discounted; a spreadsheet's NPV function would discount it (see `npv`).
    last_year : int
        Last year of the horizon, included.
    discount_rate : float
        Real rate a year. ADB: 0.09, which is also the least EIRR it accepts.
    price_year : int or None
        Year of the constant prices, for the reader; no inflation is applied anywhere.
    residual : {"straight-line", "none", "remaining-benefits"}
        "straight-line": cost times remaining share of the life, an amount in the last year. "remaining-benefits":
        the last year's benefits less upkeep carried on to the end of the life and discounted to the last year at
        `discount_rate`. "none": for a sensitivity run. Nothing is left in any case where the last year shows no
        benefit: an asset nobody uses is worth nothing.
    growth_after : float
        Growth of benefits a year beyond the last modelled year; 0 holds them level.

    References
    ----------
    ADB (2017), Guidelines for the Economic Analysis of Projects; EIB (2013), The Economic Appraisal of Investment
    Projects, chapter 7 (residual value).

    Examples
    --------
    >>> Conventions(base_year=2026, last_year=2050).discount_rate
    0.09
    """

    base_year: int
    last_year: int
    discount_rate: float = 0.09
    price_year: int | None = None
    residual: Residual = "straight-line"
    growth_after: float = 0.0

    def __post_init__(self) -> None:
        if self.last_year < self.base_year:
            raise UsageError(f"the horizon ends in {self.last_year}, before its base year {self.base_year}")
        if not self.discount_rate > -1:
            raise UsageError(f"discount rate {self.discount_rate}: expected more than -1 (0.09 is nine per cent)")
        if self.residual not in ("none", "straight-line", "remaining-benefits"):
            raise UsageError(f"residual {self.residual!r}: expected none, straight-line or remaining-benefits")


ADB = 0.09
"""Discount rate and least EIRR of the Asian Development Bank (2017), real, a year."""
