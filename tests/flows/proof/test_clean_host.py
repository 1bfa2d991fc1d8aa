"""The rule on worlds that go through the lake; each test changes one thing in a world that proves the host clean."""

from pathlib import Path

import pytest

from tests.flows.proof.worlds import C2_ADDRESS, C2_NAME, World, at, flow, question, text, words
from vonggac.cases.proof import VerdictState
from vonggac.cases.verdicts import detail_of
from vonggac.flows.proof.clean_host import judge
from vonggac.flows.proof.evidence import C2, Subject, micros
from vonggac.flows.proof.host_evidence import LaterList
from vonggac.formats import traffic
from vonggac.formats.traffic_tables import Kind

PROVEN, CONTRADICTED, NOT_OBSERVABLE, OPEN = (
    VerdictState.PROVEN,
    VerdictState.CONTRADICTED,
    VerdictState.NOT_OBSERVABLE,
    VerdictState.OPEN,
)
INNER = "10.0.0.5"
PUBLIC = "203.0.113.1"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """One host, one flow sensor that never stopped, the next list without it."""
    made = World(tmp_path)
    made.host("pc-1", INNER)
    made.sensor("flow-1", Kind.FLOW, "10.0.0.0/24")
    made.next_list()
    return made


@pytest.fixture
def behind_nat(tmp_path: Path) -> World:
    """Two hosts behind one public address, and a flow sensor outside."""
    made = World(tmp_path)
    made.host("pc-1", INNER, pool=PUBLIC)
    made.host("pc-2", "10.0.0.6", pool=PUBLIC)
    made.sensor("outside", Kind.FLOW, "203.0.113.0/24")
    made.next_list()
    return made


def test_a_host_that_was_watched_and_silent_is_proven(world: World) -> None:
    verdict = world.judge("pc-1")
    assert verdict.state is PROVEN
    assert (verdict.watched_from_utc, verdict.watched_to_utc) == (at(0), at(7))
    assert verdict.gaps == ()


def test_a_host_that_nobody_claimed_is_open(world: World) -> None:
    assert world.judge("pc-1", claimed=None).state is OPEN


def test_the_watch_runs_for_seven_days(world: World) -> None:
    assert world.judge("pc-1", now=6.99).state is OPEN


def test_without_the_next_list_the_case_stays_open_and_the_list_is_named(tmp_path: Path, world: World) -> None:
    world.lists.clear()
    verdict = world.judge("pc-1")
    assert verdict.state is OPEN
    assert "list" in words(verdict)


def test_a_list_from_before_the_claim_is_not_the_next_one(world: World) -> None:
    world.lists.clear()
    world.next_list(-1)
    assert world.judge("pc-1").state is OPEN


def test_a_later_list_with_a_sighting_after_the_claim_contradicts(world: World) -> None:
    world.next_list(9, carries=True, seen=8.5)
    assert world.judge("pc-1").state is CONTRADICTED


def test_a_later_list_with_old_sightings_only_proves_nothing(world: World) -> None:
    world.next_list(9, carries=True, seen=-2)
    assert world.judge("pc-1").state is OPEN


@pytest.mark.parametrize("row", [flow(3, INNER), flow(3, C2_ADDRESS, INNER), flow(0, INNER), flow(9, INNER)])
def test_a_contact_at_or_after_the_claim_contradicts_in_either_direction(world: World, row: str) -> None:
    world.log("flow-1", Kind.FLOW, row)
    verdict = world.judge("pc-1")
    assert verdict.state is CONTRADICTED
    assert verdict.contacts[0].peer == C2_ADDRESS


def test_a_contact_before_the_claim_is_no_contradiction(world: World) -> None:
    world.log("flow-1", Kind.FLOW, flow(-0.001, INNER))
    assert world.judge("pc-1").state is PROVEN


def test_a_flow_that_was_still_alive_after_the_claim_contradicts(world: World) -> None:
    content = (
        f"time_utc,end_utc,source_address,destination_address\n{text(at(-1))},{text(at(0, 5))},{INNER},{C2_ADDRESS}\n"
    ).encode()
    world.lake.add("vn", "flow-1", Kind.FLOW, traffic.read(content, "x"), world.lake.keep(content), at(-1), "x")
    assert world.judge("pc-1").state is CONTRADICTED


def test_a_new_claim_counts_from_its_own_time(world: World) -> None:
    world.log("flow-1", Kind.FLOW, flow(1, INNER))
    assert world.judge("pc-1", now=10, claimed=2).state is PROVEN


def test_gaps_of_a_minute_in_sum_are_let_pass_and_more_are_not(world: World) -> None:
    world.sensors.clear()
    second = 1 / 86_400
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", ((-1, 1), (1 + 30 * second, 2), (2 + 30 * second, 30)))
    assert world.judge("pc-1").state is PROVEN
    assert world.judge("pc-1", gap_seconds=59).state is NOT_OBSERVABLE


def test_a_silent_sensor_is_named_with_its_time(world: World) -> None:
    world.sensors.clear()
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", ((-1, 3), (4, 30)))
    verdict = world.judge("pc-1")
    assert verdict.state is NOT_OBSERVABLE
    assert verdict.missing[0].sensor == "flow-1"
    assert (verdict.missing[0].from_utc, verdict.missing[0].to_utc) == (at(3), at(4))
    assert "flow" in words(verdict)


def test_several_gaps_of_a_silent_sensor_are_each_told_and_not_the_days_between_them(world: World) -> None:
    world.sensors.clear()
    hour = 1 / 24
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", ((-1, 1), (1 + 2 * hour, 3), (3 + hour, 5), (5 + hour, 30)))
    [missing] = world.judge("pc-1").missing
    assert missing.gaps == ((at(1), at(1, 7200)), (at(3), at(3, 3600)), (at(5), at(5, 3600)))
    assert (missing.from_utc, missing.to_utc) == (at(1), at(5, 3600))
    assert missing.gap_seconds == 4 * 3600
    assert "in 3 gaps of 14400 s from" in str(missing)


def test_the_last_of_several_gaps_may_last_while_the_watch_runs(world: World) -> None:
    world.sensors.clear()
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", ((-1, 1), (2, 3)))
    [missing] = world.judge("pc-1", now=6).missing
    assert missing.gaps == ((at(1), at(2)), (at(3), None))
    assert missing.gap_seconds == 86_400


def test_what_is_missing_lasts_only_while_the_watch_runs(world: World) -> None:
    world.sensors.clear()
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", ((-1, 1),))
    for day, missing_to, gap_to in ((4, None, None), (8, at(7), at(7).isoformat())):
        verdict = world.judge("pc-1", now=day)
        assert [(one.from_utc, one.to_utc) for one in verdict.missing] == [(at(1), missing_to)]
        assert [gap["to"] for gap in detail_of(verdict)["gaps"] if gap["kind"] == "flow"] == [gap_to]


def test_gaps_that_exceed_already_are_said_before_the_time_has_passed(world: World) -> None:
    world.sensors.clear()
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", ((-1, 1), (2, 30)))
    assert world.judge("pc-1", now=3).state is NOT_OBSERVABLE


def test_a_sensor_without_heartbeat_and_manifest_covers_nothing(world: World) -> None:
    world.sensors.clear()
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", ())
    world.log("flow-1", Kind.FLOW, *(flow(day, INNER, "192.0.2.9") for day in range(8)))
    assert world.judge("pc-1").state is NOT_OBSERVABLE


def test_a_record_outside_the_networks_covers_nothing_yet_a_contact_there_is_a_contact(world: World) -> None:
    world.host("pc-9", "10.9.0.9")
    world.log("flow-1", Kind.FLOW, flow(3, "10.9.0.9", "192.0.2.9"))
    assert world.judge("pc-9").state is NOT_OBSERVABLE
    world.log("flow-1", Kind.FLOW, flow(3, "10.9.0.9"), name="b.csv")
    assert world.judge("pc-9").state is CONTRADICTED


def test_logs_of_an_undeclared_sensor_are_ignored_with_a_warning(world: World) -> None:
    world.log("ghost", Kind.FLOW, flow(3, INNER))
    assert world.judge("pc-1").state is PROVEN
    assert "ghost" in world.scene().warnings[0]


def test_a_quiet_that_is_too_long_is_a_gap_although_the_heart_beats(world: World) -> None:
    world.sensors.clear()
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", quiet=86_400 * 1.5)
    days = [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    world.log("flow-1", Kind.FLOW, *(flow(day, "10.0.0.77", "192.0.2.9") for day in days))
    assert world.judge("pc-1").state is PROVEN
    world.sensors.clear()
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", quiet=86_400 * 0.9)
    assert world.judge("pc-1").state is NOT_OBSERVABLE


def test_a_heartbeat_without_any_data_covers_nothing_where_a_longest_quiet_is_declared(world: World) -> None:
    world.sensors.clear()
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", quiet=3_600)
    assert world.judge("pc-1").state is NOT_OBSERVABLE


def test_a_rotating_sensor_covers_the_files_that_came_whole(world: World) -> None:
    world.sensors.clear()
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", rotation=(("a.csv", -1, 3, 1), ("b.csv", 3, 10, 0)))
    world.log("flow-1", Kind.FLOW, flow(1, "10.0.0.77", "192.0.2.9"))
    assert world.judge("pc-1", now=12).state is NOT_OBSERVABLE
    world.log("flow-1", Kind.FLOW, name="b.csv")
    assert world.judge("pc-1", now=12).state is PROVEN


def test_a_rotated_file_with_too_few_records_covers_nothing(world: World) -> None:
    world.sensors.clear()
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", rotation=(("a.csv", -1, 10, 2),))
    world.log("flow-1", Kind.FLOW, flow(1, "10.0.0.77", "192.0.2.9"), "cut off,10.0.0.7,,192.0.2.9,,")
    assert world.judge("pc-1").state is NOT_OBSERVABLE


def test_two_empty_files_of_a_rotating_sensor_have_both_arrived(world: World) -> None:
    world.sensors.clear()
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", rotation=(("a.csv", -1, 3, 0), ("b.csv", 3, 10, 0)))
    world.log("flow-1", Kind.FLOW, name="a.csv")
    world.log("flow-1", Kind.FLOW, name="b.csv")
    assert world.judge("pc-1").state is PROVEN


def test_a_file_that_is_not_due_yet_is_no_gap_while_the_watch_runs(world: World) -> None:
    world.sensors.clear()
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", rotation=(("a.csv", -1, 1, 0),))
    world.log("flow-1", Kind.FLOW, name="a.csv")
    assert world.judge("pc-1", now=2).state is OPEN
    assert world.judge("pc-1", now=4).state is NOT_OBSERVABLE


def test_a_clock_an_hour_late_moves_the_records_back(world: World) -> None:
    world.log("flow-1", Kind.FLOW, flow(0.5 / 24, INNER))
    assert world.judge("pc-1").state is CONTRADICTED
    world.sensors.clear()
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", offset=3_600)
    assert world.judge("pc-1").state is PROVEN


def test_late_logs_reverse_the_verdict(world: World) -> None:
    world.log("flow-1", Kind.FLOW, flow(3, INNER), received=9)
    assert world.judge("pc-1", now=8.5).state is PROVEN
    assert world.judge("pc-1", now=9).state is CONTRADICTED


def test_a_c2_known_by_name_asks_for_a_dns_sensor(world: World) -> None:
    world.c2 = C2(names=frozenset({C2_NAME}))
    verdict = world.judge("pc-1")
    assert verdict.state is NOT_OBSERVABLE
    assert "dns" in words(verdict)
    world.sensor("dns-1", Kind.DNS, "10.0.0.0/24")
    assert world.judge("pc-1").state is PROVEN


@pytest.mark.parametrize("name", ["evil.example", "a.b.EVIL.example.", "x.evil.example"])
def test_a_question_for_the_name_or_a_child_of_it_contradicts(world: World, name: str) -> None:
    world.c2 = C2(names=frozenset({"Evil.Example."}))
    world.sensor("dns-1", Kind.DNS, "10.0.0.0/24")
    world.log("dns-1", Kind.DNS, question(2, INNER, name))
    assert world.judge("pc-1").state is CONTRADICTED


def test_a_name_that_only_ends_alike_is_another_name(world: World) -> None:
    world.c2 = C2(names=frozenset({C2_NAME}))
    world.sensor("dns-1", Kind.DNS, "10.0.0.0/24")
    world.log("dns-1", Kind.DNS, question(2, INNER, "notevil.example"), question(2, INNER, "example"))
    assert world.judge("pc-1").state is PROVEN


def test_a_c2_known_by_both_asks_for_both_sensors(world: World) -> None:
    world.c2 = C2(frozenset({C2_ADDRESS}), frozenset({C2_NAME}))
    assert world.judge("pc-1").state is NOT_OBSERVABLE
    world.sensor("dns-1", Kind.DNS, "10.0.0.0/24", ((-1, 5),))
    verdict = world.judge("pc-1")
    assert verdict.state is NOT_OBSERVABLE
    assert verdict.missing[0].sensor == "dns-1"


def test_lists_that_name_no_c2_leave_nothing_to_watch_for(world: World) -> None:
    world.c2 = C2()
    verdict = world.judge("pc-1")
    assert verdict.state is NOT_OBSERVABLE
    assert "c2" in words(verdict).lower()


def test_each_address_of_a_host_that_moved_has_to_be_watched(world: World) -> None:
    world.lines.clear()
    world.host("pc-1", INNER, (-9, 3))
    world.host("pc-1", "10.1.0.5", (3, 20))
    assert world.judge("pc-1").state is NOT_OBSERVABLE
    world.sensor("flow-2", Kind.FLOW, "10.1.0.0/24")
    assert world.judge("pc-1").state is PROVEN
    world.log("flow-2", Kind.FLOW, flow(2, "10.1.0.5"))
    assert world.judge("pc-1").state is PROVEN
    world.log("flow-2", Kind.FLOW, flow(4, "10.1.0.5"), name="b.csv")
    assert world.judge("pc-1").state is CONTRADICTED


def test_a_host_whose_address_is_not_known_for_a_while_is_not_observable(world: World) -> None:
    world.lines.clear()
    world.host("pc-1", INNER, (-9, 3))
    verdict = world.judge("pc-1")
    assert verdict.state is NOT_OBSERVABLE
    assert "dhcp" in words(verdict)


def test_dhcp_outranks_the_register_for_the_address_that_it_names(world: World) -> None:
    world.sensor("dhcp-1", Kind.DHCP, "10.0.0.0/24")
    world.log("dhcp-1", Kind.DHCP, f"{text(at(2))},{text(at(4))},{INNER},laptop", f"{text(at(2))},,10.0.0.8,pc-1")
    world.log("flow-1", Kind.FLOW, flow(3, INNER))
    assert world.judge("pc-1").state is PROVEN
    assert world.judge("laptop").state is CONTRADICTED
    world.log("flow-1", Kind.FLOW, flow(3, "10.0.0.8"), name="b.csv")
    assert world.judge("pc-1").state is CONTRADICTED


def test_an_address_that_two_hosts_held_at_once_blames_neither(world: World) -> None:
    world.host("pc-2", INNER)
    world.log("flow-1", Kind.FLOW, flow(3, INNER))
    for host in ("pc-1", "pc-2"):
        verdict = world.judge(host)
        assert verdict.state is NOT_OBSERVABLE
        assert "dhcp" in words(verdict)


def test_a_sensor_outside_the_nat_proves_hosts_where_no_contact_was_seen(behind_nat: World) -> None:
    assert behind_nat.judge("pc-1").state is PROVEN


def test_a_contact_on_a_shared_address_without_a_nat_log_leaves_all_sharing_hosts_unobservable(
    behind_nat: World,
) -> None:
    behind_nat.log("outside", Kind.FLOW, flow(3, PUBLIC))
    for host in ("pc-1", "pc-2", PUBLIC):
        verdict = behind_nat.judge(host)
        assert verdict.state is NOT_OBSERVABLE
        assert "nat" in words(verdict)


def test_the_nat_log_places_a_contact_on_one_host(behind_nat: World) -> None:
    behind_nat.sensor("nat-1", Kind.NAT, "203.0.113.0/24")
    behind_nat.log("outside", Kind.FLOW, flow(3, PUBLIC, port=40_000))
    behind_nat.log("nat-1", Kind.NAT, f"{text(at(2.9))},{text(at(3.1))},{PUBLIC},39000,41000,10.0.0.6")
    assert behind_nat.judge("pc-1").state is PROVEN
    assert behind_nat.judge("pc-2").state is CONTRADICTED
    assert behind_nat.judge(PUBLIC).state is CONTRADICTED


def test_a_nat_record_of_another_port_places_nothing(behind_nat: World) -> None:
    behind_nat.log("outside", Kind.FLOW, flow(3, PUBLIC, port=40_000))
    behind_nat.sensor("nat-1", Kind.NAT, "203.0.113.0/24")
    behind_nat.log("nat-1", Kind.NAT, f"{text(at(2.9))},{text(at(3.1))},{PUBLIC},50000,51000,10.0.0.6")
    assert behind_nat.judge("pc-1").state is NOT_OBSERVABLE


def test_the_only_host_behind_a_public_address_is_blamed_without_a_nat_log(behind_nat: World) -> None:
    behind_nat.lines.pop()
    behind_nat.log("outside", Kind.FLOW, flow(3, PUBLIC))
    assert behind_nat.judge("pc-1").state is CONTRADICTED


def test_a_contact_seen_inside_too_is_the_inner_hosts(behind_nat: World) -> None:
    behind_nat.sensor("inside", Kind.FLOW, "10.0.0.0/24")
    behind_nat.log("inside", Kind.FLOW, flow(3, "10.0.0.6"))
    behind_nat.log("outside", Kind.FLOW, flow(3, PUBLIC, port=1024))
    assert behind_nat.judge("pc-1").state is PROVEN
    assert behind_nat.judge("pc-2").state is CONTRADICTED
    assert behind_nat.judge(PUBLIC).state is CONTRADICTED


def test_one_record_inside_does_not_explain_two_outside(behind_nat: World) -> None:
    behind_nat.sensor("inside", Kind.FLOW, "10.0.0.6/32")
    behind_nat.log("inside", Kind.FLOW, flow(3, "10.0.0.6"))
    behind_nat.log("outside", Kind.FLOW, flow(3, PUBLIC, port=1024), flow(3, PUBLIC, port=1025))
    assert behind_nat.judge("pc-1").state is NOT_OBSERVABLE


def test_a_host_watched_inside_without_the_contact_is_let_off(behind_nat: World) -> None:
    behind_nat.sensor("inside", Kind.FLOW, "10.0.0.5/32")
    behind_nat.log("outside", Kind.FLOW, flow(3, PUBLIC))
    assert behind_nat.judge("pc-1").state is PROVEN
    assert behind_nat.judge("pc-2").state is NOT_OBSERVABLE


def test_where_every_host_was_watched_inside_and_none_seen_nobody_is_let_off(behind_nat: World) -> None:
    behind_nat.sensor("inside", Kind.FLOW, "10.0.0.0/24")
    behind_nat.log("outside", Kind.FLOW, flow(3, PUBLIC))
    assert behind_nat.judge("pc-1").state is NOT_OBSERVABLE


def test_every_address_of_a_nat_pool_has_to_be_watched(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.host("pc-1", INNER, pool="203.0.113.0/28")
    world.sensor("outside", Kind.FLOW, "203.0.113.0/29")
    world.next_list()
    assert world.judge("pc-1").state is NOT_OBSERVABLE
    world.sensor("rest", Kind.FLOW, "203.0.113.0/24")
    assert world.judge("pc-1").state is PROVEN


def test_a_way_out_that_only_the_nat_log_knows_has_to_be_watched_too(behind_nat: World) -> None:
    behind_nat.sensor("nat-1", Kind.NAT, "203.0.113.0/24")
    behind_nat.log("nat-1", Kind.NAT, f"{text(at(2))},{text(at(3))},192.0.2.200,1,65535,{INNER}")
    assert behind_nat.judge("pc-1").state is NOT_OBSERVABLE
    assert behind_nat.judge("pc-2").state is PROVEN


def test_an_unreadable_record_that_names_the_c2_and_the_host_stops_the_proof(world: World) -> None:
    world.log("flow-1", Kind.FLOW, f"yesterday,{INNER},1,{C2_ADDRESS},443,tcp")
    verdict = world.judge("pc-1")
    assert verdict.state is NOT_OBSERVABLE
    assert "flow-1" in words(verdict)


def test_an_unreadable_record_about_others_stops_no_proof(world: World) -> None:
    world.log("flow-1", Kind.FLOW, f"yesterday,10.0.0.99,1,{C2_ADDRESS},443,tcp", f"bad,{INNER},1,192.0.2.1,1,tcp")
    assert world.judge("pc-1").state is PROVEN


def test_a_file_that_could_not_be_read_leaves_all_in_doubt_whom_its_sensor_sees(world: World) -> None:
    world.host("pc-9", "10.9.0.9")
    world.sensor("flow-9", Kind.FLOW, "10.9.0.0/24")
    world.lake.add("vn", "flow-1", Kind.FLOW, traffic.unreadable(Kind.FLOW, "cut off"), "00", at(1), "x.gz")
    assert world.judge("pc-1").state is NOT_OBSERVABLE
    assert world.judge("pc-9").state is PROVEN


def test_what_could_not_be_read_is_named_once_with_its_files_and_lines(world: World) -> None:
    world.log("flow-1", Kind.FLOW, f"yesterday,{INNER},1,{C2_ADDRESS},443,tcp", name="b.csv")
    for name in ("x.png", "x.png", *(f"{n}.png" for n in range(4))):
        world.lake.add("vn", "flow-1", Kind.FLOW, traffic.unreadable(Kind.FLOW, "cut off"), name, at(1), name)
    (missing,) = world.judge("pc-1").missing
    assert (missing.kind, missing.sensor) == ("flow", "flow-1")
    assert missing.reason == (
        "a record that may be a contact cannot be read in b.csv line 2, x.png, 0.png, 1.png, 2.png and 1 more"
    )


def test_a_case_about_an_unplaced_public_address_is_judged_on_that_address(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sensor("outside", Kind.FLOW, "203.0.113.0/24")
    world.next_list()
    assert world.judge("203.0.113.7").state is PROVEN
    world.log("outside", Kind.FLOW, flow(3, "203.0.113.7"))
    assert world.judge("203.0.113.7").state is CONTRADICTED
    assert world.judge("203.0.113.8").state is PROVEN


def test_ipv6_hosts_are_judged_alike(tmp_path: Path) -> None:
    world = World(tmp_path, c2=C2(frozenset({"2001:DB8:0::66"})))
    world.host("pc-6", "2001:db8:1::5")
    world.sensor("flow-6", Kind.FLOW, "2001:db8:1::/48")
    world.next_list()
    assert world.judge("pc-6").state is PROVEN
    world.log("flow-6", Kind.FLOW, flow(3, "2001:db8:1:0::5", "2001:db8::66"))
    assert world.judge("pc-6").state is CONTRADICTED


def test_a_record_inside_lets_nobody_off_who_was_not_watched_inside(behind_nat: World) -> None:
    behind_nat.sensor("inside", Kind.FLOW, "10.0.0.6/32")
    behind_nat.log("inside", Kind.FLOW, flow(3, "10.0.0.6"))
    behind_nat.log("outside", Kind.FLOW, flow(3 + 2 / 86_400, PUBLIC))
    assert behind_nat.judge("pc-2").state is CONTRADICTED
    assert behind_nat.judge("pc-1").state is NOT_OBSERVABLE


def test_a_sensor_inside_that_was_deaf_a_second_before_lets_nobody_off(behind_nat: World) -> None:
    deaf = ((-1, 3 - 2 / 86_400), (3 - 1 / 86_400, 30))
    behind_nat.sensor("inside", Kind.FLOW, "10.0.0.5/32", deaf)
    behind_nat.log("outside", Kind.FLOW, flow(3, PUBLIC))
    assert behind_nat.judge("pc-1").state is NOT_OBSERVABLE


def nat_moments(*rows: str) -> bytes:
    return "\n".join(["time_utc,public_address,port,protocol,inner_address", *rows, ""]).encode()


def given_a_port_twice(world: World, first: str, second: str, seconds: float = 20) -> None:
    world.sensor("nat", Kind.NAT, "203.0.113.0/24")
    content = nat_moments(
        f"{text(at(3, -30))},{PUBLIC},40000,{first},{INNER}",
        f"{text(at(3, -30 + seconds))},{PUBLIC},40000,{second},10.0.0.6",
    )
    reading = traffic.read(content, "n.csv", wanted=Kind.NAT)
    world.lake.add("vn", "nat", Kind.NAT, reading, world.lake.keep(content), at(-1), "n.csv")
    world.log("outside", Kind.FLOW, flow(3, PUBLIC))


@pytest.mark.parametrize(("tcp", "udp"), [("tcp", "udp"), ("6", "17"), ("TCP", "UDP")])
def test_a_port_of_another_protocol_is_another_port(behind_nat: World, tcp: str, udp: str) -> None:
    given_a_port_twice(behind_nat, tcp, udp)
    assert behind_nat.judge("pc-1").state is CONTRADICTED
    assert behind_nat.judge("pc-2").state is PROVEN


def test_a_port_given_twice_within_two_minutes_without_a_protocol_tells_nothing(behind_nat: World) -> None:
    given_a_port_twice(behind_nat, "", "")
    assert [behind_nat.judge(host).state for host in ("pc-1", "pc-2")] == [NOT_OBSERVABLE, NOT_OBSERVABLE]


def test_a_port_given_anew_by_one_protocol_is_the_new_hosts(behind_nat: World) -> None:
    given_a_port_twice(behind_nat, "tcp", "tcp")
    assert behind_nat.judge("pc-1").state is PROVEN
    assert behind_nat.judge("pc-2").state is CONTRADICTED


def test_a_flow_without_protocol_may_be_of_either(behind_nat: World) -> None:
    given_a_port_twice(behind_nat, "tcp", "udp")
    behind_nat.log("outside", Kind.FLOW, flow(4, PUBLIC)[:-3], name="b.csv")
    assert behind_nat.judge("pc-2").state is NOT_OBSERVABLE


def test_a_heartbeat_counts_up_to_the_latest_delivery(world: World) -> None:
    world.sensors.clear()
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", quiet=None)
    assert world.judge("pc-1").state is NOT_OBSERVABLE
    world.log("flow-1", Kind.FLOW, flow(1, INNER, "192.0.2.80"), received=6.9)
    assert world.judge("pc-1").state is NOT_OBSERVABLE
    world.log("flow-1", Kind.FLOW, flow(2, INNER, "192.0.2.80"), name="b.csv", received=7)
    assert world.judge("pc-1").state is PROVEN


def test_what_a_living_sensor_has_not_delivered_yet_is_no_gap_while_the_watch_runs(world: World) -> None:
    world.sensors.clear()
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", quiet=None)
    world.log("flow-1", Kind.FLOW, flow(1, INNER, "192.0.2.80"), received=2)
    assert world.judge("pc-1", now=6).state is OPEN


def test_a_delivery_that_is_still_to_come_is_none(world: World) -> None:
    world.sensors.clear()
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", quiet=None)
    world.log("flow-1", Kind.FLOW, flow(3, INNER), received=20)
    assert world.judge("pc-1").state is NOT_OBSERVABLE
    assert world.judge("pc-1", now=21).state is CONTRADICTED


def test_a_sensor_that_is_declared_to_be_quiet_needs_no_delivery(world: World) -> None:
    world.sensors.clear()
    world.sensor("flow-1", Kind.FLOW, "10.0.0.0/24", quiet=40 * 86_400)
    assert world.judge("pc-1").state is PROVEN


def test_a_row_that_may_be_the_host_leaves_the_case_open_and_is_named(world: World) -> None:
    world.lists.append(LaterList("damaged.csv", "sender", micros(at(8.5)), carries=False, may_carry=True))
    verdict = world.judge("pc-1")
    assert (verdict.state, "damaged.csv" in words(verdict)) == (OPEN, True)


def test_a_c2_that_cannot_be_read_leaves_its_senders_hosts_unobservable(world: World) -> None:
    subject = Subject("pc-1", at(0), world.c2, frozenset({"sender"}), tuple(world.lists), c2_unread=("198.51.100.999",))
    verdict = judge(world.scene().evidence(subject))
    assert (verdict.state, "198.51.100.999" in words(verdict)) == (NOT_OBSERVABLE, True)


@pytest.mark.parametrize("name", ["PC-1", "Pc-1.ward.example", "pc-1.ward.example."])
def test_a_lease_in_other_letters_or_with_a_domain_is_the_hosts(world: World, name: str) -> None:
    world.sensor("dhcp-1", Kind.DHCP, "10.0.0.0/24")
    world.log("dhcp-1", Kind.DHCP, f"{text(at(2))},,10.0.0.8,{name}")
    assert world.judge("pc-1").state is PROVEN
    world.log("flow-1", Kind.FLOW, flow(3, "10.0.0.8"))
    assert world.judge("pc-1").state is CONTRADICTED


def test_a_lease_that_may_be_of_two_hosts_clears_and_blames_neither(world: World) -> None:
    world.host("pc-1.ward.example", "10.0.0.6")
    world.sensor("dhcp-1", Kind.DHCP, "10.0.0.0/24")
    world.log("dhcp-1", Kind.DHCP, f"{text(at(2))},,10.0.0.8,PC-1")
    assert world.judge("pc-1").state is PROVEN
    world.log("flow-1", Kind.FLOW, flow(3, "10.0.0.8"))
    for host in ("pc-1", "pc-1.ward.example"):
        verdict = world.judge(host)
        assert verdict.state is NOT_OBSERVABLE
        assert "dhcp" in words(verdict)


def test_two_spellings_of_a_host_that_only_dhcp_knows_are_one_host(world: World) -> None:
    world.sensor("dhcp-1", Kind.DHCP, "10.0.0.0/24")
    world.log("dhcp-1", Kind.DHCP, f"{text(at(-1))},{text(at(2))},10.0.0.8,Laptop", f"{text(at(2))},,10.0.0.9,LAPTOP")
    assert world.judge("laptop").state is PROVEN
    world.log("flow-1", Kind.FLOW, flow(3, "10.0.0.9"))
    assert world.judge("laptop").state is CONTRADICTED


@pytest.mark.parametrize("listed", [C2_ADDRESS, "64:ff9b::c633:6442"])
@pytest.mark.parametrize("seen", [C2_ADDRESS, "64:ff9b::c633:6442", "64:ff9b::198.51.100.66"])
def test_a_c2_behind_nat64_is_the_same_c2(world: World, listed: str, seen: str) -> None:
    world.c2 = C2(frozenset({listed}))
    world.log("flow-1", Kind.FLOW, flow(3, INNER, "64:ff9b::c633:6443"))
    assert world.judge("pc-1").state is PROVEN
    world.log("flow-1", Kind.FLOW, flow(3, INNER, seen), name="b.csv")
    assert world.judge("pc-1").state is CONTRADICTED
