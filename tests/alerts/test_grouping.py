"""Alerts as groups, against a reckoning that keeps every alert and counts them anew for each group."""

import ipaddress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.alerts.test_rules import alert
from tests.cast import NOON
from vonggac.alerts.grouping import groups_of
from vonggac.formats.alerts import Disposition, IncidentClass, Notice, Observable, Severity, Status
from vonggac.formats.alerts.alert_table import alerts_of, rows_of, table_of
from vonggac.kernel import networks

BLOCKS = ["10.0.0.0/8", "2001:db8:1::/48"]
OURS = networks.compile(BLOCKS, ["a", "a"])
RECEIVED_US = 1
RANKING = [
    Severity.UNKNOWN,
    Severity.INFORMATIONAL,
    Severity.LOW,
    Severity.MEDIUM,
    Severity.HIGH,
    Severity.CRITICAL,
    Severity.FATAL,
]
MOMENTS = st.none() | st.integers(0, 5).map(lambda minutes: NOON + timedelta(minutes=minutes))
# Few names, so that groups have many members.
ALERTS = st.lists(
    st.builds(
        alert,
        time_utc=MOMENTS,
        rule_id=st.none() | st.sampled_from(("r1", "r" * 300)),
        title=st.none() | st.just("t1") | st.just("Ấ" * 400),
        incident_class=st.none() | st.sampled_from(IncidentClass),
        notice=st.none()
        | st.none()
        | st.builds(Notice, st.sampled_from(("N1", "N" * 150)), st.sampled_from(("a", "b"))),
        source_address=st.sampled_from(("10.0.0.1", "10.0.0.1", "10.0.0.1", "192.0.2.1", "2001:db8:1::1", None)),
        source_port=st.none() | st.just(443),
        destination_address=st.sampled_from(("192.0.2.2", "192.0.2.2", "10.0.0.2", "2001:db8:2::1", None)),
        host=st.none() | st.just("PC-1"),
        severity=st.sampled_from(RANKING),
        count=st.integers(0, 3),
    ),
    min_size=5,
    max_size=40,
)


def is_ours(address: str) -> bool:
    return any(ipaddress.ip_address(address) in block for block in map(ipaddress.ip_network, BLOCKS))


def name_of(one) -> tuple[str, str]:
    """What the alert is of and about, told apart from the grouping's own functions."""
    rule = one.notice.identifier if one.notice else one.rule_id or one.title or "?"
    ends = [one.source_address, one.destination_address]
    if None not in ends:
        inside = [end for end in ends if is_ours(end)]
        about = inside[0] if inside else ends[0]
    else:
        about = one.host or ends[0] or ends[1] or (one.notice and rule) or "?"
    return rule[:150], about[:100]


def found_in(alerts, raws="file/x"):
    notices = {place: one.notice for place, one in enumerate(alerts) if one.notice}
    return groups_of(table_of(alerts, raws, RECEIVED_US), OURS, notices)


def shown(one, raw) -> tuple:
    ends = [
        address if port is None or address is None else f"{address} : {port}"
        for address, port in ((one.source_address, one.source_port), (one.destination_address, one.destination_port))
    ]
    time = one.time_utc.isoformat() if one.time_utc else None
    return (raw, one.raw_line, one.raw_offset, one.raw_length, time, *ends)


@settings(max_examples=150)
@given(ALERTS)
def test_groups_tell_what_a_count_of_all_alerts_tells(alerts):
    raws = [f"raw {place}" for place in range(len(alerts))]
    found = found_in(alerts, raws)
    names = [name_of(one) for one in alerts]
    assert [(rule[:150], subject) for rule, subject in found] == list(dict.fromkeys(names))
    assert all(len(rule) <= 200 for rule, _ in found)
    for name, one in zip(dict.fromkeys(names), found.values(), strict=True):
        members = [pair for pair, of in zip(zip(alerts, raws, strict=True), names, strict=True) if of == name]
        times = [member.time_utc for member, _ in members if member.time_utc]
        first = members[0][0]
        assert one.title == (first.title or first.rule_id or "?")[:300]
        assert one.incident_class == (first.incident_class or "")
        assert one.count == sum(member.count or 1 for member, _ in members)
        assert (one.first, one.last) == (min(times, default=None), max(times, default=None))
        assert one.severity is RANKING[max(RANKING.index(member.severity) for member, _ in members)]
        assert one.notice == next((member.notice for member, _ in reversed(members) if member.notice), None)
        expected = [shown(*pair) for pair in (*members[:2], *members[2:][-3:])]
        assert [tuple(getattr(s, name) for name in s.__struct_fields__) for s in one.samples] == expected


@settings(max_examples=50)
@given(ALERTS, st.integers(0, 40))
def test_groups_of_two_parts_join_to_those_of_the_whole(alerts, cut):
    joined = found_in(alerts[:cut])
    for key, group in found_in(alerts[cut:]).items():
        if key in joined:
            joined[key].join(group)
        else:
            joined[key] = group
    assert joined == found_in(alerts)


@pytest.mark.parametrize(
    ("source", "destination", "host", "subject"),
    [
        ("10.0.0.1", "192.0.2.1", "sensor", "10.0.0.1"),
        ("192.0.2.1", "10.0.0.1", "sensor", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.2", "sensor", "10.0.0.1"),
        ("192.0.2.1", "192.0.2.2", "sensor", "192.0.2.1"),
        ("2001:db8:2::1", "2001:db8:1::9", "sensor", "2001:db8:1::9"),
        ("192.0.2.1", None, "PC-1", "PC-1"),
        (None, "192.0.2.2", None, "192.0.2.2"),
        (None, None, None, "?"),
    ],
)
def test_an_alert_is_about_our_end_else_about_the_host(source, destination, host, subject):
    [(_, about)] = found_in([alert(source_address=source, destination_address=destination, host=host)])
    assert about == subject


def test_no_alert_is_no_group():
    assert found_in([]) == {}


@given(ALERTS, st.sampled_from(Status), st.none() | st.sampled_from(Disposition))
def test_rows_tell_all_of_an_alert_but_its_notice(alerts, status, disposition):
    things = (Observable("domain", "a.example"), Observable("file", 'Ấ, "b"'))
    given = [
        alert(**{name: getattr(one, name) for name in one.__struct_fields__}
              | {"notice": None, "status": status, "disposition": disposition, "observables": things[:place % 3]})
        for place, one in enumerate(alerts)
    ]  # fmt: skip
    assert alerts_of(rows_of(given)) == given
