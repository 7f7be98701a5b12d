"""Numbers as a reader of a language expects them, by CLDR through Babel; units come from our own catalogue."""

from __future__ import annotations

import math
from dataclasses import dataclass

from babel.numbers import format_decimal, format_percent

from keruen.languages import Language

__all__ = ["DASH", "NBSP", "Numbers"]

NBSP = "\N{NO-BREAK SPACE}"
"""Stands between a number and its unit."""

DASH = "\N{EN DASH}"
"""A value that is missing; never zero."""

_MINUS = "\N{MINUS SIGN}"
_WHOLE_FROM = 9.95
_PERCENT_FROM = 0.01  # a share below one per cent but above nothing is said so


@dataclass(frozen=True)
class Numbers:
    """Writes numbers in one language.

    Parameters
    ----------
    language : Language
        The language.
    """

    language: Language

    def decimal(self, value: float, places: int = 0) -> str:
        """Number with a fixed count of decimals and grouped thousands.

        Examples
        --------
        >>> from keruen.languages import language
        >>> Numbers(language("en")).decimal(1730)
        '1,730'
        """
        if not math.isfinite(value):
            return DASH
        value = math.floor(value * 10**places + 0.5) / 10**places  # half up, as people round
        pattern = "#,##0" + ("." + "0" * places if places else "")
        text = format_decimal(abs(value), format=pattern, locale=self.language.locale)
        text = text.replace("\N{NARROW NO-BREAK SPACE}", NBSP)
        return (_MINUS if value < 0 else "") + str(text)

    def amount(self, value: float) -> str:
        """Days, hours and the like: no decimals from 10 up, one below unless it is a nought."""
        if not math.isfinite(value):
            return DASH
        whole = abs(value) >= _WHOLE_FROM or round(value, 1) == round(value)
        return self.decimal(value, 0 if whole else 1)

    def percent(self, share: float) -> str:
        """Whole per cent of a share; a trace is not rounded to nothing."""
        if not math.isfinite(share):
            return DASH
        text = format_percent(max(share, 0), format=self._pattern(), locale=self.language.locale)
        if 0 < share < _PERCENT_FROM / 2:
            text = "<" + format_percent(_PERCENT_FROM, format=self._pattern(), locale=self.language.locale)
        return str(text).replace("\N{NARROW NO-BREAK SPACE}", NBSP)

    def days(self, hours: float) -> str:
        """Days of so many hours, without the unit."""
        return self.amount(hours / 24)

    def to(self, low: str, high: str) -> str:
        """Range of two numbers already written."""
        return low if low == high else self.language.say("{low} to {high}", low=low, high=high)

    def with_unit(self, value: str, unit: str) -> str:
        """Number and unit that do not part at a line's end."""
        return f"{value}{NBSP}{unit}"

    def in_days(self, hours: float) -> str:
        """Days with the unit, in the form the number asks for."""
        text = self.days(hours)
        whole = round(hours / 24)
        number = whole if text == self.decimal(whole) else 5  # a fraction takes the form of many
        return self.language.count("{days} day", "{days} days", number, days=text).replace(" ", NBSP)

    def span_days(self, low_h: float, high_h: float) -> str:
        """Days from one mean to another with the unit; one number where both round to it."""
        low, high = self.days(low_h), self.days(high_h)
        if low == high:
            return self.in_days(low_h)
        return self.language.count("{days} day", "{days} days", max(round(high_h / 24), 2), days=self.to(low, high))

    def in_hours(self, hours: float) -> str:
        """Hours with the unit."""
        return self.with_unit(self.amount(hours), self.language.say("h"))

    def _pattern(self) -> str:
        return str(self.language.locale.percent_formats[None].pattern)
