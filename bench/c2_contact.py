"""Who contacted a C2 address: the lake's own scan against only reading the columns it needs.

    python bench/c2_contact.py [--rows 10000000] [--addresses 120000]

The flows are random pairs of addresses in Parquet files of 1 M rows as the lake writes them; in every tenth file one
flow in a thousand has a C2 at one end, or in every file one in ten thousand. Ours gives the whole rows of the contacts,
both directions. By the clock and in CPU seconds of all threads, warm, in one process, best of five runs side by side.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from bench._measuring import keep

from vonggac.formats.traffic_tables import SCHEMAS, Kind
from vonggac.lake import scan
from vonggac.lake.address_rows import flow_contacts
from vonggac.lake.segments import to_parquet

FILE_ROWS = 1_000_000
GOAL = 3.0
# A sum has to see every value; counts and extremes are answered by a file's statistics.
COLUMNS = "sum(source_v4), sum(destination_v4)"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--addresses", type=int, default=120_000)
    options = parser.parse_args(arguments)
    figures = {
        "some_files": measure(options.rows, options.addresses, is_spread=False),
        "every_file": measure(options.rows, options.addresses, is_spread=True),
    }
    for name, one in figures.items():
        for clock in ("wall", "cpu"):
            print(
                f"c2_contact, contacts in {name.replace('_', ' ')}, {clock}: "
                f"ours {one[f'ours_{clock}_seconds']:.2f} s, peer (read the columns) "
                f"{one[f'limit_{clock}_seconds']:.2f} s, ratio {one[f'ratio_{clock}']:.2f}, goal ≤ {GOAL:g}"
            )
    keep("c2_contact", {"rows": options.rows, "addresses": options.addresses, "goal_ratio": GOAL, **figures})


def measure(rows: int, addresses: int, *, is_spread: bool) -> dict[str, float]:
    """Ours and the limit on flows whose contacts lie in every tenth file, or a few in every file."""
    with tempfile.TemporaryDirectory() as folder:
        known, planted, paths = write_flows(Path(folder), rows, addresses, is_spread)
        runs = [(timed(lambda: read_columns(paths)), timed(lambda: flow_contacts(paths, known, []))) for _ in range(5)]
    if any(ours["rows"] != planted for _, ours in runs):
        raise SystemExit(f"c2_contact: {runs[0][1]['rows']} contacts found, {planted} planted")
    figures: dict[str, float] = {"contacts": planted}
    for clock in ("wall", "cpu"):
        limit, ours = (min(run[which][clock] for run in runs) for which in (0, 1))
        figures |= {
            f"ours_{clock}_seconds": round(ours, 3),
            f"limit_{clock}_seconds": round(limit, 3),
            f"ratio_{clock}": round(ours / limit, 2),
        }
    return figures | {"peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def write_flows(folder: Path, rows: int, addresses: int, is_spread: bool) -> tuple[list[int], int, list[Path]]:
    """C2 addresses, the number of flows that have one, and the Parquet files."""
    random = np.random.default_rng(2024)
    # C2s are odd and hosts even, so that only planted flows are contacts.
    known = np.unique(random.integers(1 << 24, 1 << 31, addresses, dtype=np.int64) * 2 + 1).astype(np.uint32)
    paths, planted = [], 0
    for start in range(0, rows, FILE_ROWS):
        size = min(FILE_ROWS, rows - start)
        time_us = np.sort(random.integers(0, 86_400_000_000, size))
        source = random.integers(0x0A000000 >> 1, 0x0A100000 >> 1, size).astype(np.uint32) * 2
        destination = random.integers(1 << 24, 1 << 31, size).astype(np.uint32) * 2
        share = 0.0001 if is_spread else 0.001 if start // FILE_ROWS % 10 == 0 else 0
        hits = np.flatnonzero(random.random(size) < share)
        destination[hits] = random.choice(known, len(hits))
        planted += len(hits)
        paths.append(folder / f"{start}.parquet")
        write_file(paths[-1], time_us, source, destination)
    return known.tolist(), planted, paths


def write_file(path: Path, time_us: Any, source: Any, destination: Any) -> None:
    size = len(time_us)
    columns = {
        "time_us": time_us,
        "end_us": time_us,
        "source_v4": source,
        "source_v6": pa.nulls(size, pa.string()),
        "source_port": np.arange(size) % 60_000,
        "destination_v4": destination,
        "destination_v6": pa.nulls(size, pa.string()),
        "destination_port": np.full(size, 443),
        "protocol": pa.array(["tcp"] * size),
        "bytes": np.full(size, 1_000),
    }
    schema = SCHEMAS[Kind.FLOW]
    path.write_bytes(to_parquet(pa.table([columns[name] for name in schema.names], schema=schema)))


def read_columns(paths: list[Path]) -> list[dict[str, Any]]:
    with scan.locked_connection(paths) as connection:
        return scan.rows(connection, f"SELECT {COLUMNS} FROM read_parquet($1)", [[str(path) for path in paths]])  # noqa: S608


def timed(run: Callable[[], list[dict[str, Any]]]) -> dict[str, float]:
    """Wall and CPU seconds of one run, and how many rows it gave."""
    wall, cpu = time.perf_counter(), time.process_time()
    rows = len(run())
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "rows": rows}


if __name__ == "__main__":
    main()
