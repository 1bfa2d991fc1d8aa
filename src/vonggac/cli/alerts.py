"""`vonggac alerts`: files of alerts read as one kind of record and written for others, without any database.

What takes them into a desk stands in `alert_desk` and `alert_sources`.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click
import msgspec

from vonggac.cli.alert_desk import findings, import_files, listen, put_back, replay, set_aside, take_back
from vonggac.cli.alert_notices import notice_told, notices
from vonggac.cli.alert_sources import source
from vonggac.cli.options import content_of, existing_file, need_readable
from vonggac.errors import InputError, LimitExceeded

if TYPE_CHECKING:
    from vonggac.formats.alerts import Alert, Options, Reading
    from vonggac.formats.alerts.mapping import Mapping
    from vonggac.formats.records import Reject

# Warnings are for a person to read; a file with a million of them has said it in the first thousand.
_WARNINGS_SHOWN = 1_000
_IN_MEMORY_BYTES = 8 << 20
_TABLE_ROW = "{:20} {:13} {:22} {:22} {:20} {}"

_format_option = click.option("--format-name", metavar="NAME", help="The file's format; default: told by its content.")
_mapping_option = click.option("--mapping", type=existing_file, help="Mapping (TOML): a table's columns or JSON paths.")
_zone_option = click.option("--time-zone", default="UTC", show_default=True, help="Of times without offset.")
_received_option = click.option(
    "--received", type=click.DateTime(), help="When the file came (UTC): gives syslog times their year."
)


@click.group()
def alerts() -> None:
    """Alerts: read what consoles, sensors and senders write; take it into the desk; write reports for others."""


for command in (source, import_files, findings, set_aside, take_back, put_back, replay, listen, notices, notice_told):
    alerts.add_command(command)


@alerts.command()
@click.argument("file", type=existing_file)
@_format_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object: records, rejects, warnings, observations.")
@click.option("--ndjson", is_flag=True, help="One JSON object a record and line.")
@_mapping_option
@click.option("--show-mapping", is_flag=True, help="Print the guessed mapping of a table or of JSON as TOML and stop.")
@_zone_option
@_received_option
def read(
    file: Path,
    format_name: str | None,
    as_json: bool,
    ndjson: bool,
    mapping: Path | None,
    show_mapping: bool,
    time_zone: str,
    received: datetime | None,
) -> None:
    """Show the alerts that FILE holds, in one form whatever its format, and what could not be read.

    Suricata EVE, Wazuh, CEF, LEEF, Zeek notice, Microsoft Defender, anti-malware tables, 2290/BTTTT-CATTT reports,
    STIX 2.1, MISP, Shadowserver, XARF, IODEF, syslog; other JSON through a mapping. Packed files (gz, zst, xz, bz2, zip
    of one file) are read as they are. Needs no database.

    \b
    vonggac alerts read eve.json.gz
    vonggac alerts read alerts.json --json | jq '.records[] | select(.severity == "High")'
    vonggac alerts read console.xlsx --show-mapping > console.toml
    vonggac alerts read console.xlsx --mapping console.toml --ndjson
    vonggac alerts read product.json --show-mapping > product.toml
    """  # noqa: D301  click wants the character, not the two letters
    options = _options(mapping, time_zone, received)
    with need_readable(file).open("rb") as stream:
        if show_mapping:
            _show_mapping(stream, file.name, options)
            return
        from vonggac.formats.alerts import open_file

        reading = open_file(stream, file.name, format_name, options)
        if as_json:
            figures = _write_json(reading)
        elif ndjson:
            figures = _write_lines(reading)
        else:
            figures = _write_table(reading)
    click.echo(f"{reading.format.title}: {figures}", err=True)
    if isinstance(reading.refusal, LimitExceeded):
        raise reading.refusal


@alerts.command()
@click.argument("file", type=existing_file)
@click.option("--to", "target", type=click.Choice(["edxml", "iodef-json"]), required=True, help="The format to write.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
@click.option("--sender", required=True, help="The organisation that reports.")
@click.option("--sender-id", default="", help="Its identifier in edXML, such as 000.00.00.H32.")
@click.option("--product", default="Vong Gac", show_default=True, help="The anti-malware product, for edXML.")
@_format_option
@_mapping_option
@_zone_option
@_received_option
def convert(  # noqa: PLR0917  click hands over one argument an option
    file: Path,
    target: str,
    output: Path,
    sender: str,
    sender_id: str,
    product: str,
    format_name: str | None,
    mapping: Path | None,
    time_zone: str,
    received: datetime | None,
) -> None:
    """Write the alerts of FILE as a 2290/BTTTT-CATTT report (edxml) or as IODEF JSON (RFC 8727).

    The edXML report takes the malicious code, found connections and vulnerabilities among the alerts; it is unsigned.
    """
    from vonggac.formats.alerts import open_file
    from vonggac.formats.alerts.edxml import Sender, reports_of, write_reports
    from vonggac.formats.alerts.iodef import write_json

    with need_readable(file).open("rb") as stream:
        reading = open_file(stream, file.name, format_name, _options(mapping, time_zone, received))
        found: list[Alert] = []
        rejects = 0
        for batch in reading.batches():
            found += batch.alerts
            rejects += len(batch.rejects)
    if target == "edxml":
        reports = reports_of(found, Sender(sender_id, sender), product)
        content = write_reports(reports)
        written = sum(len(one.malware) + len(one.connections) + len(one.vulnerabilities) for one in reports)
    else:
        content = write_json(found, sender, datetime.now(UTC))
        written = len(found)
    try:
        output.write_bytes(content)
    except OSError as error:
        raise InputError(f"{output} cannot be written ({error.strerror}); name another file") from error
    click.echo(f"{written} of {len(found)} alerts written to {output}, {rejects} rejects", err=True)


def _options(mapping: Path | None, time_zone: str, received: datetime | None) -> "Options":
    from vonggac.formats.alerts import Options
    from vonggac.formats.times import find_zone

    return Options(find_zone(time_zone), received.replace(tzinfo=UTC) if received else None, _load_mapping(mapping))


def _load_mapping(path: Path | None) -> "Mapping | None":
    if path is None:
        return None
    from vonggac.formats.alerts import mapping

    try:
        return mapping.from_toml(content_of(path).decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        raise InputError(f"{path} is not UTF-8 text; save the mapping as UTF-8") from problem


def _show_mapping(stream: IO[bytes], name: str, options: "Options") -> None:
    from vonggac.formats.alerts import guessing, mapping
    from vonggac.formats.alerts.source import Source

    guessed = options.mapping or guessing.guess(Source(stream, name), options).mapping  # type: ignore[arg-type]  # a file opened for bytes
    click.echo(mapping.to_toml(guessed), nl=False)


class _Figures:
    """How many records of each fate, and the first rejects and warnings for a person."""

    def __init__(self) -> None:
        self.alerts = self.rejects = self.observations = self.warnings = 0
        self.shown: list[str] = []

    def __str__(self) -> str:
        counts = f"{self.alerts} alerts, {self.rejects} rejects, {self.observations} observations"
        warned = f", {self.warnings} warnings" if self.warnings else ""
        return "\n  ".join([counts + warned, *self.shown])


def _counted(
    reading: "Reading", figures: _Figures
) -> "Iterator[tuple[list[Alert], list[Reject], list[dict[str, object]]]]":
    """(alerts, rejects, warnings as JSON values) of each batch, added to the figures."""
    for batch in reading.batches():
        warnings = [_fate(one.line, one.column, one.reason, one.raw) for one in batch.warnings]
        left = max(_WARNINGS_SHOWN - figures.warnings, 0)
        said = [(one.line, one.column, one.reason) for one in batch.rejects[:5]]
        said += [(one.line, one.column, one.reason) for one in batch.warnings[:5]]
        for line, column, reason in said[: 5 - len(figures.shown)]:
            figures.shown.append(f"line {line}: " + (f"{column}: " if column else "") + reason)
        figures.alerts += len(batch.alerts)
        figures.rejects += len(batch.rejects)
        figures.observations += batch.observations
        figures.warnings += len(batch.warnings)
        yield batch.alerts, batch.rejects, warnings[:left]


def _fate(line: int, column: str | None, reason: str, raw: str) -> dict[str, object]:
    return {"line": line, "reason": f"{column}: {reason}" if column else reason, "raw": raw}


def _write_json(reading: "Reading") -> _Figures:
    """One object, streamed: rejects and warnings wait in files, for the records stand before them."""
    figures, encode, out = _Figures(), msgspec.json.Encoder().encode, sys.stdout.buffer
    with _waiting() as rejects, _waiting() as warnings:
        out.write(b'{"schema":1,"format":' + encode(reading.format.name) + b',"records":[')
        for alerts, refused, warned in _counted(reading, figures):
            first = figures.alerts == len(alerts)
            if alerts:
                out.write((b"" if first else b",") + encode(alerts)[1:-1])
            for waiting, values in (
                (rejects, [_fate(r.line, r.column, r.reason, r.raw) for r in refused]),
                (warnings, warned),
            ):
                if values:
                    waiting.write((b"," if waiting.tell() else b"") + encode(values)[1:-1])
        for name, waiting in ((b'],"rejects":[', rejects), (b'],"warnings":[', warnings)):
            out.write(name)
            waiting.seek(0)
            out.writelines(iter(lambda w=waiting: w.read(1 << 16), b""))  # type: ignore[misc]  # lambda keeps the file
        out.write(b'],"observations":%d,"warnings_total":%d}\n' % (figures.observations, figures.warnings))
    out.flush()
    return figures


@contextmanager
def _waiting() -> Iterator[IO[bytes]]:
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as file:
        yield file


def _write_lines(reading: "Reading") -> _Figures:
    figures, encoder, out = _Figures(), msgspec.json.Encoder(), sys.stdout.buffer
    for alerts, _, _ in _counted(reading, figures):
        out.write(encoder.encode_lines(alerts))
    out.flush()
    return figures


def _write_table(reading: "Reading") -> _Figures:
    figures = _Figures()
    click.echo(_TABLE_ROW.format("time (UTC)", "severity", "source", "destination", "host", "title"))
    for alerts, _, _ in _counted(reading, figures):
        for one in alerts:
            time = one.time_utc.strftime("%Y-%m-%d %H:%M:%S") if one.time_utc else "–"
            source, destination = (
                _end(one.source_address, one.source_port),
                _end(one.destination_address, one.destination_port),
            )
            shown = "".join(c if c.isprintable() else " " for c in one.title or "–")
            click.echo(_TABLE_ROW.format(time, one.severity.value, source, destination, one.host or "–", shown))
    return figures


def _end(address: str | None, port: int | None) -> str:
    if address is None:
        return "–"
    plain = f"[{address}]" if ":" in address and port is not None else address
    return plain if port is None else f"{plain}:{port}"
