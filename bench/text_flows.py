"""Text flows × CIDRs: whose source addresses are they, against grepcidr, which only says that a line matches.

.venv/bin/python -m bench.text_flows [--rows 5000000] [--prefixes 100000]
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from bench.botnet_match import write_networks

from vonggac.kernel import addresses, networks

REPOSITORY = Path(__file__).resolve().parents[1]
CHUNK_BYTES = 1 << 22


def write_flows(path: Path, rows: int) -> None:
    """Source, ports, protocol, time, bytes, packets, state; one address a line, as grepcidr tries all."""
    generator = np.random.default_rng(4)
    values = generator.integers(1 << 30, 1 << 31, rows, dtype=np.uint32)
    with path.open("w") as target:
        for value in values.tolist():
            source = ".".join(map(str, value.to_bytes(4)))
            target.write(f"{source} 51515 443 tcp 2026-11-01T00:00:00Z 1500 12 SF\n")


def run_peer(folder: Path, blocks: list[str]) -> tuple[float, int]:
    (folder / "blocks.txt").write_text("\n".join(blocks) + "\n")
    begin = time.perf_counter()
    done = subprocess.run(
        ["grepcidr", "-c", "-f", str(folder / "blocks.txt"), str(folder / "flows.txt")],
        capture_output=True,
        text=True,
        check=False,
    )
    return time.perf_counter() - begin, int(done.stdout.split(":")[-1])


def name_owners(flows: Path, blocks_file: Path) -> tuple[int, int]:
    """Lines with an owner and distinct owners; compiling the networks is part of it, as it is of grepcidr's time."""
    blocks = blocks_file.read_text().split()
    register = networks.compile(blocks, blocks)
    table = networks.index(register)
    hits = np.zeros(len(blocks), np.int64)
    with flows.open("rb") as source:
        rest = b""
        while chunk := source.read(CHUNK_BYTES):
            lines, mark, rest = (rest + chunk).rpartition(b"\n")
            parsed, is_sound = addresses.parse_ipv4_starts(lines + mark)
            found = networks.owners_indexed(table, parsed[is_sound])
            hits += np.bincount(found[found >= 0], minlength=len(blocks))
    return int(hits.sum()), int(np.count_nonzero(hits))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=5_000_000)
    options.add_argument("--prefixes", type=int, default=100_000)
    options.add_argument("--ours", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.ours:
        sys.stdout.write(json.dumps(name_owners(given.ours / "flows.txt", given.ours / "blocks.txt")))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_flows(folder / "flows.txt", given.rows)
        blocks = write_networks(folder, given.prefixes, random.Random(1))  # noqa: S311  no secret
        peer_seconds, peer_lines = run_peer(folder, blocks)
        command = [sys.executable, "-m", "bench.text_flows", "--ours", str(folder)]
        begin = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY)
        ours_seconds = time.perf_counter() - begin
        ours_lines, owners = json.loads(done.stdout)
    if ours_lines != peer_lines:
        raise SystemExit(f"ours found {ours_lines} lines, grepcidr {peer_lines}")
    found = {
        "rows": given.rows,
        "prefixes": given.prefixes,
        "lines": ours_lines,
        "owners": owners,
        "ours_seconds": ours_seconds,
        "peer_seconds": peer_seconds,
        "ratio": peer_seconds / ours_seconds,
    }
    print(
        f"text_flows: ours {ours_seconds:.2f} s for {given.rows} lines ({owners} owners named), "
        f"peer grepcidr {peer_seconds:.2f} s, ratio {peer_seconds / ours_seconds:.2f} (goal > 1)"
    )
    results = REPOSITORY / "bench" / "results"
    results.mkdir(exist_ok=True)
    (results / "text_flows.json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
