import ipaddress
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from vonggac.exercise.clock import DAY_US, EXERCISE_START_UTC, calendar_from
from vonggac.exercise.province import UPPER_HALF, Organisation, build_province
from vonggac.exercise.sensors import equip, seen_networks
from vonggac.register.models import OrganisationKind

CALENDAR = calendar_from(EXERCISE_START_UTC)


def _province(seed: int = 1, **wanted):
    return build_province(np.random.default_rng(seed), **wanted)


def _with_profile(profile: str) -> Organisation:
    return next(one for one in _province().organisations if one.profile == profile)


def _sensors(profile: str):
    sensors = equip(_with_profile(profile), CALENDAR, np.random.default_rng(3))
    return {one.kind: one for one in sensors}


def test_one_organisation_is_the_root_and_every_parent_exists():
    organisations = _province(scale=5).organisations
    codes = [one.code for one in organisations]
    assert len(set(codes)) == len(codes)
    assert [one.code for one in organisations if not one.parent] == ["hv"]
    assert {one.parent for one in organisations} - {""} <= set(codes)


def test_a_province_has_somebody_for_every_clause_of_the_dispatch():
    kinds = Counter(one.kind for one in _province(scale=0.05).organisations)
    assert kinds == {
        "province": 1, "department": 10, "hospital": 2, "school": 1, "other": 2, "telco": 2, "isp": 1, "platform": 1,
        "bank": 1, "corporation": 1, "commune": 8,
    }  # fmt: skip


def test_every_kind_of_an_organisation_is_one_that_the_register_knows():
    assert {one.kind for one in _province(scale=5).organisations} <= set(OrganisationKind.values)


def test_a_hospital_is_below_the_department_of_health():
    organisations = {one.code: one for one in _province().organisations}
    hospitals = [one for one in organisations.values() if one.kind == "hospital"]
    assert {organisations[one.parent].name for one in hospitals} == {"Sở Y tế"}


def test_names_are_not_used_twice():
    names = [one.name for one in _province(scale=20).organisations]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("scale", [0.1, 1, 3, 100])
def test_no_two_networks_overlap(scale):
    networks = [
        ipaddress.ip_network(network)
        for one in _province(scale=scale).organisations
        for network in (*one.server_networks, *one.pool_networks, str(one.inner))
    ]
    ordered = sorted(networks, key=lambda one: int(one.network_address))
    assert all(before.broadcast_address < after.network_address for before, after in pairwise(ordered))


def test_slots_have_addresses_of_their_own_inside_the_inner_network():
    for one in _province().organisations:
        addresses = [one.slot_address(slot) for slot in range(one.slots)]
        assert len(set(addresses)) == one.slots
        assert all(ipaddress.ip_address(address) in one.inner for address in addresses)


def test_port_blocks_of_one_public_address_do_not_overlap():
    for one in _province().organisations:
        blocks = [(one.pool_of(slot), one.first_port(slot)) for slot in range(one.slots)]
        assert len(set(blocks)) == len(blocks)
        assert all(port + one.port_width <= 65_536 for _, port in blocks)


def test_a_half_seen_network_hides_every_second_slot_from_its_sensor():
    one = _with_profile("half_seen")
    seen = [ipaddress.ip_network(network) for network in seen_networks(one)]
    for slot in range(20):
        address = ipaddress.ip_address(one.slot_address(slot))
        is_hidden = one.slot_offset(slot) >= UPPER_HALF
        assert is_hidden == (not any(address in network for network in seen if network.version == 4))
        assert is_hidden == bool(slot % 2)


def test_a_sensor_inside_the_nat_does_not_claim_to_see_the_pool():
    for one in _province().organisations:
        assert set(one.pool_networks).isdisjoint(seen_networks(one)) != one.is_border


def test_only_organisations_without_a_nat_log_lack_the_nat_sensor():
    for one in _province().organisations:
        kinds = {each.kind for each in equip(one, CALENDAR, np.random.default_rng(1))}
        assert ("nat" in kinds) == (one.profile != "nat_not_logged")
        assert ("dhcp" in kinds) == one.is_dhcp


def test_a_plain_sensor_is_heard_throughout_and_blind_never():
    sensor = _sensors("plain")["flow"]
    assert sensor.heard == ((CALENDAR.start_us - DAY_US, CALENDAR.now_us),)
    assert sensor.blind == ()


def test_a_dead_sensor_falls_silent_before_the_last_timely_claim():
    sensor = _sensors("flow_dead")["flow"]
    assert sensor.heard[-1][1] == sensor.blind[0][0] < CALENDAR.day(6)
    assert sensor.blind[-1][1] == CALENDAR.now_us


def test_a_quiet_sensor_keeps_its_heart_beating():
    sensor = _sensors("quiet_sensor")["flow"]
    assert len(sensor.heard) == 1
    ((begin, end),) = sensor.blind
    assert end - begin > sensor.max_quiet_seconds * 1_000_000
    assert sensor.blind_at_most[0][0] < begin
    assert sensor.blind_at_most[0][1] > end


@pytest.mark.parametrize(("profile", "share"), [("rotation_short_file", 0.9), ("rotation_lost_file", 0.0)])
def test_a_broken_manifest_is_blind_for_the_whole_file(profile, share):
    sensor = _sensors(profile)["flow"]
    broken = [file for file in sensor.files if file.share < 1]
    assert [(file.share, (file.from_us, file.to_us)) for file in broken] == [(share, sensor.blind[0])]


def test_a_dns_sensor_that_was_never_heard_wrote_nothing():
    sensor = _sensors("dns_never")["dns"]
    assert sensor.heard == ()
    assert sensor.files == ()


def test_the_files_of_a_sensor_cover_the_fortnight_without_a_seam():
    files = _sensors("plain")["flow"].files
    assert files[0].from_us == CALENDAR.start_us
    assert files[-1].to_us == CALENDAR.end_us
    assert all(before.to_us == after.from_us for before, after in pairwise(files))


def test_given_addresses_are_dealt_out_whole_and_once():
    given = [f"192.0.{block}.{host}" for block in range(40) for host in range(1, 6)] + ["2001:db8:77::1"]
    organisations = _province(given=given).organisations
    dealt = [address for one in organisations for address in (*one.server_addresses, *one.pool_addresses)]
    assert sorted(address for address in dealt if not address.startswith("198.18.")) == sorted(given)
    assert all(one.workstations >= len(one.pool_addresses) for one in organisations)


def test_the_same_seed_builds_the_same_province():
    assert _province(7) == _province(7)
    assert _province(7) != _province(8)
