"""The watcher outside: it tells a stop once, a recovery once, and forgets nothing that it could not say."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.duty.http_gateway import HttpGateway
from tests.duty.mail_sink import MailSink
from tests.server.desk_process import clean_environment, free_port
from vonggac.errors import ConfigurationError, InputError
from vonggac.server import watching
from vonggac.server.watching import Memory

SOUND = '{"sound": true, "reasons": []}'
ILL = json.dumps(
    {
        "sound": False,
        "reasons": ["no worker gave a sign in the last minute"],
        "reasons_vi": ["một phút qua không có tiến trình nào"],
    }
)


@pytest.fixture
def desk() -> Iterator[HttpGateway]:
    """Something that answers as a desk's health page does."""
    made = HttpGateway(answer=SOUND)
    yield made
    made.close()


@pytest.fixture
def sink() -> Iterator[MailSink]:
    made = MailSink()
    yield made
    made.close()


def look(desk: HttpGateway, sink: MailSink, file: Path, *, failures: int = 2) -> watching.Look:
    environ = {
        "VONGGAC_MAIL_HOST": "127.0.0.1",
        "VONGGAC_MAIL_PORT": str(sink.port),
        "VONGGAC_MAIL_FROM": "w@b.example",
    }
    return watching.look(
        desk.address, file, ["a@b.example", "c@d.example"], failures=failures, timeout_seconds=5, environ=environ
    )


def test_a_stop_is_told_once_after_two_looks_and_the_recovery_once(desk, sink, tmp_path):
    file = tmp_path / "state" / "watch.json"
    assert look(desk, sink, file).is_sound
    desk.status, desk.answer = 503, ILL
    assert not look(desk, sink, file).is_sound
    assert sink.letters == []
    for _ in range(4):
        assert "no worker" in look(desk, sink, file).said
    assert sink.subjects() == [f"[Vọng Gác] BÀN TRỰC DỪNG / DOWN: {desk.address}"]
    body = sink.letters[0].get_content()
    assert "một phút qua không có tiến trình nào / no worker gave a sign" in body
    began = datetime.fromisoformat(watching.remembered(file).since) + timedelta(hours=7)
    assert f"Từ / since {began:%H:%M %d/%m/%Y}." in body
    assert sink.letters[0]["To"] == "a@b.example, c@d.example"
    desk.status, desk.answer = 200, SOUND
    for _ in range(3):
        look(desk, sink, file)
    assert sink.subjects()[1:] == [f"[Vọng Gác] HOẠT ĐỘNG LẠI / OK: {desk.address}"]


def test_a_short_trouble_is_told_to_nobody(desk, sink, tmp_path):
    file = tmp_path / "watch.json"
    for status, answer in ((503, ILL), (200, SOUND), (503, ILL), (200, SOUND)):
        desk.status, desk.answer = status, answer
        look(desk, sink, file)
    assert sink.letters == []


def test_what_could_not_be_said_is_said_the_next_time(desk, sink, tmp_path):
    file = tmp_path / "watch.json"
    desk.status, desk.answer = 503, ILL
    sink.faults = ["busy"]
    with pytest.raises(ConfigurationError, match="nobody could be told"):
        look(desk, sink, file, failures=1)
    assert watching.remembered(file).was_told is False
    look(desk, sink, file, failures=1)
    assert len(sink.letters) == 1


def test_without_a_mail_server_it_says_that_nobody_can_be_told(desk, tmp_path):
    desk.status, desk.answer = 503, ILL
    with pytest.raises(ConfigurationError, match="VONGGAC_MAIL_HOST"):
        watching.look(desk.address, tmp_path / "w", ["a@b.example"], failures=1, timeout_seconds=5, environ={})


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (200, "<html>welcome</html>", "is not the desk"),
        (200, '{"sound": false, "reasons": []}', "status 200"),
        (500, SOUND, "status 500"),
        (503, ILL, "no worker"),
    ],
)
def test_only_a_desk_that_says_so_is_sound(desk, status, answer, said):
    desk.status, desk.answer = status, answer
    assert said in watching.reason(desk.address, 5)


def test_a_desk_that_does_not_answer_is_not_sound():
    assert "does not answer" in watching.reason(f"http://127.0.0.1:{free_port()}/healthz", 2)


def test_a_desk_that_says_nothing_is_not_waited_for(desk):
    desk.slow_seconds = 3
    assert "does not answer" in watching.reason(desk.address, 0.3)


@pytest.mark.parametrize("status", [200, 503])
def test_an_answer_that_does_not_come_whole_is_none(status):
    """A proxy before a dying desk sends the head and the begin of an answer, and then nothing."""
    is_over = threading.Event()

    def half_an_answer(server: socket.socket) -> None:
        link, _ = server.accept()
        with link:
            link.recv(4096)
            link.sendall(f"HTTP/1.1 {status} so\r\nContent-Length: 900\r\n\r\n{{".encode())
            is_over.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=half_an_answer, args=(listening,), daemon=True).start()
        assert "does not answer" in watching.reason(f"http://127.0.0.1:{listening.getsockname()[1]}/", 0.3)
    is_over.set()


@pytest.mark.parametrize("url", ["desk.example", "ftp://desk.example", "https://"])
def test_what_is_no_web_address_is_refused(url):
    with pytest.raises(InputError):
        watching.health_address(url)


def test_the_address_of_a_desk_is_enough():
    assert watching.health_address("https://desk.example/") == "https://desk.example/healthz"
    assert watching.health_address("https://desk.example/healthz") == "https://desk.example/healthz"


def test_a_damaged_state_file_tells_rather_twice_than_never(tmp_path):
    file = tmp_path / "watch.json"
    for content in ("", "{", '{"x": 1}', "[]"):
        file.write_text(content)
        assert watching.remembered(file) == Memory()


def test_each_desk_has_a_state_file_of_its_own(tmp_path):
    names = {watching.usual_file(url, {"XDG_STATE_HOME": str(tmp_path)}) for url in ("https://a", "https://b")}
    assert len(names) == 2


def test_the_command_says_it_by_its_exit_status_and_needs_neither_home_nor_database(desk, sink, tmp_path):
    environment = clean_environment(
        VONGGAC_MAIL_HOST="127.0.0.1", VONGGAC_MAIL_PORT=str(sink.port), VONGGAC_HOME=str(tmp_path / "none"),
        XDG_STATE_HOME=str(tmp_path / "state"),
    )  # fmt: skip
    command = [sys.executable, "-m", "vonggac.cli", "watch", desk.address, "--mail", "a@b.example", "--failures", "1"]
    for status, answer, exit_status in ((200, SOUND, 0), (503, ILL, 1)):
        desk.status, desk.answer = status, answer
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == exit_status, done.stderr
    assert len(sink.letters) == 1
    assert not (tmp_path / "none").exists()
    (kept,) = (tmp_path / "state").rglob("watch-*.json")
    assert json.loads(kept.read_text())["was_told"] is True
