"""Windows Defender's records as administrators export them, each as one flat object of folded names.

Event XML (Event Viewer, wevtutil), JSON (evtx tools, Winlogbeat, NXLog, PowerShell's ConvertTo-Json) and CSV (Event
Viewer, PowerShell's Export-Csv, the Defender portal) name the same things differently; here they get one name each.
"""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from vonggac.formats.alerts import values
from vonggac.formats.alerts.outcome import Piece
from vonggac.formats.alerts.source import Source
from vonggac.formats.alerts.xml_pieces import children, local, text_of
from vonggac.formats.botnet_columns import fold

# One event of an export, with or without a root around it; a damaged one costs itself alone.
_EVENT = re.compile(rb"<Event[\s>].*?(?:</Event>|(?=<Event[\s>])|\Z)", re.DOTALL)
_MESSAGE_LINE = re.compile(r"^[ \t]*([A-Z][A-Za-z ]{1,40}):[ \t]*(.*?)[ \t]*$", re.MULTILINE)
# A message that was flattened: a colon inside a value (`Trojan:Win32/X`, `file:_C:\x`, `AV: 1.4`) begins no field.
_MESSAGE_LABEL = re.compile(
    r"(?<!\S)(Name|ID|Severity|Category|Path|User|Action|Action Status|Additional Actions Status|Process Name"
    r"|Detection (?:Origin|Type|Source|[Tt]ime|User|ID)|Threat (?:Name|ID)|Scan (?:ID|Type|Parameters|Resources)"
    r"|Error (?:Code|[Dd]escription)|Status(?: Code| Description)?"
    r"|(?:Security intelligence|Signature|Engine|Product) Version"
    r"|Remediation User|Destination|Target Commandline|Parent Commandline|Involved File|Inheritance Flags|Rule ID"
    r"|Feature|Reason|Resources?|Failure Type|Exception Code|(?:Old|New) [Vv]alue|FWLink|Domain):(?!\S)"
)
# The message of an event names some of its fields otherwise than its data.
_MESSAGE_NAMES = {
    "name": "threat name", "id": "threat id", "severity": "severity name", "category": "category name",
    "user": "detection user", "action": "action name", "process": "process name",
}  # fmt: skip
_NAMES = {
    # event header: XML, evtx tools, Winlogbeat, NXLog, PowerShell, Event Viewer
    "eventid": "event id", "id": "event id", "event code": "event id",
    "systemtime": "time", "timecreated": "time", "time created": "time", "eventtime": "time",
    "event time": "time", "date and time": "time", "timestamp": "time", "timegenerated": "time",
    "computer": "host", "computer name": "host", "computername": "host", "machinename": "host", "machine name": "host",
    "hostname": "host", "pscomputername": "host", "computerdnsname": "host", "devicename": "host", "device": "host",
    "device name": "host", "impacted assets": "host", "machine": "host", "devicednsname": "host",
    "provider": "provider", "providername": "provider", "provider name": "provider", "sourcename": "provider",
    "source name": "provider", "source": "provider", "log name": "channel", "logname": "channel",
    # Get-MpThreat, Get-MpThreatDetection
    "threatname": "threat name", "threatid": "threat id", "severityid": "severity id", "categoryid": "category id",
    "initialdetectiontime": "time", "domainuser": "detection user", "processname": "process name",
    "resources": "path", "cleaningactionid": "action id", "actionsuccess": "action success",
    # Defender for Endpoint: interface and portal
    "title": "title", "alert name": "title", "alert title": "title", "name": "title",
    "severity": "severity name", "category": "category name", "threatfamilyname": "threat family",
    "alertcreationtime": "time", "createddatetime": "time", "first activity": "time", "firsteventtime": "first time",
    "firstactivitydatetime": "first time", "detectionsource": "detection source",
    "servicesource": "detection source", "filename": "path", "file name": "path", "status": "status",
    "investigation state": "investigation state", "user name": "detection user", "accountname": "detection user",
    "leveldisplayname": "level", "detection time": "detection time",
}  # fmt: skip
_HEADERS = ("system", "eventdata", "event data", "winlog", "event", "userdata", "computer")
_DEPTH = 6

Flat = dict[str, Any]


def xml_pieces(source: Source) -> Iterator[Piece]:
    """Every `<Event>` of the file with its fields."""
    content = source.content()
    line, place = 1, 0
    for match in _EVENT.finditer(content):
        line += content.count(b"\n", place, match.start())
        place = match.start()
        raw = match[0].rstrip()
        try:
            root = fromstring(raw, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError) as problem:
            yield Piece(line, place, raw, damage=f"is no whole event: {problem}")
        else:
            yield Piece(line, place, raw, _of_xml(root))


def _of_xml(event: Element) -> Flat:
    found: Flat = {}
    system = next((one for one in event if local(one) == "System"), None)
    for one in system if system is not None else ():
        found[_name(local(one))] = one.get("SystemTime") or one.get("Name") or (one.text or "").strip()
    for part in event:
        if local(part) in ("EventData", "UserData"):
            for one in part.iter():
                name = one.get("Name") or ("" if local(one) == "Data" else local(one))
                if name and one.text:
                    found.setdefault(_name(name), one.text.strip())
        elif local(part) == "RenderingInfo":
            found["level"] = text_of(part, "Level")
            found["message"] = text_of(part, "Message")
            keywords = [one.text for one in children(part, "Keywords")]
            found["keywords"] = keywords[0] if keywords else None
    return with_message(found)


def of_object(value: dict[str, Any]) -> Flat:
    """The fields of an object of any of the JSON forms."""
    found: Flat = {}
    _flatten(value, found, 0)
    named_data = [one for one in _data_items(value) if isinstance(one, dict)]
    for one in named_data:
        name = one.get("@Name") or one.get("Name") or one.get("#attributes", {}).get("Name")
        if isinstance(name, str):
            found.setdefault(_name(name), one.get("#text") or one.get("Value") or one.get("text"))
    return with_message(found)


def of_row(row: dict[str, str]) -> Flat:
    """The fields of a row of any of the CSV forms; the first filled column of a meaning counts."""
    found: Flat = {}
    for column, cell in row.items():
        # PowerShell writes the type of a list where the list should stand.
        if cell.strip() and not cell.startswith("System."):
            found.setdefault(_name(column), cell.strip())
    return with_message(found)


def is_time(column: str) -> bool:
    """True for a column of one of the forms that holds times."""
    return _name(column) in ("time", "first time", "detection time")


def with_message(found: Flat) -> Flat:
    """The fields together with those that only the event's message names."""
    message = found.get("message")
    if isinstance(message, str):
        for name, value in _message_fields(message[:20_000].replace("\r", "")):
            key = _MESSAGE_NAMES.get(fold(name), _name(name))
            # Of an exported event the column `Id` is the event's, the message's line `ID` the threat's.
            if value and not found.get(key):
                found[key] = value
    return found


def _message_fields(message: str) -> list[tuple[str, str]]:
    """(name, value) of every field: a line each, or one after the other on one line."""
    lines: list[tuple[str, str]] = _MESSAGE_LINE.findall(message)
    if len(lines) > 1:
        return lines
    labels = list(_MESSAGE_LABEL.finditer(message))
    ends = [label.start() for label in labels[1:]] + [len(message)]
    flat = [(one[1], message[one.end() : end].strip().partition("\n")[0].strip())
            for one, end in zip(labels, ends, strict=False)]  # fmt: skip
    return flat or lines


def _flatten(value: dict[str, Any], found: Flat, depth: int) -> None:
    for key, inside in value.items():
        name = _name(key)
        if isinstance(inside, dict):
            attributes = inside.get("#attributes")
            single = values.first(
                [inside.get("#text"), inside.get("SystemTime"), inside.get("Name")]
                + ([attributes.get("SystemTime"), attributes.get("Name")] if isinstance(attributes, dict) else [])
            )
            if single is not None:
                found.setdefault(name, single)
            elif depth < _DEPTH and (fold(key) in _HEADERS or depth == 0 or key in ("event_data", "EventData")):
                _flatten(inside, found, depth + 1)
        elif not isinstance(inside, list):
            if inside is not None and inside != "":
                found.setdefault(name, inside)
        elif name in ("path", "evidence"):
            found.setdefault(name, inside)


def _data_items(value: dict[str, Any]) -> list[Any]:
    inside: Any = value
    for key in ("Event", "EventData", "Data"):
        inside = inside.get(key, inside) if isinstance(inside, dict) else inside
    return inside if isinstance(inside, list) else []


def _name(key: str) -> str:
    folded = fold(key)
    return _NAMES.get(folded, folded)
