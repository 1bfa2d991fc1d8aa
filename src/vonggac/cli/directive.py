"""`vonggac directive …`: reads a directive without a database; enters it and follows it on a desk."""

import gc
import hashlib
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from vonggac.cli.acting import acting, with_desk
from vonggac.cli.days import day_of, moment_of, zone
from vonggac.cli.directive_clauses import clause
from vonggac.cli.options import content_of
from vonggac.errors import InputError


@click.group()
def directive() -> None:
    """Directives: read a document, enter it, see where it stands."""


directive.add_command(clause)


@directive.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format", "output", type=click.Choice(["json", "text"]), default="json", show_default=True,
    help="json for programs, text for people (in Vietnamese, doubtful fields marked).",
)  # fmt: skip
def read(file: Path, output: str) -> None:
    """Show what FILE says: issuer, number, date, addressees, clauses, deadlines, contacts. Needs no database.

    FILE is a .txt, .md, .docx or .pdf file; a scanned PDF is recognised where ocrmypdf and tesseract-ocr-vie are
    installed. One file may hold several documents, such as a cover letter and what it passes on.

    \b
    vonggac directive read --format text cong-van.pdf
    vonggac directive read ke-hoach.docx | jq '.documents[].clauses[].deadlines'

    What the document does not say is null, never guessed. A field whose "confidence" is below 0.9 should be compared
    with the paper; "sources" names the line it was read from, "warnings" what was unreadable or mended.
    """  # noqa: D301  click wants the character, not the two letters
    from vonggac.formats import congvan, documents  # keeps `--help` fast
    from vonggac.regimes import vocabulary

    content = content_of(file)
    gc.disable()  # one short process: collecting what lives until its end anyway costs a tenth of the time
    text = documents.read_text(content, file.name)
    words = congvan.Vocabulary.from_mapping(vocabulary.load())
    found = [
        replace(document, warnings=(*text.warnings, *document.warnings)) for document in congvan.read(text.lines, words)
    ]
    if output == "json":
        answer = congvan.to_json(found, hashlib.sha256(content).hexdigest())
        click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=1).decode())
        return
    for order, document in enumerate(found, start=1):
        if len(found) > 1:
            click.echo(f"═══ Văn bản {order} trên {len(found)} · dòng {document.first_line}–{document.last_line} ═══")
        click.echo(f"{congvan.outline(document, words)}\n")


@directive.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--draft", is_flag=True, help="Only read and keep it; a person confirms it on the page.")
@click.option("--arrived-on", help="Day of arrival, 2024-04-22; default: today.")
@click.option("--lead", metavar="CODE", help="The lead body (chủ trì).")
@click.option("--with", "cooperating", metavar="CODE", multiple=True, help="A cooperating body (phối hợp); repeat it.")
@click.option("--due", help="Due time for clauses without one, 2024-05-07 or 2024-05-07T17:00; default: period's end.")
@click.option("--own", metavar="LABEL", multiple=True, help="A clause that binds our own office too; repeat it.")
@click.option("--sure", is_flag=True, help="Enter it although due times are over already.")
@with_desk
def enter(  # noqa: PLR0917  click hands over one argument an option
    file: Path, draft: bool, arrived_on: str | None, lead: str | None, cooperating: tuple[str, ...], due: str | None,
    own: tuple[str, ...], sure: bool, home: Path | None, email: str | None, office: str | None,
) -> None:  # fmt: skip
    """Enter FILE in the incoming register: what the reader found counts as confirmed by you, and binds at once."""
    with acting(home, email, office) as actor:
        from vonggac.directives.services import Entering
        from vonggac.flows import directive as flow

        content = content_of(file)
        found = flow.receive(content, file.name, actor.office, at=actor.at)
        waiting = [one.pk for one in found if one.state == "draft"]
        if not draft and not waiting:
            raise InputError(f"{file}: entered already, as directive {', '.join(str(one.pk) for one in found)}")
        _bind_own([one for one in found if one.pk in waiting], own, actor.at)
        if not draft:
            entering = Entering(
                day_of(arrived_on) or actor.at.astimezone(zone()).date(),
                _organisation(lead) if lead else None,
                tuple(_organisation(code) for code in cooperating),
                moment_of(due),
            )
            if not sure:
                _refuse_overdue([one for one in found if one.pk in waiting], entering, actor.at)
            made = flow.confirm_together(waiting, entering, at=actor.at)
            click.echo(f"{len(made)} obligations sent", err=True)
        for one in found:
            one.refresh_from_db()
            _print_directive(one)
            for warning in one.reading.get("warnings") or ():
                click.echo(f"  ⚠ {warning}", err=True)


@directive.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
@with_desk
def list_directives(as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """The incoming register and what waits to be confirmed, the newest first."""
    with acting(home, email, office):
        from vonggac.directives import queries

        for one in [*queries.drafts(), *queries.register()]:
            _print_directive(one, as_json)


@directive.command()
@click.argument("number", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_desk
def show(number: int, as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """One directive: its clauses with how many are bound, acknowledged, claimed, proven and late."""
    with acting(home, email, office) as actor:
        from vonggac.directives import queries
        from vonggac.directives.queries import Progress

        found = queries.one(number)
        progress = queries.margins(number, actor.at)
        clauses = [_clause_counts(clause, progress.get(clause.pk, Progress())) for clause in found.clauses.all()]
        if as_json:
            click.echo(json.dumps({**_directive_fields(found), "clauses": clauses}, ensure_ascii=False))
            return
        _print_directive(found)
        for counts in clauses:
            words = "  ".join(f"{name} {value}" for name, value in counts.items() if name not in {"label", "text"})
            click.echo(f"  {counts['label']:<8} {words}  {str(counts['text'])[:60]}")


@directive.command()
@click.argument("number", type=int)
@with_desk
def bind(number: int, home: Path | None, email: str | None, office: str | None) -> None:
    """Send the obligations to organisations that came since the directive was entered."""
    with acting(home, email, office) as actor:
        from vonggac.flows import directive as flow

        click.echo(f"{len(flow.bind_again(number, at=actor.at))} obligations sent")


@directive.command()
@click.argument("number", type=int)
@click.option("--due", required=True, help="The later due time, 2024-05-20 or 2024-05-20T17:00 in Hà Nội.")
@click.option("--reason", required=True, help="The document or order that says so.")
@with_desk
def extend(number: int, due: str, reason: str, home: Path | None, email: str | None, office: str | None) -> None:
    """Give a directive and its open obligations a later due time."""
    with acting(home, email, office) as actor:
        from vonggac.flows import directive as flow

        moment = moment_of(due)
        if moment is None:
            raise InputError("write the due time as 2024-05-20 or 2024-05-20T17:00")
        click.echo(f"{flow.extend(number, moment, reason, at=actor.at)} open obligations moved")


@directive.command()
@click.argument("number", type=int)
@click.option("--reason", required=True, help="The document or order that says so.")
@with_desk
def recall(number: int, reason: str, home: Path | None, email: str | None, office: str | None) -> None:
    """Withdraw a directive: its open obligations are closed, their claims are kept."""
    with acting(home, email, office) as actor:
        from vonggac.flows import directive as flow

        click.echo(f"{flow.recall(number, reason, at=actor.at)} open obligations closed")


@directive.command()
@click.argument("number", type=int)
@click.option("--reason", required=True, help="What the mistake was; those who were told read it.")
@with_desk
def mistake(number: int, reason: str, home: Path | None, email: str | None, office: str | None) -> None:
    """Strike out a directive that was entered by mistake, while nobody has answered; its file may come in again."""
    with acting(home, email, office) as actor:
        from vonggac.flows import directive as flow

        click.echo(f"{flow.strike_out(number, reason, at=actor.at)} obligations closed")


def _bind_own(drafts: list[Any], labels: tuple[str, ...], at: datetime) -> None:
    from vonggac.directives.clauses import correct_clause
    from vonggac.directives.rules import OWN_OFFICE, bound_kinds

    clauses = [one for draft in drafts for one in draft.clauses.all()]
    if unknown := set(labels) - {one.label for one in clauses}:
        known = ", ".join(one.label for one in clauses) or "none"
        raise InputError(f"--own {min(unknown)}: nothing that waits to be entered has this clause; it has: {known}")
    for one in clauses:
        if one.label in labels:
            binds = bound_kinds([*one.binds, OWN_OFFICE])
            correct_clause(one.pk, text=one.text, binds=binds, rule=one.rule, due_at=one.due_at, at=at)


def _refuse_overdue(drafts: list[Any], entering: Any, at: datetime) -> None:
    from vonggac.directives.obligations import overdue

    over = [
        f"{due.astimezone(zone()):%Y-%m-%dT%H:%M} ({', '.join(clause.label for clause in clauses)})"
        for due, clauses in overdue(drafts, entering, at=at).items()
    ]
    if over:
        raise InputError(
            f"due times that are over: {'; '.join(over)}. These clauses would be late from the first minute: set other "
            "due times on the page (`--draft` keeps the file for it), give --due, or enter it as it is with --sure"
        )


def _organisation(code: str) -> Any:
    from vonggac.register.models import Organisation

    found = Organisation.objects.filter(code=code).first()
    if found is None:
        raise InputError(f"there is no organisation with the code {code} in your part of the tree")
    return found


def _directive_fields(one: Any) -> dict[str, Any]:
    return {
        "id": one.pk,
        "state": one.state,
        "arrival_number": one.arrival_number,
        "arrived_on": one.arrived_on.isoformat() if one.arrived_on else None,
        "number": one.number or None,
        "symbol": one.symbol or None,
        "issued_on": one.issued_on.isoformat() if one.issued_on else None,
        "issuer": one.issuer or None,
        "subject": one.subject,
    }


def _clause_counts(clause: Any, progress: Any) -> dict[str, Any]:
    names = ("bound", "acknowledged", "claimed", "proven", "contradicted", "not_observable", "watched", "late")
    return {"label": clause.label, **{name: getattr(progress, name) for name in names}, "text": clause.text}


def _print_directive(one: Any, as_json: bool = False) -> None:
    fields = _directive_fields(one)
    click.echo(json.dumps(fields, ensure_ascii=False) if as_json else "  ".join(str(v or "–") for v in fields.values()))
