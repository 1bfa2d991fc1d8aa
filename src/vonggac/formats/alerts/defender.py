"""Microsoft Defender Antivirus and Defender for Endpoint, in the exports that administrators make.

Of the event log only what Defender found or what weakens it makes alerts; scans, updates and heartbeats are
observations, and so are the events of other providers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from vonggac.formats.alerts import json_pieces, rsit, values, words
from vonggac.formats.alerts.alert import Alert, Disposition, IncidentClass, Observable, Severity
from vonggac.formats.alerts.defender_forms import Flat, is_time, of_object, of_row, xml_pieces
from vonggac.formats.alerts.detection import Format, Options, Sample
from vonggac.formats.alerts.outcome import Batch, Piece, Unreadable, each
from vonggac.formats.alerts.source import Source
from vonggac.formats.alerts.table_pieces import RowTable, Times
from vonggac.formats.botnet_columns import fold


@dataclass(frozen=True, slots=True)
class _Event:
    title: str
    disposition: Disposition | None
    incident_class: IncidentClass | None


_MALWARE, _ATTEMPT = IncidentClass.MALICIOUS_CODE, IncidentClass.INTRUSION_ATTEMPTS
# Microsoft's list of the events of Defender Antivirus; what is not here is no alert.
_EVENTS = {
    1006: _Event("Malware found", Disposition.DETECTED, _MALWARE),
    1007: _Event("Action taken against malware", None, _MALWARE),
    1008: _Event("Action against malware failed", Disposition.ERROR, _MALWARE),
    1009: _Event("Item restored from quarantine", Disposition.RESTORED, _MALWARE),
    1015: _Event("Suspicious behaviour found", Disposition.DETECTED, _MALWARE),
    1116: _Event("Malware found", Disposition.DETECTED, _MALWARE),
    1117: _Event("Action taken against malware", None, _MALWARE),
    1118: _Event("Action against malware failed", Disposition.ERROR, _MALWARE),
    1119: _Event("Action against malware failed critically", Disposition.ERROR, _MALWARE),
    1121: _Event("Attack surface reduction rule blocked an operation", Disposition.BLOCKED, _ATTEMPT),
    1122: _Event("Attack surface reduction rule would have blocked an operation", Disposition.DETECTED, _ATTEMPT),
    1123: _Event("Controlled folder access blocked a change", Disposition.BLOCKED, _ATTEMPT),
    1124: _Event("Controlled folder access would have blocked a change", Disposition.DETECTED, _ATTEMPT),
    1125: _Event("Network protection would have blocked a connection", Disposition.DETECTED, _MALWARE),
    1126: _Event("Network protection blocked a connection", Disposition.BLOCKED, _MALWARE),
    1127: _Event("Controlled folder access blocked a change to memory", Disposition.BLOCKED, _ATTEMPT),
    1128: _Event("Controlled folder access would have blocked a change to memory", Disposition.DETECTED, _ATTEMPT),
    2001: _Event("Security intelligence update failed", Disposition.ERROR, IncidentClass.OTHER),
    3002: _Event("Real-time protection failed", Disposition.ERROR, IncidentClass.OTHER),
    5001: _Event("Real-time protection is disabled", None, IncidentClass.OTHER),
    5004: _Event("Real-time protection was reconfigured", None, IncidentClass.OTHER),
    5007: _Event("Configuration was changed", None, IncidentClass.OTHER),
    5008: _Event("Engine failed", Disposition.ERROR, IncidentClass.OTHER),
    5010: _Event("Scanning for unwanted software is disabled", None, IncidentClass.OTHER),
    5012: _Event("Scanning for viruses is disabled", None, IncidentClass.OTHER),
    5013: _Event("Tamper protection blocked a change", Disposition.BLOCKED, IncidentClass.OTHER),
}
# MSFT_MpThreat: SeverityID; the event log's levels as winmeta.xml names them.
_SEVERITIES = {1: Severity.LOW, 2: Severity.MEDIUM, 4: Severity.HIGH, 5: Severity.CRITICAL}
_LEVELS = {1: Severity.CRITICAL, 2: Severity.HIGH, 3: Severity.MEDIUM, 4: Severity.INFORMATIONAL}
_ACTIONS = {
    1: Disposition.CORRECTED, 2: Disposition.QUARANTINED, 3: Disposition.DELETED, 6: Disposition.ALLOWED,
    9: Disposition.NO_ACTION, 10: Disposition.BLOCKED,
}  # fmt: skip
_OBSERVABLES = {
    "process name": "process", "detection user": "user", "sha256": "sha256", "sha1": "sha1", "md5": "md5",
    "url": "url", "domain": "domain",
}  # fmt: skip
_PROVIDERS = ("windows defender", "microsoft antimalware", "microsoft defender")
_POWERSHELL = frozenset({"threatid", "threatname", "detectionid", "initialdetectiontime", "resources", "severityid"})
_ENDPOINT = frozenset({"detectionsource", "alertcreationtime", "threatfamilyname", "computerdnsname", "servicesource"})
_VIEWER = frozenset({"level", "date and time", "source", "event id", "task category"})
_WINEVENT = frozenset({"message", "id", "providername", "timecreated", "machinename"})
_PORTAL = frozenset({"investigation state", "detection source", "first activity", "impacted assets"})


def score(sample: Sample) -> float:
    """How much the begin looks like an export of Defender's."""
    if sample.xml_root:
        is_log = sample.xml_root in ("Event", "Events") and "schemas.microsoft.com/win" in sample.text
        return (1.0 if "Windows Defender" in sample.text else 0.7) if is_log else 0.0
    if sample.objects:
        return sample.share_of_objects(is_record)
    columns = sample.columns
    forms = (_VIEWER, _WINEVENT)
    if any(form <= columns for form in forms):
        return 0.9 if "Windows Defender" in sample.text else 0.6
    return 0.9 if len(_POWERSHELL & columns) >= 3 or len(_PORTAL & columns) >= 2 else 0.0


def is_record(value: dict[str, Any]) -> bool:
    """True for an object of Defender's."""
    names = {fold(key).replace(" ", "") for key in value}
    if len(_POWERSHELL & names) >= 2 or len(_ENDPOINT & names) >= 2:
        return True
    return _is_defender(of_object(value))


def read(source: Source, options: Options) -> Iterator[Batch]:
    """The alerts of an export."""
    sample = Sample(source)
    times = Times()
    if sample.xml_root or (sample.begin.startswith("<") and "<Event" in sample.text):
        pieces = xml_pieces(source)
    elif sample.is_json:
        pieces = (_flat(piece) for piece in json_pieces.objects(source))
    else:
        table = RowTable(source)
        times = Times(table.cells(name for name in table.columns if is_time(name)), options.zone)
        pieces = (replace(one, value=of_row(one.value)) if one.damage is None else one for one in table.pieces())
    yield from each(pieces, lambda piece, batch: _take(piece, batch, options, times))


def _flat(piece: Piece) -> Piece:
    if piece.damage is not None:
        return piece
    if not is_record(piece.value) and "Event" not in piece.value and "winlog" not in piece.value:
        return replace(piece, damage="is no record of Defender's")
    return replace(piece, value=of_object(piece.value))


def _is_defender(flat: Flat) -> bool:
    said = " ".join(str(flat.get(name) or "") for name in ("provider", "channel")).lower().replace("-", " ")
    return any(name in said for name in _PROVIDERS)


def _take(piece: Piece, batch: Batch, options: Options, times: Times) -> None:
    flat: Flat = piece.value
    event = None
    number = values.whole(flat.get("event id"))
    if number is not None and ("provider" in flat or "channel" in flat):
        event = _EVENTS.get(number)
        if not _is_defender(flat) or event is None:
            batch.observations += 1
            return
    threat = values.text(flat.get("threat name")) or values.text(flat.get("threat family"))
    title = values.text(flat.get("title")) or threat or (event.title if event else None)
    if title is None and (threat_id := values.text(flat.get("threat id"))):
        title = f"Threat {threat_id}"
    if title is None:
        raise Unreadable("names neither a threat nor an event of Defender's")
    fields = values.Fields(piece, batch, options.zone)
    time = (flat.get("time"), flat.get("first time"), flat.get("detection time"))
    batch.alerts.append(
        Alert(
            times.of(fields, "time", *time),
            None,
            None,
            fields.address("ip address", flat.get("ipaddress")) if flat.get("ipaddress") else None,
            None,
            None,
            _severity(flat),
            title,
            values.text(flat.get("threat id")) or (str(number) if number is not None else values.text(flat.get("id"))),
            _class(flat, event),
            values.text(flat.get("host")),
            piece.line,
            piece.offset,
            len(piece.raw),
            words.status(values.text(flat.get("status"))),
            _disposition(flat, event),
            observables=tuple(_observables(flat)),
        )
    )


def _severity(flat: Flat) -> Severity:
    by_threat = _SEVERITIES.get(values.whole(flat.get("severity id")) or 0)
    if by_threat is not None:
        return by_threat
    named = words.severity(values.text(flat.get("severity name")))
    if named is not None:
        return named
    level = flat.get("level")
    number = values.whole(level)
    by_level = _LEVELS.get(number) if number is not None else words.severity(values.text(level))
    return by_level or Severity.UNKNOWN


def _class(flat: Flat, event: _Event | None) -> IncidentClass | None:
    if event is not None:
        return event.incident_class
    by_words = rsit.of_words(values.text(flat.get("category name")))
    return by_words or (_MALWARE if flat.get("threat id") or flat.get("threat name") else None)


def _disposition(flat: Flat, event: _Event | None) -> Disposition | None:
    if event is not None and event.disposition is not None:
        return event.disposition
    by_number = _ACTIONS.get(values.whole(flat.get("action id")) or 0)
    return by_number or words.disposition(values.text(flat.get("action name")))


def _observables(flat: Flat) -> Iterator[Observable]:
    paths = flat.get("path")
    for path in paths if isinstance(paths, list) else str(paths or "").split("; "):
        if text := values.text(str(path).removeprefix("file:_").removeprefix("containerfile:_")):
            yield Observable("file", text)
    for name, kind in _OBSERVABLES.items():
        if text := values.text(flat.get(name)):
            yield Observable(kind, text)
    evidence = flat.get("evidence")
    for one in evidence if isinstance(evidence, list) else ():
        for name, kind in (("sha256", "sha256"), ("fileName", "file"), ("ipAddress", "address"), ("url", "url")):
            if isinstance(one, dict) and (text := values.text(one.get(name))):
                yield Observable(kind, text)


FORMAT = Format("defender", "Microsoft Defender", score, read, ("windows-defender", "microsoft-defender", "mde"))
