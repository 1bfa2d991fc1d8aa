"""A list becomes cases: owned, placed, reconciled with the list before, told once an organisation."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import cast
from vonggac.botnet.models import BotnetList, Indicator, Sender
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Finding
from vonggac.cases.services import Answer
from vonggac.duty import messages
from vonggac.duty.models import Message
from vonggac.errors import InputError, MappingNeeded
from vonggac.flows import botnet_list as flow
from vonggac.flows import list_letters
from vonggac.flows.unowned import UnownedAddresses, Why
from vonggac.flows.uploads import lake
from vonggac.formats import traffic
from vonggac.formats.botnet_columns import Mapping
from vonggac.ledger.models import Entry
from vonggac.regimes import regime
from vonggac.register.models import Asset, AssetAddress, InformationSystem, Network
from vonggac.register.services.networks import assign_network
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
HEADER = "timestamp,src_ip,src_port,dst_ip,dst_port,dst_hostname,family,protocol"
DAY = timedelta(days=1)


@pytest.fixture
def people(people) -> cast.Cast:
    blocks = (("203.0.113.0/24", "p-vinh-hai"), ("203.0.113.128/25", "so-y-te"), ("198.51.100.0/24", "hai-van"))
    with scoped(system("tests")):
        for cidr, code in blocks:
            owner = people.organisations[code]
            Network.objects.create(cidr=cidr, organisation=owner, org_path=owner.path)
    return people


def asset(people: cast.Cast, code: str, name: str, address: str, **fields: object) -> Asset:
    owner = people.organisations[code]
    made = Asset.objects.create(organisation=owner, org_path=owner.path, name=name, **fields)
    AssetAddress.objects.create(asset=made, org_path=owner.path, address=address)
    return made


def row(address: str, time: str = "2026-04-18T01:00:00Z", port: int = 40_001, family: str = "mirai") -> str:
    return f"{time},{address},{port},192.0.2.66,443,c2.example.net,{family},tcp"


def send(people: cast.Cast, *rows: str, day: int = 0, name: str = "list.csv") -> flow.ImportReport:
    moment = cast.NOON + day * DAY
    with scoped(people.scope("ha")):
        return flow.import_list(
            "\n".join([HEADER, *rows]).encode(), name, people.organisations["hai-van"], "NCSC",
            received_at=moment, at=moment,
        )  # fmt: skip


def subjects(people: cast.Cast, name: str) -> set[str]:
    with scoped(people.scope(name)):
        return set(Case.objects.values_list("subject", flat=True))


def test_the_longest_prefix_owns_and_a_row_outside_our_networks_opens_no_case(people):
    report = send(people, row("203.0.113.9"), row("203.0.113.200"), row("192.0.2.1"))
    assert subjects(people, "lan") == {"203.0.113.9"}
    assert subjects(people, "tam") == {"203.0.113.200"}
    assert subjects(people, "vinh") == set()
    assert {key: report.summary[key] for key in ("owned", "unowned", "cases_opened", "new")} == {
        "owned": 2, "unowned": 1, "cases_opened": 2, "new": 2,
    }  # fmt: skip


def hand_over(people: cast.Cast, cidr: str, code: str, on: date) -> None:
    with scoped(people.scope("ha")):
        assign_network(cidr, people.organisations[code], on, at=cast.NOON)


def test_a_sighting_belongs_to_whoever_had_the_network_on_its_local_day(people):
    hand_over(people, "203.0.113.0/24", "hai-van", date(2026, 4, 14))
    send(
        people,
        row("203.0.113.1", "2026-04-12T01:00:00Z"),
        row("203.0.113.2", "2026-04-13T16:30:00Z"),
        row("203.0.113.3", "2026-04-13T17:30:00Z"),
        row("203.0.113.4", ""),
    )
    assert subjects(people, "lan") == {"203.0.113.1", "203.0.113.2"}
    assert subjects(people, "ha") - subjects(people, "lan") == {"203.0.113.3", "203.0.113.4"}


def test_an_address_with_two_owners_over_time_is_still_and_gone_for_each_by_itself(people):
    hand_over(people, "203.0.113.0/24", "hai-van", date(2026, 4, 14))
    before, after = row("203.0.113.1", "2026-04-13T01:00:00Z"), row("203.0.113.1", "2026-04-15T01:00:00Z")
    first = send(people, before, after)
    assert (first.summary["new"], first.summary["owned"], first.summary["cases_opened"]) == (2, 1, 2)
    second = send(people, after, day=1, name="b.csv")
    assert (second.summary["still"], second.summary["gone"], second.summary.get("new", 0)) == (1, 1, 0)
    with scoped(people.scope("ha")):
        found = dict(Finding.objects.values_list("case__organisation__code", "presence"))
    assert found == {"p-vinh-hai": "gone", "hai-van": "still"}


def test_an_asset_s_sightings_stay_together_while_its_network_changes_hands(people):
    hand_over(people, "203.0.113.0/24", "hai-van", date(2026, 4, 14))
    with scoped(people.scope("ha")):
        asset(people, "so-y-te", "SV-9", "203.0.113.1")
    send(people, row("203.0.113.1", "2026-04-13T01:00:00Z"), row("203.0.113.1", "2026-04-15T01:00:00Z"))
    with scoped(people.scope("ha")):
        assert list(Finding.objects.values_list("case__subject", "count")) == [("SV-9", 2)]


def test_what_nobody_owned_when_it_was_seen_opens_no_case_and_the_desk_says_why(people):
    with scoped(people.scope("ha")):
        owner = people.organisations["hai-van"]
        Network.objects.create(
            cidr="192.0.2.0/24", organisation=owner, org_path=owner.path,
            valid_from=date(2026, 4, 14), valid_to=date(2026, 4, 16),
        )  # fmt: skip
    report = send(
        people,
        row("192.0.2.1", "2026-04-13T01:00:00Z"),
        row("192.0.2.2", "2026-04-14T01:00:00Z"),
        row("192.0.2.3", "2026-04-16T01:00:00Z"),
    )
    assert (report.summary["owned"], report.summary["unowned"]) == (1, 2)
    with scoped(people.scope("ha")):
        found = UnownedAddresses(BotnetList.objects.get())
        assert [(one.address, one.why) for one in found.part(0, 9)] == [
            ("192.0.2.1", Why.LATER), ("192.0.2.3", Why.ENDED),
        ]  # fmt: skip


@pytest.mark.parametrize("other", ["s9 ", " S9", "S9\u00a0"])
def test_a_sender_in_other_letters_is_the_same_sender_by_the_first_spelling(people, other):
    office = people.organisations["hai-van"]
    columns = Mapping({"address": ("máy",), "time": ("lúc",)}, time_zone="Asia/Ho_Chi_Minh")
    content = "máy,lúc\n203.0.113.1,2026-04-18 07:00:00\n".encode()
    with scoped(people.scope("ha")):
        flow.import_list(content, "a.csv", office, "S9", at=cast.NOON, mapping=columns)
        later = "máy,lúc\n203.0.113.2,2026-04-19 07:00:00\n".encode()
        seen = flow.preview(later, "b.csv", office, other, at=cast.NOON + DAY)
        report = flow.import_list(later, "b.csv", office, other, at=cast.NOON + DAY)
        assert list(Sender.objects.values_list("name", flat=True)) == ["S9"]
        assert (seen["sender"], seen["mapping"]["time_zone"]) == ("S9", "Asia/Ho_Chi_Minh")
        assert (report.summary["gone"], report.summary["new"]) == (1, 1)
        newest = Finding.objects.get(presence="new")
        assert (newest.source, newest.last_seen_utc) == ("S9", datetime(2026, 4, 19, 0, 0, tzinfo=UTC))


FORESEEN = ("new", "still", "returned", "gone", "cases_opened", "cases_reopened")


@pytest.mark.parametrize("seed", range(3))
def test_the_preview_tells_what_the_import_then_does(people, seed):
    rng = Random(seed)  # noqa: S311  lists, not secrets
    office, seen = people.organisations["hai-van"], Counter[str]()
    addresses = [f"203.0.113.{number}" for number in (1, 2, 3, 200, 201)] + ["198.51.100.7"]
    with scoped(people.scope("ha")):
        server = asset(people, "so-y-te", "hai-chan", "203.0.113.200")
        AssetAddress.objects.create(asset=server, org_path=server.org_path, address="203.0.113.201")
    for day in range(10):
        moment, sender = cast.NOON + day * DAY, rng.choice(["NCSC", "NCSC", "NCSC", "A05"])
        rows = [
            row(address, f"{moment - rng.choice([DAY / 24, 3 * DAY]):%Y-%m-%dT%H:%M:%SZ}", family=family)
            for address in rng.sample(addresses, rng.randint(1, 5))
            for family in rng.sample(["mirai", "emotet"], rng.randint(1, 2))
        ]
        content, name = "\n".join([HEADER, *rows]).encode(), f"{day}.csv"
        with scoped(people.scope("ha")):
            told = flow.preview(content, name, office, sender, at=moment)
            report = flow.import_list(content, name, office, sender, received_at=moment, at=moment)
            done = Counter({what: report.summary.get(what, 0) for what in FORESEEN})
            assert {what: told.get(what, 0) for what in FORESEEN} == dict(done), day
            for case in Case.objects.exclude(state="closed").order_by("pk"):
                if rng.random() < 0.5:
                    cases.close(case.pk, "đã xử lý", at=moment + DAY / 2)
        seen += done
    assert set(seen) == set(FORESEEN), "every figure was put to the test"


def test_two_families_on_one_host_are_one_case_with_two_findings(people):
    send(people, row("203.0.113.9"), row("203.0.113.9", family="emotet"), row("203.0.113.9"))
    with scoped(people.scope("lan")):
        case = Case.objects.get()
        found = set(case.findings.values_list("family", "count"))
        assert found == {("mirai", 2), ("emotet", 1)}
        assert "2 họ mã độc" in case.priority_reason


def test_new_still_gone_and_returned_against_the_sender_s_last_list(people):
    send(people, row("203.0.113.1"), row("203.0.113.2"))
    second = send(people, row("203.0.113.2"), row("203.0.113.3"), day=1, name="b.csv")
    assert {k: second.summary.get(k, 0) for k in ("new", "still", "gone", "returned")} == {
        "new": 1, "still": 1, "gone": 1, "returned": 0,
    }  # fmt: skip
    third = send(people, row("203.0.113.1"), day=2, name="c.csv")
    assert {k: third.summary.get(k, 0) for k in ("new", "still", "gone", "returned")} == {
        "new": 0, "still": 0, "gone": 2, "returned": 1,
    }  # fmt: skip
    with scoped(people.scope("lan")):
        assert dict(Finding.objects.values_list("subject", "presence")) == {
            "203.0.113.1": "returned", "203.0.113.2": "gone", "203.0.113.3": "gone",
        }  # fmt: skip
        assert Case.objects.count() == 3


def test_the_same_bytes_twice_change_nothing(people):
    first = send(people, row("203.0.113.1"))
    with scoped(people.scope("ha")):
        entries = Entry.objects.count()
    again = send(people, row("203.0.113.1"))
    with scoped(people.scope("ha")):
        undated = flow.import_list(
            "\n".join([HEADER, row("203.0.113.1")]).encode(), "b.csv", people.organisations["hai-van"], "NCSC",
            at=cast.NOON + DAY,
        )  # fmt: skip
    assert again.was_known
    assert undated.was_known
    assert again.list_id == first.list_id
    with scoped(people.scope("ha")):
        assert Entry.objects.count() == entries
        assert Finding.objects.get().count == 1


def test_an_unchanged_list_that_is_said_to_come_again_is_the_next_list(people):
    send(people, row("203.0.113.1"))
    second = send(people, row("203.0.113.1"), day=1)
    assert not second.was_known
    assert second.summary["still"] == 1
    empty = [send(people, day=day) for day in (2, 3)]
    assert [report.summary["gone"] for report in empty] == [1, 0]
    with scoped(people.scope("ha")):
        assert BotnetList.objects.count() == 4


def test_an_import_killed_between_two_batches_ends_in_the_same_state(people, monkeypatch):
    monkeypatch.setattr(flow, "BATCH_ROWS", 2)
    rows = [row(f"203.0.113.{n}") for n in range(1, 8)]

    def killed(done: int, total: int) -> None:
        if done >= 4:
            raise KeyboardInterrupt

    content, office = "\n".join([HEADER, *rows]).encode(), people.organisations["hai-van"]
    with scoped(people.scope("ha")):
        with pytest.raises(KeyboardInterrupt):
            flow.import_list(content, "l.csv", office, "NCSC", received_at=cast.NOON, at=cast.NOON, progress=killed)
        assert BotnetList.objects.get().imported_at is None
        report = flow.import_list(content, "l.csv", office, "NCSC", received_at=cast.NOON, at=cast.NOON)
        assert (Case.objects.count(), Finding.objects.count()) == (7, 7)
        assert set(Finding.objects.values_list("count", flat=True)) == {1}
        assert not report.was_known


def test_an_older_list_after_a_newer_one_is_refused(people):
    send(people, row("203.0.113.1"), day=2)
    with pytest.raises(InputError, match="order in which they came"):
        send(people, row("203.0.113.2"), day=1, name="old.csv")


def test_a_closed_case_reopens_with_its_history_when_it_is_seen_again(people):
    send(people, row("203.0.113.1"))
    with scoped(people.scope("ha")):
        case = Case.objects.get()
        cases.claim(case.pk, Answer("đã cài lại", "Lan"), at=cast.NOON)
        cases.close(case.pk, "đã xử lý", at=cast.NOON)
    send(people, row("203.0.113.1", time="2026-04-19T01:00:00Z"), day=1, name="stale.csv")
    with scoped(people.scope("ha")):
        assert Case.objects.get().state == "closed", "a sighting before the claim is no return"
    send(people, row("203.0.113.1", time="2026-04-22T01:00:00Z"), day=3, name="fresh.csv")
    with scoped(people.scope("ha")):
        case.refresh_from_db()
        assert (case.state, case.claim, case.reopened_count) == ("in_progress", "done", 1)
        # It is due as a host that is found that day, and its history says so.
        found = cast.NOON + 3 * DAY
        assert case.due_at == found + timedelta(days=regime.on(found.date()).limit("case_due_days"))
        told = Entry.objects.get(act="case.reopen").detail
        assert (told["due"], told["due_before"] < told["due"]) == (case.due_at.isoformat(), True)


def test_a_nat_log_places_the_finding_on_the_workstation_behind_the_address(people):
    with scoped(system("tests")):
        pc = asset(people, "so-y-te", "yt-pc-07", "10.2.0.7")
        asset(people, "so-y-te", "yt-pc-08", "10.2.0.8")
    log = (
        b"from_utc,to_utc,public_address,port_from,port_to,inner_address\n"
        b"2026-04-18T00:00:00Z,2026-04-18T02:00:00Z,203.0.113.200,40000,40100,10.2.0.7\n"
        b"2026-04-18T00:00:00Z,2026-04-18T02:00:00Z,203.0.113.200,40101,40200,10.2.0.8\n"
    )
    reading = traffic.read(log, "nat.csv")
    owner = people.organisations["so-y-te"].path
    lake().add(owner, "nat-1", reading.kind, reading, lake().keep(log), cast.NOON)
    send(
        people, row("203.0.113.200", port=40_050), row("203.0.113.200", port=40_150), row("203.0.113.200", port=50_000)
    )
    assert subjects(people, "tam") == {"yt-pc-07", "yt-pc-08", "203.0.113.200"}
    with scoped(people.scope("tam")):
        case = Case.objects.get(subject="yt-pc-07")
        assert case.asset == pc
        assert case.findings.get().detail["inner_address"] == "10.2.0.7"


def test_a_server_of_a_level_three_system_comes_first_and_says_why(people):
    with scoped(system("tests")):
        owner = people.organisations["so-y-te"]
        high = InformationSystem.objects.create(
            organisation=owner, org_path=owner.path, code="his", name="HIS", level=3
        )
        asset(people, "so-y-te", "his-01", "203.0.113.210", kind="server", system=high)
        asset(people, "so-y-te", "web-01", "203.0.113.211", kind="server")
    send(people, row("203.0.113.210"), row("203.0.113.211"), row("203.0.113.212"))
    with scoped(people.scope("tam")):
        assert dict(Case.objects.values_list("subject", "priority")) == {"his-01": 1, "web-01": 2, "203.0.113.212": 3}
        assert "cấp độ 3" in Case.objects.get(subject="his-01").priority_reason


def test_an_address_pool_of_one_asset_names_it_and_a_shared_one_does_not(people):
    with scoped(system("tests")):
        asset(people, "so-y-te", "solo", "10.2.0.1", nat_pool="203.0.113.201")
        for n in (2, 3):
            asset(people, "so-y-te", f"shared-{n}", f"10.2.0.{n}", nat_pool="203.0.113.202/32")
    send(people, row("203.0.113.201"), row("203.0.113.202"))
    assert subjects(people, "tam") == {"solo", "203.0.113.202"}


def test_an_asset_whose_network_nobody_registered_has_its_case(people):
    with scoped(system("tests")):
        asset(people, "so-y-te", "lone", "192.0.2.44")
    report = send(people, row("192.0.2.44"), row("192.0.2.45"))
    assert subjects(people, "tam") == {"lone"}
    assert (report.summary["owned"], report.summary["unowned"]) == (1, 1)


def test_one_message_an_organisation_says_what_changed(people):
    send(people, row("203.0.113.1"), row("203.0.113.2"), row("203.0.113.200"))
    with scoped(people.scope("ha")):
        assert Message.objects.count() == 2
        first = Message.objects.get(organisation=people.organisations["p-vinh-hai"])
        assert "máy mới: 2" in first.body
        assert messages.LINK in first.body
        assert len(first.subjects["case"]) == 2
    send(people, row("203.0.113.2"), day=1, name="b.csv")
    with scoped(people.scope("ha")):
        last = Message.objects.filter(organisation=people.organisations["p-vinh-hai"]).latest("pk")
        assert "vẫn còn: 1" in last.body
        assert "đã hết: 1" in last.body
        assert (messages.LINK in last.body, last.subjects) == (False, {})


def test_a_letter_names_the_machines_with_what_was_seen_of_them_and_says_how_many_more_the_link_shows(people):
    send(people, *(row(f"203.0.113.{last}") for last in range(1, 14)))
    with scoped(people.scope("ha")):
        body = Message.objects.get().body
    assert "so với danh sách trước" not in body
    named = [line for line in body.split("\n") if line.startswith("- 203.0.113.")]
    assert len(named) == 10
    assert named[0] == (
        "- 203.0.113.1: 203.0.113.1:40001/tcp · mirai · thấy lần cuối 18/4/2026 08:00:00 · C2 c2.example.net 192.0.2.66"
    )
    assert "- và 3 máy khác, xem tại liên kết dưới đây" in body
    assert body.index("máy khác") < body.index(messages.LINK)
    send(people, row("203.0.113.99"), day=1, name="b.csv")
    with scoped(people.scope("ha")):
        assert "so với danh sách trước" in Message.objects.latest("pk").body


def test_a_letter_tells_of_a_machine_what_its_own_list_saw_last_with_a_time_before_none(people):
    with scoped(people.scope("ha")):
        flow.import_list(
            "\n".join([HEADER, row("203.0.113.1", "2026-04-19T09:00:00Z", family="qakbot")]).encode(), "a.csv",
            people.organisations["hai-van"], "VNCERT", received_at=cast.NOON, at=cast.NOON,
        )  # fmt: skip
    send(people, row("203.0.113.1", "", family="emotet"), row("203.0.113.1"), day=1)
    with scoped(people.scope("ha")):
        named = [line for line in Message.objects.latest("pk").body.split("\n") if line.startswith("- 203.0.113.1:")]
    assert [" · ".join(line.split(" · ")[1:3]) for line in named] == ["mirai · thấy lần cuối 18/4/2026 08:00:00"]


def test_what_a_list_writes_stays_on_its_line_of_the_letter(people):
    send(people, row("203.0.113.1", family='"mirai\n\nhttps://evil.example/' + "x" * 100 + '"'))
    with scoped(people.scope("ha")):
        body = Message.objects.get().body
    assert "\nhttps://evil.example/" not in body
    named = next(line for line in body.split("\n") if line.startswith("- 203.0.113.1:"))
    family = named.split(" · ")[1]
    assert (len(family), family[:28]) == (80, "mirai https://evil.example/x")


def test_many_organisations_are_told_with_as_many_questions_as_one(people):
    def asked(*addresses: str, day: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            send(people, *map(row, addresses), day=day, name=f"{day}.csv")
        tables = ("cases_finding", "botnet_list")
        return sum(q["sql"].startswith("SELECT") and any(f'FROM "{t}"' in q["sql"] for t in tables) for q in seen)

    one = asked("203.0.113.1", day=0)
    assert asked("203.0.113.1", "203.0.113.2", "203.0.113.200", "198.51.100.7", day=1) == one


@pytest.mark.parametrize("time", ["9999-12-31 23:59:59", "0001-01-01 00:00:00"])
def test_a_time_that_has_no_other_zone_is_warned_of_and_the_list_comes_in(people, time):
    report = send(people, row("203.0.113.1", time))
    assert [warning.raw for warning in report.warnings] == [time]
    with scoped(people.scope("ha")):
        assert Finding.objects.get().last_seen_utc is None
        assert "thấy lần cuối" not in Message.objects.get().body


@pytest.mark.parametrize(
    ("subject", "detail", "said"),
    [
        ("203.0.113.9", {}, "203.0.113.9"),
        ("203.0.113.9", {"port": 53, "protocol": "udp"}, "203.0.113.9:53/udp"),
        ("203.0.113.9", {"port": 0}, "203.0.113.9:0"),
        ("2001:db8::9", {"port": 53}, "[2001:db8::9]:53"),
    ],
)
def test_a_place_is_written_with_its_port(subject, detail, said):
    assert list_letters.place(Finding(subject=subject, detail=detail)) == said


@pytest.mark.parametrize(("inner", "said"), [("10.0.0.5", "10.0.0.5"), ("203.0.113.9", ""), (None, "")])
def test_an_inner_address_is_told_where_it_is_another_than_the_listed_one(inner, said):
    assert list_letters.inner_address(Finding(subject="203.0.113.9", detail={"inner_address": inner})) == said


def test_rejects_are_kept_with_their_line_and_the_c2_is_remembered(people):
    report = send(people, row("203.0.113.1"), row("not-an-address"))
    with scoped(people.scope("ha")):
        (reject,) = BotnetList.objects.get(pk=report.list_id).rejects
        assert reject["line"] == 3
        assert set(Indicator.objects.values_list("kind", "value")) == {
            ("address", "192.0.2.66"), ("name", "c2.example.net"),
        }  # fmt: skip


def test_the_next_list_of_a_sender_may_come_under_other_headers(people):
    send(people, row("203.0.113.1"), row("203.0.113.2"))
    content = b"timestamp,ip,port,asn,infection,cc\n2026-04-19 01:00:00,203.0.113.2,40001,64500,mirai,192.0.2.77\n"
    moment = cast.NOON + 2 * DAY
    with scoped(people.scope("ha")):
        office = people.organisations["hai-van"]
        report = flow.import_list(content, "old.csv", office, "NCSC", received_at=moment, at=moment)
        counts = {name: report.summary.get(name, 0) for name in ("gone", "still", "new", "rows_rejected")}
        assert counts == {"gone": 1, "still": 1, "new": 0, "rows_rejected": 0}
        assert Indicator.objects.filter(value="192.0.2.77").exists()
        assert BotnetList.objects.get(pk=report.list_id).mapping["columns"]["address"] == ["ip"]
        with pytest.raises(MappingNeeded, match="src_ip"):
            flow.preview(content, "old.csv", office, "NCSC", at=moment, mapping=Mapping({"address": ("src_ip",)}))


def test_what_was_received_is_kept_as_it_came(people):
    report = send(people, row("203.0.113.1"))
    with scoped(people.scope("ha")):
        digest = BotnetList.objects.get(pk=report.list_id).sha256
    assert lake().raw(digest).startswith(HEADER.encode())
    assert datetime(2026, 4, 18, 1, tzinfo=UTC) < cast.NOON


def test_a_file_without_a_byte_is_no_list(people):
    with scoped(people.scope("ha")), pytest.raises(InputError, match="is empty"):
        flow.import_list(b" \n", "empty.csv", people.organisations["hai-van"], "NCSC", at=cast.NOON)


def test_a_list_that_says_the_same_as_the_last_writes_to_nobody(people):
    send(people, row("203.0.113.1"))
    send(people, row("203.0.113.1"), day=1, name="b.csv")
    with scoped(people.scope("ha")):
        assert Message.objects.count() == 1


def test_a_message_about_hosts_that_are_gone_asks_for_nothing(people):
    send(people, row("203.0.113.1"), row("203.0.113.2"))
    send(people, row("203.0.113.2"), day=1, name="b.csv")
    with scoped(people.scope("ha")):
        assert Message.objects.latest("pk").subject.endswith("1 máy không còn trong danh sách mới")


def test_a_preview_counts_the_rows_whose_hosts_can_never_be_proven(people):
    bare = row("203.0.113.2").replace("192.0.2.66", "").replace("c2.example.net", "")
    content = "\n".join((HEADER, row("203.0.113.1"), bare)).encode()
    with scoped(people.scope("ha")):
        office = people.organisations["hai-van"]
        found = flow.preview(content, "a.csv", office, "NCSC", at=cast.NOON)
    assert found["without_c2"] == 1
