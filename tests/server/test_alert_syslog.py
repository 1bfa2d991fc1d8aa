"""Syslog as senders really send it: framed both ways, cut anywhere, over TCP and UDP, from declared addresses only."""

import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.errors import ConfigurationError
from vonggac.flows.alert_raw import unwrapped
from vonggac.lake.spool import Spool, frames
from vonggac.server.alert_syslog import Lines, Listening, Senders, Syslog

MESSAGES = [b"<34>1 2026-04-20T05:00:00Z host app - - - message %d" % number for number in range(200)]


@pytest.fixture
def syslog(tmp_path):
    with Spool(tmp_path / "spool", reserve_bytes=0) as spool:
        made = Syslog(spool, Listening(tcp=("127.0.0.1", 0), udp=("127.0.0.1", 0)), Senders([("127.0.0.0/8", 7)]))
        made.start()
        yield made
        made.stop()


def held(syslog: Syslog) -> list[bytes]:
    found = [unwrapped(frame.content) for frame in frames(syslog.spool.folder)]
    assert {envelope.source for envelope, _ in found} <= {7}
    return [line for _, content in found for line in content.splitlines()]


def heard(syslog: Syslog, number: int) -> list[bytes]:
    """What came, once it is so many lines, or after ten seconds."""
    deadline = time.monotonic() + 10
    while len(held(syslog)) < number and time.monotonic() < deadline:
        time.sleep(0.02)
    return held(syslog)


def cut(content: bytes, sizes: list[int]) -> list[bytes]:
    parts, place = [], 0
    for size in [*sizes, len(content)]:
        parts.append(content[place : place + size])
        place += size
    return [part for part in parts if part]


@given(st.lists(st.integers(1, 90), max_size=60), st.booleans())
def test_messages_are_whole_wherever_the_stream_is_cut(sizes, is_counted):
    content = b"".join(b"%d %b" % (len(one), one) if is_counted else one + b"\n" for one in MESSAGES[:30])
    lines = Lines()
    out = b"".join(lines.add(part) for part in cut(content, sizes)) + lines.last()
    assert out.splitlines() == MESSAGES[:30]


def test_a_line_feed_within_a_counted_message_does_not_make_two_of_it():
    lines = Lines()
    assert lines.add(b"9 <34>a\nb\nc8 <34>next") == b"<34>a b c\n<34>next\n"


def test_a_stream_without_any_frame_is_cut_and_kept(monkeypatch):
    monkeypatch.setattr("vonggac.server.alert_syslog.MESSAGE_BYTES", 100)
    lines = Lines()
    assert lines.add(b"<1>" + b"x" * 200) == b"<1>" + b"x" * 200
    assert lines.add(b"999999 x" + b"y" * 200).endswith(b"\n")


@pytest.mark.parametrize("is_counted", [False, True])
def test_what_comes_over_tcp_is_kept_in_order(syslog, is_counted):
    with socket.create_connection(("127.0.0.1", syslog.ports["tcp"])) as sender:
        for one in MESSAGES:
            sender.sendall(b"%d %b" % (len(one), one) if is_counted else one + b"\n")
    assert heard(syslog, len(MESSAGES)) == MESSAGES


def test_a_last_line_without_end_is_kept_when_the_sender_hangs_up(syslog):
    with socket.create_connection(("127.0.0.1", syslog.ports["tcp"])) as sender:
        sender.sendall(MESSAGES[0])
    assert heard(syslog, 1) == MESSAGES[:1]


def test_datagrams_are_kept_equal_ones_each(syslog):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for one in [*MESSAGES[:20], MESSAGES[0]]:
            sender.sendto(one, ("127.0.0.1", syslog.ports["udp"]))
    assert sorted(heard(syslog, 21)) == sorted([*MESSAGES[:20], MESSAGES[0]])
    assert syslog.lost == 0


def test_a_sender_that_nobody_declared_is_counted_and_not_taken_in(syslog):
    syslog.senders = Senders([("192.0.2.0/24", 7)])
    with socket.create_connection(("127.0.0.1", syslog.ports["tcp"])) as sender:
        assert sender.recv(1) == b""
    assert held(syslog) == []
    assert syslog.unknown["127.0.0.1"] == 1


def waits(syslog: Syslog, since: float) -> bool:
    """True once a stranger waits that came since, within ten seconds."""
    while syslog.asked_at < since and time.monotonic() < since + 10:
        time.sleep(0.02)
    return syslog.asked_at >= since


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_sender_that_was_declared_a_moment_ago_waits_until_that_is_known(syslog, kind):
    since = time.monotonic()
    syslog.senders = Senders([("192.0.2.0/24", 7)], since)
    with socket.socket(socket.AF_INET, kind) as sender:
        sender.connect(("127.0.0.1", syslog.ports["tcp" if kind == socket.SOCK_STREAM else "udp"]))
        sender.sendall(MESSAGES[0] + b"\n")
        assert waits(syslog, since)
        assert (held(syslog), syslog.unknown.total()) == ([], 0)
        syslog.senders = Senders([("127.0.0.0/8", 7)], time.monotonic())
        sender.sendall(MESSAGES[1] + b"\n")
        assert len(heard(syslog, 2)) == 2
    assert sorted(held(syslog)) == sorted(MESSAGES[:2])
    assert syslog.unknown.total() == 0


def test_datagrams_of_a_stranger_are_refused_once_it_is_known_for_one(syslog, monkeypatch):
    monkeypatch.setattr("vonggac.server.alert_syslog.UDP_BYTES", 1_000)
    since = time.monotonic()
    syslog.senders = Senders((), since)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for one in MESSAGES[:20]:
            sender.sendto(one, ("127.0.0.1", syslog.ports["udp"]))
    assert waits(syslog, since)
    while not syslog.unknown and time.monotonic() < since + 10:
        time.sleep(0.02)
    # What finds no room is refused at once, the rest when the declarations were read.
    assert 0 < syslog.unknown.total() < 20
    syslog.senders = Senders((), time.monotonic() + 1)
    while syslog.unknown.total() < 20 and time.monotonic() < since + 10:
        time.sleep(0.02)
    assert syslog.unknown == {"127.0.0.1": 20}
    assert held(syslog) == []


def test_no_more_than_some_strangers_wait(syslog, monkeypatch):
    monkeypatch.setattr("vonggac.server.alert_syslog.WAITING_AT_MOST", 1)
    since = time.monotonic()
    syslog.senders = Senders((), since)
    with socket.create_connection(("127.0.0.1", syslog.ports["tcp"])) as first:
        assert waits(syslog, since)
        with socket.create_connection(("127.0.0.1", syslog.ports["tcp"]), timeout=10) as second:
            assert second.recv(1) == b""
        syslog.senders = Senders((), time.monotonic())
        first.settimeout(10)
        assert first.recv(1) == b""


def test_the_longest_block_tells_whose_lines_they_are():
    senders = Senders([("10.0.0.0/8", 1), ("10.1.0.0/16", 2), ("2001:db8::/32", 3)])
    addresses = ("10.9.9.9", "10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "192.0.2.1")
    assert [senders.source_of(one) for one in addresses] == [1, 2, 2, 3, None]


def test_a_taken_port_is_told(syslog, tmp_path):
    with Spool(tmp_path / "other", reserve_bytes=0) as spool:
        second = Syslog(spool, Listening(tcp=("127.0.0.1", syslog.ports["tcp"])))
        with pytest.raises(ConfigurationError, match="another port"):
            second.start()
