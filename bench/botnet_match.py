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
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench._measuring import REPOSITORY, cpu_seconds, free_port, keep, require, run

PEER_ENVIRONMENT = REPOSITORY / "build" / "bench-venvs" / "intelmq"
PEER_DEADLINE_SECONDS = 240
NOBODY = 65_534


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


def install_peer() -> None:
    if (PEER_ENVIRONMENT / "bin" / "intelmqctl").exists():
        return
    subprocess.run([sys.executable, "-m", "venv", str(PEER_ENVIRONMENT)], check=True)
    # With redis-py 8 the bots of IntelMQ 3.5 stall for seconds between messages.
    packages = ("intelmq", "pyasn", "redis<6")
    subprocess.run([str(PEER_ENVIRONMENT / "bin" / "pip"), "install", "-q", *packages], check=True)


def run_peer(folder: Path, blocks: list[str], rows: int) -> dict[str, float]:
    """Wall and CPU seconds a row of IntelMQ, all its bots and Redis together, once they are up."""
    install_peer()
    root = folder / "intelmq"
    for name in ("etc", "var/log", "var/run", "var/lib/bots", "in"):
        (root / name).mkdir(parents=True)
    port = free_port()
    (root / "asn.dat").write_text("".join(f"{block}\t{1 + i % 20_000}\n" for i, block in enumerate(blocks)))
    output = root / "events.json"
    (root / "etc" / "runtime.yaml").write_text(json.dumps(peer_configuration(root, port, output)))
    (root / "etc" / "harmonization.conf").write_bytes(
        next(PEER_ENVIRONMENT.rglob("site-packages/intelmq/etc/harmonization.conf")).read_bytes()
    )
    redis = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
        cwd=root,
    )
    environment = os.environ | {"INTELMQ_ROOT_DIR": str(root), "ROOT_DIR": str(root)}
    bots: list[subprocess.Popen[bytes]] = []
    try:
        write_list(root / "list.csv", rows, random.Random(2))  # noqa: S311  no secret
        give_to_nobody(root)
        for name, settings in peer_configuration(root, port, output).items():
            if name != "global":
                command = [*without_root(), str(PEER_ENVIRONMENT / "bin" / str(settings["module"])), name]
                bots.append(
                    subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                )
        processes = [one.pid for one in (*bots, redis)]
        wait_until_idle(processes)
        (root / "list.csv").rename(root / "in" / "list.csv")
        wall, cpu = wait_for_rows(root / "in" / "list.csv", output, rows, processes)
        return {"wall": wall / rows, "cpu": cpu / rows}
    finally:
        for process in [*bots, redis]:
            process.terminate()
        for process in [*bots, redis]:
            process.wait()


def without_root() -> list[str]:
    """What stands before a bot's command: IntelMQ refuses to run as root, so it runs as nobody, who may read all."""
    if os.geteuid() != 0:
        return []
    rights = "-all,+dac_read_search"
    return [
        *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
        *(f"--inh-caps={rights}", f"--ambient-caps={rights}", f"--bounding-set={rights}"),
    ]


def give_to_nobody(folder: Path) -> None:
    """Let the bots write where they run."""
    if os.geteuid() == 0:
        for parent in (folder.parent, folder.parent.parent):
            parent.chmod(0o711)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


def wait_until_idle(processes: list[int]) -> None:
    """Return when the bots have started and wait for work."""
    deadline = time.perf_counter() + PEER_DEADLINE_SECONDS
    spent = 0.0
    while time.perf_counter() < deadline:
        time.sleep(2)
        before, spent = spent, cpu_seconds(processes)
        # The collector looks for files once a second.
        if before and spent - before < 0.1:
            return
    raise TimeoutError(f"IntelMQ did not come to rest within {PEER_DEADLINE_SECONDS} s")


def wait_for_rows(taken: Path, output: Path, rows: int, processes: list[int]) -> tuple[float, float]:
    """Wall and CPU seconds from when the list is taken until its last row stands in the output."""
    spent, begin = cpu_seconds(processes), 0.0
    deadline = time.perf_counter() + PEER_DEADLINE_SECONDS
    while time.perf_counter() < deadline:
        begin = begin or (0.0 if taken.exists() else time.perf_counter())
        if output.exists() and output.read_bytes().count(b"\n") >= rows:
            return time.perf_counter() - begin, cpu_seconds(processes) - spent
        time.sleep(0.02)
    raise TimeoutError(f"IntelMQ did not write {rows} rows within {PEER_DEADLINE_SECONDS} s")


def peer_configuration(root: Path, port: int, output: Path) -> dict[str, dict[str, object]]:
    columns = "time.source,source.ip,source.port,destination.ip,destination.port,protocol.transport,malware.name,"
    columns += "source.reverse_dns,destination.fqdn"

    def bot(module: str, group: str, parameters: dict[str, object], to: str | None) -> dict[str, object]:
        destinations = {"destination_queues": {"_default": [f"{to}-queue"]}} if to else {}
        return {
            "bot_id": module,
            "enabled": True,
            "group": group,
            "module": module,
            "name": module,
            "run_mode": "continuous",
            "parameters": parameters | destinations,
        }

    collect = {"path": str(root / "in"), "postfix": ".csv", "delete_file": True, "rate_limit": 1}
    parse = {"columns": columns.split(","), "skip_header": True, "type": "infected-system", "default_url_protocol": ""}
    return {
        "global": {
            "source_pipeline_host": "127.0.0.1",
            "source_pipeline_port": port,
            "destination_pipeline_host": "127.0.0.1",
            "destination_pipeline_port": port,
            "logging_level": "ERROR",
            "logging_path": str(root / "var" / "log"),
        },
        "collector": bot("intelmq.bots.collectors.file.collector_file", "Collector", collect, "parser"),
        "parser": bot("intelmq.bots.parsers.generic.parser_csv", "Parser", parse, "asn"),
        "asn": bot(
            "intelmq.bots.experts.asn_lookup.expert", "Expert", {"database": str(root / "asn.dat")}, "deduplicator"
        ),
        "deduplicator": bot(
            "intelmq.bots.experts.deduplicator.expert",
            "Expert",
            {
                "redis_cache_host": "127.0.0.1",
                "redis_cache_port": port,
                "redis_cache_db": 6,
                "redis_cache_ttl": 86_400,
                "filter_type": "whitelist",
                "filter_keys": "source.ip,malware.name,time.source",
            },
            "output",
        ),
        "output": bot("intelmq.bots.outputs.file.output", "Output", {"file": str(output)}, None),
    }


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
    options.add_argument("--times", type=int, default=2)
    given = options.parse_args()
    require("botnet_match", "redis-server", "redis-server")
    if os.geteuid() == 0:
        require("botnet_match", "setpriv", "util-linux")
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
