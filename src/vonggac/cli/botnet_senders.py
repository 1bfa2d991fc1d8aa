"""`vonggac botnet senders`, `merge-senders`: who sends lists, and two spellings of one of them merged."""

from pathlib import Path

import click

from vonggac.cli.acting import acting, with_desk


@click.command()
@with_desk
def senders(home: Path | None, email: str | None, office: str | None) -> None:
    """Who sends lists to your part of the tree: office, number of lists, the day of the newest, name."""
    with acting(home, email, office):
        from django.db.models import Count, Max

        from vonggac.botnet.models import Sender
        from vonggac.register.models import Organisation

        codes = dict(Organisation.objects.values_list("path", "code"))
        for one in Sender.objects.annotate(number=Count("lists"), newest=Max("lists__received_at")).order_by("name"):
            day = f"{one.newest:%Y-%m-%d}" if one.newest else "–"
            click.echo(f"{codes.get(one.org_path, '–')}  {one.number}  {day}  {one.name}")


@click.command("merge-senders")
@click.option("--dry-run", is_flag=True, help="Only say what would be merged.")
@with_desk
def merge_senders(dry_run: bool, home: Path | None, email: str | None, office: str | None) -> None:
    """Merge the spellings under which one sender stands twice: letters' case and blanks make no other sender.

    New lists find their sender however it is written; a desk that is older than that may hold two. Lists, control
    servers and findings go to the spelling that was written first. Try it with --dry-run: it cannot be undone.
    """
    from vonggac.register.rules import Act

    with acting(home, email, office, need=Act.IMPORT) as actor:
        from vonggac.botnet.services import senders as services

        merged = services.spelled_twice() if dry_run else services.merge(at=actor.at)
        for one in merged:
            names = ", ".join(f"“{other.name}”" for other in one.others)
            verb = "would become" if dry_run else "became"
            click.echo(f"{names} {verb} “{one.sender.name}”: {one.lists} lists, {one.findings} findings")
        if not merged:
            click.echo("no sender stands here under two spellings")
