"""A person settles what a list says and nobody could read: proofs follow, and go back when it is withdrawn."""

from datetime import timedelta
from ipaddress import ip_network
from threading import Event, Thread
from time import sleep

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import cast
from tests.register.register_files import bring_in
from vonggac.botnet.models import BotnetList, Indicator, Settling, Unread
from vonggac.botnet.queries import open_ones
from vonggac.botnet.services import findings
from vonggac.botnet.services.settling import Reach, meaning
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Finding
from vonggac.cases.services import Answer
from vonggac.duty.models import Message
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.flows import assessment, botnet_list, settling, traffic_log
from vonggac.flows.list_sightings import sightings_of
from vonggac.flows.proof.host_cases import damaged_rows
from vonggac.formats import botnet_columns
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOST, OTHER = "203.0.113.5", "203.0.113.50"
C2, MEANT = "198.51.100.7", "198.51.100.9"
LISTED, CLAIMED = cast.NOON, cast.NOON + DAY
END = CLAIMED + 7 * DAY + HOUR
REASON = "ô chỉ ghi phiên bản mã độc"


@pytest.fixture
def people(db) -> cast.Cast:
    """The health department's network, watched throughout by one sensor."""
    made = cast.assemble()
    with scoped(system("tests")):
        bring_in("networks", "network,organisation\n203.0.113.0/24,so-y-te\n")
        bring_in("sensors", "name,kind,organisation,networks,silence\nflow-1,flow,so-y-te,203.0.113.0/24,heartbeat\n")
        until = END + 30 * DAY
        bring_in(
            "heartbeats",
            f"sensor,from_utc,to_utc\nflow-1,{LISTED - DAY:%Y-%m-%dT%H:%M:%SZ},{until:%Y-%m-%dT%H:%M:%SZ}\n",
            now=until,
        )
    return made


def send_list(people: cast.Cast, at, *rows: str, sender: str = "NCSC") -> None:
    content = "\n".join(["timestamp,src_ip,dst_ip,family", *rows]).encode()
    office = people.organisations["hai-van"]
    with scoped(people.scope("ha")):
        botnet_list.import_list(content, f"list-{at:%m%d}.csv", office, sender, received_at=at, at=at)


def row(address: str = HOST, peer: str = C2, at=LISTED - HOUR) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ},{address},{peer},mirai"


def flow_log(people: cast.Cast, at, *peers: str) -> None:
    lines = ["time_utc,source_address,source_port,destination_address,destination_port,protocol"]
    lines += [f"{CLAIMED + DAY:%Y-%m-%dT%H:%M:%SZ},{HOST},50000,{peer},443,tcp" for peer in peers]
    content = "\n".join(lines).encode()
    with scoped(people.scope("ha")):
        traffic_log.import_log(content, f"flow-{at:%m%d%H}.csv", "flow-1", received_at=at, at=at)


def claim(people: cast.Cast, subject: str = HOST, at=CLAIMED) -> None:
    with scoped(people.scope("tam")):
        cases.claim(Case.objects.get(subject=subject).pk, Answer("đã cài lại", "Tâm"), at=at)


def proof(subject: str = HOST, at=END) -> str:
    with scoped(system("proof")):
        assessment.assess(at=at)
        return Case.objects.get(subject=subject).proof


def unread(people: cast.Cast, who: str = "ha") -> list[Unread]:
    with scoped(people.scope(who)):
        return list(open_ones().order_by("pk"))


def settle(people: cast.Cast, found: Unread, *meant: str, reason: str = "", at=END, **named) -> list[Settling]:
    with scoped(people.scope("ha")):
        return settling.settle(found.pk, meaning(found.kind, meant, reason), by="Hà", at=at, **named)


def withdraw(people: cast.Cast, found: Unread, at=END) -> None:
    with scoped(people.scope("ha")):
        settling.withdraw(found.pk, by="Hà", at=at)


@pytest.fixture
def garbled(people) -> cast.Cast:
    """A claimed host, whose sender's list names one C2 that reads and one that does not; the next carries nobody."""
    send_list(people, LISTED, row(), row(peer="198.51.100.9?"))
    claim(people)
    send_list(people, CLAIMED + 3 * DAY)
    return people


def test_an_unread_c2_is_noted_with_its_line_and_its_row(garbled):
    found = unread(garbled)
    assert [(one.kind, one.line, one.column, one.text, one.rows) for one in found] == [
        ("c2", 3, "dst_ip", "198.51.100.9?", 1)
    ]
    assert found[0].row == row(peer="198.51.100.9?")


def test_a_settled_c2_is_watched_for_and_the_silent_host_is_proven(garbled):
    flow_log(garbled, END)
    assert proof() == "not_observable"
    settle(garbled, unread(garbled)[0], MEANT)
    assert proof() == "proven"
    assert unread(garbled) == []


def test_a_contact_with_the_settled_c2_contradicts(garbled):
    flow_log(garbled, END, MEANT)
    assert proof() == "not_observable"
    settle(garbled, unread(garbled)[0], MEANT)
    assert proof() == "contradicted"


def test_one_of_several_meant_c2s_is_enough_to_contradict(garbled):
    flow_log(garbled, END, "198.51.100.93")
    settle(garbled, unread(garbled)[0], MEANT, "198[.]51[.]100[.]93:443")
    assert proof() == "contradicted"


def test_no_c2_meant_leaves_those_that_read(garbled):
    flow_log(garbled, END, MEANT)
    settle(garbled, unread(garbled)[0], reason=REASON)
    assert proof() == "proven"


def test_a_settled_name_asks_for_the_log_of_names(garbled):
    flow_log(garbled, END)
    settle(garbled, unread(garbled)[0], "*.C2.example.net")
    assert proof() == "not_observable"
    with scoped(garbled.scope("tam")):
        assert [item["kind"] for item in Case.objects.get(subject=HOST).missing] == ["dns"]


@pytest.mark.parametrize(("peers", "shown"), [((), "proven"), ((MEANT,), "contradicted")])
def test_withdrawn_the_host_is_as_unproven_as_before(garbled, peers, shown):
    flow_log(garbled, END, *peers)
    found = unread(garbled)[0]
    settle(garbled, found, MEANT)
    assert proof() == shown
    withdraw(garbled, found)
    assert proof() == "not_observable"
    assert [one.pk for one in unread(garbled)] == [found.pk]


def test_settled_again_after_a_withdrawal_the_newer_meaning_holds(garbled):
    flow_log(garbled, END, MEANT)
    found = unread(garbled)[0]
    settle(garbled, found, MEANT)
    withdraw(garbled, found)
    settle(garbled, found, "198.51.100.19")
    assert proof() == "proven"


def test_settling_and_withdrawing_stand_in_the_ledger_and_ask_the_proofs_again(garbled, monkeypatch):
    asked = []
    monkeypatch.setattr(settling, "defer", lambda name, **_: asked.append(name))
    found = unread(garbled)[0]
    settle(garbled, found, MEANT)
    withdraw(garbled, found)
    assert asked == ["proof.assess", "proof.assess"]
    with scoped(garbled.scope("minh")):
        entries = list(Entry.objects.filter(act__in=("list.settle", "list.unsettle")).order_by("id"))
    assert [(e.act, e.actor, e.subject_kind, e.subject_id) for e in entries] == [
        (act, f"person:{garbled.people['ha'].pk}", "botnet_list", found.botnet_list_id)
        for act in ("list.settle", "list.unsettle")
    ]
    assert {(e.detail["raw"], *e.detail["meant"], e.detail["line"], e.detail["by"]) for e in entries} == {
        ("198.51.100.9?", MEANT, 3, "Hà")
    }


def test_the_same_text_in_a_later_list_is_asked_about_anew(garbled):
    settle(garbled, unread(garbled)[0], MEANT)
    flow_log(garbled, END)
    assert proof() == "proven"
    send_list(garbled, END + DAY, row("203.0.113.60", "198.51.100.9?"))
    assert [one.text for one in unread(garbled)] == ["198.51.100.9?"]
    assert proof(at=END + 2 * DAY) == "not_observable"


def test_everywhere_settles_the_text_in_all_lists_of_the_sender_and_of_no_other(people):
    for day in range(3):
        send_list(people, LISTED + day * HOUR, row(peer="198.51.100.9?"), row(peer=f"198.51.100.{day}?"))
    send_list(people, LISTED + 5 * HOUR, row(peer="198.51.100.9?"), sender="VNCERT")
    made = settle(people, unread(people)[0], MEANT, reach=Reach.EVERYWHERE)
    assert len(made) == 3
    left = [(one.botnet_list_id, one.text) for one in unread(people)]
    assert len(left) == 4
    assert [text for _, text in left] == ["198.51.100.0?", "198.51.100.1?", "198.51.100.2?", "198.51.100.9?"]


@pytest.mark.parametrize("text", ["198.51.100.999", "198.51.100.9?", "không rõ", "203.0.113.5 1.2"])
def test_what_no_list_could_say_is_no_meaning_of_a_c2(text):
    with pytest.raises(InputError, match="neither an address nor a name"):
        meaning("c2", [text])


@pytest.mark.parametrize("text", ["203.0.113.500", "c2.example.net", "203.0.113.0/24"])
def test_a_row_means_addresses_only(text):
    with pytest.raises(InputError, match="is not an address"):
        meaning("address", [text])


def test_nothing_meant_needs_a_reason():
    with pytest.raises(InputError, match="and why"):
        meaning("c2", [" ", ""], "  ")


def test_what_is_settled_is_settled_once_and_only_that_is_withdrawn(garbled):
    found = unread(garbled)[0]
    with pytest.raises(WrongState, match="nobody has settled"):
        withdraw(garbled, found)
    settle(garbled, found, MEANT)
    with pytest.raises(WrongState, match="settled already"):
        settle(garbled, found, C2)


@pytest.mark.parametrize("stranger", ["vinh", "tam", "lan"])
def test_a_list_of_another_office_is_neither_seen_nor_settled(garbled, stranger):
    assert unread(garbled, stranger) == []
    found = unread(garbled)[0]
    with scoped(garbled.scope(stranger)), pytest.raises(OutOfScope):
        settling.settle(found.pk, meaning("c2", [MEANT]), by="?", at=END)
    settle(garbled, found, MEANT)
    with scoped(garbled.scope(stranger)):
        assert Settling.objects.count() == 0
        with pytest.raises(OutOfScope):
            settling.withdraw(found.pk, by="?", at=END)


@pytest.fixture
def damaged(people) -> cast.Cast:
    """A claimed host that was watched; a row of the next list may mean it, or another."""
    send_list(people, LISTED, row())
    claim(people)
    send_list(people, CLAIMED + 3 * DAY, row("203.0.113.05", at=CLAIMED - DAY), "Tổng cộng,,,")
    flow_log(people, END)
    return people


def waits_for_the_list(people: cast.Cast) -> bool:
    with scoped(people.scope("tam")):
        return "may be the host" in Case.objects.get(subject=HOST).proof_reason


def test_a_damaged_row_that_means_nobody_of_ours_lets_the_host_be_proven(damaged):
    assert proof() == "watching"
    assert waits_for_the_list(damaged)
    found = unread(damaged)
    assert [(one.kind, one.line, one.column) for one in found] == [("address", 2, "src_ip")]
    settle(damaged, found[0], reason="dải của nhà mạng khác")
    assert proof() == "proven"
    withdraw(damaged, found[0])
    assert proof() == "watching"


def test_a_unit_without_listed_hosts_is_no_longer_concerned_by_a_settled_row(damaged):
    block = ip_network("203.0.113.0/24")
    with scoped(system("tests")):
        damaging = BotnetList.objects.latest("pk")
        assert damaged_rows([damaging])[damaging.pk].may_name_in(block)
    found = unread(damaged)[0]
    settle(damaged, found, reason="dải của nhà mạng khác")
    with scoped(system("tests")):
        assert not damaged_rows([damaging])[damaging.pk].may_name_in(block)
    withdraw(damaged, found)
    with scoped(system("tests")):
        assert damaged_rows([damaging])[damaging.pk].may_name_in(block)


def test_a_damaged_row_that_means_the_host_keeps_it_listed(damaged):
    found = unread(damaged)[0]
    settle(damaged, found, HOST)
    assert proof() == "watching"
    assert not waits_for_the_list(damaged)
    with scoped(damaged.scope("tam")):
        assert "still carries the host" in Case.objects.get(subject=HOST).proof_reason
        both = Finding.objects.filter(subject=HOST).order_by("pk")
        assert [(one.settling is None, one.presence) for one in both] == [(True, "gone"), (False, "returned")]
    withdraw(damaged, found)
    proof()
    assert waits_for_the_list(damaged)
    with scoped(damaged.scope("tam")):
        assert Finding.objects.get(subject=HOST).presence == "gone"


def test_a_damaged_row_that_saw_the_host_after_the_claim_contradicts(people):
    send_list(people, LISTED, row())
    claim(people)
    send_list(people, CLAIMED + 3 * DAY, row("203.0.113.05", at=CLAIMED + DAY))
    flow_log(people, END)
    found = unread(people)[0]
    settle(people, found, HOST)
    assert proof() == "contradicted"
    withdraw(people, found)
    assert proof() == "watching"


def test_a_host_that_only_the_damaged_row_names_gets_its_case_and_loses_it_again(damaged):
    found = unread(damaged)[0]
    settle(damaged, found, OTHER)
    assert proof() == "proven"
    with scoped(damaged.scope("tam")):
        opened = Case.objects.get(subject=OTHER)
        finding = opened.findings.get()
        assert (finding.family, finding.presence, finding.count) == ("mirai", "new", 1)
        assert finding.last_seen_utc == CLAIMED - DAY
        told = Message.objects.filter(subject__contains="1 máy cần xử lý").count()
    assert told == 2, "the first list's host and this one"
    withdraw(damaged, found)
    with scoped(damaged.scope("tam")):
        opened.refresh_from_db()
        assert (opened.state, opened.findings.count()) == ("closed", 0)
        assert Message.objects.filter(subject__contains="không còn trong danh sách").exists()


def test_a_row_of_an_older_list_opens_a_case_that_the_newer_list_no_longer_carries(damaged):
    send_list(damaged, CLAIMED + 5 * DAY)
    found = unread(damaged)[0]
    settle(damaged, found, OTHER)
    with scoped(damaged.scope("tam")):
        assert Case.objects.get(subject=OTHER).findings.get().presence == "gone"
    withdraw(damaged, found)
    with scoped(damaged.scope("tam")):
        assert not Finding.objects.filter(subject=OTHER).exists()


def test_a_row_that_the_newer_list_names_too_keeps_that_lists_word(damaged):
    send_list(damaged, CLAIMED + 5 * DAY, row(OTHER, at=CLAIMED + 4 * DAY))
    found = unread(damaged)[0]
    settle(damaged, found, OTHER)
    withdraw(damaged, found)
    with scoped(damaged.scope("tam")):
        finding = Finding.objects.get(subject=OTHER)
        assert (finding.presence, finding.last_seen_utc, finding.count) == ("new", CLAIMED + 4 * DAY, 1)
        assert Case.objects.get(subject=OTHER).state == "sent"


def test_what_a_newer_list_named_since_is_left_when_the_row_is_withdrawn(damaged):
    found = unread(damaged)[0]
    settle(damaged, found, OTHER)
    send_list(damaged, CLAIMED + 5 * DAY, row(OTHER, at=CLAIMED + 4 * DAY))
    withdraw(damaged, found)
    with scoped(damaged.scope("tam")):
        assert Finding.objects.get(subject=OTHER).presence == "new"
        assert Case.objects.get(subject=OTHER).state == "sent"


def test_the_c2_of_a_settled_row_is_watched_for_and_one_that_cannot_be_read_is_asked_about(people):
    send_list(people, LISTED, row(), row("203.0.113.500", MEANT), row("203.0.113.0060", "198.51.100.6?"))
    claim(people)
    send_list(people, CLAIMED + 3 * DAY)
    flow_log(people, END, MEANT)
    assert proof() == "proven"
    first, second = unread(people)
    settle(people, first, OTHER)
    assert proof() == "contradicted"
    settle(people, second, "203.0.113.60")
    assert [one.text for one in unread(people)] == ["198.51.100.6?"]


def test_a_row_may_mean_several_hosts(damaged):
    settle(damaged, unread(damaged)[0], OTHER, "203.0.113.55")
    with scoped(damaged.scope("tam")):
        assert {OTHER, "203.0.113.55"} < set(Case.objects.values_list("subject", flat=True))


def findings_of(people: cast.Cast, subject: str) -> list[tuple]:
    with scoped(people.scope("tam")):
        found = Finding.objects.filter(subject=subject).order_by("pk")
        return [(one.presence, one.count, one.last_seen_utc) for one in found]


def test_a_settled_row_counts_although_its_list_names_the_host_in_another_row_too(people):
    send_list(people, LISTED, row())
    claim(people)
    send_list(people, CLAIMED + 3 * DAY, row(at=CLAIMED - DAY), row("203.0.113.05", at=CLAIMED + DAY))
    send_list(people, CLAIMED + 5 * DAY)
    flow_log(people, END)
    assert proof() == "watching"
    found = unread(people)[0]
    settle(people, found, HOST)
    assert proof() == "contradicted"
    withdraw(people, found)
    assert proof() == "watching"


@pytest.mark.parametrize("withdrawn_first", [0, 1])
def test_each_of_two_rows_that_mean_the_host_counts_by_itself(people, withdrawn_first):
    send_list(people, LISTED, row())
    claim(people)
    send_list(
        people, CLAIMED + 3 * DAY,
        row("203.0.113.05", at=CLAIMED - DAY), row("203.0.113.005", at=CLAIMED + DAY),
    )  # fmt: skip
    send_list(people, CLAIMED + 5 * DAY)
    flow_log(people, END)
    rows = unread(people)
    for one in rows:
        settle(people, one, HOST)
    assert proof() == "contradicted"
    first, second = rows[withdrawn_first], rows[1 - withdrawn_first]
    withdraw(people, first)
    settle(people, first, reason="dải của nhà mạng khác")
    assert proof() == ("contradicted" if second is rows[1] else "proven")
    withdraw(people, second)
    assert proof() == "watching"


def test_a_withdrawn_row_leaves_the_newer_list_its_own_word(people):
    send_list(people, LISTED, row())
    claim(people)
    send_list(people, CLAIMED + 3 * DAY, row("203.0.113.05", at=CLAIMED + DAY))
    flow_log(people, END)
    found = unread(people)[0]
    settle(people, found, HOST)
    send_list(people, CLAIMED + 5 * DAY, row(at=CLAIMED - DAY))
    assert proof() == "contradicted"
    withdraw(people, found)
    assert proof() == "watching"
    with scoped(people.scope("tam")):
        assert "still carries the host" in Case.objects.get(subject=HOST).proof_reason


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_settlings_about_one_host_are_withdrawn_in_any_order(people, order):
    for hour in range(2):
        send_list(people, CLAIMED + hour * HOUR, row(f"203.0.113.0{hour}50", at=CLAIMED - DAY))
    rows = unread(people)
    for one in rows:
        settle(people, one, OTHER)
    withdraw(people, rows[order[0]])
    with scoped(people.scope("tam")):
        assert Case.objects.get(subject=OTHER).state == "sent"
    withdraw(people, rows[order[1]])
    with scoped(people.scope("tam")):
        assert Case.objects.get(subject=OTHER).state == "closed"
    assert findings_of(people, OTHER) == []


HEADS = ("Host IP", "CC", "Seen")


def hand_in_with_other_columns(people: cast.Cast, at) -> None:
    content = f"{';'.join(HEADS)}\n203.0.113.77;{C2};{at - HOUR:%Y-%m-%dT%H:%M:%SZ}\n".encode()
    columns = dict(zip(("address", "destination_address", "last_seen"), HEADS, strict=True))
    with scoped(people.scope("ha")):
        botnet_list.import_list(
            content, "new.csv", people.organisations["hai-van"], "NCSC", received_at=at, at=at,
            mapping=botnet_columns.from_json({"columns": columns}),
        )  # fmt: skip


def test_a_row_is_read_by_the_columns_of_its_list_although_the_sender_has_others_by_now(people):
    send_list(people, LISTED, row())
    claim(people)
    send_list(people, CLAIMED + 3 * DAY, row("203.0.113.05", MEANT, at=CLAIMED + DAY))
    hand_in_with_other_columns(people, CLAIMED + 5 * DAY)
    flow_log(people, END)
    assert proof() == "watching"
    settle(people, unread(people)[0], HOST)
    assert proof() == "contradicted"
    with scoped(system("tests")):
        assert Indicator.objects.filter(value=MEANT).exists()


def test_a_row_whose_time_can_no_longer_be_read_is_not_settled_as_a_host(people):
    send_list(people, LISTED, row())
    claim(people)
    send_list(people, CLAIMED + 3 * DAY, row("203.0.113.05", at=CLAIMED + DAY))
    hand_in_with_other_columns(people, CLAIMED + 5 * DAY)
    flow_log(people, END)
    with scoped(system("tests")):
        newest = BotnetList.objects.latest("pk")
        BotnetList.objects.update(mapping=newest.mapping)
    with pytest.raises(InputError, match="nobody knows when the host was seen"):
        settle(people, unread(people)[0], HOST)
    assert proof() == "watching"
    assert waits_for_the_list(people)
    assert len(unread(people)) == 1


def test_a_torn_row_is_not_settled_as_a_host_and_ends_its_doubt_once_the_list_came_mended(people):
    send_list(people, LISTED, row(), f'{LISTED:%Y-%m-%dT%H:%M:%SZ},"203.0.113.5,{C2}', row(OTHER))
    found = unread(people)[0]
    with pytest.raises(InputError, match="ask the sender for the list mended"):
        settle(people, found, HOST)
    settle(people, found, reason="danh sách gửi lại đã nêu máy")


def test_a_row_is_settled_while_a_newer_list_is_half_read(people):
    send_list(people, LISTED, row())
    send_list(people, CLAIMED, row("203.0.113.05", at=LISTED))
    at = CLAIMED + DAY
    content = "\n".join(["timestamp,src_ip,dst_ip,family", row(at=at - HOUR)]).encode()
    with scoped(people.scope("ha")):
        entered = botnet_list.start(content, "new.csv", people.organisations["hai-van"], "NCSC", received_at=at, at=at)
        sightings, _ = sightings_of(botnet_list.read_entered(entered), at)
        findings.absorb(entered, sightings, due_at=at, at=at)
    settle(people, unread(people)[0], HOST, at=at)
    with scoped(people.scope("ha")):
        botnet_list.carry_out(entered.pk, at=at)
        entered.refresh_from_db()
        assert (entered.summary["returned"], entered.summary["gone"]) == (1, 0)
        own = Finding.objects.get(subject=HOST, settling=None)
        assert (own.presence, own.count, own.seen_in) == ("returned", 2, entered.pk)
        assert Finding.objects.get(subject=HOST, settling__isnull=False).presence == "gone"


def test_a_unit_is_told_nothing_when_the_newest_list_names_the_host_anyway(damaged):
    send_list(damaged, CLAIMED + 5 * DAY, row(OTHER, at=CLAIMED + 4 * DAY))
    found = unread(damaged)[0]
    settle(damaged, found, OTHER)
    with scoped(damaged.scope("tam")):
        told = Message.objects.count()
    withdraw(damaged, found)
    with scoped(damaged.scope("tam")):
        assert Message.objects.count() == told
    with scoped(system("tests")):
        assert not Entry.objects.filter(act="case.unlisted", detail__settling__isnull=False).exists()


def test_what_was_settled_and_the_next_list_names_itself_is_not_told_as_gone(damaged):
    settle(damaged, unread(damaged)[0], OTHER)
    send_list(damaged, CLAIMED + 5 * DAY, row(OTHER, at=CLAIMED + 4 * DAY))
    with scoped(system("tests")):
        newest = BotnetList.objects.latest("pk")
        assert (newest.summary["still"], newest.summary["gone"]) == (1, 0)
        assert not Entry.objects.filter(act="case.unlisted", detail__list=newest.pk).exists()


def test_all_damaged_lists_are_asked_about_at_once(people):
    send_list(people, LISTED, row())
    claim(people)
    numbers = []
    for day in range(1, 4):
        send_list(people, CLAIMED + day * DAY, row("203.0.113.05", at=CLAIMED - DAY))
        with scoped(system("proof")), CaptureQueriesContext(connection) as asked:
            assessment.assess(at=END)
        numbers.append(sum("botnet_settling" in one["sql"] for one in asked))
    assert numbers[0] == numbers[2]


@pytest.mark.django_db(transaction=True)
def test_two_people_settle_one_text_at_once_and_the_second_is_told(people):
    for hour in range(2):
        send_list(people, LISTED + hour * HOUR, row(peer="198.51.100.9?"))
    one, both = unread(people)[1], unread(people)[0]
    said, is_settled, told = meaning("c2", [MEANT]), Event(), []

    def settle_both() -> None:
        is_settled.wait(10)
        with scoped(people.scope("ha")):
            told.append(len(settling.settle(both.pk, said, by="Hà", at=END, reach=Reach.EVERYWHERE)))
        connection.close()

    other = Thread(target=settle_both)
    other.start()
    with scoped(people.scope("ha")):
        settling.settle(one.pk, said, by="Hà", at=END)
        is_settled.set()
        sleep(0.5)
    other.join(10)
    assert told == [1]
