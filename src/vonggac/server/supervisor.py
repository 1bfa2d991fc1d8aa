"""`vonggac up`: database, web, worker and intake as one thing that starts, heals and stops together."""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from vonggac.errors import ConfigurationError
from vonggac.server import lifeline, migration, opening
from vonggac.server.databases import Databases
from vonggac.server.first_link import first_link
from vonggac.server.home import Home
from vonggac.server.postgres import cluster_of

Say = Callable[[str], None]

LOOK_SECONDS = 0.25
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
# A part that ran this long was sound: its next crash is a first one again.
SOUND_SECONDS = 60.0
STOP_SECONDS = {"web": 8.0, "worker": 25.0, "intake": 10.0}


@dataclass
class Part:
    """One child process and when it may be started again."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    next_start_at: float = 0.0
    pause_seconds: float = FIRST_PAUSE_SECONDS

    def start(self, descriptor: int, now: float) -> None:
        """Start the process; it ends by itself when the supervisor's end of the pipe closes."""
        environment = {**os.environ, lifeline.VARIABLE: str(descriptor)}
        # A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which stops parts in order.
        self.process = subprocess.Popen(  # noqa: S603  our own program
            self.command, env=environment, pass_fds=[descriptor], start_new_session=True, stdin=subprocess.DEVNULL
        )
        self.started_at = now

    def note_crash(self, now: float) -> int:
        """The exit status of the ended process, after deciding when it is started again."""
        assert self.process is not None  # noqa: S101  only called for a part that was started
        if now - self.started_at > SOUND_SECONDS:
            self.pause_seconds = FIRST_PAUSE_SECONDS
        self.next_start_at = now + self.pause_seconds
        self.pause_seconds = min(self.pause_seconds * 2, LONGEST_PAUSE_SECONDS)
        status = self.process.returncode
        self.process = None
        return status

    def stop(self, timeout_seconds: float) -> None:
        """End the process kindly, after the timeout at once."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class Supervisor:
    """The parts of one running desk."""

    home: Home
    host: str
    port: int
    say: Say
    ends_with: Path | None = None
    """A file whose appearance ends the run, as a signal would."""
    is_stopping: bool = False
    parts: list[Part] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where a person on this machine opens the desk."""
        return f"http://{self.host}:{self.port}"

    def run(self) -> None:
        """Run the desk until SIGINT or SIGTERM, then stop web, worker, intake and database in that order."""
        with _signals_caught(self), _alone(self.home):
            refuse_taken_port(self.host, self.port)
            self.home.keep_origin(self.home.origin())
            self._serve()
        self.say("Stopped.")

    def _serve(self) -> None:
        with opening.served(self.home) as logins:
            self._migrate(logins)
            reading, writing = os.pipe()
            try:
                self._start(reading)
                self._tend(reading)
            finally:
                self._stop()
                os.close(reading)
                os.close(writing)

    def _migrate(self, logins: Databases) -> None:
        if not migration.is_current(logins.app):
            self.say("Preparing the database …")
            migration.migrate(self.home, logins)

    def _start(self, descriptor: int) -> None:
        program = [sys.executable, "-m", "vonggac.cli"]
        self.parts = [
            Part("web", [*program, "web", "--host", self.host, "--port", str(self.port)]),
            Part("worker", [*program, "worker"]),
            Part("intake", [*program, "alerts", "listen"]),
        ]
        for part in self.parts:
            part.start(descriptor, time.monotonic())
        if self._answers_soon():
            self.say(f"The desk is up: {first_link(self.address)}")
            self.say("Stop it with Ctrl-C.")

    def _answers_soon(self) -> bool:
        deadline = time.monotonic() + 60
        while not self.is_stopping and time.monotonic() < deadline:
            if answers(f"{self.address}/healthz"):
                return True
            web = self.parts[0].process
            if web is not None and web.poll() is not None:
                return False
            time.sleep(0.05)
        return False

    def _tend(self, descriptor: int) -> None:
        cluster = None if os.environ.get("VONGGAC_DATABASE_URL") else cluster_of(self.home)
        while not self.is_stopping and not (self.ends_with and self.ends_with.exists()):
            now = time.monotonic()
            if cluster is not None and not cluster.is_running():
                self.say("The database stopped unexpectedly; starting it again.")
                cluster.start()
            for part in self.parts:
                self._tend_part(part, descriptor, now)
            time.sleep(LOOK_SECONDS)

    def _tend_part(self, part: Part, descriptor: int, now: float) -> None:
        if part.process is not None and part.process.poll() is not None:
            pause = part.pause_seconds
            status = part.note_crash(now)
            self.say(f"The {part.name} ended unexpectedly ({_status_text(status)}); started again in {pause:.0f} s.")
        elif part.process is None and now >= part.next_start_at:
            part.start(descriptor, now)

    def _stop(self) -> None:
        self.say("Stopping …")
        for part in self.parts:
            part.stop(STOP_SECONDS[part.name])


def answers(address: str) -> bool:
    """Whether anything speaks HTTP there, whatever it says."""
    try:
        with urllib.request.urlopen(address, timeout=2):  # noqa: S310  an http address of ours
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def refuse_taken_port(host: str, port: int) -> None:
    """Raise ConfigurationError when another program listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = f"cannot listen on {host}:{port} ({error.strerror}); choose another --port"
            raise ConfigurationError(message) from None


def _status_text(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"status {status}"


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    home.prepare()
    with (home.run / "desk.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # The file, not VONGGAC_ORIGIN: that is the address which this start was to have.
            address = home.origin(environ={})
            message = f"a desk already runs on {address} with {home.path}: open it, stop it, or choose another --home"
            raise ConfigurationError(message) from None
        yield


@contextmanager
def _signals_caught(supervisor: Supervisor) -> Iterator[None]:
    def stop(*_: object) -> None:
        supervisor.is_stopping = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            with contextlib.suppress(ValueError):
                signal.signal(number, handler)
