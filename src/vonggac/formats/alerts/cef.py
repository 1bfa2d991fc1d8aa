r"""ArcSight's Common Event Format: `CEF:0|vendor|product|version|id|name|severity|key=value …`, bare or in syslog.

Escapes as the standard has them: `\|` and `\\` in the header, `\=`, `\\`, `\n` and `\r` in the extension, whose
values hold blanks and end where the next key begins.
"""

import re
from collections.abc import Iterator

from vonggac.formats.alerts import rsit, syslog, values, words
from vonggac.formats.alerts.alert import Alert, Observable, Severity
from vonggac.formats.alerts.detection import Format, Options, Sample
from vonggac.formats.alerts.outcome import Batch, Piece, Unreadable, each
from vonggac.formats.alerts.source import Source

_MARK = re.compile(r"CEF: ?\d+\|")
_ESCAPE_OR_BAR = re.compile(r"\\.|\|", re.DOTALL)
_KEY = re.compile(r"(?:^|(?<=\s))([A-Za-z0-9_.\[\]-]{1,100})(?<!\\)=")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r"}
_HEADER_FIELDS = 7  # version, vendor, product, device version, signature id, name, severity
# ArcSight's short key, and the full name that some products write instead.
_LONG_NAMES = {
    "sourceAddress": "src", "sourcePort": "spt", "destinationAddress": "dst", "destinationPort": "dpt",
    "transportProtocol": "proto", "sourceHostName": "shost", "destinationHostName": "dhost", "deviceAction": "act",
    "deviceHostName": "dvchost", "deviceEventCategory": "cat", "baseEventCount": "cnt", "deviceReceiptTime": "rt",
    "startTime": "start", "endTime": "end", "fileName": "fname", "requestUrl": "request", "deviceAddress": "dvc",
    "sourceUserName": "suser", "destinationUserName": "duser",
}  # fmt: skip
_OBSERVABLES = {
    "request": "url", "fname": "file", "filePath": "file", "fileHash": "hash", "suser": "user", "duser": "user",
    "destinationDnsDomain": "domain",
}  # fmt: skip


def score(sample: Sample) -> float:
    """The share of lines that carry CEF."""
    return 0.0 if sample.is_json else sample.share(is_line, sample.lines)


def is_line(line: str) -> bool:
    """True for a line that carries CEF."""
    return _MARK.search(line[:1_000]) is not None


def read(source: Source, options: Options) -> Iterator[Batch]:
    """The alerts of a file of CEF lines."""
    yield from each(source.lines(), lambda piece, batch: take(piece, batch, options))


def take(piece: Piece, batch: Batch, options: Options) -> None:
    """Add one CEF line to the batch."""
    line = values.line_text(piece)
    mark = _MARK.search(line)
    if mark is None:
        raise Unreadable("has no CEF header")
    header, extension = _split(line[mark.start() :])
    carrier = syslog.parse(line) if mark.start() else None
    said = parse_extension(extension)
    fields = values.Fields(piece, batch, options.zone, options.received_utc)
    address = (said.get("src"), _ipv6(said, "c6a2", "source"))
    batch.alerts.append(
        Alert(
            fields.named_time(
                {
                    "rt": said.get("rt"),
                    "start": said.get("start"),
                    "end": said.get("end"),
                    "timestamp": carrier.time if carrier else None,
                }
            ),
            fields.address("src", *address),
            fields.port("spt", said.get("spt")),
            fields.address("dst", said.get("dst"), _ipv6(said, "c6a3", "dest")),
            fields.port("dpt", said.get("dpt")),
            values.protocol(said.get("proto")),
            _severity(header[6]),
            values.text(header[5]) or values.text(said.get("msg")),
            values.text(header[4]),
            rsit.of_words(values.text(said.get("cat"))),
            values.text(values.first([said.get("dhost"), said.get("shost"), said.get("dvchost")]))
            or (carrier.host if carrier else None),
            piece.line,
            piece.offset,
            len(piece.raw),
            disposition=words.disposition(values.text(said.get("act"))),
            count=max(values.whole(said.get("cnt")) or 1, 1),
            observables=tuple(
                Observable(kind, text) for name, kind in _OBSERVABLES.items() if (text := values.text(said.get(name)))
            ),
        )
    )


def parse_extension(text: str) -> dict[str, str]:
    """The keys of an extension by their short names; of a key that comes twice, the last one."""
    keys = list(_KEY.finditer(text))
    ends = [key.start() for key in keys[1:]] + [len(text)] * bool(keys)
    found = {}
    for key, end in zip(keys, ends, strict=True):
        found[_LONG_NAMES.get(key[1], key[1])] = _unescape(text[key.end() : end].strip())
    return found


def _split(text: str) -> tuple[list[str], str]:
    """The seven fields of the header and the extension."""
    fields, start = [], 0
    for match in _ESCAPE_OR_BAR.finditer(text):
        if match[0] == "|":
            fields.append(_unescape(text[start : match.start()]))
            start = match.end()
            if len(fields) == _HEADER_FIELDS:
                return fields, text[start:]
    fields.append(_unescape(text[start:]))
    if len(fields) < _HEADER_FIELDS:
        raise Unreadable(f"has {len(fields)} of the seven fields of a CEF header: cut off")
    return fields, ""


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), text) if "\\" in text else text


def _severity(text: str) -> Severity:
    """CEF 0.1 §3: a number from 0 to 10, or Unknown, Low, Medium, High, Very-High."""
    number = values.whole(text)
    return words.of_scale(number) if number is not None else words.severity(text) or Severity.UNKNOWN


def _ipv6(said: dict[str, str], name: str, side: str) -> str | None:
    """A custom IPv6 address whose label names the side; without a label the standard's place for it."""
    label = said.get(f"{name}Label", side).lower()
    return said.get(name) if side in label else None


FORMAT = Format("cef", "ArcSight CEF", score, read, ("arcsight",))
