"""The text of bytes whose encoding nobody declared, for files that come from Vietnamese offices."""

import codecs
import re
import unicodedata

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# XML 1.0 §2.2 allows none of these; openpyxl raises on them, other readers refuse the file.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def detect(content: bytes) -> str:
    """The codec's name: by byte order mark, by zero bytes (UTF-16), by being valid UTF-8, else Windows-1258.

    A file that is UTF-8 but for some damaged bytes stays UTF-8: in an 8-bit text hardly any two bytes in a row make a
    letter of UTF-8, so one odd byte proves nothing where most letters decode. Windows-1258 is the 8-bit code page of
    Vietnamese Windows; it agrees with Windows-1252 but for fifteen letters, so Western text survives it too.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name
    sample = content[:4_096]
    even, odd = sample[0::2].count(0) / max(len(sample), 1), sample[1::2].count(0) / max(len(sample), 1)
    # Separators and Latin letters in UTF-16 have their zeros on odd places (little endian) or on even ones.
    if max(even, odd) > 0.1 and max(even, odd) > 10 * min(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "utf-8" if _is_damaged_utf8(content) else "cp1258"
    return "utf-8"


def decode(content: bytes, encoding: str) -> str:
    """The text in Unicode NFC; bytes that the codec does not know become U+FFFD."""
    text = content.decode(encoding, errors="replace")
    # Windows-1258 and macOS write tone marks as combining characters; names must compare equal all the same.
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def xml_text(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return _NOT_XML.sub("", text)


def _is_damaged_utf8(content: bytes) -> bool:
    """True when at least two of three characters beyond ASCII decode."""
    text = content.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    beyond_ascii = sum(1 for character in text if character > "\x7f")
    return bad * 3 <= beyond_ascii
