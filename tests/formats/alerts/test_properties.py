"""Whatever happens to a file's bytes, nothing crashes and no line is lost; what is written is read again."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from tests.formats.alerts.reading import read
from tests.formats.alerts.samples import EDXML, EVE_ALERT, PAIRS, Pair
from vonggac.errors import InputError
from vonggac.formats.alerts import Alert, IncidentClass, Severity, edxml, eve, iodef, json_pieces
from vonggac.formats.alerts.detection import Options
from vonggac.formats.alerts.outcome import Piece, each
from vonggac.formats.alerts.source import lines_of
from vonggac.formats.times import find_zone

# Formats of lines; a header line of Zeek's is none of the three, and is left whole.
LINED = ("suricata-eve", "wazuh", "cef", "leef", "syslog")
LINES = [
    line for pair in PAIRS if pair.name in LINED and pair.content[:1] != b"[" for line in pair.content.splitlines()
]
words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12).map(
    lambda text: f"a{text}"  # never a word for nothing, such as "null"
)
moments = st.integers(946_684_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(st.data(), st.sampled_from(LINED))
def test_records_rejects_and_observations_are_all_lines_whatever_was_corrupted(data: st.DataObject, name: str) -> None:
    lines = data.draw(st.lists(st.sampled_from(LINES), min_size=1, max_size=12))
    content = bytearray(b"\n".join(lines))
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    if bytes(content[:2]) in (b"\xff\xfe", b"\xfe\xff") or b"[" in content[:1]:
        return
    plain = bytes(content)
    if not json_pieces.is_lines(plain.decode("utf-8", "replace")):
        return  # one document, laid out over lines
    try:
        found = read(plain, name)
    except InputError:
        return  # the first bytes became those of an archive
    filled = [line for line in plain.split(b"\n") if line.strip(b" \t\r\n\x00").removeprefix(b"\xef\xbb\xbf")]
    assert found.records >= len(filled)
    # A line that became an array of several values may hold more than one.
    assert found.records == len(filled) or any(line.lstrip(b" \t\r\x00")[:1] in b"[{" for line in filled)


@given(st.data(), st.sampled_from(PAIRS))
def test_no_file_of_any_format_crashes_its_reader_when_it_is_cut_and_changed(data: st.DataObject, pair: Pair) -> None:
    content = bytearray(pair.content[: data.draw(st.integers(1, len(pair.content)))])
    for _ in range(data.draw(st.integers(0, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    for name in (pair.name, None):
        try:
            found = read(bytes(content), name, pair.file_name)
        except InputError:
            continue  # refused as a whole, with a reason
        assert all(alert["raw_line"] >= 1 for alert in found.alerts)


odd = st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=20), st.lists(st.integers(), max_size=2))
stamps = st.builds(
    "{}{}{}".format,
    st.sampled_from(["2024-04-20T03:00:00", "2024-04-20 03:00", "2024-04-20", "0001-01-01T00:00:00",
                     "9999-12-31T23:59:59", "2024-04-20T23:59:60", "2024-04-20T24:00:00", "2024-02-30T03:00:00",
                     "20240420T030000"]),
    st.sampled_from(["", ".5", ".123456", ".123456789", ",123"]),
    st.sampled_from(["", "Z", "+07:00", "+0700", "+07", "-1130", " +0700", "+0760"]),
)  # fmt: skip
usual = st.sampled_from(
    ["192.0.2.1", "2001:DB8::1", "::ffff:192.0.2.1", "fe80::1%eth0", "010.0.0.1", 443, 65_536, "443", "-"]
)
members = st.dictionaries(
    st.sampled_from(["src_ip", "dest_ip", "src_port", "dest_port", "timestamp", "proto", "host", "event_type"]),
    odd | usual | stamps, max_size=3,
)  # fmt: skip
rules = st.dictionaries(
    st.sampled_from(["signature_id", "gid", "severity", "signature", "category", "action"]),
    odd | st.sampled_from([1, 255, 2**63, "allowed", "BLOCKED", "\ud800", "Misc activity "]), max_size=2,
)  # fmt: skip


def told(content: bytes) -> Any:
    """What is read of it, but for where each record begins."""
    found = read(content, "eve")
    return [{k: v for k, v in one.items() if k != "raw_offset"} for one in found.alerts], found


# Most lines fit, as in real files: one odd line must not send its neighbours down the slow way.
CHANGES = st.lists(
    st.tuples(st.just({}), st.just({})) | st.tuples(members, st.just({})) | st.tuples(st.just({}), rules), min_size=1,
    max_size=6,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(CHANGES)
def test_the_fast_way_through_eve_gives_what_the_slow_way_gives(
    changes: list[tuple[dict[str, object], dict[str, object]]],
) -> None:
    lines = [
        json.dumps({**EVE_ALERT, "alert": {**EVE_ALERT["alert"], **of_rule}, **change}).encode()
        for change, of_rule in changes
    ]
    alerts, fast = told(b"\n".join(lines) + b"\n")
    slowly, slow = told(b"\n".join(b"  " + line for line in lines) + b"\n{}")
    assert alerts == slowly
    assert (fast.observations, len(fast.rejects)) == (slow.observations, len(slow.rejects) - 1)
    # Each by itself, so that what fits does go the fast way whatever its neighbours are.
    assert [one for line in lines for one in without_line(told(line)[0])] == without_line(alerts)


def without_line(alerts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in one.items() if k != "raw_line"} for one in alerts]


def test_an_odd_alert_is_read_by_itself_and_its_neighbours_by_column(monkeypatch: pytest.MonkeyPatch) -> None:
    slowly: list[bytes] = []
    take_line = eve._take_line
    monkeypatch.setattr(eve, "_take_line", lambda piece, *rest: slowly.append(piece.raw) or take_line(piece, *rest))
    odd = [{"src_ip": "nowhere"}, {"timestamp": "2024-04-20T03:00:00"}, {"alert": None}]
    lines = [json.dumps({**EVE_ALERT, "flow_id": number, **change}).encode()
             for number, change in enumerate([{}, {}, odd[0], {}, odd[1], odd[2], {}, {}, {}])]  # fmt: skip
    found = read(b"\n".join(lines) + b"\n", "eve")
    assert slowly == [lines[2], lines[4], lines[5]]
    assert [one["raw_line"] for one in found.alerts] == [1, 2, 3, 4, 5, 7, 8, 9]
    assert [one.line for one in found.rejects] == [6]


machines = st.builds(edxml.Machine, words, words)
reports = st.builds(
    edxml.Report,
    words,
    moments.map(lambda moment: moment.replace(microsecond=0)),
    st.builds(edxml.Sender, words, words, words, words, words, words, words),
    words,
    st.lists(st.builds(edxml.Malware, machines, words, words, words, words, st.none() | st.integers(0, 9)), max_size=3)
    .map(tuple),
    st.lists(st.builds(edxml.Connection, machines, words, words, words, words), max_size=3).map(tuple),
    st.lists(st.builds(edxml.Vulnerability, machines, words, words), max_size=3).map(tuple),
)  # fmt: skip


@given(reports)
def test_a_report_that_was_written_is_read_again_the_same(report: edxml.Report) -> None:
    content = edxml.write_reports([report])
    assert edxml.read_reports(content) == [report]
    alerts = read(content, "edxml").alerts
    assert len(alerts) == len(report.malware) + len(report.connections) + len(report.vulnerabilities)


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Ho_Chi_Minh"])
def zone_of_the_machine(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


LOCAL_FORMS = ("%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d-%m-%Y %H:%M:%S")


@pytest.mark.usefixtures("zone_of_the_machine")
@given(report=reports, form=st.sampled_from(LOCAL_FORMS), zone=st.sampled_from(["Asia/Ho_Chi_Minh", "UTC"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_local_time_is_vietnam_s_whoever_reads_it_and_the_report_that_is_written_again_is_the_same(
    report: edxml.Report, form: str, zone: str
) -> None:
    in_vietnam = ZoneInfo("Asia/Ho_Chi_Minh")
    written = edxml.write_reports([replace(report, time_utc=report.time_utc.astimezone(in_vietnam))])
    assert written == edxml.write_reports([report])
    seconds = f"<Datetime>{int(report.time_utc.timestamp())}</Datetime>".encode()
    assert written.count(seconds) == 1
    local = written.replace(seconds, f"<Datetime>{report.time_utc.astimezone(in_vietnam):{form}}</Datetime>".encode())
    assert edxml.read_reports(local) == [report]
    assert edxml.write_reports(edxml.read_reports(local)) == written
    times = [one["time_utc"] for one in read(local, "edxml", zone=find_zone(zone)).alerts]
    assert {datetime.fromisoformat(one) for one in times} <= {report.time_utc}


def test_another_zone_that_is_named_counts_and_a_time_with_an_offset_needs_none() -> None:
    for text, zone, hour in (
        ("20/04/2024 10:00:00", "+09:00", 1), ("2024-04-20T10:00:00+05:00", "+09:00", 5), ("1713582000", "+09:00", 3),
        ("03/04/2024 10:00:00", "UTC", 3),
    ):  # fmt: skip
        content = EDXML.replace("1713582000", text).encode()
        found = read(content, "edxml", zone=find_zone(zone)).alerts
        assert {datetime.fromisoformat(one["time_utc"]).hour for one in found} == {hour}, text
    damaged = read(EDXML.replace("1713582000", "hôm qua").encode(), "edxml")
    assert [one["time_utc"] for one in damaged.alerts] == [None, None]
    assert len(damaged.warnings) == 2


addresses = st.none() | st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(lambda a: str(a.ipv4_mapped or a))
ports = st.none() | st.integers(0, 65_535)


@given(st.lists(st.builds(
    Alert, time_utc=st.none() | moments, source_address=addresses, source_port=ports, destination_address=addresses,
    destination_port=ports, protocol=st.sampled_from([None, "tcp", "udp"]), severity=st.sampled_from(Severity),
    title=st.none() | words, rule_id=st.none() | words, incident_class=st.none() | st.sampled_from(IncidentClass),
    host=st.none() | words, raw_line=st.just(1), raw_offset=st.just(0), raw_length=st.just(0),
), max_size=4))  # fmt: skip
def test_iodef_json_that_was_written_is_read_again_with_its_ends(alerts: list[Alert]) -> None:
    content = iodef.write_json(alerts, "csirt.example", datetime(2024, 4, 20, tzinfo=UTC))
    found = read(content, "iodef-json")
    assert found.rejects == []
    assert [(one["source_address"], one["destination_address"]) for one in found.alerts] == [
        (one.source_address, one.destination_address) for one in alerts
    ]
    for got, wanted in zip(found.alerts, alerts, strict=True):
        assert got["host"] == wanted.host
        if wanted.time_utc is not None:
            assert datetime.fromisoformat(got["time_utc"]) == wanted.time_utc


def test_a_written_report_holds_machines_with_malware_and_no_one_else() -> None:
    alerts = [alert for pair in PAIRS if pair.name in ("antimalware-table", "zeek-notice")
              for alert in _structs(pair)]  # fmt: skip
    (report,) = edxml.reports_of(alerts, edxml.Sender("000.00.00.H99", "Sở"), "AV")
    assert [(one.machine.name, one.name) for one in report.malware] == [("PC-05", "W32.Sality")]
    assert report.connections == report.vulnerabilities == ()


def test_every_alert_in_a_written_report_keeps_its_own_time_and_no_time_stays_none() -> None:
    (one,) = _structs(next(pair for pair in PAIRS if pair.name == "antimalware-table"))
    first, second = datetime(2024, 4, 20, 3, 0, 5, 700_000, UTC), datetime(2023, 12, 31, 17, tzinfo=UTC)
    alerts = [
        structs.replace(one, title=f"W{number}", time_utc=at) for number, at in enumerate([first, second, None, first])
    ]
    reports = edxml.reports_of(alerts, edxml.Sender("000.00.00.H99", "Sở"), "AV")
    content = edxml.write_reports(reports)
    assert edxml.read_reports(content) == reports
    assert {found["title"]: found["time_utc"] for found in read(content, "edxml").alerts} == {
        "W0": "2024-04-20T03:00:05Z",
        "W3": "2024-04-20T03:00:05Z",
        "W1": "2023-12-31T17:00:00Z",
        "W2": None,
    }


def test_no_alert_for_a_report_makes_one_empty_report() -> None:
    reports = edxml.reports_of([], edxml.Sender("000.00.00.H99", "Sở"), "AV")
    assert edxml.read_reports(edxml.write_reports(reports)) == reports
    assert read(edxml.write_reports(reports), "edxml").alerts == []


def _structs(pair: Pair) -> list[Alert]:
    import io  # noqa: PLC0415  one use

    from vonggac.formats.alerts import open_file  # noqa: PLC0415  one use

    return [alert for batch in open_file(io.BytesIO(pair.content), "f", pair.name).batches() for alert in batch.alerts]


@pytest.mark.parametrize("size", [1, 7, 4_000])
def test_batches_are_bounded_and_lose_nothing(size: int) -> None:
    pieces = [Piece(number, 0, b"{}", {"event_type": "flow"}) for number in range(size * 3)]
    batches = list(each(pieces, lambda piece, batch: eve.take(piece, batch, Options())))
    assert sum(batch.observations for batch in batches) == size * 3
    assert max(batch.size for batch in batches) <= 4_096


def test_lines_without_end_and_with_carriage_returns_have_their_numbers() -> None:
    from vonggac.formats.alerts import source  # noqa: PLC0415  one use

    block = source._block(5, 100, b"a\r\n\n  b")
    assert [(one.line, one.offset, one.raw) for one in lines_of(block)] == [(5, 100, b"a"), (7, 106, b"b")]
