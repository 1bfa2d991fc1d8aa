"""Alerts of objects or rows through a mapping: the one place where a sender's names become our fields."""

from collections.abc import Callable
from typing import Any

from vonggac.formats.alerts import rsit, values, words
from vonggac.formats.alerts.alert import Alert, IncidentClass, Notice, Observable, Severity
from vonggac.formats.alerts.mapping import Mapping
from vonggac.formats.alerts.outcome import Batch, Piece, Taking, Unreadable
from vonggac.formats.alerts.table_pieces import Times

_OBSERVABLES = ("user", "file", "url", "domain", "md5", "sha1", "sha256", "process")


def taking(
    mapping: Mapping,
    look_up: Callable[[Any, str], Any],
    times: Times,
    otherwise: IncidentClass | None = None,
    needed: tuple[str, ...] = ("title", "rule_id", "source_address", "destination_address", "host", "notice"),
) -> Taking:
    """A function that adds a piece through the mapping; `look_up` gives what a record says under a name or path.

    A record that says none of the `needed` fields is a reject: the mapping does not fit it. `otherwise` is the class of
    a record that names none.
    """

    def take(piece: Piece, batch: Batch) -> None:
        said = {
            name: values.first(look_up(piece.value, column) for column in columns)
            for name, columns in mapping.columns.items()
        }
        if all(said.get(name) is None for name in needed):
            raise Unreadable(f"says nothing under any of the mapping's names for {', '.join(needed)}")
        fields = values.Fields(piece, batch, mapping.zone)
        batch.alerts.append(_alert(piece, said, fields, mapping, times, otherwise))

    return take


def _alert(
    piece: Piece,
    said: dict[str, Any],
    fields: values.Fields,
    mapping: Mapping,
    times: Times,
    otherwise: IncidentClass | None,
) -> Alert:
    count = values.whole(said.get("count"))
    return Alert(
        times.of(fields, "time", said.get("time")),
        fields.address("source_address", said.get("source_address")),
        fields.port("source_port", said.get("source_port")),
        fields.address("destination_address", said.get("destination_address")),
        fields.port("destination_port", said.get("destination_port")),
        values.protocol(said.get("protocol")),
        _severity(said.get("severity"), mapping, fields),
        values.text(said.get("title")) or values.text(said.get("rule_id")),
        values.text(said.get("rule_id")),
        _class(values.text(said.get("class")), mapping) or otherwise,
        values.text(said.get("host")),
        piece.line,
        piece.offset,
        len(piece.raw),
        words.status(values.text(said.get("status"))),
        words.disposition(values.text(said.get("action"))),
        max(count or 1, 1),
        tuple(Observable(name, text) for name in _OBSERVABLES if (text := values.text(said.get(name)))),
        _notice(said, fields, mapping, times) if "notice" in said else None,
    )


def _notice(said: dict[str, Any], fields: values.Fields, mapping: Mapping, times: Times) -> Notice | None:
    identifier = Notice.named(values.text(said["notice"]))
    if not identifier:
        return None
    state, due = values.text(said.get("notice_state")) or "", said.get("acknowledge_by")
    acknowledge_by = None if due is None else times.of(fields, "acknowledge_by", due)
    return Notice(identifier, state, state in mapping.closed, acknowledge_by=acknowledge_by)


def _severity(said: Any, mapping: Mapping, fields: values.Fields) -> Severity:
    text = values.text(said)
    found = mapping.severities.get(text or "") or words.severity(text)
    if found is None and text is not None:
        fields.warn("severity", f"“{text[:100]}” is no severity; name it in [severity] of the mapping")
    return found or Severity.UNKNOWN


def _class(text: str | None, mapping: Mapping) -> IncidentClass | None:
    return mapping.classes.get(text or "") or rsit.named(text) or rsit.of_words(text)
