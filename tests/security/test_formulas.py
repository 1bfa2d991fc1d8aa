"""Names that a spreadsheet would run: whatever list leaves the desk, on a page or by a command, none runs in it."""

import csv
import io
from collections.abc import Iterator

import click
import openpyxl
import pyarrow as pa
import pytest
from django.core.cache import caches
from django.db.models import Model
from django.test import Client

from tests.security.crawl import Page, exports
from tests.security.test_tenancy_of_pages import ADMINISTERED, EXPORTS, file_of, named_lists
from vonggac.alerts.models import Finding as AlertFinding
from vonggac.botnet.models import BotnetList, Sender
from vonggac.cases.models import Case, Finding
from vonggac.cli import answers
from vonggac.cli.__main__ import vonggac
from vonggac.directives.models import Clause, Directive, Document
from vonggac.duty.models import Channel, Member, Message, Policy, Post, Shift
from vonggac.register.models import Asset, Contact, InformationSystem, Organisation, Person, Token
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
STARTS = ("=", "+", "-", "@", "\t")
# What people and other machines write, and lists carry on.
WRITTEN: dict[type[Model], tuple[str, ...]] = {
    Organisation: ("name",),
    Person: ("name",),
    InformationSystem: ("name",),
    Asset: ("name",),
    Contact: ("name", "printed_in"),
    Case: ("title", "subject", "priority_reason", "claim_text", "claimed_by"),
    Finding: ("subject", "family"),
    AlertFinding: ("title", "rule", "subject"),
    Sender: ("name",),
    BotnetList: ("file_name",),
    Document: ("name",),
    Directive: ("subject", "issuer", "symbol"),
    Clause: ("text",),
    Post: ("name",),
    Shift: ("person_name", "phone"),
    Message: ("subject", "to"),
    Member: ("name", "phone"),
    Policy: ("name",),
    Channel: ("name", "trouble"),
    Token: ("name",),
}
# The commands that print a list as CSV or a workbook: (command) → what writes it, tried below or beside its command.
BY_COMMANDS = {
    ("botnet", "match"): "tests/cli/test_botnet_match.py",
    ("lake", "query"): "answers",
    ("sweep",): "answers",
}


# Lists that carry no name of those planted: blocks and figures, or nothing is called or planned yet.
NAMELESS = {"/escalations/", "/register/networks/file", "/reports/", "/roster/sheet/month.xlsx"}


def make_formulas() -> None:
    """Every name begins as a formula, each beginning in turn."""
    with scoped(system("tests")):
        for model, names in WRITTEN.items():
            for row in model._default_manager.all():
                for name in names:
                    setattr(row, name, f"{STARTS[row.pk % len(STARTS)]}1+cmd|{getattr(row, name)}")
                row.save(update_fields=names)
        for one in BotnetList.objects.all():
            one.rejects = [{**reject, "raw": f"{STARTS[one.pk % len(STARTS)]}1+cmd|"} for reject in one.rejects]
            one.save(update_fields=["rejects"])


@pytest.fixture
def client(all_reader) -> Client:
    """Somebody who may read and export everything there is."""
    caches["local"].clear()
    make_formulas()
    signed_in = Client()
    signed_in.force_login(all_reader)
    return signed_in


def cells(page: Page, form: str) -> Iterator[tuple[str, bool]]:
    """Each text of a table that was exported, and whether a spreadsheet would run it."""
    if form == "csv":
        for row in csv.reader(io.StringIO(page.content.decode("utf-8-sig"), newline="")):
            yield from ((cell, cell.startswith((*STARTS, "\r")) and not _is_number(cell)) for cell in row)
    else:
        for sheet in openpyxl.load_workbook(io.BytesIO(page.content)):
            for row in sheet.iter_rows():
                yield from ((str(cell.value), cell.data_type == "f") for cell in row if cell.value is not None)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return not text.startswith("\t")


@pytest.mark.slow
def test_no_export_of_a_page_runs_a_name(client):
    hostile, runs = {}, []
    for page in exports(client, named_lists()):
        path, form = file_of(page)
        if form in {"csv", "xlsx"}:
            found = list(cells(page, form))
            runs += [(page.address, text) for text, is_run in found if is_run]
            hostile[path, form] = any("1+cmd|" in text for text, _is_run in found)
    assert runs == []
    assert hostile.keys() >= {(path, form) for path, form in EXPORTS | ADMINISTERED if form != "json"} | {
        ("/roster/sheet/month.xlsx", "xlsx")
    }
    # The names are in there, so that their harmlessness means something.
    harmless = {path for (path, _form), is_hostile in hostile.items() if not is_hostile}
    assert harmless <= NAMELESS


def lists_of(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The commands that offer a table for spreadsheets."""
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            found = command.get_command(click.Context(command), name)
            if found is not None:
                yield from lists_of(found, (*path, name))
    choices = (each.type.choices for each in command.params if isinstance(each.type, click.Choice))
    if any({"csv", "xlsx"} & set(map(str, known)) for known in choices):
        yield path


def test_every_command_that_prints_a_table_is_known_here():
    """A new one needs a line above: by what it writes, and where that is tried."""
    assert set(lists_of(vonggac)) == set(BY_COMMANDS)


@pytest.mark.parametrize("start", STARTS)
def test_no_answer_of_the_lake_runs_a_name(start):
    target = io.BytesIO()
    batch = pa.record_batch({f"{start}name": [f"{start}1+cmd|x", None], "number": [-1, 2]})
    assert answers.write(target, "csv", batch.schema, [batch]) == 2
    head, first, _second = csv.reader(io.StringIO(target.getvalue().decode(), newline=""))
    assert (head[0], first) == (f"'{start}name", [f"'{start}1+cmd|x", "-1"])
