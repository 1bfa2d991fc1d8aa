"""`vonggac case`: the work, from the shell."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vonggac.cli.acting import acting, with_desk
from vonggac.cli.options import existing_file, shell_language
from vonggac.cli.summaries import json_option, say_json
from vonggac.errors import InputError

if TYPE_CHECKING:
    from vonggac.cases.models import Case
    from vonggac.cases.services import Answer
    from vonggac.flows.acknowledgement import Word

COLUMNS = (
    "id", "kind", "organisation", "subject", "state", "claim", "proof", "priority", "why", "due",
)  # fmt: skip


@click.group()
def case() -> None:
    """Cases: list them, show one with its history, acknowledge, claim, dispute, refuse, withdraw, close."""


@case.command("list")
@click.option(
    "--state",
    type=click.Choice(["sent", "acknowledged", "in_progress", "claimed", "disputed", "cannot_comply", "closed"]),
    help="Where it stands; default: all but closed. --late names those over their due time.",
)
@click.option("--all", "with_closed", is_flag=True, help="Closed ones too.")
@click.option("--late", is_flag=True, help="Only those that are over their due time and not closed.")
@click.option("--proof", type=click.Choice(["none", "watching", "proven", "contradicted", "not_observable"]))
@click.option("--kind", type=click.Choice(["obligation", "botnet_host"]))
@click.option("--most", default=50, show_default=True, help="How many at the most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
@with_desk
def list_cases(  # noqa: PLR0917  click hands over one argument an option
    state: str | None, with_closed: bool, late: bool, proof: str | None, kind: str | None, most: int, as_json: bool,
    home: Path | None, email: str | None, office: str | None,
) -> None:  # fmt: skip
    """The open cases in your part of the tree, the next due first; due times as in Hà Nội, with --json in UTC.

    A proof closes a case: with --proof, and with --all, closed ones are listed too.
    """
    with acting(home, email, office) as actor:
        from vonggac.cases.models import Case
        from vonggac.cases.queries import LATE_STATES, UNFINISHED

        wanted = {"state": state, "proof": proof, "kind": kind}
        rows = Case.objects.filter(**{name: value for name, value in wanted.items() if value})
        if late:
            rows = rows.filter(state__in=LATE_STATES, due_at__lt=actor.at)
        elif not (state or proof or with_closed):
            rows = rows.filter(state__in=UNFINISHED)
        if not as_json:
            click.echo("  ".join(COLUMNS))
        shown = list(rows.select_related("organisation").order_by("due_at", "pk")[:most])
        for found in shown:
            _print(found, as_json)
        if len(shown) == most and (number := rows.count()) > most:
            click.echo(f"showing {most} of {number}; --most {number} shows them, --state and --late narrow", err=True)


@case.command()
@click.argument("number", type=int)
@json_option
@with_desk
def show(number: int, as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """One case: what is claimed, what is proven, what is missing, and everything that happened, the newest first.

    A listed host is of priority 1, and new calls the person on duty, where its system's level in the register is 3 or
    higher, or where it had gone from the list and is back; the others are told by mail alone.
    In the language of the shell (Vietnamese or English), times as in Hà Nội; --json gives the ledger's own entries.
    """
    with acting(home, email, office):
        found = _case(number)
        if as_json:
            _say_whole(found)
            return
        with shell_language():
            for line in _told(found):
                click.echo(line)


_by = click.option("--by", help="Who of the unit said so; needed for another organisation than your own.")
_via = click.option(
    "--via", type=click.Choice(["phone", "paper", "mail", "chat"]), default="phone", show_default=True,
    help="On which way --by said it.",
)  # fmt: skip


@case.command()
@click.argument("numbers", type=int, nargs=-1, required=True)
@_by
@_via
@with_desk
def acknowledge(
    numbers: tuple[int, ...], by: str | None, via: str, home: Path | None, email: str | None, office: str | None
) -> None:
    """Say that the organisation has received these cases."""
    with acting(home, email, office) as actor:
        from vonggac.flows import acknowledgement

        for number in numbers:
            found = _case(number)
            word = _word(found, by, via)
            done = acknowledgement.enter(found, name=actor.name, via="shell", word=word, at=actor.at)
            _print(done, as_json=False)


@case.command()
@click.argument("number", type=int)
@click.option("--text", required=True, help="What was done.")
@click.option(
    "--file", "paths", multiple=True, type=existing_file,
    help="Evidence, kept with its digest; repeatable. Kinds and sizes as at the desk.",
)  # fmt: skip
@_by
@_via
@with_desk
def claim(
    number: int, text: str, paths: tuple[Path, ...], by: str | None, via: str,
    home: Path | None, email: str | None, office: str | None,
) -> None:  # fmt: skip
    """Say that the work is done. Observation decides whether it is proven."""
    if not text.strip():
        raise InputError("write in a sentence what was done")
    with acting(home, email, office) as actor:
        from vonggac.cases import evidence, services

        answer = _answer(number, text, actor.name, by, via)
        for path in paths:
            with path.open("rb") as file:
                evidence.add(number, path.name, evidence.read(file), by=actor.name, at=actor.at)
        _print(services.claim(number, answer, at=actor.at), as_json=False)


@case.command()
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why it is not ours.")
@_by
@_via
@with_desk
def dispute(
    number: int, reason: str, by: str | None, via: str, home: Path | None, email: str | None, office: str | None
) -> None:
    """Say that the host is another organisation's: the question goes back to the register."""
    with acting(home, email, office) as actor:
        from vonggac.cases import services

        _print(services.dispute(number, _answer(number, reason, actor.name, by, via), at=actor.at), as_json=False)


@case.command("cannot-comply")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why it cannot be done.")
@_by
@_via
@with_desk
def cannot_comply(
    number: int, reason: str, by: str | None, via: str, home: Path | None, email: str | None, office: str | None
) -> None:
    """Say that the work cannot be done, and why: the office that asked decides what follows."""
    with acting(home, email, office) as actor:
        from vonggac.cases import services

        _print(services.refuse(number, _answer(number, reason, actor.name, by, via), at=actor.at), as_json=False)


@case.command()
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why the claim is taken back.")
@with_desk
def withdraw(number: int, reason: str, home: Path | None, email: str | None, office: str | None) -> None:
    """Take a claim back: the case is under way again, and nothing judges it any more."""
    with acting(home, email, office) as actor:
        from vonggac.cases import services

        _print(services.withdraw(_case(number).pk, reason, at=actor.at), as_json=False)


@case.command()
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why it is closed without a proof.")
@with_desk
def close(number: int, reason: str, home: Path | None, email: str | None, office: str | None) -> None:
    """Close a case by a person's word, where no rule proves it or the work was recalled."""
    from vonggac.register.rules import Act

    with acting(home, email, office, need=Act.ASSIGN) as actor:
        from vonggac.cases import services

        _print(services.close(_case(number).pk, reason, at=actor.at), as_json=False)


def _answer(number: int, text: str, name: str, by: str | None, via: str) -> "Answer":
    from vonggac.flows import acknowledgement

    found = _case(number)
    return acknowledgement.answer(found, text, name=name, via="shell", word=_word(found, by, via))


def _word(found: "Case", by: str | None, via: str) -> "Word | None":
    """Who of the unit said it; InputError names the options where it is another organisation's case."""
    from vonggac.flows import acknowledgement

    if by:
        return acknowledgement.Word(by, via)
    if acknowledgement.is_for_another(found):
        unit = found.organisation.name
        raise InputError(f"case {found.pk} is {unit}'s: name who of {unit} said so and how: --by NAME --via {via}")
    return None


def _case(number: int) -> "Case":
    from vonggac.cases.models import Case

    found = Case.objects.select_related("organisation").filter(pk=number).first()
    if found is None:
        raise InputError(
            f"there is no case {number} in your part of the tree; `vonggac case list --all` shows those that are"
        )
    return found


def _told(found: "Case") -> Iterator[str]:
    """The case in words, its history the newest first."""
    from django.utils.translation import gettext as _

    from vonggac.desk import marks, observed, proof_words, timeline, times, words
    from vonggac.desk.retelling import retold
    from vonggac.jobs.clock import now
    from vonggac.register import queries as register

    due = " · " + _("due %(time)s") % {"time": times.due_full(found.due_at)} if found.due_at else ""
    yield f"{found.pk}  {retold(found.title)}"
    yield f"  {found.organisation.name} · {words.word(words.STATES, found.state)}{due}"
    yield "  " + _("Priority %(n)s: %(reason)s") % {"n": found.priority, "reason": retold(found.priority_reason)}
    yield f"  {marks.claim(found).text}" + (f" · {found.claimed_by}: {found.claim_text}" if found.claimed_by else "")
    yield f"  {proof_words.sentence(found.proof, found.proof_reason, found.missing) or marks.proof(found).text}"
    yield from (f"  – {proof_words.missing_text(missing)}" for missing in found.missing)
    seen, _before = observed.of(found)
    if seen is not None and seen.let_pass:
        yield f"  {seen.let_pass}"
    lines = register.address_lines(found.asset) if found.asset else []
    for moment in timeline.of_case(found, lines, now()):
        yield from timeline.lines(moment)


def _say_whole(found: "Case") -> None:
    from vonggac.ledger.models import Entry

    entries = Entry.objects.filter(subject_kind="case", subject_id=found.pk).order_by("id")
    say_json(
        case=_document(found),
        claimed_by=found.claimed_by, claim_text=found.claim_text, proof_reason=found.proof_reason,
        missing=found.missing,
        history=[{"at_utc": e.at.isoformat(), "actor": e.actor, "act": e.act, "detail": e.detail} for e in entries],
    )  # fmt: skip


def _document(found: "Case") -> dict[str, Any]:
    due = found.due_at.isoformat(timespec="minutes") if found.due_at else None
    values = (
        found.pk, found.kind, found.organisation.code, found.subject, found.state, found.claim, found.proof,
        found.priority, found.priority_reason, due,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def _print(found: "Case", as_json: bool) -> None:
    document = _document(found)
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        from vonggac.desk.retelling import retold
        from vonggac.desk.times import local

        document["due"] = f"{local(found.due_at):%Y-%m-%d %H:%M}" if found.due_at else None
        with shell_language():
            document["why"] = retold(found.priority_reason)
        click.echo("  ".join("–" if value in {None, "", "none"} else f"{value}" for value in document.values()))
