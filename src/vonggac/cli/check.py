"""`vonggac check`: what is wrong with the installation and how to mend it."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from vonggac.cli.options import as_typed, home_option

SIGNS = {"sound": "ok     ", "warning": "WARNING", "problem": "PROBLEM"}


@click.command()
@home_option
@click.option("--json", "as_json", is_flag=True, help="Findings for a program.")
def check(home: Path | None, as_json: bool) -> None:
    """Look at database, disk, clock, worker, mail, fonts and migrations; exit status 1 if there is a problem."""
    from vonggac.server import opening
    from vonggac.server.check import State, examine

    findings = examine(opening.choose_home(home))
    is_sound = all(finding.state is not State.PROBLEM for finding in findings)
    if as_json:
        shown = {"schema": 1, "sound": is_sound, "findings": [asdict(finding) for finding in findings]}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            click.echo(f"{SIGNS[finding.state]} {finding.part}: {finding.text}")
            if finding.mend:
                click.echo(f"        mend: {as_typed(finding.mend)}")
    sys.exit(0 if is_sound else 1)
