"""Mails as senders write them, and as nobody should: attachments before text, nothing raised whatever the bytes."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.formats.mail_parts import MOST_IDENTIFIER, MOST_PARTS, read


def mail(text: str = "Kính gửi", html: str = "") -> EmailMessage:
    made = EmailMessage()
    made["Message-ID"] = "<a@example.vn>"
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
    return made


def test_attachments_are_the_pieces_and_the_letter_beside_them_is_not():
    made = mail()
    made.add_attachment(b'{"a": 1}', maintype="application", subtype="json", filename="a.json")
    made.add_attachment("x;y", filename="b.csv")
    found = read(made.as_bytes())
    assert (found.identifier, [part.strip() for part in found.parts]) == ("<a@example.vn>", [b'{"a": 1}', b"x;y"])


@pytest.mark.parametrize(("html", "parts"), [("", [b"lines"]), ("<p>lines</p>", [b"lines"])])
def test_a_mail_without_attachments_is_its_plain_text(html, parts):
    assert [part.strip() for part in read(mail("lines", html).as_bytes()).parts] == parts


def test_pictures_and_signatures_hold_no_alerts():
    made = mail("lines")
    made.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="logo.png")
    made.add_attachment(b"MIAG", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")
    assert [part.strip() for part in read(made.as_bytes()).parts] == [b"lines"]


def test_a_mail_within_a_mail_is_looked_into():
    inner = mail()
    inner.add_attachment(b"{}", maintype="application", subtype="json", filename="a.json")
    made = mail("xin chuyển tiếp")
    made.add_attachment(inner)
    assert read(made.as_bytes()).parts == (b"{}",)


def test_letters_stay_as_their_sender_wrote_them():
    made = EmailMessage()
    made.set_content("Mã độc", charset="utf-16-le", cte="base64")
    assert read(made.as_bytes()).parts[0].strip(b"\n\0") == "Mã độc".encode("utf-16-le").strip(b"\0")


def test_without_an_identifier_or_with_a_monstrous_one_the_bytes_tell():
    plain = b"Subject: x\r\n\r\nlines"
    monstrous = b"Message-ID: <" + b"a" * MOST_IDENTIFIER + b">\r\n\r\nlines"
    identifiers = {read(content).identifier for content in (plain, plain, monstrous)}
    assert len(identifiers) == 2
    assert all(one.startswith("sha256:") for one in identifiers)


def test_a_mail_of_a_million_pieces_is_cut():
    content = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 1_000
    assert len(read(content).parts) == MOST_PARTS


@given(st.binary(max_size=2_000))
def test_no_bytes_raise_anything(content):
    assert read(content).identifier
    assert read(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + content).identifier
