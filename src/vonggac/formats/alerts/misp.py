"""MISP events as feeds, exports and searches give them: every attribute that names something observable is an alert.

Attributes of other kinds (text, comment, link …), deleted ones and events without attributes are observations. The
event gives title, severity and class; tags of RSIT decide, then those of other taxonomies by their words.
"""

import re
from collections.abc import Iterator
from typing import Any

from vonggac.formats.alerts import json_pieces, rsit, values
from vonggac.formats.alerts.alert import Alert, IncidentClass, Observable, Severity
from vonggac.formats.alerts.detection import Format, Options, Sample
from vonggac.formats.alerts.outcome import Batch, Piece, Unreadable, each
from vonggac.formats.alerts.source import Source

_EVENTS = frozenset({("response",), ("response", "Event"), ("Event",)})
_ATTRIBUTES = frozenset({("Attribute",), ("Object",), ("Object", "Attribute")})
_EVENT = re.compile(r'"Event"\s*:\s*\{|"Attribute"\s*:\s*\[')
_MARKS = re.compile(r'"(?:threat_level_id|to_ids|orgc_id|event_id|Orgc|info|attribute_count)"\s*:')
# MISP's core format: 1 high, 2 medium, 3 low, 4 undefined.
_SEVERITIES = {1: Severity.HIGH, 2: Severity.MEDIUM, 3: Severity.LOW}
# Attribute type → what its value is; of a type of two parts (`ip-dst|port`) both are named.
_KINDS = {
    "ip-src": "source", "ip-dst": "destination", "ip-src|port": "source|source-port",
    "ip-dst|port": "destination|destination-port", "domain": "domain", "hostname": "domain",
    "domain|ip": "domain|destination", "hostname|port": "domain|destination-port", "url": "url", "uri": "url",
    "md5": "md5", "sha1": "sha1", "sha256": "sha256", "sha512": "sha512", "sha224": "sha224", "sha384": "sha384",
    "ssdeep": "ssdeep", "imphash": "imphash", "pehash": "pehash", "tlsh": "tlsh", "filename": "file",
    "filename|md5": "file|md5", "filename|sha1": "file|sha1", "filename|sha256": "file|sha256",
    "filename|sha512": "file|sha512", "malware-sample": "file|md5", "email": "email", "email-src": "email",
    "email-dst": "email", "email-subject": "subject", "mutex": "mutex", "regkey": "registry-key",
    "regkey|value": "registry-key|registry-value", "user-agent": "user-agent", "yara": "yara", "sigma": "sigma",
    "snort": "snort", "vulnerability": "vulnerability", "btc": "bitcoin", "as": "as", "asn": "as",
    "ja3-fingerprint-md5": "ja3", "x509-fingerprint-sha1": "certificate", "mac-address": "mac", "port": "port",
    "phone-number": "phone", "named pipe": "pipe", "pattern-in-file": "pattern", "hostname|ip": "domain|destination",
    "x509-fingerprint-sha256": "certificate", "x509-fingerprint-md5": "certificate", "cdhash": "cdhash",
}  # fmt: skip
_ENDS = ("source", "destination", "source-port", "destination-port")
# Attribute categories of MISP's core format.
_CATEGORIES = {
    "Payload delivery": IncidentClass.MALICIOUS_CODE, "Payload installation": IncidentClass.MALICIOUS_CODE,
    "Artifacts dropped": IncidentClass.MALICIOUS_CODE, "Antivirus detection": IncidentClass.MALICIOUS_CODE,
    "Persistence mechanism": IncidentClass.MALICIOUS_CODE, "Financial fraud": IncidentClass.FRAUD,
}  # fmt: skip


def score(sample: Sample) -> float:
    """1 for the keys of a MISP event at the file's begin."""
    begin = sample.text[:20_000]
    return 1.0 if sample.begin[:1] in ("{", "[") and _EVENT.search(begin) and _MARKS.search(begin) else 0.0


def read(source: Source, options: Options) -> Iterator[Batch]:
    """The observable attributes of the events of a file."""
    yield from each(_attributes(source), lambda piece, batch: _take(piece, batch, options))


def _attributes(source: Source) -> Iterator[Piece]:
    """Every attribute as a piece whose value is (attribute, event); an event without any is a piece of its own."""
    for piece in json_pieces.objects(source, _EVENTS):
        value = piece.value
        if piece.damage is not None or ("Attribute" not in value and "Object" not in value):
            yield piece if piece.damage else Piece(piece.line, piece.offset, piece.raw, (value, {}))
            continue
        event = {name: inside for name, inside in value.items() if name not in ("Attribute", "Object")}
        found = False
        for one in json_pieces.elements(piece.raw.decode("utf-8", "replace"), _ATTRIBUTES):
            found = True
            place = (piece.line + one.line - 1, piece.offset + one.offset, one.raw)
            yield Piece(*place, one.damage or (one.value, event), one.damage)
        if not found:
            yield Piece(piece.line, piece.offset, piece.raw, (event, event))


def _take(piece: Piece, batch: Batch, options: Options) -> None:
    attribute, event = piece.value
    if attribute is event or ("info" in attribute and "value" not in attribute):
        batch.observations += 1
        return
    kinds = _KINDS.get(str(attribute.get("type")))
    told = values.text(attribute.get("value"))
    if "type" not in attribute or "value" not in attribute:
        raise Unreadable("has no type and value: no attribute of MISP's")
    if kinds is None or told is None or attribute.get("deleted") is True:
        batch.observations += 1
        return
    # `|` parts the two halves; a file name may hold it, a digest may not.
    parts = told.rsplit("|", 1) if "|" in kinds and "|" in told else [told]
    facts = dict(zip(kinds.split("|"), parts, strict=False))
    fields = values.Fields(piece, batch, options.zone)
    holder = attribute.get("Event") if isinstance(attribute.get("Event"), dict) else event
    batch.alerts.append(
        Alert(
            fields.time("timestamp", attribute.get("timestamp"), holder.get("timestamp"), holder.get("date")),
            fields.address("value", facts.get("source")),
            fields.port("value", facts.get("source-port")),
            fields.address("value", facts.get("destination")),
            fields.port("value", facts.get("destination-port")),
            None,
            _SEVERITIES.get(values.whole(holder.get("threat_level_id")) or 0, Severity.UNKNOWN),
            values.text(holder.get("info")) or values.text(attribute.get("comment")) or told,
            values.text(attribute.get("uuid")) or values.text(attribute.get("id")),
            _class(attribute, holder),
            None,
            piece.line,
            piece.offset,
            len(piece.raw),
            observables=tuple(Observable(kind, fact) for kind, fact in facts.items() if kind not in _ENDS and fact),
        )
    )


def _class(attribute: dict[str, Any], event: dict[str, Any]) -> IncidentClass | None:
    """By tags of RSIT (`rsit:malicious-code="c2-server"`), other tags' words, the attribute's category."""
    tags = [*_tags(attribute), *_tags(event)]
    for tag in tags:
        space, _, predicate = tag.partition(":")
        if space in ("rsit", "europol-incident", "ecsirt") and (found := rsit.named(predicate.partition("=")[0])):
            return found
    plain = [tag for tag in tags if not tag.startswith(("tlp:", "misp-galaxy:", "osint:", "type:"))]
    by_words = next((found for tag in plain if (found := rsit.of_words(tag))), None)
    return by_words or _CATEGORIES.get(str(attribute.get("category")))


def _tags(value: dict[str, Any]) -> list[str]:
    listed = value.get("Tag")
    return [str(one.get("name")) for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


FORMAT = Format("misp", "MISP event", score, read, ("misp-event",))
