"""A desk of the version before keeps what its lists left unread: each becomes a row that a person can settle."""

import importlib
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tests import cast
from vonggac.botnet.models import BotnetList, Indicator, Sender, Unread
from vonggac.flows import botnet_list
from vonggac.flows.proof.damaged_rows import DamagedRows
from vonggac.formats import botnet_columns
from vonggac.tenancy.scope import scoped, system

MIGRATION = importlib.import_module("vonggac.botnet.migrations.0006_unread_and_settled")
REJECTS = [
    {"line": 7, "column": "ip", "reason": "…", "raw": "203.0.113.0005,40000"},
    {"line": 8, "column": None, "reason": "…", "raw": "2001:db8:::5"},
    {"line": 9, "column": "Địa chỉ IP " + "x" * 400, "reason": "…", "raw": "203[.]0[.]113[.]0005"},
    {"line": 10, "column": "ip", "reason": "…", "raw": "12:00:00,Tổng cộng"},
    {"line": 11, "column": "ip", "reason": "…", "raw": "Tổng cộng"},
]


def take_over() -> None:
    with connection.schema_editor(atomic=False) as editor:
        MIGRATION.take_over(apps, editor)


@pytest.mark.django_db
def test_unread_c2s_and_damaged_rows_of_earlier_lists_can_be_settled():
    path = cast.assemble().organisations["hai-van"].path
    with scoped(system("tests")):
        sender = Sender.objects.create(org_path=path, name="NCSC")
        first, middle, last = (
            BotnetList.objects.create(
                sender=sender, org_path=path, file_name=f"{day}.csv", sha256=f"{day:064d}",
                received_at=cast.NOON + timedelta(days=day), rejects=REJECTS if day == 2 else [],
            )
            for day in range(3)
        )  # fmt: skip
        span = {"first_listed_at": first.received_at, "last_listed_at": last.received_at}
        for kind, value in (("unread", "198.51.100.9?"), ("address", "198.51.100.7")):
            Indicator.objects.create(sender=sender, org_path=path, kind=kind, value=value, **span)
        take_over()
        found = Unread.objects.order_by("kind", "botnet_list", "line")
        assert list(found.values_list("botnet_list", "kind", "line", "column", "text", "row", "org_path")) == [
            (last.pk, "address", 7, "ip", "", "203.0.113.0005,40000", path),
            (last.pk, "address", 8, "", "", "2001:db8:::5", path),
            (last.pk, "address", 9, ("Địa chỉ IP " + "x" * 400)[:300], "", "203[.]0[.]113[.]0005", path),
            (first.pk, "c2", None, "", "198.51.100.9?", "", path),
            (last.pk, "c2", None, "", "198.51.100.9?", "", path),
        ]
        assert list(Indicator.objects.values_list("value", flat=True)) == ["198.51.100.7"]
        assert not middle.unread.exists()


ROWS = st.text(st.sampled_from("0125.,:/ []()·adotli-xT\n"), max_size=24) | st.sampled_from((
    "203[.]0[.]113[.]0005", "203 . 0 . 113 . 0005", "203[.]0[.]113[.]0/24", "203,0,113,5", "2O3.0.113.5", "12:00:00,x",
    "17.4.2026,Tổng cộng", "2001:db8::/129", "203.0.113.1 - 203.0.113.9", "1.2", "không rõ",
))  # fmt: skip


@given(ROWS)
def test_an_upgrade_takes_over_what_an_import_of_its_version_would_have_noted(raw):
    assert MIGRATION.may_name_somebody(raw) is DamagedRows([raw]).may_name_anybody


@pytest.mark.django_db
def test_each_list_keeps_the_mapping_that_it_was_read_by():
    office = cast.assemble().organisations["hai-van"]
    with scoped(system("tests")):
        for day, header in enumerate(("src_ip,timestamp", "src_ip,timestamp", "ip,seen_at")):
            at = cast.NOON + timedelta(days=day)
            content = f"{header}\n203.0.113.{day},2026-04-0{day + 1}T00:00:00Z\n".encode()
            columns = {"address": header.split(",")[0], "last_seen": header.split(",")[1]}
            mapping = botnet_columns.from_json({"columns": columns})
            botnet_list.import_list(content, "l.csv", office, "NCSC", received_at=at, at=at, mapping=mapping)
        kept = list(BotnetList.objects.order_by("pk").values_list("mapping", flat=True))
        assert [one["columns"]["address"] for one in kept] == [["src_ip"], ["src_ip"], ["ip"]]
        BotnetList.objects.update(mapping=None)
        take_over()
        assert list(BotnetList.objects.order_by("pk").values_list("mapping", flat=True)) == kept
