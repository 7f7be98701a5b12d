from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import keruen.languages
from keruen.errors import UsageError
from keruen.languages import LANGUAGES, language
from keruen.languages.extract import gather

FOLDER = Path(keruen.languages.__file__).parent
FIELD = re.compile(r"\{(\w+)\}")


def catalogue(code):
    with (FOLDER / f"{code}.po").open("rb") as file:
        return [message for message in read_po(file, locale=code) if message.id]


def forms(value):
    return [value] if isinstance(value, str) else list(value)


@pytest.mark.parametrize("code", ["en", "ru", "kk"])
def test_catalogue_holds_every_message_and_no_other(code):
    wanted = {message.id for message in gather(FOLDER.parent) if message.id}
    assert {message.id for message in catalogue(code)} == wanted


@pytest.mark.parametrize("code", ["ru", "kk"])
def test_every_message_is_translated(code):
    empty = [message.id for message in catalogue(code) if not all(forms(message.string))]
    assert empty == []


@pytest.mark.parametrize("code", ["ru", "kk"])
def test_placeholders_agree(code):
    for message in catalogue(code):
        wanted = set().union(*(FIELD.findall(form) for form in forms(message.id)))
        for form in forms(message.string):
            assert set(FIELD.findall(form)) == wanted, message.id


def test_plural_of_russian():
    say = language("ru").count
    words = [say("{days} day", "{days} days", n, days=n) for n in (1, 2, 5, 21)]
    assert words == ["1 сутки", "2 суток", "5 суток", "21 сутки"]


def test_unknown_language_is_named():
    with pytest.raises(UsageError, match=r"'fr'.*en, ru, kk"):
        language("fr")


def test_every_language_speaks_for_itself():
    assert set(LANGUAGES) == {"en", "ru", "kk"}
    assert language("kk").say("Sources and assumptions") == "Дереккөздер мен болжамдар"
