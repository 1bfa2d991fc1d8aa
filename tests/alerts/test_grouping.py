"""Alerts as groups, against a reckoning that keeps every alert and counts them anew for each group."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.alerts.test_rules import alert, ours
from tests.cast import NOON
from vonggac.alerts.grouping import group
from vonggac.formats.alerts import Severity

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
        rule_id=st.none() | st.just("r1"),
        title=st.none() | st.just("t1"),
        source_address=st.sampled_from(("10.0.0.1", "10.0.0.1", "10.0.0.1", "192.0.2.1", None)),
        destination_address=st.sampled_from(("192.0.2.2", "192.0.2.2", "10.0.0.2", None)),
        host=st.none() | st.just("PC-1"),
        severity=st.sampled_from(RANKING),
        count=st.integers(0, 3),
    ),
    min_size=5,
    max_size=40,
)


def name_of(one) -> tuple[str, str]:
    """What the alert is of and about, told apart from the grouping's own functions."""
    ends = [one.source_address, one.destination_address]
    if None not in ends:
        inside = [end for end in ends if end.startswith("10.")]
        about = inside[0] if inside else ends[0]
    else:
        about = one.host or ends[0] or ends[1] or "?"
    return one.rule_id or one.title or "?", about


@settings(max_examples=100)
@given(ALERTS, st.integers(0, 40))
def test_groups_tell_what_a_count_of_all_alerts_tells(alerts, cut):
    heard = [(one, f"raw {place}") for place, one in enumerate(alerts)]
    # In two parts, as files come in.
    found = group(heard[cut:], ours, group(heard[:cut], ours))
    names = [name_of(one) for one in alerts]
    assert list(found) == list(dict.fromkeys(names))
    for name, one in found.items():
        members = [pair for pair, of in zip(heard, names, strict=True) if of == name]
        times = [member.time_utc for member, _ in members if member.time_utc]
        assert one.count == sum(member.count or 1 for member, _ in members)
        assert (one.first, one.last) == (min(times, default=None), max(times, default=None))
        assert one.severity is RANKING[max(RANKING.index(member.severity) for member, _ in members)]
        shown = [sample["raw"] for sample in one.samples_as_json()]
        assert shown == [raw for _, raw in members[:2]] + [raw for _, raw in members[2:][-3:]]
