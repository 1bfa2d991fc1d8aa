"""From claim to verdict on a desk: logs arrive, the rule is asked, the case follows; late logs reverse and split."""

from datetime import datetime, timedelta

import pytest

from tests import cast
from tests.register.register_files import bring_in
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Verdict
from vonggac.cases.services import Answer
from vonggac.errors import InputError
from vonggac.flows import assessment, botnet_list, late_placement, mistaken_log, traffic_log
from vonggac.ledger.models import Entry
from vonggac.register.models import Asset, AssetAddress, Network, Sensor, SensorCoverage
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
C2 = "192.0.2.66"
LISTED, CLAIMED = cast.NOON, cast.NOON + DAY
END = CLAIMED + 7 * DAY + HOUR


@pytest.fixture
def people(people) -> cast.Cast:
    health = people.organisations["so-y-te"]
    with scoped(system("tests")):
        for cidr in ("203.0.113.0/24", "10.2.0.0/16"):
            Network.objects.create(cidr=cidr, organisation=health, org_path=health.path)
        for n in (7, 8):
            asset = Asset.objects.create(
                organisation=health, org_path=health.path, name=f"yt-pc-{n}", nat_pool="203.0.113.200"
            )
            AssetAddress.objects.create(asset=asset, org_path=health.path, address=f"10.2.0.{n}")
        for name, kind in (("flow-1", "flow"), ("nat-1", "nat")):
            sensor = Sensor.objects.create(
                name=name, kind=kind, organisation=health, org_path=health.path,
                networks=["10.2.0.0/16", "203.0.113.0/24"] if kind == "nat" else ["10.2.0.0/16"],
            )  # fmt: skip
            SensorCoverage.objects.create(
                sensor=sensor, org_path=health.path, from_utc=LISTED - DAY, to_utc=END + 30 * DAY
            )
    return people


def send_list(people: cast.Cast, at: datetime, *rows: str) -> None:
    header = "timestamp,src_ip,src_port,dst_ip,family"
    with scoped(people.scope("ha")):
        content = "\n".join([header, *rows]).encode()
        botnet_list.import_list(
            content, f"list-{at:%m%d}.csv", people.organisations["hai-van"], "NCSC", received_at=at, at=at
        )


def row(port: int) -> str:
    return f"{LISTED - HOUR:%Y-%m-%dT%H:%M:%SZ},203.0.113.200,{port},{C2},mirai"


def nat_log(people: cast.Cast, at: datetime) -> None:
    lines = ["from_utc,to_utc,public_address,port_from,port_to,inner_address"]
    for n in (7, 8):
        span = f"{LISTED - DAY:%Y-%m-%dT%H:%M:%SZ},{END:%Y-%m-%dT%H:%M:%SZ}"
        lines.append(f"{span},203.0.113.200,{n}000,{n}999,10.2.0.{n}")
    with scoped(people.scope("ha")):
        traffic_log.import_log("\n".join(lines).encode(), "nat.csv", "nat-1", received_at=at, at=at)


def flow_log(people: cast.Cast, at: datetime, *contacts: tuple[str, str, datetime]) -> traffic_log.LogReport:
    lines = ["time_utc,source_address,source_port,destination_address,destination_port,protocol"]
    lines += [f"{moment:%Y-%m-%dT%H:%M:%SZ},{source},50000,{peer},443,tcp" for source, peer, moment in contacts]
    with scoped(people.scope("ha")):
        return traffic_log.import_log(
            "\n".join(lines).encode(), f"flow-{at:%m%d%H}.csv", "flow-1", received_at=at, at=at
        )


def claim(people: cast.Cast, subject: str) -> None:
    with scoped(people.scope("tam")):
        cases.claim(Case.objects.get(subject=subject).pk, Answer("đã cài lại", "Tâm"), at=CLAIMED)


def judged(at: datetime) -> dict[str, tuple[str, str, str]]:
    with scoped(system("proof")):
        assessment.assess(at=at)
        return {c.subject: (c.state, c.claim, c.proof) for c in Case.objects.filter(kind="botnet_host")}


@pytest.fixture
def claimed(people) -> cast.Cast:
    """Two hosts behind one address, placed by the NAT log, both claimed clean; the next list carries neither."""
    nat_log(people, LISTED - HOUR)
    send_list(people, LISTED, row(7100), row(8100))
    claim(people, "yt-pc-7")
    claim(people, "yt-pc-8")
    send_list(people, CLAIMED + 3 * DAY)
    return people


def test_a_watched_silent_host_is_proven_and_the_talking_one_contradicted(claimed):
    flow_log(claimed, END, ("10.2.0.8", C2, CLAIMED + 2 * DAY), ("10.2.0.7", "198.51.100.1", CLAIMED + DAY))
    assert judged(END) == {
        "yt-pc-7": ("closed", "done", "proven"),
        "yt-pc-8": ("in_progress", "done", "contradicted"),
    }
    with scoped(claimed.scope("tam")):
        contacts = Verdict.objects.get(proof="contradicted").detail["contacts"]
        assert [contact["peer"] for contact in contacts] == [C2]


def test_whoever_hands_in_a_file_of_which_nothing_reads_is_told_how_many_proofs_it_would_end(claimed):
    with scoped(claimed.scope("ha")):
        assert mistaken_log.would_unprove("flow-1", at=END) == 0
    flow_log(claimed, END, ("10.2.0.7", "198.51.100.1", CLAIMED + DAY))
    assert [shown for *_, shown in judged(END).values()] == ["proven", "proven"]
    with scoped(claimed.scope("ha")):
        # The NAT sensor tells of nobody's contacts, and another network's sees neither.
        counted = {name: mistaken_log.would_unprove(name, at=END) for name in ("flow-1", "nat-1", "nobody")}
        asked = traffic_log.import_log(b"code,name", "units.csv", "flow-1", received_at=END, at=END, asks=True)
    assert counted == {"flow-1": 2, "nat-1": 0, "nobody": 0}
    assert (asked.is_asked, asked.rows) == (True, 0)
    assert [shown for *_, shown in judged(END).values()] == ["proven", "proven"]
    with scoped(claimed.scope("ha")):
        traffic_log.import_log(b"code,name", "units.csv", "flow-1", received_at=END, at=END)
    assert [shown for *_, shown in judged(END).values()] == ["not_observable", "not_observable"]


def test_while_the_watch_runs_nothing_is_proven(claimed):
    assert set(judged(CLAIMED + 2 * DAY).values()) == {("claimed", "done", "watching")}


def test_morning_after_morning_before_the_log_comes_nothing_is_told_anew(claimed):
    """The log of each day comes at nine; the rule is asked at eight and at ten."""
    with scoped(system("tests")):
        SensorCoverage.objects.filter(sensor__name="flow-1").delete()
    for day in range(1, 8):
        eight = CLAIMED + day * DAY - 4 * HOUR
        with scoped(system("tests")):
            sensor = Sensor.objects.get(name="flow-1")
            SensorCoverage.objects.create(
                sensor=sensor, org_path=sensor.org_path, from_utc=eight - DAY - 2 * HOUR, to_utc=eight
            )
        assert judged(eight)["yt-pc-7"] == ("claimed", "done", "watching")
        with scoped(claimed.scope("tam")):
            found = Case.objects.get(subject="yt-pc-7")
            assert [item["sensor"] for item in found.missing] == ["flow-1"]
            assert datetime.fromisoformat(found.missing[0]["expected"]) > eight
        flow_log(claimed, eight + HOUR, ("10.2.0.7", "198.51.100.1", eight))
        assert judged(eight + 2 * HOUR)["yt-pc-7"] == ("claimed", "done", "watching")
    with scoped(claimed.scope("tam")):
        told = Verdict.objects.get(case__subject="yt-pc-7")
    assert told.at == CLAIMED + DAY - 4 * HOUR
    assert told.looked_at == CLAIMED + 7 * DAY - 2 * HOUR


def test_a_silent_sensor_proves_nobody_and_is_named(claimed):
    with scoped(system("tests")):
        SensorCoverage.objects.filter(sensor__name="flow-1").update(to_utc=CLAIMED + 3 * DAY)
    assert {proof for _, _, proof in judged(END).values()} == {"not_observable"}
    with scoped(claimed.scope("tam")):
        assert "flow-1" in Case.objects.get(subject="yt-pc-7").missing[0]["text"]


def test_signs_of_life_of_the_time_to_come_do_not_let_a_sensor_that_died_cover_it(claimed):
    """An old file that is delivered after the sensor's death lets its heartbeats count: none may reach beyond it."""
    beats = [f"flow-1,{since:%Y-%m-%dT%H:%M:%SZ},{until:%Y-%m-%dT%H:%M:%SZ}" for since, until in (
        (LISTED - DAY, CLAIMED), (CLAIMED, END + DAY),
    )]  # fmt: skip
    told = "\n".join(["sensor,from_utc,to_utc", *beats])
    with scoped(system("tests")):
        SensorCoverage.objects.filter(sensor__name="flow-1").delete()
        early = bring_in("heartbeats", told, at=CLAIMED.date(), now=CLAIMED)
    assert [reject.line for reject in early.rejects] == [3]
    flow_log(claimed, END, ("10.2.0.7", "198.51.100.1", CLAIMED - HOUR))
    assert {proof for _, _, proof in judged(END).values()} == {"not_observable"}
    with scoped(system("tests")):
        late = bring_in("heartbeats", told, at=END.date(), now=END + DAY)
    assert not late.rejects
    assert {proof for _, _, proof in judged(END + DAY).values()} == {"proven"}


def test_a_log_that_arrives_late_reverses_the_proof_and_says_so(claimed):
    flow_log(claimed, END)
    assert judged(END)["yt-pc-8"] == ("closed", "done", "proven")
    flow_log(claimed, END + DAY, ("10.2.0.8", C2, CLAIMED + 2 * DAY))
    assert judged(END + DAY)["yt-pc-8"] == ("in_progress", "done", "contradicted")
    with scoped(claimed.scope("tam")):
        reversals = [e.detail["reversed_from"] for e in Entry.objects.filter(act="case.verdict").order_by("id")]
        assert reversals[-1] == "proven"


def test_asking_again_writes_nothing_new(claimed):
    judged(END)
    with scoped(system("tests")):
        before = Entry.objects.count()
    judged(END + HOUR)
    with scoped(system("tests")):
        assert Entry.objects.count() == before


def test_a_log_nobody_can_read_proves_nobody(claimed):
    with scoped(claimed.scope("ha")):
        report = traffic_log.import_log(b"\x00\x01\x02garbage", "flow.bin", "flow-1", received_at=END, at=END)
    assert report.unreadable
    assert {proof for _, _, proof in judged(END).values()} == {"not_observable"}


def test_an_undeclared_sensor_is_refused(people):
    with scoped(people.scope("ha")), pytest.raises(InputError, match="declare"):
        traffic_log.import_log(b"x", "a.csv", "nobody", received_at=END, at=END)


def test_a_public_address_splits_when_the_nat_log_comes_late(people):
    send_list(people, LISTED, row(7100), row(8100))
    with scoped(people.scope("tam")):
        assert [case.subject for case in Case.objects.all()] == ["203.0.113.200"]
    nat_log(people, LISTED + HOUR)
    with scoped(system("placement")):
        assert late_placement.place_again(at=LISTED + HOUR) == 2
        assert late_placement.place_again(at=LISTED + HOUR) == 0
    with scoped(people.scope("tam")):
        assert dict(Case.objects.values_list("subject", "state")) == {
            "203.0.113.200": "closed", "yt-pc-7": "sent", "yt-pc-8": "sent",
        }  # fmt: skip
        assert Case.objects.get(subject="yt-pc-7").findings.get().count == 1
        assert Entry.objects.filter(act="case.split").count() == 2


def test_what_the_late_log_does_not_place_stays_with_the_address(people):
    send_list(people, LISTED, row(7100), row(20_000))
    nat_log(people, LISTED + HOUR)
    with scoped(system("placement")):
        assert late_placement.place_again(at=LISTED + HOUR) == 1
    with scoped(people.scope("tam")):
        assert dict(Case.objects.values_list("subject", "state")) == {"203.0.113.200": "sent", "yt-pc-7": "sent"}
        assert len(Case.objects.get(subject="203.0.113.200").findings.get().detail["sightings"]) == 1


def test_a_late_log_reopens_the_closed_case_of_the_host_that_it_places(people):
    nat_log(people, LISTED - HOUR)
    send_list(people, LISTED, row(7100))
    with scoped(people.scope("ha")):
        closed = Case.objects.get(subject="yt-pc-7")
        cases.claim(closed.pk, Answer("đã cài lại", "Tâm"), at=LISTED - 2 * DAY)
        cases.close(closed.pk, "xong", at=LISTED - 2 * DAY)
    assert [sighting_case(people), closed.pk] == [closed.pk, closed.pk]


def sighting_case(people: cast.Cast) -> int:
    """The case that a second address's sighting lands on once its NAT log has come."""
    text = "timestamp,src_ip,src_port,dst_ip,family\n" + row(7200).replace("203.0.113.200", "203.0.113.201")
    with scoped(people.scope("ha")):
        botnet_list.import_list(
            text.encode(), "other.csv", people.organisations["hai-van"], "OTHER", received_at=LISTED, at=LISTED
        )
    log = "from_utc,to_utc,public_address,port_from,port_to,inner_address\n"
    log += f"{LISTED - DAY:%Y-%m-%dT%H:%M:%SZ},{END:%Y-%m-%dT%H:%M:%SZ},203.0.113.201,7000,7999,10.2.0.7\n"
    with scoped(people.scope("ha")):
        traffic_log.import_log(log.encode(), "nat-2.csv", "nat-1", received_at=LISTED + HOUR, at=LISTED + HOUR)
    with scoped(system("placement")):
        assert late_placement.place_again(at=LISTED + HOUR) == 1
    with scoped(people.scope("tam")):
        found = Case.objects.get(subject="yt-pc-7")
        assert (found.state, found.reopened_count, found.findings.count()) == ("in_progress", 1, 2)
        return found.pk


@pytest.mark.parametrize(
    ("begins", "proof"),
    [(CLAIMED, "not_observable"), (LISTED - DAY, "proven"), (None, "proven")],
)
def test_a_host_of_that_name_that_another_unit_got_since_may_be_the_same(claimed, begins, proof):
    ward = claimed.organisations["p-vinh-hai"]
    with scoped(system("tests")):
        asset = Asset.objects.create(organisation=ward, org_path=ward.path, name="YT-PC-7")
        AssetAddress.objects.create(asset=asset, org_path=ward.path, address="10.2.0.99", from_utc=begins)
    flow_log(claimed, END, ("10.2.0.99", C2, CLAIMED + 2 * DAY))
    assert judged(END)["yt-pc-7"] == ("claimed" if proof == "not_observable" else "closed", "done", proof)
    if proof == "not_observable":
        with scoped(claimed.scope("tam")):
            assert "10.2.0.99" in Case.objects.get(subject="yt-pc-7").missing[0]["text"]
