"""Syslog lines, RFC 5424 and RFC 3164, as carriers of other formats and as alerts of their own.

A file of syslog lines may carry CEF, LEEF or JSON in some lines and plain text in others: each line is read as what it
is. RFC 3164 times have no year; they are read only with the time at which the file was received.
"""

import re
from dataclasses import dataclass

from vonggac.formats.alerts.alert import Severity

# RFC 5424 §6.2.1, table 2: the numerical severity, and what OCSF calls it.
SEVERITIES = (
    Severity.FATAL, Severity.CRITICAL, Severity.CRITICAL, Severity.HIGH,
    Severity.MEDIUM, Severity.LOW, Severity.INFORMATIONAL, Severity.INFORMATIONAL,
)  # fmt: skip

_PRIORITY = r"(?:<(?P<priority>\d{1,3})>)"
_ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
_NAMED = r"[A-Z][a-z]{2} [ \d]?\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d+)?"
_ELEMENT = r"\[[^\s=\]\"]+(?: [^\s=\]\"]+=\"(?:[^\"\\\]]|\\.)*\")*\s*\]"
_RFC_5424 = re.compile(
    rf"{_PRIORITY}1 (?P<time>-|\S+) (?P<host>\S+) (?P<application>\S+) (?P<process>\S+) (?P<id>\S+) "
    rf"(?P<data>-|(?:{_ELEMENT})+)(?: \ufeff?(?P<text>.*))?",
    re.DOTALL,
)
# Cisco and others put a counter before the time and a star or a colon around it.
_RFC_3164 = re.compile(
    rf"{_PRIORITY}?(?:\d+: )?[*.]?(?P<time>{_ISO}|{_NAMED})(?: [A-Z]{{3,4}})?:? +(?P<rest>.*)", re.DOTALL
)
_PRIORITY_ALONE = re.compile(rf"{_PRIORITY}(?P<rest>.*)", re.DOTALL)
_TAG = re.compile(r"(?P<application>[^\s:\[\]{}|=]{1,64})(?:\[(?P<process>[^\]\s]{0,64})\])?: ?(?P<text>.*)", re.DOTALL)
_HOST = re.compile(r"(?P<host>[A-Za-z0-9_.:%-]{1,255}) +(?P<rest>.*)", re.DOTALL)
_CARRIED = ("CEF:", "LEEF:", "{", "@cee:")


@dataclass(frozen=True, slots=True)
class Message:
    """One syslog line taken apart; None where it does not say. `severity` is 0 to 7, `time` as printed."""

    severity: int | None
    time: str | None
    host: str | None
    application: str | None
    text: str


def parse(line: str) -> Message | None:
    """The message of a line with a syslog header, or None when there is no such header."""
    if match := _RFC_5424.fullmatch(line):
        named = {name: None if match[name] == "-" else match[name] for name in ("time", "host", "application")}
        return Message(_severity(match["priority"]), text=(match["text"] or "").strip(), **named)
    if match := _RFC_3164.fullmatch(line):
        host, rest = _split_host(match["rest"])
        application, text = _split_tag(rest)
        return Message(_severity(match["priority"]), match["time"], host, application, text)
    if match := _PRIORITY_ALONE.fullmatch(line):
        application, text = _split_tag(match["rest"].strip())
        return Message(_severity(match["priority"]), None, None, application, text)
    return None


def json_message(line: bytes) -> bytes | None:
    """The JSON object that a syslog line carries, or None."""
    if b"{" not in line or line[:1] in b"{[":
        return None
    message = parse(line.decode("utf-8", "surrogateescape"))
    if message is None:
        return None
    text = message.text.removeprefix("@cee:").lstrip()
    return text.encode("utf-8", "surrogateescape") if text.startswith("{") else None


def _severity(priority: str | None) -> int | None:
    return int(priority) % 8 if priority is not None and int(priority) <= 191 else None


def _split_host(rest: str) -> tuple[str | None, str]:
    """The host, unless the first word is already the program's tag or the message."""
    match = _HOST.fullmatch(rest)
    if match is None or match["host"].endswith(":") or match["host"].startswith(_CARRIED):
        return None, rest
    return match["host"], match["rest"]


def _split_tag(rest: str) -> tuple[str | None, str]:
    match = None if rest.startswith(_CARRIED) else _TAG.fullmatch(rest)
    return (match["application"], match["text"].strip()) if match else (None, rest.strip())
