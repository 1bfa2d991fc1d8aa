"""What the directive reader returns: one `Document` for each official document of a file, and its JSON form."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field was read: the 1-based line of the text as received, and the text as printed there."""

    line: int
    raw: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """One time by which a clause asks for something: a fixed day (`due`) or a rule counted from something (`rule`).

    Exactly one of the two is set; `at` is the hour of a fixed day where one is printed. The rules' grammar is in
    docs/reference/directive-json.md.
    """

    text: str
    due: dt.date | None
    rule: str | None
    at: dt.time | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """One measure of the document with its label as printed, parents joined by dots: `1`, `1.a`, `I.2.đ`, `Điều 3.1`."""  # noqa: E501  # one rule of the grammar stays in one place

    label: str
    heading: str | None
    text: str
    deadlines: tuple[Deadline, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Contact:
    """A body or person to turn to, as the document names it; phones are digits only."""

    name: str | None
    phones: tuple[str, ...]
    emails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recipient:
    """One line of "Nơi nhận": the name, the role as a code (docs/reference/directive-json.md) or None, the line as printed.

    `printed` has the mark that the role was read from: `Các sở (p/h)`.
    """  # noqa: E501  # one rule of the grammar stays in one place

    name: str
    role: str | None
    printed: str


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed: the mark of authority (`KT. BỘ TRƯỞNG`), the own title (`THỨ TRƯỞNG`) and the name."""

    authority: str | None
    title: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Period:
    """The days the document is about, first and last included, and why we think so."""

    first: dt.date
    last: dt.date
    why: str


@dataclass(frozen=True, slots=True)
class Document:
    """One official document as read. A field that the document does not say is None or empty, never guessed."""

    kind: str
    number: str | None = None
    symbol: str | None = None
    issuer: str | None = None
    parent_issuer: str | None = None
    place: str | None = None
    date: dt.date | None = None
    urgency: str | None = None
    confidentiality: str | None = None
    subject: str | None = None
    addressees: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    cves: tuple[str, ...] = ()
    clauses: tuple[Clause, ...] = ()
    contacts: tuple[Contact, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    signer: Signer | None = None
    period: Period | None = None
    deadlines: tuple[Deadline, ...] = ()
    confidence: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    sources: dict[str, Source] = field(default_factory=dict)
    first_line: int = 1
    last_line: int = 1


def to_json(documents: list[Document], sha256: str) -> dict[str, Any]:
    """The documents as the plain values of schema 1; `sha256` is the hexadecimal digest of the file's bytes."""
    return {"schema": SCHEMA, "sha256": sha256, "documents": [_document(document) for document in documents]}


def _document(document: Document) -> dict[str, Any]:
    return {
        "kind": document.kind,
        "number": document.number,
        "symbol": document.symbol,
        "issuer": document.issuer,
        "parent_issuer": document.parent_issuer,
        "place": document.place,
        "date": document.date.isoformat() if document.date else None,
        "urgency": document.urgency,
        "confidentiality": document.confidentiality,
        "subject": document.subject,
        "addressees": list(document.addressees),
        "references": list(document.references),
        "cves": list(document.cves),
        "clauses": [_clause(clause) for clause in document.clauses],
        "deadlines": [deadline_to_json(deadline) for deadline in document.deadlines],
        "contacts": [
            {"name": contact.name, "phones": list(contact.phones), "emails": list(contact.emails)}
            for contact in document.contacts
        ],
        "recipients": [{"name": recipient.name, "role": recipient.role} for recipient in document.recipients],
        "signer": _signer(document.signer),
        "period": _period(document.period),
        "confidence": {name: round(value, 2) for name, value in document.confidence.items()},
        "warnings": list(document.warnings),
        "sources": {name: {"line": source.line, "raw": source.raw} for name, source in document.sources.items()},
    }


def _clause(clause: Clause) -> dict[str, Any]:
    deadlines = [deadline_to_json(deadline) for deadline in clause.deadlines]
    return {"label": clause.label, "heading": clause.heading, "text": clause.text, "deadlines": deadlines}


def deadline_to_json(deadline: Deadline) -> dict[str, str]:
    """`{"text", "due"}` of a fixed day, with its hour where one is printed, else `{"text", "rule"}`."""
    if deadline.due is None:
        return {"text": deadline.text, "rule": deadline.rule or ""}
    due = dt.datetime.combine(deadline.due, deadline.at).isoformat(timespec="minutes") if deadline.at else None
    return {"text": deadline.text, "due": due or deadline.due.isoformat()}


def _signer(signer: Signer | None) -> dict[str, str | None] | None:
    if signer is None:
        return None
    return {"authority": signer.authority, "title": signer.title, "name": signer.name}


def _period(period: Period | None) -> dict[str, str] | None:
    if period is None:
        return None
    return {"from": period.first.isoformat(), "to": period.last.isoformat(), "why": period.why}
