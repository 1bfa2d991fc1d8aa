import csv
import io

import numpy as np
import pytest

from vonggac.exercise.clock import DAY_US, EXERCISE_START_UTC, calendar_from, iso
from vonggac.exercise.lists import BAD_ADDRESSES, SENDER_NAMES, SINKHOLE_HEADER, Delivery, deliveries
from vonggac.exercise.province import Province, build_province
from vonggac.exercise.sensors import equip
from vonggac.exercise.staff import contacts, people, roster, systems
from vonggac.exercise.subjects import Casting, Subject, command_servers
from vonggac.formats import botnet_list

CALENDAR = calendar_from(EXERCISE_START_UTC)


def _cast(province: Province) -> list[Subject]:
    rng = np.random.default_rng(2)
    return [
        subject
        for one in province.organisations
        for subject in Casting(one, equip(one, CALENDAR, rng), CALENDAR, rng, command_servers()).choose()
    ]


@pytest.fixture(scope="module")
def province() -> Province:
    return build_province(np.random.default_rng(1), scale=0.5)


@pytest.fixture(scope="module")
def subjects(province) -> list[Subject]:
    return _cast(province)


@pytest.fixture(scope="module")
def lists(province, subjects) -> list[Delivery]:
    return list(deliveries(subjects, province.organisations, CALENDAR, np.random.default_rng(4)))


def _first(lists: list[Delivery], sender: str) -> Delivery:
    return next(one for one in lists if one.sender == SENDER_NAMES[sender])


def test_every_sender_delivers_three_lists_in_order(lists):
    assert [one.received_us for one in lists] == sorted(one.received_us for one in lists)
    for name in SENDER_NAMES.values():
        assert sum(one.sender == name for one in lists) == 3


def test_no_list_tells_of_the_future(lists):
    for one in lists:
        rows = botnet_list.read(one.content, one.file).rows
        assert all(row.last_seen_seconds is None or row.last_seen_seconds * 1_000_000 <= one.received_us
                   for row in rows.records())  # fmt: skip


@pytest.mark.parametrize("sender", ["sheet", "sinkhole"])
def test_a_desk_reads_every_meant_line_with_its_port_time_and_c2(lists, subjects, sender):
    first = _first(lists, sender)
    rows = {(row.address, row.family): row for row in botnet_list.read(first.content, first.file).rows.records()}
    listed = [one for one in subjects if sender in one.senders and one.first_list == 0]
    assert listed
    for one in listed:
        row = rows[one.listed_address, one.c2.family]
        assert row.port == one.listed_port
        assert 0 <= one.sighted_us // 1_000_000 - row.last_seen_seconds < 60
        knows_name = one.c2.known_by in {"name", "both"}
        assert (row.destination_host == one.c2.name) == knows_name
        assert (row.destination_address is not None) == (one.c2.known_by != "name")


def test_a_plain_list_tells_nothing_but_addresses(lists, subjects):
    first = _first(lists, "plain")
    rows = list(botnet_list.read(first.content, first.file).rows.records())
    assert {one.listed_address for one in subjects if "plain" in one.senders and not one.first_list} <= {
        row.address for row in rows
    }
    assert all(row.port is None and row.destination_address is None for row in rows)


def test_bad_addresses_are_rejects_and_bad_fields_are_warnings(lists):
    first = _first(lists, "sheet")
    reading = botnet_list.read(first.content, first.file)
    assert len(reading.rejects) >= 2
    assert {warning.raw for warning in reading.warnings} >= {"hôm qua", "99999"}
    for bad in BAD_ADDRESSES[:2]:
        assert any(bad in reject.raw for reject in reading.rejects)


def test_some_lines_stand_twice(lists):
    lines = _first(lists, "sheet").content.decode("utf-8-sig").splitlines()
    bodies = [line.split(";", 1)[1] for line in lines]
    assert len(set(bodies)) < len(bodies)


def test_a_sinkhole_report_keeps_its_header(lists):
    header = next(csv.reader(io.StringIO(_first(lists, "sinkhole").content.decode())))
    assert tuple(header) == SINKHOLE_HEADER


def test_later_lists_carry_infected_hosts_only(lists, subjects):
    known = {(one.listed_address, one.c2.family): one for one in subjects if one.senders}
    later = [one for one in lists if one.sender == SENDER_NAMES["sheet"]][1:]
    carried = [
        known[row.address, row.family]
        for one in later
        for row in botnet_list.read(one.content, one.file).rows.records()
        if (row.address, row.family) in known
    ]
    assert carried
    assert all(one.truth == "infected" or one.first_list == 1 for one in carried)


def test_the_lists_name_no_host_of_the_province_by_mistake(lists, subjects, province):
    listed = {one.listed_address for one in subjects}
    own = {a for one in province.organisations for a in (*one.server_addresses, *one.pool_addresses)}
    for one in lists[:3]:
        named = {row.address for row in botnet_list.read(one.content, one.file).rows.records()}
        assert named & own <= listed


def test_the_duty_desk_is_staffed_for_the_fortnight_and_a_week_but_one_shift():
    rows = list(roster(CALENDAR, np.random.default_rng(1)))
    assert rows[0] == ("post", "from_utc", "to_utc", "person", "skill")
    assert rows[1][1] == iso(CALENDAR.start_us)
    assert rows[-1][2] == iso(CALENDAR.end_us + 7 * DAY_US)
    assert len(rows) == 1 + 2 * 63 - 1


def test_every_organisation_has_a_head_an_it_officer_and_a_system(province):
    codes = {one.code for one in province.organisations}
    roles = {(row[3], row[2]) for row in people(province)}
    assert {(code, role) for code in codes for role in ("head", "it_officer")} <= roles
    assert codes <= {row[2] for row in systems(province, np.random.default_rng(1))}


def test_contacts_say_where_they_are_printed(province):
    rows = list(contacts(CALENDAR))
    assert rows[0][4:] == ("printed_in", "checked_on")
    assert all(row[4] for row in rows)
