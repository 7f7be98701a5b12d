"""What Keruen says to people, in their language: gettext catalogues, read from ``.po`` files when first asked for."""

from __future__ import annotations

import gettext
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from keruen.errors import UsageError

__all__ = ["LANGUAGES", "Language", "language", "mark"]

LANGUAGES: Mapping[str, str] = {"en": "English", "ru": "Русский", "kk": "Қазақша"}
"""Languages with a catalogue, named in themselves."""


def mark(message: str) -> str:
    """Mark a message for translation where it is defined; it is translated where it is said."""
    return message


@dataclass(frozen=True, eq=False)
class Language:
    """A language and its catalogue.

    Attributes
    ----------
    code : str
        ISO 639-1 code.
    locale : babel.Locale
        Its CLDR locale.
    """

    code: str
    locale: Locale
    _catalogue: gettext.NullTranslations

    def say(self, message: str, /, **values: object) -> str:
        """Translate a message and fill its placeholders.

        Parameters
        ----------
        message : str
            English message with ``{name}`` placeholders.
        **values : object
            What stands in the placeholders.

        Returns
        -------
        str
            The sentence.

        Examples
        --------
        >>> language("ru").say("Sources and assumptions")
        'Источники и допущения'
        """
        text = self._catalogue.gettext(message) if message else ""
        return text.format(**values) if values else text

    def count(self, one: str, many: str, number: int, /, **values: object) -> str:
        """Translate a message whose form depends on a number.

        Parameters
        ----------
        one, many : str
            English singular and plural, with ``{name}`` placeholders.
        number : int
            The number that decides.
        **values : object
            What stands in the placeholders.

        Returns
        -------
        str
            The sentence.
        """
        return self._catalogue.ngettext(one, many, number).format(**values)


@cache
def language(code: str) -> Language:
    """Language of a code.

    Parameters
    ----------
    code : str
        One of :data:`LANGUAGES`.

    Returns
    -------
    Language
        The language with its catalogue.

    Raises
    ------
    UsageError
        If there is no catalogue.
    """
    if code not in LANGUAGES:
        raise UsageError(f"there is no catalogue for the language {code!r}; choose one of {', '.join(LANGUAGES)}")
    return Language(code, Locale.parse(code), _read(code))


def _read(code: str) -> gettext.NullTranslations:
    if code == "en":
        return gettext.NullTranslations()
    with (files("keruen.languages") / f"{code}.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
