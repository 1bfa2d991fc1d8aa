"""`vonggac directive …`: reads a directive without a database."""

import gc
import hashlib
from pathlib import Path

import click
import msgspec

from vonggac.errors import UnreadableFile


@click.group()
def directive() -> None:
    """Directives: read a document, enter it, see where it stands."""


@directive.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "output", type=click.Choice(["json", "text"]), default="json", show_default=True)
def read(file: Path, output: str) -> None:
    """Show what FILE (.txt .md .docx .pdf) says: issuer, number, clauses, deadlines, contacts. Needs no database."""
    from vonggac.formats import congvan, documents  # keeps `--help` fast
    from vonggac.regimes import vocabulary

    try:
        content = file.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{file}: cannot be opened ({error.strerror}); check the name and the rights") from error
    gc.disable()  # one short process: collecting what lives until its end anyway costs a tenth of the time
    text = documents.read_text(content, file.name)
    found = congvan.read(text.lines, congvan.Vocabulary.from_mapping(vocabulary.load()))
    if output == "json":
        answer = congvan.to_json(found, hashlib.sha256(content).hexdigest())
        click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=1).decode())
    else:
        click.echo("\n\n".join(summary(document) for document in found))


def summary(document: "congvan.Document") -> str:  # type: ignore[name-defined]  # noqa: F821  # imported on use
    """One document as lines a person reads: its head, its clauses with deadlines, and what was doubtful."""
    number = f"{document.number or '?'} · {document.symbol or '?'}"
    rows = [
        ("Loại", document.kind),
        ("Số, ký hiệu", number if document.number or document.symbol else None),
        ("Cơ quan", document.issuer),
        ("Ngày", f"{document.place or ''} {document.date or ''}".strip() or None),
        ("Trích yếu", document.subject),
        ("Kính gửi", "; ".join(document.addressees) or None),
        ("Viện dẫn", ", ".join(document.references) or None),
        ("CVE", ", ".join(document.cves) or None),
        ("Người ký", document.signer.name if document.signer else None),
        ("Thời gian", f"{document.period.first} – {document.period.last}" if document.period else None),
    ]
    lines = [f"{name:<12} {value}" for name, value in rows if value]
    for clause in document.clauses:
        lines.append(f"  {clause.label:<8} {(clause.heading or clause.text)[:100]}")
        lines += [f"           ⏱ {deadline.text} → {deadline.due or deadline.rule}" for deadline in clause.deadlines]
    lines += [
        f"  ☎ {contact.name or '?'}: {', '.join((*contact.phones, *contact.emails))}" for contact in document.contacts
    ]
    lines += [f"  ⚠ {warning}" for warning in document.warnings]
    return "\n".join(lines)
