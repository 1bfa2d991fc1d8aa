"""A mail as it came (RFC 5322) into the pieces that may hold alerts: its attachments, or without any its text.

Pictures, signatures and calendars hold none and are left out. A mail inside a mail is looked into.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from itertools import islice

MOST_PARTS, MOST_IDENTIFIER, MOST_SUBJECT = 200, 900, 2_000
_WITHOUT_ALERTS = frozenset(
    {
        "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature", "text/calendar",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mail:
    """Its identifier (the Message-ID; without one the digest of its bytes), its pieces in order, its subject."""

    identifier: str
    parts: Sequence[bytes]
    subject: str = ""


def read(content: bytes) -> Mail:
    """The mail of these bytes, whatever they are: one that is broken has fewer pieces, or is its own text."""
    message = message_from_bytes(content)
    told = " ".join(str(message.get("Message-ID") or "").split())
    attached: list[bytes] = []
    texts: dict[str, list[bytes]] = {}
    for part in islice(_leaves(message), MOST_PARTS):
        body = _bytes_of(part)
        if not body.strip():
            continue
        if _is_attached(part):
            attached.append(body)
        else:
            texts.setdefault(part.get_content_type(), []).append(body)
    parts = attached or texts.get("text/plain") or [body for bodies in texts.values() for body in bodies]
    is_told = 0 < len(told) <= MOST_IDENTIFIER
    return Mail(told if is_told else f"sha256:{hashlib.sha256(content).hexdigest()}", tuple(parts), _subject(message))


def _subject(message: Message) -> str:
    """The subject in its own letters (RFC 2047), on one line."""
    said = message.get("Subject")
    try:
        told = str(make_header(decode_header(str(said)))) if said is not None else ""
    except (HeaderParseError, LookupError, ValueError):
        told = str(said)
    return " ".join(told.replace("\0", " ").split())[:MOST_SUBJECT]


def _leaves(message: Message) -> Iterator[Message]:
    for part in message.walk():
        kind = part.get_content_type()
        if not part.is_multipart() and kind not in _WITHOUT_ALERTS and part.get_content_maintype() != "image":
            yield part


def _is_attached(part: Message) -> bool:
    """True for what was attached, and for whatever is no text to be read, however it was put in."""
    return (
        part.get_content_disposition() == "attachment"
        or bool(part.get_filename())
        or (part.get_content_maintype() != "text")
    )


def _bytes_of(part: Message) -> bytes:
    """The piece without its transfer encoding, in the letters that its sender used."""
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""
