"""The entry of the `vonggac` command: finds the module of the noun and shows our own errors as one line."""

import importlib
import sys

import click

from vonggac import __version__, without_pandas
from vonggac.cli.options import HelpAsTyped, as_typed, typed_name
from vonggac.errors import VongGacError

# Noun → one line of help. The module is imported when the noun is used: a database-free command must not pay for
# Django's start (0.4 s), nor `--help` for anything.
NOUNS = {
    "up": "Start the desk: database, web and worker.",
    "web": "Serve the pages alone (for a service manager).",
    "worker": "Run the jobs alone (for a service manager).",
    "migrate": "Bring the database to the state this version needs.",
    "check": "Say what is wrong with the installation and how to mend it.",
    "backup": "Write everything the desk keeps into one file.",
    "restore": "Bring a backup back, here or on another machine.",
    "ledger": "The append-only history: verify it, take checkpoints out.",
    "register": "Organisations, people, networks, assets, sensors: import, export, reorganise.",
    "log": "Traffic logs: hand them in, ask every claim again.",
    "lake": "The lake: what it holds, questions in SQL, merging, retention, verification.",
    "sweep": "Lists of addresses, domains, URLs and hashes over everything in the lake.",
    "case": "Cases: list, show, acknowledge, claim, dispute.",
    "alerts": "Alerts: read any console's, sensor's or sender's file; write reports for others.",
    "botnet": "Botnet lists: match addresses to owners, import, compare.",
    "message": "Messages to organisations: what reached nobody, a link to pass on, send again.",
    "network": "Networks: whose are the addresses of a text file.",
    "exercise": "The exercise province: generate one to try the desk on.",
    "notify": "How people are reached: addresses, tests, channels.",
    "escalation": "Who is being called until somebody takes it on; whom an office calls.",
    "watch": "From another machine: write when the desk itself has stopped.",
    "roster": "The duty roster: import it; plan, judge and mend rosters from files.",
    "token": "Keys for programs: make, list, revoke.",
    "person": "People: sign-in links, recovery, erasing of old personal data.",
    "directive": "Directives: read a document, enter it, see where it stands.",
    "report": "Reports upward: draft, write as .docx or .pdf, issue, withdraw, list.",
}


class Nouns(click.Group):
    """A click group that knows its commands by name and imports them on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The nouns, in alphabetical order."""
        return sorted(NOUNS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command that stands in `vonggac.cli.<noun>` under the noun's own name, or None."""
        if cmd_name not in NOUNS:
            return None
        module = importlib.import_module(f"vonggac.cli.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of nouns with their lines, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(NOUNS.items()))


@click.group(cls=Nouns, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="vonggac")
def vonggac() -> None:
    """Carry an official cyber-security directive out, from paper to proof."""


def main() -> None:
    """Run the command; an error of ours ends with status 1 and one line that says what to do next."""
    without_pandas.leave_out()
    click.Context.formatter_class = HelpAsTyped  # of every command at once: a context hands it on to none below it
    try:
        vonggac(prog_name=typed_name())
    except VongGacError as error:
        click.echo(as_typed(f"vonggac: {error}"), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
