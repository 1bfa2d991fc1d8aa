"""A desk started as its users start it, for tests that look at the running thing."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from vonggac.server.home import Home


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without a server of somebody else."""
    return {name: value for name, value in os.environ.items() if name != "VONGGAC_DATABASE_URL"} | more


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Desk:
    """`vonggac up` on a home and port, with more words for the command where a test has them.

    `program`: what Python runs, for a test that changes something before the command begins.
    """

    def __init__(self, home: Home, port: int, *words: str, program: Sequence[str] = ("-m", "vonggac.cli")) -> None:
        self.home, self.port = home, port
        self.lines: list[str] = []
        command = [sys.executable, *program, "up", "--home", str(home.path), "--port", str(port), *words]
        self.process = subprocess.Popen(
            command, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.address + path, timeout=5) as answer:  # noqa: S310  an address of ours
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def health(self) -> tuple[int, dict]:
        status, text = self.get("/healthz")
        return status, json.loads(text) if text.startswith("{") else {}

    def wait(self, condition: Callable[[], bool], seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "\n".join(self.lines) or "nothing was printed"
            time.sleep(0.05)

    def wait_until_sound(self) -> None:
        self.wait(lambda: self.health()[0] == 200)

    def said(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    def children(self) -> dict[str, int]:
        """The processes of web and worker by name."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                    words = (entry / "cmdline").read_text().split("\0")
                except OSError:
                    continue
                if parent == self.process.pid and "vonggac.cli" in words:
                    found[words[words.index("vonggac.cli") + 1]] = int(entry.name)
        return found

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        status = self.process.wait(40)
        self.close()
        return status

    def close(self) -> None:
        """Read what is left of the output; for a desk that has ended."""
        self._reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()
