"""What real files do: marks, line ends, encodings, cuts, mixed types, packing. One bad line costs itself alone."""

import bz2
import gzip
import io
import json
import lzma
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.formats.alerts.reading import read
from tests.formats.alerts.samples import DEFENDER_EVENT, EVE_ALERT, PAIRS, STIX, WAZUH_ALERT
from tests.outer_data import outer_data
from vonggac.errors import InputError, LimitExceeded, MappingNeeded, UnreadableFile
from vonggac.formats.alerts import mapping, open_file, values
from vonggac.formats.limits import Limits

EVE = next(pair for pair in PAIRS if pair.name == "suricata-eve").content
ALERT = EVE.split(b"\n")[0]


def eve(**changes: Any) -> bytes:
    return json.dumps({**EVE_ALERT, **changes}).encode() + b"\n"


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + EVE,
        EVE.replace(b"\n", b"\r\n"),
        EVE.decode().encode("utf-16"),
        EVE.decode().encode("utf-16-le"),
        EVE.rstrip(b"\n"),
        b"\n  \n" + EVE.replace(b"\n", b"\n\n"),
        b"[" + b",\n".join(EVE.strip().split(b"\n")) + b"]",
        json.dumps([json.loads(line) for line in EVE.split(b"\n") if line], indent=2).encode(),
        b"".join(b"<13>Apr 20 10:00:00 ids suricata[9]: " + line + b"\n" for line in EVE.strip().split(b"\n")),
        b"\x00" * 20 + EVE,
    ],
    ids=["mark", "crlf", "utf-16", "utf-16-le", "no end", "blank lines", "array", "pretty", "syslog", "zeros"],
)
def test_eve_is_read_the_same_however_it_was_stored(content: bytes) -> None:
    found = read(content)
    assert (found.format, len(found.alerts), found.observations, found.rejects) == ("suricata-eve", 1, 1, [])
    assert found.alerts[0]["title"] == "ET MALWARE Beacon"


def packings() -> dict[str, bytes]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("eve.json", EVE)
        members.writestr("__MACOSX/._eve.json", b"x")
    zstd = pa.BufferOutputStream()
    with pa.CompressedOutputStream(zstd, "zstd") as packer:
        packer.write(EVE)
    return {
        "gz": gzip.compress(EVE[:100]) + gzip.compress(EVE[100:]),
        "bz2": bz2.compress(EVE),
        "xz": lzma.compress(EVE[:100]) + lzma.compress(EVE[100:]),
        "zip": archive.getvalue(),
        "zst": zstd.getvalue().to_pybytes(),
    }


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zip", "zst"])
def test_a_packed_file_is_read_as_it_is(kind: str) -> None:
    found = read(packings()[kind])
    assert (len(found.alerts), found.observations, found.rejects) == (1, 1, [])


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_a_packed_file_that_is_cut_off_gives_what_came_before_and_says_so(kind: str) -> None:
    many = b"".join(eve(flow_id=number * 7919 % 10007) for number in range(5_000))
    packed = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}[kind](many)
    found = read(packed[: len(packed) * 9 // 10], "eve")
    assert "ends early" in found.rejects[-1].reason
    assert kind == "bz2" or found.alerts


def test_a_bomb_stops_at_the_limit_and_what_was_read_stays() -> None:
    bomb = gzip.compress(EVE + b" " * 5_000_000)
    reading = open_file(io.BytesIO(bomb), "bomb", "eve", limits=Limits(expanded_bytes=1_000_000))
    batches = list(reading.batches())
    assert sum(len(batch.alerts) for batch in batches) == 1
    assert isinstance(reading.refusal, LimitExceeded)


def test_archives_of_several_files_and_foreign_archives_are_refused_with_a_way_out() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr("a", b"1")
        members.writestr("b", b"2")
    for content in (archive.getvalue(), b"7z\xbc\xaf\x27\x1c", b"ElfFile\x00", gzip.compress(b"x" * 50)[:12]):
        with pytest.raises(InputError):
            read(content)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"src_port": "40000"}, {"source_port": 40000}),
        ({"src_port": 99999999999999999999999}, {"source_port": None}),
        ({"src_port": -1}, {"source_port": None}),
        ({"src_ip": "fe80::1%eth0"}, {"source_address": "fe80::1"}),
        ({"src_ip": "::ffff:192.0.2.1"}, {"source_address": "192.0.2.1"}),
        ({"src_ip": ["192.0.2.9"]}, {"source_address": "192.0.2.9"}),
        ({"src_ip": "not an address"}, {"source_address": None}),
        ({"timestamp": 1713582000}, {"time_utc": "2024-04-20T03:00:00Z"}),
        ({"timestamp": "1713582000123"}, {"time_utc": "2024-04-20T03:00:00.123000Z"}),
        ({"timestamp": "2024-04-20T10:00:00+07:00"}, {"time_utc": "2024-04-20T03:00:00Z"}),
        ({"timestamp": "2024-04-20T03:00:00"}, {"time_utc": "2024-04-20T03:00:00Z"}),
        ({"timestamp": None}, {"time_utc": None}),
        ({"timestamp": "soon"}, {"time_utc": None}),
        ({"http": {"status": "200", "nested": [[[1]]]}}, {"title": "ET MALWARE Beacon"}),
        ({"alert": {"signature_id": "7", "gid": 3, "severity": "2", "signature": None}}, {"rule_id": "3:7",
                                                                                          "severity": "Medium"}),
        ({"alert": {"signature_id": 7, "severity": 9, "signature": "a\x00b"}}, {"severity": "Informational",
                                                                                "title": "ab"}),
    ],
)  # fmt: skip
def test_an_odd_field_of_one_sensor_is_read_or_null_and_costs_no_line(changes: Any, wanted: Any) -> None:
    found = read(eve() + eve(**changes) + eve(), "eve")
    assert (len(found.alerts), found.rejects) == (3, [])
    assert {name: found.alerts[1][name] for name in wanted} == wanted
    assert [alert["raw_line"] for alert in found.alerts] == [1, 2, 3]
    is_lost = None in wanted.values()
    assert bool(found.warnings) == is_lost


@pytest.mark.parametrize(
    "line",
    [
        ALERT[:-20], b"not json", b'{"a": "\x00"}', b"[1, 2]", b"17", b'{"event_type": 7}', b"{}",
        b'{"event_type": "alert"}', b'{"event_type": "alert", "alert": "x"}', b"[" * 5_000, b"\xff\xfe\xfd",
    ],
)  # fmt: skip
def test_a_bad_line_is_a_reject_with_its_reason_and_the_others_are_read(line: bytes) -> None:
    found = read(eve() + line + b"\n" + eve(), "eve")
    assert len(found.alerts) == 2
    assert {reject.line for reject in found.rejects} == {2}
    assert all(reject.reason and reject.raw for reject in found.rejects)
    assert all(len(reject.raw) <= 1_000 for reject in found.rejects)


def test_of_a_key_that_comes_twice_the_last_counts() -> None:
    twice = ALERT.replace(b'"src_port": 40000', b'"src_port": 1, "src_port": 40000')
    assert read(twice + b"\n").alerts[0]["source_port"] == 40000


def test_a_line_longer_than_the_limit_is_one_reject() -> None:
    found = read(eve() + b'{"x":"' + b"a" * (17 << 20) + b'"}\n' + eve(), "eve")
    assert (len(found.alerts), [reject.line for reject in found.rejects]) == (2, [2])
    assert found.alerts[1]["raw_line"] == 3


def test_a_file_of_two_formats_is_ambiguous_and_both_are_named() -> None:
    mixed = (ALERT + b"\n" + json.dumps(WAZUH_ALERT).encode() + b"\n") * 3
    with pytest.raises(UnreadableFile, match=r"ambiguous.*suricata-eve or wazuh.*--format-name"):
        read(mixed)
    found = read(mixed, "wazuh")
    assert (len(found.alerts), len(found.rejects)) == (3, 3)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"hello\nworld\n", b'{"a": 1}\n', b"\x00" * 300, b"a,b\n1,2\n"])
def test_what_is_no_alert_file_is_refused_with_a_way_out(content: bytes) -> None:
    with pytest.raises(UnreadableFile, match="--format-name"):
        read(content)


def test_an_unknown_format_name_lists_the_known() -> None:
    with pytest.raises(InputError, match="suricata-eve"):
        read(EVE, "no-such")


def test_a_bundle_that_is_cut_off_gives_the_objects_before_the_cut() -> None:
    whole = json.dumps(STIX, indent=1).encode()
    cut = whole[: whole.index(b'"relationship"')]
    found = read(cut)
    assert [alert["title"] for alert in found.alerts] == ["C2"]
    assert len(found.rejects) == 1


def test_a_damaged_event_costs_itself_alone() -> None:
    broken = DEFENDER_EVENT.format(1116).replace("</Data>", "", 1)
    content = "\n".join([DEFENDER_EVENT.format(1116), broken, DEFENDER_EVENT.format(1006)])
    found = read(content.encode("utf-16-le"), "defender")
    assert [alert["raw_line"] for alert in found.alerts] == [1, 3]
    assert [reject.line for reject in found.rejects] == [2]


def test_a_document_type_is_refused() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><edXMLEnvelope><AVReport>&b;</AVReport></edXMLEnvelope>'
    with pytest.raises(UnreadableFile):
        read(bomb, "edxml")


def test_event_viewers_table_with_messages_of_many_lines_is_read() -> None:
    table = (
        "Level,Date and Time,Source,Event ID,Task Category\r\n"
        'Warning,4/20/2024 10:00:00 AM,Microsoft-Windows-Windows Defender,1116,None,"Microsoft Defender Antivirus has '
        'detected malware.\r\n \tName: Trojan:Win32/X\r\n \tID: 5\r\n \tSeverity: Severe"\r\n'
        "Information,4/20/2024 9:00:00 AM,Microsoft-Windows-Windows Defender,1000,None,Scan\r\n"
    )
    found = read(table.encode("utf-16"))
    assert (found.format, len(found.alerts), found.observations) == ("defender", 1, 1)
    alert = found.alerts[0]
    assert (alert["title"], alert["severity"], alert["time_utc"]) == (
        "Trojan:Win32/X",
        "Critical",
        "2024-04-20T10:00:00Z",
    )


@pytest.mark.parametrize("end", ["\r\n", "\n", ""], ids=["crlf", "lf", "one line"])
def test_event_viewers_table_of_one_event_with_commas_in_its_message_is_recognised(end: str) -> None:
    message = end.join([
        "Microsoft Defender Antivirus has detected malware.", " For more information please see the following:",
        " https://go.example/?linkid=37020&name=Trojan:Win32/X", " \tName: Trojan:Win32/X", " \tID: 2147",
        " \tSeverity: Severe", " \tPath: file:_C:\\a, b.exe; file:_C:\\c.exe", " \tProcess Name: C:\\x.exe",
        " \tSecurity intelligence Version: AV: 1.4, AS: 1.4, NIS: 1.4",
    ])  # fmt: skip
    header = "Level,Date and Time,Source,Event ID,Task Category\r\n"
    found = read(f'{header}Warning,4/20/2024 10:00:00 AM,Windows Defender,1116,None,"{message}"\r\n'.encode())
    assert (found.format, found.rejects) == ("defender", [])
    (alert,) = found.alerts
    assert (alert["title"], alert["severity"], alert["rule_id"]) == ("Trojan:Win32/X", "Critical", "2147")
    assert [one["value"] for one in alert["observables"]] == ["C:\\a, b.exe", "C:\\c.exe", "C:\\x.exe"]


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("CEF:0|v|p|1|7|Scan|5|src=192.0.2.1", "timestamp"),
        ("CEF:0|v|p|1|7|Scan|5|start=Apr 20 10:00:00 src=192.0.2.1", "start"),
        ("CEF:0|v|p|1|7|Scan|5|rt=hôm qua src=192.0.2.1", "rt"),
        ("LEEF:1.0|v|p|1|7|src=192.0.2.1", "timestamp"),
        ("LEEF:1.0|v|p|1|7|devTime=Apr 20 10:00:00\tsrc=192.0.2.1", "devTime"),
    ],
)
def test_a_warning_of_a_time_names_the_field_that_holds_it(message: str, field: str) -> None:
    found = read(f"<13>Apr 20 10:00:00 fw {message}\n".encode())
    assert [(one.column, found.alerts[0]["time_utc"]) for one in found.warnings] == [(field, None)]
    bare = read(b"CEF:0|v|p|1|7|Scan|5|src=192.0.2.1\n")
    assert [one.column for one in bare.warnings] == ["rt"]


def test_a_message_of_defender_s_on_one_line_gives_its_fields() -> None:
    message = (
        "Microsoft Defender Antivirus has taken action. Name: Trojan:Win32/Emotet ID: 2147 Severity: Severe "
        "Category: Trojan Path: file:_C:\\Users\\an b\\x.exe Detection Origin: Local machine User: PC\\an "
        "Process Name: Unknown Action: Quarantine Action Status: No additional actions required"
    )
    record = {"Message": message, "Id": 1117, "TimeCreated": "2024-04-20T03:00:00Z", "LevelDisplayName": "Information",
              "ProviderName": "Microsoft-Windows-Windows Defender"}  # fmt: skip
    found = read(json.dumps(record).encode())
    (alert,) = found.alerts
    assert (alert["title"], alert["severity"], alert["rule_id"]) == ("Trojan:Win32/Emotet", "Critical", "2147")
    assert alert["disposition"] == "Quarantined"
    assert alert["observables"] == [
        {"kind": "file", "value": "C:\\Users\\an b\\x.exe"},
        {"kind": "user", "value": "PC\\an"},
    ]


def test_generic_json_needs_a_mapping_and_is_read_with_it() -> None:
    content = json.dumps({"data": {"alerts": [{"at": "20/04/2024 10:00:00", "threat.name": "X", "lv": "Mức 1",
                                               "hosts": [{"ip": "192.0.2.5"}]}, {"other": 1}]}}).encode()  # fmt: skip
    with pytest.raises(MappingNeeded):
        read(content, "json")
    used = mapping.from_toml(
        'records = "data.alerts"\ntime_zone = "Asia/Ho_Chi_Minh"\n[fields]\ntime = "at"\ntitle = "threat.name"\n'
        'severity = "lv"\nsource_address = "hosts[0].ip"\n[severity]\n"Mức 1" = "Critical"\n'
    )
    found = read(content, mapping=used)
    alert = found.alerts[0]
    assert (alert["time_utc"], alert["severity"], alert["source_address"], alert["title"]) == (
        "2024-04-20T03:00:00Z", "Critical", "192.0.2.5", "X")  # fmt: skip
    assert len(found.rejects) == 1
    assert mapping.from_toml(mapping.to_toml(used)) == used


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[fields", "not TOML"), ('[fields]\nwhen = "x"', "when"), ("x = 1", "part 'x'"), ("", r"\[fields\]"),
        ('[fields]\ntitle = "x"\n[severity]\na = "Bad"', "Bad"), ('time_zone = "Mars"\n[fields]\ntitle = "x"', "Mars"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        mapping.from_toml(text)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (1713582000, "2024-04-20T03:00:00+00:00"), (1713582000000, "2024-04-20T03:00:00+00:00"),
        ("1713582000000000", "2024-04-20T03:00:00+00:00"), (1713582000000000000, "2024-04-20T03:00:00+00:00"),
        ("2024-04-20T10:00:00.1234567+07:00", "2024-04-20T03:00:00.123456+00:00"),
        ("Apr 20 2024 03:00:00.5 UTC", "2024-04-20T03:00:00.500000+00:00"),
        ("20/04/2024 03:00:00", "2024-04-20T03:00:00+00:00"),
        ("2024-04-20T03:59:60Z", "2024-04-20T04:00:00+00:00"), ("/Date(1713582000000)/", "2024-04-20T03:00:00+00:00"),
        ("03/04/2024 00:00", None), ("Apr 20 03:00:00", None), (True, None), (-1, None), ("9" * 400, None),
        (float("nan"), None), ("0001-01-01T00:00:00+14:00", None), ([], None),
    ],
)  # fmt: skip
def test_a_moment_is_read_or_none_and_never_guessed(value: Any, wanted: str | None) -> None:
    found = values.moment(value)
    assert (found.isoformat() if found else None) == wanted


def test_a_time_without_a_year_takes_the_one_before_the_receipt() -> None:
    line = b"<13>Dec 31 23:00:00 host app: x\n"
    assert read(line).alerts[0]["time_utc"] is None
    found = read(line, received_utc=datetime(2025, 1, 1, tzinfo=UTC), zone=timezone(timedelta(hours=7)))
    assert found.alerts[0]["time_utc"] == "2024-12-31T16:00:00Z"


def test_syslog_lines_are_read_by_what_each_carries() -> None:
    content = (
        b"<13>Apr 20 10:00:00 fw CEF:0|a|b|1|9|cef|5|rt=1713582000000\n"
        b"<13>Apr 20 10:00:00 fw LEEF:1.0|a|b|1|8|src=192.0.2.1\tsev=5\n"
        b"<13>Apr 20 10:00:00 ids suricata: " + ALERT + b"\n<13>Apr 20 10:00:00 host sshd[1]: plain text\nnothing\n"
    )
    found = read(content)
    assert found.format == "syslog"
    assert [alert["rule_id"] for alert in found.alerts] == ["9", "8", "2024792", "sshd"]
    assert [reject.line for reject in found.rejects] == [5]


@pytest.mark.parametrize("kind", ["suricata", "zeek", "stix", "shadowserver"])
def test_real_files_are_told_and_read_whole(kind: str) -> None:
    folder = outer_data(f"feeds/{kind}")
    for path in sorted(Path(folder).iterdir()):
        found = read(path.read_bytes(), file_name=path.name)
        assert found.records > 0
        assert len(found.rejects) <= 1
        assert {alert["time_utc"] for alert in found.alerts} & {None} == set()


def test_a_real_misp_feed_gives_its_indicators() -> None:
    content = outer_data("feeds/misp/2019-05-23_Zebrocy.json").read_bytes()
    found = read(content)
    assert (found.format, len(found.alerts), found.observations, found.rejects) == ("misp", 11, 1, [])
    assert {alert["severity"] for alert in found.alerts} == {"High"}


COORDINATOR = """closed = ["Đã đóng"]
[fields]
notice = ["ma", "so"]
title = "ten"
notice_state = "tt"
acknowledge_by = "han"
"""


def test_a_notice_is_read_by_the_mapping_from_json_and_from_a_table() -> None:
    wanted = [("DP-1", "Đã đóng", True, "2024-04-20T03:00:00Z"), ("DP-2", "Mới", False, None)]
    rows = (
        {"ma": " DP-1 ", "ten": "C2", "tt": "Đã đóng", "han": "2024-04-20T10:00:00+07:00"},
        {"so": "DP-2", "tt": "Mới", "han": ""},
    )
    table = "ma,so,ten,tt,han\n" + "\n".join(
        ",".join(row.get(name, "") for name in ("ma", "so", "ten", "tt", "han")) for row in rows
    )
    for content in ("\n".join(map(json.dumps, rows)), table):
        found = read(content.encode(), mapping=mapping.from_toml(COORDINATOR))
        got = [one["notice"] for one in found.alerts]
        assert [(one["identifier"], one["state"], one["is_closed"], one["acknowledge_by"]) for one in got] == wanted


def test_the_mapping_of_a_coordinator_is_written_as_it_is_read() -> None:
    once = mapping.from_toml(COORDINATOR)
    assert mapping.from_toml(mapping.to_toml(once)) == once
    with pytest.raises(InputError, match="closed"):
        mapping.from_toml('closed = "x"\n[fields]\ntitle = "a"\n')


@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0", *(chr(code) for code in range(0x1C, 0x20))])
def test_a_number_among_blanks_is_the_number_whatever_the_blank(blank):
    """Found by the fuzzer: some of what a pattern takes for a blank is none to int()."""
    assert values.whole(f"{blank}10{blank}") == 10
    (alert,) = read(f"CEF:0|V|P|1|7|Sâu|{blank}10|src=192.0.2.1\n".encode(), "cef").alerts
    assert alert["severity"] == "Critical"
