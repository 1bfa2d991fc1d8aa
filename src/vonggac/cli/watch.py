"""`vonggac watch`: a second pair of eyes on another machine, which writes when the desk itself has stopped."""

from pathlib import Path

import click


@click.command()
@click.argument("url", metavar="URL")
@click.option("--mail", "recipients", metavar="ADDRESS", multiple=True, required=True,
              help="Who is told; may be repeated.")  # fmt: skip
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="Where the last state is remembered; "
              "default: a file of its own for each URL in the user's state folder.")  # fmt: skip
@click.option("--failures", default=2, show_default=True, type=click.IntRange(1, 20),
              help="How many looks in a row have to fail before anybody is told.")  # fmt: skip
@click.option("--timeout", "timeout_seconds", default=10.0, show_default=True, help="Seconds to wait for an answer.")
def watch(url: str, recipients: tuple[str, ...], state: Path | None, failures: int, timeout_seconds: float) -> None:
    """Look once at the desk at URL; mail when it does not answer or is not sound, and when it is so again.

    Meant for a line of cron on a second machine, once a minute. It needs no database; the mail server is that of
    VONGGAC_MAIL_HOST and its companions, which should not run on the machine of the desk. One mail a change: what was
    told stands in the state file. The exit status is 1 while the desk is not sound.
    """
    from vonggac.server import watching

    file = state or watching.usual_file(url)
    became = watching.look(url, file, recipients, failures=failures, timeout_seconds=timeout_seconds)
    click.echo(became.said)
    if not became.is_sound:
        raise SystemExit(1)
