"""IODEF incidents: XML of RFC 5070 (1.0) and RFC 7970 (2.0), and the JSON of RFC 8727, read and written.

One alert a flow of an incident, or one an incident that names no flow. The flow's source is the source; a target that
is only named gives the host.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element

import msgspec

from vonggac.errors import UnreadableFile
from vonggac.formats.alerts import json_pieces, rsit, values, words
from vonggac.formats.alerts.alert import Alert, IncidentClass, Observable, Severity
from vonggac.formats.alerts.detection import Format, Options, Sample
from vonggac.formats.alerts.outcome import Batch, Piece, Unreadable, each
from vonggac.formats.alerts.source import Source
from vonggac.formats.alerts.xml_pieces import local, parse

_LISTS = frozenset({"Incident", "EventData", "Flow", "System", "Address", "Service", "Assessment", "Description"})
_INCIDENTS = frozenset({("Incident",)})
_SIDES = {"source": "source", "infrastructure": "source", "target": "target", "intermediate": "", "sensor": "sensor"}
# RFC 5070 §3.10.1 Impact type, RFC 7970 §3.12.1 SystemImpact type and §3.12.2.
_IMPACTS = {
    "admin": IncidentClass.INTRUSIONS, "dos": IncidentClass.AVAILABILITY, "extortion": IncidentClass.FRAUD,
    "file": IncidentClass.INTRUSIONS, "info-leak": IncidentClass.INFORMATION_CONTENT_SECURITY,
    "misconfiguration": IncidentClass.VULNERABLE, "recon": IncidentClass.INFORMATION_GATHERING,
    "policy": IncidentClass.OTHER, "social-engineering": IncidentClass.FRAUD, "user": IncidentClass.INTRUSIONS,
    "takeover-system": IncidentClass.INTRUSIONS, "takeover-account": IncidentClass.INTRUSIONS,
    "takeover-service": IncidentClass.INTRUSIONS, "cps-manipulation": IncidentClass.INTRUSIONS,
    "availability-system": IncidentClass.AVAILABILITY, "availability-service": IncidentClass.AVAILABILITY,
    "availability-account": IncidentClass.AVAILABILITY, "damaged-system": IncidentClass.AVAILABILITY,
    "breach-proprietary": IncidentClass.INFORMATION_CONTENT_SECURITY,
    "breach-privacy": IncidentClass.INFORMATION_CONTENT_SECURITY,
    "breach-credential": IncidentClass.INTRUSIONS, "integrity-data": IncidentClass.INFORMATION_CONTENT_SECURITY,
    "unauthorized": IncidentClass.INTRUSIONS,
}  # fmt: skip


def score_xml(sample: Sample) -> float:
    """1 for an IODEF document."""
    return 1.0 if sample.xml_root == "IODEF-Document" else 0.0


def score_json(sample: Sample) -> float:
    """1 for an object that holds a list of incidents with identifiers."""
    begin = sample.text[:20_000]
    return 1.0 if sample.begin[:1] in ("{", "[") and '"Incident"' in begin and '"IncidentID"' in begin else 0.0


def read_xml(source: Source, options: Options) -> Iterator[Batch]:
    """The incidents of an XML document; of a damaged one, those that were whole."""
    content = source.content()
    document = parse(content, source.name)
    incidents = [one for one in (document.root.iter() if document.root is not None else ()) if local(one) == "Incident"]
    if not incidents and document.damage is None:
        raise UnreadableFile(f"{source.name} holds no Incident: no IODEF document")
    pieces = []
    for incident in incidents:
        if document.is_whole(incident):
            line, start, end = document.places[incident]
            pieces.append(Piece(line, start, content[start:end], _as_json(incident)))
    if document.damage is not None:
        pieces.append(Piece(document.damage_line, 0, b"", damage=document.damage))
    yield from each(pieces, lambda piece, batch: _take(piece, batch, options))


def read_json(source: Source, options: Options) -> Iterator[Batch]:
    """The incidents of a JSON document."""
    yield from each(json_pieces.objects(source, _INCIDENTS), lambda piece, batch: _take(piece, batch, options))


def _as_json(element: Element) -> dict[str, Any]:
    """An element as RFC 8727 writes it: attributes and children as members, lists where several may stand."""
    found: dict[str, Any] = dict(element.attrib.items())
    for one in element:
        name = local(one)
        value: Any = _as_json(one) if len(one) or one.attrib else (one.text or "").strip()
        if name in _LISTS:
            found.setdefault(name, []).append(value)
        else:
            found.setdefault(name, value)
    if element.text and element.text.strip():
        found["value"] = element.text.strip()
    return found


def _take(piece: Piece, batch: Batch, options: Options) -> None:
    incident = piece.value
    if "IncidentID" not in incident:
        raise Unreadable("has no IncidentID: no IODEF incident")
    events = list(_events(incident))
    flows = [(event, flow) for event in events for flow in _objects(event.get("Flow"))] or [(incident, {})]
    for event, flow in flows:
        fields = values.Fields(piece, batch, options.zone)
        batch.alerts.append(_alert(piece, incident, event, flow, fields))


def _alert(
    piece: Piece, incident: dict[str, Any], event: dict[str, Any], flow: dict[str, Any], fields: values.Fields
) -> Alert:
    systems = _objects(flow.get("System"))
    by_side: dict[str, dict[str, Any]] = {}
    for system in systems:
        by_side.setdefault(_SIDES.get(str(system.get("category")), ""), system)
    source, target = by_side.get("source", {}), by_side.get("target", {})
    service = values.first([*_objects(target.get("Service")), *_objects(source.get("Service"))]) or {}
    severity, incident_class = _assessed(incident, event)
    identifier = incident.get("IncidentID")
    number = identifier.get("id", identifier.get("value")) if isinstance(identifier, dict) else identifier
    return Alert(
        fields.time("DetectTime", *_times(event), *_times(incident)),
        fields.address("source", _address(source)),
        fields.port("source port", _port(source)),
        fields.address("target", _address(target)),
        fields.port("target port", _port(target)),
        values.protocol(values.first([service.get("ip-protocol"), service.get("ip_protocol")])),
        severity,
        _description(event) or _description(incident) or values.text(number),
        values.text(number),
        incident_class,
        values.text(values.first([_name(target), _name(source)])),
        piece.line,
        piece.offset,
        len(piece.raw),
        observables=tuple(_observables(systems)),
    )


def _events(incident: dict[str, Any], depth: int = 8) -> Iterator[dict[str, Any]]:
    """The event data of an incident, those within others after them."""
    for event in _objects(incident.get("EventData")):
        yield event
        if depth:
            yield from _events(event, depth - 1)


def _times(holder: dict[str, Any]) -> list[Any]:
    return [holder.get(name) for name in ("DetectTime", "StartTime", "ReportTime", "GenerationTime")]


def _assessed(incident: dict[str, Any], event: dict[str, Any]) -> tuple[Severity, IncidentClass | None]:
    """(severity, class) of the first assessment that names them; impacts may be objects or, in JSON, lists of them."""
    severity, incident_class = None, None
    for assessment in [*_objects(event.get("Assessment")), *_objects(incident.get("Assessment"))]:
        named = [*_objects(assessment.get("IncidentCategory")), *_objects(assessment.get("SystemImpact")),
                 *_objects(assessment.get("Impact")), *_objects(assessment.get("BusinessImpact"))]  # fmt: skip
        # RFC 8727 §2.2.5 lets an assessment list its impacts under their own names.
        named += [inside for one in _objects(assessment.get("impact")) for inside in one.values()
                  if isinstance(inside, dict)]  # fmt: skip
        for impact in named:
            severity = severity or words.severity(values.text(impact.get("severity")))
            kind = values.text(impact.get("type"))
            incident_class = incident_class or _IMPACTS.get(kind or "") or rsit.of_words(kind)
    return severity or Severity.UNKNOWN, incident_class


def _description(holder: dict[str, Any]) -> str | None:
    said = values.first([holder.get("Description")])
    return values.text(said.get("value") if isinstance(said, dict) else said)


def _address(system: dict[str, Any]) -> str | None:
    node = _object(system.get("Node"))
    listed = node.get("Address")
    for one in listed if isinstance(listed, list) else [listed]:
        text = (one.get("value") or one.get("address")) if isinstance(one, dict) else one
        if values.address(text) is not None:
            return str(text)
    return None


def _port(system: dict[str, Any]) -> Any:
    service = next(iter(_objects(system.get("Service"))), {})
    return values.first([service.get("Port")])


def _name(system: dict[str, Any]) -> Any:
    node = _object(system.get("Node"))
    domains = [one.get("Name") for one in _objects(node.get("DomainData"))]
    named = values.first([node.get("NodeName"), *domains])
    return named.get("value") if isinstance(named, dict) else named


def _observables(systems: Sequence[dict[str, Any]]) -> Iterator[Observable]:
    for system in systems:
        node = _object(system.get("Node"))
        data = next(iter(_objects(node.get("DomainData"))), {})
        if text := values.text(data.get("Name")):
            yield Observable("domain", text)
        if text := values.text(values.first([node.get("URL")])):
            yield Observable("url", text)


def _objects(value: Any) -> list[dict[str, Any]]:
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, dict)]


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def write_json(alerts: Sequence[Alert], reporter: str, at: datetime) -> bytes:
    """An RFC 8727 document with one incident an alert; `reporter` names the team that assigned the numbers."""
    incidents = [_incident(alert, reporter, number, at) for number, alert in enumerate(alerts, start=1)]
    return msgspec.json.encode({"version": "2.0", "lang": "en", "Incident": incidents})


def _incident(alert: Alert, reporter: str, number: int, at: datetime) -> dict[str, Any]:
    moment = alert.time_utc or None
    event: dict[str, Any] = {"Description": [alert.title]} if alert.title else {}
    systems = [
        _system("source", alert.source_address, alert.source_port, alert.protocol, None),
        _system("target", alert.destination_address, alert.destination_port, alert.protocol, alert.host),
    ]
    if present := [one for one in systems if one is not None]:
        event["Flow"] = [{"System": present}]
    impact = {"severity": _IODEF_SEVERITIES.get(alert.severity), "type": _IODEF_TYPES.get(alert.incident_class)}
    return {
        "purpose": "reporting",
        "IncidentID": {"id": (alert.rule_id and f"{number}:{alert.rule_id}") or str(number), "name": reporter},
        "GenerationTime": _shown(at),
        "Contact": [{"type": "organization", "role": "creator", "ContactName": [reporter]}],
        **({"DetectTime": _shown(moment)} if moment else {}),
        "Assessment": [{"impact": [{"SystemImpact": {name: word for name, word in impact.items() if word}}]}],
        "EventData": [event],
    }


def _system(
    side: str, address: str | None, port: int | None, protocol: str | None, host: str | None
) -> dict[str, Any] | None:
    if address is None and host is None:
        return None
    node: dict[str, Any] = {}
    if address is not None:
        node["Address"] = [{"category": "ipv6-addr" if ":" in address else "ipv4-addr", "value": address}]
    if host is not None:
        node["DomainData"] = [{"system-status": "unknown", "domain-status": "unknown", "Name": host}]
    system: dict[str, Any] = {"category": side, "Node": node}
    if port is not None:
        service: dict[str, Any] = {"Port": port}
        if protocol in _PROTOCOL_NUMBERS:
            service["ip-protocol"] = _PROTOCOL_NUMBERS[protocol]
        system["Service"] = [service]
    return system


def _shown(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_PROTOCOL_NUMBERS: dict[str | None, int] = {"tcp": 6, "udp": 17, "icmp": 1, "sctp": 132, "ipv6-icmp": 58}
# RFC 7970 §3.12.1 knows low, medium and high.
_IODEF_SEVERITIES = {
    Severity.INFORMATIONAL: "low", Severity.LOW: "low", Severity.MEDIUM: "medium", Severity.HIGH: "high",
    Severity.CRITICAL: "high", Severity.FATAL: "high",
}  # fmt: skip
_IODEF_TYPES: dict[IncidentClass | None, str] = {
    IncidentClass.INTRUSIONS: "takeover-system", IncidentClass.AVAILABILITY: "availability-system",
    IncidentClass.INFORMATION_CONTENT_SECURITY: "integrity-data", IncidentClass.INFORMATION_GATHERING: "recon",
    IncidentClass.FRAUD: "social-engineering", IncidentClass.VULNERABLE: "misconfiguration",
}  # fmt: skip

XML = Format("iodef", "IODEF (RFC 5070, RFC 7970)", score_xml, read_xml, ("iodef-xml",))
JSON = Format("iodef-json", "IODEF JSON (RFC 8727)", score_json, read_json, ("rfc8727",))
