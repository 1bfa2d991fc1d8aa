"""A whole desk whose web and worker are killed while people call for help: every call that was accepted reaches one.

And the watcher outside, on a desk that really stops.
"""

import http.cookiejar
import os
import random
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.cli.test_token import run, set_up
from tests.database_server import remove_cluster
from tests.duty.mail_sink import MailSink
from tests.server.desk_process import Desk, clean_environment, free_port
from vonggac.server.postgres import cluster_of


@pytest.fixture
def sink() -> Iterator[MailSink]:
    made = MailSink()
    yield made
    made.close()


@pytest.fixture
def desk(lay_desk, tmp_path, sink, monkeypatch) -> Iterator[Desk]:
    """A desk with an office and its head Hà, whose mail goes to the sink."""
    monkeypatch.setenv("VONGGAC_MAIL_HOST", "127.0.0.1")
    monkeypatch.setenv("VONGGAC_MAIL_PORT", str(sink.port))
    home = lay_desk(tmp_path / "home")
    set_up(home)
    running = Desk(home, free_port())
    running.wait_until_sound()
    yield running
    if running.process.poll() is None:
        running.stop()
    remove_cluster(cluster_of(home))


class Officer:
    """Hà at a browser that follows links and keeps cookies."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)
        link = run(desk.home, "person", "link", "ha@example.vn").stdout
        path = re.search(r"/l/sign-in/\S+", link)[0]
        self.post(path, path)

    def get(self, path: str) -> str:
        with self.opener.open(self.desk.address + path, timeout=10) as answer:
            return answer.read().decode()

    def post(self, form_path: str, path: str, **data: str) -> str:
        """A form handed in; the address of the page that it led to."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(form_path))[1]
        content = urllib.parse.urlencode({"csrfmiddlewaretoken": token, **data}).encode()
        with self.opener.open(self.desk.address + path, content, timeout=10) as answer:
            return answer.url

    def call(self, text: str) -> bool:
        """True when the desk said that people are being called."""
        try:
            return (
                re.search(r"/escalations/\d+/$", self.post("/escalations/", "/escalations/call/", text=text))
                is not None
            )
        except (OSError, urllib.error.URLError, TypeError):
            return False


def kill(desk: Desk, name: str) -> None:
    child = desk.children().get(name)
    if child is not None:
        os.kill(child, signal.SIGKILL)


def run_with_kills(desk: Desk, sink: MailSink, number: int, kills: int, chance: random.Random) -> None:
    """So many calls, each accepted in the end, while web and worker are killed in turn."""
    officer = Officer(desk)
    moments = sorted(chance.sample(range(number), kills))
    killed_workers = 0
    for place in range(number):
        if place in moments:
            name = ("worker", "web")[moments.index(place) % 2]
            killed_workers += name == "worker"
            time.sleep(chance.uniform(0, 0.3))
            kill(desk, name)
        deadline = time.monotonic() + 120
        while not officer.call(f"việc số {place} gấp"):
            assert time.monotonic() < deadline, "the desk did not come back"
            time.sleep(0.2)
    wanted = [f"việc số {place} gấp" for place in range(number)]

    def said() -> str:
        return "\n".join(letter.get_content() for letter in list(sink.letters))

    desk.wait(lambda: all(words in said() for words in wanted), 60)
    first_letters = Counter(letter["Message-ID"] for letter in list(sink.letters))
    assert sum(times - 1 for times in first_letters.values()) <= killed_workers, "only the one in hand comes twice"


@pytest.mark.slow
def test_calls_survive_the_deaths_of_web_and_worker(desk, sink):
    run_with_kills(desk, sink, 8, 2, random.Random(11))  # noqa: S311  moments to kill at


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_calls_survive_them_again_and_again(desk, sink, seed):
    run_with_kills(desk, sink, 60, 12, random.Random(seed))  # noqa: S311  moments to kill at


@pytest.mark.slow
def test_a_desk_that_stops_is_told_by_the_watcher_outside_and_so_is_its_return(desk, sink, tmp_path):
    def watch() -> int:
        words = ("watch", desk.address, "--mail", "truc@other.example", "--state", str(tmp_path / "watch.json"))
        command = [sys.executable, "-m", "vonggac.cli", *words, "--failures", "1", "--timeout", "5"]
        environment = clean_environment(VONGGAC_HOME=str(tmp_path / "none"))
        return subprocess.run(command, env=environment, check=False, capture_output=True).returncode

    assert watch() == 0
    assert desk.stop() == 0
    assert [watch(), watch()] == [1, 1]
    assert sink.subjects() == [f"[Vọng Gác] BÀN TRỰC DỪNG / DOWN: {desk.address}"]
    again = Desk(desk.home, desk.port)
    again.wait_until_sound()
    assert watch() == 0
    again.stop()
    assert sink.subjects()[1:] == [f"[Vọng Gác] HOẠT ĐỘNG LẠI / OK: {desk.address}"]
