"""What a command did: in plain words for people, as one JSON document of a stable shape for programs (`--json`).

The shapes stand in docs/reference/json-output.md; every key is always there, null or empty where it has nothing to say.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from vonggac.cli.options import as_typed
from vonggac.formats.records import Reject, RowWarning

if TYPE_CHECKING:
    from vonggac.flows.botnet_list import ImportReport

SCHEMA = 1
LIST_FIGURES = (
    "rows_read", "rows_rejected", "warnings", "unread", "addresses", "owned", "unowned", "hosts", "new", "still",
    "gone", "returned", "cases_opened", "cases_reopened",
)  # fmt: skip
_OF_PREVIEWS = frozenset({"hosts"})  # what only a dry run counts
# As the proof of a case can stand; a figure for each, also where it is 0.
VERDICTS = ("proven", "contradicted", "not_observable", "watching")
SHOWN_LINES = 20

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document for a program.")


def say_json(**document: Any) -> None:
    """Print the document, its schema first."""
    click.echo(json.dumps({"schema": SCHEMA, **document}, ensure_ascii=False, indent=1))


def reject_document(reject: Reject | RowWarning | Mapping[str, Any]) -> dict[str, Any]:
    """A line that could not be used; `raw` is its text, cut."""
    if not isinstance(reject, Mapping):
        return {"line": reject.line, "column": reject.column, "reason": reject.reason, "raw": reject.raw[:200]}
    return {name: reject[name] for name in ("line", "column", "reason", "raw")}


def say_rejects(rejects: Iterable[Reject | Mapping[str, Any]], number: int) -> None:
    """Name the first lines that could not be used, on standard error."""
    shown = [reject_document(reject) for reject in rejects][:SHOWN_LINES]
    for reject in shown:
        click.echo(f"  line {reject['line']}, {reject['column'] or 'whole line'}: {reject['reason']}", err=True)
    if number > len(shown):
        click.echo(f"  … and {number - len(shown)} more", err=True)


@dataclass(frozen=True, slots=True)
class ListOutcome:
    """What was, or in a dry run would be, made of a botnet list; `list_id` is None in a dry run."""

    file: str
    sender: str
    figures: Mapping[str, int | None]
    mapping: Mapping[str, Any] | None
    rejects: Sequence[Mapping[str, Any]]
    organisations: Mapping[str, int] = field(default_factory=dict)
    list_id: int | None = None
    was_known: bool = False
    unread_columns: Sequence[str] = ()
    warnings: Sequence[RowWarning] = ()

    @property
    def is_dry_run(self) -> bool:
        """True where nothing was entered."""
        return self.list_id is None


def previewed(file: str, figures: Mapping[str, Any]) -> ListOutcome:
    """The outcome of a dry run."""
    counted = {name: int(figures.get(name, 0)) for name in LIST_FIGURES}
    return ListOutcome(
        file, figures["sender"], counted, figures["mapping"], figures["rejects"], figures["organisations"],
        unread_columns=figures["unread_columns"], warnings=figures["reading_warnings"],
    )  # fmt: skip


def imported(report: "ImportReport") -> ListOutcome:
    """The outcome of an import, as the desk keeps it."""
    from vonggac.botnet.models import BotnetList

    kept = BotnetList.objects.select_related("sender").get(pk=report.list_id)
    counted = {name: int(report.summary.get(name, 0)) if name not in _OF_PREVIEWS else None for name in LIST_FIGURES}
    return ListOutcome(
        kept.file_name, kept.sender.name, counted, kept.sender.mapping, kept.rejects,
        list_id=kept.pk, was_known=report.was_known,
        unread_columns=report.unread_columns, warnings=report.warnings,
    )  # fmt: skip


def say_list(outcome: ListOutcome, *, as_json: bool) -> None:
    """Print the outcome."""
    if as_json:
        say_json(
            list=outcome.list_id, file=outcome.file, sender=outcome.sender, dry_run=outcome.is_dry_run,
            known_before=outcome.was_known, figures=dict(outcome.figures), organisations=dict(outcome.organisations),
            mapping=outcome.mapping, unread_columns=list(outcome.unread_columns),
            warnings=[reject_document(warning) for warning in outcome.warnings],
            rejects=[reject_document(reject) for reject in outcome.rejects],
        )  # fmt: skip
        return
    say = {name: "–" if value is None else f"{value:,}" for name, value in outcome.figures.items()}
    if outcome.was_known:
        click.echo("this list was imported before; nothing changed. What it did then:")
    click.echo(f"{outcome.file} from {outcome.sender}: {say['rows_read']} rows read, {say['rows_rejected']} rejected")
    _say_mapping(outcome)
    click.echo(f"  {say['addresses']} addresses, {say['owned']} of them of the register's organisations")
    click.echo(f"  sightings: {say['new']} new, {say['still']} still listed, {say['returned']} listed again")
    click.echo(f"  {say['gone']} no longer listed; {say['cases_opened']} cases opened, {say['cases_reopened']} again")
    if outcome.is_dry_run:
        for name, number in outcome.organisations.items():
            click.echo(f"    {number:,}  {name}")
        click.echo(f"  {say['hosts']} hosts; nothing was entered (dry run)")
    if outcome.figures["unread"]:
        hint = as_typed("`vonggac botnet unread` shows and settles them")
        click.echo(f"  {say['unread']} control servers cannot be read; {hint}")
    say_rejects(outcome.rejects, outcome.figures["rows_rejected"] or 0)


def _say_mapping(outcome: ListOutcome) -> None:
    """Which column was read as what, and what was not read."""
    if outcome.mapping is None:
        return
    click.echo(f"  columns read (times without a zone: {outcome.mapping['time_zone']}):")
    for name, columns in outcome.mapping["columns"].items():
        if columns:
            click.echo(f"    {', '.join(columns)} → {name}")
    if outcome.unread_columns:
        click.echo(f"    not read: {', '.join(outcome.unread_columns)}")
    for warning in outcome.warnings[:SHOWN_LINES]:
        where = f"line {warning.line}" + (f", {warning.column}" if warning.column else "")
        click.echo(f"  {where}: {warning.reason}", err=True)
