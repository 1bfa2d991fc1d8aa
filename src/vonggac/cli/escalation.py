"""`vonggac escalation`: who is being called, from the shell; and whom an office calls, as a file."""

import json
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vonggac.cli.acting import acting, with_desk
from vonggac.cli.options import existing_file, shell_language
from vonggac.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vonggac.cli.acting import Acting
    from vonggac.duty.escalation.services import Answerer
    from vonggac.duty.models import Escalation, Policy

CONCERNS_SHOWN = 50
number_argument = click.argument("number", type=int)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")


@click.group()
def escalation() -> None:
    """Who is being called until somebody takes it on: list, show, acknowledge, note, end, call; policies."""


@escalation.command("list")
@click.option("--all", "with_ended", is_flag=True, help="Those that have ended too.")
@json_option
@with_desk
def list_calls(with_ended: bool, as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """The open escalations of your part of the tree, those that nobody answers first."""
    with acting(home, email, office):
        from vonggac.duty.escalation import queries

        for found in [*queries.open_ones(), *(queries.ended_ones() if with_ended else ())]:
            _print(found, as_json=as_json)


@escalation.command()
@number_argument
@click.option("--all", "with_all", is_flag=True, help=f"All that it is about, not the first {CONCERNS_SHOWN} of each.")
@with_desk
def show(number: int, with_all: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """One escalation: what it is about, open matters first, what comes next, and its history, the newest first.

    In the language of the shell (Vietnamese or English), times as in Hà Nội.
    """
    with acting(home, email, office), shell_language():
        from vonggac.duty.escalation import queries

        for line in told(queries.one(number), most=None if with_all else CONCERNS_SHOWN):
            click.echo(line)


def told(found: "Escalation", *, most: int | None) -> "Iterator[str]":
    """The escalation in words; `most`: how many of its open, and of its answered matters are named, None: all."""
    from django.utils.translation import gettext as _

    from vonggac.desk import call_words, timeline, times, words
    from vonggac.desk.retelling import retold
    from vonggac.duty.escalation import queries

    state, reason = call_words.standing(found), words.word(call_words.REASONS, found.reason)
    yield f"{found.pk}  {reason} · {found.organisation.name} · {state} · {times.full(found.started_at)}"
    if found.state == "taken":
        yield f"  {call_words.answers(found)}"
    if found.note:
        yield f"  “{found.note}”"
    if (at := queries.next_call(found)) is not None:
        yield "  " + _("the next call: %(time)s") % {"time": times.full(at)}
    standing, answered = list(queries.standing_concerns(found)), list(queries.answered_concerns(found))
    states = call_words.states_of(answered)
    for matters, lines in (
        (standing, [f"{_('stands')}  {retold(one.title)}" for one in standing[:most]]),
        (answered, [f"{states[one.pk]}  {retold(one.title)}" for one in answered[:most]]),
    ):
        yield from (f"  {line}" for line in lines)
        if rest := len(matters) - len(lines):
            yield "  " + _("… and %(n)d more (--all)") % {"n": rest}
    for moment in timeline.of("escalation", found.pk):
        yield from timeline.lines(moment)


@escalation.command()
@number_argument
@with_desk
def acknowledge(number: int, home: Path | None, email: str | None, office: str | None) -> None:
    """Take it on: nobody else is called, as long as notes say how it goes."""
    with acting(home, email, office) as desk:
        from vonggac.duty.escalation import services

        _print(services.acknowledge(number, _answerer(desk), at=desk.at), as_json=False)


@escalation.command()
@number_argument
@click.option("--text", required=True, help="How it goes, in a few words.")
@with_desk
def note(number: int, text: str, home: Path | None, email: str | None, office: str | None) -> None:
    """Say how it goes; whoever has taken it on has the whole time again."""
    with acting(home, email, office) as desk:
        from vonggac.duty.escalation import services

        _print(services.note(number, text, _answerer(desk), at=desk.at), as_json=False)


@escalation.command()
@number_argument
@click.option("--why", required=True, help="What became of it.")
@with_desk
def end(number: int, why: str, home: Path | None, email: str | None, office: str | None) -> None:
    """End it: nobody is called any more."""
    with acting(home, email, office) as desk:
        from vonggac.duty.escalation import services

        _print(services.end(number, why, _answerer(desk), at=desk.at), as_json=False)


@escalation.command()
@click.argument("text")
@click.option("--post", "post_name", metavar="NAME", help="Only the people of this post; default: all of the office.")
@with_desk
def call(text: str, post_name: str | None, home: Path | None, email: str | None, office: str | None) -> None:
    """Call the people on duty by hand; TEXT says what has happened, and is what they will read."""
    with acting(home, email, office) as desk:
        from vonggac.duty.escalation import services
        from vonggac.duty.queries import held_posts

        held = held_posts(desk.at).filter(organisation=desk.office)
        post = held.filter(name=post_name).first() if post_name else None
        if post_name and post is None:
            raise InputError(f"{desk.office} has no post called {post_name!r}")
        _print(services.call(text, desk.office, at=desk.at, post=post), as_json=False)


@escalation.command()
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 92), help="How far to look ahead.")
@json_option
@with_desk
def preflight(days: int, as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """What would fail at night: empty slots, no roster, people without a tested address, in two places, without rest.

    In the language of the shell, times as in Hà Nội; JSON has UTC. The exit status is 1 when something would.
    """
    with acting(home, email, office) as desk, shell_language():
        from vonggac.desk import call_words, times
        from vonggac.desk.words import word
        from vonggac.duty.escalation import preflight as checks
        from vonggac.duty.models import Post

        names = dict(Post.objects.values_list("pk", "name"))
        found = checks.check(desk.at, desk.at + timedelta(days=days))
        for one in found:
            post, span = names[one.post_id], times.span(one.from_utc, one.to_utc)
            said = (word(call_words.FAULTS, one.fault), post, span, one.person)
            fields = {
                "fault": one.fault.value,
                "post": post,
                "from": one.from_utc.astimezone(UTC).isoformat(timespec="minutes"),
                "to": one.to_utc.astimezone(UTC).isoformat(timespec="minutes"),
                "person": one.person or None,
            }
            click.echo(json.dumps(fields, ensure_ascii=False) if as_json else "  ".join(filter(None, said)))
    if found:
        raise SystemExit(1)


@escalation.group()
def policy() -> None:
    """Whom an office calls, step by step: list, take along as TOML, bring in, try out."""


@policy.command("list")
@json_option
@with_desk
def list_policies(as_json: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """The policies of your part of the tree."""
    with acting(home, email, office):
        from vonggac.duty.models import Policy

        for kept in Policy.objects.select_related("organisation", "post").order_by("org_path", "name"):
            steps = [f"{step['call']} {step['wait_minutes']}" for step in kept.plan["steps"]]
            fields = {
                "id": kept.pk,
                "organisation": kept.organisation.code,
                "name": kept.name,
                "post": kept.post.name if kept.post else None,
                "reasons": kept.reasons,
                "steps": steps,
            }
            click.echo(json.dumps(fields, ensure_ascii=False) if as_json else _policy_line(kept))


def _policy_line(kept: "Policy") -> str:
    from django.utils.translation import gettext as _

    from vonggac.desk import call_words, words
    from vonggac.duty.escalation.rules import Plan

    with shell_language():
        where = kept.post.name if kept.post else _("all of the office")
        why = ", ".join(words.word(call_words.REASONS, one) for one in kept.reasons) or _("every reason")
        steps = "; ".join(call_words.sentences(Plan.from_json(kept.plan)))
        return f"{kept.pk}  {kept.name} · {kept.organisation.name} · {where} · {why}: {steps}"


@policy.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@with_desk
def export(file: Path | None, home: Path | None, email: str | None, office: str | None) -> None:
    """Write the policies of your part of the tree to FILE (default: the terminal) as TOML, which `import` reads."""
    with acting(home, email, office):
        from vonggac.duty.escalation import policies
        from vonggac.duty.models import Policy

        kept = Policy.objects.select_related("organisation", "post", "command_post").order_by("org_path", "name")
        text = policies.export_toml(kept)
    if file is None:
        click.echo(text, nl=False)
    else:
        file.write_text(text, encoding="utf-8")


@policy.command("import")
@click.argument("file", type=existing_file)
@click.option("--dry-run", is_flag=True, help="Read and check everything, and keep nothing.")
@with_desk
def import_file(file: Path, dry_run: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """Keep the policies of a TOML FILE: all of them, or none where one cannot be used. Others stay as they are."""
    with acting(home, email, office) as desk:
        from django.db import transaction

        from vonggac.duty.escalation import policies

        changed, same = policies.import_drafts(policies.read_toml(file.read_bytes()), at=desk.at)
        if dry_run:
            transaction.set_rollback(True)
    kept = "would be kept" if dry_run else "kept"
    policies_ = "1 policy" if changed == 1 else f"{changed} policies"
    click.echo(f"{policies_} {kept}, {same} {'was' if same == 1 else 'were'} so already")


@policy.command()
@click.option("--policy", "policy_id", type=int, help="The policy to try; default: the one that serves for a hole.")
@with_desk
def who(policy_id: int | None, home: Path | None, email: str | None, office: str | None) -> None:
    """Whom each step would call at this very moment, by a policy; without one by the desk's built-in plan."""
    with acting(home, email, office) as desk:
        from django.utils import timezone

        from vonggac.duty.escalation import policies
        from vonggac.duty.escalation.recipients import Place, Watchers
        from vonggac.duty.escalation.rules import Plan, Reason

        kept = policies.one(policy_id) if policy_id else policies.serving(desk.office, None, Reason.HOLE, at=desk.at)
        plan = Plan.from_json(kept.plan) if kept else policies.usual_plan(Reason.HOLE, on=timezone.localdate(desk.at))
        unit = kept.organisation if kept else desk.office
        place = Place(unit, kept.post_id if kept else None, kept.command_post_id if kept else None)
        watchers = Watchers([place], desk.at)
        none = f"{unit} keeps no policy for this; the desk's built-in plan serves:"
        click.echo(f"Policy {kept.pk}, {kept.name}, of {unit}:" if kept else none)
        for step in plan.carried_out():
            called = watchers.called(place, step)
            names = ", ".join(f"{one.name} ({_ways(one)})" for one in called.recipients) or "nobody"
            away = f"; on leave: {', '.join(one.name for one in called.on_leave)}" if called.on_leave else ""
            click.echo(f"{step.target.value:<10} {names}{away}; then {step.wait_minutes} min")


def _ways(one: Any) -> str:
    return ", ".join(f"{way.address}{'' if way.is_tested else ', not tested'}" for way in one.ways)


def _answerer(desk: "Acting") -> "Answerer":
    from vonggac.duty.escalation.services import Answerer
    from vonggac.register.models import Person
    from vonggac.tenancy.scope import current

    acts = current().person_id
    person = Person.objects.filter(pk=acts).first() if acts is not None else None
    return Answerer(desk.name, person, via="shell")


def _print(found: "Escalation", *, as_json: bool) -> None:
    """A line: what it is about first, then where it stands; the same by name as JSON."""
    from vonggac.desk import call_words, times, words
    from vonggac.desk.retelling import retold

    about = getattr(found, "title", None) or found.concerns.order_by("pk").values_list("title", flat=True).first() or ""
    fields = {
        "id": found.pk,
        "organisation": found.organisation.code,
        "reason": found.reason,
        "about": about,
        "state": found.state,
        "started": found.started_at.isoformat(timespec="minutes"),
        "taken_by": [answer["name"] for answer in found.taken_by],
        "until": found.taken_until.isoformat(timespec="minutes") if found.taken_until else None,
        "note": found.note or None,
    }
    if as_json:
        click.echo(json.dumps(fields, ensure_ascii=False))
        return
    with shell_language():
        state = call_words.standing(found)
        if found.state == "taken":
            state = f"{state} ({call_words.answers(found)})"
        said = [words.word(call_words.REASONS, found.reason), retold(about), found.organisation.name, state]
        said += [times.full(found.started_at), *([f"“{found.note}”"] if found.note else [])]
    click.echo(f"{found.pk}  {' · '.join(filter(None, said))}")
