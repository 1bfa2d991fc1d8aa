"""An opened file as plain UTF-8 text: unpacked, byte order marks gone, UTF-16 turned, in blocks of whole lines."""

import codecs
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from vonggac.errors import InputError, LimitExceeded
from vonggac.formats import encodings, packed
from vonggac.formats.alerts.outcome import Piece
from vonggac.formats.limits import MEBIBYTE, Limits

# Logs are streamed, so what they may unpack to is bounded by patience and not by memory; below a gibibyte a file may
# grow at any ratio, for a day of one repeated alert packs a thousand times.
LIMITS = Limits(expanded_bytes=64 * 1_024 * MEBIBYTE, expansion_from_bytes=1_024 * MEBIBYTE)
# A format that has to be seen whole (one JSON or XML document, a workbook) is read up to this size.
WHOLE_BYTES = 256 * MEBIBYTE
HEAD_BYTES = 1 << 16
LINE_BYTES = 16 * MEBIBYTE
BYTE_ORDER_MARK = codecs.BOM_UTF8
_SHOWN_BYTES = 4_096
_LINE_FEED = ord("\n")
_NOTHING = b" \t\r\n\x00"


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines: `data` begins on line `first_line`, `offset` bytes into the plain text.

    `ends` (n,) are the places of its line feeds, and of its end where the last line lacks one. `is_cut` marks the begin
    of a line over 16 MiB, whose rest was passed over.
    """

    first_line: int
    offset: int
    data: bytes
    ends: NDArray[np.intp]
    is_cut: bool = False


class Source:
    """One file to be read once, from begin to end: by `blocks`, by `lines` or by `content`.

    `problem` holds, after the reading, why the file ended before its end: cut off, damaged, or over the limits.
    """

    def __init__(self, stream: BinaryIO, name: str, limits: Limits = LIMITS) -> None:
        self.name = name
        self.problem: InputError | None = None
        self.lines_read = 0
        self.is_workbook = packed.is_workbook(stream)
        self._stream = stream
        # One iterator for head and rest: leaving a loop over a generator closes it.
        self._pieces = self._guarded(() if self.is_workbook else packed.unpacked(stream, name, limits))
        self._first, self._is_all = self._read_head()
        if not self._first and self.problem is not None:
            raise self.problem
        self.encoding = encodings.detect(self._head_bytes) if self._first else "utf-8"

    @cached_property
    def head(self) -> str:
        """The first 64 KiB or so as text, to tell the format by; without a last line that goes on behind it."""
        text = encodings.decode(self._head_bytes, self.encoding).lstrip("\ufeff")
        return text if self.is_all_in_head else text[: text.rfind("\n") + 1] or text

    @property
    def is_all_in_head(self) -> bool:
        """True when `head` holds the whole file."""
        return self._is_all and len(self._first) <= HEAD_BYTES

    @property
    def _head_bytes(self) -> bytes:
        return self._first if self.is_all_in_head else _cut_at_character(self._first[:HEAD_BYTES])

    def blocks(self) -> Iterator[Block]:
        """The text in blocks of whole lines of about 128 KiB; the last line may lack its line feed."""
        rest, line, offset = b"", 1, 0
        skipped = 0  # bytes of an overlong line that were passed over
        for piece in self._text():
            begin = 0
            if skipped:
                begin = piece.find(b"\n") + 1
                skipped += begin or len(piece)
                if not begin:
                    continue
                line, offset, skipped = line + 1, offset + skipped, 0
            end = piece.rfind(b"\n", begin) + 1
            if end:
                block = _block(line, offset, b"".join((rest, memoryview(piece)[begin:end])))
                yield block
                line, offset, rest = line + len(block.ends), offset + len(block.data), piece[end:]
            else:
                rest += piece[begin:]
            if len(rest) > LINE_BYTES:
                yield Block(line, offset, rest[:_SHOWN_BYTES], np.empty(0, np.intp), is_cut=True)
                rest, skipped = b"", len(rest)
        if rest:
            yield _block(line, offset, rest)
        self.lines_read = line if rest or skipped else line - 1

    def lines(self) -> Iterator[Piece]:
        """Every line that holds anything, one piece each, without blanks, zero bytes and byte order marks around."""
        for block in self.blocks():
            yield from lines_of(block)

    def content(self, largest: int = WHOLE_BYTES) -> bytes:
        """The whole text in UTF-8; raises LimitExceeded beyond `largest` bytes."""
        parts: list[bytes] = []
        size = 0
        for piece in self._text():
            size += len(piece)
            if size > largest:
                raise LimitExceeded(f"{self.name} is one document of more than {largest // MEBIBYTE} MiB; split it")
            parts.append(piece)
        whole = b"".join(parts)
        self.lines_read = whole.count(b"\n") + (not whole.endswith(b"\n") and bool(whole))
        return whole

    @cached_property
    def workbook(self) -> bytes:
        """The bytes of a workbook as received."""
        content = self._stream.read(WHOLE_BYTES + 1)
        if len(content) > WHOLE_BYTES:
            raise LimitExceeded(f"{self.name} is larger than {WHOLE_BYTES // MEBIBYTE} MiB; split it")
        return content

    def _read_head(self) -> tuple[bytes, bool]:
        """At least 64 KiB of the plain bytes, and whether that is all of them."""
        parts: list[bytes] = []
        size = 0
        while size <= HEAD_BYTES:
            piece = next(self._pieces, b"")
            if not piece:
                return b"".join(parts), True
            parts.append(piece)
            size += len(piece)
        return b"".join(parts), False

    def _guarded(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The pieces until the file's end or its damage, which is kept in `problem`."""
        try:
            yield from pieces
        except InputError as problem:
            self.problem = problem

    def _text(self) -> Iterator[bytes]:
        """The plain text in UTF-8, in pieces of any length."""
        pieces = self._plain()
        if self.encoding in ("utf-8", "utf-8-sig"):
            first = next(pieces, b"")
            yield first.removeprefix(BYTE_ORDER_MARK)
            yield from pieces
            return
        decoder = codecs.getincrementaldecoder(self.encoding)(errors="replace")
        for piece in pieces:
            yield unicodedata.normalize("NFC", decoder.decode(piece)).lstrip("\ufeff").encode()
        yield decoder.decode(b"", final=True).encode()

    def _plain(self) -> Iterator[bytes]:
        yield self._first
        yield from self._pieces


def lines_of(block: Block) -> Iterator[Piece]:
    """The filled lines of a block."""
    if block.is_cut:
        yield Piece(block.first_line, block.offset, block.data, damage=f"is longer than {LINE_BYTES // MEBIBYTE} MiB")
        return
    start = 0
    for number, end in enumerate(block.ends.tolist(), start=block.first_line):
        line = block.data[start:end]
        trimmed = line.strip(_NOTHING).removeprefix(BYTE_ORDER_MARK)
        if trimmed:
            yield Piece(number, block.offset + start + line.find(trimmed), trimmed)
        start = end + 1


def _block(line: int, offset: int, data: bytes) -> Block:
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _LINE_FEED)
    return Block(line, offset, data, ends if data.endswith(b"\n") else np.append(ends, len(data)))


def _cut_at_character(data: bytes) -> bytes:
    """The bytes without a last line, or a last character, that was cut in two."""
    end = data.rfind(b"\n") + 1
    if end > len(data) // 2:
        return data[:end]
    for place in range(len(data) - 1, max(len(data) - 4, -1), -1):
        if data[place] >= 0xC0:
            return data[:place]
        if data[place] < 0x80:
            break
    return data
