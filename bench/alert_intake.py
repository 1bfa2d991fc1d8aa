"""Alerts taken in: an EVE file into lake and findings, and the webhook under open load, on a desk with a real disk.

.venv/bin/python -m bench.alert_intake [--lines 1000000] [--seconds 60] [--rate 500] [--only file|webhook]

The file is measured against `wc -l` and DuckDB's reader alone. The webhook is sent `--rate` requests a second of 100
records each, whether or not the ones before were answered, from processes of its own; peer: the same server with the
message thrown away.
"""

import argparse
import http.client
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from bench._measuring import REPOSITORY, free_port, keep
from bench.eve_reader import _COLUMNS

GOAL_LINES, GOAL_P99_MS, RECORDS_EACH = 150_000, 100, 100
SENDERS = 2
CONNECTIONS = 16


def write_events(path: Path, lines: int) -> None:
    """Alert lines of 604 bytes as a province's sensors write them: few rules and hosts often, many seldom."""
    chance = random.Random(7)  # noqa: S311
    categories = ("A Network Trojan was detected", "Attempted Information Leak", "Misc activity")
    with path.open("w") as target:
        for number in range(lines):
            rule, host = int(chance.paretovariate(0.9)) % 800, int(chance.paretovariate(0.7)) % 4_000
            event = {
                "timestamp": f"2026-04-{1 + number // (lines // 20 + 1):02}T{number // 3600 % 24:02}:"
                f"{number // 60 % 60:02}:{number % 60:02}.{number % 10**6:06}+0700",
                "flow_id": chance.getrandbits(50), "in_iface": "eth0", "event_type": "alert",
                "src_ip": f"10.{host >> 8}.{host & 255}.7", "src_port": chance.randrange(65_536),
                "dest_ip": f"198.51.100.{chance.randrange(256)}", "dest_port": 443, "proto": "TCP", "host": "bien",
                "alert": {"action": "allowed", "gid": 1, "signature_id": 2_000_000 + rule, "rev": 2,
                          "signature": f"ET RULE {rule}", "category": categories[rule % 3], "severity": 1 + rule % 3},
                "payload_printable": "",
            }  # fmt: skip
            event["payload_printable"] = "x" * (603 - len(json.dumps(event, separators=(",", ":"))))
            target.write(json.dumps(event, separators=(",", ":")) + "\n")


@contextmanager
def desk() -> Iterator[Path]:
    """A desk as people run it, its database flushing to the disk, with one office and two sources."""
    from vonggac.server import opening

    with (
        tempfile.TemporaryDirectory(prefix="vonggac-bench-", dir=REPOSITORY / "build") as folder,
        opening.opened(Path(folder) / "home", may_begin=True),
    ):
        _declare()
        yield Path(folder)


def _declare() -> None:
    from vonggac.alerts.services import sources
    from vonggac.alerts.services.sources import Declaration
    from vonggac.jobs.clock import now
    from vonggac.register.models import Network
    from vonggac.register.services import organisations
    from vonggac.tenancy.scope import scoped, system

    with scoped(system("bench")):
        office = organisations.create_organisation("tinh", "UBND tỉnh", "province", at=now())
        Network.objects.create(cidr="10.0.0.0/8", organisation=office, org_path=office.path)
        for name in ("file", "hook"):
            sources.declare(name, office, Declaration("suricata-eve"), at=now())


def clocked(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Wall and CPU seconds of something, children's too, and what it gave."""

    def cpu() -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in used)

    before, begin = cpu(), time.perf_counter()
    found = work()
    return time.perf_counter() - begin, cpu() - before, found


def measure_file(folder: Path, lines: int) -> dict[str, object]:
    from vonggac.alerts.models import Finding
    from vonggac.flows.alert_files import import_file
    from vonggac.flows.uploads import lake
    from vonggac.formats.traffic_tables import Kind
    from vonggac.jobs.clock import now
    from vonggac.tenancy.scope import scoped, system

    path = folder / "eve.json"
    write_events(path, lines)
    counted, _, _ = clocked(lambda: subprocess.run(["wc", "-l", str(path)], check=True, capture_output=True))
    duck, _, _ = clocked(lambda: _duck(path))
    wall, cpu, report = clocked(lambda: import_file(path, "file", system("bench"), at=now()))
    with scoped(system("bench")):
        findings, total = Finding.objects.count(), sum(Finding.objects.values_list("count", flat=True))
    stored = sum(entry.rows for entry in lake().imports(Kind.ALERT, ["file"]))
    if not report.figures.records == total == stored == lines:
        raise SystemExit(f"alert_intake: {lines} lines became {total} in findings and {stored} rows in the lake")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"alert_intake file: ours {lines / wall:,.0f} lines/s, {lines / cpu:,.0f} a CPU second ({lines:,} lines, "
        f"{findings:,} findings, {memory:.0f} MB), "
        f"wc -l {lines / counted:,.0f}, DuckDB read_json alone {lines / duck:,.0f}; goal ≥ {GOAL_LINES:,}"
    )
    return {
        "lines": lines, "findings": findings, "lines_per_second": lines / wall, "lines_per_cpu_second": lines / cpu,
        "wc_lines_per_second": lines / counted, "duckdb_lines_per_second": lines / duck, "memory_mb": memory,
        "goal_lines_per_second": GOAL_LINES,
    }  # fmt: skip


def _duck(path: Path) -> int:
    connection = duckdb.connect(config={"threads": 2})
    query = f"SELECT count(hash(COLUMNS(*))) FROM read_json(?, format = 'newline_delimited', columns = {_COLUMNS})"  # noqa: S608
    row = connection.execute(query, [str(path)]).fetchone()
    return int(row[0]) if row else 0


def send(port: int, token: str, rate: float, seconds: float) -> None:
    """Send `rate` messages a second by the clock and print the milliseconds from when each was due to its answer."""
    chance = random.Random(os.getpid())  # noqa: S311
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "eve"
        write_events(path, RECORDS_EACH * 20)
        written = path.read_bytes().splitlines(keepends=True)
    bodies = [b"".join(chance.sample(written, RECORDS_EACH)) for _ in range(8)]
    begin, taken, wrong = time.perf_counter() + 0.5, [], [0]

    def work(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for number in range(place, int(rate * seconds), CONNECTIONS):
            due = begin + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            connection.request("POST", "/api/v1/alerts/hook", bodies[number % 8], {"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            answer.read()
            wrong[0] += answer.status != 200
            taken.append((time.perf_counter() - due) * 1_000)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(CONNECTIONS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    print(json.dumps({"taken": taken, "wrong": wrong[0], "seconds": time.perf_counter() - begin}))


def measure_webhook(rate: float, seconds: float) -> dict[str, object]:
    from vonggac.alerts.models import Source
    from vonggac.alerts.services import sources
    from vonggac.jobs.clock import now
    from vonggac.tenancy.scope import scoped, system

    with scoped(system("bench")):
        token = sources.give_token(Source.objects.get(name="hook"), at=now())
    figures: dict[str, object] = {"requests_per_second": rate, "records_each": RECORDS_EACH, "goal_p99_ms": GOAL_P99_MS}
    for name, application in (("peer", "bench.alert_intake:thrown_away"), ("ours", "vonggac.server.asgi:application")):
        figures |= {f"{name}_{key}": value for key, value in _load(application, token, rate, seconds).items()}
    print(
        f"alert_intake webhook: ours {figures['ours_records_per_second']:,.0f} records/s, p99 "
        f"{figures['ours_p99_ms']:.0f} ms, {figures['ours_wrong']} refused; nothing stored: "
        f"{figures['peer_records_per_second']:,.0f} records/s, p99 {figures['peer_p99_ms']:.0f} ms; "
        f"goal {rate * RECORDS_EACH:,.0f} records/s, p99 < {GOAL_P99_MS} ms"
    )
    return figures


def _load(application: str, token: str, rate: float, seconds: float) -> dict[str, float]:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", application, "--port", str(port), "--log-level", "error"], cwd=REPOSITORY
    )
    try:
        _wait_for(port)
        command = [sys.executable, "-m", "bench.alert_intake", "--send", str(port), token]
        command += ["--rate", str(rate / SENDERS), "--seconds", str(seconds)]
        senders = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPOSITORY) for _ in range(SENDERS)]
        found = [json.loads(one.communicate()[0]) for one in senders]
    finally:
        server.terminate()
        server.wait()
    taken = sorted(milliseconds for one in found for milliseconds in one["taken"])
    return {
        "records_per_second": len(taken) * RECORDS_EACH / max(one["seconds"] for one in found),
        "p50_ms": statistics.median(taken),
        "p99_ms": taken[int(len(taken) * 0.99)],
        "wrong": sum(one["wrong"] for one in found),
    }


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("POST", "/api/v1/alerts/nobody")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return


async def thrown_away(scope: Any, receive: Any, send: Any) -> None:
    """The same server with no store behind: reads the message and says 200."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lines", type=int, default=1_000_000)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--rate", type=float, default=500)
    options.add_argument("--only", choices=["file", "webhook"])
    options.add_argument("--send", nargs=2, metavar=("PORT", "TOKEN"), help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.send:
        send(int(given.send[0]), given.send[1], given.rate, given.seconds)
        return
    (REPOSITORY / "build").mkdir(exist_ok=True)
    figures: dict[str, object] = {}
    with desk() as folder:
        if given.only != "webhook":
            figures["file"] = measure_file(folder, given.lines)
        if given.only != "file":
            figures["webhook"] = measure_webhook(given.rate, given.seconds)
    if given.only is None:
        keep("alert_intake", figures)


if __name__ == "__main__":
    main()
