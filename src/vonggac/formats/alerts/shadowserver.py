"""Shadowserver reports, old and new columns, through the reader of botnet lists.

What a report is about stands in its file name (`2024-04-17-event4_sinkhole-vietnam-geo.csv`); a renamed file is known
by its columns alone. The listed address is the source: the machine or network that the report is about.
"""

import re
from collections.abc import Iterator

from vonggac.formats import botnet_columns, botnet_list
from vonggac.formats.alerts import values, words
from vonggac.formats.alerts.alert import Alert, IncidentClass, Observable, Severity
from vonggac.formats.alerts.detection import Format, Options, Sample
from vonggac.formats.alerts.outcome import Batch, Piece, Unreadable, each
from vonggac.formats.alerts.source import Source
from vonggac.formats.alerts.table_pieces import RowTable
from vonggac.formats.botnet_list import ListRow

_REPORT = re.compile(
    r"(?:^|[-_./])((?:event[46]?|scan6?|population6?|blocklist|compromised|device|malware|sandbox|sinkhole6?|"
    r"microsoft|botnet|drone|cwsandbox|honeypot|ddos|spam|ssl|open|special)[a-z0-9_]*)(?=[-.]|$)"
)
# The begin of a report's name decides; Shadowserver's own taxonomy in its report descriptions.
_CLASSES = (
    (re.compile(r"brute_?force|honeypot_(http|ics|smtp|rdp|ssh|telnet)|ip_spoofer"), IncidentClass.INTRUSION_ATTEMPTS),
    (re.compile(r"ddos|amplification"), IncidentClass.AVAILABILITY),
    (re.compile(r"darknet|honeypot_.*scan|_scan$"), IncidentClass.INFORMATION_GATHERING),
    (re.compile(r"sinkhole|botnet|drone|malware|sandbox|infected|hajime|mirai|ransom"), IncidentClass.MALICIOUS_CODE),
    (re.compile(r"compromised"), IncidentClass.INTRUSIONS),
    (re.compile(r"spam"), IncidentClass.ABUSIVE_CONTENT),
    (re.compile(r"^(scan|population|ssl|open|device|special_vuln)"), IncidentClass.VULNERABLE),
    (re.compile(r"blocklist|blacklist"), IncidentClass.OTHER),
)  # fmt: skip
_TITLES = ("tag", "reason", "attack", "application")
_OBSERVABLES = {
    "url": "url", "http_url": "url", "sha256": "sha256", "md5": "md5", "cc_url": "url", "payload_url": "url",
    "payload_md5": "md5", "http_host": "domain",
}  # fmt: skip


def score(sample: Sample) -> float:
    """0.95 for Shadowserver's columns."""
    table = sample.table
    return 0.95 if table and table.has_header and botnet_columns.is_shadowserver(table) else 0.0


def read(source: Source, _: Options) -> Iterator[Batch]:
    """The rows of a report as alerts; a row without one readable address is a reject."""
    table = RowTable(source)
    reading = botnet_list.read(table.content, source.name)
    listed = {row.line: row for row in reading.rows.records()}
    refused = {reject.line: f"{reject.column}: {reject.reason}" for reject in reading.rejects}
    report = _REPORT.search(source.name.lower())
    name = report[1] if report else None

    def take(piece: Piece, batch: Batch) -> None:
        row = listed.get(piece.line)
        if row is None:
            raise Unreadable(refused.get(piece.line, "has no address"))
        batch.alerts.append(_alert(piece, row, name, values.Fields(piece, batch)))

    yield from each(table.pieces(), take)
    yield Batch(warnings=reading.warnings)


def _alert(piece: Piece, row: ListRow, report: str | None, fields: values.Fields) -> Alert:
    cells = {key.lower(): cell for key, cell in piece.value.items()}
    what = row.family or values.text(values.first([cells.get(name) for name in _TITLES]))
    by_name = next((found for pattern, found in _CLASSES if report and pattern.search(report)), None)
    named = values.text(cells.get("infection")) or values.text(cells.get("family"))
    return Alert(
        fields.time("timestamp", row.first_seen_seconds),
        row.address,
        row.port,
        row.destination_address,
        fields.port("dst_port", cells.get("dst_port"), cells.get("cc_port")),
        values.protocol(row.protocol),
        words.severity(values.text(cells.get("severity"))) or Severity.UNKNOWN,
        ": ".join(one for one in (report, what) if one) or None,
        report or what,
        by_name or (IncidentClass.MALICIOUS_CODE if named else None),
        values.text(values.first([cells.get("src_hostname"), cells.get("hostname")])),
        piece.line,
        piece.offset,
        len(piece.raw),
        count=row.count,
        observables=tuple(
            Observable(kind, text) for name, kind in _OBSERVABLES.items() if (text := values.text(cells.get(name)))
        ),
    )


FORMAT = Format("shadowserver", "Shadowserver report", score, read)
