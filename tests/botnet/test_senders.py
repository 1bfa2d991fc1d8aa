"""Two spellings of one sender, kept by a desk before names were folded, become the one that was written first."""

import pytest

from tests import cast
from tests.flows.test_botnet_list import DAY, HEADER, people, row
from vonggac.botnet.models import BotnetList, Indicator, Sender
from vonggac.botnet.services import senders
from vonggac.cases.models import Case, Finding
from vonggac.errors import InputError
from vonggac.flows import botnet_list as flow
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

__all__ = ["people"]
pytestmark = pytest.mark.django_db


def send(people: cast.Cast, *rows: str, sender: str, day: int, office: str = "hai-van") -> flow.ImportReport:
    moment = cast.NOON + day * DAY
    with scoped(system("tests")):
        return flow.import_list(
            "\n".join([HEADER, *rows]).encode(), f"{day}.csv", people.organisations[office], sender,
            received_at=moment, at=moment,
        )  # fmt: skip


def write(name: str, *, as_if: str) -> None:
    """Let a sender stand as an older desk wrote them."""
    with scoped(system("tests")):
        Sender.objects.filter(name=name).update(name=as_if)
        Finding.objects.filter(source=name).update(source=as_if)


@pytest.fixture
def twice(people) -> cast.Cast:
    send(people, row("203.0.113.1"), row("203.0.113.2"), sender="NCSC", day=0)
    send(people, row("203.0.113.2"), row("203.0.113.2"), row("203.0.113.3"), sender="khác", day=1)
    write("khác", as_if="ncsc ")
    return people


def found(people: cast.Cast) -> dict[str, tuple[str, str, int]]:
    with scoped(people.scope("ha")):
        rows = Finding.objects.values_list("subject", "source", "presence", "count")
        assert Case.objects.count() == len(rows)
        return {subject: rest for subject, *rest in rows}


def test_lists_findings_and_servers_stand_under_the_first_spelling(twice):
    with scoped(twice.scope("ha")):
        (one,) = senders.merge(at=cast.NOON + 2 * DAY)
        assert (one.lists, one.findings) == (1, 2)
        assert list(Sender.objects.values_list("name", flat=True)) == ["NCSC"]
        assert set(BotnetList.objects.values_list("sender__name", flat=True)) == {"NCSC"}
        server = Indicator.objects.get(kind="name")
        assert (server.first_listed_at, server.last_listed_at) == (cast.NOON, cast.NOON + DAY)
        entry = Entry.objects.get(act="list.merge_senders")
        assert (entry.detail["name"], entry.detail["merged"]) == ("NCSC", ["ncsc "])
        assert senders.merge(at=cast.NOON + 2 * DAY) == []
    assert found(twice) == {
        "203.0.113.1": ["NCSC", "new", 1], "203.0.113.2": ["NCSC", "new", 3], "203.0.113.3": ["NCSC", "new", 1],
    }  # fmt: skip


def test_the_next_list_answers_for_what_either_spelling_said(twice):
    with scoped(twice.scope("ha")):
        senders.merge(at=cast.NOON + 2 * DAY)
    report = send(twice, row("203.0.113.3"), sender="Ncsc", day=2)
    assert (report.summary["gone"], report.summary["still"]) == (2, 1)
    assert {subject: presence for subject, (_, presence, _) in found(twice).items()} == {
        "203.0.113.1": "gone", "203.0.113.2": "gone", "203.0.113.3": "still",
    }  # fmt: skip


def test_looking_at_what_would_be_merged_changes_nothing(twice):
    with scoped(twice.scope("ha")):
        (one,) = senders.spelled_twice()
        assert ([other.name for other in one.others], one.lists, one.findings) == (["ncsc "], 1, 2)
        assert Sender.objects.count() == 2
        assert not Entry.objects.filter(act="list.merge_senders").exists()


def test_a_sender_of_another_office_stays_whose_it_is(twice):
    send(twice, row("203.0.113.9"), sender="khác", day=3, office="p-vinh-hai")
    write("khác", as_if="ncsc ")
    with scoped(system("tests")):
        assert len(senders.merge(at=cast.NOON + 4 * DAY)) == 1
        kept = dict(Sender.objects.values_list("org_path", "name"))
        assert kept[twice.organisations["p-vinh-hai"].path] == "ncsc "
        assert Finding.objects.get(subject="203.0.113.9").source == "ncsc "


def test_one_file_that_came_at_one_moment_under_both_spellings_is_named_and_nothing_merged(people):
    for name in ("NCSC", "khác"):
        send(people, row("203.0.113.1"), sender=name, day=0)
    write("khác", as_if="ncsc ")
    with scoped(people.scope("ha")), pytest.raises(InputError, match=r"0\.csv came at the same moment under two"):
        senders.merge(at=cast.NOON + 2 * DAY)
    with scoped(people.scope("ha")):
        assert set(Sender.objects.values_list("name", flat=True)) == {"NCSC", "ncsc "}
        assert BotnetList.objects.count() == 2


def test_nothing_is_merged_while_a_list_is_still_coming_in(twice):
    with scoped(system("tests")):
        BotnetList.objects.filter(file_name="1.csv").update(imported_at=None)
        with pytest.raises(InputError, match=r"1\.csv of NCSC is still coming in"):
            senders.merge(at=cast.NOON + 2 * DAY)
    with scoped(system("tests")):
        assert Sender.objects.count() == 2
