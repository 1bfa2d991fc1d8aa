"""`vonggac restore`: a backup back into an empty home."""

from pathlib import Path

import click

from vonggac.cli.options import bar, existing_file, home_option


@click.command()
@click.argument("file", type=existing_file)
@home_option
@click.option("--dry-run", is_flag=True, help="Only compare every byte with the manifest and say what is in it.")
def restore(file: Path, home: Path | None, dry_run: bool) -> None:
    """Check FILE in full, then bring it back into the home, which must be new or empty."""
    from vonggac.server import archive, opening
    from vonggac.server.backup import restore as bring_back
    from vonggac.server.backup import verify

    chosen = opening.choose_home(home)
    manifest = verify(file, bar=bar) if dry_run else bring_back(file, chosen, bar=bar)
    figures = archive.describe(manifest)
    text = (
        f"{figures['files']} files, {figures['bytes']:,} bytes, made {figures['created_utc']} by {figures['version']}"
    )
    click.echo(f"The backup is sound: {text}." if dry_run else f"Restored into {chosen.path}: {text}.")
    if figures["is_exercise"] and dry_run:
        click.echo("It is an exercise; nothing was restored.")
    elif figures["is_exercise"]:
        click.echo(f"It is an exercise: start it with ./vg up --exercise --home {chosen.path}")
