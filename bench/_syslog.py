"""Syslog over one TCP stream: kept durably by the intake process, against rsyslog that writes it to a file.

rsyslog flushes to the page cache, ours to the disk; ours counts what it kept into findings meanwhile.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench._measuring import cpu_seconds, free_port

GOAL_LINES = 100_000
DEADLINE_SECONDS = 600
_CHUNK_LINES = 2_000


def line(number: int) -> bytes:
    """About 200 bytes as a firewall writes them (RFC 5424), a few hundred different ones."""
    text = (
        f"<134>1 2026-04-20T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z fw-{number % 9} filter "
    )
    text += (
        f"812 DENY - rule {number % 97} denied tcp 10.{number % 7}.0.{number % 50}:40000 to 198.51.100.{number % 250}"
    )
    return f"{text}:443 {'x' * (199 - len(text) - 5)}\n".encode()


def send(port: int, lines: int) -> None:
    """One stream, as fast as it is taken."""
    written = [line(number) for number in range(min(lines, 50 * _CHUNK_LINES))]
    chunks = [b"".join(written[low : low + _CHUNK_LINES]) for low in range(0, len(written), _CHUNK_LINES)]
    with socket.create_connection(("127.0.0.1", port)) as stream:
        print("begun", flush=True)
        for low in range(0, lines, _CHUNK_LINES):
            chunk = chunks[low // _CHUNK_LINES % len(chunks)]
            stream.sendall(chunk if lines - low >= _CHUNK_LINES else b"".join(written[: lines - low]))


def measure(home: Path, folder: Path, lines: int) -> dict[str, object]:
    """Lines a second of both, from the first byte to the last line kept; the desk declares a source for 127.0.0.1."""
    with _intake(home) as (port, process):
        ours = _timed(port, process, lines, _kept_lines(home / "lake" / "spool" / "bench-syslog"))
    with _rsyslog(folder) as (port, process):
        peer = _timed(port, process, lines, _written_lines(folder / "syslog.log"))
    print(
        f"alert_intake syslog: ours {ours['lines_per_second']:,.0f} lines/s, {ours['lines_per_cpu_second']:,.0f} a CPU "
        f"second; peer rsyslog {peer['lines_per_second']:,.0f}, {peer['lines_per_cpu_second']:,.0f}; "
        f"ratio {ours['lines_per_second'] / peer['lines_per_second']:.2f}, goal ≥ {GOAL_LINES:,}"
    )
    found: dict[str, object] = {"lines": lines, "goal_lines_per_second": GOAL_LINES}
    for name, figures in (("ours", ours), ("peer", peer)):
        found |= {f"{name}_{key}": value for key, value in figures.items()}
    return found


def _timed(port: int, process: int, lines: int, kept: Callable[[], int]) -> dict[str, float]:
    command = [sys.executable, "-m", "bench._syslog", str(port), str(lines)]
    sender = subprocess.Popen(command, stdout=subprocess.PIPE)
    if sender.stdout is None or not sender.stdout.readline():
        raise SystemExit("alert_intake syslog: nobody took the stream")
    spent, begin = cpu_seconds([process]), time.perf_counter()
    while kept() < lines:
        if time.perf_counter() - begin > DEADLINE_SECONDS:
            raise SystemExit(f"alert_intake syslog: fewer than {lines} lines after {DEADLINE_SECONDS} s")
        time.sleep(0.05)
    wall = time.perf_counter() - begin
    sender.wait()
    return {"lines_per_second": lines / wall, "lines_per_cpu_second": lines / (cpu_seconds([process]) - spent)}


@contextmanager
def _intake(home: Path) -> Iterator[tuple[int, int]]:
    port = free_port()
    command = [sys.executable, "-m", "vonggac.cli", "alerts", "listen", "--home", str(home)]
    command += ["--collector", "bench-syslog", "--syslog-tcp", f"127.0.0.1:{port}"]
    with _running(command, port) as process:
        yield port, process


@contextmanager
def _rsyslog(folder: Path) -> Iterator[tuple[int, int]]:
    port, configuration = free_port(), folder / "rsyslog.conf"
    configuration.write_text(
        f'global(workDirectory="{folder}")\nmodule(load="imtcp")\n'
        f'input(type="imtcp" address="127.0.0.1" port="{port}")\n'
        f'action(type="omfile" file="{folder / "syslog.log"}")\n'
    )
    command = ["rsyslogd", "-n", "-f", str(configuration), "-i", str(folder / "rsyslogd.pid")]
    with _running(command, port) as process:
        yield port, process


@contextmanager
def _running(command: list[str], port: int) -> Iterator[int]:
    process = subprocess.Popen(command)
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _kept_lines(spool: Path) -> Callable[[], int]:
    """How many lines the spool holds behind its mark; each frame is looked at once."""
    from vonggac.flows.alert_raw import unwrapped
    from vonggac.lake.spool import Place, frames

    seen = {"lines": 0, "place": Place(1, 8)}

    def lines() -> int:
        for frame in frames(spool, seen["place"]):
            seen["lines"] += unwrapped(frame.content)[1].count(b"\n")
            seen["place"] = frame.following
        return seen["lines"]

    return lines


def _written_lines(path: Path) -> Callable[[], int]:
    seen = [0, 0]

    def lines() -> int:
        if path.exists():
            with path.open("rb") as file:
                file.seek(seen[1])
                while piece := file.read(1 << 20):
                    seen[0] += piece.count(b"\n")
                    seen[1] += len(piece)
        return seen[0]

    return lines


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    send(int(sys.argv[1]), int(sys.argv[2]))
