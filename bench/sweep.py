"""A sweep over flows and DNS questions against only reading the columns that it reads, and on Dask against one process.

    python -m bench.sweep [--rows 100000000] [--addresses 120000] [--names 100000] [--repeats 3]

Flows are random pairs of addresses, one in ten thousand with a listed one; one row in eleven is a DNS question, its
names drawn as people draw them (a few very often, most seldom) from a million, one in a thousand below a listed one.
The files are those that the lake writes, a million rows each. The limit reads the address columns and the names with
DuckDB, a sum that has to see every value. By the clock and in CPU seconds of all processes, warm, one after the other.
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from bench._measuring import cpu_seconds, keep
from bench.c2_contact import write_file
from numpy.typing import NDArray

from vonggac.formats.indicators import Indicator, IndicatorKind
from vonggac.formats.traffic_tables import SCHEMAS, Kind
from vonggac.kernel import addresses
from vonggac.lake import Import, Lake, scan, sweep, sweep_distributed
from vonggac.lake.acts import Segment
from vonggac.lake.files import digest_of
from vonggac.lake.segments import to_parquet
from vonggac.lake.sweep import Search, Sweep

FILE_ROWS = 1_000_000
NAMES_ASKED = 1_000_000
GOAL, GOAL_DASK = 4.0, 0.5
WORKERS = 2


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000_000, help="flows; a tenth as many DNS questions")
    parser.add_argument("--addresses", type=int, default=120_000)
    parser.add_argument("--names", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        lake, wanted, planted = make(Path(folder), options.rows, options.addresses, options.names)
        figures = measure(lake, wanted, planted, options.repeats)
    figures |= {"flow_rows": options.rows, "dns_rows": options.rows // 10, "indicators": len(wanted)}
    for clock in ("wall", "cpu"):
        print(
            f"sweep, {clock}: ours {figures[f'ours_{clock}_seconds']:.2f} s, peer (read the columns) "
            f"{figures[f'limit_{clock}_seconds']:.2f} s, ratio {figures[f'ratio_{clock}']:.2f}, goal ≤ {GOAL:g}"
        )
    print(
        f"sweep, Dask with {WORKERS} workers: {figures['dask_wall_seconds']:.2f} s "
        f"(and {figures['dask_start_seconds']:.1f} s to start them), "
        f"{figures['dask_speed']:.2f} of one process, goal ≥ {GOAL_DASK:g}"
    )
    keep("sweep", {"goal_ratio": GOAL, "goal_dask": GOAL_DASK, **figures})


def measure(lake: Lake, wanted: list[Indicator], planted: int, repeats: int) -> dict[str, float]:
    """Best of the repeats of each, one after the other; every answer is compared with what was planted."""
    begin = time.perf_counter()
    with sweep_distributed.cluster(str(WORKERS)) as client:
        workers = list(client.run(os.getpid).values())
        started = time.perf_counter() - begin
        runs = [
            (
                timed(lambda: read_columns(lake)),
                timed(lambda: swept(lake, wanted, planted, sweep.here)),
                timed(lambda: swept(lake, wanted, planted, sweep_distributed.on(client)), workers),
            )
            for _ in range(repeats)
        ]
    limit, ours, dask = ({clock: min(run[who][clock] for run in runs) for clock in ("wall", "cpu")} for who in range(3))
    figures: dict[str, float] = {"hits": planted, "dask_start_seconds": round(started, 1)}
    for clock in ("wall", "cpu"):
        figures |= {
            f"ours_{clock}_seconds": round(ours[clock], 3),
            f"limit_{clock}_seconds": round(limit[clock], 3),
            f"dask_{clock}_seconds": round(dask[clock], 3),
            f"ratio_{clock}": round(ours[clock] / limit[clock], 2),
        }
    figures["dask_speed"] = round(ours["wall"] / dask["wall"], 2)
    return figures | {"peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def timed(run: Callable[[], object], processes: list[int] | None = None) -> dict[str, float]:
    """Wall and CPU seconds of one run, this process and the given ones together."""
    others = processes or []
    wall, cpu = time.perf_counter(), time.process_time() + cpu_seconds(others)
    run()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() + cpu_seconds(others) - cpu}


def swept(lake: Lake, wanted: list[Indicator], planted: int, search: Search) -> None:
    one = Sweep.of(lake, wanted)
    one.run(search)
    found = int(np.asarray(one.gather()["count"].to_numpy()).sum())
    one.forget()
    if found != planted:
        raise SystemExit(f"sweep: {found} hits found, {planted} planted")


def read_columns(lake: Lake) -> None:
    for kind, columns in (
        (Kind.FLOW, "sum(source_v4), sum(destination_v4)"),
        (Kind.DNS, "sum(source_v4), sum(strlen(query)), sum(strlen(aliases))"),
    ):
        paths = [Path(path) for path in lake.paths(lake.imports(kind))]
        with scan.locked_connection(paths) as connection:
            scan.rows(connection, f"SELECT {columns} FROM read_parquet($1)", [[str(path) for path in paths]])  # noqa: S608


def make(folder: Path, rows: int, addresses_listed: int, names_listed: int) -> tuple[Lake, list[Indicator], int]:
    """A lake with the rows, the indicators, and the number of rows with one."""
    random = np.random.default_rng(2026)
    lake = Lake(folder)
    # Listed addresses are odd and all others even, so that only planted rows are hits.
    known = np.unique(random.integers(1 << 24, 1 << 31, addresses_listed, dtype=np.int64) * 2 + 1).astype(np.uint32)
    listed = [Indicator(IndicatorKind.ADDRESS, text) for text in addresses.from_ipv4(known).text]
    listed += [Indicator(IndicatorKind.DOMAIN, f"c{number:x}.bad-host.example") for number in range(names_listed)]
    planted = 0
    asked = names_asked(random, names_listed)
    for number, begin in enumerate(range(0, rows, FILE_ROWS)):
        planted += write_flows(lake, random, known, number, min(FILE_ROWS, rows - begin))
    for number, begin in enumerate(range(0, rows // 10, FILE_ROWS)):
        planted += write_questions(lake, random, asked, number, min(FILE_ROWS, rows // 10 - begin))
    return lake, listed, planted


def names_asked(random: np.random.Generator, listed: int) -> list[str]:
    """A million names in the order of how often they are asked for; one in a thousand a child of a listed one."""
    names = [f"{number:x}.site{number % 70_000}.example" for number in range(NAMES_ASKED)]
    for place in range(500, NAMES_ASKED, 1_000):
        names[place] = f"x{place:x}.c{random.integers(listed):x}.bad-host.example"
    return names


def write_flows(lake: Lake, random: np.random.Generator, known: NDArray[np.uint32], number: int, size: int) -> int:
    time_us = np.sort(random.integers(0, 86_400_000_000, size))
    source = random.integers(0x0A000000 >> 1, 0x0A100000 >> 1, size).astype(np.uint32) * 2
    destination = random.integers(1 << 24, 1 << 31, size).astype(np.uint32) * 2
    hits = np.flatnonzero(random.random(size) < 0.0001)
    destination[hits] = random.choice(known, len(hits))
    path = lake.root / f"flow-{number}.parquet"
    write_file(path, time_us, source, destination)
    note(lake, Kind.FLOW, path, size)
    return len(hits)


def write_questions(lake: Lake, random: np.random.Generator, asked: list[str], number: int, size: int) -> int:
    # The rank of a name that is drawn falls off as 1/rank, as in resolvers' logs.
    drawn = (np.exp(random.random(size) * np.log(len(asked))) - 1).astype(np.int64)
    columns = {
        "time_us": np.sort(random.integers(0, 86_400_000_000, size)),
        "source_v4": random.integers(0x0A000000 >> 1, 0x0A100000 >> 1, size).astype(np.uint32) * 2,
        "source_v6": pa.nulls(size, pa.string()),
        "source_port": np.arange(size) % 60_000,
        "query": pa.array(asked).take(pa.array(drawn)),
        "aliases": pa.nulls(size, pa.string()),
    }
    schema = SCHEMAS[Kind.DNS]
    path = lake.root / f"dns-{number}.parquet"
    path.write_bytes(to_parquet(pa.table([columns[name] for name in schema.names], schema=schema)))
    note(lake, Kind.DNS, path, size)
    return int(np.count_nonzero(drawn % 1_000 == 500))


def note(lake: Lake, kind: Kind, path: Path, rows: int) -> None:
    """Let the manifest list the file."""
    size = path.stat().st_size
    segment = Segment(path.name, digest_of(path), size, rows, 0, 86_400_000_000)
    with lake.manifest.locked():
        lake.manifest.append(Import("000001/", "s", kind, path.name, segment.sha256, 0, rows, 0, (segment,)))


if __name__ == "__main__":
    main()
