"""The plain bytes of a file that may be packed: gzip, zstd, xz, bzip2, or a zip of one member. A stream, never whole.

What a packed file may grow to is limited (`Limits.expanded_bytes`, `expansion_ratio`), and so is the memory of the
unpacking itself; a bomb stops with `LimitExceeded`, damage with `UnreadableFile`, both after what came before them.
"""

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pyarrow as pa

from vonggac.errors import LimitExceeded, UnreadableFile
from vonggac.formats.limits import MEBIBYTE, Limits

# Blocks that stay in the second-level cache while they are looked at three times.
CHUNK_BYTES = 1 << 17
_XZ_MEMORY_BYTES = 256 * MEBIBYTE
# What a cut-off zstd file loses of its end: Arrow gives a piece whole or not at all.
_ZSTD_PIECE_BYTES = 1 << 14
_ZIP = b"PK\x03\x04"
_ARCHIVES = {
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a rar archive",
    b"PK\x05\x06": "an empty zip archive",
    b"\xd0\xcf\x11\xe0": "an old .xls or a workbook with a password; save it as .xlsx or CSV",
    b"ElfFile\x00": "a Windows event log (.evtx); export it as XML: wevtutil qe FILE /lf:true /f:xml",
}


def is_workbook(stream: BinaryIO) -> bool:
    """True for an .xlsx file, which is a zip archive too; the stream is back at its begin."""
    if not _head(stream).startswith(_ZIP):
        return False
    try:
        return "xl/workbook.xml" in zipfile.ZipFile(stream).namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False
    finally:
        stream.seek(0)


def unpacked(stream: BinaryIO, filename: str, limits: Limits) -> Iterator[bytes]:
    """The plain bytes in pieces of at most 128 KiB; a file that is not packed comes as it is."""
    head = _head(stream)
    for signature, what in _ARCHIVES.items():
        if head.startswith(signature):
            raise UnreadableFile(f"{filename} is {what}" + ("" if ";" in what else "; unpack it and hand in the files"))
    opening = next((opening for signature, opening in _OPENINGS.items() if head.startswith(signature)), None)
    if opening is None:
        yield from iter(lambda: stream.read(CHUNK_BYTES), b"")
        return
    try:
        yield from _within(limits, stream, opening(stream))
    except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, OSError, ValueError, RuntimeError) as damage:
        # pyarrow's own errors are OSError and ValueError; zipfile raises RuntimeError for a member with a password.
        raise UnreadableFile(
            f"{filename} is cut off or damaged ({damage}); what came before was read, hand it in again"
        ) from damage


def _head(stream: BinaryIO) -> bytes:
    head = stream.read(8)
    stream.seek(0)
    return head


def _within(limits: Limits, stream: BinaryIO, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, until they have grown beyond what the packed size allows."""
    size = 0
    for piece in pieces:
        size += len(piece)
        allowed = max(limits.expansion_from_bytes, stream.tell() * limits.expansion_ratio)
        if size > min(allowed, limits.expanded_bytes):
            raise LimitExceeded(
                f"the file unpacks to more than {min(allowed, limits.expanded_bytes) // MEBIBYTE} MiB; "
                "split it by day and hand the parts in"
            )
        yield piece


def _read_gzip(stream: BinaryIO) -> Iterator[bytes]:
    # read1 gives what there is before it says that the rest is missing; read would lose it.
    unpacker = gzip.GzipFile(fileobj=stream)
    return iter(lambda: unpacker.read1(CHUNK_BYTES), b"")


def _read_bzip2(stream: BinaryIO) -> Iterator[bytes]:
    unpacker = bz2.BZ2File(stream)
    return iter(lambda: unpacker.read1(CHUNK_BYTES), b"")


def _read_xz(stream: BinaryIO) -> Iterator[bytes]:
    """All streams of an xz file; by hand, because only the plain decompressor takes a limit on its memory."""
    packed = stream.read(CHUNK_BYTES)
    while packed:
        unpacker = lzma.LZMADecompressor(memlimit=_XZ_MEMORY_BYTES)
        while not unpacker.eof:
            if piece := unpacker.decompress(packed, CHUNK_BYTES):
                yield piece
            packed = stream.read(CHUNK_BYTES) if unpacker.needs_input else b""
            if unpacker.needs_input and not packed:
                raise EOFError("the end is missing")
        packed = (unpacker.unused_data or stream.read(CHUNK_BYTES)).lstrip(b"\x00")


def _read_zstd(stream: BinaryIO) -> Iterator[bytes]:
    unpacker = pa.CompressedInputStream(pa.PythonFile(stream, "r"), "zstd")
    return iter(lambda: unpacker.read(_ZSTD_PIECE_BYTES), b"")


def _read_zip(stream: BinaryIO) -> Iterator[bytes]:
    archive = zipfile.ZipFile(stream)
    # macOS adds a folder of its own to every archive.
    members = [one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX/")]
    if len(members) != 1:
        names = ", ".join(one.filename for one in members[:5])
        raise UnreadableFile(f"the archive holds {len(members)} files ({names}…); unpack it and hand in each by itself")
    member = archive.open(members[0])
    # What open gives can read1 too, which typeshed does not know.
    return iter(lambda: member.read1(CHUNK_BYTES), b"")  # type: ignore[attr-defined]


_OPENINGS: dict[bytes, Callable[[BinaryIO], Iterator[bytes]]] = {
    b"\x1f\x8b": _read_gzip,
    b"\x28\xb5\x2f\xfd": _read_zstd,
    b"\xfd7zXZ\x00": _read_xz,
    b"BZh": _read_bzip2,
    _ZIP: _read_zip,
}
