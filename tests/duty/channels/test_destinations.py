"""Where the desk connects to: never into a network of somebody, however the way there is spelled."""

import socket
import time

import pytest

from tests.server.desk_process import free_port
from vonggac.duty.channels import destinations
from vonggac.errors import InputError, Refused

INNER = (
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1",  # noqa: S104
    "169.254.169.254", "169.254.1.1", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.1", "198.18.0.1",
    "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.51.100.7",
    "203.0.113.9", "::1", "::", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001::1",
    "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "100::1",
)  # fmt: skip
OUTER = ("8.8.8.8", "1.1.1.1", "172.32.0.1", "172.15.255.255", "100.128.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8",
         "64:ff9b::808:808", "2002:808:808::1")  # fmt: skip


@pytest.mark.parametrize("address", INNER)
def test_an_address_inside_a_network_is_not_public(address):
    assert not destinations.is_public(address)


@pytest.mark.parametrize("address", OUTER)
def test_an_address_of_the_internet_is_public(address):
    assert destinations.is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]", "0"]
)
def test_no_spelling_of_this_machine_is_connected_to(host):
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises((Refused, OSError)) as told:
        destinations.connected(host.strip("[]"), server.getsockname()[1], timeout_seconds=2).close()
    if isinstance(told.value, Refused):
        assert f"whoever runs the desk allows it by VONGGAC_PRIVATE_DESTINATIONS={host.strip('[]')}" in str(told.value)


@pytest.mark.parametrize("allowed", [("127.0.0.1",), "with its port"])
def test_a_host_that_the_operator_named_is_connected_to(allowed):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        named = (f"127.0.0.1:{port}",) if allowed == "with its port" else allowed
        with destinations.connected("127.0.0.1", port, timeout_seconds=2, allowed=named) as connection:
            assert connection.getpeername() == ("127.0.0.1", port)


def test_a_host_named_with_another_port_is_not():
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(Refused):
        destinations.connected("127.0.0.1", server.getsockname()[1], timeout_seconds=2, allowed=("127.0.0.1:1",))


def test_a_name_that_answers_differently_the_second_time_gains_nothing(monkeypatch):
    answers = [[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443))]]
    reached = []

    class Noted(socket.socket):
        def connect(self, place):
            reached.append(place)
            raise ConnectionRefusedError("nobody")

    def resolve(*_, **__):
        # The first answer is public; every later one would be the machine itself.
        return answers.pop(0) if answers else [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "socket", Noted)
    with pytest.raises(ConnectionRefusedError):
        destinations.connected("rebind.example", 443, timeout_seconds=2)
    assert reached == [("8.8.8.8", 443)]


def test_a_name_with_one_inner_address_among_public_ones_is_refused(monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, 443)) for place in ("8.8.8.8", "10.0.0.1", "1.1.1.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(Refused, match=r"10\.0\.0\.1"):
        destinations.connected("mixed.example", 443, timeout_seconds=2)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://sms.example/x", "begins with https"),
        ("file:///etc/passwd", "begins with https"),
        ("https://", "begins with https"),
        ("http://sms.example/x", "not encrypted"),
        ("https://user:key@sms.example/x", "enter them as secrets"),
        ("https://sms.example:99999/", "is no address"),
        ("gopher://127.0.0.1:25/_HELO", "begins with https"),
        ("https://169.254.169.254/latest", "inside a network"),
        ("https://[::1]/", "inside a network"),
    ],
)
def test_an_address_that_is_none_of_ours_is_refused_in_words(url, said):
    with pytest.raises(InputError, match=said):
        destinations.parsed(url)


def test_http_goes_to_a_named_host_only():
    assert destinations.parsed("http://sms.noibo.example/a", allowed={"sms.noibo.example"}).port == 80
    assert destinations.parsed("HTTPS://SMS.example:8443/a").host == "sms.example"


def test_nobody_there_is_an_error_of_the_network():
    port = free_port()
    with pytest.raises(OSError, match="refused"):
        destinations.connected("127.0.0.1", port, timeout_seconds=2, allowed={"127.0.0.1"})


def test_work_that_takes_too_long_is_cut_off():
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = socket.create_connection(server.getsockname())
        began = time.monotonic()
        with destinations.cut_after(link, 0.2):
            assert link.recv(1) == b""
        assert time.monotonic() - began < 5
        link.close()
