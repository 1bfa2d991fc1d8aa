"""The bytes behind a record: of a file that was kept, or of a message in the spool, exactly as they came."""

import io
from pathlib import Path
from typing import IO, Any

import msgspec
import pyarrow as pa
from django.conf import settings

from vonggac.errors import IntegrityFailure
from vonggac.flows.uploads import lake
from vonggac.formats.alerts.source import Source as Text
from vonggac.lake.spool import Place, frame_at

MOST_SHOWN_BYTES = 1 << 20
_PACKED_FROM = 1_024


class Envelope(msgspec.Struct, frozen=True):
    """What is put into the spool: whose message it is, when it came, what its sender calls it, its bytes.

    `origin` is said by whoever reads a file as it grows: which file, and up to where it was read.
    """

    source: int
    received_us: int
    identifier: str
    is_packed: bool
    length: int
    content: bytes
    origin: tuple[str, int] | None = None
    subject: str = ""
    """Of a mail of a coordinator."""


_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Envelope).decode
_zstd = pa.Codec("zstd", compression_level=1)


def wrapped(
    source_id: int,
    received_us: int,
    content: bytes,
    identifier: str = "",
    origin: tuple[str, int] | None = None,
    subject: str = "",
) -> bytes:
    """The frame of a message; packed, because a record of 600 bytes packs to a sixth."""
    is_packed = len(content) >= _PACKED_FROM
    body = _zstd.compress(content, asbytes=True) if is_packed else content
    return _encode(Envelope(source_id, received_us, identifier, is_packed, len(content), body, origin, subject))


def unwrapped(frame: bytes) -> tuple[Envelope, bytes]:
    """The envelope of a frame and the message as it came."""
    envelope = _decode(frame)
    content = envelope.content
    if envelope.is_packed:
        content = _zstd.decompress(content, envelope.length, asbytes=True)
    return envelope, content


def spools() -> Path:
    """The folder with a spool for each collector of this desk."""
    folder: Path = settings.VONGGAC_HOME.lake / "spool"
    return folder


def place_name(collector: str, place: Place) -> str:
    """How findings and lake name the message at a place of a spool."""
    return f"spool/{collector}/{place.segment}/{place.offset}"


def opened(raw: str) -> IO[bytes]:
    """The file or message that a record came in, to be read and sought in."""
    kind, _, rest = raw.partition("/")
    if kind == "file":
        return lake().opened(rest)
    if kind != "spool":
        raise IntegrityFailure(f"{raw} names no place where bytes are kept")
    return io.BytesIO(_message(rest)[1])


def subject_of(raw: str) -> str:
    """The subject of the mail in which a record came, where its source is a coordinator; "" otherwise."""
    kind, _, rest = raw.partition("/")
    return _message(rest)[0].subject if kind == "spool" else ""


def _message(place: str) -> tuple[Envelope, bytes]:
    collector, segment, offset = place.split("/")
    return unwrapped(frame_at(spools() / collector, Place(int(segment), int(offset))))


def record(sample: dict[str, Any], file_name: str = "message") -> bytes:
    """The bytes of one record, cut at 1 MiB; of a workbook nothing, for its rows have no bytes of their own."""
    with opened(sample["raw"]) as stream:
        text = Text(stream, file_name)  # type: ignore[arg-type]  # a file opened for bytes
        if text.is_workbook:
            return b""
        wanted, end = sample["offset"], sample["offset"] + min(sample["length"], MOST_SHOWN_BYTES)
        found = b""
        for block in text.blocks():
            if block.offset >= end:
                break
            found += block.data[max(wanted - block.offset, 0) : end - block.offset]
        return found
