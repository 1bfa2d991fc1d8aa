"""Suricata EVE lines into normalised alerts on one core, against msgspec's bare typed decode and DuckDB's reader.

.venv/bin/python -m bench.eve_reader [--lines 1000000] [--alerts 1.0]

Lines of 604 bytes; `--alerts` is the share of them that are alerts. Reading only, no output.
"""

import argparse
import json
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
from bench._measuring import keep

from vonggac.formats.alerts import open_file
from vonggac.formats.alerts.eve import decoder

_COLUMNS = (
    "{timestamp: 'VARCHAR', event_type: 'VARCHAR', src_ip: 'VARCHAR', src_port: 'INTEGER', dest_ip: 'VARCHAR', "
    "dest_port: 'INTEGER', proto: 'VARCHAR', host: 'VARCHAR', alert: 'STRUCT(signature_id BIGINT, gid BIGINT, "
    'signature VARCHAR, category VARCHAR, severity INTEGER, "action" VARCHAR)\'}'
)


def write_events(path: Path, lines: int, share: float) -> None:
    """Lines of 604 bytes with the rules, hosts and times of a busy sensor."""
    chance = random.Random(7)  # noqa: S311
    categories = (
        "A Network Trojan was detected",
        "Attempted Information Leak",
        "Misc activity",
        "Web Application Attack",
    )
    with path.open("w") as target:
        for number in range(lines):
            event = {
                "timestamp": f"2024-04-20T{number // 60 % 24:02}:{number % 60:02}:00.{number % 10**6:06}+0700",
                "flow_id": chance.getrandbits(50), "in_iface": "eth0",
                "event_type": "alert" if chance.random() < share else "flow",
                "src_ip": f"10.0.{chance.randrange(20)}.{chance.randrange(256)}",
                "src_port": chance.randrange(65_536), "dest_ip": f"198.51.100.{chance.randrange(256)}",
                "dest_port": 443,
                "proto": "TCP",
                "alert": {"action": "allowed", "gid": 1, "signature_id": 2_000_000 + chance.randrange(3_000), "rev": 2,
                          "signature": f"ET RULE {chance.randrange(3_000)}",
                          "category": chance.choice(categories),
                          "severity": chance.randrange(1, 4)},
                "payload_printable": "",
            }  # fmt: skip
            event["payload_printable"] = "x" * (603 - len(json.dumps(event, separators=(",", ":"))))
            target.write(json.dumps(event, separators=(",", ":")) + "\n")


def ours(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(batch.size for batch in open_file(stream, path.name, "eve").batches())


def decoded(path: Path) -> int:
    decode, count = decoder.decode, 0
    with path.open("rb") as stream:
        for line in stream:
            decode(line)
            count += 1
    return count


def duck(path: Path) -> int:
    connection = duckdb.connect(config={"threads": 1})
    query = f"SELECT count(hash(COLUMNS(*))) FROM read_json(?, format = 'newline_delimited', columns = {_COLUMNS})"  # noqa: S608
    row = connection.execute(query, [str(path)]).fetchone()
    return int(row[0]) if row else 0


def per_second(read: Callable[[Path], int], path: Path, lines: int) -> float:
    begin = time.process_time()
    found = read(path)
    seconds = time.process_time() - begin
    if read is ours and found != lines:
        raise SystemExit(f"eve_reader: {found} of {lines} lines are accounted for")
    return lines / seconds


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lines", type=int, default=1_000_000)
    options.add_argument("--alerts", type=float, default=1.0)
    options.add_argument("--times", type=int, default=3)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "eve.json"
        write_events(path, given.lines, given.alerts)
        per_second(ours, path, given.lines)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        readers = {"ours": ours, "msgspec_by_line": decoded, "duckdb_one_thread": duck}
        runs = [
            {what: per_second(read, path, given.lines) for what, read in readers.items()} for _ in range(given.times)
        ]
    figures = {f"{what}_lines_per_cpu_second": round(statistics.median(run[what] for run in runs)) for what in readers}
    for what, figure in figures.items():
        print(f"eve_reader: {what} {figure:,}, goal ≥ 500,000")
    print(f"eve_reader: {grown} MiB at most while ours read")
    keep("eve_reader", {"lines": given.lines, "share_of_alerts": given.alerts, "goal_lines_per_second": 500_000,
                        "memory_mib": grown, **figures})  # fmt: skip


if __name__ == "__main__":
    main()
