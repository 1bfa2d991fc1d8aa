"""An inbox that 500 people have open: how long a change takes to reach them, and a page beside them.

Every viewer is a signed-in stream of the desk that reads the inbox again when it changed, as `desk.js` does, all in one
process of their own; beside them a person reads the inbox again and again. Changes are alerts, one a second, counted as
the intake process counts them.
"""

import asyncio
import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench._measuring import free_port

GOAL_PAGE_MS, GOAL_EVENT_MS, GOAL_SEEN_MS = 100, 250, 1_000
INBOX = "/cases/alerts/"
WAIT_SECONDS = 120
# What htmx says of a live part that a page reads again by itself.
LIVE = {"HX-Request": "true"}
# What desk.js waits between two readings of a page's live parts.
REFRESH_SECONDS = 0.25


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


@contextmanager
def served(home: Path) -> Iterator[tuple[int, int]]:
    """The port on which one worker serves the desk, and its process."""
    port = free_port()
    command = [sys.executable, "-m", "vonggac.cli", "web", "--home", str(home), "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | {"VONGGAC_ORIGIN": f"http://127.0.0.1:{port}"})
    try:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                # Without a worker it says that the desk is not well, but it answers.
                connection.request("GET", "/healthz")
                connection.getresponse().read()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def get(connection: http.client.HTTPConnection, path: str, cookie: str, **more: str) -> bytes:
    connection.request("GET", path, headers={"Cookie": cookie, "Accept-Language": "vi", **more})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"alert_intake: {path} answered {answer.status}")
    return body


def measure_viewers(home: Path, cookies: list[str], tell: Callable[[int], None], seconds: float) -> dict[str, Any]:
    """Milliseconds of pages and of changes; each cookie is a viewer, `tell` makes a change, given its number."""
    viewers = len(cookies)
    # Here one thread makes changes and another reads pages: it must not wait for this interpreter instead of the desk.
    sys.setswitchinterval(0.000_5)
    with served(home) as (port, web):
        command = [sys.executable, "-m", "bench._viewers", str(port), str(seconds)]
        watching = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if watching.stdin is None or watching.stdout is None:
            raise SystemExit("alert_intake viewers: no pipes")
        watching.stdin.write("\n".join([*cookies, "end\n"]))
        watching.stdin.flush()
        if watching.stdout.readline() != "open\n":
            raise SystemExit(f"alert_intake viewers: not all of {viewers} streams were opened")
        pages: list[float] = []
        over = threading.Event()
        reading = threading.Thread(target=_read_pages, args=(port, cookies[0], pages, over))
        reading.start()
        told: list[tuple[float, float]] = []
        end, spent = time.monotonic() + seconds, _cpu_seconds(web)
        while time.monotonic() < end:
            begin = time.time()
            tell(len(told))
            told.append((begin, time.time()))
            time.sleep(1.0)
        spent = _cpu_seconds(web) - spent
        over.set()
        reading.join()
        heard, read = json.loads(watching.communicate()[0])
    delays = _delays(told, heard)
    found = {
        "viewers": viewers,
        "pages_per_second": len(read) / seconds,
        "read_p50_s": percentile(read, 0.5),
        "read_p99_s": percentile(read, 0.99),
        "web_cpu_share": spent / seconds,
        "page_p50_ms": percentile(pages, 0.5),
        "page_p95_ms": percentile(pages, 0.95),
        "event_p50_ms": percentile(delays, 0.5),
        "event_p99_ms": percentile(delays, 0.99),
        "heard_share": len(delays) / (len(told) * viewers),
        "goal_page_p95_ms": GOAL_PAGE_MS,
        "goal_event_p99_ms": GOAL_EVENT_MS,
    }
    print(
        f"alert_intake viewers: {viewers} streams that read {found['pages_per_second']:.0f} pages/s "
        f"({found['web_cpu_share']:.0%} of a core); page p95 {found['page_p95_ms']:.0f} ms (p50 "
        f"{found['page_p50_ms']:.0f}), limit {GOAL_PAGE_MS} ms, ratio {found['page_p95_ms'] / GOAL_PAGE_MS:.2f}; "
        f"change p99 {found['event_p99_ms']:.0f} ms (p50 {found['event_p50_ms']:.0f}), limit {GOAL_EVENT_MS} ms, "
        f"ratio {found['event_p99_ms'] / GOAL_EVENT_MS:.2f}; "
        f"{found['heard_share']:.0%} of the changes reached their viewer before the next one, and were read "
        f"after {found['read_p50_s']:.0f} s (p99 {found['read_p99_s']:.0f})"
    )
    return found


def _cpu_seconds(process: int) -> float:
    """What a process has had of the processors, as Linux counts it."""
    user, system = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _read_pages(port: int, cookie: str, taken: list[float], over: threading.Event) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS)
    while not over.wait(0.25):
        begin = time.perf_counter()
        get(connection, INBOX, cookie)
        taken.append((time.perf_counter() - begin) * 1_000)


def _delays(told: list[tuple[float, float]], heard: list[float]) -> list[float]:
    """Milliseconds from each telling to what was heard before the next one; it may be heard before it returns."""
    found = []
    begins = [begin for begin, _end in told]
    for (begin, end), following in zip(told, [*begins[1:], float("inf")], strict=True):
        found += [max(0.0, moment - end) * 1_000 for moment in heard if begin <= moment < following]
    return found


class OpenInbox:
    """An inbox read again at every change, as a tab does; `sent`: title → when its message was begun, until seen."""

    def __init__(self, port: int, cookie: str) -> None:
        self._port, self._cookie = port, cookie
        self.sent: dict[bytes, float] = {}
        self.seen: list[float] = []
        self._changed, self._over = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._listen, self._look)]

    def __enter__(self) -> "OpenInbox":
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._threads[1].join()

    def _listen(self) -> None:
        stream = http.client.HTTPConnection("127.0.0.1", self._port, timeout=WAIT_SECONDS)
        stream.request("GET", "/stream", headers={"Cookie": self._cookie})
        answer = stream.getresponse()
        while not self._over.is_set():
            if answer.readline() == b"event: change\n":
                self._changed.set()

    def _look(self) -> None:
        page = http.client.HTTPConnection("127.0.0.1", self._port, timeout=WAIT_SECONDS)
        while not self._over.is_set():
            if self._changed.wait(0.5):
                self._changed.clear()
                body = get(page, f"{INBOX}?source=file", self._cookie, **LIVE)
                moment = time.perf_counter()
                shown = [title for title in list(self.sent) if title in body]
                self.seen += [(moment - self.sent.pop(title)) * 1_000 for title in shown]
                time.sleep(REFRESH_SECONDS)


def seen_delays(port: int, cookie: str, token: str, event: bytes, seconds: float) -> list[float]:
    """Of one message a second, the milliseconds until an open inbox shows it; infinite for what it never showed."""
    sender = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS)
    with OpenInbox(port, cookie) as inbox:
        for number in range(int(seconds)):
            title = b"SEEN %06d" % number
            inbox.sent[title] = time.perf_counter()
            content = event.replace(b"ET RULE", title)
            content = content.replace(b'"signature_id":2', b'"signature_id":%d' % (10 + number))
            sender.request("POST", "/api/v1/alerts/file", content, {"Authorization": f"Bearer {token}"})
            sender.getresponse().read()
            time.sleep(1.0)
        time.sleep(3)
    return inbox.seen + [float("inf")] * len(inbox.sent)


async def watch(port: int, cookies: list[str], seconds: float) -> None:
    """Open the streams, say so, and print the moments at which a change came to each, and the seconds until read."""
    heard: list[float] = []
    read: list[float] = []
    opened = [asyncio.Event() for _ in cookies]

    async def begun(path: str, cookie: str, more: str = "") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n{more}\r\n".encode())
        return reader, writer  # whose end would close the connection

    async def read_again(heard_at: float, wait: float, cookie: str) -> None:
        await asyncio.sleep(wait)
        reader, writer = await begun(INBOX, cookie, "HX-Request: true\r\nConnection: close\r\n")
        await reader.read()
        writer.close()
        read.append(time.time() - heard_at)

    async def view(place: int, cookie: str) -> None:
        reader, _writer = await begun("/stream", cookie)
        reading, asked = None, 0.0
        while line := await reader.readline():
            if line == b"event: beat\n":
                opened[place].set()
            elif line == b"event: change\n":
                heard.append(time.time())
                within = json.loads((await reader.readline()).removeprefix(b"data: "))["within_ms"] / 1_000
                if reading is None or reading.done():
                    wait = asked + max(REFRESH_SECONDS, within) - time.time()
                    wait = wait if wait > 0 else random.random() * within  # noqa: S311
                    asked = time.time() + wait
                    reading = asyncio.create_task(read_again(heard[-1], wait, cookie))

    tasks = [asyncio.create_task(view(place, cookie)) for place, cookie in enumerate(cookies)]
    await asyncio.wait_for(asyncio.gather(*(one.wait() for one in opened)), WAIT_SECONDS)
    print("open", flush=True)
    await asyncio.sleep(seconds + 2)
    for task in tasks:
        task.cancel()
    print(json.dumps([heard, read]))


if __name__ == "__main__":
    asyncio.run(watch(int(sys.argv[1]), list(iter(lambda: sys.stdin.readline().strip(), "end")), float(sys.argv[2])))
