"""Texts with places for what a letter says, each value written as its surroundings need it.

{to} {text} {subject} {body} {key} {name}     and {secret:NAME}
"""

import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote
from xml.sax.saxutils import escape

from vonggac.errors import InputError

PLACES = ("to", "text", "subject", "body", "key", "name")
_PLACE = re.compile(r"\{(" + "|".join(PLACES) + r"|secret:[A-Za-z0-9_.-]{1,40})\}")
_ANY = re.compile(r"\{(secret:[^}]*)\}")


def _plain(value: str) -> str:
    return value


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _in_address(value: str) -> str:
    return quote(value, safe="")


def _in_xml(value: str) -> str:
    return escape(value, {'"': "&quot;", "'": "&apos;"})


def _in_header(value: str) -> str:
    return " ".join(value.split())


ESCAPES: Mapping[str, Callable[[str], str]] = {
    "json": _in_json,
    "form": _in_address,
    "address": _in_address,
    "xml": _in_xml,
    "text": _plain,
    "header": _in_header,
}


def filled(template: str, values: Mapping[str, str], surroundings: str) -> str:
    """The template with every place filled; InputError names a secret that nobody entered."""
    write = ESCAPES[surroundings]

    def value_of(place: re.Match[str]) -> str:
        if place[1] not in values:
            raise InputError(f"the channel names {{{place[1]}}}, and no such secret was entered")
        return write(values[place[1]])

    return _PLACE.sub(value_of, template)


def secrets_named(template: str) -> set[str]:
    """The names of the secrets that a template has places for; InputError for one that is no name."""
    for place in _ANY.findall(template):
        if not _PLACE.fullmatch(f"{{{place}}}"):
            raise InputError(f"{{{place}}} is no name of a secret: letters, digits, dot, dash and underscore")
    return {place.removeprefix("secret:") for place in _PLACE.findall(template) if place.startswith("secret:")}
