"""Bytes of unknown encoding against what was written: every encoding an office uses gives the same text back."""

import codecs
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.formats import encodings

WORDS = ("Đơn vị", "Địa chỉ IP", "Thời gian", "Sở Y tế", "phường Vĩnh Hải", "203.0.113.9", "mirai", "Uỷ ban")
TABLES = st.lists(st.lists(st.sampled_from(WORDS), min_size=2, max_size=4), min_size=2, max_size=8).map(
    lambda rows: "\r\n".join(",".join(row) for row in rows)
)


def read(content: bytes) -> str:
    return encodings.decode(content, encodings.detect(content))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufeff\ufffd")))
def test_what_is_utf_8_is_read_as_utf_8_and_composed(text):
    if text.encode()[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return
    assert read(text.encode()) == unicodedata.normalize("NFC", text)
    assert read(codecs.BOM_UTF8 + text.encode()) == unicodedata.normalize("NFC", text)


@given(TABLES, st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")))
def test_a_vietnamese_table_reads_the_same_in_every_encoding(text, encoding):
    assert read(text.encode(encoding)) == text


@given(TABLES)
def test_a_table_of_vietnamese_windows_reads_as_it_was_typed(text):
    """Windows-1258 has tone marks of their own after the letter; letters such as ệ are ê and a dot below."""
    marks = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
    typed = []
    for character in text:
        base = unicodedata.normalize("NFD", character)
        tone = "".join(mark for mark in base if mark in marks)
        typed.append(unicodedata.normalize("NFC", "".join(mark for mark in base if mark not in marks)) + tone)
    assert read("".join(typed).encode("cp1258")) == text


@given(TABLES, st.binary(max_size=3))
def test_decoding_never_fails_whatever_bytes_come(text, damage):
    content = text.encode()
    middle = len(content) // 2
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "cp1258"):
        assert isinstance(encodings.decode(content[:middle] + damage + content[middle:], encoding), str)


@given(st.binary(max_size=200))
def test_any_bytes_have_an_encoding_that_decodes_them(content):
    assert isinstance(read(content), str)


def test_one_damaged_byte_in_a_long_file_changes_one_character():
    text = "Sở Thông tin, phường Vĩnh Hải\n" * 50
    content = bytearray(text.encode())
    content[content.index("ở".encode())] = 0xFF
    found = read(bytes(content))
    assert found.endswith(text[40:])
    assert "\ufffd" in found[:10]


@pytest.mark.parametrize("size", [4_095, 4_096, 4_097])
def test_a_character_across_the_end_of_the_sample_is_no_damage(size):
    text = "a" * (size - 1) + "ệ,Đ"
    assert encodings.detect(text.encode()) == "utf-8"
    assert read(text.encode()) == text
