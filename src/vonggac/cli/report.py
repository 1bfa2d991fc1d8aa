"""`vonggac report`: the report upward, from the shell."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vonggac.cli.acting import acting, with_desk
from vonggac.cli.options import force_option, write_file
from vonggac.errors import InputError
from vonggac.kernel.numbers import whole_number

if TYPE_CHECKING:
    from vonggac.reports.models import Report


@click.group()
def report() -> None:
    """Reports upward: draft one on a directive, write it as .docx or .pdf, issue it, withdraw it, list them."""


@report.command()
@click.argument("directive", metavar="DIRECTIVE")
@click.option("--place", default="", help="Where it is signed; default: as the last one, or the province's own name.")
@with_desk
def draft(directive: str, place: str, home: Path | None, email: str | None, office: str | None) -> None:
    """Count the figures of DIRECTIVE (its id, or number/symbol) for your office and freeze them in a draft."""
    with acting(home, email, office) as actor:
        from vonggac.flows import report as flow

        made = flow.draft(_directive(directive), actor.office, by=actor.name, at=actor.at, place=place.strip())
        _print(made, as_json=False)


@report.command()
@click.argument("number", type=int, metavar="ID")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.docx|FILE.pdf")
@force_option
@with_desk
def write(number: int, file: Path, force: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """Write report ID to a file: a draft as it stands, an issued one exactly as it was issued."""
    with acting(home, email, office) as actor:
        from vonggac.flows import report as flow
        from vonggac.reports import queries

        content = flow.file_of(queries.one(number), file.suffix.lower().lstrip("."), at=actor.at)
    write_file(file, content, force=force)
    click.echo(f"{file}  {len(content)} bytes")


@report.command()
@click.argument("number", type=int, metavar="ID")
@click.option("--number-from", type=click.Choice(["register", "clerk"]), default="register", show_default=True,
              help="The outgoing register's next number, or a blank that the clerk fills in.")  # fmt: skip
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The day it carries; default: today in Hà Nội.")
@click.option("--renew", "ageing", flag_value="renew", help="Count the figures again first.")
@click.option("--as-counted", "ageing", flag_value="keep", help="Issue it although its figures have changed since.")
@with_desk
def issue(
    number: int, number_from: str, on: datetime | None, ageing: str | None,
    home: Path | None, email: str | None, office: str | None,
) -> None:  # fmt: skip
    """Issue report ID for good: numbered, both files kept, nothing changes any more. Signing is your office's own.

    A draft whose figures have changed since they were counted is refused, with what changed.
    """
    with acting(home, email, office) as actor:
        from vonggac.directives.rules import OFFICE_ZONE
        from vonggac.flows import report as flow

        today = actor.at.astimezone(OFFICE_ZONE).date()
        day = on.date() if on else today
        if day > today:
            raise InputError("a report cannot be dated later than today")
        takes_number = number_from == "register"
        if ageing == "renew":
            flow.recount(number, at=actor.at)
        elif ageing is None:
            _refuse_aged(number, actor.at)
        _print(flow.issue(number, takes_number=takes_number, on=day, by=actor.name, at=actor.at), as_json=False)


@report.command()
@click.argument("number", type=int, metavar="ID")
@click.option("--reason", required=True, help="What was wrong, and what stands in its place.")
@with_desk
def withdraw(number: int, reason: str, home: Path | None, email: str | None, office: str | None) -> None:
    """Take the issued report ID back; its number and files stay on record."""
    with acting(home, email, office) as actor:
        from vonggac.reports import services

        _print(services.withdraw(number, reason, at=actor.at), as_json=False)


@report.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
@with_desk
def list_reports(as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """The reports of your part of the tree, the newest first."""
    with acting(home, email, office):
        from vonggac.reports import queries

        for found in queries.reports():
            _print(found, as_json)


def _refuse_aged(number: int, at: datetime) -> None:
    from vonggac.flows import report as flow
    from vonggac.reports import queries

    draft = queries.one(number)
    changes = flow.changes(draft, at=at) if draft.is_draft else []
    if changes:
        named = "; ".join(f"{c.clause or 'all'} {c.name} {c.before} → {c.after}" for c in changes[:12])
        raise InputError(
            f"the figures of {draft.counted_at:%Y-%m-%dT%H:%MZ} have changed since: {named}. "
            "Issue it with --renew, which counts again, or with --as-counted"
        )


def _directive(words: str) -> int:
    from vonggac.directives.models import Directive
    from vonggac.directives.queries import numbered

    if (identifier := whole_number(words)) is not None:
        return identifier
    number, _, symbol = words.partition("/")
    found = list(Directive.objects.filter(numbered(number), symbol=symbol).values_list("pk", flat=True)[:2])
    if len(found) != 1:
        known = "no directive" if not found else "more than one directive"
        raise InputError(f"there is {known} {words} in your part of the tree; give its id")
    return found[0]


def _print(found: "Report", as_json: bool) -> None:
    fields = {
        "id": found.pk,
        "state": found.state,
        "number": found.number,
        "symbol": f"BC-{found.abbreviation}",
        "issued_on": found.issued_on.isoformat() if found.issued_on else None,
        "directive": str(found.directive),
        "office": found.organisation.code,
        "counted_at": found.counted_at.isoformat(timespec="seconds"),
        "docx_sha256": found.docx_sha256 or None,
        "pdf_sha256": found.pdf_sha256 or None,
    }
    if as_json:
        click.echo(json.dumps(fields, ensure_ascii=False))
    else:
        click.echo("  ".join("–" if value is None else str(value) for value in fields.values()))
