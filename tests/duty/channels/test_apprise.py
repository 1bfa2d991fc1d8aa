"""Apprise in its own process: it sends, reaches nothing inside a network, follows no redirect, says no secret."""

import json
import subprocess
import sys

import pytest
from django.utils import translation

from tests.duty.mail_sink import MailSink
from vonggac.desk.retelling import retold
from vonggac.duty.channels import through_apprise
from vonggac.errors import InputError

pytest.importorskip("apprise")
VALUES = {
    "to": "binh", "text": "ngắn", "subject": "GỌI TRỰC", "body": "3 máy khẩn", "key": "page-1@desk", "name": "Bình",
}  # fmt: skip


def test_a_message_goes_out_by_one_of_its_services(provider):
    address = f"json://{provider.host}/{{to}}"
    assert through_apprise.send(address, VALUES, {}, allowed=[provider.host]) is None
    (request,) = provider.requests
    told = json.loads(request.body)
    assert (request.path, told["title"], told["message"]) == ("/binh", "GỌI TRỰC", "3 máy khẩn")


def test_an_inner_host_is_not_reached(provider):
    failure = through_apprise.send(f"json://{provider.host}/", VALUES, {})
    assert not failure.is_final
    assert provider.requests == []


def test_not_by_the_name_of_this_machine_either(provider):
    failure = through_apprise.send(f"json://localhost:{provider.port}/", VALUES, {}, allowed=["other.example"])
    assert not failure.is_final
    assert provider.requests == []


def test_where_it_is_absent_the_command_that_brings_it_is_named(tmp_path, monkeypatch):
    (tmp_path / "apprise.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(InputError, match=r"\./vg install apprise"):
        through_apprise.check("json://example.org/", {})
    failure = through_apprise.send("json://example.org/", VALUES, {})
    assert failure.is_final
    with translation.override("vi"):
        assert retold(failure.words).startswith("chưa cài Apprise")


def test_not_by_its_mail_service():
    sink = MailSink()
    address = f"mailto://127.0.0.1:{sink.port}/?from=a@b.example&to=c@d.example"
    assert through_apprise.send(address, VALUES, {}) is not None
    assert sink.letters == []
    assert through_apprise.send(address, VALUES, {}, allowed=["127.0.0.1"]) is None
    assert len(sink.letters) == 1
    sink.close()


REBINDING = """
import socket, sys
from vonggac.duty.channels import apprise_child
port, answers, real = int(sys.argv[1]), [("93.184.215.14", 0)], socket.getaddrinfo
def resolve(host, port, *rest, **more):
    # Public the first time, the machine itself ever after.
    place = (answers.pop(0)[0] if answers else "127.0.0.1") if host == "rebind.example" else host
    return real(place, port, *rest, **more)
socket.getaddrinfo = resolve
apprise_child.guard([])
link = socket.socket()
link.settimeout(0.5)
def tried(connect):
    try:
        return str(connect())
    except OSError as error:
        return type(error).__name__
print(tried(lambda: link.connect(("rebind.example", port))))
plain = socket.socket.__bases__[0]
print(tried(lambda: plain().connect(("127.0.0.1", port))))
print(tried(lambda: plain().connect(("localhost", port))))
print(tried(lambda: plain(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port))))
print(tried(lambda: plain(socket.AF_UNIX).connect("/run/x")))
"""


def test_a_name_that_answers_differently_the_second_time_gains_nothing_on_any_kind_of_socket(provider):
    command = [sys.executable, "-c", REBINDING, str(provider.port)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert said[0] != "None", "the judged address is what is tried, and it is not this machine"
    assert said[1:] == ["PermissionError"] * 4
    assert provider.requests == []


def test_a_redirect_is_not_followed(provider):
    provider.status, provider.location = 302, f"{provider.address}/elsewhere"
    failure = through_apprise.send(f"json://{provider.host}/", VALUES, {}, allowed=["127.0.0.1"])
    assert failure is not None
    assert [request.path for request in provider.requests] == ["/"]


def test_a_secret_goes_out_and_is_not_said(provider):
    provider.status, provider.answer = 500, "no"
    secrets = {"token": "bí/mật"}
    failure = through_apprise.send(f"json://{provider.host}/{{secret:token}}", VALUES, secrets, allowed=["127.0.0.1"])
    assert provider.requests[0].path == "/b%C3%AD%2Fm%E1%BA%ADt"
    assert not failure.is_final
    assert "mật" not in failure.words


@pytest.mark.parametrize("address", ["dbus://", "syslog://", "gnome://", "macosx://", "windows://"])
def test_what_stays_on_this_machine_is_refused(address):
    with pytest.raises(InputError):
        through_apprise.check(address, {})


def test_an_address_that_apprise_does_not_know_is_refused_by_day():
    with pytest.raises(InputError, match="does not understand"):
        through_apprise.check("nonsense://x", {})
    through_apprise.check("tgram://{secret:token}/{to}", {"token": "123456789:abcdefg_hijklmnop"})
    through_apprise.check("zalo://{secret:token}/{to}", {"token": "123456789:abcdefghijKLMNOPqrst"})


def test_a_secret_that_was_not_entered_is_named():
    with pytest.raises(InputError, match="secret:token"):
        through_apprise.check("tgram://{secret:token}/{to}", {})
