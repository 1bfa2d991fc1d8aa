"""A log that comes after the list moves every sighting to its host, and loses or doubles none."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import transaction
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import cast
from vonggac.botnet.models import BotnetList
from vonggac.botnet.queries import open_ones
from vonggac.botnet.services import findings
from vonggac.botnet.services.settling import meaning
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Finding
from vonggac.duty import messages
from vonggac.duty.models import Message
from vonggac.errors import InputError
from vonggac.flows import acknowledgement, botnet_list, late_placement, settling
from vonggac.flows.proof.host_cases import carried
from vonggac.flows.traffic_log import import_log
from vonggac.ledger.models import Entry
from vonggac.register.models import Asset, AssetAddress, Network, Sensor
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 4, 18, tzinfo=UTC)
ADDRESS = "203.0.113.9"
HEADER = "timestamp,src_ip,src_port,family,count"
LATER = cast.NOON + timedelta(hours=6)
few_examples = settings(
    max_examples=8,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def people(people) -> cast.Cast:
    owner = people.organisations["p-vinh-hai"]
    with scoped(system("tests")):
        Network.objects.create(cidr="203.0.113.0/24", organisation=owner, org_path=owner.path)
        Sensor.objects.create(name="nat", kind="nat", organisation=owner, org_path=owner.path)
    return people


@contextmanager
def undone() -> Iterator[None]:
    """A transaction and a lake that leave nothing behind for the next example."""
    with transaction.atomic(), TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.prepare()
        with override_settings(VONGGAC_HOME=home):
            yield
        transaction.set_rollback(True)


def listed(people: cast.Cast, *rows: str, day: int = 0) -> None:
    at = cast.NOON + timedelta(days=day)
    content = "\n".join([HEADER, *rows]).encode()
    botnet_list.import_list(content, f"{day}.csv", people.organisations["hai-van"], "NCSC", received_at=at, at=at)


def row(hour: int, port: int, family: str = "mirai", count: int = 1) -> str:
    return f"{(DAY + timedelta(hours=hour)).isoformat()},{ADDRESS},{port},{family},{count}"


def log(*rows: str, name: str = "nat.csv") -> None:
    text = "from_utc,to_utc,public_address,port_from,port_to,inner_address\n" + "\n".join(rows) + "\n"
    import_log(text.encode(), name, "nat", received_at=LATER, at=LATER)


def translation(hour: int, port: int, inner: str) -> str:
    begin = DAY + timedelta(hours=hour)
    return f"{begin.isoformat()},{(begin + timedelta(hours=1)).isoformat()},{ADDRESS},{port},{port},{inner}"


def asset_at(people: cast.Cast, name: str, address: str, organisation: str) -> None:
    owner = people.organisations[organisation]
    asset = Asset.objects.create(organisation=owner, org_path=owner.path, name=name)
    AssetAddress.objects.create(asset=asset, org_path=owner.path, address=address)


def counts() -> dict[tuple[str, str], int]:
    return {(f.case.subject, f.family): f.count for f in Finding.objects.select_related("case")}


SIGHTINGS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from((1_000, 2_000)), st.sampled_from(("mirai", "emotet")), st.just(1)),
    min_size=1,
    max_size=25,
)
# A log that knows some of the hours and ports.
KNOWN = st.dictionaries(
    st.tuples(st.integers(0, 3), st.sampled_from((1_000, 2_000))), st.sampled_from(("10.0.0.1", "10.0.0.2")), min_size=1
)


@few_examples
@given(SIGHTINGS, KNOWN)
def test_every_sighting_goes_to_the_host_that_the_log_names_and_the_others_stay(people, seen, known):
    wanted: Counter[tuple[str, str]] = Counter()
    for hour, port, family, count in seen:
        wanted[known.get((hour, port), ADDRESS), family] += count
    with undone(), scoped(system("tests")):
        listed(people, *(row(*one) for one in seen))
        log(*(translation(*place, inner) for place, inner in known.items()))
        late_placement.place_again(at=LATER)
        assert counts() == wanted
        moments = defaultdict(set)
        for hour, port, family, _ in seen:
            moments[known.get((hour, port), ADDRESS), family].add(((DAY + timedelta(hours=hour)).timestamp(), port))
        kept = {
            (f.case.subject, f.family): {tuple(one[:2]) for one in f.detail["sightings"]}
            for f in Finding.objects.select_related("case")
        }
        assert kept == moments
        entries = Entry.objects.count()
        assert late_placement.place_again(at=LATER) == 0
        assert (counts(), Entry.objects.count()) == (wanted, entries)


def standing() -> dict[tuple[str, str, str], tuple[object, ...]]:
    """What stands on every case that is not closed, with the lists that the ledger says carried it there."""
    found = Finding.objects.exclude(case__state="closed").select_related("case__asset", "case__organisation")
    return {
        (finding.case.organisation.code, finding.case.subject, finding.family): (
            finding.case.asset and finding.case.asset.name,
            finding.count,
            finding.presence,
            {tuple(one[:2]) for one in finding.detail["sightings"]},
        )
        for finding in found
    }


@few_examples
@given(SIGHTINGS, KNOWN, st.booleans())
def test_whatever_the_register_has_at_the_address_it_does_not_matter_which_came_first(people, seen, known, is_inside):
    def play(*acts) -> dict[tuple[str, str, str], tuple[object, ...]]:
        with undone(), scoped(system("tests")):
            asset_at(people, "NAT-1", ADDRESS, "so-y-te")
            if is_inside:
                asset_at(people, "PC-1", "10.0.0.1", "p-vinh-hai")
            for act in acts:
                act()
            late_placement.place_again(at=LATER)
            found = standing()
            assert late_placement.place_again(at=LATER) == 0
            return found

    def lists() -> None:
        listed(people, *(row(*one) for one in seen))

    def logs() -> None:
        log(*(translation(*place, inner) for place, inner in known.items()))

    assert play(lists, logs) == play(logs, lists)


def test_a_late_log_takes_the_listing_from_the_asset_that_holds_the_address(people):
    with scoped(system("tests")):
        asset_at(people, "NAT-1", ADDRESS, "so-y-te")
        asset_at(people, "PC-1", "10.0.0.1", "p-vinh-hai")
        listed(people, row(0, 1_000))
        assert Case.objects.get().subject == "NAT-1"
        log(translation(0, 1_000, "10.0.0.1"))
        assert late_placement.place_again(at=LATER) == 1
        assert dict(Case.objects.values_list("subject", "state")) == {"NAT-1": "closed", "PC-1": "sent"}


def test_a_late_lease_takes_the_listing_from_the_asset_that_the_register_names(people):
    with scoped(system("tests")):
        asset_at(people, "PC-1", ADDRESS, "p-vinh-hai")
        Sensor.objects.create(name="dhcp", kind="dhcp", organisation=people.organisations["p-vinh-hai"],
                              org_path=people.organisations["p-vinh-hai"].path)  # fmt: skip
        listed(people, row(0, 1_000), row(2, 1_000))
        text = (
            f"from_utc,to_utc,address,host\n{DAY.isoformat()},{(DAY + timedelta(hours=1)).isoformat()},{ADDRESS},PC-2\n"
        )
        import_log(text.encode(), "dhcp.csv", "dhcp", received_at=LATER, at=LATER)
        assert late_placement.place_again(at=LATER) == 1
        assert counts() == {("PC-1", "mirai"): 1, ("PC-2", "mirai"): 1}


def test_a_register_that_was_edited_since_moves_no_listing_from_an_asset(people):
    with scoped(system("tests")):
        asset_at(people, "PC-1", "10.0.0.1", "p-vinh-hai")
        log(translation(0, 1_000, "10.0.0.1"))
        listed(people, row(0, 1_000))
        Asset.objects.update(valid_to=LATER)
        assert late_placement.place_again(at=LATER) == 0
        assert counts() == {("PC-1", "mirai"): 1}


def test_an_address_whose_sightings_all_have_a_host_is_closed_and_says_where_they_went(people):
    with scoped(system("tests")):
        listed(people, row(0, 1_000), row(1, 1_000))
        bare = Case.objects.get()
        log(translation(0, 1_000, "10.0.0.1"), translation(1, 1_000, "10.0.0.2"))
        assert late_placement.place_again(at=LATER) == 2
        bare.refresh_from_db()
        assert (bare.state, bare.closed_at) == ("closed", LATER)
        went = set(Entry.objects.filter(act="case.split", subject_id=bare.pk).values_list("detail__went_to", flat=True))
        assert went == set(Case.objects.exclude(pk=bare.pk).values_list("pk", flat=True))
        assert set(Case.objects.exclude(pk=bare.pk).values_list("state", flat=True)) == {"sent"}


def test_a_list_that_counts_more_than_it_shows_loses_nothing(people):
    with scoped(system("tests")):
        listed(people, row(0, 1_000, count=7), row(1, 1_000), row(1, 1_000))
        log(translation(0, 1_000, "10.0.0.1"), translation(1, 1_000, "10.0.0.2"))
        late_placement.place_again(at=LATER)
        assert sum(counts().values()) == 9
        assert set(counts()) == {("10.0.0.1", "mirai"), ("10.0.0.2", "mirai")}


def test_what_is_over_stays_with_the_address_while_it_has_sightings_of_its_own(people):
    with scoped(system("tests")):
        listed(people, *(row(0, 1_000) for _ in range(40)), *(row(1, 1_000) for _ in range(30)))
        log(translation(0, 1_000, "10.0.0.1"))
        late_placement.place_again(at=LATER)
        found = counts()
        assert sum(found.values()) == 70
        assert found["10.0.0.1", "mirai"] == 20  # 50 sightings are kept, the newest first
        assert found[ADDRESS, "mirai"] == 50


def test_sightings_that_join_a_host_of_an_earlier_list_stand_beside_those_it_had(people):
    with scoped(system("tests")):
        log(translation(0, 1_000, "10.0.0.1"))
        listed(people, row(0, 1_000), row(2, 1_000))
        log(translation(2, 1_000, "10.0.0.1"), name="later.csv")
        late_placement.place_again(at=LATER)
        finding = Finding.objects.get()
        assert (finding.case.subject, finding.count) == ("10.0.0.1", 2)
        assert len(finding.detail["sightings"]) == 2
        assert (finding.first_seen_utc, finding.last_seen_utc) == (DAY, DAY + timedelta(hours=2))


def test_a_host_gone_from_the_list_is_listed_again_when_the_newest_sighting_turns_out_to_be_its_own(people):
    with scoped(system("tests")):
        log(translation(0, 1_000, "10.0.0.1"))
        listed(people, row(0, 1_000))
        listed(people, row(2, 1_000), day=1)
        assert Finding.objects.get(case__subject="10.0.0.1").presence == "gone"
        log(translation(2, 1_000, "10.0.0.1"), name="later.csv")
        late_placement.place_again(at=LATER)
        assert Finding.objects.get().presence != "gone"


@pytest.mark.parametrize(("closed_days_before", "state"), [(0, "closed"), (1, "in_progress")])
def test_a_closed_case_of_the_host_takes_the_finding_and_reopens_if_it_is_newer(people, closed_days_before, state):
    with scoped(system("tests")):
        owner = people.organisations["p-vinh-hai"]
        Asset.objects.create(organisation=owner, org_path=owner.path, name="PC-1")
        listed(people, row(0, 1_000))
        log(translation(0, 1_000, "10.0.0.1"))
        closed_at = DAY - timedelta(days=closed_days_before)
        Case.objects.create(
            organisation=owner, org_path=owner.path, kind="botnet_host", subject="10.0.0.1", title="cũ", state="closed",
            opened_at=closed_at, closed_at=closed_at, changed_at=closed_at,
        )  # fmt: skip
        assert late_placement.place_again(at=LATER) == 1
        found = Case.objects.get(subject="10.0.0.1")
        assert (found.state, found.findings.count()) == (state, 1)


def test_each_sighting_takes_its_own_list_along(people):
    with scoped(system("tests")):
        listed(people, row(0, 1_000))
        listed(people, row(2, 2_000), day=1)
        first, second = BotnetList.objects.order_by("received_at").values_list("pk", flat=True)
        log(translation(0, 1_000, "10.0.0.1"), translation(2, 2_000, "10.0.0.2"))
        late_placement.place_again(at=LATER)
        placed = Entry.objects.filter(act="case.placed").values_list("subject_id", "detail")
        carried = {Case.objects.get(pk=case_id).subject: detail["lists"] for case_id, detail in placed}
        assert carried == {"10.0.0.1": [first], "10.0.0.2": [second]}
        assert {f.case.subject: f.presence for f in Finding.objects.select_related("case")} == {
            "10.0.0.1": "gone",
            "10.0.0.2": "still",
        }


def test_a_settled_row_that_a_log_placed_on_a_host_goes_from_there_when_it_is_withdrawn(people):
    with undone(), scoped(system("tests")):
        listed(people, row(1, 1_000).replace(ADDRESS, "203.0.113.0009"), row(2, 1_000))
        damaged = open_ones().get()
        settling.settle(damaged.pk, meaning("address", [ADDRESS]), by="Hà", at=LATER)
        log(translation(1, 1_000, "10.0.0.1"))
        late_placement.place_again(at=LATER)
        assert counts() == {("10.0.0.1", "mirai"): 1, (ADDRESS, "mirai"): 1}
        inner = Case.objects.get(subject="10.0.0.1")
        settling.withdraw(damaged.pk, by="Hà", at=LATER)
        assert counts() == {(ADDRESS, "mirai"): 1}
        inner.refresh_from_db()
        assert inner.state == "closed"
        assert carried([inner.pk])[inner.pk] == set()


def figures(number: int = 0) -> dict[str, int]:
    with scoped(system("tests")):
        summary = BotnetList.objects.order_by("pk")[number].summary
    return {name: summary[name] for name in ("addresses", "owned", "unplaced", "unowned")}


def test_a_list_counts_its_addresses_as_they_stand_after_placement(people):
    with scoped(system("tests")), undone():
        other = row(1, 40_000).replace(ADDRESS, "203.0.113.10")
        listed(people, row(1, 40_001), row(2, 40_002, "qakbot"), other, row(1, 1).replace(ADDRESS, "192.0.2.1"))
        assert figures() == {"addresses": 3, "owned": 2, "unplaced": 2, "unowned": 1}
        nat = "from_utc,to_utc,public_address,port_from,port_to,inner_address\n"
        line = f"{DAY.isoformat()},{(DAY + timedelta(hours=9)).isoformat()},{ADDRESS},%d,%d,10.0.0.5\n"
        import_log((nat + line % (40_001, 40_001)).encode(), "1.csv", "nat", received_at=LATER, at=LATER)
        late_placement.place_again(at=LATER)
        # One of its two sightings: nobody can say of the address yet that its host is known.
        assert figures()["unplaced"] == 2
        import_log((nat + line % (40_002, 40_002)).encode(), "2.csv", "nat", received_at=LATER, at=LATER)
        late_placement.place_again(at=LATER)
        assert figures() == {"addresses": 3, "owned": 2, "unplaced": 1, "unowned": 1}


def test_a_list_that_comes_after_the_log_counts_its_address_as_placed(people):
    with scoped(system("tests")), undone():
        nat = "from_utc,to_utc,public_address,port_from,port_to,inner_address\n"
        line = f"{DAY.isoformat()},{(DAY + timedelta(hours=9)).isoformat()},{ADDRESS},40000,40009,10.0.0.5\n"
        import_log((nat + line).encode(), "1.csv", "nat", received_at=cast.NOON, at=cast.NOON)
        listed(people, row(1, 40_001))
        assert figures() == {"addresses": 1, "owned": 1, "unplaced": 0, "unowned": 0}


def test_a_list_that_later_ones_made_a_finding_forget_does_not_count_its_address_as_placed(people):
    with scoped(system("tests")), undone():
        listed(people, row(0, 1_000), row(0, 1_000).replace(ADDRESS, "203.0.113.10"))
        later = (row(1, 2_000 + number) for number in range(findings.SIGHTINGS_KEPT))
        listed(people, *later, day=1)
        log(translation(0, 1_000, "10.0.0.5").replace(ADDRESS, "203.0.113.10"))
        late_placement.place_again(at=LATER)
        assert (figures(0)["unplaced"], figures(1)["unplaced"]) == (1, 1)


def test_a_list_that_came_before_its_places_were_counted_is_given_no_figure_of_them(people):
    with scoped(system("tests")), undone():
        listed(people, row(0, 1_000))
        kept = BotnetList.objects.get()
        del kept.summary["unplaced"]
        kept.save()
        log(translation(0, 1_000, "10.0.0.5"))
        assert late_placement.place_again(at=LATER) == 1
        kept.refresh_from_db()
        assert "unplaced" not in kept.summary


def test_a_log_that_comes_while_a_list_comes_in_counts_in_the_figures_of_the_list(people, monkeypatch):
    monkeypatch.setattr(botnet_list, "BATCH_ROWS", 1)

    def place(done: int, _all: int) -> None:
        if done == 1:
            log(translation(0, 1_000, "10.0.0.5"))
            assert late_placement.place_again(at=LATER) == 1

    with scoped(system("tests")), undone():
        rows = (HEADER, row(0, 1_000), row(0, 1_000).replace(ADDRESS, "203.0.113.10"))
        office, content = people.organisations["hai-van"], "\n".join(rows).encode()
        botnet_list.import_list(content, "0.csv", office, "NCSC", at=cast.NOON, progress=place)
        assert figures() == {"addresses": 2, "owned": 2, "unplaced": 1, "unowned": 0}


def test_a_log_that_takes_an_address_from_its_asset_and_names_no_host_is_counted_too(people):
    with scoped(system("tests")), undone():
        asset_at(people, "NAT-1", ADDRESS, "so-y-te")
        listed(people, row(0, 1_000))
        assert figures()["unplaced"] == 0
        log(translation(5, 1_000, "10.0.0.5"))
        assert late_placement.place_again(at=LATER) == 1
        assert figures()["unplaced"] == 1
        log(translation(0, 1_000, "10.0.0.5"), name="later.csv")
        assert late_placement.place_again(at=LATER) == 1
        assert figures()["unplaced"] == 0


def sent_link(message: Message) -> str:
    return messages.fresh_link(message.pk, at=LATER).rpartition("/")[2]


def test_the_letter_of_an_address_acknowledges_the_host_that_a_log_shows_behind_it(people):
    with scoped(system("tests")):
        listed(people, row(0, 1_000))
        bare = Case.objects.get()
        secret = sent_link(Message.objects.get())
        log(translation(0, 1_000, "10.0.0.1"))
        late_placement.place_again(at=LATER)
        inner = Case.objects.get(subject="10.0.0.1")
    _, asked = acknowledgement.show(secret, at=LATER)
    assert [case.pk for case in asked] == [inner.pk]
    acknowledgement.acknowledge(secret, by="Bình", at=LATER)
    with scoped(system("tests")):
        inner.refresh_from_db()
        assert (inner.state, inner.acknowledged_at) == ("acknowledged", LATER)
        bare.refresh_from_db()
        assert (bare.state, bare.acknowledged_at) == ("closed", None)
    with pytest.raises(InputError, match="used already"):
        acknowledgement.show(secret, at=LATER)


def test_the_link_of_an_address_says_nothing_of_a_host_of_another_organisation(people):
    with scoped(system("tests")):
        asset_at(people, "PC-9", "10.0.0.1", "so-y-te")
        listed(people, row(0, 1_000))
        secret = sent_link(Message.objects.get())
        log(translation(0, 1_000, "10.0.0.1"))
        late_placement.place_again(at=LATER)
    with pytest.raises(InputError, match="another organisation"):
        acknowledgement.show(secret, at=LATER)


def test_the_link_of_an_address_says_nothing_of_a_host_of_a_unit_below(people):
    with scoped(system("tests")):
        health = people.organisations["so-y-te"]
        Network.objects.create(cidr="203.0.113.0/25", organisation=health, org_path=health.path)
        asset_at(people, "PC-9", "10.0.0.1", "bv-da-khoa")
        listed(people, row(0, 1_000), row(1, 1_000))
        secret = sent_link(Message.objects.get(organisation=health))
        log(translation(0, 1_000, "10.0.0.1"), translation(1, 1_000, "10.0.0.2"))
        late_placement.place_again(at=LATER)
        codes = dict(Case.objects.exclude(state="closed").values_list("subject", "organisation__code"))
        assert codes == {"PC-9": "bv-da-khoa", "10.0.0.2": "so-y-te"}
    acknowledgement.acknowledge(secret, by="Tâm", at=LATER)
    with scoped(system("tests")):
        assert Case.objects.get(subject="PC-9").state == "sent"
        assert Case.objects.get(subject="10.0.0.2").state == "acknowledged"


def test_one_message_tells_each_organisation_where_its_cases_went_and_asks_what_it_has_not_acknowledged(people):
    with scoped(system("tests")):
        asset_at(people, "PC-9", "10.0.0.2", "so-y-te")
        listed(people, row(0, 1_000), row(1, 1_000), row(2, 2_000, "qakbot"))
        bare = Case.objects.get()
        before = Message.objects.count()
        log(
            *(translation(*place) for place in ((0, 1_000, "10.0.0.1"), (1, 1_000, "10.0.0.2"), (2, 2_000, "10.0.0.3")))
        )
        late_placement.place_again(at=LATER)
        assert late_placement.place_again(at=LATER) == 0
        told = {one.organisation.code: one for one in Message.objects.order_by("pk")[before:]}
        assert set(told) == {"p-vinh-hai", "so-y-te"}
        numbers = dict(Case.objects.values_list("subject", "pk"))
        assert told["so-y-te"].subjects == {"case": [numbers["PC-9"]]}
        assert told["p-vinh-hai"].subjects == {"case": [numbers["10.0.0.1"], numbers["10.0.0.3"]]}
        assert told["p-vinh-hai"].subject == "[Vọng Gác] Đã rõ máy đứng sau địa chỉ: 2 máy cần xử lý"
        line = f"- vụ việc {bare.pk} ({ADDRESS}) → vụ việc {numbers['10.0.0.3']} (10.0.0.3)"
        assert line in told["p-vinh-hai"].body.splitlines()
        assert "PC-9" not in told["p-vinh-hai"].body


def test_who_acknowledged_the_address_has_acknowledged_its_host_and_is_asked_no_second_time(people):
    with scoped(system("tests")):
        listed(people, row(0, 1_000))
        bare = cases.acknowledge(Case.objects.get().pk, at=cast.NOON, by="Bình", via="phone")
        before = Message.objects.count()
        log(translation(0, 1_000, "10.0.0.1"))
        late_placement.place_again(at=LATER)
        inner = Case.objects.get(subject="10.0.0.1")
        assert (inner.state, inner.acknowledged_at) == ("acknowledged", cast.NOON)
        entry = Entry.objects.get(act="case.acknowledge", subject_id=inner.pk)
        assert (entry.at, entry.detail["by"], entry.detail["via"], entry.detail["came_from"]) == (
            LATER, "Bình", "phone", bare.pk,
        )  # fmt: skip
        told = Message.objects.order_by("pk")[before]
        assert (told.subjects, messages.LINK in told.body) == ({}, False)


def test_an_acknowledgement_is_not_passed_on_to_another_organisation(people):
    with scoped(system("tests")):
        asset_at(people, "PC-9", "10.0.0.1", "so-y-te")
        listed(people, row(0, 1_000))
        cases.acknowledge(Case.objects.get().pk, at=cast.NOON, by="Bình")
        log(translation(0, 1_000, "10.0.0.1"))
        late_placement.place_again(at=LATER)
        inner = Case.objects.get(subject="PC-9")
        assert (inner.state, inner.acknowledged_at) == ("sent", None)


def test_a_host_whose_case_is_closed_already_is_not_told_of_again(people):
    with scoped(system("tests")):
        log(translation(0, 1_000, "10.0.0.1"))
        listed(people, row(0, 1_000), row(1, 1_000))
        cases.close(Case.objects.get(subject="10.0.0.1").pk, "đã thay máy", at=cast.NOON)
        before = Message.objects.count()
        log(translation(1, 1_000, "10.0.0.1"), name="later.csv")
        assert late_placement.place_again(at=LATER) == 1
        assert Message.objects.count() == before
