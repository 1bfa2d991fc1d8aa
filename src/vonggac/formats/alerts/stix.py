"""STIX 2.1 (and 2.0) bundles: indicators, sightings and observed data as alerts, every other object an observation.

STIX knows no severity. A bare address in a pattern is what is reported, so it is the source; `network-traffic` names
both ends.
"""

import re
from collections.abc import Iterator
from typing import Any

from vonggac.formats.alerts import json_pieces, values
from vonggac.formats.alerts.alert import Alert, IncidentClass, Observable, Severity
from vonggac.formats.alerts.detection import Format, Options, Sample
from vonggac.formats.alerts.outcome import Batch, Piece, Unreadable, each
from vonggac.formats.alerts.source import Source

_OBJECTS = frozenset({("objects",)})
_BUNDLE = re.compile(r'"(?:bundle|indicator|sighting|observed-data|identity|malware|relationship)--[0-9a-f]{8}-')
_COMPARISON = re.compile(
    r"(?P<kind>[a-z0-9-]+):(?P<path>[\w.\-\[\]*']+)\s*(?P<not>NOT\s+)?(?P<operator>=|IN|LIKE|MATCHES|ISSUBSET)\s*"
    r"(?P<values>\((?:[^)'\\]|'(?:[^'\\]|\\.)*')*\)|'(?:[^'\\]|\\.)*'|[\d.]+)"
)
_LITERAL = re.compile(r"'((?:[^'\\]|\\.)*)'|([\d.]+)")
# (object type, path without quotes) → kind of observable; addresses are told apart by the ends of traffic.
_KINDS = {
    ("domain-name", "value"): "domain", ("url", "value"): "url", ("file", "name"): "file",
    ("email-addr", "value"): "email", ("email-message", "from_ref.value"): "email",
    ("email-message", "subject"): "subject", ("windows-registry-key", "key"): "registry-key",
    ("mutex", "name"): "mutex", ("process", "command_line"): "process", ("user-account", "user_id"): "user",
    ("ipv4-addr", "value"): "source", ("ipv6-addr", "value"): "source",
    ("network-traffic", "src_ref.value"): "source", ("network-traffic", "dst_ref.value"): "destination",
    ("network-traffic", "src_port"): "source-port", ("network-traffic", "dst_port"): "destination-port",
}  # fmt: skip
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA1": "sha1", "SHA-256": "sha256", "SHA256": "sha256", "SHA-512": "sha512"}
_TYPES = {
    "compromised": IncidentClass.INTRUSIONS, "anomalous-activity": IncidentClass.OTHER,
    "anonymization": IncidentClass.OTHER, "benign": IncidentClass.OTHER, "attribution": IncidentClass.OTHER,
}  # fmt: skip
_MALWARE = ("malware", "tool", "infrastructure", "botnet")
_TRANSPORTS = ("tcp", "udp", "icmp", "ipv6-icmp", "sctp")

Known = dict[str, dict[str, Any]]
Facts = list[tuple[str, str]]  # (kind, value), in the order in which they are told


def score(sample: Sample) -> float:
    """1 where the identifiers of a bundle stand in the file's begin."""
    return 1.0 if sample.begin[:1] in ("{", "[") and _BUNDLE.search(sample.text[:20_000]) else 0.0


def read(source: Source, options: Options) -> Iterator[Batch]:
    """The alerts of a bundle, or of STIX objects one a line."""
    pieces = list(json_pieces.objects(source, _OBJECTS))
    known = {identifier: piece.value for piece in pieces
             if piece.value is not None and isinstance(identifier := piece.value.get("id"), str)}  # fmt: skip
    context = _indicated(known)

    def take(piece: Piece, batch: Batch) -> None:
        kind = piece.value.get("type")
        if not isinstance(kind, str):
            raise Unreadable("has no type: no STIX object")
        reader = _READERS.get(kind)
        if reader is None:
            batch.observations += 1
            return
        batch.alerts.append(reader(piece, known, context, values.Fields(piece, batch, options.zone)))

    yield from each(pieces, take)


def _indicated(known: Known) -> dict[str, IncidentClass]:
    """Indicator → malicious code, where a relationship says that it indicates malware."""
    return {
        str(one.get("source_ref")): IncidentClass.MALICIOUS_CODE
        for one in known.values()
        if one.get("type") == "relationship" and str(one.get("target_ref")).partition("--")[0] in _MALWARE
    }


def _indicator(piece: Piece, _: Known, context: dict[str, IncidentClass], fields: values.Fields) -> Alert:
    value = piece.value
    facts = facts_of_pattern(str(value.get("pattern") or ""))
    title = values.text(value.get("name")) or values.text(value.get("description")) or values.text(value.get("pattern"))
    times = (value.get("valid_from"), value.get("created"))
    return _alert(piece, fields, ("valid_from", times), title, values.text(value.get("id")), facts,
                  _class(value, context))  # fmt: skip


def _sighting(piece: Piece, known: Known, context: dict[str, IncidentClass], fields: values.Fields) -> Alert:
    value = piece.value
    seen = known.get(str(value.get("sighting_of_ref")), {})
    where = [known.get(str(one), {}) for one in _listed(value.get("where_sighted_refs"))]
    observed = [known.get(str(one), {}) for one in _listed(value.get("observed_data_refs"))]
    facts = [fact for one in observed for fact in _facts_observed(one, known)]
    facts = facts or facts_of_pattern(str(seen.get("pattern") or ""))
    name = values.text(seen.get("name")) or values.text(value.get("sighting_of_ref"))
    times = (value.get("first_seen"), value.get("last_seen"), value.get("created"))
    return _alert(
        piece, fields, ("first_seen", times), f"Sighting: {name}" if name else None,
        values.text(value.get("sighting_of_ref")), facts, _class(seen, context),
        host=values.text(values.first(one.get("name") for one in where)), count=value.get("count"),
    )  # fmt: skip


def _observed(piece: Piece, known: Known, _: dict[str, IncidentClass], fields: values.Fields) -> Alert:
    value = piece.value
    facts = _facts_observed(value, known)
    kinds = dict.fromkeys(str(one.get("type")) for one in _observed_objects(value, known))
    times = (value.get("first_observed"), value.get("last_observed"), value.get("created"))
    return _alert(
        piece, fields, ("first_observed", times), "Observed: " + ", ".join(kinds) if kinds else "Observed data",
        values.text(value.get("id")), facts, None, count=value.get("number_observed"),
    )  # fmt: skip


_READERS = {"indicator": _indicator, "sighting": _sighting, "observed-data": _observed}


def _alert(
    piece: Piece,
    fields: values.Fields,
    times: tuple[str, tuple[Any, ...]],
    title: str | None,
    rule_id: str | None,
    facts: Facts,
    incident_class: IncidentClass | None,
    *,
    host: str | None = None,
    count: Any = None,
) -> Alert:
    first: dict[str, str] = {}
    for kind, fact in facts:
        first.setdefault(kind, fact)
    ends = ("source", "destination", "source-port", "destination-port", "protocol")
    used = {(end, first.get(end)) for end in ends}
    return Alert(
        fields.time(times[0], *times[1]),
        fields.address("source", first.get("source")),
        fields.port("src_port", first.get("source-port")),
        fields.address("destination", first.get("destination")),
        fields.port("dst_port", first.get("destination-port")),
        values.protocol(first.get("protocol")),
        Severity.UNKNOWN,
        title,
        rule_id,
        incident_class,
        host,
        piece.line,
        piece.offset,
        len(piece.raw),
        count=max(values.whole(count) or 1, 1),
        observables=tuple(
            Observable("address" if kind in ends[:2] else kind, text)
            for kind, fact in facts
            if (kind, fact) not in used and kind not in ends[2:] and (text := values.text(fact))
        ),
    )


def facts_of_pattern(pattern: str) -> Facts:
    """What the comparisons of a STIX pattern name; what a pattern excludes is left out."""
    found: Facts = []
    for match in _COMPARISON.finditer(pattern[:100_000]):
        kind = _kind(match["kind"], match["path"].replace("'", "").replace('"', ""))
        if kind is None or match["not"] or pattern[: match.start()].rstrip().endswith("NOT"):
            continue
        for quoted, number in _LITERAL.findall(match["values"]):
            found.append((kind, re.sub(r"\\(.)", r"\1", quoted) if quoted else number))
    return found


def _kind(object_type: str, path: str) -> str | None:
    if path.startswith("hashes"):
        return _HASHES.get(re.sub(r"^hashes[.\[]|\]$", "", path).upper())
    if object_type == "network-traffic" and path.startswith("protocols"):
        return "protocol"
    return _KINDS.get((object_type, path))


def _facts_observed(value: dict[str, Any], known: Known) -> Facts:
    objects = _observed_objects(value, known)
    held = value.get("objects")
    inside: dict[str, Any] = held if isinstance(held, dict) else {}
    found: Facts = []
    for one in objects:
        if one.get("type") == "network-traffic":
            for name, kind in (("src_ref", "source"), ("dst_ref", "destination")):
                end = known.get(str(one.get(name))) or inside.get(str(one.get(name))) or {}
                if isinstance(end, dict) and isinstance(end.get("value"), str):
                    found.append((kind, end["value"]))
            found += [(kind, str(one[name])) for name, kind in (("src_port", "source-port"),
                      ("dst_port", "destination-port")) if one.get(name) is not None]  # fmt: skip
            spoken = [str(name).lower() for name in _listed(one.get("protocols"))]
            found += [("protocol", name) for name in spoken if name in _TRANSPORTS] or [
                ("protocol", name) for name in spoken[-1:]
            ]
    ends = {fact for kind, fact in found if kind in ("source", "destination")}
    for one in objects:
        for path, text in (("value", one.get("value")), ("name", one.get("name")), ("key", one.get("key"))):
            named = _KINDS.get((str(one.get("type")), path))
            if named is not None and isinstance(text, str) and text not in ends:
                found.append((named, text))
        hashes = one.get("hashes")
        for name, digest in hashes.items() if isinstance(hashes, dict) else ():
            if (hashed := _HASHES.get(str(name).upper())) and isinstance(digest, str):
                found.append((hashed, digest))
    return found


def _observed_objects(value: dict[str, Any], known: Known) -> list[dict[str, Any]]:
    """What was observed: referred to (2.1) or held inside (2.0)."""
    inside = value.get("objects")
    if isinstance(inside, dict):
        return [one for one in inside.values() if isinstance(one, dict)]
    return [known[ref] for ref in _listed(value.get("object_refs")) if isinstance(ref, str) and ref in known]


def _class(value: dict[str, Any], context: dict[str, IncidentClass]) -> IncidentClass | None:
    if found := context.get(str(value.get("id"))):
        return found
    kinds = [*_listed(value.get("indicator_types")), *_listed(value.get("labels"))]
    return next((_TYPES[kind] for kind in kinds if isinstance(kind, str) and kind in _TYPES), None)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


FORMAT = Format("stix", "STIX 2.1", score, read, ("stix2", "stix-2.1"))
