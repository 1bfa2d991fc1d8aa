"""Botnet list → owner → grouped, whole process, against IntelMQ 3 on Redis doing the same: parse, look up, deduplicate.

    .venv/bin/python bench/botnet_match.py [--rows 120000] [--prefixes 100000] [--peer-rows 5000]

IntelMQ comes from the package index into `build/bench-venvs/intelmq` and runs one process a bot, as in production:
file collector → generic CSV parser → ASN look-up (pyasn over the same prefixes) → deduplicator → file output, over a
redis-server of its own. Its prefixes carry a number for the owner, since it has no table of organisations. Its start-up
is left out, ours is not: the list appears when its bots stand idle, and its time runs from the moment at which the
collector has taken the list until the last row is written. Its six processes share the machine's cores; ours has one.
"""

import argparse
import ipaddress
import random
import statistics
import sys
import tempfile
from pathlib import Path

from bench import _intelmq
from bench._measuring import keep, run


def write_networks(folder: Path, count: int, seed: random.Random) -> list[str]:
    """Nested random prefixes inside 64.0.0.0/3 with 20,000 owners."""
    blocks: dict[str, None] = {}
    while len(blocks) < count:
        length = seed.choice([16, 18, 20, 22, 23, 24, 24, 24, 25, 26, 28])
        first = (1 << 30 | seed.getrandbits(29)) >> (32 - length) << (32 - length)
        blocks[f"{ipaddress.IPv4Address(first)}/{length}"] = None
    lines = [f"{block},Organisation {seed.randrange(20_000)}" for block in blocks]
    (folder / "networks.csv").write_text("\n".join(["network,organisation", *lines, ""]))
    return list(blocks)


def write_list(path: Path, count: int, seed: random.Random) -> None:
    """A list in the columns of an old Shadowserver drone report."""
    lines = ["timestamp,ip,src_port,dst_ip,dst_port,protocol,infection,hostname,cc_dns"]
    for number in range(count):
        moment = f"2026-11-{seed.randrange(1, 23):02d} {seed.randrange(24):02d}:{seed.randrange(60):02d}:00"
        address = ipaddress.IPv4Address(1 << 30 | seed.getrandbits(29))
        family = seed.choice(["andromeda", "zeroaccess", "mirai", "downadup"])
        lines.append(
            f"{moment},{address},{seed.randrange(1024, 65536)},198.51.100.{seed.randrange(256)},443,tcp,"
            f"{family},host{number}.example.net,c{seed.randrange(100)}.example.com"
        )
    path.write_text("\n".join([*lines, ""]))


def run_ours(folder: Path) -> dict[str, float]:
    """Wall and CPU seconds of one whole process, into a new file as the peer's."""
    (folder / "out.json").unlink(missing_ok=True)
    command = [sys.executable, "-m", "vonggac.cli", "botnet", "match", str(folder / "list.csv")]
    command += ["--networks", str(folder / "networks.csv"), "--format", "json", "--output", str(folder / "out.json")]
    return run(command, VONGGAC_CACHE=str(folder / "cache"))


def forget_cache(folder: Path) -> None:
    for kept in (folder / "cache").rglob("*.register"):
        kept.unlink()


def run_peer(folder: Path, blocks: list[str], rows: int) -> dict[str, float]:
    """Wall and CPU seconds a row of IntelMQ, all its bots and Redis together, once they are up."""
    (folder / "asn.dat").parent.mkdir(parents=True)
    (folder / "asn.dat").write_text("".join(f"{block}\t{1 + i % 20_000}\n" for i, block in enumerate(blocks)))
    write_list(folder / "list.csv", rows, random.Random(2))  # noqa: S311  no secret
    return _intelmq.run(folder, folder / "list.csv", peer_bots(folder), rows)


def peer_bots(folder: Path) -> list[_intelmq.Bot]:
    columns = "time.source,source.ip,source.port,destination.ip,destination.port,protocol.transport,malware.name,"
    columns += "source.reverse_dns,destination.fqdn"
    parse = {"columns": columns.split(","), "skip_header": True, "type": "infected-system", "default_url_protocol": ""}
    return [
        _intelmq.Bot("parser", "intelmq.bots.parsers.generic.parser_csv", parse),
        _intelmq.Bot("asn", "intelmq.bots.experts.asn_lookup.expert", {"database": str(folder / "asn.dat")}),
        _intelmq.deduplicator("source.ip,malware.name,time.source"),
    ]


def measure(rows: int, prefixes: int, peer_rows: int, times: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seed = random.Random(1)  # noqa: S311  no secret
        blocks = write_networks(folder, prefixes, seed)
        write_list(folder / "list.csv", rows, seed)
        cold, cached, peers = [], [], []
        for turn in range(times):
            peers.append(run_peer(folder / str(turn), blocks, peer_rows))
            for _ in range(3):
                forget_cache(folder)
                cold.append(run_ours(folder))
                cached.append(run_ours(folder))
    found: dict[str, object] = {"rows": rows, "prefixes": prefixes, "peer_rows": peer_rows}
    for clock in ("wall", "cpu"):
        peer = statistics.median(one[clock] for one in peers)
        found[f"peer_{clock}_rows_per_second"] = 1 / peer
        for kind, runs in (("cold", cold), ("cached", cached)):
            ours = statistics.median(one[clock] for one in runs)
            found |= {f"ours_{kind}_{clock}_seconds": ours, f"ratio_{kind}_{clock}": rows * peer / ours}
    return found | {"goal_ratio_cold": 250, "goal_ratio_cached": 500}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=120_000)
    options.add_argument("--prefixes", type=int, default=100_000)
    options.add_argument("--peer-rows", type=int, default=5_000)
    options.add_argument("--times", type=int, default=5)
    given = options.parse_args()
    _intelmq.require_programs("botnet_match")
    found = measure(given.rows, given.prefixes, given.peer_rows, given.times)
    for kind in ("cold", "cached"):
        for clock in ("wall", "cpu"):
            print(
                f"botnet_match {kind}, {clock}: ours {found[f'ours_{kind}_{clock}_seconds']:.2f} s, "
                f"peer IntelMQ {found[f'peer_{clock}_rows_per_second']:.0f} rows a second, "
                f"ratio {found[f'ratio_{kind}_{clock}']:.0f}, goal {found[f'goal_ratio_{kind}']}"
            )
    keep("botnet_match", found)


if __name__ == "__main__":
    main()
