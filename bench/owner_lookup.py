"""Owner of every address of a Parquet column, longest prefix first, against only reading the column with DuckDB.

.venv/bin/python bench/owner_lookup.py [--rows 20000000] [--prefixes 100000]     (the goal is stated for 100,000,000)
"""

import argparse
import random
import resource
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from bench._measuring import keep
from bench.botnet_match import write_networks

from vonggac.kernel import networks

BATCH_ROWS = 1 << 20


def write_addresses(path: Path, rows: int) -> None:
    """Uniform uint32 in 64.0.0.0/3, where the prefixes lie."""
    generator = np.random.default_rng(3)
    with pq.ParquetWriter(path, pa.schema([("address", pa.uint32())]), use_dictionary=False) as writer:
        for begin in range(0, rows, BATCH_ROWS):
            count = min(BATCH_ROWS, rows - begin)
            values = generator.integers(1 << 30, (1 << 30) + (1 << 29), count, dtype=np.uint32)
            writer.write_table(pa.table({"address": values}))


def read_only(path: Path) -> float:
    begin = time.process_time()
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    connection.execute("SELECT sum(address), count(*) FROM read_parquet(?)", [str(path)]).fetchall()
    return time.process_time() - begin


def look_up(path: Path, table: networks.Index) -> tuple[float, int]:
    """CPU seconds for reading and finding every owner, and how many addresses are owned."""
    begin = time.process_time()
    owned = 0
    for batch in pq.ParquetFile(path).iter_batches(batch_size=BATCH_ROWS):
        owned += int(np.count_nonzero(networks.owners_indexed(table, batch.column(0).to_numpy()) >= 0))
    return time.process_time() - begin, owned


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=20_000_000)
    options.add_argument("--prefixes", type=int, default=100_000)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "addresses.parquet"
        write_addresses(path, given.rows)
        blocks = write_networks(Path(name), given.prefixes, random.Random(1))  # noqa: S311  no secret
        begin = time.process_time()
        table = networks.index(networks.compile(blocks, blocks))
        build_seconds = time.process_time() - begin
        limit = min(read_only(path) for _ in range(3))
        ours, owned = min(look_up(path, table) for _ in range(3))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {
        "rows": given.rows,
        "prefixes": given.prefixes,
        "build_seconds": build_seconds,
        "ours_seconds": ours,
        "read_seconds": limit,
        "ratio": ours / limit,
        "owned": owned,
        "peak_mebibytes": peak,
    }
    print(
        f"owner_lookup: ours {ours:.2f} s for {given.rows} addresses ({given.rows / ours / 1e6:.0f} M/s), "
        f"limit (read only) {limit:.2f} s, ratio {ours / limit:.1f} (goal ≤ 8), peak {peak:.0f} MiB (goal < 1024)"
    )
    keep("owner_lookup", found)


if __name__ == "__main__":
    main()
