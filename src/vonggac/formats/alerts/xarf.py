"""XARF abuse reports, versions 3 (`ReporterInfo`, `Report`) and 4 (`xarf_version`): one alert a report.

The reported side is the source. XARF has no severity.
"""

from collections.abc import Iterator
from typing import Any

from vonggac.formats.alerts import json_pieces, rsit, values
from vonggac.formats.alerts.alert import Alert, IncidentClass, Observable, Severity
from vonggac.formats.alerts.detection import Format, Options, Sample
from vonggac.formats.alerts.outcome import Batch, Piece, Unreadable, each
from vonggac.formats.alerts.source import Source

# XARF 4: (category, type), a category alone where its types agree. XARF 3: the type in lower case.
_CLASSES = {
    "messaging": IncidentClass.ABUSIVE_CONTENT, "connection": IncidentClass.INTRUSION_ATTEMPTS,
    "content": IncidentClass.FRAUD, "infrastructure": IncidentClass.MALICIOUS_CODE,
    "copyright": IncidentClass.INFORMATION_CONTENT_SECURITY, "vulnerability": IncidentClass.VULNERABLE,
    "reputation": IncidentClass.OTHER,
}  # fmt: skip
_OBSERVABLES = {
    "url": "url", "domain": "domain", "Url": "url", "DestinationUrl": "url", "SourceUrl": "url", "BotnetName": "family",
    "malware_family": "family", "smtp_from": "email", "c2_server": "domain",
}  # fmt: skip


def score(sample: Sample) -> float:
    """The share of objects with the marks of either version."""
    return sample.share_of_objects(is_report)


def is_report(value: dict[str, Any]) -> bool:
    """True for a report of version 3 or 4."""
    return "xarf_version" in value or ("Report" in value and ("ReporterInfo" in value or "Disclosure" in value))


def read(source: Source, options: Options) -> Iterator[Batch]:
    """The reports of a file as alerts."""
    # XARF keeps its evidence in lists of objects: nothing is opened but arrays.
    yield from each(json_pieces.objects(source, frozenset()), lambda piece, batch: _take(piece, batch, options))


def _take(piece: Piece, batch: Batch, options: Options) -> None:
    if not is_report(piece.value):
        raise Unreadable("is no XARF report: neither xarf_version nor Report")
    fields = values.Fields(piece, batch, options.zone)
    batch.alerts.append(_fourth(piece, fields) if "xarf_version" in piece.value else _third(piece, fields))


def _fourth(piece: Piece, fields: values.Fields) -> Alert:
    value = piece.value
    category, kind = values.text(value.get("category") or value.get("class")), values.text(value.get("type"))
    identifier = value.get("source_identifier")
    source = values.address(identifier)
    observables = _observables(value)
    if source is None and (name := values.text(identifier)):
        observables = (Observable("url" if "://" in name else "domain", name), *observables)
    return Alert(
        fields.time("timestamp", value.get("first_seen"), value.get("timestamp")),
        source,
        fields.port("source_port", value.get("source_port")),
        fields.address("destination_ip", value.get("destination_ip")),
        fields.port("destination_port", value.get("destination_port")),
        values.protocol(value.get("protocol")),
        Severity.UNKNOWN,
        values.text(value.get("description")) or _title(category, kind),
        kind,
        rsit.of_words(kind) or _CLASSES.get((category or "").lower()),
        None,
        piece.line,
        piece.offset,
        len(piece.raw),
        observables=observables,
    )


def _third(piece: Piece, fields: values.Fields) -> Alert:
    report = _object(piece.value.get("Report"))
    if not report:
        raise Unreadable("is a XARF report without its Report")
    source, more = _object(report.get("Source")), _object(report.get("AdditionalInfo"))
    kind = values.text(report.get("ReportType"))
    return Alert(
        fields.time("Date", report.get("Date"), report.get("FirstSeen")),
        fields.address("SourceIp", report.get("SourceIp"), source.get("IP")),
        fields.port("SourcePort", report.get("SourcePort"), source.get("Port")),
        fields.address("DestinationIp", report.get("DestinationIp"), more.get("DestinationIP")),
        fields.port("DestinationPort", report.get("DestinationPort"), more.get("DestinationPort")),
        values.protocol(values.first([report.get("Protocol"), more.get("Protocol")])),
        Severity.UNKNOWN,
        _title(values.text(report.get("ReportClass")), kind),
        kind,
        rsit.of_words(kind),
        None,
        piece.line,
        piece.offset,
        len(piece.raw),
        observables=_observables(report),
    )


def _title(category: str | None, kind: str | None) -> str | None:
    return ": ".join(one for one in (category, kind) if one) or None


def _observables(value: dict[str, Any]) -> tuple[Observable, ...]:
    return tuple(
        Observable(kind, text) for name, kind in _OBSERVABLES.items() if (text := values.text(value.get(name)))
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


FORMAT = Format("xarf", "XARF abuse report", score, read, ("xarf3", "xarf4"))
