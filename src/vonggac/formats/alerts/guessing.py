"""A mapping guessed from names alone: of a table's columns, or of the paths of JSON objects.

It is something to start from: shown with an example of each field, corrected and confirmed by a person. No file is read
by the guess of its JSON unseen.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from itertools import islice
from typing import Any

from vonggac.errors import MappingNeeded
from vonggac.formats.alerts import antimalware_table, json_pieces, mapped_json, values
from vonggac.formats.alerts.detection import Options, Sample
from vonggac.formats.alerts.mapping import Mapping
from vonggac.formats.alerts.source import Source
from vonggac.formats.alerts.table_pieces import RowTable
from vonggac.formats.botnet_columns import fold

# Folded names, best first, beside those of anti-malware tables; a path counts by all of its names, or by its last two.
_NAMES: dict[str, tuple[str, ...]] = {
    "time": ("timestamp", "event time", "occurred at", "created at", "start time", "utc time", "log time", "ts", "at"),
    "rule_id": ("rule id", "signature id", "sid", "rule uuid", "alert rule id", "detection id", "plugin id"),
    "source_address": ("source ip", "src ip", "srcip", "source address", "src address", "src addr", "attacker ip",
                       "client ip", "source", "src"),
    "source_port": ("source port", "src port", "srcport", "spt", "sport"),
    "destination_address": ("destination ip", "dest ip", "dst ip", "dstip", "destination address", "dst address",
                            "dest address", "dst addr", "target ip", "remote ip", "server ip", "destination", "dst"),
    "destination_port": ("destination port", "dest port", "dst port", "dstport", "dpt", "dport", "target port"),
    "protocol": ("protocol", "proto", "transport", "giao thuc"),
    "title": ("alert name", "rule name", "signature", "alert title", "event name", "rule description", "threat",
              "title", "message", "description", "msg", "name"),
    "severity": ("severity", "alert severity", "rule level", "threat severity", "level", "priority", "risk score"),
    "class": ("category", "alert category", "classification", "alert type", "event type", "type"),
    "host": ("agent name", "asset name", "hostname", "host"),
    "domain": ("domain", "domain name", "dns query", "query", "fqdn", "ten mien"),
    "sha256": ("hash sha256",), "sha1": ("hash sha1",), "md5": ("hash md5",),
}  # fmt: skip
# Alone below some other name these say nothing of what they are: `agent.name`, `rule.id`, `user.type`.
_GENERIC = frozenset({
    "name", "id", "type", "title", "message", "description", "status", "level", "priority", "date", "time", "ip",
    "host", "source", "src", "destination", "dst", "result", "object", "location", "path", "file", "account", "action",
    "count", "risk", "query", "process", "user", "domain", "response", "threat", "device", "machine", "at",
})  # fmt: skip
_NEEDED = frozenset({"title", "rule_id", "source_address", "destination_address", "host"})
_OBJECTS, _DEPTH, _PATHS, _EXAMPLE_CHARACTERS, _LEFT = 50, 6, 500, 60, 40
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_INDEX = re.compile(r"s?\[\d+\]")  # `hosts[0].ip` is a host's
_PLAIN_NAME = re.compile(r"[^.\[\]]+")


@dataclass(frozen=True, slots=True)
class Guess:
    """The mapping, of each of its fields the first value that it would read, and the names that it leaves, likewise."""

    mapping: Mapping
    examples: Dictionary[str, str]
    left: Dictionary[str, str]
    is_json: bool = True


def guess(source: Source, options: Options) -> Guess:
    """The guess for a file's begin; MappingNeeded where no name says what is needed."""
    if not Sample(source).is_json:
        table = RowTable(source)
        mapping = antimalware_table.mapping_of(table.columns, options)
        rows = [one.value for one in table.pieces() if one.damage is None]
        return _guess(mapping, table.columns, rows, lambda row, column: row.get(column), is_json=False)
    records, objects = _objects(source)
    found = _fields(path for one in objects for path in islice(_paths(one), _PATHS))
    if not _NEEDED & found.keys():
        raise MappingNeeded(
            f"no name in {source.name} says what was found or where; write the mapping's [fields] by hand"
        )
    mapping = Mapping({name: (path,) for name, path in found.items()}, records=records)
    paths = dict.fromkeys(path for one in objects for path in islice(_paths(one), _PATHS))
    return _guess(mapping, list(paths), objects, mapped_json.look_up, is_json=True)


def _guess(mapping: Mapping, names: Sequence[str], records: Sequence[Any], look_up: Any, *, is_json: bool) -> Guess:
    used = {column: name for name, columns in mapping.columns.items() for column in columns[:1]}
    said = {
        one: next((text for record in records if (text := values.text(look_up(record, one)))), "")
        for one in (*used, *[name for name in names if name not in used][:_LEFT])
    }
    shown = {one: " ".join(text.split())[:_EXAMPLE_CHARACTERS] for one, text in said.items()}
    examples = {used[one]: text for one, text in shown.items() if one in used}
    return Guess(mapping, examples, {one: text for one, text in shown.items() if one not in used}, is_json)


def _objects(source: Source) -> tuple[str | None, list[dict[str, Any]]]:
    """(where the records stand, if it has to be said; the first of them)."""
    pieces = json_pieces.objects(source)
    found = [one.value for one in islice(pieces, _OBJECTS) if one.damage is None]
    for path, inside in _lists(found[0], ()) if len(found) == 1 else ():
        records = ".".join(path)
        # An alert may hold a list itself, of its hosts; what wraps alerts says nothing of any.
        outside = (one for one in islice(_paths(found[0]), _PATHS) if not one.startswith(f"{records}["))
        if not _NEEDED & _fields(outside).keys():
            return records, inside[:_OBJECTS]
    return None, found


def _lists(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[dict[str, Any]]]]:
    """The lists of several objects below an object, by the names that lead there."""
    for name, one in value.items() if isinstance(value, dict) and len(path) < _DEPTH else ():
        if isinstance(one, list) and len(one) > 1 and all(isinstance(each, dict) for each in one):
            yield (*path, name), one
        elif _PLAIN_NAME.fullmatch(name):
            yield from _lists(one, (*path, name))


def _paths(value: Any, path: str = "", depth: int = 0) -> Iterator[str]:
    """The paths of everything that an object says, in its order; of a list the first element alone."""
    if isinstance(value, dict) and depth < _DEPTH:
        for name, one in value.items():
            # A name with dots or brackets in it is found at the top alone.
            if not path or _PLAIN_NAME.fullmatch(name):
                yield from _paths(one, f"{path}.{name}" if path else name, depth + 1)
    elif isinstance(value, list) and value and depth < _DEPTH:
        yield from _paths(value[0], f"{path}[0]", depth + 1)
    elif not isinstance(value, dict | list) and values.text(value) is not None:
        yield path


def _fields(paths: Iterable[str]) -> dict[str, str]:
    """Field → path, each path used once: by all of its names first, then by its last two, then by the last alone."""
    left = {path: _folded(path) for path in paths}
    found: dict[str, str] = {}
    for place in range(3):
        for name in dict.fromkeys((*_NAMES, *antimalware_table.NAMES)):
            wanted = (*_NAMES.get(name, ()), *antimalware_table.NAMES.get(name, ()))
            path = next((path for one in wanted for path, forms in left.items() if forms[place] == one), None)
            if name not in found and path is not None:
                found[name] = path
                del left[path]
    return found


def _folded(path: str) -> tuple[str, str, str]:
    """A path as it is compared: all of it, its last two names, its last one unless that says nothing alone."""
    parts = [fold(_CAMEL.sub(" ", part)) for part in _INDEX.sub("", path).split(".")]
    last = "" if parts[-1] in _GENERIC and len(parts) > 1 else parts[-1]
    return " ".join(parts), " ".join(parts[-2:]), last
