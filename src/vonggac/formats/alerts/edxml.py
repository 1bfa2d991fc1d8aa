"""The anti-malware report of 2290/BTTTT-CATTT in the edXML envelope of QCVN 102:2016, read and written.

The structure is that of a working client (the annex of 2290 is not public); the SOAP envelope and the additional
fields (`ippublic`, `PathFile`, `HashFile`, `TargetPort`) of later reports are read too. Reports are written unsigned.
The form has one time, the report's (`Datetime`), which is read as the time of all that the report holds: alerts of
several times are written as one `AVReport` a second. It is written in seconds since 1970 UTC; one that is written as a
day without offset is Vietnam's, day first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import groupby
from xml.etree.ElementTree import (
    Element,
    SubElement,
    register_namespace,
    tostring,
)

from vonggac.errors import UnreadableFile
from vonggac.formats.alerts import rsit, values
from vonggac.formats.alerts.alert import Alert, IncidentClass, Observable, Severity
from vonggac.formats.alerts.detection import Format, Options, Sample
from vonggac.formats.alerts.outcome import Batch, Piece
from vonggac.formats.alerts.source import Source
from vonggac.formats.alerts.xml_pieces import Document, child, children, local, parse, text_of
from vonggac.formats.encodings import xml_text
from vonggac.formats.times import NO_TIME, read_column

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
VIETNAM = timezone(timedelta(hours=7))
_ROOTS = ("edXMLEnvelope", "Envelope", "AVReport")
# What a report says about state and inventory, not about an alert.
_OBSERVED = ("OS", "Update", "QualityFeature")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who reports: `edXML:From`."""

    identifier: str  # 000.00.00.H32
    name: str
    address: str = ""
    email: str = ""
    telephone: str = ""
    fax: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine of the sender's, as its console names it."""

    name: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Malware:
    """`MalwareInfo`: what was found on a machine."""

    machine: Machine
    name: str
    kind: str = ""
    behaviour: str = ""
    device: str = ""
    files: int | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """`ConnectionInfo`: which program of a machine spoke to a bad address."""

    machine: Machine
    program: str
    md5: str = ""
    sha2: str = ""
    target_address: str = ""


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """`VulnerabilityInfo`: what a machine is open to."""

    machine: Machine
    name: str
    system: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One `AVReport` of one product: what was found at one time, None where it is not known."""

    product: str
    time_utc: datetime | None
    sender: Sender
    subject: str
    malware: tuple[Malware, ...] = ()
    connections: tuple[Connection, ...] = ()
    vulnerabilities: tuple[Vulnerability, ...] = ()


def score(sample: Sample) -> float:
    """1 for an envelope with an `AVReport`."""
    return 1.0 if sample.xml_root in _ROOTS and "AVReport" in sample.text else 0.0


def read(source: Source, options: Options) -> Iterator[Batch]:
    """Malware, connections and vulnerabilities as alerts; operating systems, updates and features as observations."""
    content = source.content()
    document = parse(content, source.name)
    batch = Batch()
    reports = [] if document.root is None else [one for one in document.root.iter() if local(one) == "AVReport"]
    if not reports and document.damage is None:
        raise UnreadableFile(f"{source.name} holds no AVReport: no anti-malware report of 2290/BTTTT-CATTT")
    for report in reports:
        _Reading(document, content, batch, options, report).take_all()
    if document.damage is not None:
        batch.reject(Piece(document.damage_line, 0, _line(content, document.damage_line)), document.damage)
    yield batch


class _Reading:
    """One `AVReport` on its way into a batch."""

    def __init__(self, document: Document, content: bytes, batch: Batch, options: Options, report: Element) -> None:
        self._document, self._content, self._batch, self._options = document, content, batch, options
        self._report = report
        said = text_of(report, "Datetime")
        # Of a format of one country UTC is nobody's local time: whoever names no other zone means the country's.
        self._time = _moment(said, VIETNAM if options.zone is UTC else options.zone) or said

    def take_all(self) -> None:
        """Add every part of the report."""
        for part in self._report:
            if local(part) in _OBSERVED:
                self._batch.observations += max(len(children(part, "Machine")), 1)
                continue
            for machine in children(part, "Machine"):
                for info in machine:
                    self._take(local(info), info, machine)

    def _take(self, kind: str, info: Element, machine: Element) -> None:
        if not self._document.is_whole(info):
            return  # the damage says so
        line, start, end = self._document.places[info]
        piece = Piece(line, start, self._content[start:end])
        said = {local(one): (one.text or "").strip() for one in info}
        fields = values.Fields(piece, self._batch, self._options.zone)
        title, rule, incident_class = _named(kind, said)
        if title is None:
            self._batch.reject(piece, f"names no malware, connection or vulnerability ({kind})")
            return
        self._batch.alerts.append(
            Alert(
                fields.time("Datetime", self._time),
                fields.address("ip", machine.get("ip")),
                None,
                fields.address("TargetIP", said.get("TargetIP")),
                fields.port("TargetPort", said.get("TargetPort")),
                None,
                Severity.UNKNOWN,
                title,
                rule,
                incident_class,
                values.text(machine.get("name")),
                piece.line,
                piece.offset,
                len(piece.raw),
                observables=tuple(_observables(said, machine)),
            )
        )


def _named(kind: str, said: dict[str, str]) -> tuple[str | None, str | None, IncidentClass | None]:
    """(title, rule, class) of one piece of information."""
    if kind == "MalwareInfo":
        name = values.text(said.get("MalwareName"))
        return name, name, rsit.of_words(said.get("MalwareType")) or IncidentClass.MALICIOUS_CODE
    if kind == "ConnectionInfo":
        target, program = values.text(said.get("TargetIP")), values.text(said.get("Program"))
        title = f"{program or 'A program'} connected to {target}" if target else program
        return title, program or target, IncidentClass.MALICIOUS_CODE
    if kind == "VulnerabilityInfo":
        name = values.text(said.get("Name"))
        return name, name, IncidentClass.VULNERABLE
    return None, None, None


def _observables(said: dict[str, str], machine: Element) -> Iterator[Observable]:
    names = {
        "Program": "process", "Md5": "md5", "Sha2": "sha256", "PathFile": "file", "HashFile": "hash",
        "MalwareBehavior": "behaviour", "OSName": "system",
    }  # fmt: skip
    for name, kind in names.items():
        if text := values.text(said.get(name)):
            yield Observable(kind, text)
    if address := values.address(machine.get("ippublic")):
        yield Observable("public-address", address)


def read_reports(content: bytes, name: str = "report") -> list[Report]:
    """The reports of a whole envelope, as `write_reports` wrote it; UnreadableFile when it is damaged or holds none."""
    document = parse(content, name)
    reports = [one for one in document.root.iter() if local(one) == "AVReport"] if document.root is not None else []
    if document.damage is not None or not reports or document.root is None:
        raise UnreadableFile(f"{name} is no whole anti-malware report: {document.damage or 'it holds no AVReport'}")
    header = child(document.root, "edXMLHeader", "MessageHeader")
    origin = child(header, "From")
    names = ("OrganId", "OrganName", "OrganAdd", "Email", "Telephone", "Fax", "Website")
    sender = Sender(*(text_of(origin, name) or "" for name in names))
    return [_report(one, sender, text_of(header, "Subject") or "", name) for one in reports]


def _report(report: Element, sender: Sender, subject: str, name: str) -> Report:
    said = text_of(report, "Datetime")
    time = _moment(said, VIETNAM)
    if said and time is None:
        raise UnreadableFile(f"{name} has no time that can be read (Datetime)")
    return Report(
        report.get("name") or "",
        time,
        sender,
        subject,
        tuple(
            _malware(machine, info)
            for machine, info in _infos(report, "Malware", "MalwareInfo")
        ),
        tuple(
            Connection(machine, *_texts(info, "Program", "Md5", "Sha2", "TargetIP"))
            for machine, info in _infos(report, "Connection", "ConnectionInfo")
        ),
        tuple(
            Vulnerability(machine, *_texts(info, "Name", "OSName"))
            for machine, info in _infos(report, "Vulnerability", "VulnerabilityInfo")
        ),
    )  # fmt: skip


def reports_of(alerts: Sequence[Alert], sender: Sender, product: str) -> list[Report]:
    """A report for each second in which something was found, in the order of the alerts; one without time at most.

    They hold the alerts that name a machine: malicious code (connections by their target), openings. Where there are
    none, one empty report says so.
    """
    by_time: dict[datetime | None, list[Alert]] = {}
    for one in alerts:
        by_time.setdefault(one.time_utc and one.time_utc.replace(microsecond=0), []).append(one)
    reports = [_report_of(group, sender, product, time) for time, group in by_time.items()]
    filled = [one for one in reports if one.malware or one.connections or one.vulnerabilities]
    return filled or [_report_of((), sender, product, None)]


def _report_of(alerts: Sequence[Alert], sender: Sender, product: str, time_utc: datetime | None) -> Report:
    named = [(Machine(one.host or "", one.source_address or ""), one, {o.kind: o.value for o in one.observables})
             for one in alerts if one.host or one.source_address]  # fmt: skip
    malicious = [one for one in named if one[1].incident_class is IncidentClass.MALICIOUS_CODE]
    return Report(
        product,
        time_utc,
        sender,
        "Báo cáo tình hình lây nhiễm mã độc",
        tuple(
            Malware(machine, one.title or "", more.get("family", ""), more.get("behaviour", ""))
            for machine, one, more in malicious
            if one.destination_address is None
        ),
        tuple(
            Connection(machine, more.get("process", one.title or ""), more.get("md5", ""), more.get("sha256", ""),
                       one.destination_address or "")
            for machine, one, more in malicious
            if one.destination_address is not None
        ),
        tuple(
            Vulnerability(machine, one.title or "", more.get("system", ""))
            for machine, one, more in named
            if one.incident_class is IncidentClass.VULNERABLE
        ),
    )  # fmt: skip


def write_reports(reports: Sequence[Report]) -> bytes:
    """One envelope in UTF-8 around the reports (at least one) of one sender.

    Rows of one machine that follow each other share its element; a report without time has no `Datetime`.
    """
    register_namespace("edXML", NAMESPACE)
    envelope = Element(_q("edXMLEnvelope"))
    header = SubElement(SubElement(envelope, _q("edXMLHeader")), _q("MessageHeader"))
    sender = reports[0].sender
    _add(SubElement(header, _q("From")), {
        _q("OrganId"): sender.identifier, _q("OrganName"): sender.name, _q("OrganAdd"): sender.address,
        _q("Email"): sender.email, _q("Telephone"): sender.telephone, _q("Fax"): sender.fax,
        _q("Website"): sender.website,
    })  # fmt: skip
    _add(header, {_q("Subject"): reports[0].subject})
    body = SubElement(envelope, _q("edXMLBody"))
    for report in reports:
        _add_report(SubElement(body, "AVReport", name=xml_text(report.product)), report)
    content: bytes = tostring(envelope, encoding="utf-8", xml_declaration=True)
    return content


def _add_report(body: Element, report: Report) -> None:
    if report.time_utc is not None:
        _add(body, {"Datetime": str(int(report.time_utc.timestamp()))})
    _add_machines(SubElement(body, "Malware"), "MalwareInfo", [(one.machine, {
        "MalwareName": one.name, "MalwareType": one.kind, "MalwareBehavior": one.behaviour,
        "TypeOfDevice": one.device, "NumberFile": "" if one.files is None else str(one.files),
    }) for one in report.malware])  # fmt: skip
    _add_machines(SubElement(body, "Connection"), "ConnectionInfo", [(one.machine, {
        "Program": one.program, "Md5": one.md5, "Sha2": one.sha2, "TargetIP": one.target_address,
    }) for one in report.connections])  # fmt: skip
    _add_machines(SubElement(body, "Vulnerability"), "VulnerabilityInfo", [(one.machine, {
        "Name": one.name, "OSName": one.system,
    }) for one in report.vulnerabilities])  # fmt: skip


def _moment(text: str | None, zone: tzinfo) -> datetime | None:
    """The time in UTC; of 03/04/2024 the day stands first, as in every Vietnamese paper."""
    if (found := values.moment(text, zone)) is not None or not text or len(text) > 100:
        return found
    seconds = int(read_column([text.strip()], zone=zone, day_first=True).seconds[0])
    return None if seconds == NO_TIME else values.moment(seconds)


def _infos(report: Element, part: str, name: str) -> Iterator[tuple[Machine, Element]]:
    for machine in children(child(report, part), "Machine"):
        for info in children(machine, name):
            yield Machine(machine.get("name") or "", machine.get("ip") or ""), info


def _malware(machine: Machine, info: Element) -> Malware:
    name, kind, behaviour, device = _texts(info, "MalwareName", "MalwareType", "MalwareBehavior", "TypeOfDevice")
    return Malware(machine, name, kind, behaviour, device, values.whole(text_of(info, "NumberFile")))


def _texts(info: Element, *names: str) -> list[str]:
    return [text_of(info, name) or "" for name in names]


def _add_machines(part: Element, name: str, rows: Sequence[tuple[Machine, dict[str, str]]]) -> None:
    for machine, group in groupby(rows, key=lambda row: row[0]):
        element = SubElement(part, "Machine", ip=xml_text(machine.address), name=xml_text(machine.name))
        for _, said in group:
            _add(SubElement(element, name), said)


def _add(parent: Element, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        SubElement(parent, name).text = xml_text(text)


def _q(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _line(content: bytes, number: int) -> bytes:
    lines = content.split(b"\n", number)
    return lines[number - 1] if number <= len(lines) else b""


FORMAT = Format("edxml", "Anti-malware report 2290/BTTTT-CATTT (edXML)", score, read, ("2290", "avreport"))
