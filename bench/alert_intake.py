"""Alerts taken in: an EVE file into lake and findings, and the webhook under open load, on a desk with a real disk.

.venv/bin/python -m bench.alert_intake [--lines 1000000] [--seconds 60] [--rate 500] [--only PART]

`file`: an EVE file, against `wc -l`, DuckDB's reader alone and IntelMQ. `webhook`: `--rate` requests a second of 100
records each, whether or not the ones before were answered, from processes of its own, against the same server with the
message thrown away. `syslog`: one TCP stream, against rsyslog. `viewers`: 500 open inboxes. `memory`: web and intake
process under the webhook's load for `--minutes`. `delay`: first byte in → seen in an open inbox at 10,000 records/s.
"""

import argparse
import http.client
import json
import multiprocessing
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
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from bench import _intelmq, _nation, _syslog, _viewers
from bench._measuring import REPOSITORY, free_port, keep, require
from bench.eve_reader import _COLUMNS

from vonggac import without_pandas

GOAL_LINES, GOAL_RATIO, GOAL_P99_MS, RECORDS_EACH = 150_000, 300, 100, 100
GOAL_MEMORY_MB = 500
PARTS = ("file", "webhook", "syslog", "viewers", "memory", "delay")
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


def measure_peer(folder: Path, lines: int) -> float:
    """Lines a second of IntelMQ: file → its JSON parser → deduplicator → file.

    It gets the same alerts under its own names: a mapping, which it has no bot for, is spared it.
    """
    source, given = folder / "eve-peer.json", folder / "peer" / "events.json"
    write_events(source, lines)
    given.parent.mkdir()
    given.write_text("".join(_in_peers_names(line) for line in source.read_text().splitlines()))
    bots = [
        _intelmq.Bot("parser", "intelmq.bots.parsers.json.parser", {"splitlines": True}),
        _intelmq.deduplicator("source.ip,classification.identifier,time.source"),
    ]
    return 1 / _intelmq.run(given.parent, given, bots, lines)["wall"]


def _in_peers_names(line: str) -> str:
    event = json.loads(line)
    rule = event["alert"]
    said = {
        "time.source": event["timestamp"], "source.ip": event["src_ip"], "source.port": event["src_port"],
        "destination.ip": event["dest_ip"], "destination.port": event["dest_port"], "protocol.transport": "tcp",
        "classification.type": "ids-alert", "classification.identifier": str(rule["signature_id"]),
        "event_description.text": rule["signature"], "extra.severity": rule["severity"],
        "extra.payload": event["payload_printable"],
    }  # fmt: skip
    return json.dumps(said, separators=(",", ":")) + "\n"


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
        sources.declare("syslog", office, Declaration("syslog", senders=["127.0.0.1/32"]), at=now())


def clocked(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Wall and CPU seconds of something, children's too, and what it gave."""

    def cpu() -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in used)

    before, begin = cpu(), time.perf_counter()
    found = work()
    return time.perf_counter() - begin, cpu() - before, found


def measure_file(folder: Path, lines: int, peer_lines: int) -> dict[str, object]:
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
    memory = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    peer = measure_peer(folder, peer_lines)
    print(
        f"alert_intake file: ours {lines / wall:,.0f} lines/s, {lines / cpu:,.0f} a CPU second ({lines:,} lines, "
        f"{findings:,} findings, {memory:.0f} MB), "
        f"wc -l {lines / counted:,.0f}, DuckDB read_json alone {lines / duck:,.0f}; goal ≥ {GOAL_LINES:,}; "
        f"peer IntelMQ {peer:,.0f} lines/s, ratio {lines / wall / peer:,.0f}, goal ≥ {GOAL_RATIO}"
    )
    return {
        "lines": lines, "findings": findings, "lines_per_second": lines / wall, "lines_per_cpu_second": lines / cpu,
        "wc_lines_per_second": lines / counted, "duckdb_lines_per_second": lines / duck, "memory_mb": memory,
        "goal_lines_per_second": GOAL_LINES, "peer_lines": peer_lines, "peer_lines_per_second": peer,
        "ratio": lines / wall / peer, "goal_ratio": GOAL_RATIO,
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
    token = token_of("hook")
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


def measure_viewers(home: Path, viewers: int, seconds: float) -> dict[str, Any]:
    from vonggac.alerts.models import Source
    from vonggac.flows import alert_spools
    from vonggac.flows.alert_raw import spools, wrapped
    from vonggac.formats.alerts.alert_table import microseconds
    from vonggac.jobs.clock import now
    from vonggac.lake.spool import Spool
    from vonggac.tenancy.scope import scoped, system

    with scoped(system("bench")):
        source = Source.objects.get(name="hook").pk
    event = first_event(home.parent)
    with Spool(spools() / "bench-viewers") as spool:
        alert_spools.count_waiting(at=now())

        def tell(number: int) -> None:
            content = event.replace(b"ET RULE", b"ET VIEWED %d" % number)
            spool.append(wrapped(source, microseconds(now()), content))
            alert_spools.count_waiting(at=now())

        cookies = [officer_cookie() for _ in range(viewers)]
        return _viewers.measure_viewers(home, cookies, tell, seconds)


def first_event(folder: Path) -> bytes:
    path = folder / "one-event.json"
    write_events(path, 20)
    return path.read_bytes().splitlines(keepends=True)[0]


def officer_cookie() -> str:
    """A signed-in officer of the office that the sources belong to."""
    from vonggac.register.models import Organisation, Person
    from vonggac.tenancy.scope import scoped, system

    with scoped(system("bench")):
        found = Person.objects.filter(email="officer@example.vn").first()
        person = found or _nation.person("officer", Organisation.objects.get(code="tinh"), "duty_officer")
    return _nation.session_of(person)


def measure_memory(home: Path, rate: float, minutes: float) -> dict[str, object]:
    """Peak and growth of what the web and the intake process hold, sampled each second under the webhook's load."""
    with _viewers.served(home) as (port, web), _listening(home) as intake:
        begin = time.monotonic()
        senders = _senders(port, token_of("hook"), rate, minutes * 60)
        held: list[tuple[float, float, float]] = []
        with ThreadPoolExecutor() as reading:
            # What they say of ten minutes is more than a pipe holds.
            said = [reading.submit(one.communicate) for one in senders]
            while not all(one.done() for one in said):
                held.append((time.monotonic() - begin, _resident_mb(web), _resident_mb(intake)))
                time.sleep(1)
        sent = sum(len(json.loads(one.result()[0])["taken"]) for one in said)
    half = [one for one in held if one[0] > held[-1][0] / 2]
    found: dict[str, object] = {
        "minutes": minutes, "records": sent * RECORDS_EACH, "goal_mb": GOAL_MEMORY_MB,
        "web_peak_mb": max(one[1] for one in held), "intake_peak_mb": max(one[2] for one in held),
        "web_growth_of_second_half_mb": half[-1][1] - half[0][1],
        "intake_growth_of_second_half_mb": half[-1][2] - half[0][2],
    }  # fmt: skip
    for name in ("web", "intake"):
        peak, growth = found[f"{name}_peak_mb"], found[f"{name}_growth_of_second_half_mb"]
        print(
            f"alert_intake memory, {name}: peak {peak:.0f} MB, limit {GOAL_MEMORY_MB} MB, ratio "
            f"{peak / GOAL_MEMORY_MB:.2f}, {growth:+.0f} MB in the second half of {minutes:g} minutes "
            f"({sent * RECORDS_EACH:,} records)"
        )
    return found


@contextmanager
def _listening(home: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "vonggac.cli", "alerts", "listen", "--home", str(home)]
    process = subprocess.Popen([*command, "--collector", "bench"])
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _resident_mb(process: int) -> float:
    """What it holds of its own; pages of files that it has mapped are the kernel's."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024


def measure_delay(home: Path, seconds: float) -> dict[str, object]:
    """Milliseconds from before a message is sent until an inbox that is open shows it, 100 messages a second beside."""
    with _viewers.served(home) as (port, _), _listening(home):
        load = _senders(port, token_of("hook"), 100, seconds + 5)
        delays = _viewers.seen_delays(port, officer_cookie(), token_of("file"), first_event(home.parent), seconds)
        for one in load:
            one.communicate()
    found = {
        "records_per_second": 100 * RECORDS_EACH, "seen": len(delays), "p50_ms": _viewers.percentile(delays, 0.5),
        "p99_ms": _viewers.percentile(delays, 0.99), "goal_p99_ms": _viewers.GOAL_SEEN_MS,
    }  # fmt: skip
    print(
        f"alert_intake delay: first byte in → seen in an open inbox p50 {found['p50_ms']:.0f}, p99 "
        f"{found['p99_ms']:.0f} ms at {found['records_per_second']:,} records/s, limit {_viewers.GOAL_SEEN_MS} ms, "
        f"ratio {found['p99_ms'] / _viewers.GOAL_SEEN_MS:.2f}"
    )
    return dict(found)


def token_of(name: str) -> str:
    from vonggac.alerts.models import Source
    from vonggac.alerts.services import sources
    from vonggac.jobs.clock import now
    from vonggac.tenancy.scope import scoped, system

    with scoped(system("bench")):
        return sources.give_token(Source.objects.get(name=name), at=now())


def _senders(port: int, token: str, rate: float, seconds: float) -> list["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "bench.alert_intake", "--send", str(port), token]
    command += ["--rate", str(rate / SENDERS), "--seconds", str(seconds)]
    return [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPOSITORY) for _ in range(SENDERS)]


def _load(application: str, token: str, rate: float, seconds: float) -> dict[str, float]:
    port = free_port()
    parser = ["--http", "vonggac.server.bounded_head:BoundedHead"]
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port), "--log-level", "error", *parser]
    server = subprocess.Popen(command, cwd=REPOSITORY)
    try:
        _wait_for(port)
        found = [json.loads(one.communicate()[0]) for one in _senders(port, token, rate, seconds)]
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
    options.add_argument("--peer-lines", type=int, default=5_000)
    options.add_argument("--syslog-lines", type=int, default=1_000_000)
    options.add_argument("--viewers", type=int, default=500)
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--only", choices=PARTS)
    options.add_argument("--send", nargs=2, metavar=("PORT", "TOKEN"), help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.send:
        send(int(given.send[0]), given.send[1], given.rate, given.seconds)
        return
    chosen = [given.only] if given.only else list(PARTS)
    if "file" in chosen:
        _intelmq.require_programs("alert_intake")
    if "syslog" in chosen:
        require("alert_intake", "rsyslogd", "rsyslog")
    (REPOSITORY / "build").mkdir(exist_ok=True)
    figures: dict[str, object] = {}
    # A desk each, in a process each: what one part leaves waiting must not slow the next one down.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as processes:
        for part in chosen:
            figures[part] = processes.submit(measure, part, given).result()
    if given.only is None:
        keep("alert_intake", figures)


def measure(part: str, given: argparse.Namespace) -> dict[str, Any]:
    """The figures of one part, on a desk of its own."""
    without_pandas.leave_out()  # as every command of the product does
    with desk() as folder:
        return _measure(part, folder, given)


def _measure(part: str, folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    home = folder / "home"
    if part == "file":
        return measure_file(folder, given.lines, given.peer_lines)
    if part == "webhook":
        return measure_webhook(given.rate, given.seconds)
    if part == "syslog":
        return _syslog.measure(home, folder, given.syslog_lines)
    if part == "viewers":
        return measure_viewers(home, given.viewers, given.seconds)
    if part == "memory":
        return measure_memory(home, given.rate, given.minutes)
    return measure_delay(home, given.seconds)


if __name__ == "__main__":
    main()
