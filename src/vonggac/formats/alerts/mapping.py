"""A mapping that a person writes in TOML: which columns of a table, or which paths of JSON objects, mean what.

records = "data.alerts"          # JSON: where the objects stand; default: the file's own lines or elements
time_zone = "Asia/Ho_Chi_Minh"   # of times without offset
day_first = true                 # 03/04/2024 is 3 April; default: each column decides
[fields]
time = "detected.at"             # one name or path, or several: the first that says anything counts
title = ["threat.name", "message"]
[severity]
"Mức 1" = "Critical"             # a word of the file's → OCSF's
[class]
"Mã tống tiền" = "malicious-code"

Of an upstream coordinator also: [fields] notice (its identifier), notice_state, acknowledge_by; and before [fields]
closed = ["Đã đóng"]             # the words of its by which a matter is closed
"""

import re
import tomllib
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from datetime import tzinfo
from types import MappingProxyType
from typing import Any

from vonggac.errors import InputError
from vonggac.formats.alerts import rsit
from vonggac.formats.alerts.alert import IncidentClass, Severity
from vonggac.formats.times import find_zone

FIELDS = (
    "time", "source_address", "source_port", "destination_address", "destination_port", "protocol", "severity",
    "title", "rule_id", "class", "host", "action", "status", "count", "user", "file", "url", "domain", "md5", "sha1",
    "sha256", "process", "notice", "notice_state", "acknowledge_by",
)  # fmt: skip
# Behind a field that nobody confirmed yet, with an example of what it would read.
GUESSED = "# ?"
_GUESSED_LINE = re.compile(r"""^(?P<said>\s*(?P<name>\w+)\s*=.*?["'\]])\s*# \?.*$""", re.MULTILINE)
# A name that no field uses yet, as a line to which a person gives a field.
_LEFT = "#  = "
_LEFT_LINE = re.compile(rf"^{_LEFT}.*(?:\n|\Z)", re.MULTILINE)
_FIELDS_LINE = re.compile(r"^[ \t]*\[fields\][^\n]*\n", re.MULTILINE)
NONE_LEFT: Dictionary[str, str] = MappingProxyType({})
_PARTS = ("records", "time_zone", "day_first", "closed", "fields", "severity", "class")


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a sender's names mean; `columns`: field (one of `FIELDS`) → names or paths, best first."""

    columns: Dictionary[str, tuple[str, ...]]
    records: str | None = None
    time_zone: str = ""
    """Of times without offset; empty: that which is said of the file."""
    day_first: bool | None = None
    severities: Dictionary[str, Severity] = field(default_factory=dict)
    classes: Dictionary[str, IncidentClass] = field(default_factory=dict)
    closed: tuple[str, ...] = ()

    @property
    def zone(self) -> tzinfo:
        """The zone of times without offset."""
        return find_zone(self.time_zone)


def from_toml(text: str) -> Mapping:
    """The mapping that a person wrote; InputError that names the wrong part and what may stand there."""
    try:
        value = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise InputError(f"the mapping is not TOML: {problem}") from problem
    for part in value:
        if part not in _PARTS:
            raise InputError(f"the mapping has a part {part!r}; known are {', '.join(_PARTS)}")
    records, day_first = value.get("records"), value.get("day_first")
    if not isinstance(records, str | None):
        raise InputError('"records" of the mapping has to be a path, for example "data.alerts"')
    if day_first not in (None, True, False):
        raise InputError('"day_first" of the mapping has to be true or false')
    closed = value.get("closed", [])
    if not isinstance(closed, list) or not all(isinstance(word, str) for word in closed):
        raise InputError('"closed" of the mapping has to be a list of words, for example ["Closed"]')
    time_zone = str(value.get("time_zone") or "")
    find_zone(time_zone)
    return Mapping(
        _columns(value.get("fields")),
        records,
        time_zone,
        day_first,
        {word: _severity(word, name) for word, name in _words(value, "severity")},
        {word: _class(word, name) for word, name in _words(value, "class")},
        tuple(closed),
    )


def guessed(text: str) -> list[str]:
    """The fields of a mapping in TOML that are still marked as a guess."""
    return [one["name"] for one in _GUESSED_LINE.finditer(text)]


def confirmed(text: str) -> str:
    """The mapping in TOML without the marks, and the names left over: a person says that each field is right."""
    return _LEFT_LINE.sub("", _GUESSED_LINE.sub(lambda one: one["said"], text))


def with_guess(
    text: str, guess: Mapping, examples: Dictionary[str, str], left: Dictionary[str, str] = NONE_LEFT
) -> str:
    """The mapping in TOML with what it does not say itself, marked as a guess; what a person wrote stays.

    `left`: names that the guess does not use, with an example of each, which stand as comments to be used.
    """
    text = _LEFT_LINE.sub("", text)
    known = from_toml(text).columns if _FIELDS_LINE.search(f"{text}\n") else {}
    used = {path for paths in known.values() for path in paths}
    heads = [
        f"{part} = {_quoted(value)}  {GUESSED}\n"
        for part, value in (("records", guess.records), ("time_zone", guess.time_zone))
        if value and not re.search(rf"^\s*{part}\s*=", text, re.MULTILINE)
    ]
    fields = [
        f"{_line(name, paths)}  {GUESSED} {_shown(examples.get(name, ''))}".rstrip() + "\n"
        for name, paths in guess.columns.items()
        if name not in known and not used & set(paths)
    ]
    fields += [
        f"{_LEFT}[{_quoted(path)}]  # {_shown(example)}".rstrip(" #") + "\n"
        for path, example in left.items()
        if path not in used
    ]
    own = text.rstrip("\n") + "\n" if text.strip() else ""
    if not _FIELDS_LINE.search(own):
        own += "[fields]\n"
    return "".join(heads) + _FIELDS_LINE.sub(lambda one: one[0] + "".join(fields), own, count=1)


def to_toml(mapping: Mapping) -> str:
    """The mapping as TOML, to be shown, corrected and used again."""
    lines = [f"records = {_quoted(mapping.records)}"] if mapping.records is not None else []
    if mapping.time_zone:
        lines.append(f"time_zone = {_quoted(mapping.time_zone)}")
    if mapping.day_first is not None:
        lines.append(f"day_first = {str(mapping.day_first).lower()}")
    if mapping.closed:
        lines.append(f"closed = [{', '.join(map(_quoted, mapping.closed))}]")
    lines.append("[fields]")
    lines += [_line(name, columns) for name, columns in mapping.columns.items()]
    for part, meanings in (("severity", mapping.severities), ("class", mapping.classes)):
        if meanings:
            lines.append(f"[{part}]")
            lines += [f"{_quoted(word)} = {_quoted(meaning.value)}" for word, meaning in meanings.items()]
    return "\n".join(lines) + "\n"


def _line(name: str, columns: tuple[str, ...]) -> str:
    return f"{name} = [{', '.join(map(_quoted, columns))}]"


def _shown(text: str) -> str:
    """A text as it may stand in a comment of TOML."""
    return "".join(one if one.isprintable() else " " for one in text)


def _columns(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict) or not value:
        raise InputError('the mapping needs a part [fields], for example: [fields] time = "timestamp"')
    found = {}
    for name, given in value.items():
        if name not in FIELDS:
            raise InputError(f"the mapping names the field {name!r}; known are {', '.join(FIELDS)}")
        names = [given] if isinstance(given, str) else given
        if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
            raise InputError(f"the mapping of {name!r} has to be a name or a list of names")
        found[name] = tuple(names)
    return found


def _words(value: dict[str, Any], part: str) -> list[tuple[str, Any]]:
    inside = value.get(part, {})
    if not isinstance(inside, dict):
        raise InputError(f"[{part}] of the mapping has to be a table of words")
    return list(inside.items())


def _severity(word: str, name: Any) -> Severity:
    found = next((one for one in Severity if isinstance(name, str) and one.value.lower() == name.lower()), None)
    if found is None:
        known = ", ".join(one.value for one in Severity)
        raise InputError(f"the severity of {word!r} is {name!r}; it has to be one of {known}")
    return found


def _class(word: str, name: Any) -> IncidentClass:
    found = rsit.named(name if isinstance(name, str) else None)
    if found is None:
        known = ", ".join(one.value for one in IncidentClass)
        raise InputError(f"the class of {word!r} is {name!r}; it has to be one of {known}")
    return found


def _quoted(text: str) -> str:
    """A basic string of TOML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one >= " " and one != "\x7f" else f"\\u{ord(one):04x}" for one in escaped) + '"'
