"""Files of syslog lines: each is read as the CEF, LEEF or JSON alert that it carries, else as an alert of its own."""

from collections.abc import Iterator

from vonggac.formats.alerts import cef, eve, json_pieces, leef, values, wazuh, zeek_notice
from vonggac.formats.alerts.alert import Alert, Severity
from vonggac.formats.alerts.detection import Format, Options, Sample
from vonggac.formats.alerts.outcome import Batch, Piece, Unreadable, each
from vonggac.formats.alerts.source import Source
from vonggac.formats.alerts.syslog import SEVERITIES, Message, parse

_CARRIED = ("CEF:", "LEEF:", "{", "@cee:")
_JSON = ((eve.is_event, eve.take), (wazuh.is_alert, wazuh.take), (zeek_notice.is_record, zeek_notice.take))


def score(sample: Sample) -> float:
    """The share of lines with a syslog header; low where nearly all carry one format that knows itself."""
    messages = [message for line in sample.lines if (message := parse(line[:10_000])) is not None]
    if not messages:
        return 0.0
    share = 0.9 * len(messages) / len(sample.lines)
    begins = [next((mark for mark in _CARRIED if message.text.startswith(mark)), "") for message in messages]
    is_one_format = any(begins.count(mark) > 0.9 * len(begins) for mark in _CARRIED)
    # JSON of no format that is known is read here, as plain text.
    return 0.3 * share if is_one_format and (begins[0] != "{" or _is_known(sample)) else share


def _is_known(sample: Sample) -> bool:
    return any(sample.share_of_objects(is_one) > 0.5 for is_one, _ in _JSON)


def read(source: Source, options: Options) -> Iterator[Batch]:
    """The alerts of a file of syslog lines."""
    yield from each(source.lines(), lambda piece, batch: take(piece, batch, options))


def take(piece: Piece, batch: Batch, options: Options) -> None:
    """Add one syslog line to the batch, by what it carries."""
    message = parse(values.line_text(piece))
    if message is None:
        raise Unreadable("has no syslog header")
    if "CEF:" in message.text and cef.is_line(message.text):
        cef.take(piece, batch, options)
    elif "LEEF:" in message.text and leef.is_line(message.text):
        leef.take(piece, batch, options)
    elif isinstance(value := json_pieces.value_of(piece.raw), dict):
        reader = next((take_one for is_one, take_one in _JSON if is_one(value)), None)
        if reader is not None:
            reader(Piece(piece.line, piece.offset, piece.raw, value), batch, options)
        else:
            _take_plain(piece, message, batch, options)
    else:
        _take_plain(piece, message, batch, options)


def _take_plain(piece: Piece, message: Message, batch: Batch, options: Options) -> None:
    title = values.text(message.text)
    if title is None:
        raise Unreadable("has a syslog header and no message")
    fields = values.Fields(piece, batch, options.zone, options.received_utc)
    batch.alerts.append(
        Alert(
            fields.time("timestamp", message.time),
            None,
            None,
            None,
            None,
            None,
            SEVERITIES[message.severity] if message.severity is not None else Severity.UNKNOWN,
            title,
            values.text(message.application),
            None,
            values.text(message.host),
            piece.line,
            piece.offset,
            len(piece.raw),
        )
    )


FORMAT = Format("syslog", "Syslog lines (RFC 5424, RFC 3164)", score, read, ("rfc5424", "rfc3164"))
