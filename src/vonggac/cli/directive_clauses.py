"""`vonggac directive clause …`: a draft's clauses shaped before it is entered, and a clause in force corrected."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vonggac.cli.acting import Acting, acting, with_desk
from vonggac.cli.days import moment_of
from vonggac.errors import InputError

if TYPE_CHECKING:
    from vonggac.directives.models import Clause, Directive
    from vonggac.flows.amending import Amended

NOBODY, EVERYBODY = "nobody", "everybody"
_number = click.argument("number", type=int)
_label = click.argument("label")
_dry_run = click.option("--dry-run", is_flag=True, help="Only show what the clauses would be; nothing is kept or sent.")
_binds = click.option(
    "--binds", multiple=True, metavar="KIND",
    help="A kind of organisation that it binds (province, department, bank, …); repeat it. Or: everybody, nobody; "
    "own: the office itself too.",
)  # fmt: skip
_due = click.option(
    "--due", metavar="TIME",
    help="2024-05-07 (its end) or 2024-05-07T17:00 in Hà Nội; “none”: due with the directive.",
)  # fmt: skip


def _shapes(command: Callable[..., Any]) -> Callable[..., Any]:
    return _number(_label(_dry_run(with_desk(command))))


@click.group()
def clause() -> None:
    """The clauses of a directive: what each asks, whom it binds, when it is due.

    While the directive is a draft its clauses are added, split, merged and removed, and then it is confirmed; once it
    is in force a clause is corrected with a reason, and those it binds are told. NUMBER is the directive's, as
    `vonggac directive list` prints it; LABEL the clause's, as `show` prints it. Every change takes --dry-run.

    \b
    vonggac directive enter cong-van.pdf --draft
    vonggac directive clause show 7
    vonggac directive clause split 7 1.c --before "báo cáo kết quả"
    vonggac directive clause correct 7 1.b --due 2024-05-07 --dry-run
    """  # noqa: D301  click wants the character, not the two letters


@clause.command()
@_number
@with_desk
def show(number: int, home: Path | None, email: str | None, office: str | None) -> None:
    """Every clause with its label, due time, proof rule, whom it binds, and its words."""
    with acting(home, email, office):
        _print(_directive(number))


@clause.command()
@_number
@_label
@click.option("--text", required=True, help="What the clause asks.")
@_binds
@_due
@_dry_run
@with_desk
def add(  # noqa: PLR0917  click hands over one argument an option
    number: int, label: str, text: str, binds: tuple[str, ...], due: str | None, dry_run: bool,
    home: Path | None, email: str | None, office: str | None,
) -> None:  # fmt: skip
    """Add a clause that the reader missed to a draft, as its last one.

    Without --binds it binds whom the regime says; without --due it is due when its words say.

    vonggac directive clause add 7 2.d --text "Báo cáo trước ngày 30/4/2024"
    """
    with _changing(number, dry_run, home, email, office) as (actor, directive):
        from django.utils import timezone

        from vonggac.directives import clauses
        from vonggac.regimes import regime

        made = clauses.add_clause(directive.pk, label, text, regime.on(timezone.localdate(actor.at)), at=actor.at)
        changes = ({"binds": _kinds(binds)} if binds else {}) | ({"due_at": _moment(due)} if due else {})
        if changes:
            _correct(made, changes, actor)


@clause.command()
@click.option("--before", required=True, metavar="WORDS", help="The words with which the second clause begins.")
@_shapes
def split(
    number: int, label: str, before: str, dry_run: bool, home: Path | None, email: str | None, office: str | None
) -> None:
    """Split a draft's clause in two before some of its words; each binds what it bound.

    vonggac directive clause split 7 1.c --before "báo cáo kết quả"
    """
    with _changing(number, dry_run, home, email, office) as (actor, directive):
        from vonggac.directives import clauses

        found = _clause(directive, label)
        if found.text.count(before) != 1:
            raise InputError(
                f"“{before}” has to stand once in clause {label}, and stands there {found.text.count(before)} times"
            )
        marked = found.text.replace(before, f"{clauses.SPLIT_MARK} {before}")
        _correct(found, {"text": marked}, actor)
        clauses.split_clause(found.pk, at=actor.at)


@clause.command()
@_shapes
def merge(number: int, label: str, dry_run: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """Merge a draft's clause with the one behind it: it keeps its label and binds whom either bound."""
    with _changing(number, dry_run, home, email, office) as (actor, directive):
        from vonggac.directives import clauses

        clauses.merge_clause(_clause(directive, label).pk, at=actor.at)


@clause.command()
@_shapes
def remove(number: int, label: str, dry_run: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """Leave a clause out of a draft: what was read as one and asks nothing. The ledger keeps its words."""
    with _changing(number, dry_run, home, email, office) as (actor, directive):
        from vonggac.directives import clauses

        clauses.remove_clause(_clause(directive, label).pk, at=actor.at)


@clause.command()
@_number
@_label
@click.option("--text", help="Other words; the times that they set are read again.")
@_binds
@_due
@click.option("--rule", help="The proof rule; “none”: the claim alone is shown.")
@click.option("--reason", default="", help="The document or order that says so. Needed once it is in force.")
@_dry_run
@with_desk
def correct(  # noqa: PLR0917  click hands over one argument an option
    number: int, label: str, text: str | None, binds: tuple[str, ...], due: str | None, rule: str | None,
    reason: str, dry_run: bool, home: Path | None, email: str | None, office: str | None,
) -> None:  # fmt: skip
    """Correct a clause: its words, whom it binds, its due time, its proof rule. What you do not name stays.

    In force, open obligations follow, units that it binds no more are let off, new ones are bound, and each is told
    once what changed. Try it with --dry-run first: it says how many that would be.

    vonggac directive clause correct 7 1.b --due 2024-05-07 --reason "Công văn 40/BATM" --dry-run
    """
    with _changing(number, dry_run, home, email, office) as (actor, directive):
        from vonggac.directives.models import DirectiveState

        changes: dict[str, Any] = {
            "text": text.strip() if text else None, "binds": _kinds(binds) if binds else None,
            "rule": _rule(rule, actor) if rule else None,
        }  # fmt: skip
        changes = {name: value for name, value in changes.items() if value is not None}
        if due:
            changes["due_at"] = _moment(due)
        if not changes:
            raise InputError("say what to correct: --text, --binds, --due or --rule")
        found = _clause(directive, label)
        if directive.state == DirectiveState.DRAFT:
            _correct(found, changes, actor)
        else:
            _say(_amended(found, changes, reason, actor))


@contextmanager
def _changing(
    number: int, dry_run: bool, home: Path | None, email: str | None, office: str | None
) -> Iterator[tuple[Acting, "Directive"]]:
    """The directive for a change, printed as it is afterwards; a dry run is rolled back."""
    from django.db import transaction

    from vonggac.register.rules import Act

    with acting(home, email, office, need=Act.ASSIGN) as actor, transaction.atomic():
        yield actor, _directive(number)
        _print(_directive(number))
        if dry_run:
            transaction.set_rollback(True)
            click.echo("nothing was kept: this was a dry run", err=True)


def _standing(found: "Clause") -> dict[str, Any]:
    return {"text": found.text, "binds": found.binds, "rule": found.rule, "due_at": found.due_at}


def _correct(found: "Clause", changes: dict[str, Any], actor: Acting) -> None:
    from vonggac.directives import clauses

    clauses.correct_clause(found.pk, **_standing(found) | changes, at=actor.at)


def _amended(found: "Clause", changes: dict[str, Any], reason: str, actor: Acting) -> "Amended":
    from vonggac.flows import amending

    return amending.amend_clause(found.pk, **_standing(found) | changes, reason=reason, at=actor.at)


def _say(amended: "Amended") -> None:
    counts = {"stay bound": amended.kept, "let off": amended.withdrawn, "bound again": amended.restored}
    said = [f"{len(those)} {word}" for word, those in (counts | {"bound anew": amended.new}).items()]
    click.echo(f"obligations: {', '.join(said)}", err=True)


def _directive(number: int) -> "Directive":
    from vonggac.directives import queries

    return queries.one(number)


def _clause(directive: "Directive", label: str) -> "Clause":
    found = directive.clauses.filter(label=label).first()
    if found is None:
        labels = ", ".join(directive.clauses.values_list("label", flat=True))
        raise InputError(f"directive {directive.pk} has no clause {label}; it has: {labels or 'none'}")
    return found


def _kinds(chosen: tuple[str, ...]) -> list[str]:
    from vonggac.directives.rules import OWN_OFFICE, bound_kinds
    from vonggac.regimes.regime import EVERY_KIND
    from vonggac.register.models import OrganisationKind

    named = {kind.lower() for kind in chosen}
    if unknown := named - {EVERYBODY, NOBODY, OWN_OFFICE, *OrganisationKind.values}:
        known = ", ".join([EVERYBODY, NOBODY, OWN_OFFICE, *OrganisationKind.values])
        raise InputError(f"“{min(unknown)}” is no kind of organisation; one of: {known}")
    return bound_kinds(EVERY_KIND if kind == EVERYBODY else kind for kind in named - {NOBODY})


def _rule(name: str, actor: Acting) -> str:
    from django.utils import timezone

    from vonggac.regimes import regime

    known = sorted({one.rule for one in regime.on(timezone.localdate(actor.at)).bindings if one.rule})
    if name not in {"none", *known}:
        raise InputError(f"“{name}” is no proof rule for clauses; one of: none, {', '.join(known)}")
    return "" if name == "none" else name


def _moment(due: str | None) -> Any:
    return None if due == "none" else moment_of(due)


def _print(directive: "Directive") -> None:
    from vonggac.directives.rules import OFFICE_ZONE
    from vonggac.regimes.regime import EVERY_KIND

    for one in directive.clauses.all():
        due = f"{one.due_at.astimezone(OFFICE_ZONE):%Y-%m-%dT%H:%M}" if one.due_at else "–"
        whom = " ".join(EVERYBODY if kind == EVERY_KIND else kind for kind in one.binds) or NOBODY
        click.echo(f"{one.label}  {due}  {one.rule or '–'}  {whom}  {' '.join(one.text.split())}")
