"""A desk of the version before keeps what its lists left unread: each becomes a row that a person can settle."""

import importlib
from datetime import timedelta

import pytest
from django.db import connection

from tests import cast
from vonggac.botnet.models import BotnetList, Indicator, Sender, Unread
from vonggac.tenancy.scope import scoped, system

TAKE_OVER = importlib.import_module("vonggac.botnet.migrations.0006_unread_and_settled").TAKE_OVER
REJECTS = [
    {"line": 7, "column": "ip", "reason": "…", "raw": "203.0.113.0005,40000"},
    {"line": 8, "column": None, "reason": "…", "raw": "2001:db8:::5"},
    {"line": 9, "column": "ip", "reason": "…", "raw": "Tổng cộng"},
]


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
        with connection.cursor() as cursor:
            cursor.execute(TAKE_OVER)
        found = Unread.objects.order_by("kind", "botnet_list", "line")
        assert list(found.values_list("botnet_list", "kind", "line", "column", "text", "row", "org_path")) == [
            (last.pk, "address", 7, "ip", "", "203.0.113.0005,40000", path),
            (last.pk, "address", 8, "", "", "2001:db8:::5", path),
            (first.pk, "c2", None, "", "198.51.100.9?", "", path),
            (last.pk, "c2", None, "", "198.51.100.9?", "", path),
        ]
        assert list(Indicator.objects.values_list("value", flat=True)) == ["198.51.100.7"]
        assert not middle.unread.exists()
