"""JSON of any product through a mapping that a user writes (`mapping`); nothing is guessed."""

import re
from collections.abc import Iterator
from typing import Any

from vonggac.errors import MappingNeeded
from vonggac.formats.alerts import json_pieces
from vonggac.formats.alerts.detection import Format, Options, Sample
from vonggac.formats.alerts.mapped import taking
from vonggac.formats.alerts.outcome import Batch, each
from vonggac.formats.alerts.source import Source
from vonggac.formats.alerts.table_pieces import Times

_STEP = re.compile(r"([^.\[\]]+)|\[(\d{1,6})\]")


def score(_: Sample) -> float:
    """Never recognised by itself: without a mapping nobody knows what its names mean."""
    return 0.0


def read(source: Source, options: Options) -> Iterator[Batch]:
    """The records of a JSON file through the mapping; MappingNeeded where there is none."""
    mapping = options.mapping
    if mapping is None:
        raise MappingNeeded(
            f"{source.name}: generic JSON needs a mapping (TOML) that says which of its names or paths means what, "
            "such as time = 'detected.at', title = 'threat.name', source_address = 'hosts[0].ip' below [fields]"
        )
    path = tuple(mapping.records.split(".")) if mapping.records else ()
    opened = frozenset(path[: end + 1] for end in range(len(path))) if path else json_pieces.WRAPPERS
    yield from each(json_pieces.objects(source, opened), taking(mapping, look_up, Times(day_first=mapping.day_first)))


def look_up(value: Any, path: str) -> Any:
    """What an object says under a path (`threat.name`, `hosts[0].ip`); a name that holds dots itself counts first."""
    if isinstance(value, dict) and path in value:
        return value[path]
    for name, index in _STEP.findall(path):
        if isinstance(value, list):
            value = value[int(index or 0)] if int(index or 0) < len(value) else None
            if index:
                continue
        value = value.get(name) if isinstance(value, dict) and name else None
    return None if isinstance(value, dict) else value


FORMAT = Format("json", "JSON through a mapping", score, read, ("generic-json", "mapped-json"))
